# Everything a newcomer needs: make demo, make test. Debian: apt install make git python3-venv
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: help demo install dev test lint types layers unit bench lock check-tools clean

help: ## what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

check-tools:
	@command -v $(PYTHON) >/dev/null || { echo "unbroken needs Python 3.11 or newer: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "unbroken needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) --version 2>&1`. Try: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "unbroken needs the venv module: apt install python3-venv" >&2; exit 1; }

$(BIN)/python: | check-tools
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV) (about 900 MB; some minutes the first time)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.bench: requirements-bench.lock $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

install: $(VENV)/.installed ## .venv with .venv/bin/unbroken

dev: $(VENV)/.dev ## the same with what development needs

demo: install ## a sample archive, sealed, inspected and verified, with an HTML report in demo/
	$(BIN)/unbroken demo demo

test: lint types layers unit ## everything that CI runs

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: dev
	$(BIN)/mypy

layers: dev
	$(BIN)/lint-imports

unit: dev
	$(BIN)/pytest

bench: $(VENV)/.bench ## measures against peers; needs ffmpeg and b3sum; writes docs/benchmarks.md
	@command -v ffmpeg >/dev/null && command -v b3sum >/dev/null \
	  || { echo "the benchmarks compare with ffmpeg and b3sum: apt install ffmpeg b3sum" >&2; exit 1; }
	$(BIN)/python -m bench

lock: dev ## resolves the locked, hashed dependency lists anew
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	for part in build:requirements dev:requirements-dev bench:requirements-bench; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --no-header --group $${part%%:*} pyproject.toml -o $${part##*:}.lock || exit 1; done

clean: ## removes .venv and what was made
	rm -rf $(VENV) demo .cache

"""``python -m bench``: run the suites, print their figures, write the page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from bench import page
from bench.machine import circumstances, missing_tools
from bench.results import Measured, Settings, Suite, from_json, to_json

MODULES: Final = (
    "decode", "kernels", "scenes", "container", "seal", "verify", "proof_size", "scale", "startup", "detectors",
    "memory",
)  # fmt: skip
"""Modules of this package that hold a `SUITE`, in the order of the page."""

ROOT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = Path(".cache/bench")
PAGE: Final = Path("docs/benchmarks.md")


def suites() -> tuple[Suite, ...]:
    """All suites."""
    return tuple(import_module(f"bench.{name}").SUITE for name in MODULES)


def parse(arguments: Sequence[str] | None, names: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures the engine beside its peers.")
    parser.add_argument("--quick", action="store_true", help="shorter recordings, fewer rounds: for a trial")
    parser.add_argument("--only", action="append", choices=names, help="this suite alone; may be given again")
    parser.add_argument(
        "--write", type=Path, metavar="PAGE", help=f"put the figures into this page (a full run of all: {PAGE})"
    )
    parser.add_argument(
        "--put", nargs=2, action="append", metavar=("NAME", "FILE"), default=[],
        help=f"measure nothing; put the text of FILE, such as the tables of bench.accuracy, into {PAGE} at NAME",
    )  # fmt: skip
    return parser.parse_args(arguments)


def measure(chosen: Sequence[Suite], settings: Settings) -> tuple[dict[str, Measured], list[str]]:
    """Figures by suite, and the names of suites that failed."""
    measured: dict[str, Measured] = {}
    failed: list[str] = []
    for suite in chosen:
        print(f"\n== {suite.title}", flush=True)
        facts = circumstances(settings.quick)
        try:
            rows = suite.run(settings)
        except Exception as error:  # one suite's fault must not cost the others' figures
            print(f"failed: {type(error).__name__}: {error}", flush=True)
            failed.append(suite.name)
            continue
        measured[suite.name] = Measured(suite.name, rows, facts)
        print("\n".join(page.table(rows)), flush=True)
    return measured, failed


def keep(target: Path, known: Sequence[Suite], new: Mapping[str, Measured]) -> None:
    """Write the page; suites that were not run keep the figures they had, with their own circumstances."""
    store = target.with_suffix(".json")
    before = from_json(store.read_text(encoding="utf-8")) if store.exists() else {}
    measured = {s.name: {**before, **new}[s.name] for s in known if s.name in {**before, **new}}
    snippet = Path(__file__).with_name("plain_decode.py").read_text(encoding="utf-8")
    page.write(target, known, measured, snippet)
    store.write_text(to_json(measured), encoding="utf-8")
    print(f"\nwritten: {target}, {store}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 if every suite that was asked for ran, 1 if one failed, 2 if a tool is missing."""
    known = suites()
    options = parse(arguments, [s.name for s in known])
    if options.put:
        for name, file in options.put:
            page.put(options.write or ROOT / PAGE, name, page.demoted(Path(file).read_text(encoding="utf-8")))
        return 0
    if missing := missing_tools():
        print(f"the benchmarks compare with {' and '.join(missing)}: apt install {' '.join(missing)}", file=sys.stderr)
        return 2
    chosen = [s for s in known if not options.only or s.name in options.only]
    measured, failed = measure(chosen, Settings(options.quick, CACHE))
    print(f"\n{page.short(measured)}")
    target = options.write or (None if options.quick or options.only or failed else ROOT / PAGE)
    if target is not None and measured:
        keep(target, known, measured)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

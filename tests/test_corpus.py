"""Every damaged case that ever broke a parser is read again; and a few new ones, from the same mutator."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
CORPUS = sorted((ROOT / "tests" / "corpus").glob("*.hex"))


def tool(name: str) -> ModuleType:
    spec = spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made() -> Mapping[str, bytes]:
    return tool("fuzz_targets").seeds()


@pytest.mark.parametrize("path", CORPUS, ids=[p.stem for p in CORPUS])
def test_what_once_broke_a_parser_no_longer_does(path: Path, made: Mapping[str, bytes]) -> None:
    target = tool("fuzz_targets").targets(made)[path.stem.split("-")[0]]
    data = bytes.fromhex(path.read_text(encoding="utf-8").splitlines()[1])
    with suppress(target.refusals):
        target.parse(data)


def test_each_parser_reads_its_seeds_and_survives_damage(made: Mapping[str, bytes]) -> None:
    chance, mutated = random.Random(5), tool("fuzz").mutated
    for name, target in tool("fuzz_targets").targets(made).items():
        seeds = [made[s] for s in target.seeds]
        for data in [*seeds, *(mutated(seeds, chance) for _ in range(20))]:
            try:
                target.parse(data)
            except target.refusals:
                continue
            except Exception as error:  # name the parser
                raise AssertionError(f"{name}: {error!r}") from error

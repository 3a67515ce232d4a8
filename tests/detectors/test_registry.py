"""The list of detectors: complete, distinct, documented, and open to third parties."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import fields, is_dataclass, replace

import pytest

import engine.detectors
from engine.detectors import gap, registry
from engine.detectors.contract import Detector


def test_every_detector_of_the_package_is_registered() -> None:
    names = [f"engine.detectors.{m.name}" for m in pkgutil.iter_modules(engine.detectors.__path__)]
    modules = [importlib.import_module(name) for name in names]
    there = {m.DETECTOR.name for m in modules if isinstance(getattr(m, "DETECTOR", None), Detector)}
    assert there == {d.name for d in registry.BUILT_IN}


def test_names_are_distinct_and_none_is_a_plug_ins() -> None:
    names = [d.name for d in registry.BUILT_IN]
    assert len(set(names)) == len(names)
    assert not any(name.startswith("x_") for name in names)


@pytest.mark.parametrize("detector", registry.BUILT_IN, ids=lambda d: d.name)
def test_options_are_frozen_and_the_documentation_has_its_four_parts(detector: Detector) -> None:
    assert is_dataclass(detector.options)
    for field in fields(detector.options):
        with pytest.raises(AttributeError):
            setattr(detector.options, field.name, None)
    for heading in ("What it finds", "Looks like it but is not", "Limits", "Source"):
        assert f"\n{heading}" in detector.doc


class Point:
    """An entry point whose object is given instead of imported."""

    def __init__(self, name: str, given: object) -> None:
        self.name, self.value, self._given = name, "third.party:DETECTOR", given

    def load(self) -> object:
        if isinstance(self._given, Exception):
            raise self._given
        return self._given


def test_third_parties_come_after_the_engines_own_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = [Point(n, replace(gap.DETECTOR, name=n)) for n in ("x_zebra", "x_ant")]
    monkeypatch.setattr(registry, "entry_points", lambda group: theirs)
    assert [d.name for d in registry.detectors()][-2:] == ["x_ant", "x_zebra"]


@pytest.mark.parametrize(
    "given",
    [
        ImportError("no such module"),
        "not a detector",
        replace(gap.DETECTOR, name="gap"),
        replace(gap.DETECTOR, name="y"),
    ],
    ids=["cannot be loaded", "is no detector", "takes another's name", "has no x_"],
)
def test_a_third_partys_fault_costs_nothing_but_itself(monkeypatch: pytest.MonkeyPatch, given: object) -> None:
    theirs = [Point("bad", given), Point("x_good", replace(gap.DETECTOR, name="x_good"))]
    monkeypatch.setattr(registry, "entry_points", lambda group: theirs)
    assert [d.name for d in registry.detectors()] == [*(d.name for d in registry.BUILT_IN), "x_good"]

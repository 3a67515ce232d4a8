"""A recording built unlike its device's others: suspect only against many, and when nothing explains it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.findings import Finding, Severity
from engine.rules.cases.device_structure import BuiltFile, structure_findings

TEXTS = {
    "a": "ftyp mp42\nmoov\nmoov/mvhd scale=90000\nfree\nmdat",
    "b": "ftyp mp42\nmoov\nmoov/mvhd scale=1000\nfree\nmdat",
    "behind": "ftyp mp42\nmdat\nmoov\nmoov/mvhd scale=90000",
    "edited": "ftyp mp42\nmoov\nmoov/mvhd scale=90000\nmoov/trak0/edts\nmoov/trak0/edts/elst v0 flags=0\nfree\nmdat",
    "tight": "ftyp mp42\nmoov\nmoov/mvhd scale=90000\nmdat",
    "": "",
}


def camera(
    count: int, fingerprint: str = "a", device: str = "C1", first: int = 0, **changes: object
) -> list[BuiltFile]:
    files = (BuiltFile(f"{device}/{n + first:03}.mp4", device, fingerprint, "h264", "fw 1") for n in range(count))
    return [replace(f, **changes) for f in files]  # type: ignore[arg-type]


def found(*groups: list[BuiltFile]) -> list[Finding]:
    files = [f for group in groups for f in group]
    prints = {f.path: f.fingerprint for f in files}
    return list(structure_findings(files, lambda path: TEXTS[prints[path]]))


def test_one_that_differs_from_many_is_suspect_and_the_place_is_named() -> None:
    (finding,) = found(camera(132), camera(1, "b", first=500))
    assert finding.severity is Severity.SUSPICION
    assert finding.file == "C1/500.mp4"
    assert finding.params["others"] == 132
    assert (finding.params["here"], finding.params["usual"]) == ("moov/mvhd scale=1000", "moov/mvhd scale=90000")


def test_recordings_that_are_alike_say_nothing() -> None:
    assert found(camera(50)) == []
    assert found(camera(50), camera(50, "b", device="C2")) == []


@pytest.mark.parametrize(
    ("others", "severity"), [(2, None), (3, Severity.NOTICE), (19, Severity.NOTICE), (20, Severity.SUSPICION)]
)
def test_how_many_must_agree(others: int, severity: Severity | None) -> None:
    assert [f.severity for f in found(camera(others), camera(1, "b", first=500))] == (
        [] if severity is None else [severity]
    )


def test_other_firmware_explains_it_and_a_known_program_does_not() -> None:
    (finding,) = found(camera(30), camera(1, "b", first=500, writer="fw 2"))
    assert finding.severity is Severity.NOTICE
    (finding,) = found(camera(30), camera(1, "b", first=500, writer="Lavf59", software=True))
    assert finding.severity is Severity.SUSPICION


@pytest.mark.parametrize("fingerprint", ["behind", "edited"])
def test_what_a_recorder_does_at_times_is_a_notice(fingerprint: str) -> None:
    (finding,) = found(camera(30), camera(1, fingerprint, first=500))
    assert finding.severity is Severity.NOTICE
    (finding,) = found(camera(30), camera(1, fingerprint, first=500, software=True))
    assert finding.severity is Severity.SUSPICION


def test_another_mode_is_not_compared() -> None:
    assert found(camera(30), camera(1, "b", first=500, mode="hevc")) == []


def test_a_structure_that_is_usual_too_is_a_habit_of_the_device() -> None:
    assert {f.severity for f in found(camera(30), camera(3, "b", first=500))} == {Severity.NOTICE}
    assert {f.severity for f in found(camera(100), camera(3, "b", first=500))} == {Severity.SUSPICION}
    assert {f.severity for f in found(camera(30), camera(3, "b", first=500, software=True))} == {Severity.SUSPICION}


def test_where_all_went_through_a_program_its_own_habits_are_a_notice() -> None:
    """An import station that writes every recording anew, with a gap in front or without."""
    exported = found(camera(30, software=True), camera(12, "tight", first=500, software=True))
    assert {f.severity for f in exported} == {Severity.NOTICE}
    assert {f.severity for f in found(camera(30), camera(12, "tight", first=500, software=True))} == {
        Severity.SUSPICION
    }


def test_files_without_a_device_or_a_structure_are_left_out() -> None:
    assert found(camera(30, device=""), camera(1, "b", device="", first=500)) == []
    assert found(camera(30), camera(1, "", first=500)) == []


def test_the_order_of_files_changes_nothing() -> None:
    files = [*camera(25), *camera(25, "b", first=100), *camera(1, "", first=500)]
    texts = {f.path: TEXTS[f.fingerprint] for f in files}
    assert structure_findings(files, texts.__getitem__) == structure_findings(files[::-1], texts.__getitem__)

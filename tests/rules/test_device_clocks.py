"""What an archive teaches of a device's clocks: habits that several files show, outliers, joins, drift."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.findings import Finding, Kind, Severity
from engine.rules.cases.device_clocks import (
    ClockedFile,
    Shown,
    clock_findings,
    container_dated_at,
    learn,
    successive,
    with_container,
)

START = 1_772_703_000.0
H = 3600.0
DAY = 86_400.0


def recording(
    number: int,
    length: float = 300.0,
    dated: str = "start",
    zone: float = -8 * H,
    container: float = 0.0,
    between: float = 0.0,
    device: str = "C1",
    begins: float = START,
    **clocks: Shown,
) -> ClockedFile:
    """File `number` of a device whose files join with `between` seconds lost; its container is in UTC."""
    begin = begins + number * (300.0 + between)
    stated = begin + zone + container + (length if dated == "end" else 0.0)
    shown = {
        "file_name": Shown(begin, 0.0, 2.0),
        "container": Shown(stated, length / 2, length / 2 + 1),
    }
    return ClockedFile(f"{device}/{number:03}.mp4", device, length, shown | clocks)


def files(count: int, first: int = 0, **more: Any) -> list[ClockedFile]:
    return [recording(n + first, **more) for n in range(count)]


def said(*groups: list[ClockedFile]) -> list[Finding]:
    return list(clock_findings(f for group in groups for f in group))


# ---- where containers are dated ---------------------------------------------------------------


@pytest.mark.parametrize("dated", ["start", "end"])
@pytest.mark.parametrize("zone", [0.0, -8 * H, 5.75 * H])
def test_where_a_device_dates_its_containers(dated: str, zone: float) -> None:
    assert container_dated_at(files(3, dated=dated, zone=zone)) == dated
    assert container_dated_at(files(2, dated=dated, zone=zone)) is None, "two recordings teach nothing"


def test_recordings_that_do_not_agree_teach_nothing() -> None:
    assert container_dated_at([*files(3), *files(3, first=10, dated="end")]) is None
    assert container_dated_at([*files(9), *files(1, first=10, dated="end")]) == "start"
    assert container_dated_at(files(5, length=5.0)) is None, "too short to tell"
    assert container_dated_at(files(5, length=900.0)) is None, "a quarter of an hour looks like a zone"
    alone = [ClockedFile(f.path, "C1", 300.0, {"container": f.clocks["container"]}) for f in files(5)]
    assert container_dated_at(alone) is None


def test_a_container_is_put_where_the_device_dates_it() -> None:
    file = recording(0, dated="end")
    moved = with_container(file, "end")
    assert moved.clocks["container"].start == START - 8 * H
    assert moved.clocks["container"].uncertainty_s < 10
    assert with_container(file, None) is file


# ---- offsets ----------------------------------------------------------------------------------


def test_offsets_of_a_device() -> None:
    habits = learn([*files(5, dated="end"), *files(4, device="C2", zone=0.0)])
    assert habits["C1"].container_dated_at == "end"
    assert habits["C1"].offsets["container", "file_name"].usual_s == -8 * H
    assert habits["C2"].offsets["container", "file_name"].usual_s == 0
    assert habits["C2"].offsets["container", "file_name"].count == 4


def test_one_file_that_stands_otherwise_is_named() -> None:
    (finding,) = said(files(6), files(1, first=6, container=3 * H))
    assert (finding.kind, finding.severity, finding.file) == (Kind.CLOCK_OFFSET, Severity.NOTICE, "C1/006.mp4")
    assert (finding.params["clock"], finding.params["off_s"], finding.params["others"]) == ("container", 3 * H, 6)
    assert said(files(6), files(1, first=6, container=20)) == [], "seconds are within what clocks do"
    assert said(files(2), files(1, first=6, container=3 * H)) == [], "two others are too few"


def test_a_device_whose_clocks_wander_is_held_against_its_own_spread() -> None:
    wander = [recording(n, container=(-1) ** n * 40.0 * (n % 3)) for n in range(12)]
    assert said(wander, files(1, first=20, container=200)) == []


# ---- drift ------------------------------------------------------------------------------------


def test_drift_against_satellites_over_the_days() -> None:
    """A clock that gains a second a day runs 11.6 ppm fast."""
    drifting = []
    for day in range(10):
        begin = START + day * DAY
        clocks = {"gps": Shown(begin - 8 * H, 0.0, 0.5), "file_name": Shown(begin + day * 1.0, 0.0, 0.5)}
        drifting.append(ClockedFile(f"{day}.mp4", "C1", 60.0, clocks))
    drift = learn(drifting)["C1"].drift_ppm
    assert drift is not None
    assert drift.value == pytest.approx(11.574, abs=0.01)
    assert drift.width < 10
    assert learn(drifting[:2])["C1"].drift_ppm is None


# ---- joins ------------------------------------------------------------------------------------


def test_joins_of_a_device_that_loses_nothing() -> None:
    habit = learn(files(6))["C1"].joins
    assert habit is not None
    assert (habit.usual_s, habit.spread_s, habit.count) == (0, 0, 5)
    assert said(files(6)) == []


def test_a_join_that_loses_more_than_the_device_does() -> None:
    later = [recording(n, begins=START + 4) for n in range(5, 10)]
    (finding,) = said(files(5), later)
    assert (finding.template, finding.file) == ("device_join", "C1/005.mp4")
    assert (finding.params["gap_s"], finding.params["usual_s"], finding.params["before"]) == (4.0, 0.0, "C1/004.mp4")


def test_an_interruption_is_no_join() -> None:
    assert said(files(5), files(5, first=50)) == []
    assert [round(gap) for _, _, gap in successive([*files(2), *files(1, first=50)])] == [0, 48 * 300]


def test_a_device_that_loses_time_at_every_split_is_named_once() -> None:
    (finding,) = said(files(6, between=3.0))
    assert (finding.template, finding.file, finding.params["usual_s"]) == ("device_joins", "C1/000.mp4", 3.0)


# ---- properties -------------------------------------------------------------------------------

SHOWN = st.builds(Shown, st.floats(-1e11, 1e11), st.floats(0, 1e5), st.floats(0, 1e5))
FILES = st.lists(
    st.builds(
        ClockedFile,
        st.text("abc", min_size=1, max_size=3),
        st.sampled_from(["C1", "C2"]),
        st.floats(0, 1e5),
        st.dictionaries(st.sampled_from(["gps", "file_name", "container", "on_screen"]), SHOWN, max_size=4),
        st.booleans(),
    ),
    max_size=12,
    unique_by=lambda f: f.path,
)


@given(FILES, st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(given_files: list[ClockedFile], chance: random.Random) -> None:
    mixed = list(given_files)
    chance.shuffle(mixed)
    assert learn(mixed) == learn(given_files)
    assert clock_findings(mixed) == clock_findings(given_files)

"""The clock panel: which clock is the reference, offsets but for zones, defaults, and what is said of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detectors.clockfit import Measured
from engine.findings import Finding, Kind, Level, Severity, Source
from engine.report.clocks import COLUMNS, lines, rows, start
from engine.report.texts import Texts
from engine.rules.clockfindings import panel_findings
from engine.rules.clocknames import time_in_name
from engine.rules.clocks import ClockPanel, ClockSeries, panel, plain_panel, start_of

H = 3600.0


def stamp(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


LOCAL = stamp("2026-03-05T17:30:00")
IN_UTC = stamp("2026-03-05T09:30:00")


def gps(at: float = IN_UTC, count: int = 60, uncertainty: float = 1.0) -> ClockSeries:
    seconds = np.arange(float(count))
    return ClockSeries("gps", Source.GPS, seconds, at + seconds, uncertainty, 0.0)


def camera(clock: str, time: float, uncertainty: float = 1.0, **more: Any) -> ClockSeries:
    return ClockSeries(clock, Source.CAMERA_CLOCK, np.zeros(1), np.array([time]), uncertainty, **more)


def screen(time: float, count: int = 60, dated: bool = True, rate: float = 1.0) -> ClockSeries:
    seconds = np.arange(float(count))
    return ClockSeries("on_screen", Source.CAMERA_CLOCK, seconds, time + rate * seconds, 0.02, None, dated)


def line(found: ClockPanel, clock: str) -> Any:
    return next(one for one in found.lines if one.clock == clock)


def offset(found: ClockPanel, clock: str) -> float | None:
    measured = line(found, clock).offset_s
    return None if measured is None else float(measured.value)


def validate(found: ClockPanel, sound: Measured | None = None) -> dict[str, Any]:
    schema = json.loads(files("engine.report").joinpath("report.schema.json").read_text(encoding="utf-8"))
    value = plain_panel(found, sound)
    part = {"$ref": "#/$defs/clocks", "$defs": schema["$defs"]}
    jsonschema.Draft202012Validator(part).validate(json.loads(json.dumps(value, allow_nan=False)))
    return value


def test_satellite_time_is_the_reference_and_tells_the_zone() -> None:
    found = panel([camera("file_name", LOCAL + 7, 2.0), screen(LOCAL + 4), gps()])
    assert (found.reference, found.independent, found.start) == ("gps", True, found.lines[0])
    assert [one.clock for one in found.lines] == ["gps", "on_screen", "file_name"]
    assert offset(found, "on_screen") == pytest.approx(4)
    assert (line(found, "on_screen").zone_s, line(found, "on_screen").zone_assumed) == (8 * H, True)
    assert found.sources == {Source.GPS, Source.CAMERA_CLOCK}
    validate(found)


def test_a_zone_that_is_stated_is_not_assumed_away() -> None:
    """A clock that says +08:00 and is an hour off is an hour off; one that says nothing may be in another zone."""
    said = panel([gps(), camera("quicktime", LOCAL + H, zone_s=8 * H)])
    assert offset(said, "quicktime") == pytest.approx(H)
    silent = panel([gps(), camera("quicktime", LOCAL + H)])
    assert offset(silent, "quicktime") == pytest.approx(0)
    assert line(silent, "quicktime").zone_s == 9 * H


def test_days_apart_is_no_zone() -> None:
    found = panel([gps(), camera("container", LOCAL + 3 * 86_400)])
    assert offset(found, "container") == pytest.approx(3 * 86_400 + 8 * H)
    assert line(found, "container").zone_s is None


def test_clocks_of_one_camera_are_one_witness() -> None:
    found = panel([camera("file_name", LOCAL, 2.0), camera("container", IN_UTC + 1, 20.0)])
    assert (found.reference, found.independent) == ("file_name", False)
    assert offset(found, "container") == pytest.approx(1), "eight hours are a zone"
    assert found.sources == {Source.CAMERA_CLOCK}


def test_a_clock_without_a_date_is_compared_by_the_time_of_day() -> None:
    found = panel([gps(), screen(17.5 * H + 2, dated=False)])
    assert offset(found, "on_screen") == pytest.approx(2)
    assert line(found, "on_screen").zone_s == 8 * H
    assert validate(found)["clocks"][1]["time"] == "17:30:02"


def test_a_clock_alone_has_no_reference() -> None:
    found = panel([screen(LOCAL)])
    assert (found.reference, found.lines[0].offset_s) == (None, None)
    assert start_of(found.lines[0]) == (LOCAL, 0.02)
    assert panel([]) == ClockPanel()
    assert plain_panel(panel([])) == {}


@pytest.mark.parametrize("day", ["1904-01-01", "1970-01-01", "1980-01-06", "2000-01-01"])
def test_a_clock_that_was_never_set_is_no_reference(day: str) -> None:
    found = panel([camera("container", stamp(f"{day}T00:03:07")), camera("file_name", LOCAL, 2.0)])
    assert line(found, "container").notes == ("unset",)
    assert found.reference == "file_name"
    assert [f.template for f in panel_findings(found)] == ["clock_unset"]


def test_the_year_before_cameras() -> None:
    found = panel([camera("container", stamp("1987-05-05T00:00:00")), camera("file_name", -9e12)])
    assert [one.notes for one in found.lines] == [("implausible",), ("implausible",)]
    assert (found.start, found.reference) == (None, None)
    assert panel_findings(found) == ()
    validate(found)


def test_what_is_said_of_an_offset() -> None:
    (notice,) = panel_findings(panel([gps(), screen(LOCAL + 60), camera("file_name", LOCAL + 58, 2.0)]))
    assert (notice.kind, notice.severity, notice.level) == (Kind.CLOCK_OFFSET, Severity.NOTICE, Level.E3)
    assert (notice.params["clock"], notice.params["offset_s"], notice.params["reference"]) == ("on_screen", 60.0, "gps")
    assert (notice.start_s, notice.end_s) == (None, None)
    assert panel_findings(panel([gps(), screen(LOCAL + 5.5)])) == (), "within tolerance and uncertainty"
    (same,) = panel_findings(panel([screen(LOCAL), camera("container", LOCAL + 86_400)]))
    assert same.level is Level.E1, "one oscillator: no independent clocks disagree"


def test_a_rate_is_said_once() -> None:
    fast = panel([screen(LOCAL, 1800, rate=1.001)])
    (notice,) = panel_findings(fast)
    assert (notice.template, notice.params["ppm"]) == ("clock_rate", pytest.approx(1000, abs=1))
    said = Finding(Kind.CLOCK_OFFSET, Severity.NOTICE, Level.E3, "video", None, None, "screen_clock_rate", "x")
    assert panel_findings(fast, [said]) == ()
    assert panel_findings(panel([screen(LOCAL, 1800, rate=1.0001)])) == ()
    assert panel_findings(panel([screen(LOCAL, 10, rate=1.001)])) == (), "ten seconds tell no rate"


def test_dates_that_a_container_states_twice_are_not_this_ones_matter() -> None:
    twice = [camera("container", IN_UTC), camera("quicktime", LOCAL + 86_400, zone_s=8 * H)]
    assert panel_findings(panel(twice)) == ()


@given(
    st.lists(
        st.builds(
            lambda clock, times, width, zone, dated: ClockSeries(
                clock,
                Source.GPS if clock == "gps" else Source.CAMERA_CLOCK,
                np.arange(float(len(times))),
                np.array(times),
                width,
                zone,
                dated,
            ),
            st.sampled_from(["gps", "container", "on_screen", "file_name"]),
            st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=8),
            st.floats(0, 1e5),
            st.none() | st.floats(-1e5, 1e5),
            st.booleans(),
        ),
        max_size=5,
    )
)
def test_any_clocks_fit_the_schema_and_have_words(series: list[ClockSeries]) -> None:
    found = panel(series)
    panel_findings(found)
    value = plain_panel(found)
    if value:
        validate(found)
    for language in ("en", "zh"):
        texts = Texts.load(language)
        assert all(len(row) == len(COLUMNS) for row in rows(value, texts))
        assert len(lines(value, texts)) == len(found.lines)
        assert bool(start(value, texts)) == (found.start is not None)


def test_words() -> None:
    value = validate(panel([gps(), screen(LOCAL + 4)]), Measured(12.0, 30.0))
    english, chinese = Texts.load("en"), Texts.load("zh")
    assert lines(value, english)[1].endswith(
        "2026-03-05 17:30:04 +08:00 (by comparison) ± 0.02 s, +4.0 ± 1.0 s, +0 ± 678 ppm"
    )
    assert rows(value, english)[-1][5] == "+12 ± 30 ppm"
    assert start(value, chinese) == "首帧时间：2026-03-05 09:30:00 +00:00 ± 1 秒（卫星定位）"


# ---- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "DSJ0457_20260305_173000_0001.mp4",
        "VID_20260305_173000.mp4",
        "PXL_20260305_173000123.mp4",
        "2026-03-05_17-30-00.mkv",
        "2026-03-05 17.30.00.mov",
        "Screen Recording 2026-03-05T17:30:00.mp4",
        "BWC0001_20260305173000.mp4",
        "ch01_20260305173000_0001.dav",
        "IMG_20260305_173000_HDR.jpg",
    ],
)
def test_times_in_names(name: str) -> None:
    assert time_in_name(name) == LOCAL


@pytest.mark.parametrize(
    "name",
    [
        "GX010042.MP4", "MVI_0001.AVI", "20261305_173000.mp4", "20260305_246000.mp4", "20260305.mp4", "",
        "x20260305_1730.mp4", "1234567890123456789.mp4", "99920260305173000.mp4",
    ],
)  # fmt: skip
def test_names_that_state_none(name: str) -> None:
    assert time_in_name(name) is None


@given(st.text(max_size=60))
def test_any_name(name: str) -> None:
    found = time_in_name(name)
    assert found is None or stamp("1900-01-01T00:00:00") <= found < stamp("2100-01-01T00:00:00")

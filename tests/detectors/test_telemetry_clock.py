"""Steps of clocks that telemetry states: a cut, what receivers do by nature, and twins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.detectors.telemetry_clock import DETECTOR
from engine.features.tables import Features
from engine.findings import Finding, Kind, Severity, Source
from engine.media.telemetry import TimeTrack

START = 1_772_703_000.0


def found(features: Features, form: str, seconds: np.ndarray, times: np.ndarray) -> tuple[Finding, ...]:
    track = TimeTrack(form, 2, seconds, times, 1.0)
    answer = DETECTOR.propose(replace(features, telemetry=(track,)), DETECTOR.options)
    assert [e.by for e in answer.examined] == ["telemetry"]
    return answer.findings


@pytest.fixture
def tables(recording) -> Features:
    return recording("25fps@1/90000: I24P I24P")


def clock(count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(float(count)), START + np.arange(float(count))


def test_an_untouched_track_says_nothing(tables: Features) -> None:
    assert found(tables, "nmea", *clock()) == ()


@pytest.mark.parametrize(("form", "source"), [("nmea", Source.GPS), ("subtitle", Source.CAMERA_CLOCK)])
def test_a_cut_under_the_track_is_a_jump_with_values_on_both_sides(tables: Features, form: str, source: Source) -> None:
    seconds, times = clock()
    times[30:] += 3
    (finding,) = found(tables, form, seconds, times)
    assert (finding.kind, finding.severity, finding.template) == (Kind.CLOCK_JUMP, Severity.SUSPICION, "telemetry_jump")
    assert (finding.start_s, finding.end_s) == (29.0, 30.0)
    assert finding.sources == {source}
    assert (finding.params["from"], finding.params["to"]) == ("2026-03-05 09:30:29", "2026-03-05 09:30:33")


def test_a_repeated_stretch_falls_back(tables: Features) -> None:
    seconds, times = clock()
    times[30:] -= 20
    (finding,) = found(tables, "gpmf", seconds, times)
    assert (finding.template, finding.severity) == ("telemetry_back", Severity.SUSPICION)


def test_a_receiver_that_settles_or_lost_its_signal_is_noted_only(tables: Features) -> None:
    seconds, times = clock()
    times[:5] -= 40
    (settling,) = found(tables, "nmea", seconds, times)
    assert settling.severity is Severity.NOTICE
    seconds, times = clock()
    times[30:] += 3
    kept = np.r_[0:28, 34:60]
    (lost,) = found(tables, "nmea", seconds[kept], times[kept])
    assert lost.severity is Severity.NOTICE


@pytest.mark.parametrize(
    ("form", "step", "at", "severity"),
    [
        ("nmea", -3, 300, Severity.NOTICE),
        ("nmea", -18, 300, Severity.NOTICE),
        ("nmea", 3, 300, Severity.SUSPICION),  # what a cut leaves
        ("nmea", -25, 300, Severity.SUSPICION),
        ("nmea", -3, 800, Severity.SUSPICION),
        ("subtitle", -3, 300, Severity.SUSPICION),
    ],
)
def test_a_receiver_that_learns_the_leap_seconds_goes_back_once_and_soon(
    tables: Features, form: str, step: int, at: int, severity: Severity
) -> None:
    seconds, times = clock(1000)
    times[at:] += step
    (finding,) = found(tables, form, seconds, times)
    assert finding.severity is severity


def test_a_time_that_stands_still_is_noted(tables: Features) -> None:
    seconds, times = clock()
    times[30:41] = times[30]
    (note,) = found(tables, "nmea", seconds, times)
    assert (note.template, note.severity, note.start_s, note.end_s) == ("telemetry_stuck", Severity.NOTICE, 30.0, 40.0)


def test_tracks_of_one_time_are_left(tables: Features) -> None:
    track = TimeTrack("nmea", 2, np.zeros(1), np.array([START]), 1.0)
    assert DETECTOR.propose(replace(tables, telemetry=(track,)), DETECTOR.options).findings == ()

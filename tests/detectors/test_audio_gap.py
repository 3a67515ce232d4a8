"""Holes in the sound: rounding and settling are silent, a hole is not, many holes are a habit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.detectors.audio_gap import DETECTOR
from engine.features.tables import Features
from engine.findings import Kind, Severity
from engine.media.model import NO_TIME

GOP = "I24P "


def severities(features: Features) -> list[Severity]:
    return [f.severity for f in DETECTOR.propose(features, DETECTOR.options).findings]


@pytest.mark.parametrize("hertz", ["8000", "16000", "44100", "48000"])
def test_sound_that_runs_on_is_silent(packets_of, hertz: str) -> None:
    assert severities(packets_of(f"25fps sound={hertz}: {4 * GOP}")) == []


def test_a_hole_in_the_sound_is_found_at_its_place(packets_of) -> None:
    (finding,) = DETECTOR.propose(
        packets_of(f"25fps sound: {2 * GOP} mute(500ms) {2 * GOP}"), DETECTOR.options
    ).findings
    assert (finding.kind, finding.severity) == (Kind.AUDIO_GAP, Severity.SUSPICION)
    assert finding.start_s == pytest.approx(2.0, abs=0.022)
    assert finding.end_s == pytest.approx(2.5, abs=0.022)


def test_a_container_that_stretches_the_packet_before_a_hole_does_not_hide_it(packets_of) -> None:
    tables = packets_of(f"25fps sound: {2 * GOP} mute(500ms) {2 * GOP}")
    rows = tables.packets.rows(1)
    duration = tables.packets.duration.copy()
    duration[rows[:-1]] = np.diff(tables.packets.pts[rows])
    assert severities(replace(tables, packets=replace(tables.packets, duration=duration))) == [Severity.SUSPICION]


def test_a_hole_while_the_recorder_settles_is_a_notice(packets_of) -> None:
    assert severities(packets_of(f"25fps sound: IP mute(200ms) {4 * GOP}")) == [Severity.NOTICE]


def test_holes_again_and_again_are_one_notice(packets_of) -> None:
    holes = "".join(f"{GOP} mute(100ms) " for _ in range(6))
    assert severities(packets_of(f"25fps sound: {holes} {GOP}")) == [Severity.NOTICE]


@pytest.mark.parametrize("stretched", [False, True])
@pytest.mark.parametrize(("late", "lost"), [(1, 0), (12, 0), (12, 4), (12, 12)])
def test_packets_that_come_late_and_then_all_at_once_are_no_hole_and_lost_ones_are(
    packets_of, late: int, lost: int, stretched: bool
) -> None:
    """Programme streams give two packets one time, network recorders write a burst: the sound is all there."""
    tables = packets_of(f"25fps sound: {4 * GOP}")
    rows = tables.packets.rows(1)
    pts = tables.packets.pts.copy()
    held = rows[80 : 80 + late]
    pts[held] = pts[held[-1]] + np.arange(late)
    pts[held[:lost]] = NO_TIME
    duration = tables.packets.duration.copy()
    if stretched:  # MP4 knows no durations but the distance to the next sample
        duration[rows[:-1]] = np.maximum(np.diff(pts[rows]), 0)
    packets = replace(tables.packets, pts=pts, duration=duration)
    assert severities(replace(tables, packets=packets)) == [Severity.SUSPICION] * bool(lost)


def test_without_sound_nothing_is_asked(packets_of) -> None:
    assert DETECTOR.propose(packets_of(4 * GOP), DETECTOR.options).examined == ()


@pytest.mark.parametrize("ticks", [-1, 0, 1])
def test_rounding_to_milliseconds_is_no_hole(packets_of, ticks: int) -> None:
    tables = packets_of(f"25fps sound: {4 * GOP}")
    rows = tables.packets.rows(1)
    pts, duration = tables.packets.pts.copy(), tables.packets.duration.copy()
    pts[rows] = np.round(pts[rows] / 48) * 48 + 48 * ticks * (np.arange(len(rows)) % 2)
    duration[rows] = 21 * 48
    assert severities(replace(tables, packets=replace(tables.packets, pts=pts, duration=duration))) == []

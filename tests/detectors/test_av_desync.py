"""Sound and picture that begin or end apart: a notice, never more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.detectors.av_desync import DETECTOR
from engine.features.tables import Features
from engine.findings import Finding, Severity

GOP = "I24P "


def found(features: Features) -> tuple[Finding, ...]:
    return DETECTOR.propose(features, DETECTOR.options).findings


def shifted(features: Features, seconds: float) -> Features:
    rows = features.packets.rows(1)
    pts = features.packets.pts.copy()
    pts[rows] += round(seconds * 48000)
    return replace(features, packets=replace(features.packets, pts=pts))


@pytest.mark.parametrize("by", [-0.1, 0.0, 0.02, 0.1])
def test_streams_that_nearly_agree(packets_of, by: float) -> None:
    assert found(shifted(packets_of(f"25fps sound: {4 * GOP}"), by)) == ()


@pytest.mark.parametrize("by", [-0.2, 0.2])
def test_sound_that_was_moved_is_apart_at_both_ends(packets_of, by: float) -> None:
    start, end = found(shifted(packets_of(f"25fps sound: {4 * GOP}"), by))
    assert (start.template, end.template) == ("av_desync_start", "av_desync_end")
    assert {start.severity, end.severity} == {Severity.NOTICE}
    assert start.params["by_s"] == pytest.approx(by, abs=0.001)


def test_sound_that_was_shortened_ends_early(packets_of) -> None:
    tables = packets_of(f"25fps sound: {4 * GOP}")
    keep = np.ones(len(tables.packets), np.bool_)
    keep[tables.packets.rows(1)[-24:]] = False
    columns = ("stream", "index", "pts", "dts", "duration", "position", "size", "key", "corrupt", "hidden")
    packets = replace(tables.packets, **{c: getattr(tables.packets, c)[keep] for c in columns})
    (finding,) = found(replace(tables, packets=packets))
    assert finding.template == "av_desync_end"
    assert finding.params["by_s"] == pytest.approx(-0.5, abs=0.03)


def test_leading_digital_silence_is_late_sound(sound_of) -> None:
    assert found(sound_of(np.r_[np.zeros(10), np.full(390, 200)])) == ()
    (finding,) = found(sound_of(np.r_[np.zeros(20), np.full(380, 200)]))
    assert finding.params["by_s"] == pytest.approx(0.2)


def test_without_sound_nothing_is_asked(packets_of) -> None:
    assert DETECTOR.propose(packets_of(4 * GOP), DETECTOR.options).examined == ()

"""Clocks that leap under a continuous picture, or fall back."""

from __future__ import annotations

import numpy as np
import pytest

from engine.detectors import gap
from engine.detectors.clock_jump import DETECTOR
from engine.features.tables import CORRUPT, Features
from engine.findings import Finding, Kind, Severity

GOP = "I24P "
LEAP = f"25fps@1/90000 sound: {2 * GOP} jump(+2s) {2 * GOP}"


def found(features: Features) -> tuple[Finding, ...]:
    return DETECTOR.propose(features, DETECTOR.options).findings


def moving(count: int, step_at: int | None = None) -> np.ndarray:
    """Mean change of a scene that moves, with a step where pictures are missing."""
    change = 6.0 + 0.5 * np.sin(np.arange(count))
    if step_at is not None:
        change[step_at] = 25.0
    return change


def test_a_leap_under_a_picture_that_runs_on_is_a_jump_and_no_gap(recording) -> None:
    tables = recording(LEAP, difference=moving(100))
    (finding,) = found(tables)
    assert (finding.kind, finding.severity) == (Kind.CLOCK_JUMP, Severity.SUSPICION)
    assert (finding.start_frame, finding.end_frame) == (49, 50)
    assert finding.params["jump_s"] == 2.0
    assert gap.DETECTOR.propose(tables, gap.DETECTOR.options).findings == ()


@pytest.mark.parametrize("change", [moving(100, 50), np.zeros(100)], ids=["the picture steps", "nothing moves"])
def test_without_a_picture_that_shows_it_runs_on_a_hole_is_a_gap(recording, change: np.ndarray) -> None:
    tables = recording(LEAP, difference=change)
    assert found(tables) == ()
    (finding,) = gap.DETECTOR.propose(tables, gap.DETECTOR.options).findings
    assert finding.kind == Kind.GAP


def test_damaged_pictures_do_not_show_that_the_picture_runs_on(recording) -> None:
    flags = np.zeros(100, np.uint8)
    flags[48:60] = CORRUPT
    assert found(recording(LEAP, difference=moving(100), flags=flags)) == ()


@pytest.mark.parametrize("pictures", [GOP, "I2BP2BP2BP2BP2BP "], ids=["in order", "reordered"])
def test_a_clock_that_falls_back_is_found_where_it_falls(packets_of, pictures: str) -> None:
    (finding,) = found(packets_of(f"25fps@1/90000 sound: {4 * pictures} jump(-2s) {4 * pictures}"))
    before = len(packets_of(4 * pictures).packets)
    assert finding.template == "clock_jump_back"
    assert (finding.start_frame, finding.end_frame) == (before - 1, before)
    assert finding.start_s == finding.end_s == pytest.approx((before - 1) / 25)
    assert finding.params["jump_s"] == pytest.approx(2.0)


def test_wrap_around_of_the_transport_clock_is_no_jump(packets_of, recording) -> None:
    text = f"25fps@1/90000 sound: {2 * GOP} I10P wrap 14P {2 * GOP}"
    assert found(packets_of(text)) == ()
    assert found(recording(text, difference=moving(125))) == ()
    back = f"25fps@1/90000 sound: {2 * GOP} I10P wrap 14P {2 * GOP} jump(-2s) {GOP}"
    assert len(found(packets_of(back))) == 1


def test_reordered_pictures_are_no_jump(packets_of) -> None:
    assert found(packets_of("30fps@1/90000: " + 6 * "I3BP3BP3BP")) == ()

"""What a page shows beside the words stays small and shows the right thing."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.archive.exhibits import FINDINGS_WITH_PICTURES, POINTS, _jpeg, _thin, chosen, frames_around
from engine.findings import Finding, Level, Severity


@given(st.integers(1, 3000), st.integers(0, 2**32 - 1))
def test_thinning_keeps_every_peak(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.random(count)
    peak = int(rng.integers(count))
    values[peak] = 2.0
    series = _thin("x", np.arange(count) / 25, values)
    assert len(series.seconds) == len(series.values) <= POINTS
    assert list(series.seconds) == sorted(series.seconds)
    assert (round(peak / 25, 4), 2.0) in zip(series.seconds, series.values, strict=True)


def test_what_was_not_measured_is_left_out() -> None:
    series = _thin("x", np.arange(4.0), np.array([np.nan, 1.0, np.inf, 3.0]))
    assert (series.seconds, series.values) == ((1.0, 3.0), (1.0, 3.0))


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 60))
def test_frames_around_exist_and_show_both_borders(first: int, length: int, count: int) -> None:
    last = min(first + length, count - 1)
    if first > last:
        return
    frames = frames_around(first, last, count)
    assert frames == sorted(set(frames))
    assert len(frames) <= 6
    assert {first, last} <= set(frames) <= set(range(count))


def finding(number: int, severity: Severity, frame: int | None) -> Finding:
    return Finding(
        "gap", severity, Level.E1, "video", 0.0, 0.0, "gap", "gap", start_frame=frame, end_frame=frame, id=str(number)
    )


def test_the_weightiest_findings_get_pictures() -> None:
    quiet = [finding(n, Severity.NOTICE, n) for n in range(40)]
    loud = [
        finding(98, Severity.SUSPICION, 1),
        finding(99, Severity.VIOLATION, 2),
        finding(97, Severity.VIOLATION, None),
    ]
    picked = chosen([*quiet, *loud])
    assert [f.id for f in picked[:3]] == ["99", "98", "0"]
    assert len(picked) == FINDINGS_WITH_PICTURES


@pytest.mark.parametrize(
    ("rotation", "size", "red_at"), [(0, (80, 40), (5, 5)), (90, (40, 80), (5, 74)), (-90, (40, 80), (34, 5))]
)
def test_pictures_stand_upright(rotation: int, size: tuple[int, int], red_at: tuple[int, int]) -> None:
    rgb = np.zeros((40, 80, 3), np.uint8)
    rgb[:12, :12, 0] = 255  # the corner at the top left
    image = Image.open(io.BytesIO(_jpeg(rgb, rotation)))
    assert image.size == size
    red, green, _ = image.convert("RGB").getpixel(red_at)  # type: ignore[misc]
    assert red > 150 > green

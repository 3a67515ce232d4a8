"""The fused pass against its plain twin."""

from __future__ import annotations

from typing import Any

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.kernels import grids, luma

SIZES = [
    (16, 16), (80, 60), (106, 60), (1, 1), (2, 3), (39, 21), (41, 23), (240, 240), (241, 135), (320, 240),
    (352, 288), (479, 641), (640, 480), (480, 854), (1366, 400), (1920, 136),
]  # fmt: skip


def pictures(width: int, height: int, depth: int, padding: int, seed: int = 0) -> list[NDArray[Any]]:
    """Three planes with smooth content, noise and both extremes; the padding is noise as well."""
    rng = np.random.default_rng(seed)
    top = (1 << depth) - 1
    y, x = np.mgrid[0:height, 0 : width + padding]
    out = []
    for k in range(3):
        plane = (np.sin((x + 3 * k) / 17) + np.cos(y / 11) + 2) * top / 4 + rng.normal(0, top / 20, x.shape)
        plane = np.clip(plane, 0, top)
        plane[rng.random(x.shape) < 0.02] = top
        plane[rng.random(x.shape) < 0.02] = 0
        out.append(np.ascontiguousarray(plane.astype(np.uint8 if depth == 8 else np.uint16)))
    return out


def check(width: int, height: int, depth: int, padding: int) -> None:
    first, second, third = pictures(width, height, depth, padding)
    plan = luma.Plan(width, height, depth)
    measured = [luma.measure(first, None, plan), luma.measure(second, first, plan), luma.measure(third, second, plan)]
    a, b, c = (p[:, :width].astype(np.int64) for p in (first, second, third))
    areas = naive.areas(height, width)
    for plane, got in zip((a, b, c), measured, strict=True):
        assert (got.sums == naive.block_sums(plane)).all()
        assert (got.row_sums == plane.sum(1)).all()
        assert (got.histogram == naive.histogram(plane, depth)).all()
        assert (got.reduced == naive.reduced(plane, depth)).all()
        assert (got.high_pass, got.high_pass_count) == naive.high_pass(plane)
    assert not measured[0].differences.any()
    assert (measured[1].differences == naive.block_sums(np.abs(b - a))).all()

    one = grids.summarise(measured[0], plan, None, None)
    two = grids.summarise(measured[1], plan, one.means, None)
    three = grids.summarise(measured[2], plan, two.means, one.means)
    assert (two.means == naive.scaled(naive.block_sums(b), areas, depth)).all()
    assert (two.differences == naive.scaled(naive.block_sums(np.abs(b - a)), areas, depth)).all()
    unit = float(1 << (depth - 8))
    m = three.measures
    assert m[grids.MEAN] == pytest.approx(c.mean() / unit, rel=1e-12)
    if width >= 40 and height >= 22:
        assert m[grids.DIFFERENCE] == pytest.approx(np.abs(c - b).mean() / unit, rel=1e-12)
    means = [g.means.astype(np.float64) / 256 for g in (one, two, three)]
    change = means[2] - means[1]
    assert m[grids.BLOCK_CHANGE] == pytest.approx(np.abs(change - change.mean()).mean(), rel=1e-9, abs=1e-9)
    assert m[grids.SECOND_DIFFERENCE] == pytest.approx(np.abs(means[2] - 2 * means[1] + means[0]).mean(), abs=1e-9)
    bins = naive.histogram(c, depth)
    assert m[grids.DARK] == bins[:6].sum() / bins.sum()
    assert m[grids.SATURATED] == bins[59:].sum() / bins.sum()
    assert np.abs(three.histogram / 65535 - bins / bins.sum()).max() < 1e-5
    for band, (top, end) in zip(three.profile, naive.spans(height, 64), strict=True):
        assert band == int(c[top:end].mean() / unit * 256 + 0.5)
    assert np.isnan(one.measures[grids.DIFFERENCE])
    assert np.isnan(two.measures[grids.SECOND_DIFFERENCE])


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_equals_the_plain_twin(width: int, height: int, depth: int) -> None:
    check(width, height, depth, padding=13)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 700), st.integers(1, 300), st.sampled_from([8, 10]), st.integers(0, 40))
def test_equals_the_plain_twin_at_any_size(width: int, height: int, depth: int, padding: int) -> None:
    check(width, height, depth, padding)


def test_sums_do_not_overflow_on_the_largest_samples() -> None:
    for depth, top in ((8, 255), (10, 1023), (14, 16383)):
        plane = np.full((3000, 50), top, np.uint8 if depth == 8 else np.uint16)
        black = np.zeros_like(plane)
        got = luma.measure(plane, black, luma.Plan(50, 3000, depth))
        areas = naive.areas(3000, 50)
        assert (got.sums == areas * top).all()
        assert (got.differences == areas * top).all()
        assert (got.reduced == (top * 4 + (1 << (depth - 8)) // 2) // (1 << (depth - 8))).all() or depth == 8
        assert got.reduced.max() <= 1024


@pytest.mark.parametrize("depth", [8, 10])
def test_padding_is_never_read_into_results(depth: int) -> None:
    width, height = 333, 97
    first, second, _ = pictures(width, height, depth, 51)
    plan = luma.Plan(width, height, depth)
    clean = luma.measure(second, first, plan)
    for value in (0, (1 << depth) - 1):
        poisoned = [p.copy() for p in (first, second)]
        for plane in poisoned:
            plane[:, width:] = value
        got = luma.measure(poisoned[1], poisoned[0], plan)
        for name in ("sums", "differences", "row_sums", "histogram", "reduced"):
            assert (getattr(got, name) == getattr(clean, name)).all(), name
        assert got.high_pass == clean.high_pass


def test_lines_of_the_two_pictures_may_differ() -> None:
    a, b, _ = pictures(100, 50, 8, 28)
    wider = np.zeros((50, 200), np.uint8)
    wider[:, :100] = a[:, :100]
    plan = luma.Plan(100, 50, 8)
    assert (luma.measure(b, wider, plan).differences == luma.measure(b, a, plan).differences).all()


def test_planes_that_do_not_fit_are_refused() -> None:
    plan = luma.Plan(100, 50, 8)
    good = np.zeros((50, 100), np.uint8)
    for bad in (
        np.zeros((50, 99), np.uint8),
        np.zeros((49, 100), np.uint8),
        np.zeros((50, 100), np.uint16),
        np.zeros((50, 200), np.uint8)[:, ::2],
    ):
        with pytest.raises(ValueError, match=r"fit|contiguous"):
            luma.measure(bad, None, plan)
        with pytest.raises(ValueError, match=r"fit|contiguous"):
            luma.measure(good, bad, plan)
    with pytest.raises(ValueError, match="no plane"):
        luma.Plan(0, 5, 8)

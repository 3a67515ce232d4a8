"""The block search against its plain twin, and against a search that leaves nothing out."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.kernels import motion


def texture(rows: int, columns: int, seed: int = 0) -> NDArray[np.int64]:
    """A random texture that is smooth over a few samples, quarter grey levels."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 1, (rows + 8, columns + 8))
    for axis in (0, 1):
        noise = sum(np.roll(noise, k, axis) for k in range(5)) / 5**0.5
    return np.clip(noise[:rows, :columns] * 110 + 500, 0, 1020).astype(np.int64)


def match(current: NDArray[np.int64], earlier: NDArray[np.int64]) -> motion.Match:
    return motion.search(current.astype(np.uint16), earlier.astype(np.uint16))


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 60), st.integers(1, 250), st.integers(-9, 9), st.integers(-9, 9), st.integers(-200, 200),
    st.integers(0, 1000),
)  # fmt: skip
def test_equals_the_plain_twin(rows: int, columns: int, dy: int, dx: int, light: int, seed: int) -> None:
    rows += 1
    rng = np.random.default_rng(seed)
    large = texture(rows + 20, columns + 20, seed)
    earlier = large[10 : 10 + rows, 10 : 10 + columns]
    current = large[10 + dy : 10 + dy + rows, 10 + dx : 10 + dx + columns] + light + rng.integers(-9, 10, earlier.shape)
    current = np.clip(current, 0, 1020)
    got = match(current, earlier)
    residual, x, y = naive.search(current, earlier)
    assert (got.residual == residual).all()
    assert (got.dx == x).all()
    assert (got.dy == y).all()


def test_extremes_do_not_overflow() -> None:
    rng = np.random.default_rng(1)
    current, earlier = rng.integers(0, 2, (2, 64, 240)) * 1020
    assert (match(current, earlier).residual == naive.search(current, earlier)[0]).all()


@pytest.mark.parametrize(("dy", "dx"), [(0, 0), (3, -5), (-8, 8), (7, 1)])
def test_finds_a_shift_and_leaves_nothing_behind(dy: int, dx: int) -> None:
    large = texture(200, 300)
    earlier, current = large[30:150, 30:270], large[30 + dy : 150 + dy, 30 + dx : 270 + dx]
    got = match(current, earlier)
    inner = got.residual[1:-1, 1:-1]
    # clipping to the common mean aside, inner blocks are found exactly
    assert np.median(inner) == 0
    x, y, _ = motion.median_motion(got, 240)
    assert (x * 240, y * 240) == pytest.approx((-dx, -dy))


def test_a_step_of_exposure_is_not_a_change() -> None:
    picture = np.clip(texture(120, 240), 200, 800)
    assert match(picture + 100, picture).residual.max() == 0
    cut = match(texture(120, 240, 5), picture)
    assert motion.top_tenth(cut.residual) > 5


def test_comes_close_to_a_search_that_leaves_nothing_out() -> None:
    rng = np.random.default_rng(2)
    large = texture(120, 160)
    earlier = large[20:100, 20:140]
    for dy, dx in ((1, 6), (-3, -7), (5, 5)):
        current = large[20 + dy : 100 + dy, 20 + dx : 140 + dx] + rng.integers(-20, 21, earlier.shape)
        current = np.clip(current, 0, 1020)
        best = naive.exhaustive(current, earlier)
        assert match(current, earlier).residual.mean() <= 1.05 * best.mean()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 65535), min_size=1, max_size=200))
def test_top_tenth_and_mean(values: list[int]) -> None:
    array = np.array(values, np.uint16)
    assert motion.top_tenth(array) == pytest.approx(naive.top_tenth(array.astype(np.int64)), rel=1e-12)
    assert motion.mean(array) == pytest.approx(np.mean(values) / 256, rel=1e-12)


def test_nothing_to_match() -> None:
    empty = motion.search(np.zeros((7, 100), np.uint16), np.zeros((7, 100), np.uint16))
    assert empty.residual.size == 0
    assert np.isnan(motion.top_tenth(empty.residual))
    assert np.isnan(motion.mean(empty.residual))
    with pytest.raises(ValueError, match="cannot match"):
        motion.search(np.zeros((8, 8), np.uint16), np.zeros((8, 16), np.uint16))


def test_median_motion_and_spread() -> None:
    dx = np.array([[0, 0, 4], [4, 4, -2]], np.int8)
    got = motion.median_motion(motion.Match(np.zeros((2, 3), np.uint16), dx, np.zeros_like(dx)), 10)
    # sorted -2 0 0 4 4 4, the lower median is 0; deviations sum to 14
    assert got == (0.0, 0.0, pytest.approx(14 / 60))

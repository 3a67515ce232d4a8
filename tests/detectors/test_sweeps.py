"""Led window by window, every kernel says what it says of the whole column."""

from __future__ import annotations

import numpy as np
import pytest

from engine.detectors.sweeps import all_changes, all_projections, all_simulated, all_spreads
from engine.kernels.search import changes, projections, simulated

RNG = np.random.default_rng(7)


def moving(pictures: int) -> np.ndarray:
    steps = RNG.integers(-300, 300, (pictures, 22, 40)).cumsum(axis=0)
    return np.ascontiguousarray(np.abs(steps + 20000) % 65000, np.uint16)


@pytest.mark.parametrize("pictures", [0, 1, 2, 5, 63, 64, 65, 200])
@pytest.mark.parametrize("rows", [8, 64])
def test_changes(pictures: int, rows: int) -> None:
    means = moving(pictures)
    whole, pieced = changes(means), all_changes(means, rows)
    for name in ("mean", "top", "lasting", "lasting_top", "unlike", "lasting_unlike"):
        assert np.array_equal(getattr(whole, name), getattr(pieced, name)), name


@pytest.mark.parametrize("pictures", [0, 30, 64, 131, 200])
@pytest.mark.parametrize(("rows", "every"), [(20, 5), (64, 5), (33, 3), (64, 1)])
def test_simulated(pictures: int, rows: int, every: int) -> None:
    means = moving(pictures)
    whole = simulated(means, 12, every, 5)
    assert np.array_equal(whole, all_simulated(means, 12, every, 5, rows))
    assert (np.count_nonzero(whole) > 0) == (pictures > 12 + 2 * 5)


@pytest.mark.parametrize("pictures", [1, 2, 64, 65, 200])
def test_projections(pictures: int) -> None:
    means = moving(pictures)
    matrix = RNG.standard_normal((880, 8)).astype(np.float32)
    np.testing.assert_allclose(all_projections(means, matrix, 64), projections(means, matrix), rtol=1e-4, atol=64)


def test_spreads() -> None:
    means = moving(70)
    np.testing.assert_allclose(all_spreads(means, 16), means.reshape(70, -1).std(axis=1) / 256, rtol=1e-5)

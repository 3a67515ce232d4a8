"""Led window by window, every kernel says what it says of the whole column."""

from __future__ import annotations

import numpy as np
import pytest

from engine.detectors.motionprint import motion_prints
from engine.detectors.sweeps import all_changes, all_simulated, all_spreads
from engine.kernels.search import changes, simulated


def moving(pictures: int) -> np.ndarray:
    steps = np.random.default_rng(pictures).integers(-300, 300, (pictures, 22, 40)).cumsum(axis=0)
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


@pytest.mark.parametrize("pictures", [0, 1, 2, 8, 64, 65, 200])
def test_prints(pictures: int) -> None:
    means = moving(pictures)
    whole, pieced = motion_prints(means, 4.0, 1000), motion_prints(means, 4.0, 16)
    np.testing.assert_allclose(whole.energy, pieced.energy, rtol=1e-5)
    different = np.unpackbits((whole.bits ^ pieced.bits).view(np.uint8)).sum()
    assert different <= pictures // 50  # a sum that is all but nil may change its sign with the order of additions


def test_a_scene_that_moves_again_in_the_same_way_gives_the_same_print() -> None:
    means = moving(120)
    again = np.concatenate((means, means[40:80]))
    prints = motion_prints(again, 4.0).bits
    same = [bin(int(prints[41 + i] ^ prints[121 + i])).count("1") for i in range(30)]
    other = [bin(int(prints[10 + i] ^ prints[60 + i])).count("1") for i in range(30)]
    assert max(same) <= 1
    assert min(other) > 8


def test_spreads() -> None:
    means = moving(70)
    np.testing.assert_allclose(all_spreads(means, 16), means.reshape(70, -1).std(axis=1) / 256, rtol=1e-5)

"""Clocks fitted against timestamps: exact cases, a naive twin, properties."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detectors.clockfit import fit, slope, steps, stuck

START = 1_772_703_000.0


def running(count: int = 60, ppm: float = 0.0, every: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    seconds = np.arange(count) * every
    return seconds, START + seconds * (1 + ppm * 1e-6)


def naive_slope(seconds: np.ndarray, times: np.ndarray) -> float:
    """Theil's estimate over the pairs that lie half the length apart, by the book."""
    length = seconds[-1] - seconds[0]
    pairs = [(a, b) for a, b in combinations(range(len(seconds)), 2) if seconds[b] - seconds[a] >= length / 2]
    return float(np.median([(times[b] - times[a]) / (seconds[b] - seconds[a]) - 1 for a, b in pairs]))


@given(st.integers(0, 2**32 - 1), st.floats(-2000, 2000), st.integers(3, 80))
def test_the_slope_is_theils(seed: int, ppm: float, count: int) -> None:
    seconds, times = running(count, ppm)
    times = times + np.random.default_rng(seed).uniform(-0.5, 0.5, count)
    found = slope(seconds, times, 0.5)
    assert found is not None
    assert found.value == pytest.approx(naive_slope(seconds, times), abs=1e-6)
    assert abs(found.value - ppm * 1e-6) <= 2 * found.width


@pytest.mark.parametrize("ppm", [-500.0, 0.0, 20.0, 3000.0])
def test_rate_of_a_clock_without_noise(ppm: float) -> None:
    found = fit(*running(1800, ppm), 0.02)
    assert found.rate_ppm is not None
    assert found.rate_ppm.value == pytest.approx(ppm, abs=0.5)
    assert found.rate_ppm.width == pytest.approx(2 * 0.02 / 1799 * 1e6)
    assert found.steps == found.stuck == ()


@pytest.mark.parametrize("ppm", [-60.0, 0.0, 20.0, 100.0])
def test_rate_over_half_an_hour_of_ticks_seen_to_a_picture(ppm: float) -> None:
    """Ticks are seen at the next picture of 25 a second: the rate is right within 20 ppm."""
    clock = START + np.arange(1800.0)
    seconds = np.ceil((clock - START + 0.013) / (1 + ppm * 1e-6) * 25) / 25
    found = fit(seconds, clock, 0.02)
    assert found.rate_ppm is not None
    assert abs(found.rate_ppm.value - ppm) <= 20


def test_one_reading_has_an_offset_and_no_rate() -> None:
    found = fit(np.array([5.0]), np.array([START]), 1.0)
    assert (found.ahead_s, found.rate_ppm, found.steps) == (START - 5, None, ())


@pytest.mark.parametrize("jump", [3.0, -3.0, 3600.0, -86_400.0])
def test_a_step_is_found_where_it_is_and_the_rate_is_not_bent(jump: float) -> None:
    seconds, times = running(100, 50.0)
    times[40:] += jump
    found = fit(seconds, times, 0.5)
    (step,) = found.steps
    assert (step.index, step.from_s, step.to_s) == (39, 39.0, 40.0)
    assert step.jump_s == pytest.approx(jump, abs=0.01)
    assert step.backwards == (jump < -1)
    assert found.rate_ppm is not None
    assert found.rate_ppm.value == pytest.approx(50, abs=1)
    assert found.ahead_s == pytest.approx(START + jump, abs=0.01)  # of the longer stretch


@pytest.mark.parametrize("wrong", [[40], [40, 41], [0], [99]])
def test_wrong_readings_that_nothing_confirms_are_no_step(wrong: list[int]) -> None:
    seconds, times = running(100)
    times[wrong] += 50
    assert steps(seconds, times, 0.5) == ()


def test_below_the_uncertainty_nothing_is_a_step() -> None:
    seconds, times = running(100)
    times[40:] += 2.9
    assert steps(seconds, times, 1.25) == ()
    assert len(steps(seconds, times, 1.0)) == 1


def test_a_clock_at_another_rate_has_no_steps() -> None:
    seconds = np.arange(0, 600, 30.0)
    assert steps(seconds, START + 1.6 * seconds, 0.5) == ()


def test_a_clock_that_stands_still() -> None:
    """It is no step that it catches up: it shows again what it would have shown."""
    seconds, times = running(60)
    times[20:31] = times[20]
    assert steps(seconds, times, 0.5) == ()
    assert stuck(seconds, times) == ((20.0, 30.0),)
    assert stuck(*running(60)) == ()
    assert stuck(np.arange(3) * 10.0, np.full(3, START)) == (), "three readings are too few"


@given(st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(-1e11, 1e11)), min_size=1, max_size=40), st.floats(0, 1e4))
def test_any_readings(readings: list[tuple[float, float]], uncertainty: float) -> None:
    seconds, times = np.array(readings).T
    found = fit(seconds, times, uncertainty)
    assert np.isfinite([found.ahead_s, found.spread_s]).all()
    assert all(s.from_s <= s.to_s for s in found.steps)
    if found.rate_ppm is not None:
        assert found.rate_ppm.width >= 0

"""Laws of interval arithmetic: the answer does not depend on the time base, and jitter is no gap."""

from __future__ import annotations

import statistics

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detectors.cadence import RADIUS, Hole, capped, holes, irregular, places, spreads, usual_intervals

intervals = st.lists(st.integers(1, 400), min_size=2, max_size=80).map(lambda v: np.array(v, np.int64))


def naive_usual(deltas: np.ndarray) -> list[int]:
    """The lower median around each interval without itself, slowly."""
    count, width = len(deltas), min(2 * RADIUS + 1, len(deltas))
    found = []
    for place in range(count):
        first = min(max(place - RADIUS, 0), count - width)
        around = [int(deltas[i]) for i in range(first, first + width) if i != place]
        found.append(int(statistics.median_low(around)))
    return found


@settings(deadline=None)
@given(intervals)
def test_usual_interval_equals_its_naive_twin(deltas: np.ndarray) -> None:
    assert usual_intervals(deltas).tolist() == naive_usual(deltas)


@settings(deadline=None)
@given(intervals, st.integers(1, 10_000))
def test_a_finer_time_base_changes_nothing(deltas: np.ndarray, factor: int) -> None:
    coarse, fine = deltas, deltas * factor
    found = holes(coarse, usual_intervals(coarse))
    scaled = holes(fine, usual_intervals(fine))
    assert [h.position for h in found] == [h.position for h in scaled]
    assert [h.missing for h in found] == [h.missing for h in scaled]
    assert np.array_equal(irregular(coarse, usual_intervals(coarse)), irregular(fine, usual_intervals(fine)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-0.15, 0.15), min_size=12, max_size=120), st.sampled_from([40, 1001, 3003, 90_000]))
def test_pictures_up_to_15_percent_early_or_late_are_no_holes(shake: list[float], nominal: int) -> None:
    pts = np.array([round((i + s) * nominal) for i, s in enumerate(shake)], np.int64)
    deltas = np.diff(pts)
    assert holes(deltas, usual_intervals(deltas)) == ()
    assert spreads(pts) == ()


@settings(deadline=None)
@given(st.integers(20, 60), st.integers(6, 13), st.integers(1, 50), st.sampled_from([33, 40, 1001, 3600]))
def test_every_missing_picture_is_counted(count: int, at: int, missing: int, nominal: int) -> None:
    deltas = np.full(count, nominal, np.int64)
    deltas[at] = nominal * (missing + 1)
    (hole,) = holes(deltas, usual_intervals(deltas))
    assert (hole.position, hole.missing) == (at, missing)


def test_milliseconds_round_thirty_a_second_to_33_and_34() -> None:
    pts = np.array([round(i * 1000 / 30) for i in range(200)], np.int64)
    deltas = np.diff(pts)
    assert set(deltas.tolist()) == {33, 34}
    assert holes(deltas, usual_intervals(deltas)) == ()
    assert not irregular(deltas, usual_intervals(deltas)).any()


def test_a_late_picture_that_the_next_one_makes_up_for_is_no_hole() -> None:
    deltas = np.full(60, 100, np.int64)
    deltas[30:32] = 190, 10
    assert holes(deltas, usual_intervals(deltas)) == ()
    deltas[31] = 100  # the twin: nothing makes up for it
    assert [h.position for h in holes(deltas, usual_intervals(deltas))] == [30]


def spread(kept: int, dropped: int, base: int) -> np.ndarray:
    """Ninety pictures, then `kept` spread over the time of `kept + dropped`, then ninety more."""
    step = base / 25
    head = [i * step for i in range(90)]
    stretched = [head[-1] + step + i * step * (kept + dropped) / kept for i in range(kept)]
    tail = [head[-1] + step + (kept + dropped + i) * step for i in range(90)]
    return np.array([round(t) for t in head + stretched + tail], np.int64)


def test_pictures_dropped_and_the_rest_spread_over_the_hole() -> None:
    for base in (1000, 12_800, 90_000):
        (found,) = spreads(spread(20, 5, base))
        assert (found.first, found.last, found.missing) == (90, 110, 5)


def test_a_rate_that_is_halved_in_the_dark_is_no_spread() -> None:
    assert spreads(spread(20, 20, 12_800)) == ()


def test_a_lowered_rate_is_told_from_lost_packets() -> None:
    lowered = tuple(Hole(i, 80, 40) for i in range(10, 17))
    assert capped(lowered)
    assert not capped(lowered[:3])
    assert not capped((*lowered[:3], Hole(13, 120, 40), *lowered[4:]))


def test_holes_far_apart_are_several_places() -> None:
    found = tuple(Hole(i, 80, 40) for i in (5, 10, 60))
    assert [len(p) for p in places(found)] == [2, 1]

"""Medians, ratios by pair, slopes, and the order of interleaved runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.stats import Spread, interleave, ratios, slope, spread

POSITIVE = st.floats(1e-6, 1e6)


def test_spread_of_odd_and_even_counts() -> None:
    assert spread([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0, 3)
    assert spread([4.0, 1.0, 2.0, 3.0]) == Spread(2.5, 1.0, 4.0, 4)


def test_spread_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        spread([])


def test_ratios_pair_by_pair_not_median_by_median() -> None:
    # by medians the ratio would be 2 / 2; by pairs it is 1.5, 0.5 and 3
    assert ratios([2.0, 4.0, 1.0], [3.0, 2.0, 3.0]) == Spread(1.5, 0.5, 3.0, 3)


@pytest.mark.parametrize(("peer", "own"), [([1.0], [1.0, 2.0]), ([], []), ([0.0], [1.0]), ([-1.0], [1.0])])
def test_ratios_of_what_makes_no_pairs_are_refused(peer: list[float], own: list[float]) -> None:
    with pytest.raises(ValueError, match=r"pairs|no values|not positive"):
        ratios(peer, own)


@given(st.lists(POSITIVE, min_size=1, max_size=9), POSITIVE)
def test_a_common_slowdown_of_a_pair_cancels(peer: list[float], factor: float) -> None:
    got = ratios(peer, [p * factor for p in peer])
    assert got.median == pytest.approx(factor)
    assert got.low <= got.median <= got.high


@given(fixed=st.floats(0, 10), rate=st.floats(0.01, 100), small=st.floats(0.01, 1), more=st.floats(0.1, 10))
def test_slope_finds_the_rate_whatever_a_start_costs(fixed: float, rate: float, small: float, more: float) -> None:
    large = small + more
    assert slope((small, fixed + small / rate), (large, fixed + large / rate)) == pytest.approx(rate, rel=1e-3)


@pytest.mark.parametrize("large", [(2.0, 1.0), (2.0, 0.5), (1.0, 2.0)])
def test_no_slope_where_more_took_no_longer(large: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="no slope"):
        slope((1.0, 1.0), large)


def test_runs_take_turns_after_one_of_each_that_does_not_count() -> None:
    calls: list[str] = []

    def peer() -> int:
        calls.append("a")
        return len(calls)

    def own() -> int:
        calls.append("b")
        return len(calls)

    peers, owns = interleave(3, peer, own)
    assert "".join(calls) == "abababab"
    assert (peers, owns) == ([3, 5, 7], [4, 6, 8])
    with pytest.raises(ValueError, match="at least one"):
        interleave(0, peer, own)

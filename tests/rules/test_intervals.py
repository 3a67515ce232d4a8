"""Interval algebra against a twin that counts whole seconds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.rules.cases.intervals import clip, covered, intersect, longest, meets, seconds, subtract, union, widen

Span = tuple[int, int]
START = datetime(2026, 3, 5, tzinfo=UTC)

spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)
whole = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda s: (min(s), max(s) + 1))


def points(of: Iterable[Span]) -> set[int]:
    """The naive twin: the seconds that lie in any of them."""
    return {second for start, end in of for second in range(start, end)}


def is_tidy(found: tuple[Span, ...]) -> bool:
    """Disjoint, sorted, not touching, none empty."""
    flat = [x for span in found for x in span]
    return flat == sorted(set(flat))


@given(spans)
def test_union(a: list[Span]) -> None:
    found = union(a)
    assert points(found) == points(a)
    assert is_tidy(found)
    assert union(found) == found


@given(spans, spans)
def test_intersection(a: list[Span], b: list[Span]) -> None:
    found = intersect(a, b)
    assert points(found) == points(a) & points(b)
    assert is_tidy(found)
    assert found == intersect(b, a)


@given(spans, spans)
def test_difference(a: list[Span], b: list[Span]) -> None:
    found = subtract(a, b)
    assert points(found) == points(a) - points(b)
    assert is_tidy(found)


@given(spans, whole)
def test_clip(a: list[Span], window: Span) -> None:
    assert points(clip(a, window)) == points(a) & points([window])


@given(spans, whole)
def test_what_is_cut_and_what_is_kept_make_the_whole(a: list[Span], window: Span) -> None:
    kept, lost = clip(a, window), subtract([window], a)
    assert union([*kept, *lost]) == (window,)
    assert not intersect(kept, lost)


@given(st.lists(whole, max_size=6), spans)
def test_covered_from_end_to_end(a: list[Span], by: list[Span]) -> None:
    assert covered(a, by) == tuple(s for s in a if points([s]) <= points(by))


@given(whole, whole)
def test_meets(a: Span, b: Span) -> None:
    assert meets(a, b) == bool(points([a]) & points([b]))


def timed(of: Iterable[Span]) -> list[tuple[datetime, datetime]]:
    return [(START + timedelta(seconds=a), START + timedelta(seconds=b)) for a, b in of]


@given(spans)
def test_lengths_of_times(a: list[Span]) -> None:
    assert seconds(timed(a)) == len(points(a))
    assert longest(timed(a)) == max((e - s for s, e in union(a)), default=0)


def test_widening() -> None:
    (span,) = timed([(10, 20)])
    assert widen(span, 5) == timed([(5, 25)])[0]


def test_nothing() -> None:
    assert union([]) == intersect([], [(1, 2)]) == subtract([(3, 3)], []) == ()
    assert union([(1, 2), (2, 3)]) == ((1, 3),)
    assert seconds([]) == longest([]) == 0.0

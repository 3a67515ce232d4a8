"""Interval algebra on a time axis: half-open intervals [start, end) of anything ordered.

Results are disjoint, sorted and without empty members. Aware datetimes should be in one zone (UTC):
Python subtracts datetimes of the same zone by wall clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeVar

T = TypeVar("T", datetime, int, float)


def union(spans: Iterable[tuple[T, T]]) -> tuple[tuple[T, T], ...]:
    """All points that lie in any of `spans`, which may overlap and come in any order."""
    merged: list[tuple[T, T]] = []
    for start, end in sorted(s for s in spans if s[0] < s[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def intersect(a: Iterable[tuple[T, T]], b: Iterable[tuple[T, T]]) -> tuple[tuple[T, T], ...]:
    """All points that lie in both."""
    left, right = union(a), union(b)
    met: list[tuple[T, T]] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            met.append((start, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(met)


def subtract(a: Iterable[tuple[T, T]], b: Iterable[tuple[T, T]]) -> tuple[tuple[T, T], ...]:
    """All points of `a` that do not lie in `b`."""
    away = union(b)
    left: list[tuple[T, T]] = []
    first = 0
    for start, end in union(a):
        while first < len(away) and away[first][1] <= start:
            first += 1
        at = start
        for cut_start, cut_end in away[first:]:
            if cut_start >= end:
                break
            if at < cut_start:
                left.append((at, cut_start))
            at = max(at, cut_end)
        if at < end:
            left.append((at, end))
    return tuple(left)


def meets(a: tuple[T, T], b: tuple[T, T]) -> bool:
    """Whether two intervals have a point in common."""
    return max(a[0], b[0]) < min(a[1], b[1])


def covered(spans: Iterable[tuple[T, T]], by: Iterable[tuple[T, T]]) -> tuple[tuple[T, T], ...]:
    """Those of `spans`, as they are, that lie in `by` from end to end."""
    cover = union(by)
    starts = [c[0] for c in cover]
    found = list[tuple[T, T]]()
    for span in spans:
        place = bisect_right(starts, span[0]) - 1
        if place >= 0 and span[1] <= cover[place][1]:
            found.append(span)
    return tuple(found)


def clip(spans: Iterable[tuple[T, T]], window: tuple[T, T]) -> tuple[tuple[T, T], ...]:
    """What of `spans` lies in one window."""
    return intersect(spans, (window,))


def seconds(spans: Iterable[tuple[datetime, datetime]]) -> float:
    """Length of all together, each point counted once."""
    return sum(((end - start).total_seconds() for start, end in union(spans)), 0.0)


def longest(spans: Iterable[tuple[datetime, datetime]]) -> float:
    """Length in seconds of the longest stretch; 0 for none."""
    return max(((end - start).total_seconds() for start, end in union(spans)), default=0.0)


def widen(span: tuple[datetime, datetime], by_s: float) -> tuple[datetime, datetime]:
    """One interval, longer by so many seconds at either end."""
    return span[0] - timedelta(seconds=by_s), span[1] + timedelta(seconds=by_s)

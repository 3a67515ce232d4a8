"""Arithmetic on the intervals between pictures: what is usual here, and what is missing.

Everything is counted in whole ticks, so that the answer does not depend on the time base:
multiplying all times by a constant changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

RADIUS: Final = 12
"""Intervals on either side that say what is usual at a place."""

STEADY: Final = 8
"""Usual interval over the spread of intervals: below this the cadence is not constant. Pictures
that come up to 15 % of an interval early or late give 6 to 7."""

_CHUNK: Final = 1 << 16

HOLE: Final = Fraction(8, 5)
"""An interval this many times the usual one lacks a picture. Muxers round by a tick, and
pictures may come up to 15 % of an interval early or late, which stretches an interval to 1.3."""

LONGEST: Final = 1 << 58
"""Ticks: intervals are compared as if they were no longer, so that their multiples stay whole numbers."""

IRREGULAR: Final = Fraction(7, 20)
"""An interval that differs from the usual one by more than this share is irregular."""


@dataclass(frozen=True, slots=True)
class Hole:
    """An interval in which pictures are missing.

    Parameters
    ----------
    position
        The pictures before and after it are `position` and `position + 1`.
    ticks
        Its length.
    usual
        Length of the intervals around it, ticks.
    """

    position: int
    ticks: int
    usual: int

    @property
    def missing(self) -> int:
        """Pictures that would fill it."""
        return max(round(Fraction(self.ticks, self.usual)) - 1, 1)

    @property
    def ratio(self) -> Fraction:
        return Fraction(self.ticks, self.usual)


def usual_intervals(deltas: NDArray[np.int64], radius: int = RADIUS) -> NDArray[np.int64]:
    """Lower median of the intervals around each one, without itself.

    Parameters
    ----------
    deltas
        (N,) ticks, N >= 2.
    radius
        Neighbours on either side; at the ends the window keeps its width and moves inwards.

    Returns
    -------
    ndarray of int64, (N,)
    """
    count = len(deltas)
    width = min(2 * radius + 1, count)
    usual = np.empty(count, np.int64)
    for first in range(0, count, _CHUNK):
        places = np.arange(first, min(first + _CHUNK, count))
        starts = np.clip(places - radius, 0, count - width)
        columns = starts[:, None] + np.arange(width)[None, :]
        window = deltas[columns]
        # the interval itself is pushed to the end of the order and never counted
        window = np.where(columns == places[:, None], np.iinfo(np.int64).max, window)
        middle = (width - 2) // 2
        usual[places] = np.partition(window, middle, axis=1)[:, middle]
    return usual


def irregular(deltas: NDArray[np.int64], usual: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(N,) which intervals differ from the usual one by more than `IRREGULAR`."""
    off = np.minimum(np.abs(deltas - usual), LONGEST) * IRREGULAR.denominator
    return np.asarray(off > np.minimum(usual, LONGEST) * IRREGULAR.numerator, dtype=np.bool_)


def holes(deltas: NDArray[np.int64], usual: NDArray[np.int64], reach: int = 3) -> tuple[Hole, ...]:
    """Intervals that lack a picture, and are not made up for by short ones beside them.

    A late picture followed by an early one fills the same time with the same number of
    pictures: over `reach` intervals on either side nothing is missing, and no hole is given.
    """
    found: list[Hole] = []
    long = np.minimum(deltas, LONGEST) * HOLE.denominator >= np.minimum(usual, LONGEST) * HOLE.numerator
    for place in np.flatnonzero(long & (usual > 0)):
        beside = slice(max(place - reach, 0), place + reach + 1)
        excess = sum(int(ticks) - int(usual[place]) for ticks in deltas[beside])
        if excess * HOLE.denominator >= int(usual[place]) * (HOLE.numerator - HOLE.denominator):
            found.append(Hole(int(place), int(deltas[place]), int(usual[place])))
    return tuple(found)


def places(found: tuple[Hole, ...], apart: int = RADIUS) -> tuple[tuple[Hole, ...], ...]:
    """Holes grouped by place: those at most `apart` intervals from the one before are one event.

    Packets that are lost in a row lie apart once pictures are put in the order of showing.
    """
    groups: list[list[Hole]] = []
    for hole in found:
        if groups and hole.position - groups[-1][-1].position <= apart:
            groups[-1].append(hole)
        else:
            groups.append([hole])
    return tuple(tuple(g) for g in groups)


def capped(place: tuple[Hole, ...], least: int = 6) -> bool:
    """Whether `least` equal holes follow each other: a rate that was lowered, as in the dark."""
    alike = [b.position == a.position + 1 and a.missing == b.missing for a, b in pairwise(place)]
    follows = np.array(alike, np.bool_)
    return any(after - first >= least - 1 for first, after in runs(follows))


@dataclass(frozen=True, slots=True)
class Spread:
    """A run of equal intervals, longer than usual, that hides missing pictures.

    Parameters
    ----------
    first, last
        Positions of the pictures at whose borders the run begins and ends.
    missing
        Pictures that the run lacks at the usual interval: a whole number, within rounding.
    ratio
        Interval in the run divided by the usual one.
    """

    first: int
    last: int
    missing: int
    ratio: float


def spreads(pts: NDArray[np.int64], least_missing: int = 4, least_length: int = 4) -> tuple[Spread, ...]:
    """Runs of evenly stretched intervals in an otherwise constant cadence.

    Parameters
    ----------
    pts
        (N,) ticks, ascending.
    least_missing
        Pictures that must be missing at least.
    least_length
        Intervals that a run has at least.

    Notes
    -----
    Whoever drops pictures and spreads the rest of the group over the hole leaves intervals
    that are equal among themselves and longer than the rest, and whose sum is a whole
    number of usual intervals. A recorder that lowers its rate in the dark doubles its
    intervals (a ratio of two); such runs are left out.
    """
    deltas = np.diff(pts)
    if len(deltas) < 4 * least_length:
        return ()
    median = int(np.median(deltas))
    grain = _grain(deltas)
    if median < STEADY * grain:
        return ()
    stretched = np.abs(deltas - median) > grain
    usual = Fraction(int(deltas[~stretched].sum()), max(int(np.count_nonzero(~stretched)), 1))
    found: list[Spread] = []
    for first, after in runs(stretched):
        spread = _spread(pts, first, after, usual, grain)
        if spread and after - first >= least_length and spread.missing >= least_missing:
            found.append(spread)
    return tuple(found)


def _spread(pts: NDArray[np.int64], first: int, after: int, usual: Fraction, grain: int) -> Spread | None:
    deltas = np.diff(pts[first : after + 1])
    length = int(pts[after] - pts[first])
    # what was rounded to a coarser clock before keeps that clock's steps
    if int(deltas.max() - deltas.min()) > max(Fraction(2 * grain), usual / 12) or usual <= 0:
        return None
    pictures = length / usual
    missing = round(pictures) - (after - first)
    ratio = Fraction(length, after - first) / usual
    whole = abs(pictures - round(pictures)) <= max(Fraction(3 * grain) / usual, Fraction(1, 10))
    capped = abs(ratio - round(ratio)) < Fraction(1, 50)
    return None if not whole or capped else Spread(first, after, missing, float(ratio))


def _grain(deltas: NDArray[np.int64]) -> int:
    """Ticks by which neighbouring intervals differ through rounding alone."""
    steps = np.abs(deltas - int(np.median(deltas)))
    return int(np.percentile(steps, 75)) + 1


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and end (exclusive) of each run of True."""
    padded = np.concatenate(([False], mask, [False]))
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]

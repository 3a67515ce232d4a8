"""Aligning two sequences of leaves of one stream: which are whole, altered, deleted, inserted, moved.

Equal leaves belong together, several equal ones by nearest time. What stays alone on both
sides at one place is one altered leaf; alone on one side it is deleted or inserted. A pair
whose time or order differs is moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.proofs import pairing
from engine.proofs.leaves import HIDDEN
from engine.proofs.pairing import EPSILON, NONE, Equal, nearest_pairs
from engine.proofs.rising import displaced, longest_increasing


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One sequence, in decode order.

    Attributes
    ----------
    keys
        V32, (N,). Content digests: what must be equal.
    times
        float64, (N,). Seconds, also of leaves that are never presented; NaN where unknown.
    order
        int64, (N,). Number in presentation order; `HIDDEN` where it is never presented.
    """

    keys: NDArray[np.void]
    times: NDArray[np.float64]
    order: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """What became of each leaf; rows in decode order, as numbers of `Side`'s columns.

    Attributes
    ----------
    partner
        int64, (N,). For each sealed leaf the presented leaf with equal content, or `NONE`.
    altered, deleted, moved
        Rows of the sealed side that it presents.
    inserted
        Rows of the presented side that it presents.
    concealed
        Rows of the sealed side that it presents and the other side holds, but never presents.
    revealed
        Rows of the sealed side that it never presents and the other side does.
    dropped
        Rows of the sealed side that it never presents and the other side does not hold.
    foreign
        Rows of the presented side that belong to nothing and are never presented.
    """

    partner: NDArray[np.int64]
    altered: NDArray[np.intp]
    deleted: NDArray[np.intp]
    moved: NDArray[np.intp]
    inserted: NDArray[np.intp]
    concealed: NDArray[np.intp]
    revealed: NDArray[np.intp]
    dropped: NDArray[np.intp]
    foreign: NDArray[np.intp]

    @property
    def whole(self) -> bool:
        """Whether everything that was presented still is, at its time, and nothing else."""
        return not any(map(len, (self.altered, self.deleted, self.moved, self.inserted, self.concealed, self.foreign)))


def align(sealed: Side, presented: Side, origin: float, tolerance: float) -> Alignment:
    """Align two sequences.

    Parameters
    ----------
    sealed, presented
        The two sides.
    origin
        Seconds to take from the presented side's times.
    tolerance
        Seconds by which times of one leaf may differ, inclusive.
    """
    partner = match(sealed, presented, origin, tolerance)
    back = np.full(len(presented), NONE, np.int64)
    paired = np.flatnonzero(partner != NONE)
    back[partner[paired]] = paired
    shown, other_shown = sealed.order != HIDDEN, presented.order != HIDDEN
    partner_shown = np.zeros(len(sealed), np.bool_)
    partner_shown[paired] = other_shown[partner[paired]]
    lost = np.flatnonzero((partner == NONE) & shown)
    new = np.flatnonzero((back == NONE) & other_shown)
    altered, replaced = _altered(sealed, presented, partner, lost, new, origin, tolerance)
    both = np.flatnonzero(shown & partner_shown)
    return Alignment(
        partner=partner,
        altered=altered,
        deleted=np.setdiff1d(lost, altered),
        moved=_moved(sealed, presented, both, partner[both], origin, tolerance),
        inserted=np.setdiff1d(new, replaced),
        concealed=np.flatnonzero((partner != NONE) & shown & ~partner_shown),
        revealed=np.flatnonzero((partner != NONE) & ~shown & partner_shown),
        dropped=np.flatnonzero((partner == NONE) & ~shown),
        foreign=np.flatnonzero((back == NONE) & ~other_shown),
    )


def match(sealed: Side, presented: Side, origin: float, tolerance: float) -> NDArray[np.int64]:
    """(N,) for each sealed leaf the row of an equal presented leaf, or `NONE`; none is used twice.

    Of several equal ones those within `tolerance` come first, then the nearest in time.
    """
    return pairing.match(sealed.keys, presented.keys, _places(sealed, 0.0), _places(presented, origin), tolerance)


def _places(side: Side, origin: float) -> NDArray[np.float64]:
    """Where each leaf stands for "nearest": its time, or its number where there are no times."""
    if np.isnan(side.times).all():
        return np.arange(len(side), dtype=np.float64)
    times = side.times - origin
    return np.where(np.isnan(times), np.inf, times)


# ---- what stays alone -------------------------------------------------------------------------


def _altered(
    sealed: Side,
    presented: Side,
    partner: NDArray[np.int64],
    lost: NDArray[np.intp],
    new: NDArray[np.intp],
    origin: float,
    tolerance: float,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of both sides that stand for each other: lost here, new there, at one place."""
    if not len(lost) or not len(new):
        return lost[:0], new[:0]
    anchors = _anchors(sealed, presented, partner)
    reach = max(tolerance, interval(sealed) / 2 - EPSILON)
    places = anchors.gap_of_sealed(sealed.order[lost]), anchors.gap_of_presented(presented.order[new])
    mine, here_gap = _by_gap(lost, places[0], sealed.order[lost])
    theirs, there_gap = _by_gap(new, places[1], presented.order[new])
    here = sealed.times[mine]
    there = presented.times[theirs] - anchors.offset(there_gap, origin)
    altered: list[int] = []
    replaced: list[int] = []
    for a, b in _shared_runs(here_gap, there_gap):
        for i, j in _stand_ins(here[a], there[b], tolerance, reach):
            altered.append(int(mine[a][i]))
            replaced.append(int(theirs[b][j]))
    return np.array(sorted(altered), np.intp), np.array(sorted(replaced), np.intp)


def _by_gap(
    rows: NDArray[np.intp], gaps: NDArray[np.intp], order: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows by gap, then by order; and each one's gap."""
    chosen = np.lexsort((order, gaps))
    return rows[chosen], gaps[chosen]


def _shared_runs(here: NDArray[np.intp], there: NDArray[np.intp]) -> Iterator[tuple[slice, slice]]:
    """Where the numbers that both rising arrays hold begin and end in each."""
    shared = np.intersect1d(here, there)
    edges = [np.searchsorted(side, shared, at).tolist() for side in (here, there) for at in ("left", "right")]
    for a, b, c, d in zip(*edges, strict=True):
        yield slice(a, b), slice(c, d)


def _stand_ins(
    here: NDArray[np.float64], there: NDArray[np.float64], tolerance: float, reach: float
) -> list[tuple[int, int]]:
    """Pairs of one gap that are the same place."""
    if np.isnan(here).any() or np.isnan(there).any():
        return [(k, k) for k in range(len(here))] if len(here) == len(there) else []
    near = [(0, 0)] if len(here) == len(there) == 1 else nearest_pairs(here, there, tolerance)
    return [(a, b) for a, b in near if abs(here[a] - there[b]) <= reach + EPSILON]


@dataclass(frozen=True, slots=True, eq=False)
class _Anchors:
    """Pairs that stand in the same order on both sides: they cut both sides into gaps."""

    sealed: NDArray[np.int64]
    presented: NDArray[np.int64]
    offsets: NDArray[np.float64]

    def gap_of_sealed(self, order: NDArray[np.int64]) -> NDArray[np.intp]:
        return np.searchsorted(self.sealed, order)

    def gap_of_presented(self, order: NDArray[np.int64]) -> NDArray[np.intp]:
        return np.searchsorted(self.presented, order)

    def offset(self, gaps: NDArray[np.intp], origin: float) -> NDArray[np.float64]:
        """Seconds by which the presented side runs late in each gap: as at the anchor before it."""
        if not len(self.offsets):
            return np.full(len(gaps), origin)
        found = self.offsets[np.maximum(gaps - 1, 0)]
        return np.where(np.isnan(found), origin, found)


def _anchors(sealed: Side, presented: Side, partner: NDArray[np.int64]) -> _Anchors:
    rows = np.flatnonzero((partner != NONE) & (sealed.order != HIDDEN))
    rows = rows[presented.order[partner[rows]] != HIDDEN]
    rows = rows[np.argsort(sealed.order[rows])]
    kept = rows[longest_increasing(presented.order[partner[rows]])]
    return _Anchors(
        sealed.order[kept], presented.order[partner[kept]], presented.times[partner[kept]] - sealed.times[kept]
    )


def interval(side: Side) -> float:
    """Median seconds from one presented leaf to the next; 0 where that cannot be told."""
    times = np.sort(side.times[(side.order != HIDDEN) & ~np.isnan(side.times)])
    return float(np.median(np.diff(times))) if len(times) > 1 else 0.0


# ---- moved ------------------------------------------------------------------------------------


def _moved(
    sealed: Side,
    presented: Side,
    rows: NDArray[np.intp],
    partners: NDArray[np.int64],
    origin: float,
    tolerance: float,
) -> NDArray[np.intp]:
    """Rows whose time differs; then, of the rest, those whose place in the order does."""
    apart = np.abs(presented.times[partners] - origin - sealed.times[rows])
    late = apart > tolerance + EPSILON
    steady, steady_partners = rows[~late], partners[~late]
    by_order = np.argsort(sealed.order[steady])
    out = steady[by_order][displaced(presented.order[steady_partners[by_order]])]
    decoded = steady[displaced(steady_partners)]
    return np.unique(np.concatenate([rows[late], out, decoded]))


# ---- one origin -------------------------------------------------------------------------------


def find_origin(sealed: Side, presented: Side, tolerance: float) -> float:
    """Seconds by which the presented side's timeline is later.

    The first presented pictures say it where they are the same one; where one of them is
    missing or new, or stands alone against all others, it is the offset that most leaves share.
    """
    first, other = _first(sealed), _first(presented)
    if first is None or other is None:
        return 0.0
    by_first = float(presented.times[other] - sealed.times[first])
    same = sealed.keys[first] == presented.keys[other]
    offsets = _certain_offsets(sealed, presented)
    if not len(offsets):
        return by_first
    window = np.searchsorted(offsets, offsets + tolerance + EPSILON, side="right") - np.arange(len(offsets))
    best = int(np.argmax(window))
    shared = float(np.median(offsets[best : best + int(window[best])]))
    support = int((np.abs(offsets - by_first) <= tolerance + EPSILON).sum())
    alone = support <= 1 and int(window[best]) > len(offsets) / 2
    return by_first if same and not alone else shared


def _first(side: Side) -> int | None:
    rows = np.flatnonzero((side.order != HIDDEN) & ~np.isnan(side.times))
    return int(rows[np.argmin(side.order[rows])]) if len(rows) else None


def _certain_offsets(sealed: Side, presented: Side) -> NDArray[np.float64]:
    """Sorted offsets of leaves that exist once on each side, and are presented."""
    equal = Equal.of(sealed.keys, presented.keys)
    rows, others = equal.single, equal.single_partner
    shown = (sealed.order[rows] != HIDDEN) & (presented.order[others] != HIDDEN)
    offsets = presented.times[others[shown]] - sealed.times[rows[shown]]
    return np.sort(offsets[~np.isnan(offsets)])

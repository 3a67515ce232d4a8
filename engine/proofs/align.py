"""Aligning two sequences of leaves of one stream: which are whole, altered, deleted, inserted, moved.

Equal leaves belong together, several equal ones by nearest time. What stays alone on both
sides at one place is one altered leaf; alone on one side it is deleted or inserted. A pair
whose time or order differs is moved.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.proofs.hashing import DIGEST_SIZE
from engine.proofs.leaves import HIDDEN

NONE: Final = -1
"""Stands for "no partner"."""

_ALL_PAIRS: Final = 250_000
"""Pairs of equal leaves that are compared one by one; larger groups are paired in order."""

_EPSILON: Final = 1e-9


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


# ---- equal leaves -----------------------------------------------------------------------------


def match(sealed: Side, presented: Side, origin: float, tolerance: float) -> NDArray[np.int64]:
    """(N,) for each sealed leaf the row of an equal presented leaf, or `NONE`; none is used twice.

    Of several equal ones those within `tolerance` come first, then the nearest in time.
    """
    partner = np.full(len(sealed), NONE, np.int64)
    equal = _Equal.of(sealed, presented)
    partner[equal.single] = equal.single_partner
    here, there = _places(sealed, 0.0), _places(presented, origin)
    for rows, others in equal.groups:
        for a, b in nearest_pairs(here[rows], there[others], tolerance):
            partner[rows[a]] = others[b]
    return partner


@dataclass(frozen=True, slots=True, eq=False)
class _Equal:
    """Rows of both sides with equal content.

    Attributes
    ----------
    single, single_partner
        Rows whose content is there once on each side.
    groups
        Rows of both sides of each content that is there on both, and more than once on one.
    """

    single: NDArray[np.intp]
    single_partner: NDArray[np.intp]
    groups: list[tuple[NDArray[np.intp], NDArray[np.intp]]]

    @classmethod
    def of(cls, sealed: Side, presented: Side) -> _Equal:
        count = len(sealed)
        keys = np.concatenate([sealed.keys, presented.keys]).view(f"S{DIGEST_SIZE}")
        _, number = np.unique(keys, return_inverse=True)
        mine, theirs = number[:count], number[count:]
        many = int(number.max(initial=-1)) + 1
        here, there = np.bincount(mine, minlength=many), np.bincount(theirs, minlength=many)
        once = (here == 1) & (there == 1)
        single = np.flatnonzero(once[mine])
        where = np.zeros(many, np.intp)
        where[theirs] = np.arange(len(theirs))
        several = (here > 0) & (there > 0) & ~once
        groups = list(zip(_rows_by_number(mine, several), _rows_by_number(theirs, several), strict=True))
        return cls(single, where[mine[single]], groups)


def _rows_by_number(number: NDArray[np.intp], wanted: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Rows of each wanted number, rising, by number."""
    rows = np.flatnonzero(wanted[number])
    if not len(rows):
        return []
    rows = rows[np.argsort(number[rows], kind="stable")]
    return np.split(rows, np.flatnonzero(np.diff(number[rows])) + 1)


def _places(side: Side, origin: float) -> NDArray[np.float64]:
    """Where each leaf stands for "nearest": its time, or its number where there are no times."""
    if np.isnan(side.times).all():
        return np.arange(len(side), dtype=np.float64)
    times = side.times - origin
    return np.where(np.isnan(times), np.inf, times)


def nearest_pairs(here: NDArray[np.float64], there: NDArray[np.float64], tolerance: float) -> list[tuple[int, int]]:
    """Pairs of places, each used once: first those within `tolerance`, in order; then the nearest.

    Parameters
    ----------
    here, there
        Places; inf where unknown.
    tolerance
        Places that differ by no more are the same.
    """
    pairs = _same_places(here, there, tolerance)
    used_here, used_there = {a for a, _ in pairs}, {b for _, b in pairs}
    left = [a for a in np.argsort(here, kind="stable").tolist() if a not in used_here]
    right = [b for b in np.argsort(there, kind="stable").tolist() if b not in used_there]
    if len(left) * len(right) > _ALL_PAIRS:
        return pairs + list(zip(left, right, strict=False))
    distances = sorted((_distance(here[a], there[b]), i, j) for i, a in enumerate(left) for j, b in enumerate(right))
    done_left: set[int] = set()
    done_right: set[int] = set()
    for _, i, j in distances:
        if i not in done_left and j not in done_right:
            done_left.add(i)
            done_right.add(j)
            pairs.append((left[i], right[j]))
    return pairs


def _distance(a: float, b: float) -> float:
    return abs(a - b) if a != b else 0.0  # two unknown places are equal, not "not a number" apart


def _same_places(here: NDArray[np.float64], there: NDArray[np.float64], tolerance: float) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    left, right = np.argsort(here, kind="stable"), np.argsort(there, kind="stable")
    i = j = 0
    while i < len(left) and j < len(right):
        a, b = here[left[i]], there[right[j]]
        if abs(_distance(a, b)) <= tolerance + _EPSILON:
            pairs.append((int(left[i]), int(right[j])))
            i, j = i + 1, j + 1
        elif a < b:
            i += 1
        else:
            j += 1
    return pairs


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
    reach = max(tolerance, interval(sealed) / 2 - _EPSILON)
    places = anchors.gap_of_sealed(sealed.order[lost]), anchors.gap_of_presented(presented.order[new])
    offsets = anchors.offset(places[1], origin)
    altered: list[int] = []
    replaced: list[int] = []
    for gap in np.intersect1d(*places):
        mine, theirs = lost[places[0] == gap], new[places[1] == gap]
        mine = mine[np.argsort(sealed.order[mine])]
        theirs = theirs[np.argsort(presented.order[theirs])]
        here, there = sealed.times[mine], presented.times[theirs] - offsets[places[1] == gap][0]
        if np.isnan(here).any() or np.isnan(there).any():
            pairs = [(k, k) for k in range(len(mine))] if len(mine) == len(theirs) else []
        else:
            near = nearest_pairs(here, there, tolerance)
            pairs = [(a, b) for a, b in near if abs(here[a] - there[b]) <= reach + _EPSILON]
        altered += [int(mine[a]) for a, _ in pairs]
        replaced += [int(theirs[b]) for _, b in pairs]
    return np.array(sorted(altered), np.intp), np.array(sorted(replaced), np.intp)


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
    late = apart > tolerance + _EPSILON
    steady, steady_partners = rows[~late], partners[~late]
    by_order = np.argsort(sealed.order[steady])
    out = steady[by_order][displaced(presented.order[steady_partners[by_order]])]
    decoded = steady[displaced(steady_partners)]
    return np.unique(np.concatenate([rows[late], out, decoded]))


def displaced(sequence: NDArray[np.int64]) -> NDArray[np.intp]:
    """Places of a sequence of different numbers that are out of order; empty if it rises.

    A swap names both, wherever they lie; a number that was taken out and put elsewhere names
    itself, not all that it passed.
    """
    if len(sequence) < 2 or (np.diff(sequence) > 0).all():
        return np.zeros(0, np.intp)
    kept = longest_increasing(sequence)
    outside = np.setdiff1d(np.arange(len(sequence)), kept)
    ranks = np.empty(len(sequence), np.int64)
    ranks[np.argsort(sequence)] = np.arange(len(sequence))
    shifted = np.flatnonzero(ranks != np.arange(len(sequence)))
    return np.asarray(shifted if len(shifted) <= 2 * len(outside) else outside, np.intp)


def longest_increasing(sequence: NDArray[np.int64]) -> NDArray[np.intp]:
    """Places of a longest rising subsequence, by patience sorting."""
    if len(sequence) < 2 or (np.diff(sequence) > 0).all():
        return np.arange(len(sequence))
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, value in enumerate(sequence.tolist()):
        at = bisect_left(tails, value)
        before.append(ends[at - 1] if at else NONE)
        if at == len(tails):
            tails.append(value)
            ends.append(number)
        else:
            tails[at], ends[at] = value, number
    chain: list[int] = []
    at = ends[-1]
    while at != NONE:
        chain.append(at)
        at = before[at]
    return np.array(chain[::-1], np.intp)


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
    window = np.searchsorted(offsets, offsets + tolerance + _EPSILON, side="right") - np.arange(len(offsets))
    best = int(np.argmax(window))
    shared = float(np.median(offsets[best : best + int(window[best])]))
    support = int((np.abs(offsets - by_first) <= tolerance + _EPSILON).sum())
    alone = support <= 1 and int(window[best]) > len(offsets) / 2
    return by_first if same and not alone else shared


def _first(side: Side) -> int | None:
    rows = np.flatnonzero((side.order != HIDDEN) & ~np.isnan(side.times))
    return int(rows[np.argmin(side.order[rows])]) if len(rows) else None


def _certain_offsets(sealed: Side, presented: Side) -> NDArray[np.float64]:
    """Sorted offsets of leaves that exist once on each side, and are presented."""
    equal = _Equal.of(sealed, presented)
    rows, others = equal.single, equal.single_partner
    shown = (sealed.order[rows] != HIDDEN) & (presented.order[others] != HIDDEN)
    offsets = presented.times[others[shown]] - sealed.times[rows[shown]]
    return np.sort(offsets[~np.isnan(offsets)])

"""Which leaves of two sequences belong together: equal content, and of several equal ones the nearest in time."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.proofs.hashing import DIGEST_SIZE

NONE: Final = -1
"""Stands for "no partner"."""

EPSILON: Final = 1e-9

_BLOCK: Final = 1 << 18


def match(
    sealed: NDArray[np.void],
    presented: NDArray[np.void],
    here: NDArray[np.float64],
    there: NDArray[np.float64],
    tolerance: float,
) -> NDArray[np.int64]:
    """(N,) for each sealed leaf the row of an equal presented leaf, or `NONE`; none is used twice.

    Of several equal ones those within `tolerance` come first, then the nearest in time.

    Parameters
    ----------
    sealed, presented
        V32, (N,) and (M,). Content digests.
    here, there
        (N,) and (M,). Where each leaf stands; inf where that is unknown.
    tolerance
        Places that differ by no more are the same.
    """
    equal = Equal.of(sealed, presented)
    partner = np.full(len(sealed), NONE, np.int64)
    partner[equal.single] = equal.single_partner
    left, right = equal.several(here, there)
    for a, b in _groups(left, right, partner, here, there, tolerance):
        for i, j in nearest_pairs(here[a], there[b], tolerance):
            partner[a[i]] = b[j]
    return partner


@dataclass(frozen=True, slots=True, eq=False)
class Equal:
    """Rows of both sides with equal content.

    Attributes
    ----------
    mine, theirs
        (N,) and (M,). A number for each content; equal contents have equal numbers.
    single, single_partner
        Rows whose content is there once on each side.
    repeated
        For each number, whether its content is on both sides, and more than once on one.
    """

    mine: NDArray[np.intp]
    theirs: NDArray[np.intp]
    single: NDArray[np.intp]
    single_partner: NDArray[np.intp]
    repeated: NDArray[np.bool_]

    @classmethod
    def of(cls, sealed: NDArray[np.void], presented: NDArray[np.void]) -> Equal:
        number = numbered(sealed, presented)
        mine, theirs = number[: len(sealed)], number[len(sealed) :]
        many = int(number.max(initial=-1)) + 1
        here, there = np.bincount(mine, minlength=many), np.bincount(theirs, minlength=many)
        once = (here == 1) & (there == 1)
        single = np.flatnonzero(once[mine])
        where = np.zeros(many, np.intp)
        where[theirs] = np.arange(len(theirs))
        return cls(mine, theirs, single, where[mine[single]], (here > 0) & (there > 0) & ~once)

    def several(
        self, here: NDArray[np.float64], there: NDArray[np.float64]
    ) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Rows of repeated contents by number, then by place; and each one's number; for both sides."""
        return _ordered(self.mine, self.repeated, here), _ordered(self.theirs, self.repeated, there)


def numbered(*parts: NDArray[np.void]) -> NDArray[np.intp]:
    """(N,) numbers of all parts' digests, that are equal exactly where digests are.

    Sorted are the first 8 bytes, which is all that differing digests ever need, unless somebody
    went to the length of making two that begin alike: then all 32 are.
    """
    words = [np.ascontiguousarray(p).view(np.uint64).reshape(-1, DIGEST_SIZE // 8) for p in parts]
    _, first, number = np.unique(np.concatenate([w[:, 0] for w in words]), return_index=True, return_inverse=True)
    start = 0
    for mine in words:
        if not _alike(mine, number[start : start + len(mine)], first, words):
            _, number = np.unique(np.concatenate(parts).view(f"S{DIGEST_SIZE}"), return_inverse=True)
            break
        start += len(mine)
    return np.asarray(number, np.intp)


def _alike(
    mine: NDArray[np.uint64], number: NDArray[np.intp], first: NDArray[np.intp], words: list[NDArray[np.uint64]]
) -> bool:
    """Whether digests with one number are those of the first that has it, in all their bytes."""
    for start in range(0, len(mine), _BLOCK):
        part = mine[start : start + _BLOCK]
        source = first[number[start : start + _BLOCK]]
        offset = 0
        for side in words:
            here = (source >= offset) & (source < offset + len(side))
            if not np.array_equal(side[source[here] - offset, 1:], part[here, 1:]):
                return False
            offset += len(side)
    return True


def _ordered(
    number: NDArray[np.intp], wanted: NDArray[np.bool_], place: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    rows = np.flatnonzero(wanted[number]) if len(number) else np.zeros(0, np.intp)
    rows = rows[np.lexsort((place[rows], number[rows]))]
    return rows, number[rows]


def _groups(
    left: tuple[NDArray[np.intp], NDArray[np.intp]],
    right: tuple[NDArray[np.intp], NDArray[np.intp]],
    partner: NDArray[np.int64],
    here: NDArray[np.float64],
    there: NDArray[np.float64],
    tolerance: float,
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows of each repeated content; those are paired at once that stand at the same places throughout."""
    (rows, number), (others, other_number) = left, right
    if not len(rows):
        return []
    starts, ends = _edges(number)
    other_starts, other_ends = _edges(other_number)
    alike = ends - starts == other_ends - other_starts
    flat, other_flat = np.repeat(alike, ends - starts), np.repeat(alike, other_ends - other_starts)
    a, b = rows[flat], others[other_flat]
    apart = np.zeros(len(rows), np.int64)
    apart[flat] = ~(_apart(here[a], there[b]) <= tolerance + EPSILON)
    alike &= np.add.reduceat(apart, starts) == 0
    flat, other_flat = np.repeat(alike, ends - starts), np.repeat(alike, other_ends - other_starts)
    partner[rows[flat]] = others[other_flat]
    return [
        (rows[starts[g] : ends[g]], others[other_starts[g] : other_ends[g]]) for g in np.flatnonzero(~alike).tolist()
    ]


def _edges(number: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each run of one number begins and ends."""
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    return starts, np.append(starts[1:], len(number))


def _apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two unknown places are equal, not "not a number" apart."""
    with np.errstate(invalid="ignore"):
        return np.where(a == b, 0.0, np.abs(a - b))


# ---- one content ------------------------------------------------------------------------------


def nearest_pairs(here: NDArray[np.float64], there: NDArray[np.float64], tolerance: float) -> list[tuple[int, int]]:
    """Pairs of places, each used once: first those within `tolerance`, in order; then the nearest.

    Parameters
    ----------
    here, there
        Places; inf where unknown.
    tolerance
        Places that differ by no more are the same.
    """
    left, right = np.argsort(here, kind="stable").tolist(), np.argsort(there, kind="stable").tolist()
    mine, theirs = here[left].tolist(), there[right].tolist()
    pairs, alone, others = _same_places(mine, theirs, tolerance + EPSILON)
    pairs += _closest([(mine[n], n) for n in alone], [(theirs[n], n) for n in others])
    return [(left[a], right[b]) for a, b in pairs]


def _same_places(
    mine: list[float], theirs: list[float], tolerance: float
) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Pairs of rising places within the tolerance, in order; and what is left on both sides."""
    pairs: list[tuple[int, int]] = []
    alone: list[int] = []
    others: list[int] = []
    i = j = 0
    while i < len(mine) and j < len(theirs):
        a, b = mine[i], theirs[j]
        if a == b or abs(a - b) <= tolerance:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif a < b:
            alone.append(i)
            i += 1
        else:
            others.append(j)
            j += 1
    return pairs, [*alone, *range(i, len(mine))], [*others, *range(j, len(theirs))]


def _closest(left: list[tuple[float, int]], right: list[tuple[float, int]]) -> list[tuple[int, int]]:
    """The closest pair, again and again, until one side is used up.

    On one line of all places the closest two of different sides are always neighbours; what a pair
    leaves behind become neighbours in turn. So a heap of neighbours is enough: n log n.
    """
    line = sorted([(place, 0, n) for place, n in left] + [(place, 1, n) for place, n in right])
    if not left or not right:
        return []
    before, after = list(range(-1, len(line) - 1)), list(range(1, len(line) + 1))
    used = [False] * len(line)
    heap = [entry for n in range(len(line) - 1) if (entry := _neighbours(line, n, n + 1)) is not None]
    heapq.heapify(heap)
    pairs: list[tuple[int, int]] = []
    while heap:
        _, a, b = heapq.heappop(heap)
        if used[a] or used[b]:
            continue
        used[a] = used[b] = True
        one, two = (a, b) if line[a][1] == 0 else (b, a)
        pairs.append((line[one][2], line[two][2]))
        low, high = before[a], after[b]
        if low >= 0:
            after[low] = high
        if high < len(line):
            before[high] = low
        if low >= 0 and high < len(line) and (entry := _neighbours(line, low, high)) is not None:
            heapq.heappush(heap, entry)
    return pairs


def _neighbours(line: list[tuple[float, int, int]], a: int, b: int) -> tuple[float, int, int] | None:
    """Distance and places on the line, where the two are of different sides."""
    return (line[b][0] - line[a][0], a, b) if line[a][1] != line[b][1] else None

"""What is out of order in a sequence of different numbers."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray


def displaced(sequence: NDArray[np.int64]) -> NDArray[np.intp]:
    """Places of a sequence of different numbers that are out of order; empty if it rises.

    A swap names both, wherever they lie; a number that was taken out and put elsewhere names
    itself, not all that it passed.
    """
    if len(sequence) < 2 or (np.diff(sequence) > 0).all():
        return np.zeros(0, np.intp)
    kept = np.zeros(len(sequence), np.bool_)
    kept[longest_increasing(sequence)] = True
    outside = np.flatnonzero(~kept)
    shifted = np.flatnonzero(_ranks(sequence) != np.arange(len(sequence)))
    return np.asarray(shifted if len(shifted) <= 2 * len(outside) else outside, np.intp)


def longest_increasing(sequence: NDArray[np.int64]) -> NDArray[np.intp]:
    """Places of a longest rising subsequence of different numbers.

    Stretches whose numbers follow each other without a gap (in rank) are taken or left as a
    whole, so patience sorting runs over these, each with its length for weight: time grows with
    the number of breaks, not of places.
    """
    if len(sequence) < 2 or (np.diff(sequence) > 0).all():
        return np.arange(len(sequence))
    ranks = _ranks(sequence)
    starts = np.flatnonzero(np.diff(ranks, prepend=-2) != 1)
    lengths = np.diff(starts, append=len(ranks))
    chain = _heaviest(ranks[starts].tolist(), lengths.tolist())
    taken = np.zeros(len(starts), np.bool_)
    taken[chain] = True
    return np.flatnonzero(np.repeat(taken, lengths))


def _ranks(sequence: NDArray[np.int64]) -> NDArray[np.int64]:
    ranks = np.empty(len(sequence), np.int64)
    ranks[np.argsort(sequence)] = np.arange(len(sequence))
    return ranks


def _heaviest(keys: list[int], weights: list[int]) -> list[int]:
    """Places of a rising subsequence of `keys` with the largest sum of weights.

    Kept is the front of chains that no other beats: one that ends lower weighs less.
    """
    tails: list[int] = []
    totals: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (key, weight) in enumerate(zip(keys, weights, strict=True)):
        at = bisect_left(tails, key)
        total = weight + (totals[at - 1] if at else 0)
        before.append(ends[at - 1] if at else -1)
        stop = at
        while stop < len(totals) and totals[stop] <= total:
            stop += 1
        tails[at:stop], totals[at:stop], ends[at:stop] = (key,), (total,), (number,)
    chain: list[int] = []
    place = ends[-1]
    while place >= 0:
        chain.append(place)
        place = before[place]
    return chain[::-1]

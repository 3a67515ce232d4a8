"""Hot loops of the picture detectors, over the wide columns of the frame table.

Everything is read by window, row after row, so that memory-mapped columns of any length serve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """How block means change from picture to picture, each (N,) float32, grey levels.

    Attributes
    ----------
    mean, top
        Mean, and mean of the top tenth of blocks, of the absolute change k-1 -> k.
    lasting, lasting_top
        The same of the *lasting* change: in each block the smallest of k-1 -> k, k-2 -> k and
        k-1 -> k+1. One odd picture, or a step that is taken back, leaves nothing in it.

    Notes
    -----
    Gain and offset of the whole picture are taken out of each change (least squares), so that
    an exposure step leaves little behind. 0 where a picture that is needed does not exist.
    """

    mean: NDArray[np.float32]
    top: NDArray[np.float32]
    lasting: NDArray[np.float32]
    lasting_top: NDArray[np.float32]


def changes(means: NDArray[np.uint16]) -> Changes:
    """Changes of block means along a recording.

    Parameters
    ----------
    means
        (N, rows, columns) uint16, block means in 1/256 grey level.
    """
    out = np.zeros((4, len(means)), np.float32)
    if len(means) > 1:
        _changes(means, out)
    return Changes(out[0], out[1], out[2], out[3])


def explained(after: NDArray[np.uint16], before: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Change of block means `before` -> `after` without gain and offset, flat, grey levels (signed)."""
    out = np.zeros(after.size, np.float32)
    _unexplained(np.ascontiguousarray(after).ravel(), np.ascontiguousarray(before).ravel(), out)
    return out


@njit(cache=True, nogil=True)
def _unexplained(after, before, out):  # type: ignore[no-untyped-def]
    """Signed residual of `after` regressed on `before`, grey levels; mean of its absolute value."""
    n = after.size
    sa, sb = np.int64(0), np.int64(0)
    for i in range(n):
        sa += after[i]
        sb += before[i]
    ma, mb = np.float32(sa / n), np.float32(sb / n)
    ab, bb = np.float64(0), np.float64(0)
    for i in range(n):
        b = np.float32(before[i]) - mb
        ab += (np.float32(after[i]) - ma) * b
        bb += b * b
    gain = np.float32(min(max(ab / (bb + 1.0), 0.5), 2.0))
    total = np.float32(0)
    for i in range(n):
        r = ((np.float32(after[i]) - ma) - gain * (np.float32(before[i]) - mb)) * np.float32(1 / 256)
        out[i] = r
        total += abs(r)
    return total / n


@njit(cache=True, nogil=True)
def _top_tenth(values):  # type: ignore[no-untyped-def]
    """Mean of the largest tenth of non-negative values, counted in steps of 1/64 grey level."""
    wanted = (values.size + 9) // 10
    counts = np.zeros(4096, np.int32)
    for v in values:
        counts[min(int(v * 64), 4095)] += 1
    bin_, left = 4095, wanted
    while counts[bin_] < left:
        left -= counts[bin_]
        bin_ -= 1
    total = np.float64(0)
    for v in values:
        if min(int(v * 64), 4095) > bin_:
            total += v
    return (total + left * (bin_ + 0.5) / 64) / wanted


@njit(cache=True, nogil=True)
def _changes(means, out):  # type: ignore[no-untyped-def]
    n, blocks = means.shape[0], means.shape[1] * means.shape[2]
    near = np.zeros((2, blocks), np.float32)  # |k-1 -> k| of this and the picture before
    far = np.zeros((2, blocks), np.float32)  # |k-2 -> k| likewise
    low = np.zeros(blocks, np.float32)
    for k in range(1, n):
        now, old = k & 1, (k + 1) & 1
        row = means[k].ravel()
        out[0, k] = _unexplained(row, means[k - 1].ravel(), near[now])
        for i in range(blocks):
            near[now, i] = abs(near[now, i])
        out[1, k] = _top_tenth(near[now])
        if k < 2:
            continue
        _unexplained(row, means[k - 2].ravel(), far[now])
        for i in range(blocks):
            far[now, i] = abs(far[now, i])
        if k < 3:
            continue
        total = np.float32(0)
        for i in range(blocks):  # the lasting change at k-1
            low[i] = min(near[old, i], min(far[old, i], far[now, i]))
            total += low[i]
        out[2, k - 1] = total / blocks
        out[3, k - 1] = _top_tenth(low)


def projections(means: NDArray[np.uint16], matrix: NDArray[np.float32], rows: int = 4096) -> NDArray[np.float32]:
    """Random projections of the mean-free temporal differences of block means.

    Parameters
    ----------
    means
        (N, rows, columns) uint16, 1/256 grey level.
    matrix
        (blocks, D) float32.
    rows
        Pictures at once; bounds the memory.

    Returns
    -------
    ndarray
        (N, D) float32; row 0 is zero.
    """
    n, blocks = len(means), int(np.prod(means.shape[1:]))
    out = np.zeros((n, matrix.shape[1]), np.float32)
    centred = matrix - matrix.mean(axis=0, keepdims=True)
    for first in range(1, n, rows):
        last = min(first + rows, n)
        window = np.asarray(means[first - 1 : last], np.float32).reshape(-1, blocks)
        projected = window @ centred
        out[first:last] = projected[1:] - projected[:-1]
    return out


@njit(cache=True, nogil=True)
def collisions(order, keys, reach, least, out_lag, out_at):  # type: ignore[no-untyped-def]
    """Pairs of pictures with equal keys, from the keys' sorted order.

    Parameters
    ----------
    order, keys
        (N,) positions sorted by key and then by place, and their keys.
    reach
        How many followers of equal key each is paired with.
    least
        Smallest lag, pictures.
    out_lag, out_at
        (N * reach,) filled with lag and first place.

    Returns
    -------
    int
        Number of pairs.
    """
    found = 0
    n = order.size
    for i in range(n):
        taken = 0
        j = i + 1
        while j < n and keys[j] == keys[i] and taken < reach:
            lag = order[j] - order[i]
            if lag >= least:
                out_lag[found] = lag
                out_at[found] = order[i]
                found += 1
                taken += 1
            j += 1
    return found

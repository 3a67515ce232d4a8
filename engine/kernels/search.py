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
    unlike, lasting_unlike
        1 - correlation of block means k-1 -> k, and the smallest of the three, 0..2.

    Notes
    -----
    Gain and offset of the whole picture are taken out of each change (least squares), so that
    an exposure step leaves little behind. 0 where a picture that is needed does not exist.
    """

    mean: NDArray[np.float32]
    top: NDArray[np.float32]
    lasting: NDArray[np.float32]
    lasting_top: NDArray[np.float32]
    unlike: NDArray[np.float32]
    lasting_unlike: NDArray[np.float32]


def changes(means: NDArray[np.uint16]) -> Changes:
    """Changes of block means along a recording.

    Parameters
    ----------
    means
        (N, rows, columns) uint16, block means in 1/256 grey level.
    """
    out = np.zeros((6, len(means)), np.float32)
    if len(means) > 1:
        _changes(means, out)
    return Changes(*out)


def simulated(means: NDArray[np.uint16], hidden: int, every: int, reach: int) -> NDArray[np.float32]:
    """The lasting change that a deletion would leave, if `hidden` pictures were missing after a place.

    Parameters
    ----------
    means
        (N, rows, columns) uint16, block means in 1/256 grey level.
    hidden, every
        Pictures taken out, and the distance of the places at which it is tried.
    reach
        Pictures left alone at either end.

    Returns
    -------
    ndarray
        (N,) float32, grey levels: mean of the top tenth of blocks for the places k at which
        pictures k .. k + hidden - 1 were taken out; 0 elsewhere.
    """
    out = np.zeros(len(means), np.float32)
    _simulated(means, hidden, every, max(reach, 2), out)
    return out


@njit(cache=True, nogil=True)
def _unexplained(after, before, out):  # type: ignore[no-untyped-def]
    """|`after` regressed on `before`| of each block, 1/256 grey level; its sum, and 1 - correlation.

    Whole numbers throughout (the gain in 1/4096), so that the order of additions is free.
    """
    n = after.size
    sa, sb, aa, ab, bb = np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for i in range(np.uint64(n)):  # an unsigned index needs no check for counting from the end
        a, b = np.int64(after[i]), np.int64(before[i])
        sa += a
        sb += b
        aa += a * a
        ab += a * b
        bb += b * b
    own = np.float64(aa) - np.float64(sa) * np.float64(sa) / n
    spread = np.float64(bb) - np.float64(sb) * np.float64(sb) / n
    common = np.float64(ab) - np.float64(sa) * np.float64(sb) / n
    gain = np.int32(min(max(common / (spread + 1.0), 0.5), 2.0) * 4096)
    offset = np.int32((4096 * sa - np.int64(gain) * sb) // n)
    total = np.int32(0)
    for i in range(np.uint64(n)):
        r = abs((np.int32(after[i]) << 12) - gain * np.int32(before[i]) - offset) >> 12
        out[i] = min(r, 65535)
        total += np.int32(out[i])
    return total, 1.0 - common / np.sqrt(own * spread + 65536.0 * n)


@njit(cache=True, nogil=True)
def _top_tenth(values):  # type: ignore[no-untyped-def]
    """Mean of the largest tenth, 1/256 grey level, counted in steps of 1/16 grey level."""
    wanted = (values.size + 9) // 10
    largest = np.uint16(0)
    for i in range(np.uint64(values.size)):
        largest = max(largest, values[i])
    bin_, left = np.int64(largest >> 4), wanted
    counts = np.zeros(bin_ + 1, np.int32)  # no bin above the largest value is ever looked at
    for v in values:
        counts[v >> 4] += 1
    while counts[bin_] < left:
        left -= counts[bin_]
        bin_ -= 1
    total = np.int64(left) * ((bin_ << 4) + 8)
    for v in values:
        total += np.int64(v) * ((v >> 4) > bin_)
    return total / wanted


@njit(cache=True, nogil=True)
def _changes(means, out):  # type: ignore[no-untyped-def]
    n, blocks = means.shape[0], means.shape[1] * means.shape[2]
    scale = 1.0 / (256.0 * blocks)
    near = np.zeros((2, blocks), np.uint16)  # |k-1 -> k| of this and the picture before
    far = np.zeros((2, blocks), np.uint16)  # |k-2 -> k| likewise
    low = np.zeros(blocks, np.uint16)
    last_over = 0.0  # 1 - correlation of k-2 -> k at the picture before
    for k in range(1, n):
        now, old = k & 1, (k + 1) & 1
        row = means[k].ravel()
        total, step = _unexplained(row, means[k - 1].ravel(), near[now])
        out[0, k], out[4, k] = total * scale, step
        out[1, k] = _top_tenth(near[now]) / 256
        if k < 2:
            continue
        _, over = _unexplained(row, means[k - 2].ravel(), far[now])
        out[5, k - 1] = min(out[4, k - 1], min(last_over, over))
        last_over = over
        if k < 3:
            out[5, k - 1] = 0
            continue
        total = np.int64(0)
        for i in range(np.uint64(blocks)):  # the lasting change at k-1
            low[i] = min(near[old, i], min(far[old, i], far[now, i]))
            total += low[i]
        out[2, k - 1] = total * scale
        out[3, k - 1] = _top_tenth(low) / 256


@njit(cache=True, nogil=True)
def _simulated(means, hidden, every, reach, out):  # type: ignore[no-untyped-def]
    n, blocks = means.shape[0], means.shape[1] * means.shape[2]
    a, b, c = np.zeros(blocks, np.uint16), np.zeros(blocks, np.uint16), np.zeros(blocks, np.uint16)
    for k in range(reach, n - hidden - reach, every):
        _unexplained(means[k + hidden].ravel(), means[k - 1].ravel(), a)
        _unexplained(means[k + hidden].ravel(), means[k - 2].ravel(), b)
        _unexplained(means[k + hidden + 1].ravel(), means[k - 1].ravel(), c)
        for i in range(blocks):
            a[i] = min(a[i], min(b[i], c[i]))
        out[k] = _top_tenth(a) / 256


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

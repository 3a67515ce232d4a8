"""What a codec tells of its own decisions: motion vectors and quantisers, read as raw records."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

VECTOR_BYTES: Final = 40
"""Size of FFmpeg's AVMotionVector."""
CELL: Final = 8
"""Samples, each direction, of the cells in which covered area is counted."""


def vectors(records: NDArray[np.int32], width: int, height: int) -> tuple[float, float]:
    """Mean length of motion vectors, and the share of the picture without one.

    Parameters
    ----------
    records
        int32, (N, 10): AVMotionVector records as they lie in memory (source, sizes and positions
        as 8- and 16-bit fields, flags, motion and its scale).
    width, height
        Of the picture, samples.

    Returns
    -------
    mean, uncovered
        Mean length in samples (weighted by block area; NaN without vectors); share 0..1 of
        cells of 8 x 8 samples that no vector covers.
    """
    covered = np.zeros((-(-height // CELL), -(-width // CELL)), np.uint8)
    length, area = _vectors(records, covered)
    return (length / (area * 64) if area else float("nan")), 1.0 - int(covered.sum()) / covered.size


def quantisers(base: int, deltas: NDArray[np.int32]) -> tuple[float, float]:
    """Mean and mean absolute deviation of the quantisers of blocks.

    Parameters
    ----------
    base
        Quantiser of the picture.
    deltas
        int32, (N,), N > 0: what each block adds to it.
    """
    total, spread = _spread(deltas)
    count = len(deltas)
    return base + total / count, spread / (count * count)


@njit(cache=True, nogil=True)
def _vectors(records, covered):  # type: ignore[no-untyped-def]
    """Sum of length x area in 1/64 sample, sum of area; marks the cells that blocks cover."""
    rows, columns = covered.shape
    flat, words = covered.ravel(), records.ravel()
    length, area = np.int64(0), np.int64(0)
    for n in range(np.uint64(0), np.uint64(words.shape[0]), np.uint64(10)):
        size, low, high = words[n + np.uint64(1)], words[n + np.uint64(2)], words[n + np.uint64(3)]
        w, h = int(size & 255), int((size >> 8) & 255)
        x, y = int(np.int16(low >> 16)) - (w >> 1), int(np.int16(high & 0xFFFF)) - (h >> 1)
        right, bottom = min((x + w + 7) >> 3, columns), min((y + h + 7) >> 3, rows)
        for r in range(max(y >> 3, 0), bottom):
            for c in range(max(x >> 3, 0), right):
                flat[np.uint64(r) * np.uint64(columns) + np.uint64(c)] = 1
        mx, my = np.int64(words[n + np.uint64(6)]), np.int64(words[n + np.uint64(7)])
        if mx | my:
            scale = np.float64(max(words[n + np.uint64(8)] & 0xFFFF, 1))
            length += np.int64(np.sqrt(np.float64(mx * mx + my * my)) * 64.0 / scale) * w * h
        area += w * h
    return length, area


@njit(cache=True, nogil=True)
def _spread(deltas):  # type: ignore[no-untyped-def]
    total = np.int64(0)
    for d in deltas:
        total += d
    spread = np.int64(0)
    for d in deltas:
        spread += abs(np.int64(d) * deltas.shape[0] - total)
    return total, spread

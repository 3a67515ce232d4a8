"""A 64-bit perceptual hash of the reduced luma.

Defined as ``imagehash.phash``: shrink to 32 x 32 (Lanczos), two-dimensional DCT-II, the signs of
the 8 x 8 lowest coefficients against their median. Shrinking and transform are linear, so both
are folded into one integer matrix for each direction; what differs from the reference is the
rounding between its steps, a few bits at most.

Source: Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

SIDE: Final = 32
LOW: Final = 8
SCALE: Final = 1 << 17
"""Fixed point of the folded matrices."""


@dataclass(frozen=True, slots=True, eq=False)
class HashPlan:
    """Folded matrices for one size of reduced luma: int64, (8, rows) and (8, columns)."""

    down: NDArray[np.int64]
    across: NDArray[np.int64]


@lru_cache(maxsize=16)
def plan(rows: int, columns: int) -> HashPlan:
    """The matrices for reduced luma of this size."""
    return HashPlan(_folded(rows), _folded(columns))


def perceptual_hash(reduced: NDArray[np.uint16], matrices: HashPlan) -> int:
    """The hash, 0..2**64 - 1; the first coefficient is the most significant bit, as in imagehash.

    Parameters
    ----------
    reduced
        uint16, (rows, columns), quarter grey levels, as large as `matrices` were made for. The
        hash of nothing is 0.
    """
    if not reduced.size:
        return 0
    if reduced.shape != (matrices.down.shape[1], matrices.across.shape[1]):
        raise ValueError(f"matrices for another size than {reduced.shape}")
    return int(_hash(reduced, matrices.down, matrices.across))


def _folded(length: int) -> NDArray[np.int64]:
    """(8, length): DCT-II of `length` samples shrunk (or stretched) to 32."""
    shrink = _lanczos(length)
    out = np.zeros((LOW, length), np.int64)
    for u in range(LOW):
        for x in range(length):
            value = sum(cos(pi * u * (2 * i + 1) / (2 * SIDE)) * shrink[i][x] for i in range(SIDE))
            out[u, x] = round(value * SCALE)
    return out


def _lanczos(length: int) -> list[list[float]]:
    """(32, length) weights of Pillow's LANCZOS filter, three lobes, widened when shrinking."""
    if not length:
        return [[] for _ in range(SIDE)]
    scale = length / SIDE
    widen = max(scale, 1.0)
    support = 3.0 * widen
    rows = []
    for i in range(SIDE):
        centre = (i + 0.5) * scale
        first = max(0, int(centre - support + 0.5))
        end = min(length, int(centre + support + 0.5))
        weights = [_lanczos3((x - centre + 0.5) / widen) for x in range(first, end)]
        total = sum(weights)
        rows.append([0.0] * first + [w / total for w in weights] + [0.0] * (length - end))
    return rows


def _lanczos3(x: float) -> float:
    if not -3.0 <= x < 3.0:
        return 0.0
    return _sinc(x) * _sinc(x / 3.0)


def _sinc(x: float) -> float:
    return 1.0 if x == 0.0 else sin(pi * x) / (pi * x)


@njit(cache=True, nogil=True)
def _hash(reduced, down, across):  # type: ignore[no-untyped-def]
    rows, columns = reduced.shape
    partial = np.zeros((LOW, columns), np.int64)
    for y in range(rows):
        row = reduced[y]
        for u in range(LOW):
            weight = down[u, y]
            into = partial[u]
            for x in range(columns):
                into[x] += weight * np.int64(row[x])
    values = np.empty(LOW * LOW, np.int64)
    for u in range(LOW):
        for v in range(LOW):
            total = np.int64(0)
            for x in range(columns):
                total += (partial[u, x] >> 10) * across[v, x]
            values[LOW * u + v] = total
    order = np.sort(values)
    bits = np.uint64(0)
    for value in values:
        bits = (bits << np.uint64(1)) | np.uint64(2 * value > order[31] + order[32])
    return bits

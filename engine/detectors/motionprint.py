"""Short prints of how a scene moves: 64 sign bits a picture, from projected temporal differences.

The background cancels, and what moved must move again in the same way to give the same print.
Source: random hyperplanes, Charikar, "Similarity estimation techniques from rounding algorithms",
STOC 2002.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.features.scratch import windows
from engine.kernels.search import projections

BITS: Final = 64
STACK: Final = 8
"""Differences that one print stacks."""


@dataclass(frozen=True, slots=True, eq=False)
class MotionPrints:
    """What the search for loops needs of every picture.

    Attributes
    ----------
    energy
        float64, (N,). Root mean square difference of the blocks, median over `STACK` pictures
        from this one on, grey levels.
    bits
        uint64, (N,). Signs of the stacked projections, lowest bit first.
    """

    energy: NDArray[np.float64]
    bits: NDArray[np.uint64]


def motion_prints(means: NDArray[Any], cap: float, rows: int = 16384) -> MotionPrints:
    """Prints along a whole recording, by windows.

    Parameters
    ----------
    means
        (N, rows, columns) uint16, block means in 1/256 grey level.
    cap
        How many times the usual energy one picture may weigh in a print.
    rows
        Pictures at once; bounds the memory, and changes nothing else.
    """
    blocks = int(np.prod(means.shape[1:]))
    matrix = np.asarray(np.random.default_rng(20190).standard_normal((blocks, BITS)), np.float32)
    energy, bits = np.zeros(len(means)), np.zeros(len(means), np.uint64)
    for first, last, start, piece in windows(means, rows, before=1, after=2 * STACK):
        projected = projections(piece, matrix)[first - start :]
        square = np.einsum("ij,ij->i", projected, projected)
        usual = np.median(_stacked(square), axis=1)
        count = last - first
        energy[first:last] = np.sqrt(usual[:count].astype(np.float64) / (BITS * blocks * 256.0**2))
        scale = np.sqrt(np.minimum(1.0, cap * usual / (square + 1e-9))).astype(np.float32)
        bits[first:last] = _signs(projected * scale[:, None], count)
    return MotionPrints(energy, bits)


def _stacked(x: NDArray[Any]) -> NDArray[Any]:
    """(N, STACK) each value and the next ones; the last ones repeat at the end."""
    padded = np.concatenate((x, np.repeat(x[-1:], STACK - 1)))
    return np.lib.stride_tricks.sliding_window_view(padded, STACK)


def _signs(even: NDArray[np.float32], count: int) -> NDArray[np.uint64]:
    """(count,) signs of the sums of `STACK` differences, each rolled by its place in the stack."""
    total = np.zeros((count, BITS), np.float32)
    for i in range(STACK):
        part = even[i : i + count]
        total[: len(part)] += np.roll(part, 7 * i, axis=1)
    packed = np.packbits(total > 0, axis=1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u8").ravel().astype(np.uint64)

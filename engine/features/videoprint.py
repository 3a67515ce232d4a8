"""A video's fingerprint: perceptual hashes of its quiet pictures, on-screen text left out.

Which pictures are taken depends on the content alone: those at which the scene holds still for a
moment. So a copy that begins later, was encoded anew or scaled is asked at the same pictures, and a picture
between two like itself keeps its hash when it is one off.

The hash is that of `engine.kernels.phash` over the block means between the top and the bottom seventh of the
picture, where cameras and editors write.

Source: Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010 (the hash); the
choice of pictures is our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.features.tables import CORRUPT, DAMAGED, GRID_COLUMNS, GRID_ROWS, FrameTable

MARGIN: Final = 3
"""Rows of blocks at the top and at the bottom that are not looked at: 3 of 22."""
APART_S: Final = 0.25
"""A picture is quiet if none within this time of it changes less."""
LEAST_CONTRAST: Final = 4.0
"""Grey levels: standard deviation of the block means below which a hash says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class VideoPrint:
    """Times and hashes of the quiet pictures.

    Parameters
    ----------
    seconds
        float32, (K,), ascending, seconds of presentation.
    hashes
        uint64, (K,).
    """

    seconds: NDArray[np.float32]
    hashes: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.seconds)


def videoprint(frames: FrameTable) -> VideoPrint:
    """The fingerprint of a recording's pictures; empty for one that has none that tell anything."""
    from engine.kernels import phash  # compiled code, which those who only read fingerprints do without

    chosen = quiet(np.asarray(frames["difference"], np.float64), frames.seconds)
    flags = np.asarray(frames["flags"]).astype(np.int64)
    chosen = chosen[(flags[chosen] & (CORRUPT | DAMAGED)) == 0]
    matrices = phash.plan(GRID_ROWS - 2 * MARGIN, GRID_COLUMNS)
    kept, hashes = [], []
    for row in chosen.tolist():
        means = np.asarray(frames.wide["means"][row])[MARGIN : GRID_ROWS - MARGIN]
        if means.std() >= LEAST_CONTRAST * 256:
            kept.append(row)
            hashes.append(phash.perceptual_hash((means >> 6).astype(np.uint16), matrices))
    return VideoPrint(frames.seconds[kept].astype(np.float32), np.array(hashes, np.uint64))


def quiet(difference: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows of the pictures that change least within `APART_S` on both sides.

    Parameters
    ----------
    difference
        (N,) change of each picture against the one before; pictures held by the encoder (0) are
        no moments of rest of the scene and are passed over.
    seconds
        (N,) ascending.

    Returns
    -------
    int64, (K,)
        Ascending. Of equal ones the first.
    """
    rows = np.flatnonzero(np.isfinite(difference) & (difference > 0))
    left = np.searchsorted(seconds[rows], seconds[rows] - APART_S)
    right = np.searchsorted(seconds[rows], seconds[rows] + APART_S, side="right")
    values = difference[rows]
    out = [int(rows[i]) for i in range(len(rows)) if left[i] + int(np.argmin(values[left[i] : right[i]])) == i]
    return np.array(out, np.int64)

"""Kernels led over a wide column window by window: memory does not grow with the recording.

Each function equals its kernel over the whole column at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.features.scratch import windows
from engine.kernels.search import Changes, changes, simulated

WINDOW = 16384
"""Pictures at once: 29 MB of block means."""


def all_changes(means: NDArray[Any], rows: int = WINDOW) -> Changes:
    """`engine.kernels.search.changes` along a whole recording."""
    out = np.zeros((6, len(means)), np.float32)
    for first, last, start, piece in windows(means, rows, before=4, after=2):
        found = changes(piece)
        for column, part in zip(out, _columns(found), strict=True):
            column[first:last] = part[first - start : last - start]
    return Changes(*out)


def _columns(found: Changes) -> tuple[NDArray[np.float32], ...]:
    return found.mean, found.top, found.lasting, found.lasting_top, found.unlike, found.lasting_unlike


def all_simulated(means: NDArray[Any], hidden: int, every: int, reach: int, rows: int = WINDOW) -> NDArray[np.float32]:
    """`engine.kernels.search.simulated` along a whole recording; `reach` is at least 2."""
    out = np.zeros(len(means), np.float32)
    rows -= rows % every  # the places tried keep their distance from window to window
    for first, _, _, piece in windows(means, rows, after=hidden + 2 * reach):
        found = simulated(piece, hidden, every, reach)
        part = out[first + reach : first + reach + rows]
        part[:] = found[reach : reach + len(part)]
    return out


def all_spreads(means: NDArray[Any], rows: int = WINDOW) -> NDArray[np.float64]:
    """(N,) standard deviation of each picture's block means, grey levels."""
    out = np.empty(len(means))
    for first, last, _, piece in windows(means, min(rows, 4096)):
        out[first:last] = np.asarray(piece, np.float32).reshape(last - first, -1).std(axis=1) / 256
    return out

"""A clock burnt into the picture, found by its once-a-second change in a small place.

Seconds are folded onto one: what changes once a second at one phase, in few blocks, and strongly, is a digit.
Moving scenes average out; a key picture's pulse changes the whole picture a little.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.features.scratch import windows
from engine.features.tables import GRID_COLUMNS, FrameTable

LOOK_S: Final = 60.0
"""Seconds of a piece that is folded; clock and media drift apart by less than a picture in it."""
LEAST_S: Final = 4.0
"""Fewer seconds fold to nothing."""
CONTRAST: Final = 2.5
"""Grey levels, mean over a block, by which the tick stands out of the rest of the second."""
CERTAINTY: Final = 6.0
"""And how many standard errors that is."""
MOST_BLOCKS: Final = 12
"""Blocks of the picture that may tick; a pulse of key pictures has hundreds."""
PERIODS: Final = (1.0, 0.5, 2.0, 2 / 3, 1.5, 25 / 30, 30 / 25, 24 / 25, 25 / 24)
"""Seconds of presentation between two ticks that are tried: recorders and exports whose timestamps run wrong
do so by a ratio of frame rates. Beside 1 they are looked for at the beginning only."""
OTHER_LOOK_S: Final = 20.0
HELD: Final = 40.0
"""Grey levels to which a change is held, so that one event does not outweigh a minute."""
TICK: Final = 0.4
"""Share of the usual tick from which a change counts as one."""
REGULAR_LEAST: Final = 3
REGULAR_WITHIN: Final = 0.12
REGULAR_SHARE: Final = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Ticking:
    """A place that changes once a second.

    Parameters
    ----------
    row, column
        Of the block of the 22 x 40 grid that ticks most clearly.
    contrast
        Grey levels of its usual tick.
    period_s
        Seconds of presentation between two ticks.
    """

    row: int
    column: int
    contrast: float
    period_s: float = 1.0


def ticking(frames: FrameTable) -> Ticking | None:
    """The place of a running clock; None where there is none that shows seconds."""
    for period in PERIODS:
        found = [_fold(frames, first, past, period) for first, past in _pieces(frames.seconds, period)]
        best = max((f for f in found if f is not None), key=lambda f: f[0], default=None)
        if best is not None and regular(ticks(frames, best[1]), frames.seconds, period):
            return best[1]
    return None


def ticks(frames: FrameTable, place: Ticking) -> NDArray[np.int64]:
    """Pictures with which the clock's place changes, about one a second, ascending.

    Over a moving scene some are missed and some are the scene's: a help for the exact picture, no proof.
    """
    change = np.empty(len(frames), np.float32)
    for first, past, start, part in windows(frames.wide["differences"]):
        change[first:past] = part[first - start : past - start, place.row, place.column]
    change /= 256
    change -= float(np.median(change)) if len(change) else 0.0
    out: list[int] = []
    seconds = frames.seconds
    for number in np.flatnonzero(change >= TICK * place.contrast).tolist():
        if out and seconds[number] - seconds[out[-1]] < place.period_s / 2:
            if change[number] > change[out[-1]]:
                out[-1] = number
            continue
        out.append(number)
    return np.array(out, np.int64)


def _pieces(seconds: NDArray[np.float64], period: float) -> Iterator[tuple[int, int]]:
    """Beginning, middle and end of a recording, as rows."""
    if len(seconds) == 0 or seconds[-1] < LEAST_S:
        return
    if period != 1.0:
        yield 0, int(np.searchsorted(seconds, OTHER_LOOK_S))
        return
    starts = {0.0, max(0.0, (float(seconds[-1]) - LOOK_S) / 2), max(0.0, float(seconds[-1]) - LOOK_S)}
    for start in sorted(starts):
        first, past = np.searchsorted(seconds, (start, start + LOOK_S)).tolist()
        if past > first:
            yield first, past


def _fold(frames: FrameTable, first: int, past: int, period: float) -> tuple[float, Ticking] | None:
    """The clearest tick of a piece with its certainty."""
    change = np.asarray(frames.wide["differences"][first:past], np.float32).reshape(past - first, -1) / 256
    change = np.minimum(change - np.median(change, axis=0), HELD)
    phases = max(4, round(frames.rate * period))
    phase = (frames.seconds[first:past] % period / period * phases).astype(np.int64) % phases
    counts = np.bincount(phase, minlength=phases).astype(np.float32)
    if (counts[counts > 0] < LEAST_S - 1).all():
        return None
    sums = np.zeros((phases, change.shape[1]), np.float32)
    np.add.at(sums, phase, change)
    mean = np.asarray(sums / np.maximum(counts, 1)[:, None], np.float32)
    top = np.argmax(mean, axis=0)
    contrast = _standing_out(mean, top)
    error = change.std(axis=0) / np.sqrt(np.maximum(counts[top], 1)) + 1e-3
    # what the whole picture does at that phase is a key picture's pulse
    pulse = np.median(_standing_out(mean, np.full_like(top, np.bincount(top).argmax())))
    contrast = np.asarray(contrast - pulse, np.float32)
    sure = contrast / error
    good = (contrast >= CONTRAST) & (sure >= CERTAINTY)
    if not 0 < np.count_nonzero(good) <= MOST_BLOCKS:
        return None
    block = int(np.argmax(np.where(good, sure * contrast, 0)))
    place = Ticking(block // GRID_COLUMNS, block % GRID_COLUMNS, float(contrast[block]), period)
    return float(sure[block] * contrast[block]), place


def _standing_out(mean: NDArray[np.float32], top: NDArray[np.int64]) -> NDArray[np.float32]:
    """(B,) the phase `top` of each block against the mean of the others but its two neighbours.

    A clock's own rounding spreads a tick over neighbouring pictures: they count to it.
    """
    phases, blocks = mean.shape
    columns = np.arange(blocks)
    near = [mean[(top + step) % phases, columns] for step in (-1, 0, 1)]
    rest = (mean.sum(axis=0) - sum(near)) / max(phases - 3, 1)
    return np.asarray(np.maximum(near[1], sum(near) / 2) - rest, np.float32)


def regular(numbers: NDArray[np.int64], seconds: NDArray[np.float64], period: float) -> bool:
    """Whether most ticks lie whole periods apart: a wheel or a waving branch does not keep time."""
    steps = np.diff(seconds[numbers]) / period
    if len(steps) < REGULAR_LEAST:
        return False
    off = np.abs(steps - np.round(steps))
    return bool(np.mean((off <= REGULAR_WITHIN) & (steps > 0.5)) >= REGULAR_SHARE)

"""Small pure helpers of the picture detectors: neighbourhoods, natural events, places.

Every score here is a ratio of what happens at one picture to the largest that its neighbours
show, with an absolute floor in the denominator: a local spread can be nil, a camera's noise not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from engine.features.tables import CORRUPT, DAMAGED, KEY, FrameTable
from engine.findings import Examined, Stretch

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

REACH = 5
"""How many pictures on each side a picture is compared with."""
MOST_SHOWN_S = 1.0
MOST_SHOWN = 10
"""Seconds, or usual intervals, whichever is more, for which one picture answers."""


def neighbour_max(x: NDArray[np.floating], reach: int = REACH) -> Floats:
    """Largest of the `reach` values before and after each value, itself left out; 0 beyond the ends."""
    values = np.nan_to_num(np.asarray(x, np.float64))
    padded = np.pad(values, reach)
    out = np.zeros(len(values))
    for shift in (*range(-reach, 0), *range(1, reach + 1)):
        np.maximum(out, padded[reach + shift : reach + shift + len(values)], out=out)
    return out


def before_max(x: NDArray[np.floating], reach: int) -> Floats:
    """Largest of the `reach` values before each value; 0 before the first."""
    padded = np.concatenate((np.zeros(reach), np.nan_to_num(np.asarray(x, np.float64))))
    out = np.zeros(len(x))
    for shift in range(reach):
        np.maximum(out, padded[shift : shift + len(x)], out=out)
    return out


def after_max(x: NDArray[np.floating], reach: int) -> Floats:
    """Largest of the `reach` values after each value; 0 after the last."""
    return before_max(np.asarray(x)[::-1], reach)[::-1]


def runs(mask: Mask) -> Iterator[tuple[int, int]]:
    """First and last index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        yield int(first), int(after) - 1


def grown(mask: Mask, before: int, after: int) -> Mask:
    """True also `before` places before and `after` places after each True."""
    out = mask.copy()
    for shift in range(1, before + 1):
        out[:-shift] |= mask[shift:]
    for shift in range(1, after + 1):
        out[shift:] |= mask[:-shift]
    return out


def damaged(frames: FrameTable) -> Mask:
    """(N,) pictures that the decoder had to invent, in whole or in part, and the repair after them."""
    flags = np.asarray(frames["flags"], np.uint8)
    return grown((flags & (CORRUPT | DAMAGED)) != 0, 1, 2)


def native_drops(frames: FrameTable, ratio: float = 1.5) -> Mask:
    """(N,) pictures within one of an interval of at least `ratio` times the usual one.

    A recorder that drops a picture says so in its timestamps; the jump in the picture that
    belongs to it is no join of its own.
    """
    pts = np.asarray(frames["pts"], np.int64)
    out = np.zeros(len(pts), bool)
    if len(pts) < 2 or not frames.timed:
        return out
    step = np.diff(pts)
    usual = max(float(np.median(step)), 1.0)
    out[1:] = step >= ratio * usual
    return grown(out, 1, 1)


def settling(frames: FrameTable) -> int:
    """How many pictures at the start a camera may need to settle: a second, a quarter at most."""
    return max(1, min(round(frames.rate), len(frames) // 4))


def scheduled_keys(frames: FrameTable) -> Mask:
    """(N,) key pictures that come where this encoder always puts one: at its usual distance."""
    flags = np.asarray(frames["flags"], np.uint8)
    keys = np.flatnonzero(flags & KEY)
    out = np.zeros(len(flags), bool)
    if len(keys) < 3:
        return out
    gaps = np.diff(keys)
    usual = int(np.max(gaps))
    if np.count_nonzero(gaps == usual) >= 2:
        out[keys[1:][gaps == usual]] = True
    return out


def leaves(frames: FrameTable, frame: int) -> float:
    """When picture `frame` leaves the screen, seconds."""
    if frame + 1 < len(frames):
        return frames.time(frame + 1)
    return frames.time(frame) + float(frames.nominal * frames.time_base)


def most_shown(usual_s: float) -> float:
    """Seconds for which one picture answers at most, where pictures usually come `usual_s` apart."""
    return max(MOST_SHOWN_S, MOST_SHOWN * usual_s)


def _excess(frames: FrameTable) -> Floats:
    """(N,) seconds that each picture stays on the screen beyond `MOST_SHOWN_S` and `MOST_SHOWN`."""
    shown = np.diff(np.asarray(frames["pts"], np.float64), append=np.nan) * float(frames.time_base)
    most = most_shown(float(frames.nominal * frames.time_base))
    return np.nan_to_num(np.maximum(shown - most, 0.0), nan=0.0)


def examined(frames: FrameTable, question: str, able: Mask, reasons: Iterable[tuple[str, Mask]]) -> Examined:
    """What `able` says picture by picture, as seconds and as stretches with their reasons.

    Parameters
    ----------
    able
        (N,) pictures for which the question can be answered.
    reasons
        Reason and the pictures that it holds for; the first that holds is named.

    Notes
    -----
    A picture answers for no more time than `MOST_SHOWN_S` or `MOST_SHOWN` usual intervals: over a
    hole in the times nothing was examined.
    """
    if len(frames) == 0:
        return Examined(question, "picture", 0.0)
    excess = _excess(frames)
    why = np.full(len(frames), "no_motion", dtype=object)
    named = np.zeros(len(frames), bool)
    for reason, where in reasons:
        why[where & ~named] = reason
        named |= where
    why[able] = ""
    changed = np.flatnonzero(why[1:] != why[:-1]) + 1
    starts = np.concatenate(([0], changed)).astype(int)
    ends = np.concatenate((changed, [len(frames)])).astype(int)
    seconds, stretches = 0.0, []
    for start, end in zip(starts, ends, strict=True):
        a, b = frames.time(start), leaves(frames, end - 1)
        if why[start]:
            stretches.append(Stretch(a, b, str(why[start])))
        else:
            seconds += b - a - float(excess[start:end].sum())
    return Examined(question, "picture", seconds, tuple(stretches))

"""What the numbers that encoders count say of missing pictures: pure, on coded facts.

Everything is told by positions in the table of coded facts, which is in decode order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.kernels.columns import NO_ORDER

TAIL: Final = 8
"""Pictures at the end whose neighbours in presentation order may not have been written any more."""
HABIT: Final = 2
"""Holes in the order of pictures up to which they are single events, not the encoder's way to count."""
KNOWN: Final = 3
"""Steps of idr_pic_id that must hold for a pattern to be known."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Pictures that the numbering counts and that are not there.

    Parameters
    ----------
    position
        The first picture after the loss, in presentation order where that is known.
    missing
        How many, at least.
    by
        ``frame_num``, ``picture_order`` or ``reference``.
    """

    position: int
    missing: int
    by: str


def frame_num_losses(pictures: NDArray[Any]) -> list[Loss]:
    """Gaps in frame_num where the SPS allows none: reference pictures are lost.

    A picture's frame_num is that of the last reference picture, or one more: H.264, section
    7.4.3. A number that begins again at 0 or 1 may be a reset by command (operation 5); where
    that is a habit it is left out. Where one picture in twenty shows a gap, the encoder breaks
    the rule as a habit (layers taken out on purpose), and nothing is said.
    """
    number = pictures["frame_num"].astype(np.int64)
    known = number >= 0
    place = np.arange(len(pictures))
    last = np.maximum.accumulate(np.where(known & (pictures["reference"] == 1), place, -1))
    before = np.concatenate(([-1], last[:-1]))
    usable = known & (before >= 0) & (pictures["random_access"] != 2) & (pictures["gaps_allowed"] == 0)
    usable[1:] &= known[:-1]
    modulus = np.int64(1) << np.maximum(pictures["frame_num_bits"], 1).astype(np.int64)
    step = (number - number[before]) % modulus
    reset = (number <= 1) & (number[before] < modulus - 2)
    gap = usable & (step > 1)
    gap[1:] &= ~(gap[:-1] & (number[1:] == number[:-1]))  # pictures that none refer to repeat the number
    if np.count_nonzero(gap & reset) > HABIT:
        gap &= ~reset
    gaps = np.flatnonzero(gap)
    if len(gaps) > max(HABIT, len(pictures) // 20):
        return []
    return [Loss(int(i), int(step[i]) - 1, "frame_num") for i in gaps]


def begun(pictures: NDArray[Any]) -> int:
    """The first position from which all that is shown was stored: a stream may be recorded from anywhere on.

    Before the first random-access picture, and among the pictures that are shown before it and follow it, references
    and neighbours may have been sent before the recording began.
    """
    starts = np.flatnonzero(pictures["random_access"] > 0)
    if not len(starts):
        return min(TAIL, len(pictures))
    after = pictures["order"][starts[0] + 1 :]
    leading = (after < pictures["order"][starts[0]]) & (pictures["random_access"][starts[0] + 1 :] == 0)
    return int(starts[0]) + 1 + int(np.argmin(np.append(leading, False)))


def reference_losses(pictures: NDArray[Any]) -> list[Loss]:
    """The first picture of each run that needs references which never came (HEVC)."""
    lacks = (pictures["missing"] > 0) & (np.arange(len(pictures)) >= begun(pictures))
    first = lacks & ~np.concatenate(([False], lacks[:-1]))
    return [Loss(int(i), int(pictures["missing"][i]), "reference") for i in np.flatnonzero(first)]


def segments(pictures: NDArray[Any]) -> list[NDArray[np.intp]]:
    """Positions of each coded sequence: from where everything is forgotten to the next such place."""
    starts = np.flatnonzero(pictures["random_access"] == 2)
    return [part for part in np.split(np.arange(len(pictures)), starts) if len(part)]


def order_step(pictures: NDArray[Any]) -> int:
    """By how much the order count usually grows from picture to picture; 0 where it does not say."""
    steps = [np.diff(np.sort(pictures["order"][s])) for s in segments(pictures)]
    every = np.concatenate(steps) if steps else np.zeros(0, np.int64)
    every = every[(every > 0) & (every < 1 << 16)]
    if len(every) < 8:
        return 0
    values, counts = np.unique(every, return_counts=True)
    return int(values[np.argmax(counts)]) if counts.max() >= 0.8 * len(every) else 0


def order_losses(pictures: NDArray[Any]) -> list[Loss]:
    """Holes in the picture order count inside a coded sequence.

    An encoder that derives its count from its clock leaves holes as a habit; more than `HABIT`
    of them say nothing.
    """
    usual = order_step(pictures)
    if usual == 0 or (pictures["field"] > 0).any():
        return []
    losses: list[Loss] = []
    for part in segments(pictures):
        losses.extend(_holes(pictures["order"], part, usual, len(pictures)))
    first = begun(pictures)
    losses = [loss for loss in losses if loss.position >= first]
    return losses if len(losses) <= HABIT else []


def _holes(order: NDArray[Any], part: NDArray[np.intp], usual: int, count: int) -> list[Loss]:
    known = part[order[part] != NO_ORDER]
    if len(known) < len(part):
        return []
    shown = part[np.argsort(order[part], kind="stable")]
    steps = np.diff(order[shown].astype(np.int64))
    if (steps == 0).any():  # counting began anew by command: two sequences in one
        return []
    whole = (steps > usual) & (np.mod(steps, usual) == 0)
    return [
        Loss(int(shown[i + 1]), int(steps[i]) // usual - 1, "picture_order")
        for i in np.flatnonzero(whole)
        if shown[i + 1] < count - TAIL
    ]


def idr_breaks(pictures: NDArray[Any]) -> tuple[list[int], int]:
    """IDR pictures whose idr_pic_id is not what this file's own pattern lets expect.

    Returns
    -------
    breaks, intact
        Positions, and how many steps follow the pattern. Pictures that begin with an encoder's
        name are left out: an encoder that starts again also counts again.
    """
    idr = np.flatnonzero((pictures["random_access"] == 2) & (pictures["idr_id"] >= 0))
    ids = pictures["idr_id"][idr].astype(np.int64)
    if len(ids) < 2:
        return [], 0
    restarts = pictures["banner"][idr][1:]
    fits = _alternating(ids) if len(np.unique(ids)) == 2 else _counting(ids)
    intact = int(np.count_nonzero(fits & ~restarts))
    broken = np.flatnonzero(~fits & ~restarts)
    signed = bool(pictures["banner"].any()) and not restarts.all() and ids.max() <= 1
    if len(np.unique(ids)) == 1 and not signed:
        return [], 0  # a constant says nothing, unless x264 signs, which never writes the same twice
    if not signed and (intact < KNOWN or len(broken) * 3 > intact):
        return [], intact
    if _periodic(idr[1:][~fits]) and len(idr[1:][~fits]) >= KNOWN:
        return [], intact
    return [int(idr[i + 1]) for i in broken], intact


def _alternating(ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray(ids[1:] != ids[:-1], np.bool_)


def _counting(ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Steps that count on, or begin again from the highest number to the lowest."""
    around = (ids[:-1] == ids.max()) & (ids[1:] == ids.min()) & (ids.max() > ids.min())
    return np.asarray((np.diff(ids) == 1) | around, np.bool_)


def _periodic(places: NDArray[np.intp]) -> bool:
    return len(places) > 1 and len(np.unique(np.diff(places))) == 1

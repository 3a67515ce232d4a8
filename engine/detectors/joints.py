"""Signs of a join in cadence, sound packets and parameter sets: pure, on tables.

A sign is weak where untouched recordings show it too; two that agree at one place are needed then.
Positions are those of the table of coded facts (decode order); times are seconds on the clock of the
container, as packets carry them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.detectors.cadence import runs

STEADY_SHARE: Final = 0.98
"""Share of intervals that must be alike for a cadence to be called constant."""
SETTLE_S: Final = 0.5
"""Recorders settle; no sign is taken from the first half second."""
FEW: Final = 2
"""Odd intervals up to which each is an event of its own and not the recorder's habit."""
MARK_PERIOD: Final = 256
"""Packets from mark to mark of FFmpeg's AAC encoder."""
TINY: Final = 20
"""An interval this many times shorter than the usual one is a muxer's way out of an overlap."""
SETS: Final = {"h264": (1 << 7) | (1 << 8), "hevc": (1 << 32) | (1 << 33) | (1 << 34)}
DELIMITER: Final = {"h264": 1 << 9, "hevc": 1 << 35}


@dataclass(frozen=True, slots=True)
class OddStep:
    """An interval unlike all others; between packets `position` and `position` + 1."""

    position: int
    ticks: int
    usual: int

    @property
    def within(self) -> bool:
        """Whether nothing whole is missing: longer than nothing, shorter than two usual ones."""
        return 0 < self.ticks < 2 * self.usual


def odd_steps(ticks: NDArray[np.int64], time_base: float) -> list[OddStep]:
    """Single odd intervals in an otherwise constant cadence, which shift what follows; none where odd ones are a habit.

    Parameters
    ----------
    ticks
        (N,) ascending.
    time_base
        Seconds a tick.
    """
    steps = np.diff(ticks)
    if len(steps) < 16:
        return []
    usual = int(np.median(steps))
    odd = np.abs(steps - usual) > max(2, usual // 64)
    odd[(ticks[1:] - ticks[0]) * time_base < SETTLE_S] = False
    odd[-1] = False
    # one packet that came late or early, and the next in time again: nothing went on from there
    made_up = odd[:-1] & odd[1:] & (np.abs(steps[:-1] + steps[1:] - 2 * usual) <= max(2, usual // 64))
    odd[:-1] &= ~made_up
    odd[1:] &= ~made_up
    places = np.flatnonzero(odd)
    if len(places) > FEW or np.count_nonzero(~odd) < STEADY_SHARE * len(steps):
        return []
    return [OddStep(int(i), int(steps[i]), usual) for i in places]


def is_steady(ticks: NDArray[np.int64]) -> bool:
    """Whether nearly all intervals are alike, and there are enough to say so."""
    steps = np.diff(ticks)
    if len(steps) < 16:
        return False
    usual = int(np.median(steps))
    alike = np.abs(steps - usual) <= max(2, usual // 64)
    return bool(np.count_nonzero(alike) >= STEADY_SHARE * len(steps))


def tiny_runs(dts: NDArray[np.int64]) -> list[int]:
    """Where runs of two or more tiny intervals begin: overlapping pieces pushed together by a muxer.

    Packets that were held up and come all at once, as many as the wait before them took, are none: all are there.
    """
    steps = np.diff(dts)
    if len(steps) < 16:
        return []
    usual = int(np.median(steps))
    tiny = (steps >= 0) & (steps * TINY < usual)

    def overlaps(first: int, after: int) -> bool:
        waited = int(steps[first - 1]) if first else 0
        took = waited + int(steps[first:after].sum())
        return waited < 2 * usual or abs(took - (after - first + 1) * usual) > usual // 2

    found = [first for first, after in runs(tiny) if after - first >= 2 and overlaps(first, after)]
    return found if len(found) <= FEW else []


def odd_groups(pictures: NDArray[Any]) -> list[int]:
    """Random-access pictures that come too early in an otherwise fixed cadence: one odd group.

    The first and the last group may be incomplete; the group *before* each position is odd.
    """
    starts = np.flatnonzero(pictures["random_access"] > 0)
    lengths = np.diff(starts)
    if len(lengths) < 5:
        return []
    values, counts = np.unique(lengths, return_counts=True)
    usual = values[np.argmax(counts)]
    odd = np.flatnonzero(lengths != usual)
    odd = odd[odd > 0]
    return [int(starts[i + 1]) for i in odd] if len(odd) == 1 else []


def stretched_groups(
    pictures: NDArray[Any], number: NDArray[np.int64], seconds: NDArray[np.float64], tick_s: float
) -> list[int]:
    """The random-access picture behind the one group in which pictures stand evenly further apart.

    Whoever drops pictures at the end of a group and spreads the rest over the hole leaves this. A
    rate that an exact number of times lower is a recorder's own way in the dark.

    Parameters
    ----------
    number
        (P,). Picture number of each position, or -1.
    seconds
        (N,). Time of each picture number.
    tick_s
        Seconds a tick.
    """
    starts = np.flatnonzero((pictures["random_access"] > 0) & (number >= 0))
    first = number[starts]
    if len(first) < 4 or (np.diff(first) < 4).any():
        return []
    means = np.diff(seconds[first]) / np.diff(first)
    usual = float(np.median(means))
    if usual <= 0:
        return []
    off = np.abs(means / usual - 1)
    odd = np.flatnonzero(off > 0.015)
    if len(odd) != 1 or np.delete(off, odd).max() > 0.005:
        return []
    group = int(odd[0])
    inside = np.diff(seconds[first[group] : first[group + 1] + 1])
    ratio = float(means[group]) / usual
    even = inside.max() - inside.min() <= 3 * tick_s + 1e-6
    return [int(starts[group + 1])] if even and ratio > 1 and abs(ratio - round(ratio)) > 0.02 else []


@dataclass(frozen=True, slots=True)
class MarkBreak:
    """The encoder's marks are off their cycle: sound is missing or foreign between two packets.

    Parameters
    ----------
    first, last
        Sound packets between which the break lies.
    off
        Distance between the marks modulo their period; 0 where a mark is missing altogether.
    """

    first: int
    last: int
    off: int


def mark_breaks(marks: NDArray[np.int32], packets: int) -> list[MarkBreak]:
    """Distances between marks that are no multiple of their period, or lack a mark."""
    breaks: list[MarkBreak] = []
    for a, b in zip(marks[:-1].tolist(), marks[1:].tolist(), strict=True):
        if b - a != MARK_PERIOD:
            breaks.append(MarkBreak(a, b, (b - a) % MARK_PERIOD))
    if len(marks) and packets - int(marks[-1]) > MARK_PERIOD + 1:
        breaks.append(MarkBreak(int(marks[-1]), int(marks[-1]) + MARK_PERIOD, 0))
    return breaks if len(breaks) <= FEW * 2 else []


@dataclass(frozen=True, slots=True)
class Restart:
    """An encoder that signs again; `sure` where no regular repetition can explain it."""

    position: int
    sure: bool


def restarts(pictures: NDArray[Any]) -> list[Restart]:
    """Encoder names at key pictures other than the first, that do not come regularly.

    Services that encode in chunks repeat the name with every chunk, and transport streams with
    every key picture: what comes at the file's own period says nothing. Of a single repetition the
    period is not known, unless the file runs on for longer without another.
    """
    signed = np.flatnonzero(pictures["banner"])
    keys = np.count_nonzero(pictures["random_access"] > 0)
    if len(signed) < 2 or len(signed) > 0.5 * keys + 1:
        return []
    distances = np.diff(signed)
    if len(distances) == 1:
        tail = len(pictures) - int(signed[1])
        return [Restart(int(signed[1]), tail > int(distances[0]))]
    values, counts = np.unique(distances, return_counts=True)
    usual = values[np.argmax(counts)] if counts.max() > 1 else -1
    odd = np.flatnonzero(distances != usual)
    return [Restart(int(signed[i + 1]), True) for i in odd] if len(odd) <= FEW else []


def changed_sets(pictures: NDArray[Any], codec: str, stated: int = 0) -> list[tuple[int, str]]:
    """Key pictures from which on other parameter sets, or another pattern of units, come.

    Parameters
    ----------
    stated
        Digest of the sets that the container states; 0 where it states none.

    Returns
    -------
    list of (position, name)
        ``sets_changed`` where sets in the stream differ from those before, in the stream or the
        container; ``sets_begin`` or ``sets_end`` where they begin or cease to be there,
        ``delimiters`` for delimiters of access units. The first key picture may always differ.
    """
    keys = np.flatnonzero(pictures["random_access"] > 0)[1:]
    if len(keys) < 2:
        return []
    digests, units = pictures["sets"][keys], pictures["units"][keys]
    there = (units & np.uint64(SETS[codec])) != 0
    marked = (units & np.uint64(DELIMITER[codec])) != 0
    others = there & (digests != stated) & (stated != 0)
    found = [
        (int(keys[i + 1]), "sets_changed" if others[i + 1] else "sets_begin" if there[i + 1] else "sets_end")
        for i in _single_changes(there)
    ]
    found += [(int(keys[i + 1]), "delimiters") for i in _single_changes(marked)]
    same = np.flatnonzero((digests[1:] != digests[:-1]) & (digests[1:] != 0) & (digests[:-1] != 0))
    if len(same) <= FEW:
        found += [(int(keys[i + 1]), "sets_changed") for i in same]
    return found


def _single_changes(there: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Steps of a pattern that changes once, at most twice, and stays."""
    changes = np.flatnonzero(there[1:] != there[:-1])
    return changes if len(changes) <= FEW else changes[:0]

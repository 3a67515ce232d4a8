"""One origin for all streams of two files, and what their containers can say about time at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.proofs.align import Side, find_origin, interval
from engine.proofs.leaves import HIDDEN, LeafStream, Leaves, presentation_times

PES_FORMATS: Final = frozenset({"mpegts", "mpeg"})
"""Containers that give sound one timestamp for each PES packet; frames between are counted on."""

PES_BYTES: Final = 1 << 16
"""Largest PES packet of sound."""

LACED_TICKS: Final = 4.0
"""By how much the last of eight frames in one block of Matroska is off: each is counted on by whole ticks."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How the times of two files compare; seconds.

    Parameters
    ----------
    leading
        Index of the sealed stream that gives the origin.
    origins
        By how much the presented file's timeline is later: first as the pictures say it, then
        for the other streams as players may place them that show a picture from its edit's start.
    ticks
        Coarsest time base of each file, the sealed one first; of the presented one no more than the
        usual interval: whoever writes a file chooses its ticks, and must not choose the tolerance.
    slack
        One tick of each edit list's own time scale, by which streams of a file may be rounded apart;
        of the presented file likewise no more than the interval.
    """

    leading: int | None
    origins: tuple[float, ...]
    ticks: tuple[float, float]
    slack: float

    def tolerance(self, interval: float) -> float:
        """How far times of one leaf may be apart in a stream with a leaf each `interval` (s).

        One tick of the coarser time base, since both ends are rounded. Where the sealed file's
        tick is the coarser one, what it says is exact, and a tick may be as long as a frame:
        then no more than a quarter of the interval, and no less than one tick of the other.
        """
        before, after = self.ticks
        if after > before:
            return after
        return max(after if after < before else 0.0, min(before, interval / 4))


def side(leaves: Leaves, stream: LeafStream) -> Side:
    """A stream's leaves as they are aligned; hidden ones have the time that their span would give."""
    rows = leaves.rows(stream.index)
    times = presentation_times(leaves.pts[rows], np.ones(len(rows), np.bool_), stream)
    return Side(leaves.contents(stream), times, leaves.order[rows])


def common_clock(
    sealed: Leaves,
    presented: Leaves,
    pairs: Mapping[int, LeafStream],
    sealed_scale: int | None,
    presented_scale: int | None,
) -> Clock:
    """The clock of two files whose streams are paired.

    Parameters
    ----------
    sealed, presented
        Their leaves.
    pairs
        Sealed stream index -> presented stream.
    sealed_scale, presented_scale
        Ticks a second of their edit lists; None without.
    """
    mine = [s for s in sealed.streams if s.index in pairs]
    before = float(max((s.time_base for s in mine), default=0))
    after = float(max((s.time_base for s in pairs.values()), default=0))
    theirs = _edit_slack(presented, presented_scale)
    if max(after, theirs) > before:
        most = max([before, *(interval(side(sealed, s)) for s in mine)])
        after, theirs = min(after, most), min(theirs, most)
    slack = _edit_slack(sealed, sealed_scale) + theirs
    candidates = sorted(sealed.streams, key=lambda s: (not s.examined, s.kind != "video", s.index))
    leading = next((s for s in candidates if s.index in pairs), None)
    if leading is None:
        return Clock(None, (0.0,), (before, after), slack)
    other = pairs[leading.index]
    here, there = side(sealed, leading), side(presented, other)
    origin = find_origin(here, there, max(before, after))
    late, other_late = _late_start(here, leading), _late_start(there, other)
    shifts = dict.fromkeys((0.0, late, -other_late, late - other_late))
    return Clock(leading.index, tuple(origin + s for s in shifts), (before, after), slack)


def _edit_slack(leaves: Leaves, movie_time_scale: int | None) -> float:
    edited = any(not s.timeline.trivial for s in leaves.streams)
    return 1 / movie_time_scale if edited and movie_time_scale else 0.0


def _late_start(found: Side, stream: LeafStream) -> float:
    """How long after its edit's start the first picture comes.

    An edit may begin between two pictures. ISO/IEC 14496-12 then shows the rest of the earlier
    one; FFmpeg shows the next one at once, and all others earlier by as much. Both are met.
    Where there is no earlier one, the edit begins with nothing, and the sound would run ahead.
    """
    shown = found.times[found.order != HIDDEN]
    if stream.timeline.trivial or not len(shown) or np.isnan(shown).any():
        return 0.0
    first = stream.timeline.segments[0]
    start = float((first.start + first.shift) * stream.time_base)
    return max(float(shown.min()) - start, 0.0) if (found.times <= start).any() else 0.0


def uncarried(container: str, stream: LeafStream, usual: float) -> float:
    """Seconds by which sound may be off where the container gives several frames one timestamp; 0: each has its own.

    Parameters
    ----------
    container
        FFmpeg's name of the format.
    stream
        The presented sound.
    usual
        Seconds from one sealed frame to the next: whoever writes a file chooses its ticks.
    """
    if container in PES_FORMATS:
        return math.inf
    return min(LACED_TICKS * float(stream.time_base), usual) if container == "matroska,webm" else 0.0


def counted_on(
    presented: Leaves, stream: LeafStream, rows: NDArray[np.int64], late: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """(n,) which late sound leaves only stand where they were counted on to, between timed ones.

    A recorder may leave a gap in the sound; a PES packet that spans it cannot say so. Such
    leaves follow each other without a gap, after one that is in time and before one that is,
    within one PES packet.

    Parameters
    ----------
    presented, stream
        The file and its sound stream.
    rows
        (n,) rows of the stream (decode order), rising.
    late
        (n,) whether the time differs from the sealed one.
    """
    mine = presented.rows(stream.index)
    times = presentation_times(presented.pts[mine], np.ones(len(mine), np.bool_), stream)[rows]
    sizes = presented.size[mine][rows].astype(np.int64)
    excused = np.zeros(len(rows), np.bool_)
    if len(rows) < 2 or not late.any():
        return excused
    steps = np.diff(times)
    usual = float(np.median(steps))
    reach = 2 * float(stream.time_base) + 1e-9
    for start, end in _runs(late):
        abuts = np.abs(steps[max(start - 1, 0) : end] - usual) <= reach
        if start > 0 and abuts.all() and int(sizes[start - 1 : end + 1].sum()) <= PES_BYTES:
            excused[start : end + 1] = True
    return excused


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last place of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]

"""The clock of a recording: timestamps of its pictures, or counting where there are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.media.model import NO_TIME, PacketTable, StreamInfo

UNTIMED_FORMATS: Final = frozenset(
    {"h264", "hevc", "vvc", "m4v", "mpegvideo", "h263", "h261", "vc1", "cavsvideo", "obu"}
)
"""Raw streams: whatever times a demuxer gives were counted by it, not recorded."""
DECODE_TIMES_ONLY: Final = frozenset({"avi"})
"""Containers that hold no presentation times; those that packets show are a demuxer's guess."""
USUAL_RATE: Final = 25


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """pts int64 (N,), the median interval in ticks, and whether the times were recorded."""

    pts: NDArray[np.int64]
    nominal: int
    timed: bool


def nominal_of_rate(stream: StreamInfo) -> int:
    """Ticks of a frame at the rate the container states (25 a second where it states none)."""
    rate = stream.rate if stream.rate and stream.rate > 0 else USUAL_RATE
    return max(1, round(1 / (rate * stream.time_base)))


def median_interval(pts: NDArray[np.int64]) -> int:
    """Median of the positive intervals, the lower one of two; 0 where there are none."""
    steps = np.diff(pts)
    steps = steps[steps > 0]
    return int(np.partition(steps, (len(steps) - 1) // 2)[(len(steps) - 1) // 2]) if len(steps) else 0


def clock_of(
    packets: PacketTable,
    mine: NDArray[np.intp],
    pts: NDArray[np.int64],
    rows: NDArray[np.int32],
    stream: StreamInfo,
) -> Clock:
    """Decide which times to believe.

    Parameters
    ----------
    packets, mine
        The packets, and the rows of the video stream among them.
    pts, rows
        Of the presented pictures, in the decoder's order: times as the decoder gave them, rows
        of their packets.
    stream
        The video stream.

    Notes
    -----
    Raw streams have no times: pictures are counted. Where packets have decoding times only (AVI),
    the guess of demuxer and decoder is wrong for B-pictures; the k-th picture shown then has the
    k-th of the decoding times, holes in them included.
    """
    step = nominal_of_rate(stream)
    if packets.media.format in UNTIMED_FORMATS:
        return Clock(np.arange(len(pts), dtype=np.int64) * step, step, False)
    guessed = packets.media.format in DECODE_TIMES_ONLY
    untimed = (packets.pts[mine] == NO_TIME) | guessed
    dated = packets.dts[mine] != NO_TIME
    out = np.array(pts, np.int64)
    if len(mine) and 2 * int(untimed.sum()) > len(mine):
        known = rows >= 0
        if 2 * int(dated.sum()) <= len(mine) or not known.all():
            return Clock(np.arange(len(pts), dtype=np.int64) * step, step, False)
        out = np.sort(packets.dts[rows])
    return Clock(out, median_interval(out) or step, True)

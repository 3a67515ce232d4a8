"""Where packets stand on the presentation timeline: second and picture number of a coded picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detectors.timeline import video_times
from engine.features.tables import Features


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Coded pictures in presentation order.

    Attributes
    ----------
    number
        int64, (P,). For each position in the table of coded facts its picture number, or -1 where
        it was not decoded or is not presented.
    seconds
        float64, (N,). Presentation time of each picture number.
    keys
        Picture numbers of the random-access pictures, ascending.
    constant
        Whether pictures come at a constant rate.
    interval_s
        Usual interval, seconds.
    tick_s
        Seconds a tick of the video stream.
    """

    number: NDArray[np.int64]
    seconds: NDArray[np.float64]
    keys: tuple[int, ...]
    constant: bool
    interval_s: float
    tick_s: float

    @property
    def end_s(self) -> float:
        """Where the last picture leaves the screen."""
        return float(self.seconds[-1] + self.interval_s) if len(self.seconds) else 0.0

    def second(self, frame: int) -> float:
        """Presentation time of a picture number."""
        return float(self.seconds[frame])

    def frame(self, position: int) -> int | None:
        """Number of the first presented picture from a position in decode order on; None for the first or none."""
        ahead = self.number[position : position + 32]
        known = ahead[ahead >= 0]
        return int(known[0]) if len(known) and known[0] > 0 else None

    def nearest_key(self, start_s: float, end_s: float) -> int | None:
        """The key picture, not the first, shown within a span or next to its middle; None if none is within."""
        inside = [k for k in self.keys if k > 0 and start_s <= self.second(k) <= end_s]
        return min(inside, key=lambda k: abs(self.second(k) - (start_s + end_s) / 2), default=None)


def places_of(features: Features) -> Places:
    """Places of the examined video stream; empty where it has none."""
    coded, frames, times = features.coded, features.frames, video_times(features)
    rows = np.zeros(0, np.int64) if coded is None else coded.pictures["row"].astype(np.int64)
    number = _by_row(features)[rows] if len(rows) else np.zeros(0, np.int64)
    if frames is not None:
        seconds = frames.seconds
    else:
        pts = np.zeros(0, np.int64) if times is None else times.pts
        seconds = (pts - pts[:1]) * float(times.time_base) if times is not None else np.zeros(0)
    starts = number[coded.pictures["random_access"] > 0] if coded is not None and len(rows) else number
    stream = features.media.video
    tick_s = float(stream.time_base) if stream else 1.0
    deltas = np.diff(seconds)
    usual = float(np.median(deltas)) if len(deltas) else 0.04
    steady = bool(len(deltas) > 8 and np.mean(np.abs(deltas - usual) <= 0.1 * usual + tick_s) >= 0.95)
    keys = tuple(sorted(int(k) for k in starts if k >= 0))
    return Places(number, seconds, keys, steady, usual, tick_s)


def _by_row(features: Features) -> NDArray[np.int64]:
    """Row of the PacketTable -> picture number, -1 for none."""
    table, frames, stream = features.packets, features.frames, features.media.video
    number = np.full(len(table), -1, np.int64)
    if frames is not None:
        rows = np.asarray(frames["packet"], np.int64)
        number[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
    elif stream is not None:
        mine = table.rows(stream.index)
        mine = mine[~table.hidden[mine]]
        number[mine[np.argsort(table.pts[mine], kind="stable")]] = np.arange(len(mine))
    return number

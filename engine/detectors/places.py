"""Where packets stand on the presentation timeline: second and picture number of a coded picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.features.tables import Features
from engine.media.model import NO_TIME


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
    coded, frames, stream = features.coded, features.frames, features.media.video
    tick_s = float(stream.time_base) if stream else 1.0
    shown = _shown_rows(features)
    if frames is not None:
        seconds = frames.seconds
    else:
        pts = features.packets.pts[shown]
        seconds = np.asarray((pts - pts[:1]) * tick_s, np.float64)
    number = np.full(len(features.packets), -1, np.int64)
    known = (shown >= 0) & (shown < len(number))
    number[shown[known]] = np.flatnonzero(known)
    if coded is None or not len(coded):
        number = np.zeros(0, np.int64)
        starts = number
    else:
        number = number[coded.pictures["row"]]
        starts = number[coded.pictures["random_access"] > 0]
    deltas = np.diff(seconds)
    usual = float(np.median(deltas)) if len(deltas) else 0.04
    steady = bool(len(deltas) > 8 and np.mean(np.abs(deltas - usual) <= 0.1 * usual + tick_s) >= 0.95)
    keys = tuple(sorted(int(k) for k in starts if k >= 0))
    return Places(number, seconds, keys, steady, usual, tick_s)


def _shown_rows(features: Features) -> NDArray[np.int64]:
    """Row of the PacketTable of each picture number, -1 where it is not known."""
    table, frames, stream = features.packets, features.frames, features.media.video
    if frames is not None:
        return np.asarray(frames["packet"], np.int64)
    if stream is None:
        return np.zeros(0, np.int64)
    mine = table.rows(stream.index)
    mine = mine[~table.hidden[mine] & (table.pts[mine] != NO_TIME)]
    return np.asarray(mine[np.argsort(table.pts[mine], kind="stable")], np.int64)

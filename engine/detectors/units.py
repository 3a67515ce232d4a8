"""Which picture each packet of the examined video stream is, and when it is shown: pure, on tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detectors.timeline import credible, unwrapped
from engine.features.tables import Features
from engine.features.timing import DECODE_TIMES_ONLY


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Packets of the examined video stream in the order of the file.

    Attributes
    ----------
    number
        int64, (P,). Picture number of each packet, -1 where it is not shown. Where the clock falls back,
        numbers go on in the order of the file.
    seconds
        float64, (N,). Presentation time of each picture number.
    interval_s
        Usual interval, seconds.
    """

    number: NDArray[np.int64]
    seconds: NDArray[np.float64]
    interval_s: float

    @property
    def end_s(self) -> float:
        """Where the last picture leaves the screen."""
        return float(self.seconds.max() + self.interval_s) if len(self.seconds) else 0.0

    def second(self, frame: int) -> float:
        """Presentation time of a picture number."""
        return float(self.seconds[frame])

    def between(self, frame: int) -> tuple[float, float]:
        """Times of the picture before `frame` and of `frame`; the first twice where the clock falls back."""
        start = self.second(frame - 1)
        return start, max(start, self.second(frame))

    def first_shown(self, unit: int) -> int | None:
        """Number of the first shown picture from a packet on that is not the very first; None without one."""
        known = self.number[unit:][self.number[unit:] > 0]
        return int(known[0]) if len(known) else None


def units_of(features: Features) -> Units:
    """Numbers and times of the packets of the examined video stream; empty without one."""
    stream, frames = features.media.video, features.frames
    if stream is None:
        return Units(np.zeros(0, np.int64), np.zeros(0), 0.04)
    rows = features.packets.rows(stream.index)
    number = np.full(len(rows), -1, np.int64)
    if frames is not None:
        taken = np.asarray(frames["packet"], np.int64)
        place = np.searchsorted(rows, taken)
        known = (place < len(rows)) & (rows[np.minimum(place, len(rows) - 1)] == taken) if len(rows) else taken < 0
        number[place[known]] = np.flatnonzero(known)
        seconds = frames.seconds
    else:
        table = unwrapped(features.packets, stream)
        times = (table.dts if table.media.format in DECODE_TIMES_ONLY else table.pts)[rows]
        shown = np.flatnonzero(~table.hidden[rows] & credible(times))
        pts = times[shown]
        order = np.lexsort((pts, _pieces(table.dts[rows])[shown]))
        number[shown[order]] = np.arange(len(order))
        seconds = np.asarray((pts[order] - pts[order][:1]) * float(stream.time_base), np.float64)
    steps = np.diff(seconds)
    return Units(number, seconds, float(np.median(steps)) if len(steps) else 0.04)


def _pieces(dts: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often decode times have fallen back, at each packet."""
    known = np.where(credible(dts), dts, 0)
    steps = np.diff(known, prepend=known[:1])
    usual = np.median(np.abs(steps)) if len(steps) else 0
    fell = (steps < -usual) & credible(dts) & np.roll(credible(dts), 1)
    return np.cumsum(fell)

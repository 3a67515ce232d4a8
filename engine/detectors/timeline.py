"""Where pictures and sound packets stand in time, as exact ticks: what timeline detectors read.

Undecodable pictures are part of the timeline: their packets carry a time, so that damage
is never taken for missing time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.features.tables import Features
from engine.features.timing import DECODE_TIMES_ONLY, UNTIMED_FORMATS
from engine.media.model import PacketTable, StreamInfo
from engine.media.timeline import timelines

CLOCK_RANGE: Final = 1 << 33
"""Ticks after which the clock of MPEG transport and programme streams starts again."""

FARTHEST: Final = 1 << 60
"""Ticks beyond this stand in no recording."""

WRAP_SLACK: Final = 90_000 * 10
"""A fall by the whole range, within this many ticks, is the wrap-around."""


RAW_SOUND: Final = ("pcm_", "adpcm_")
"""Codecs whose packets may have any length. Elsewhere a packet that lasts longer than two usual
ones does so because its container stretches the sample before a hole up to the next (MP4), and one
that lasts next to nothing because the next one came together with it."""
FAR_SHORTER: Final = 40
"""How many times shorter: blocks of one Vorbis stream differ 32 times at most."""


@dataclass(frozen=True, slots=True, eq=False)
class VideoTimes:
    """Presentation times of the examined video stream.

    Attributes
    ----------
    pts
        int64, (N,), ticks, strictly ascending; decoded and undecodable pictures.
    frame
        int32, (N,). Picture number in presentation order, or -1 where it was not decoded;
        where nothing was decoded at all, the position in `pts`.
    time_base
        Seconds a tick.
    origin
        Ticks of the first presented picture: second 0 of the presentation.
    """

    pts: NDArray[np.int64]
    frame: NDArray[np.int32]
    time_base: Fraction
    origin: int

    def __len__(self) -> int:
        return len(self.pts)

    def second(self, position: int) -> float:
        """Presentation time of the picture at `position`, exact until the last division."""
        return float((int(self.pts[position]) - self.origin) * self.time_base)

    def join(self, position: int) -> tuple[int | None, int | None]:
        """Numbers of the last decoded picture up to `position` and the first after it."""
        before = self.frame[: position + 1]
        after = self.frame[position + 1 :]
        known, coming = before[before >= 0], after[after >= 0]
        return (int(known[-1]) if len(known) else None, int(coming[0]) if len(coming) else None)

    @property
    def usual(self) -> int:
        """Median interval, ticks; 0 for a single picture."""
        return int(np.median(np.diff(self.pts))) if len(self.pts) > 1 else 0

    @property
    def first_decoded(self) -> int | None:
        """Number of the first decoded picture."""
        known = self.frame[self.frame >= 0]
        return int(known[0]) if len(known) else None


@dataclass(frozen=True, slots=True, eq=False)
class SoundTimes:
    """Packets of the examined sound stream that are presented, by time.

    Attributes
    ----------
    pts, end
        int64, (M,), ticks: where each packet starts, and where its samples end.
    time_base
        Seconds a tick.
    origin_s
        Exact seconds of the presentation's zero on the sound stream's clock.
    """

    pts: NDArray[np.int64]
    end: NDArray[np.int64]
    time_base: Fraction
    origin_s: Fraction

    def __len__(self) -> int:
        return len(self.pts)

    def second(self, ticks: int) -> float:
        """Presentation time of `ticks` in seconds."""
        return float(ticks * self.time_base - self.origin_s)


def video_times(features: Features) -> VideoTimes | None:
    """Times of all presented pictures; None where there is no video or it carries no times."""
    pictures = _pictures(features)
    return None if pictures is None else _in_order(pictures, np.ones(len(pictures.pts), np.bool_))


def video_pieces(features: Features) -> tuple[VideoTimes, ...]:
    """`video_times`, cut where the decode clock falls back in the order of the file.

    One piece nearly always; none where there are no times. Within a piece time only goes on.
    """
    pictures = _pictures(features)
    if pictures is None:
        return ()
    piece = np.searchsorted(_falls(features), pictures.row, side="right")
    return tuple(_in_order(pictures, piece == number) for number in np.unique(piece))


@dataclass(frozen=True, slots=True, eq=False)
class _Pictures:
    """Presented pictures, decoded or not, in any order: columns of equal length."""

    pts: NDArray[np.int64]
    frame: NDArray[np.int32]
    row: NDArray[np.signedinteger[Any]]
    """Row of the PacketTable."""
    time_base: Fraction
    origin: int


def _pictures(features: Features) -> _Pictures | None:
    stream, frames = features.media.video, features.frames
    if stream is None:
        return None
    table = unwrapped(features.packets, stream)
    if frames is None:
        rows = _shown(table, table.rows(stream.index))
        if len(rows) == 0 or features.media.format in UNTIMED_FORMATS:
            return None
        pts = _placed(table, stream, rows)
        order = np.lexsort((pts, np.searchsorted(_falls(features), rows, side="right")))
        number = np.arange(len(rows), dtype=np.int32)
        return _Pictures(pts[order], number, rows[order], stream.time_base, int(pts[order[0]]))
    if not frames.timed or len(frames) == 0:
        return None
    lost = _shown(table, np.asarray(frames.undecodable, dtype=np.intp))
    shown = np.asarray(frames["pts"], dtype=np.int64)
    if table is not features.packets:
        shown = frames.origin + (shown - frames.origin) % CLOCK_RANGE
    return _Pictures(
        pts=np.concatenate((shown, _placed(table, stream, lost))),
        frame=np.concatenate((np.arange(len(frames), dtype=np.int32), np.full(len(lost), -1, np.int32))),
        row=np.concatenate((_known_rows(np.asarray(frames["packet"], dtype=np.int64)), lost)),
        time_base=frames.time_base,
        origin=frames.origin,
    )


def unwrapped(table: PacketTable, stream: StreamInfo) -> PacketTable:
    """The table with the times of one stream running on where the 33-bit clock started again.

    A time is put where it lies nearest to the decode time of its packet, which only goes on.
    """
    rows = table.rows(stream.index)
    rows = rows[credible(table.dts[rows])]
    wraps = np.abs(np.diff(table.dts[rows]) + CLOCK_RANGE) <= WRAP_SLACK
    if not wraps.any():
        return table
    dts, pts = table.dts.copy(), table.pts.copy()
    dts[rows[1:]] += np.cumsum(wraps) * CLOCK_RANGE
    timed = rows[credible(pts[rows])]
    ahead = (table.pts[timed] - table.dts[timed] + CLOCK_RANGE // 2) % CLOCK_RANGE - CLOCK_RANGE // 2
    pts[timed] = dts[timed] + ahead
    return replace(table, dts=dts, pts=pts)


def _known_rows(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of the PacketTable; a picture whose row is not known stands with the one before."""
    known: NDArray[np.intp] = np.maximum.accumulate(np.where(rows >= 0, np.arange(len(rows)), 0))
    return np.asarray(np.take(rows, known), np.int64)


def _in_order(pictures: _Pictures, chosen: NDArray[np.bool_]) -> VideoTimes:
    pts, first = np.unique(pictures.pts[chosen], return_index=True)
    return VideoTimes(pts, pictures.frame[chosen][first], pictures.time_base, pictures.origin)


def _falls(features: Features) -> NDArray[np.int64]:
    """Rows of the video packets at which decode times fall back by more than a usual interval."""
    stream = features.media.video
    table = features.packets if stream is None else unwrapped(features.packets, stream)
    rows = np.zeros(0, np.intp) if stream is None else table.rows(stream.index)
    rows = rows[credible(table.dts[rows])]
    steps = np.diff(table.dts[rows])
    usual = int(np.median(np.abs(steps))) if len(steps) else 0
    return np.asarray(rows[1:][steps < -usual], np.int64)


def sound_times(features: Features) -> SoundTimes | None:
    """Times of the presented sound packets; None where there is no sound or it carries no times."""
    stream = features.media.audio
    if stream is None:
        return None
    table = unwrapped(features.packets, stream)
    rows = _shown(table, table.rows(stream.index))
    if len(rows) < 2:
        return None
    rows = rows[np.argsort(_placed(table, stream, rows), kind="stable")]
    pts = _placed(table, stream, rows)
    duration = table.duration[rows]
    usual = max(int(np.median(np.diff(pts))), 0)
    length = np.where(duration > 0, duration, usual)
    if not stream.codec.startswith(RAW_SOUND):
        length = np.where((length > 2 * usual) | (length * FAR_SHORTER < usual), usual, length)
    return SoundTimes(pts, pts + length, stream.time_base, _zero(features))


def _shown(table: PacketTable, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those of `rows` that have a time and are presented."""
    times = table.dts if table.media.format in DECODE_TIMES_ONLY else table.pts
    return np.asarray(rows[credible(times[rows]) & ~table.hidden[rows]], np.intp)


def credible(ticks: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which times are there, and not so absurd that sums of them overflow."""
    return np.asarray((ticks > -FARTHEST) & (ticks < FARTHEST), np.bool_)


def _placed(table: PacketTable, stream: StreamInfo, rows: NDArray[np.intp]) -> NDArray[np.int64]:
    """Presentation ticks of packets that `_shown` let through."""
    pts = (table.dts if table.media.format in DECODE_TIMES_ONLY else table.pts)[rows]
    timeline = timelines(table.media).get(stream.index)
    if timeline is None:
        return pts
    placed = pts.copy()
    done = np.zeros(len(pts), np.bool_)
    for segment in timeline.segments:
        here = ~done & (pts >= segment.start) & (pts < segment.end)
        placed[here] += segment.shift
        done |= here
    return placed


def _zero(features: Features) -> Fraction:
    video = video_times(features)
    if video is not None:
        return video.origin * video.time_base
    frames = features.frames
    if frames is not None and len(frames):
        return frames.origin * frames.time_base
    stream = features.media.audio
    if stream is None:
        return Fraction(0)
    pts = _placed(features.packets, stream, _shown(features.packets, features.packets.rows(stream.index)))
    return int(pts.min()) * stream.time_base if len(pts) else Fraction(0)

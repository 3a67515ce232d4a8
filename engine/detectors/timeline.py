"""Where pictures and sound packets stand in time, as exact ticks: what timeline detectors read.

Undecodable pictures are part of the timeline: their packets carry a time, so that damage
is never taken for missing time.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.features.tables import Features
from engine.media.model import NO_TIME, PacketTable, StreamInfo
from engine.media.timeline import timelines

CLOCK_RANGE: Final = 1 << 33
"""Ticks after which the clock of MPEG transport and programme streams starts again."""


RAW_SOUND: Final = ("pcm_", "adpcm_")
"""Codecs whose packets may have any length. Elsewhere a packet that lasts longer than two usual
ones does so because its container stretches the sample before a hole up to the next (MP4)."""


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
    stream = features.media.video
    if stream is None:
        return None
    frames = features.frames
    if frames is None:
        pts = np.unique(_placed(features.packets, stream, features.packets.rows(stream.index)))
        if len(pts) == 0:
            return None
        return VideoTimes(pts, np.arange(len(pts), dtype=np.int32), stream.time_base, int(pts[0]))
    if not frames.timed or len(frames) == 0:
        return None
    shown = np.asarray(frames["pts"], dtype=np.int64)
    lost = _placed(features.packets, stream, np.asarray(frames.undecodable, dtype=np.intp))
    every = np.concatenate((shown, lost))
    numbers = np.concatenate((np.arange(len(shown), dtype=np.int32), np.full(len(lost), -1, np.int32)))
    pts, first = np.unique(every, return_index=True)
    return VideoTimes(pts, numbers[first], frames.time_base, frames.origin)


def sound_times(features: Features) -> SoundTimes | None:
    """Times of the presented sound packets; None where there is no sound or it carries no times."""
    stream = features.media.audio
    if stream is None:
        return None
    table = features.packets
    rows = table.rows(stream.index)
    rows = rows[(table.pts[rows] != NO_TIME) & ~table.hidden[rows]]
    if len(rows) < 2:
        return None
    rows = rows[np.argsort(table.pts[rows], kind="stable")]
    pts = _placed(table, stream, rows)
    duration = table.duration[rows]
    usual = max(int(np.median(np.diff(pts))), 0)
    length = np.where(duration > 0, duration, usual)
    if not stream.codec.startswith(RAW_SOUND):
        length = np.where(length > 2 * usual, usual, length)
    return SoundTimes(pts, pts + length, stream.time_base, _zero(features))


@dataclass(frozen=True, slots=True)
class BackwardStep:
    """A place where the decode clock falls back, in the order of the file.

    Parameters
    ----------
    at_s
        Presentation time of the picture before the step, seconds.
    by_s
        How far the clock falls, seconds, > 0.
    before, after
        Numbers of the pictures on both sides, where they are known.
    """

    at_s: float
    by_s: float
    before: int | None
    after: int | None


def backward_steps(features: Features, times: VideoTimes) -> tuple[BackwardStep, ...]:
    """Places where decode times fall back by more than one usual interval.

    A fall by the whole range of the 33-bit clock of transport streams is its wrap-around.
    """
    stream = features.media.video
    if stream is None:
        return ()
    table = features.packets
    rows = table.rows(stream.index)
    rows = rows[table.dts[rows] != NO_TIME]
    steps = np.diff(table.dts[rows])
    usual = int(np.median(np.abs(steps))) if len(steps) else 0
    wrapped = np.abs(steps + CLOCK_RANGE) <= max(100 * usual, 1)
    return tuple(
        _backward_step(features, times, rows, int(i), usual) for i in np.flatnonzero((steps < -usual) & ~wrapped)
    )


def _backward_step(
    features: Features, times: VideoTimes, rows: NDArray[np.intp], place: int, usual: int
) -> BackwardStep:
    table, stream = features.packets, features.media.video
    assert stream is not None
    by = int(table.dts[rows[place]] - table.dts[rows[place + 1]]) + usual
    numbers = picture_numbers(features)
    before, after = numbers.get(int(rows[place])), numbers.get(int(rows[place + 1]))
    ticks = int(table.pts[rows[place]])
    at = times.origin if ticks == NO_TIME else ticks
    return BackwardStep(float((at - times.origin) * times.time_base), float(by * times.time_base), before, after)


def picture_numbers(features: Features) -> dict[int, int]:
    """Row of the PacketTable -> picture number, for pictures that were decoded."""
    frames = features.frames
    if frames is None:
        return {}
    rows = np.asarray(frames["packet"], dtype=np.int64)
    return {int(row): number for number, row in enumerate(rows) if row >= 0}


def _placed(table: PacketTable, stream: StreamInfo, rows: NDArray[np.intp]) -> NDArray[np.int64]:
    """Presentation ticks of packets, without those that have no time or are hidden."""
    rows = rows[(table.pts[rows] != NO_TIME) & ~table.hidden[rows]]
    pts = table.pts[rows]
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
    pts = _placed(features.packets, stream, features.packets.rows(stream.index))
    return int(pts.min()) * stream.time_base if len(pts) else Fraction(0)

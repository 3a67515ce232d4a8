"""How much of a presentation could not be decoded, and where: pure, and shared.

From a damaged picture to the next random-access point is one stretch: what the decoder
shows there is partly invented.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.detectors.cadence import runs
from engine.detectors.timeline import VideoTimes, credible, video_times
from engine.features.tables import CORRUPT, DAMAGED, KEY, Features, FrameTable
from engine.media.model import MediaInfo, StreamInfo

MOST_S: Final = 2.0
"""More seconds than this that could not be decoded, and the file is not examinable."""
MOST_SHARE: Final = 0.01
MOST_PICTURES: Final = 5
"""Or more than this share of the presentation, and more than this many pictures."""

TAIL_S: Final = 0.5
"""A file may end this much before its header says so ..."""
TAIL_SHARE: Final = 0.02
"""... or this share of its length, whichever is more."""

IMAGE_FORMATS: Final = frozenset({"image2", "image2pipe", "gif", "apng", "ico", "fits", "alias_pix", "brender_pix"})
"""Image formats by FFmpeg's names; all others end in ``_pipe``."""

_SOUND_AND_TEXT: Final = ("soun", "text", "sbtl", "subt", "subp", "clcp")
_DATA: Final = ("tmcd", "meta", "mdta", "mdir", "hint", "camm", "alis")
_SYSTEMS: Final = ("fdsm", "odsm", "sdsm", "ocsm", "crsm", "m7sm", "mjsm", "ipsm")
NO_PICTURES: Final = frozenset((*_SOUND_AND_TEXT, *_DATA, *_SYSTEMS))
"""Kinds of tracks in MP4 and MOV that hold no pictures. Source: MP4 registration authority, handlers."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One unreadable stretch.

    Parameters
    ----------
    start_s, end_s
        Seconds on the presentation timeline.
    start_frame, end_frame
        First and last damaged picture; for pictures that are missing altogether, those on
        both sides. None where nothing was decoded there.
    pictures
        Damaged and undecodable pictures in it.
    lost
        Of these, how many were not decoded at all.
    waits
        They wait for a reference that the file does not hold: it begins inside a group of
        pictures. No player shows them.
    """

    start_s: float
    end_s: float
    start_frame: int | None
    end_frame: int | None
    pictures: int
    lost: int
    waits: bool = False

    @property
    def seconds(self) -> float:
        return self.end_s - self.start_s


def damage(features: Features) -> tuple[Damage, ...]:
    """Unreadable stretches of the pictures, in order of time; negative before the first decoded picture."""
    times = video_times(features)
    frames = features.frames
    if frames is None or times is None:
        return () if frames is None else _with_start(features, tuple(sorted(_untimed(frames), key=_place)))
    flags = np.asarray(frames["flags"], dtype=np.uint8)
    broken = (flags & (CORRUPT | DAMAGED)) != 0
    bad = np.ones(len(times), np.bool_)
    known = times.frame >= 0
    bad[known] = broken[times.frame[known]]
    found = _with_start(features, tuple(_stretch(times, first, after) for first, after in runs(bad)))
    if not found or not found[0].waits:
        return found
    bad[known] = (broken & ~_whole_after_start(features, frames, flags))[times.frame[known]]
    return _with_start(features, tuple(_stretch(times, first, after) for first, after in runs(bad)))


def _whole_after_start(features: Features, frames: FrameTable, flags: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(N,) pictures of the first group that count as damaged only because leading pictures before it are lost.

    What is shown after a random-access point refers to nothing shown before it (open groups).
    """
    rows, lost = np.asarray(frames["packet"], np.int64), np.asarray(frames.undecodable, np.int64)
    keys = np.sort(rows[(flags & KEY) != 0])
    if len(keys) == 0:
        return np.zeros(len(rows), np.bool_)
    end = int(keys[1]) if len(keys) > 1 else len(features.packets)
    group = (rows >= keys[0]) & (rows < end)
    inside = lost[(lost > keys[0]) & (lost < end)]
    leading = features.packets.pts[inside] < frames.origin
    return group if leading.all() and not (flags[group] & CORRUPT).any() else np.zeros(len(rows), np.bool_)


def _place(stretch: Damage) -> tuple[float, float]:
    return stretch.start_s, stretch.end_s


def _with_start(features: Features, found: tuple[Damage, ...]) -> tuple[Damage, ...]:
    """The same stretches, the first marked if no player shows it."""
    if not found or not _waits(features, found[0]):
        return found
    return (replace(found[0], waits=True), *found[1:])


def _waits(features: Features, start: Damage) -> bool:
    """Whether a recording begins inside a group of pictures, within `MOST_S`.

    Such a start holds predicted pictures only. A start that has random-access points, none of
    which can be decoded, is damaged.
    """
    frames, packets = features.frames, features.packets
    if frames is None or start.end_s > 0 or start.seconds > MOST_S:
        return False
    rows, lost = np.asarray(frames["packet"], np.int64), np.asarray(frames.undecodable, np.int64)
    first = int(rows[rows >= 0].min(initial=len(packets)))
    return not packets.key[lost[lost < first]].any()


def damaged_frames(frames: FrameTable) -> Iterator[tuple[int, int]]:
    """First and last picture number of each run of decoded but damaged pictures."""
    flags: NDArray[np.uint8] = np.asarray(frames["flags"], dtype=np.uint8)
    for first, after in runs((flags & (CORRUPT | DAMAGED)) != 0):
        yield first, after - 1


def too_much(stretches: tuple[Damage, ...], pictures: int, seconds: float) -> bool:
    """Whether so much could not be decoded that the file counts as not examinable.

    Parameters
    ----------
    stretches
        Of one presentation.
    pictures, seconds
        Presented pictures, decoded or not, and the length of the presentation.
    """
    presented = [d for d in stretches if not d.waits]
    lost_s = round(sum(d.seconds for d in presented), 6)
    lost = sum(d.pictures for d in presented)
    share = max(lost / pictures if pictures else 0.0, lost_s / seconds if seconds > 0 else 0.0)
    return lost_s > MOST_S or (share > MOST_SHARE and lost > MOST_PICTURES)


def _stretch(times: VideoTimes, first: int, after: int) -> Damage:
    numbers = times.frame[first:after]
    decoded = numbers[numbers >= 0]
    if len(decoded):
        start, end = int(decoded.min()), int(decoded.max())
        borders: tuple[int | None, int | None] = (start, end)
    else:
        borders = (times.join(first - 1)[0] if first else None, times.join(after - 1)[1])
    until = (
        times.second(after) if after < len(times) else times.second(after - 1) + float(times.usual * times.time_base)
    )
    return Damage(times.second(first), until, *borders, after - first, int(np.count_nonzero(numbers < 0)))


def _untimed(frames: FrameTable) -> Iterator[Damage]:
    """Of a raw stream, whose pictures are counted: damaged ones, and lost ones where they stand in the file."""
    step = 1.0 / frames.rate
    for first, last in damaged_frames(frames):
        yield Damage(frames.time(first), frames.time(last) + step, first, last, last - first + 1, 0)
    decoded = np.sort(np.asarray(frames["packet"], np.int64))
    behind, lost = np.unique(np.searchsorted(decoded, np.asarray(frames.undecodable, np.int64)), return_counts=True)
    for count, pictures in zip(behind.tolist(), lost.tolist(), strict=True):
        start = count * step if count else -pictures * step
        borders = count - 1 if count else None, count if count < len(frames) else None
        yield Damage(start, start + pictures * step, *borders, pictures, pictures)


def unexaminable(features: Features) -> str | None:
    """Why the file as a whole could not be examined, or None.

    Returns
    -------
    str or None
        ``photo`` for an image file, ``no_picture`` where no picture could be decoded, there is none to
        decode, or a picture track cannot even be opened, ``no_sound`` for a sound file of
        which no sound could, ``no_content`` without either stream, ``too_much_unreadable``
        beyond `MOST_S`, or beyond `MOST_SHARE` and `MOST_PICTURES`. The end that a file
        promises and does not hold counts too.
    """
    media, frames, audio = features.media, features.frames, features.audio
    if is_photo(media):
        return "photo"
    if media.video is None:
        if has_unknown_pictures(media):
            return "no_picture"
        if media.audio is None:
            return "no_content"
        return "no_sound" if audio is not None and len(audio) == 0 else None
    if frames is None:  # decoding was not asked for
        return None if len(features.packets.rows(media.video.index)) else "no_picture"
    if len(frames) == 0:
        return "no_picture"
    stretches = damage(features)
    start = min((d.start_s for d in stretches), default=0.0)
    seconds = frames.time(len(frames) - 1) + 1 / frames.rate - min(start, 0.0)
    pictures = len(frames) + len(frames.undecodable)
    if missing_tail(features) > MOST_S or too_much(stretches, pictures, seconds):
        return "too_much_unreadable"
    return None


def is_photo(media: MediaInfo) -> bool:
    """Whether a file is an image by its content, whatever its name: JPEG, PNG, GIF, HEIF and such.

    A HEIF file is an MP4 whose pictures are items of ``meta`` and no tracks (ISO/IEC 23008-12).
    """
    boxes = media.boxes
    items = boxes is not None and "meta" in boxes.top_level and "moov" not in boxes.top_level
    return media.format.endswith("_pipe") or media.format in IMAGE_FORMATS or (items and media.video is not None)


def has_unknown_pictures(media: MediaInfo) -> bool:
    """Whether a file without a video stream has a track that may hold pictures all the same.

    A track of kind ``vide``, or of a kind that is not known to hold anything else.
    """
    if any(s.kind == "video" for s in media.streams):
        return False
    if media.boxes is None:
        return media.format == "avi" and any(s.kind == "data" for s in media.streams)
    return any(track.handler_type not in NO_PICTURES for track in media.boxes.tracks)


def missing_tail(features: Features) -> float:
    """Seconds by which a file ends before its own header says so; 0 within `TAIL_S` or `TAIL_SHARE`."""
    stored, promised = lengths(features)
    missing = promised - stored
    return missing if missing > max(TAIL_S, TAIL_SHARE * promised) else 0.0


def lengths(features: Features) -> tuple[float, float]:
    """Seconds that are stored, hidden pictures included, and that the header promises.

    Of the video stream; where only the container has a length (Matroska, FLV), of all streams.
    """
    stream, media = features.media.video, features.media
    if stream is not None and stream.duration:
        start, end = _reach(features, stream)
        return end - start, float(stream.duration * stream.time_base)
    reaches = [_reach(features, s) for s in media.streams if s.kind in ("video", "audio") and not s.still]
    reaches = [r for r in reaches if r[1] > r[0]]
    if not media.duration_s or not reaches:
        return 0.0, 0.0
    return max(r[1] for r in reaches) - min(r[0] for r in reaches), media.duration_s


def _reach(features: Features, stream: StreamInfo) -> tuple[float, float]:
    """First time of a stream, and the end of its last packet, seconds."""
    table = features.packets
    rows = table.rows(stream.index)
    pts = np.sort(table.pts[rows][credible(table.pts[rows])])
    if len(pts) == 0:
        return 0.0, 0.0
    usual = int(np.median(np.diff(pts))) if len(pts) > 1 else 0
    return float(int(pts[0]) * stream.time_base), float((int(pts[-1]) + usual) * stream.time_base)

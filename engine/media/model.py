"""What is known of a file before anything is decoded: streams, packets, edit lists.

Columns are NumPy arrays of equal length, never written after construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

NO_TIME: Final = int(np.iinfo(np.int64).min)
"""Stands in an int64 column for a timestamp or position that the file does not carry."""

PACKET_SCHEMA: Final = "unbroken.packets/1"


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One stream as its container describes it.

    Times are in ticks of `time_base` (seconds). Fields that do not apply are None.
    """

    index: int
    id: int
    """The container's own number of the stream: track ID, PID."""
    kind: str
    """``video``, ``audio``, ``subtitle``, ``data`` or ``attachment``."""
    codec: str
    """FFmpeg's name of the codec, ``unknown`` where there is none."""
    time_base: Fraction
    start: int | None
    duration: int | None
    extradata: bytes = b""
    """The codec configuration as the container stores it."""
    profile: str | None = None
    codec_tag: str = ""
    width: int | None = None
    height: int | None = None
    pixel_format: str | None = None
    rate: Fraction | None = None
    """Average frame rate as the container states it, frames a second."""
    sample_rate: int | None = None
    channels: int | None = None
    sample_format: str | None = None
    rotation: int = 0
    """Degrees, counter-clockwise, as the container asks players to turn the picture."""
    sample_aspect: Fraction | None = None
    language: str | None = None
    handler: str | None = None
    still: bool = False
    """An attached picture (cover art, thumbnail), not a recording."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of an edit list, in ticks of the units that `elst` uses.

    Source: ISO/IEC 14496-12, 8.6.6.
    """

    duration: int
    """Ticks of the movie time scale; 0 means to the end of the media (fragmented files)."""
    media_time: int
    """Ticks of the media time scale; -1 is an empty edit."""
    rate: Fraction


@dataclass(frozen=True, slots=True)
class TrackBoxes:
    """What our own box reader found of one track of an MP4/MOV file."""

    track_id: int
    handler_type: str
    enabled: bool
    time_scale: int
    created: int | None
    modified: int | None
    edits: tuple[Edit, ...] = ()
    matrix: tuple[int, ...] = ()
    """The nine entries of the transformation matrix of ``tkhd``, as stored."""
    doubled: tuple[str, ...] = ()
    """Boxes that stand in it more than once, though only one may: parsers differ over which counts."""
    descriptions: int = 1
    """Entries of its sample description: more than one, and it was coded in more than one way."""
    external: bool = False
    """It refers to samples in another file: some readers look there, others in this one."""


@dataclass(frozen=True, slots=True)
class BoxFacts:
    """Facts of an MP4/MOV file that the demuxer does not tell."""

    major_brand: str
    minor_version: int
    brands: tuple[str, ...]
    top_level: tuple[str, ...]
    movie_time_scale: int
    created: int | None
    modified: int | None
    tracks: tuple[TrackBoxes, ...]
    movie_boxes: int = 1
    """How many ``moov`` boxes there are: more than one lets parsers differ; none, and the index is lost."""
    fragmented: bool = False
    unread: bool = False
    """There are more boxes than the reader visits, or a packed index: what they hold is not known."""
    padding: tuple[tuple[int, int], ...] = ()
    """First byte, and byte after the last, of what boxes hold that readers step over (``free``, ``skip``)."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a container says of who wrote it: where it stands, and its words."""

    name: str
    """Such as ``ftyp``, ``ilst.©too``, ``handler``, ``mkv.muxing_app``, ``riff.ISFT``."""
    value: str


@dataclass(frozen=True, slots=True)
class Dates:
    """Creation and modification as one header of an MP4/MOV file states them.

    Seconds since 1904-01-01 UTC; 0 where the field is empty.
    """

    where: str
    """``mvhd``, or ``tkhd.N`` and ``mdhd.N`` with the position of the track."""
    created: int
    modified: int


@dataclass(frozen=True, slots=True)
class Structure:
    """What a container's own headers say of the programs and devices that wrote it."""

    container: str = ""
    """``mp4``, ``matroska``, ``riff``, ``mpegts``, or empty for any other."""
    facts: tuple[Fact, ...] = ()
    dates: tuple[Dates, ...] = ()
    text: str = ""
    """The container's parts in order, a line each: `engine.media.structure_print`."""


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A file and its streams."""

    path: str
    size: int
    format: str
    """FFmpeg's name of the container format."""
    streams: tuple[StreamInfo, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    boxes: BoxFacts | None = None
    duration_s: float | None = None
    """Length as the container's header states it; None where it states none."""
    structure: Structure = Structure()

    @property
    def video(self) -> StreamInfo | None:
        """The video stream that is examined: the one with most pixels, the first of equals."""
        pictures = [s for s in self.streams if s.kind == "video" and not s.still]
        return max(pictures, key=lambda s: ((s.width or 0) * (s.height or 0), -s.index), default=None)

    @property
    def audio(self) -> StreamInfo | None:
        """The sound stream that is examined: the first."""
        return next((s for s in self.streams if s.kind == "audio"), None)


@dataclass(frozen=True, slots=True, eq=False)
class PacketTable:
    """One row a packet of any stream, in the order of the file.

    Attributes
    ----------
    stream
        int16, (N,). Stream index.
    index
        int32, (N,). Decode index in its stream, from 0.
    pts, dts, duration
        int64, (N,), ticks of the stream's time base; `NO_TIME` where the file has none
        (0 for an unknown duration).
    position
        int64, (N,). Byte offset of the payload, `NO_TIME` where it is not known exactly.
    size
        int32, (N,). Bytes.
    key, corrupt, hidden
        bool, (N,). Random-access point by the container's flag; marked corrupt by the
        demuxer; never presented because of an edit list.
    digest
        uint8, (N, 32), or None. Content digest of the packet's bytes as stored.
    """

    media: MediaInfo
    stream: NDArray[np.int16]
    index: NDArray[np.int32]
    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    duration: NDArray[np.int64]
    position: NDArray[np.int64]
    size: NDArray[np.int32]
    key: NDArray[np.bool_]
    corrupt: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    digest: NDArray[np.uint8] | None = None
    cut_short: bool = False
    """The demuxer gave up before the end of the file."""

    def __len__(self) -> int:
        return len(self.stream)

    def rows(self, stream: int) -> NDArray[np.intp]:
        """Row numbers of one stream, in decode order."""
        return np.flatnonzero(self.stream == stream)

"""Opening a file and reading its packets once, in the order of the file.

Nothing outside `engine.media` imports PyAV. MP4 and MOV are opened so that edit lists hide
nothing; `engine.media.timeline` applies them afterwards.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from math import atan2, degrees
from typing import Any, Final

import av
import av.error
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

from engine.media.boxes import read_boxes
from engine.media.errors import MediaError
from engine.media.model import NO_TIME, BoxFacts, MediaInfo, PacketTable, StreamInfo
from engine.media.structure import read_structure
from engine.media.timeline import timelines

_OPTIONS: Final = {"ignore_editlist": "1", "pattern_type": "none"}
"""Edit lists hide nothing; an image named ``a%d.jpg`` is that file, not the first of a series."""

EXACT_POSITIONS: Final = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "h264", "hevc", "avi"})
"""Containers whose packet positions are those of the payload's first byte."""

INDEXED: Final[Mapping[str, int]] = {"mov,mp4,m4a,3gp,3g2,mj2": 0, "avi": 8}
"""Containers with an index of all packets; bytes from the place that FFmpeg notes to the payload."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may ask for at most; beyond it, it is refused with the reason.

    Parameters
    ----------
    pixels
        Width times height of a picture.
    streams
        Streams in a container.
    packet_bytes
        Bytes of one packet.
    """

    pixels: int = 8192 * 8192
    streams: int = 256
    packet_bytes: int = 256 << 20


class CodedPacket:
    """One packet as it stands in the file.

    Attributes
    ----------
    row
        Its row in the PacketTable.
    stream, index
        Stream index; decode index in the stream, from 0.
    pts, dts, duration
        Ticks of the stream's time base; `NO_TIME` where the file has none (duration: 0).
    position
        Byte offset of the payload; `NO_TIME` where it is not known exactly.
    size
        Bytes.
    key, corrupt
        The demuxer's flags.
    """

    __slots__ = ("_packet", "corrupt", "dts", "duration", "index", "key", "position", "pts", "row", "size", "stream")

    def __init__(self, packet: Any, row: int, index: int, exact: bool) -> None:
        self._packet = packet
        self.row = row
        self.index = index
        self.stream: int = packet.stream_index
        self.pts: int = NO_TIME if packet.pts is None else packet.pts
        self.dts: int = NO_TIME if packet.dts is None else packet.dts
        self.duration: int = packet.duration or 0
        position = packet.pos
        self.position: int = position if exact and position is not None and position >= 0 else NO_TIME
        self.size: int = packet.size
        self.key: bool = packet.is_keyframe
        self.corrupt: bool = packet.is_corrupt

    @property
    def data(self) -> memoryview:
        """The packet's bytes, valid while the packet lives; no copy."""
        return memoryview(self._packet)

    @property
    def configuration(self) -> bytes | None:
        """A decoder configuration that replaces the stream's from this packet on; None without one."""
        if not self._packet.has_sidedata("new_extradata"):
            return None
        return bytes(self._packet.get_sidedata("new_extradata"))

    def decode(self) -> list[Any]:
        """Decode; pictures (or sound) that become ready, `opaque` of each a tuple of the row it came from.

        Raises
        ------
        av.error.FFmpegError
            If the packet cannot be decoded; the decoder goes on with the next.
        """
        # a tuple, not the number: PyAV files it under its id, which small numbers share between open files
        self._packet.opaque = (self.row,)
        return self._packet.decode()  # type: ignore[no-any-return]


_ROW: Final = np.dtype(
    [
        ("stream", np.int16),
        ("index", np.int32),
        ("pts", np.int64),
        ("dts", np.int64),
        ("duration", np.int64),
        ("position", np.int64),
        ("size", np.int32),
        ("key", np.bool_),
        ("corrupt", np.bool_),
    ]
)
_CHUNK: Final = 8192


class _Rows:
    """Rows of the packet table while it grows: 44 bytes a packet, whatever the length."""

    def __init__(self) -> None:
        self._full: list[NDArray[Any]] = []
        self._last: list[tuple[int, ...]] = []

    def __len__(self) -> int:
        return len(self._full) * _CHUNK + len(self._last)

    def append(self, p: CodedPacket) -> None:
        self._last.append((p.stream, p.index, p.pts, p.dts, p.duration, p.position, p.size, p.key, p.corrupt))
        if len(self._last) == _CHUNK:
            self._full.append(np.array(self._last, _ROW))
            self._last = []

    def array(self) -> NDArray[Any]:
        return np.concatenate([*self._full, np.array(self._last, _ROW)])


class Recording:
    """An open file; made by `open_recording`."""

    def __init__(self, container: Any, media: MediaInfo, limits: Limits) -> None:
        self._container = container
        self.media = media
        self.limits = limits
        self.timelines = timelines(media)
        self._rows = _Rows()
        self.cut_short = False
        """The demuxer gave up with an error before the end of the file."""

    def codec(self, stream: int) -> Any:
        """The codec context of a stream: set options on it before the first packet is decoded."""
        return self._container.streams[stream].codec_context

    def template(self, stream: int) -> Any:
        """A stream as its container describes it, for a copy of it to be made like it."""
        return self._container.streams[stream]

    def indexed(self, stream: int) -> int:
        """Packets of a stream that the file's own index names (MP4, MOV, AVI); 0 without one."""
        return len(self._container.streams[stream].index_entries) if self.media.format in INDEXED else 0

    def place(self, stream: int, index: int) -> tuple[int, int]:
        """Offset and size of a packet by the file's own index; requires 0 <= index < `indexed`."""
        entry = self._container.streams[stream].index_entries[index]
        return entry.pos + INDEXED[self.media.format], entry.size

    def packets(self) -> Iterator[CodedPacket]:
        """Every packet of every stream, in the order of the file, each a row of `packet_table`.

        May be called once; raises as of `passing`.
        """
        for packet in self.passing():
            self._rows.append(packet)
            yield packet

    def passing(self) -> Iterator[CodedPacket]:
        """Every packet of every stream, in the order of the file, of which nothing is kept. May be called once.

        Notes
        -----
        An error inside the file ends the iteration and sets `cut_short`: what was read before
        it counts.

        Raises
        ------
        MediaError
            ``packet_too_large``; ``late_stream``: a stream begins that no header named (a transport
            stream may announce one anywhere), and what it shows would go unexamined.
        """
        exact = self.media.format in EXACT_POSITIONS
        row, counts = 0, [0] * len(self.media.streams)
        packets = self._container.demux()
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, ValueError):
                self.cut_short = True
                return
            except IndexError as error:  # PyAV looks for a packet's stream among those found on opening
                raise MediaError(self.media.path, "late_stream") from error
            if packet.size == 0 and packet.dts is None and packet.pts is None:
                continue  # PyAV's own end-of-stream marker
            stream = packet.stream_index
            if stream >= len(counts):
                raise MediaError(self.media.path, "late_stream")
            if packet.size > self.limits.packet_bytes:
                raise MediaError(self.media.path, "packet_too_large", f"{packet.size} bytes")
            coded = CodedPacket(packet, row, counts[stream], exact)
            row, counts[stream] = row + 1, counts[stream] + 1
            yield coded

    def flush(self, stream: int) -> list[Any]:
        """What the decoder of a stream still holds after the last packet; nothing without a decoder."""
        codec = self.codec(stream)
        return [] if codec is None else codec.decode(None)

    def packet_table(self) -> PacketTable:
        """The table of all packets read so far."""
        rows = self._rows.array()
        stream, pts = rows["stream"], rows["pts"]
        hidden = np.zeros(len(stream), np.bool_)
        for index, timeline in self.timelines.items():
            if not timeline.trivial:
                mine = stream == index
                hidden[mine] = timeline.hidden(pts[mine])
        return PacketTable(
            media=self.media,
            stream=stream,
            index=rows["index"],
            pts=pts,
            dts=rows["dts"],
            duration=rows["duration"],
            position=rows["position"],
            size=rows["size"],
            key=rows["key"],
            corrupt=rows["corrupt"],
            hidden=hidden,
            cut_short=self.cut_short,
        )


@contextmanager
def open_recording(path: str | os.PathLike[str], limits: Limits | None = None) -> Iterator[Recording]:
    """Open a file for one pass over its packets.

    Raises
    ------
    MediaError
        ``missing``, ``folder``, ``not_a_file``, ``denied``, ``empty``, ``no_index`` (an
        MP4/MOV whose ``moov`` is missing: recording cut off), ``not_media``, ``no_streams``,
        ``too_many_streams``, ``picture_too_large``.
    """
    limits = limits or Limits()
    name = os.fspath(path)
    size = check_readable(name)
    boxes = read_boxes(name)
    try:
        container = av.open(name, options=_OPTIONS, metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as error:
        if boxes is not None and boxes.movie_boxes == 0:
            raise MediaError(name, "no_index", str(error)) from error
        raise MediaError(name, "not_media", type(error).__name__) from error
    with container:
        media = _media(name, size, container, boxes)
        _check(media, limits)
        yield Recording(container, media, limits)


def check_readable(path: str) -> int:
    """Size of a regular, readable, non-empty file in bytes.

    Raises
    ------
    MediaError
        ``missing``, ``folder``, ``not_a_file``, ``denied`` or ``empty``.
    """
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise MediaError(path, "folder")
        if not stat.S_ISREG(status.st_mode):
            raise MediaError(path, "not_a_file")
        with open(path, "rb"):
            pass
    except FileNotFoundError as error:
        raise MediaError(path, "missing") from error
    except (OSError, ValueError) as error:
        raise MediaError(path, "denied", getattr(error, "strerror", None) or str(error)) from error
    if status.st_size == 0:
        raise MediaError(path, "empty")
    return status.st_size


def _check(media: MediaInfo, limits: Limits) -> None:
    if not media.streams:
        raise MediaError(media.path, "no_streams")
    if len(media.streams) > limits.streams:
        raise MediaError(media.path, "too_many_streams", str(len(media.streams)))
    for stream in media.streams:
        if (stream.width or 0) * (stream.height or 0) > limits.pixels:
            raise MediaError(media.path, "picture_too_large", f"{stream.width}x{stream.height}")


def _media(path: str, size: int, container: Any, boxes: BoxFacts | None) -> MediaInfo:
    matrices = {t.track_id: t.matrix for t in boxes.tracks} if boxes else {}
    return MediaInfo(
        path=path,
        size=size,
        format=container.format.name,
        streams=tuple(_stream(s, matrices.get(s.id, ())) for s in container.streams),
        tags=dict(container.metadata),
        boxes=boxes,
        duration_s=container.duration / 1e6 if container.duration else None,
        structure=read_structure(path),
    )


def _stream(stream: Any, matrix: tuple[int, ...]) -> StreamInfo:
    codec = stream.codec_context
    kind = stream.type or "data"
    video = kind == "video" and codec is not None
    audio = kind == "audio" and codec is not None
    return StreamInfo(
        index=stream.index,
        id=stream.id,
        kind=kind,
        codec=(codec.codec.canonical_name if codec is not None and codec.codec else "unknown"),
        time_base=_fraction(stream.time_base) or Fraction(1, 90000),
        start=stream.start_time,
        duration=stream.duration,
        extradata=bytes(codec.extradata or b"") if codec is not None else b"",
        profile=str(codec.profile) if codec is not None and codec.profile else None,
        codec_tag=_tag(codec),
        width=codec.width if video else None,
        height=codec.height if video else None,
        pixel_format=codec.pix_fmt if video else None,
        rate=_fraction(stream.average_rate) if video else None,
        sample_rate=codec.sample_rate if audio else None,
        channels=codec.channels if audio else None,
        sample_format=codec.format.name if audio and codec.format else None,
        rotation=_rotation(matrix),
        sample_aspect=_fraction(stream.sample_aspect_ratio) if video else None,
        language=stream.language,
        handler=stream.metadata.get("handler_name"),
        still=bool(video and stream.disposition & Disposition.attached_pic),
    )


def _tag(codec: Any) -> str:
    try:
        return str(codec.codec_tag) if codec is not None else ""
    except UnicodeDecodeError:
        return ""  # four bytes that are no text, such as the codec numbers of AVI


def _fraction(value: Any) -> Fraction | None:
    return Fraction(value) if value is not None else None


def _rotation(matrix: tuple[int, ...]) -> int:
    """Degrees, counter-clockwise, of a ``tkhd`` matrix; reflections have no angle of their own."""
    if len(matrix) != 9 or not (matrix[0] or matrix[1]):
        return 0
    return round(-degrees(atan2(matrix[1], matrix[0])))

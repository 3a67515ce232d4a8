"""Reads, packet by packet, what coded pictures and sound say of their own numbering.

Nothing is decoded: only the units before a packet's first slice, and the first bytes of that
slice's header. A unit that cannot be read leaves -1 in its row and raises nothing.
"""

from __future__ import annotations

import re
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.kernels import avc, hevc
from engine.kernels import columns as c
from engine.kernels.bits import digest, reader
from engine.media.bitstream import BitstreamError, Configuration, configuration
from engine.media.coded_facts import PICTURE, CodedFacts
from engine.media.headers import READ, HeaderReader
from engine.media.model import MediaInfo, StreamInfo
from engine.media.reader import CodedPacket
from engine.media.riff_index import IndexFacts, read_index
from engine.media.transport import TransportFacts, scan_transport

MARK: Final = b"Lavc"
"""FFmpeg's AAC encoder writes its name in a fill element: ``put_bitstream_info`` in aacenc.c."""
MARK_WITHIN: Final = 24
"""Bytes of a sound packet in which the mark stands: a header of 9 and a fill element of 3."""
NAMES: Final = re.compile(rb"x264 - core[ -~]{0,980}|x265 \(build[ -~]{0,980}|Lavc\d[0-9.]{0,30}|XviD\d{2,8}")
"""How encoders sign: x264 and x265 in SEI user data, FFmpeg and Xvid in MPEG-4 user data, JPEG and AAC comments."""
NAMES_WITHIN: Final = 64 << 10
"""Bytes of a packet that are searched for a name."""
SET_KINDS: Final = {"h264": (7, 8), "hevc": (32, 33, 34)}
_CHUNK: Final = 4096
_NOTHING: Final = bytearray(1)


class _Scanner(Protocol):
    def __call__(self, data: NDArray[np.uint8], out: NDArray[np.int64], /) -> None: ...


class FactsCollector:
    """Sees every packet during the one pass over a file, and keeps what it says of itself."""

    def __init__(self, media: MediaInfo) -> None:
        video, audio = media.video, media.audio
        self._media = media
        self._pictures = video.index if video else -1
        self._names: dict[str, None] = {}
        self._signed = False
        self._find_names(video.extradata if video else b"")
        self._codec = video.codec if video and video.codec in ("h264", "hevc") else ""
        self._video = video.index if video and self._codec else -1
        self._audio = audio.index if audio and audio.codec == "aac" else -1
        self._scan = _scanner(video) if video and self._codec else None
        self._headers = HeaderReader(video) if video and video.codec in READ else None
        self._full: list[NDArray[Any]] = []
        self._rows = np.empty(_CHUNK, np.int32)
        self._facts = np.empty((_CHUNK, c.COUNT), np.int64)
        self._count = 0
        self._marks: list[int] = []

    def packet(self, packet: CodedPacket) -> None:
        """Look at one packet; its data is not kept."""
        if packet.stream == self._pictures and packet.index == 0:
            self._find_names(packet.data)
        if packet.stream == self._video:
            self._look(packet)
        elif self._headers is not None and packet.stream == self._pictures:
            self._headers.packet(packet.row, packet.data)
        elif packet.stream == self._audio and MARK in bytes(packet.data[:MARK_WITHIN]):
            if not self._marks:
                self._find_names(packet.data)
            self._marks.append(packet.index)

    def _find_names(self, data: memoryview | bytes | bytearray) -> None:
        """Keep the names that stand in a packet: the first packet, and the first of those that are signed."""
        for name in NAMES.findall(bytes(data[:NAMES_WITHIN])):
            self._names[name.decode("ascii")] = None

    def _look(self, packet: CodedPacket) -> None:
        assert self._scan is not None
        if self._count == _CHUNK:
            self._full.append(self._packed())
            self._count = 0
        self._rows[self._count] = packet.row
        # without a unit nothing is said: the same as for an empty packet
        data = packet.data if packet.size else _NOTHING
        self._scan(np.frombuffer(data, np.uint8), self._facts[self._count])
        if not self._signed and self._facts[self._count, c.BANNER]:
            self._find_names(data)  # where the beginning was trimmed away, it is not the first packet
            self._signed = True
        self._count += 1

    def _packed(self) -> NDArray[Any]:
        out = np.empty(self._count, PICTURE)
        out["row"] = self._rows[: self._count]
        for column, name in enumerate((PICTURE.names or ())[1:]):
            out[name] = self._facts[: self._count, column]
        return out

    def finish(self) -> CodedFacts:
        """The facts of all packets seen."""
        pictures = np.concatenate([*self._full, self._packed()])
        marks = np.array(self._marks, np.int32)
        headers = None if self._headers is None else self._headers.finish()
        names, media = tuple(self._names), self._media
        stated = _stated_sets(media.video) if self._codec else 0
        return CodedFacts(self._codec, pictures, marks, names, _transport(media), headers, _index(media), stated)


def _stated_sets(stream: StreamInfo | None) -> int:
    """Digest of the parameter sets of the configuration record, in the way that scanners digest those in packets."""
    if stream is None:
        return 0
    value = 0
    for unit in _configuration(stream).units:
        kind = unit[0] & 31 if stream.codec == "h264" else unit[0] >> 1 & 63
        if kind in SET_KINDS[stream.codec]:
            value = int(digest(np.frombuffer(unit, np.uint8), 0, len(unit), value))
    return value


def _transport(media: MediaInfo) -> TransportFacts | None:
    """What a transport stream's own packets say; the demuxer tells nothing of them."""
    stream = media.video or media.audio
    if media.format != "mpegts" or stream is None:
        return None
    try:
        return scan_transport(media.path, stream.id)
    except OSError:  # gone since it was opened: whoever compares the file before and after says so
        return None


def _index(media: MediaInfo) -> IndexFacts | None:
    """How an AVI file's index agrees with what it stores."""
    try:
        return read_index(media.path) if media.format == "avi" else None
    except OSError:  # as above
        return None


def _configuration(stream: StreamInfo) -> Configuration:
    try:
        return configuration(stream.codec, stream.extradata)
    except BitstreamError:  # units in the packets may still say it
        return Configuration(_prefix(stream))


def _scanner(stream: StreamInfo) -> _Scanner:
    config = _configuration(stream)
    return _avc_scanner(config) if stream.codec == "h264" else _hevc_scanner(config)


def _prefix(stream: StreamInfo) -> int:
    """Bytes of a length prefix by a configuration record that is damaged behind its head."""
    at = 4 if stream.codec == "h264" else 21
    return (stream.extradata[at] & 3) + 1 if len(stream.extradata) > at else 0


def _avc_scanner(config: Configuration) -> _Scanner:
    sps, pps, memory = avc.tables()
    state = reader()
    for unit in config.units:
        avc.read_set(np.frombuffer(unit, np.uint8), 0, len(unit), sps, pps, state)
    prefix = config.prefix

    def scan(data: NDArray[np.uint8], out: NDArray[np.int64]) -> None:
        avc.scan(data, prefix, sps, pps, memory, state, avc.BANNER, out)

    return scan


def _hevc_scanner(config: Configuration) -> _Scanner:
    sps, pps, sets, memory = hevc.tables()
    state = reader()
    for unit in config.units:
        if len(unit) >= 2:
            hevc.read_set(np.frombuffer(unit, np.uint8), 0, len(unit), sps, pps, sets, state)
    prefix = config.prefix

    def scan(data: NDArray[np.uint8], out: NDArray[np.int64]) -> None:
        hevc.scan(data, prefix, sps, pps, sets, memory, state, hevc.BANNER, out)

    return scan

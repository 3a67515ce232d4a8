"""Collecting leaves while a recording's packets go by, so that one pass serves every observer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from engine.media.model import NO_TIME, MediaInfo, StreamInfo
from engine.media.photo_parts import is_photo_format
from engine.media.reader import CodedPacket
from engine.media.timeline import IDENTITY, StreamTimeline
from engine.proofs.content import Presented, configuration_of, is_pcm, reader_for
from engine.proofs.hashing import configuration_digest, content_digest
from engine.proofs.leaves import LeafStream, Leaves
from engine.proofs.pcm import PcmBlocks, sample_bytes
from engine.proofs.problems import ProofProblem
from engine.proofs.reading import ContentReader
from engine.proofs.rowstore import StoredLeaves, StreamRows
from engine.proofs.tags import read_photo_parts
from engine.proofs.units import Piece, Units


def _as_units(reader: ContentReader) -> Units | None:
    return reader if isinstance(reader, Units) else None


class _UnitStream:
    """A stream whose packets are access units."""

    def __init__(self, stream: StreamInfo, dropped_sei: tuple[bytes, ...] | None) -> None:
        self.rows = StreamRows()
        self._reader = reader_for(stream) if dropped_sei is None else Presented(stream, dropped_sei)
        self._units = self._reader.units if isinstance(self._reader, Presented) else _as_units(self._reader)
        self._first: _First | None = None
        self.configuration_sei = tuple(self._units.configuration_sei) if self._units else ()
        self.framing = self._reader.framing

    def packet(self, p: CodedPacket) -> None:
        changed = p.configuration
        if changed is not None:
            self._reader.reconfigure(changed)
        if self._units is not None and self._units.interlaced:
            self._fields(p, self._units.piece(p.data))
            return
        self.finish()
        found = self._reader.read_all(p.data)
        if len(found) == 1:
            self.rows.append(p.pts, p.duration, p.position, p.size, found[0].digest, found[0].configuration)
            return
        for number, content in enumerate(found):  # each its share of the packet's time and bytes
            start, end = (p.duration * n // len(found) for n in (number, number + 1))
            pts = p.pts if p.pts == NO_TIME else p.pts + start
            size = p.size * (number + 1) // len(found) - p.size * number // len(found)
            self.rows.append(pts, end - start, NO_TIME, size, content.digest, content.configuration)

    def _fields(self, p: CodedPacket, piece: Piece) -> None:
        """Two packets that are the fields of one picture make one leaf, at the time of the first."""
        first = self._first
        if first and piece.field and first.piece.field and piece.field.completes(first.piece.field):
            whole = first.piece.with_second(piece)
            self._first = _First(whole, first.pts, first.duration + p.duration, NO_TIME, first.size + p.size)
            self.finish()
            return
        self.finish()
        self._first = _First(piece, p.pts, p.duration, p.position, p.size)
        if piece.field is None:
            self.finish()

    def finish(self) -> None:
        """Write what waits for a second field."""
        if self._first is not None:
            found = self._first.piece.content
            self.rows.append(
                self._first.pts,
                self._first.duration,
                self._first.position,
                self._first.size,
                found.digest,
                found.configuration,
            )
            self._first = None


@dataclass(frozen=True, slots=True)
class _First:
    """A leaf that may still be completed by a second field."""

    piece: Piece
    pts: int
    duration: int
    position: int
    size: int


class _PcmStream:
    """A stream of samples, cut into blocks."""

    configuration_sei: tuple[bytes, ...] = ()
    framing = "samples"

    def __init__(self, stream: StreamInfo) -> None:
        self.rows = StreamRows()
        self._width = sample_bytes(stream)
        self._blocks = PcmBlocks(self._width)
        self._tick = 1 / (Fraction(stream.sample_rate or 1) * stream.time_base)  # ticks a sample
        self._configuration = configuration_digest(configuration_of(stream))
        self._starts: dict[int, tuple[int, int]] = {}

    def packet(self, p: CodedPacket) -> None:
        self._starts[p.index] = (p.pts, p.position)
        for data, row, offset, inside in self._blocks.feed(p.index, p.data):
            self._append(data, row, offset, inside)
        rest = self._blocks.begins
        self._starts = {n: s for n, s in self._starts.items() if n >= rest}

    def finish(self) -> None:
        last = self._blocks.finish()
        if last is not None:
            self._append(*last, inside=False)

    def _append(self, data: bytes, row: int, offset: int, inside: bool) -> None:
        pts, position = self._starts[row]
        if pts != NO_TIME:
            pts += round(offset // self._width * self._tick)
        exact = inside and position != NO_TIME
        duration = round(len(data) // self._width * self._tick)
        where = position + offset if exact else NO_TIME
        self.rows.append(pts, duration, where, len(data), content_digest(data), self._configuration)


class _PhotoStream:
    """The picture of an image file: one leaf, whatever pieces a demuxer makes of the file."""

    configuration_sei: tuple[bytes, ...] = ()
    framing = "packet"

    def __init__(self, stream: StreamInfo, media: MediaInfo) -> None:
        self.rows = StreamRows()
        self._media = media
        self._configuration = configuration_digest(configuration_of(stream))
        self._first: CodedPacket | None = None

    def packet(self, p: CodedPacket) -> None:
        self._first = self._first or p

    def finish(self) -> None:
        if self._first is not None:
            digest = content_digest(read_photo_parts(self._media).coded)
            size = min(self._media.size, 0xFFFFFFFF)
            self.rows.append(self._first.pts, self._first.duration, NO_TIME, size, digest, self._configuration)


_Stream = _UnitStream | _PcmStream | _PhotoStream


def _stream_of(stream: StreamInfo, media: MediaInfo, dropped_sei: tuple[bytes, ...] | None) -> _Stream:
    if is_photo_format(media.format) and stream.codec != "unknown":
        return _PhotoStream(stream, media)
    if not is_pcm(stream):
        return _UnitStream(stream, dropped_sei)
    try:
        return _PcmStream(stream)
    except ProofProblem:
        if dropped_sei is None:
            raise
        return _UnitStream(stream, dropped_sei)


class LeafCollector:
    """Observes the packets of a recording and gives its leaves.

    Parameters
    ----------
    media
        The recording.
    timelines
        Stream index -> its edit list; the identity where one is missing.
    dropped_sei
        Digests of SEI in the sealed recording's configuration, which other containers repeat
        inside the stream; None where this is the recording that is sealed.

    Raises
    ------
    ProofProblem
        ``leaf_not_built`` for a codec or a form of it that has no leaf yet; ``nothing_to_bind``
        where there is neither picture nor sound.
    """

    def __init__(
        self, media: MediaInfo, timelines: Mapping[int, StreamTimeline], dropped_sei: tuple[bytes, ...] | None = None
    ) -> None:
        self._media = media
        self._timelines = timelines
        self._streams: dict[int, _Stream] = {
            s.index: _stream_of(s, media, dropped_sei)
            for s in media.streams
            if s.kind in ("video", "audio") and not s.still
        }
        if not self._streams:
            raise ProofProblem("nothing_to_bind")

    def packet(self, packet: CodedPacket) -> None:
        """Take the next packet of the file."""
        mine = self._streams.get(packet.stream)
        if mine is not None:
            mine.packet(packet)

    def finish(self) -> tuple[Leaves, int]:
        """The leaves, and how many of them edit lists present more than once."""
        found = self.stored()
        return found.load(), found.repeats

    def stored(self) -> StoredLeaves:
        """The leaves, without having them all in memory."""
        for mine in self._streams.values():
            mine.finish()
        streams = tuple(self._stream(index, mine) for index, mine in self._streams.items())
        return StoredLeaves(streams, {index: mine.rows for index, mine in self._streams.items()})

    def _stream(self, index: int, mine: _Stream) -> LeafStream:
        info = self._media.streams[index]
        examined = self._media.video
        return LeafStream(
            index=index,
            kind=info.kind,
            codec=info.codec,
            time_base=info.time_base,
            configurations=tuple(mine.rows.configurations),
            configuration_sei=mine.configuration_sei,
            framing=mine.framing,
            timeline=self._timelines.get(index, IDENTITY),
            examined=examined is not None and examined.index == index,
        )

"""A small, bounded reader of the MP4/MOV boxes that the demuxer does not show.

Source: ISO/IEC 14496-12:2022, sections 4.2 (boxes), 4.3 (``ftyp``), 8.2.2 (``mvhd``),
8.3.2 (``tkhd``), 8.4.2 (``mdhd``), 8.4.3 (``hdlr``), 8.6.6 (``elst``).

Every read is bounded: a box that claims more than its parent has is cut to the parent, at
most `MAX_TOP_LEVEL` headers of the file and `MAX_BOXES` in ``moov`` are visited, and no payload
above `MAX_PAYLOAD` is loaded.
"""

from __future__ import annotations

import os
import re
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import BinaryIO, Final

from engine.media.model import BoxFacts, Edit, TrackBoxes

MAX_BOXES: Final = 20_000
MAX_TOP_LEVEL: Final = 200_000
"""Boxes of the file itself: a fragmented recording of a day has so many."""
MAX_PAYLOAD: Final = 4 << 20
MAX_EDITS: Final = 10_000
MAX_PADDING: Final = 1_000

_NAME: Final = re.compile(rb"[A-Za-z0-9 \xa9_-]{4}")
"""What a box's type is made of; recorders and makers have types of their own."""
_FIRST: Final = frozenset(b"ftyp moov mdat free skip wide pnot uuid styp".split())


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its type and where its payload lies, bytes from the start of the file."""

    kind: bytes
    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(slots=True)
class _Track:
    """What is gathered of one ``trak`` while it is walked."""

    track_id: int = 0
    handler_type: str = ""
    enabled: bool = True
    time_scale: int = 0
    created: int | None = None
    modified: int | None = None
    edits: tuple[Edit, ...] = ()
    matrix: tuple[int, ...] = ()
    descriptions: int = 1
    external: bool = False
    seen: Counter[bytes] = field(default_factory=Counter)

    def freeze(self) -> TrackBoxes:
        return TrackBoxes(
            track_id=self.track_id,
            handler_type=self.handler_type,
            enabled=self.enabled,
            time_scale=self.time_scale,
            created=self.created,
            modified=self.modified,
            edits=self.edits,
            matrix=self.matrix,
            descriptions=self.descriptions,
            external=self.external,
            doubled=tuple(sorted(kind.decode("latin-1") for kind, count in self.seen.items() if count > 1)),
        )


@dataclass(slots=True)
class Walk:
    """State of one walk: the file and how many box headers may still be visited."""

    file: BinaryIO
    left: int = MAX_BOXES
    tracks: list[_Track] = field(default_factory=list)

    def boxes(self, start: int, end: int) -> Iterator[Box]:
        """Boxes between two offsets, in file order; stops at the first that makes no sense."""
        while end - start >= 8 and self.left > 0:
            self.left -= 1
            self.file.seek(start)
            header = self.file.read(16)
            if len(header) < 8:
                return
            size, kind = struct.unpack(">I4s", header[:8])
            body = start + 8
            if size == 1:
                if len(header) < 16:
                    return
                size = struct.unpack(">Q", header[8:16])[0]
                body = start + 16
            elif size == 0:
                size = end - start
            if size < body - start:
                return
            stop = min(start + size, end)
            if stop < body:  # its header reaches beyond its parent
                return
            yield Box(kind, body, stop)
            start = stop

    def top_level(self, size: int) -> Iterator[Box]:
        """The boxes of a file of `size` bytes; nothing where it does not begin like MP4/MOV."""
        for number, box in enumerate(self.boxes(0, size)):
            if not (_NAME.fullmatch(box.kind) if number else box.kind in _FIRST):
                return
            yield box

    def payload(self, box: Box, limit: int = MAX_PAYLOAD) -> bytes:
        """The first `limit` bytes of what a box holds."""
        self.file.seek(box.start)
        return self.file.read(min(box.size, limit))


def read_boxes(path: str | os.PathLike[str]) -> BoxFacts | None:
    """Read what the top of an MP4/MOV file declares.

    Parameters
    ----------
    path
        Any file.

    Returns
    -------
    BoxFacts or None
        None where the file does not begin like an MP4/MOV file. A file without ``moov``
        (recording cut off) has no tracks and ``movie_boxes`` 0.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        top = _Top()
        outer = Walk(file, MAX_TOP_LEVEL)
        for box in outer.top_level(size):
            top.add(box)
        if not top.kinds:
            return None
        return _facts(Walk(file), top, unread=outer.left <= 0)


@dataclass(slots=True)
class _Top:
    """What is kept of the boxes of the file itself, of which there may be very many."""

    kinds: list[bytes] = field(default_factory=list)
    file_type: Box | None = None
    movies: list[Box] = field(default_factory=list)
    fragmented: bool = False
    padding: list[tuple[int, int]] = field(default_factory=list)

    def add(self, box: Box) -> None:
        if len(self.kinds) < 1000:
            self.kinds.append(box.kind)
        if box.kind == b"ftyp" and self.file_type is None:
            self.file_type = box
        elif box.kind == b"moov":
            self.movies.append(box)
        elif box.kind in (b"free", b"skip") and box.size and len(self.padding) < MAX_PADDING:
            self.padding.append((box.start, box.end))
        self.fragmented |= box.kind == b"moof"


def _facts(walk: Walk, top: _Top, unread: bool) -> BoxFacts:
    brand, minor, brands = _file_type(walk.payload(top.file_type)) if top.file_type else ("", 0, ())
    scale, created, modified, fragmented = 0, None, None, top.fragmented
    for movie in top.movies:
        for box in walk.boxes(movie.start, movie.end):
            if box.kind == b"mvhd" and not scale:
                created, modified, scale = _media_header(walk.payload(box))
            elif box.kind == b"trak":
                walk.tracks.append(_track(walk, box))
            elif box.kind == b"mvex":
                fragmented = True
            elif box.kind == b"cmov":
                unread = True
    return BoxFacts(
        major_brand=brand,
        minor_version=minor,
        brands=brands,
        top_level=tuple(kind.decode("latin-1") for kind in top.kinds),
        movie_time_scale=scale,
        created=created,
        modified=modified,
        tracks=tuple(t.freeze() for t in walk.tracks),
        movie_boxes=len(top.movies),
        fragmented=fragmented,
        unread=unread or walk.left <= 0,
        padding=tuple(top.padding),
    )


def _track(walk: Walk, trak: Box) -> _Track:
    track = _Track()
    for box in _inside(walk, trak, track):
        if box.kind == b"tkhd":
            _track_header(walk.payload(box), track)
        elif box.kind == b"edts":
            for inner in _inside(walk, box, track):
                if inner.kind == b"elst":
                    track.edits = _edit_list(walk.payload(inner))
        elif box.kind == b"mdia":
            _media(walk, box, track)
    return track


def _media(walk: Walk, mdia: Box, track: _Track) -> None:
    for box in _inside(walk, mdia, track):
        if box.kind == b"mdhd":
            track.created, track.modified, track.time_scale = _media_header(walk.payload(box))
        elif box.kind == b"hdlr":
            track.handler_type = walk.payload(box)[8:12].decode("latin-1")
        elif box.kind == b"minf":
            for inner in walk.boxes(box.start, box.end):  # QuickTime has a second ``hdlr`` here
                if inner.kind == b"dinf":
                    track.external |= _external(walk, inner)
                elif inner.kind == b"stbl":
                    track.seen[b"stbl"] += 1
                    for table in _inside(walk, inner, track):
                        if table.kind == b"stsd":
                            track.descriptions = int.from_bytes(walk.payload(table, 8)[4:], "big")


_ONCE: Final = frozenset(b"tkhd edts elst mdia mdhd hdlr minf stsd stts ctts stsc stsz stz2 stss stco co64".split())
_SAME: Final = {b"stz2": b"stsz", b"co64": b"stco"}
"""Boxes of which a track has one or the other."""


def _external(walk: Walk, dinf: Box) -> bool:
    """Whether samples may lie in another file: a data reference that is not marked as this file (8.7.2)."""
    for box in walk.boxes(dinf.start, dinf.end):
        if box.kind == b"dref":
            entries = walk.boxes(box.start + 8, box.end)
            return any(not walk.payload(entry, 4)[3:4] or not walk.payload(entry, 4)[3] & 1 for entry in entries)
    return False


def _inside(walk: Walk, parent: Box, track: _Track) -> Iterator[Box]:
    """The boxes of a box of a track; those that may be there only once are counted."""
    for box in walk.boxes(parent.start, parent.end):
        if box.kind in _ONCE:
            track.seen[_SAME.get(box.kind, box.kind)] += 1
        yield box


def _file_type(data: bytes) -> tuple[str, int, tuple[str, ...]]:
    if len(data) < 8:
        return "", 0, ()
    brands = tuple(data[i : i + 4].decode("latin-1") for i in range(8, min(len(data), 264) - 3, 4))
    return data[:4].decode("latin-1"), struct.unpack(">I", data[4:8])[0], brands


def _media_header(data: bytes) -> tuple[int | None, int | None, int]:
    """Creation time, modification time and time scale; ``mvhd`` and ``mdhd`` begin alike.

    Times are seconds since 1904-01-01 UTC, None where the field is 0 or missing.
    """
    layout = ">QQI" if data[:1] == b"\x01" else ">III"
    if len(data) < 4 + struct.calcsize(layout):
        return None, None, 0
    created, modified, scale = struct.unpack_from(layout, data, 4)
    return created or None, modified or None, scale


def _track_header(data: bytes, track: _Track) -> None:
    layout = ">QQI" if data[:1] == b"\x01" else ">III"
    if len(data) >= 4 + struct.calcsize(layout):
        track.enabled = bool(data[3] & 1)
        track.track_id = struct.unpack_from(layout, data, 4)[2]
    matrix_at = 52 if data[:1] == b"\x01" else 40
    if len(data) >= matrix_at + 36:
        track.matrix = struct.unpack_from(">9i", data, matrix_at)


def _edit_list(data: bytes) -> tuple[Edit, ...]:
    if len(data) < 8:
        return ()
    layout = ">Qqhh" if data[0] == 1 else ">Iihh"
    width = struct.calcsize(layout)
    count = min(struct.unpack_from(">I", data, 4)[0], (len(data) - 8) // width, MAX_EDITS)
    entries = (struct.unpack_from(layout, data, 8 + i * width) for i in range(count))
    return tuple(Edit(d, t, Fraction(whole) + Fraction(part, 65536)) for d, t, whole, part in entries)

"""Who wrote a Matroska or WebM file: its Info and Tags, wherever SeekHead says that they stand.

Source: RFC 8794 (EBML), RFC 9559, sections 5.1.1 (SeekHead), 5.1.2 (Info), 5.1.8 (Tags).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from engine.media.facts import Facts

MAX_ELEMENTS: Final = 2_000
MAX_COMPARED: Final = 64 << 10
"""Bytes of a header in which two copies are compared."""

_HEADER, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
_SEEK_HEAD, _SEEK, _SEEK_ID, _SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
_INFO, _MUXING_APP, _WRITING_APP, _DATE = 0x1549A966, 0x4D80, 0x5741, 0x4461
_TRACKS, _TRACK, _NAME = 0x1654AE6B, 0xAE, 0x536E
_TAGS, _TAG, _SIMPLE, _TAG_NAME, _TAG_STRING = 0x1254C367, 0x7373, 0x67C8, 0x45A3, 0x4487
_ORDER: Final = {
    _SEEK_HEAD: "SeekHead", _INFO: "Info", _TRACKS: "Tracks", _TAGS: "Tags", _CLUSTER: "Cluster",
    0xEC: "Void", 0xBF: "CRC-32", 0x1C53BB6B: "Cues", 0x1043A770: "Chapters", 0x1941A469: "Attachments",
}  # fmt: skip
_KEPT_TAGS: Final = frozenset(
    {
        "ENCODER",
        "HANDLER_NAME",
        "MAJOR_BRAND",
        "COMPATIBLE_BRANDS",
        "VENDOR_ID",
        "CREATION_TIME",
        "_STATISTICS_WRITING_APP",
        "_STATISTICS_WRITING_DATE_UTC",
    }
)


@dataclass(frozen=True, slots=True)
class Element:
    """An element: its identifier with the length marker, and where its content begins and ends in the file."""

    kind: int
    start: int
    end: int


class ElementReader:
    """Reads element headers, as many as may still be visited."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.left = MAX_ELEMENTS

    def elements(self, start: int, end: int) -> Iterator[Element]:
        """Elements between two offsets; one of unknown size reaches to the end."""
        while end - start >= 2 and self.left > 0:
            self.left -= 1
            self.file.seek(start)
            header = self.file.read(12)
            kind, wide = _number(header, keep_marker=4)
            size, more = _number(header[wide:], keep_marker=0) if wide else (0, 0)
            if not wide or not more:
                return
            body = start + wide + more
            unknown = size == (1 << 7 * more) - 1
            stop = end if unknown else min(body + size, end)
            if stop < body:
                return
            yield Element(kind, body, stop)
            start = stop

    def data(self, element: Element, limit: int = 512) -> bytes:
        self.file.seek(element.start)
        return self.file.read(min(element.end - element.start, limit))


def _number(data: bytes, keep_marker: int) -> tuple[int, int]:
    """A variable-size integer and its width in bytes (0: none).

    `keep_marker` is the greatest width of an ID, whose marker belongs to it; 0 reads a size.
    """
    if not data or not data[0]:
        return 0, 0
    width = 9 - data[0].bit_length()
    if width > (keep_marker or 8) or len(data) < width:
        return 0, 0
    value = int.from_bytes(data[:width], "big")
    return (value if keep_marker else value & ((1 << 7 * width) - 1)), width


def read_ebml(file: BinaryIO, size: int, facts: Facts) -> None:
    """Add what a Matroska or WebM file of `size` bytes says of who wrote it."""
    reader = ElementReader(file)
    segments = [e for e in reader.elements(0, size) if e.kind == _SEGMENT]
    if not segments:
        return
    segment = segments[0]
    if len(segments) > 1:
        facts.add("mkv.repeated", "Segment")
    order: list[str] = []
    seen: dict[int, bytes] = {}
    later: dict[int, int] = {}
    for element in reader.elements(segment.start, segment.end):
        order.append(_ORDER.get(element.kind, f"{element.kind:X}"))
        if element.kind == _CLUSTER:
            break
        _note_repeated(reader, element, seen, facts)
        if element.kind == _SEEK_HEAD:
            later |= _places(reader, element, segment.start)
        _part(reader, element, facts)
    facts.add("mkv.top", ",".join(order[:16]))
    for kind, at in later.items():
        if kind not in seen and kind in (_INFO, _TAGS) and at < size:
            found = next(reader.elements(at, size), None)
            if found is not None and found.kind == kind:
                _part(reader, found, facts)


def _note_repeated(reader: ElementReader, element: Element, seen: dict[int, bytes], facts: Facts) -> None:
    """Say where a second header or list of tracks differs from the first: copies may stand anywhere."""
    data = reader.data(element, MAX_COMPARED) if element.kind in (_INFO, _TRACKS) else b""
    if seen.setdefault(element.kind, data) != data:
        facts.add("mkv.repeated", _ORDER[element.kind])


def _places(reader: ElementReader, head: Element, origin: int) -> dict[int, int]:
    """ID -> offset in the file, of what SeekHead lists."""
    places: dict[int, int] = {}
    for entry in reader.elements(head.start, head.end):
        if entry.kind == _SEEK:
            values = {e.kind: int.from_bytes(reader.data(e, 8), "big") for e in reader.elements(entry.start, entry.end)}
            places[values.get(_SEEK_ID, 0)] = origin + values.get(_SEEK_POSITION, 0)
    return places


def _part(reader: ElementReader, element: Element, facts: Facts) -> None:
    if element.kind == _INFO:
        for e in reader.elements(element.start, element.end):
            if e.kind == _MUXING_APP:
                facts.add("mkv.muxing_app", reader.data(e))
            elif e.kind == _WRITING_APP:
                facts.add("mkv.writing_app", reader.data(e))
            elif e.kind == _DATE and e.end - e.start == 8:
                facts.add("mkv.date_ns", str(int.from_bytes(reader.data(e), "big", signed=True)))
    elif element.kind == _TRACKS:
        for track in reader.elements(element.start, element.end):
            if track.kind == _TRACK:
                for e in reader.elements(track.start, track.end):
                    if e.kind == _NAME:
                        facts.add("mkv.track_name", reader.data(e))
    elif element.kind == _TAGS:
        for tag in reader.elements(element.start, element.end):
            if tag.kind == _TAG:
                _tag(reader, tag, facts)


def _tag(reader: ElementReader, tag: Element, facts: Facts) -> None:
    for simple in reader.elements(tag.start, tag.end):
        if simple.kind != _SIMPLE:
            continue
        values = {e.kind: reader.data(e) for e in reader.elements(simple.start, simple.end)}
        name = values.get(_TAG_NAME, b"").decode("latin-1").strip("\x00").upper()
        if name in _KEPT_TAGS:
            facts.add(f"mkv.tag.{name}", values.get(_TAG_STRING, b""))

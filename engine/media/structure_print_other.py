"""The structure of Matroska, RIFF and transport streams as text.

Sources: RFC 8794 (EBML) and RFC 9559; "Multimedia Programming Interface and Data Specifications 1.0" (RIFF);
ISO/IEC 13818-1, 2.4.4.3 (program association) and 2.4.4.8 (program map).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from engine.media.riff import Chunk, chunks
from engine.media.structure_ebml import Element, ElementReader
from engine.media.structure_print import Lines, shown

# ---- Matroska ---------------------------------------------------------------------------------

_EBML, _SEGMENT, _CLUSTER, _SEEK_HEAD, _TRACK = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x114D9B74, 0xAE
_NAMES: Final = {
    _EBML: "EBML", _SEGMENT: "Segment", _CLUSTER: "Cluster", _SEEK_HEAD: "SeekHead", 0x4DBB: "Seek", 0x53AB: "SeekID",
    0x1549A966: "Info", 0x1654AE6B: "Tracks", _TRACK: "TrackEntry", 0xE0: "Video", 0xE1: "Audio", 0x1254C367: "Tags",
    0x7373: "Tag", 0x67C8: "SimpleTag", 0x45A3: "TagName", 0x4282: "DocType", 0x4287: "DocTypeVersion",
    0x4285: "DocTypeReadVersion", 0x2AD7B1: "TimestampScale", 0x86: "CodecID", 0x83: "TrackType",
    0x9C: "FlagLacing", 0x9A: "FlagInterlaced", 0xEC: "Void", 0xBF: "CRC-32", 0x1C53BB6B: "Cues",
}  # fmt: skip
_PARENTS: Final = frozenset({_EBML, 0x1549A966, 0x1654AE6B, _TRACK, 0xE0, 0xE1, 0x1254C367, 0x7373, 0x67C8})
_WORDS: Final = frozenset({0x4282, 0x86, 0x45A3})
_NUMBERS: Final = frozenset({0x4287, 0x4285, 0x2AD7B1, 0x83, 0x9C, 0x9A})
_DEPTH: Final = 6


def print_ebml(file: BinaryIO, size: int) -> str:
    """The structure of a Matroska or WebM file of `size` bytes, up to the first cluster.

    What stands behind the clusters shows in the order of SeekHead's entries.
    """
    reader, lines = ElementReader(file), Lines()
    for element in reader.elements(0, size):
        lines.add("", _named(element.kind))
        if element.kind == _SEGMENT:
            for part in reader.elements(element.start, element.end):
                if not _element(reader, part, "Segment", lines, 1):
                    break
            break
        _element(reader, element, "", lines, 0, told=True)
    return lines.text()


def _element(
    reader: ElementReader, element: Element, where: str, lines: Lines, depth: int, *, told: bool = False
) -> bool:
    """Tell an element and what is in it; False for the first cluster, where reading ends."""
    name = _named(element.kind)
    if not told:
        lines.add(where, name, _ebml_value(reader, element))
    if element.kind in _PARENTS and depth < _DEPTH:
        below, tracks = f"{where}/{name}" if where else name, 0
        for part in reader.elements(element.start, element.end):
            inside = f"{below}/{tracks}" if part.kind == _TRACK else below
            tracks += part.kind == _TRACK
            _element(reader, part, inside, lines, depth + 1)
    return element.kind != _CLUSTER


def _named(kind: int) -> str:
    return _NAMES.get(kind, f"{kind:X}")


def _ebml_value(reader: ElementReader, element: Element) -> str:
    if element.kind in _WORDS:
        return shown(reader.data(element, 40).rstrip(b"\0"))
    if element.kind in _NUMBERS:
        return str(int.from_bytes(reader.data(element, 8), "big"))
    return ",".join(_listed(reader, element)) if element.kind == _SEEK_HEAD else ""


def _listed(reader: ElementReader, head: Element) -> Iterator[str]:
    """What SeekHead lists, in its order."""
    for entry in reader.elements(head.start, head.end):
        for part in reader.elements(entry.start, entry.end):
            if part.kind == 0x53AB:
                yield _named(int.from_bytes(reader.data(part, 4), "big"))


# ---- RIFF -------------------------------------------------------------------------------------

_LISTS: Final = frozenset({b"hdrl", b"strl", b"INFO", b"odml", b"ncdt"})


def print_riff(file: BinaryIO, size: int) -> str:
    """The structure of an AVI or WAV file of `size` bytes; media data is stepped over."""
    file.seek(8)
    lines, left = Lines(), [500]
    form = shown(file.read(4))
    lines.add("", "RIFF", form)
    for chunk in chunks(file, 12, size, left):
        _chunk(file, chunk, f"RIFF {form}", lines, left, 0)
    return lines.text()


def _chunk(file: BinaryIO, chunk: Chunk, where: str, lines: Lines, left: list[int], depth: int) -> None:
    file.seek(chunk.start)
    head = file.read(8)
    name = shown(chunk.kind).strip()
    if chunk.kind in (b"LIST", b"RIFF"):
        form = shown(head[:4])
        lines.add(where, name, form)
        if head[:4] in _LISTS and depth < 4:
            for part in chunks(file, chunk.start + 4, chunk.end, left):
                _chunk(file, part, f"{where}/{form}", lines, left, depth + 1)
        return
    value = shown(head[:4] + b" " + head[4:8]) if chunk.kind == b"strh" else ""
    lines.add(where, name, value or (head[:2].hex() if chunk.kind == b"fmt " else ""))


# ---- transport streams ------------------------------------------------------------------------

_SYNC: Final = 0x47
_TABLES: Final = {0x00: "PAT", 0x01: "CAT", 0x10: "NIT", 0x11: "SDT", 0x12: "EIT", 0x14: "TDT", 0x1F: "SIT"}


def print_transport(data: bytes, size: int, at: int) -> str:
    """The structure of a transport stream: packet size, tables, programs and their streams.

    Parameters
    ----------
    data
        The beginning of the file.
    size, at
        Bytes of a packet as stored, and where its sync byte stands in it.
    """
    lines = Lines()
    lines.add("", "TS", size)
    maps: dict[int, int] = {}
    for start in range(at, len(data) - 187, size):
        packet = data[start : start + 188]
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        if packet[0] != _SYNC or not packet[1] & 0x40 or not packet[3] & 0x10:
            continue
        if pid in _TABLES:
            lines.add("TS", _TABLES[pid])
        section = _section(packet)
        if pid == 0:
            maps |= _programs(section)
        elif pid in maps:
            _map(section, pid, maps[pid], lines)
    return "\n".join(dict.fromkeys(lines.lines))


def _section(packet: bytes) -> bytes:
    """The first section that begins in a packet, without its check sum, as far as the packet holds it."""
    body = packet[5 + packet[4] :] if packet[3] & 0x20 else packet[4:]
    section = body[1 + body[0] :] if body else b""
    end = 3 + (int.from_bytes(section[1:3], "big") & 0xFFF) - 4
    return section[: max(end, 0)]


def _programs(section: bytes) -> dict[int, int]:
    """PID of a program's map -> its number."""
    if section[:1] != b"\0":
        return {}
    words = (int.from_bytes(section[i : i + 4], "big") for i in range(8, len(section) - 3, 4))
    return {word & 0x1FFF: word >> 16 for word in words if word >> 16}


def _map(section: bytes, pid: int, program: int, lines: Lines) -> None:
    if section[:1] != b"\x02" or len(section) < 12:
        return
    clock, skip = (int.from_bytes(section[i : i + 2], "big") for i in (8, 10))
    where = f"TS/program {program}"
    lines.add(
        "TS", f"program {program}", f"pid={pid:x} pcr={clock & 0x1FFF:x}", _tags(section[12 : 12 + (skip & 0xFFF)])
    )
    at = 12 + (skip & 0xFFF)
    while at + 5 <= len(section):
        stream, more = (int.from_bytes(section[at + i : at + i + 2], "big") for i in (1, 3))
        tags = _tags(section[at + 5 : at + 5 + (more & 0xFFF)])
        lines.add(where, f"stream {stream & 0x1FFF:x}", f"type={section[at]:x}", tags)
        at += 5 + (more & 0xFFF)


def _tags(data: bytes) -> str:
    """Tags of descriptors, such as ``05,0a``."""
    tags, at = [], 0
    while at + 2 <= len(data):
        tags.append(f"{data[at]:02x}")
        at += 2 + data[at + 1]
    return ",".join(tags)

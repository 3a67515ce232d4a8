"""The structure of MP4 and MOV as text: boxes in order, with brands, flags, time bases and handlers.

Source: ISO/IEC 14496-12; QuickTime File Format Specification.
"""

from __future__ import annotations

from typing import BinaryIO, Final

from engine.media.boxes import Box, Walk
from engine.media.structure_print import Lines, shown

MAX_DEPTH: Final = 10
_MAX_HEADERS: Final = 6_000

_CONTAINERS: Final = frozenset(
    b"moov trak edts mdia minf dinf stbl udta mvex moof traf mfra meta ilst wave tref gmhd".split()
)
_SAME: Final = {b"co64": "stco"}
"""Tables that only differ by how large the file is."""
_KEYED: Final = "#"
_OF_PLACE: Final = frozenset((b"\xa9xyz", b"loci", b"gps ", b"GPS "))
"""Where a recording was made: there with a fix, absent without one."""
_ENTRY_HEADS: Final = {b"vide": 78, b"soun": 28}
"""Bytes of a sample entry before its boxes, by kind of track."""


def print_mp4(file: BinaryIO, size: int) -> str:
    """The structure of an MP4/MOV file of `size` bytes."""
    walk, lines = Walk(file, _MAX_HEADERS), Lines()
    fragments = 0
    for box in walk.top_level(size):
        if not lines.add("", _name(box), _brands(walk, box)):
            continue
        fragments += box.kind == b"moof"
        if box.kind in _CONTAINERS and (box.kind != b"moof" or fragments == 1):
            _inside(walk, box, _name(box), lines, b"", 1)
    return lines.text()


def _name(box: Box) -> str:
    if box.kind[:2] == b"\0\0":  # an item of metadata by the number of its key: how many there are says nothing
        return _KEYED
    return _SAME.get(box.kind, shown(box.kind).strip())


def _brands(walk: Walk, box: Box) -> str:
    if box.kind == b"uuid":
        return walk.payload(box, 16).hex()
    if box.kind not in (b"ftyp", b"styp"):
        return ""
    data = walk.payload(box, 264)
    brands = " ".join(shown(data[i : i + 4]) for i in range(8, len(data) - 3, 4))
    return f"{shown(data[:4])}/{int.from_bytes(data[4:8], 'big')} [{brands}]"


def _inside(walk: Walk, parent: Box, where: str, lines: Lines, kind: bytes, depth: int) -> None:
    """Boxes of a box; `kind` is the kind of track, once ``hdlr`` has told it."""
    start = parent.start
    if parent.kind == b"meta" and walk.payload(parent, 8)[4:8] != b"hdlr":
        start += 4  # ISO puts four bytes of version and flags in front, QuickTime does not
    number, keyed = 0, False
    for box in walk.boxes(start, parent.end):
        again, keyed = keyed and _name(box) == _KEYED, _name(box) == _KEYED
        if box.kind in _OF_PLACE or again:
            continue
        data = walk.payload(box, 300)
        if box.kind == b"hdlr" and parent.kind == b"mdia":
            kind = data[8:12]
        name = _name(box)
        if box.kind == b"trak":
            name, number = f"trak{number}", number + 1
        added = lines.add(where, name, _value(box.kind, data))
        if not added or depth >= MAX_DEPTH:
            continue
        below = f"{where}/{name}"
        if box.kind == b"stsd":
            _entries(walk, box, below, lines, kind)
        elif box.kind in _CONTAINERS:
            _inside(walk, box, below, lines, kind, depth + 1)


def _value(kind: bytes, data: bytes) -> str:
    """What of a box belongs to its structure."""
    if kind in (b"mvhd", b"mdhd"):
        at = 20 if data[:1] == b"\x01" else 12
        scale = int.from_bytes(data[at : at + 4], "big")
        at = 32 if data[:1] == b"\x01" else 20
        language = f" language={data[at : at + 2].hex()}" if kind == b"mdhd" else ""
        return f"v{data[0] if data else 0} scale={scale}{language}"
    if kind in (b"tkhd", b"elst", b"vmhd", b"url "):
        return f"v{data[0] if data else 0} flags={int.from_bytes(data[1:4], 'big'):x}"
    if kind == b"hdlr":
        return f"{shown(data[4:12])} {shown(data[24:].rstrip(bytes(1)))}".strip()
    return data[:16].hex() if kind == b"uuid" else ""


def _entries(walk: Walk, table: Box, where: str, lines: Lines, kind: bytes) -> None:
    """Sample entries, and the names of the boxes in them."""
    for entry in walk.boxes(table.start + 8, table.end):
        lines.add(where, _name(entry))
        head = _ENTRY_HEADS.get(kind)
        if head is None:
            continue
        if kind == b"soun":  # QuickTime has longer descriptions: version 1 and 2
            head += {1: 16, 2: 36}.get(int.from_bytes(walk.payload(entry, 10)[8:10], "big"), 0)
        for box in walk.boxes(entry.start + head, entry.end):
            lines.add(f"{where}/{_name(entry)}", _name(box))

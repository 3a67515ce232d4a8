"""Who wrote an MP4 or MOV file: brands, names in ``udta``, ``meta`` and handlers, XMP, dates.

Sources: ISO/IEC 14496-12; QuickTime File Format Specification (user data, metadata keys, sample
descriptions); Adobe, "XMP Specification Part 3: Storage in Files" (the ``uuid`` box and ``XMP_``).
"""

from __future__ import annotations

import re
import struct
from typing import BinaryIO, Final

from engine.media.boxes import Box, Walk
from engine.media.facts import Facts

MAX_HEADERS: Final = 4_000
MAX_XMP: Final = 256 << 10
_XMP: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_XMP_FIELDS: Final = (
    ("xmp.toolkit", re.compile(rb"x:xmptk\s*=\s*[\"']([^\"']{1,200})")),
    ("xmp.creator_tool", re.compile(rb"xmp:CreatorTool(?:\s*=\s*[\"']|>)([^\"'<]{1,200})")),
    ("xmp.history", re.compile(rb"stEvt:softwareAgent(?:\s*=\s*[\"']|>)([^\"'<]{1,200})")),
)
MAX_WORDS: Final = 4096
"""Bytes of a metadata item that are looked at."""
_JSON: Final = re.compile(rb'"(source_type|product|TEEditor)"\s*:\s*"([^"]{1,40})"')
"""How editors of phones name themselves in metadata."""
_VISUAL_ENTRY: Final = 86
"""Bytes of a visual sample entry before its boxes."""


def read_mp4(file: BinaryIO, size: int, facts: Facts) -> bool:
    """Add what an MP4/MOV file of `size` bytes says of who wrote it; False where it is none."""
    walk = Walk(file, MAX_HEADERS)
    order: list[str] = []
    for box in walk.top_level(size):
        kind = box.kind.decode("latin-1")
        if kind not in order[-2:]:  # moof, mdat, moof, mdat ... is told once
            order.append(kind)
        if box.kind == b"ftyp":
            facts.add("ftyp", _file_type(walk.payload(box, 264)))
        elif box.kind in (b"free", b"skip"):
            facts.add_printable("free", walk.payload(box, 256))
        elif box.kind == b"uuid":
            _uuid(walk, box, facts)
        elif box.kind == b"moov":
            _movie(walk, box, facts)
        elif box.kind == b"meta":
            _meta(walk, box, facts)
    facts.add("top", ",".join(order[:16]))
    return bool(order)


def _file_type(data: bytes) -> str:
    """Such as ``isom/512 [isom iso2 avc1 mp41]``."""
    if len(data) < 8:
        return ""
    brands = " ".join(data[i : i + 4].decode("latin-1") for i in range(8, len(data) - 3, 4))
    return f"{data[:4].decode('latin-1')}/{struct.unpack('>I', data[4:8])[0]} [{brands}]"


def _uuid(walk: Walk, box: Box, facts: Facts) -> None:
    identity = walk.payload(box, 16)
    facts.add("uuid", identity.hex())
    if identity == _XMP:
        _xmp(walk.payload(box, MAX_XMP), facts)


def _xmp(data: bytes, facts: Facts) -> None:
    for name, pattern in _XMP_FIELDS:
        for match in list(pattern.finditer(data))[:16]:
            facts.add(name, match[1])


def _movie(walk: Walk, movie: Box, facts: Facts) -> None:
    tracks = 0
    for box in walk.boxes(movie.start, movie.end):
        if box.kind == b"mvhd":
            data = walk.payload(box, 32)
            facts.date("mvhd", *_dates(data))
            scale = _scale(data)
            facts.add("mvhd.timescale", str(scale))
        elif box.kind == b"trak":
            _track(walk, box, tracks, facts)
            tracks += 1
        elif box.kind == b"udta":
            _user_data(walk, box, "udta", facts)
        elif box.kind == b"meta":
            _meta(walk, box, facts)
        elif box.kind == b"uuid":
            _uuid(walk, box, facts)


def _dates(data: bytes) -> tuple[int, int]:
    """Creation and modification; ``mvhd``, ``tkhd`` and ``mdhd`` begin alike."""
    layout = ">QQ" if data[:1] == b"\x01" else ">II"
    if len(data) < 4 + struct.calcsize(layout):
        return 0, 0
    created, modified = struct.unpack_from(layout, data, 4)
    return created, modified


def _scale(data: bytes) -> int:
    at = 20 if data[:1] == b"\x01" else 12
    return int.from_bytes(data[at : at + 4], "big")


def _track(walk: Walk, trak: Box, number: int, facts: Facts) -> None:
    for box in walk.boxes(trak.start, trak.end):
        if box.kind == b"tkhd":
            facts.date(f"tkhd.{number}", *_dates(walk.payload(box, 32)))
        elif box.kind == b"udta":
            _user_data(walk, box, "trak.udta", facts)
        elif box.kind == b"mdia":
            _media(walk, box, number, facts)


def _media(walk: Walk, media: Box, number: int, facts: Facts) -> None:
    kind = b""
    for box in walk.boxes(media.start, media.end):
        if box.kind == b"mdhd":
            facts.date(f"mdhd.{number}", *_dates(walk.payload(box, 32)))
        elif box.kind == b"hdlr":
            data = walk.payload(box, 300)
            kind = data[8:12]
            facts.add("handler", _name(data[24:]))
        elif box.kind == b"minf":
            for table in walk.boxes(box.start, box.end):
                if table.kind == b"stbl":
                    for inner in walk.boxes(table.start, table.end):
                        if inner.kind == b"stsd":
                            _descriptions(walk, inner, kind, facts)


def _name(data: bytes) -> bytes:
    """A handler's name: ended by a zero (ISO), or behind its length (QuickTime)."""
    length = data[0] if data else 0
    if 0 < length < 32 or length == len(data.rstrip(b"\x00")) - 1:
        data = data[1 : 1 + length]
    return data.split(b"\x00", 1)[0]


def _descriptions(walk: Walk, box: Box, kind: bytes, facts: Facts) -> None:
    """Format, vendor, compressor and inner boxes of each sample entry."""
    for entry in walk.boxes(box.start + 8, box.end):
        name = entry.kind.decode("latin-1")
        if kind != b"vide":
            facts.add("entry", name)
            continue
        fields = walk.payload(entry, _VISUAL_ENTRY - 8)
        facts.add("vendor", fields[12:16])
        facts.add("compressor", fields[43 : 43 + min(fields[42], 31)] if len(fields) > 42 else b"")
        inner = walk.boxes(entry.start + _VISUAL_ENTRY - 8, entry.end)
        facts.add("entry", f"{name}({','.join(b.kind.decode('latin-1') for b in inner)})")


def _user_data(walk: Walk, udta: Box, where: str, facts: Facts) -> None:
    kinds = []
    for box in walk.boxes(udta.start, udta.end):
        kind = box.kind.decode("latin-1")
        kinds.append(kind)
        if box.kind == b"meta":
            _meta(walk, box, facts)
        elif box.kind == b"XMP_":
            _xmp(walk.payload(box, MAX_XMP), facts)
        elif box.kind[:1] == b"\xa9":
            facts.add(f"{where}.{kind}", walk.payload(box, 512)[4:])  # a length and a language stand in front
        elif box.kind == b"name":
            facts.add(f"{where}.name", walk.payload(box, 512))
    facts.add(where, ",".join(kinds[:16]))


def _meta(walk: Walk, meta: Box, facts: Facts) -> None:
    """Items by four letters, or by the keys that stand beside them."""
    # ISO puts four bytes of version and flags in front, QuickTime does not
    start = meta.start if walk.payload(meta, 8)[4:8] == b"hdlr" else meta.start + 4
    keys: list[str] = []
    for box in walk.boxes(start, meta.end):
        if box.kind == b"keys":
            keys = [walk.payload(b, 200).decode("utf-8", "replace") for b in walk.boxes(box.start + 8, box.end)]
        elif box.kind == b"ilst":
            _items(walk, box, keys, facts)


def _items(walk: Walk, items: Box, keys: list[str], facts: Facts) -> None:
    empty = True
    for item in walk.boxes(items.start, items.end):
        empty = False
        number = int.from_bytes(item.kind, "big")
        name = f"mdta.{keys[number - 1]}" if 0 < number <= len(keys) else f"ilst.{item.kind.decode('latin-1')}"
        for data in walk.boxes(item.start, item.end):
            if data.kind == b"data" and walk.payload(data, 4) == b"\x00\x00\x00\x01":  # UTF-8
                words = walk.payload(data, MAX_WORDS)[8:]
                facts.add(name, words)
                for match in list(_JSON.finditer(words))[:4]:  # behind what is kept of a long value
                    facts.add(f"json.{match[1].decode()}", match[2])
    if empty:
        facts.add("ilst", "empty")

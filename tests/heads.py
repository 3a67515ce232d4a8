"""Heads of container files, written byte by byte: the least that names who wrote them."""

from __future__ import annotations

import struct


def box(kind: bytes | str, *content: bytes) -> bytes:
    """An MP4 box."""
    name = kind.encode("latin-1") if isinstance(kind, str) else kind
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), name) + body


def brands(major: str, minor: int, *compatible: str) -> bytes:
    return box("ftyp", major.encode(), struct.pack(">I", minor), *(b.encode() for b in compatible))


def header(kind: str, created: int, modified: int, scale: int = 1000) -> bytes:
    """``mvhd``, ``mdhd`` or ``tkhd`` of version 0."""
    return box(kind, bytes(4), struct.pack(">III", created, modified, scale), bytes(80))


def handler(name: bytes, kind: bytes = b"vide") -> bytes:
    return box("hdlr", bytes(8), kind, bytes(12), name)


def visual(*inner: str, compressor: str = "", vendor: bytes = bytes(4), kind: str = "avc1") -> bytes:
    """``minf`` with one visual sample entry that holds empty boxes."""
    name = compressor.encode()
    head = bytes(8) + bytes(4) + vendor + bytes(26) + bytes([len(name)]) + name.ljust(31, b"\0") + bytes(4)
    entry = box(kind, head, *(box(i) for i in inner))
    return box("minf", box("stbl", box("stsd", bytes(4), struct.pack(">I", 1), entry)))


def track(
    name: bytes = b"", *, entry: bytes = b"", user: bytes = b"", made: tuple[int, int] = (0, 0), kind: bytes = b"vide"
) -> bytes:
    media = box("mdia", header("mdhd", *made), handler(name, kind) if name else b"", entry)
    return box("trak", header("tkhd", *made), media, box("udta", user) if user else b"")


def items(*pairs: tuple[str, str]) -> bytes:
    """``meta`` with an ``ilst`` of texts by four letters; empty without any."""
    listed = (box(k, box("data", bytes([0, 0, 0, 1]), bytes(4), v.encode())) for k, v in pairs)
    return box("meta", bytes(4), handler(b"", b"mdir"), box("ilst", *listed))


def keyed(**pairs: str) -> bytes:
    """``meta`` with texts by keys; ``__`` stands for a point."""
    names = [k.replace("__", ".") for k in pairs]
    keys = box("keys", bytes(4), struct.pack(">I", len(names)), *(box("mdta", n.encode()) for n in names))
    values = (
        box(struct.pack(">I", n), box("data", bytes([0, 0, 0, 1]), bytes(4), v.encode()))
        for n, v in enumerate(pairs.values(), 1)
    )
    return box("meta", handler(b"", b"mdta"), keys, box("ilst", *values))


def said(kind: str, text: str) -> bytes:
    """A text of QuickTime user data."""
    return box(kind, struct.pack(">HH", len(text), 0x55C4), text.encode())


def xmp(text: str) -> bytes:
    return box("uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), text.encode())


def movie(*content: bytes, made: tuple[int, int] = (0, 0), scale: int = 1000) -> bytes:
    return box("moov", header("mvhd", *made, scale), *content)


def element(kind: int, *content: bytes) -> bytes:
    """An EBML element with a size of eight bytes."""
    body = b"".join(content)
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big") + (1 << 56 | len(body)).to_bytes(8, "big") + body


def matroska(muxing: str, writing: str, *more: bytes, tags: dict[str, str] | None = None) -> bytes:
    """EBML header and a segment with Info and Tags in front of a cluster."""
    info = element(0x1549A966, element(0x4D80, muxing.encode()), element(0x5741, writing.encode()), *more)
    simple = (
        element(0x67C8, element(0x45A3, k.encode()), element(0x4487, v.encode())) for k, v in (tags or {}).items()
    )
    listed = element(0x1254C367, element(0x7373, *simple))
    return element(0x1A45DFA3, element(0x4282, b"matroska")) + element(
        0x18538067, info, listed, element(0x1F43B675, bytes(10))
    )


def chunk(kind: str, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack("<4sI", kind.encode(), len(body)) + body + bytes(len(body) & 1)


def avi(*content: bytes) -> bytes:
    return chunk("RIFF", b"AVI ", *content)


def transport(provider: str, name: str) -> bytes:
    """Five packets; the first carries a service description (its CRC is not looked at)."""
    described = bytes([1, len(provider)]) + provider.encode() + bytes([len(name)]) + name.encode()
    descriptor = bytes([0x48, len(described)]) + described
    service = struct.pack(">HBH", 1, 0xFC, 0x8000 | len(descriptor)) + descriptor
    rest = struct.pack(">HBBBHB", 1, 0xC1, 0, 0, 1, 0xFF) + service + bytes(4)
    section = bytes([0x42]) + struct.pack(">H", 0xF000 | len(rest)) + rest
    first = (b"\x47\x40\x11\x10\x00" + section).ljust(188, b"\xff")
    return first + 5 * (b"\x47\x1f\xff\x10" + bytes(184))

"""Whether a file is the beginning of the sealed one, and whether it ends before its own end.

A file may be cut off behind its last picture: all content is whole, and yet it is not what was sealed.
A remux is shorter too, but complete: it declares no more than it holds.

Sources: ISO/IEC 14496-12, 4.2 (boxes); RFC 9559 (Matroska elements); "Multimedia Programming Interface
and Data Specifications 1.0" (RIFF); ISO/IEC 13818-1, 2.4.3 and 2.5.3 (packets and packs).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import BinaryIO, Final

import numpy as np

from engine.media.model import MediaInfo
from engine.proofs.header import Header
from engine.proofs.leaves import Leaves

RAW_FORMATS: Final = frozenset({"h264", "hevc"})
"""Streams without a container."""

_PACKETS: Final = (188, 192)
_MAX_BOXES: Final = 200_000
_TAIL: Final = 1 << 17
"""Bytes at the end that hold a pack header of a program stream: packets are 64 KiB at most."""


def truncated(name: str, header: Header, sealed: Leaves, media: MediaInfo, presented: Leaves, whole: bool) -> bool:
    """Whether the file is a shorter copy of the sealed one.

    Parameters
    ----------
    name
        The file.
    header, sealed
        Of the proof.
    media, presented
        Of the file.
    whole
        Whether nothing else is wrong with it. Without positions (Matroska, transport and
        program streams) a file is called cut off only then, and only by what it declares itself.
    """
    if media.format != header.container or media.size >= header.size:
        return False
    if not (sealed.position >= 0).any():
        return whole and ends_early(name, media.format, media.size, header.size)
    if not _is_beginning(sealed, presented):
        return False
    if media.format in RAW_FORMATS or _index_in_front(media):
        return True  # whoever writes anew writes what stands in front anew, and all positions move
    return ends_early(name, media.format, media.size, header.size)


def _is_beginning(sealed: Leaves, presented: Leaves) -> bool:
    """Every leaf where it was, with the content it had; the last of a stream may be cut."""
    for stream in sealed.streams:
        rows, theirs = sealed.rows(stream.index), presented.rows(stream.index)
        rows = rows[: len(theirs)]
        if len(rows) < len(theirs) or not np.array_equal(sealed.position[rows], presented.position[theirs]):
            return False
        if not np.array_equal(sealed.digest[rows[:-1]], presented.digest[theirs[:-1]]):
            return False
    return True


def _index_in_front(media: MediaInfo) -> bool:
    boxes = media.boxes.top_level if media.boxes else ()
    return "moov" in boxes and "mdat" in boxes and boxes.index("moov") < boxes.index("mdat")


# ---- what containers declare ------------------------------------------------------------------


def ends_early(name: str, container: str, size: int, sealed_size: int) -> bool:
    """Whether a file's own headers declare more bytes than there are; False where they declare none."""
    if container == "mpegts":
        return any(sealed_size % unit == 0 for unit in _PACKETS) and all(size % unit for unit in _PACKETS)
    check = _CHECKS.get(container)
    if check is None:
        return False
    with open(name, "rb") as file:
        return check(file, size)


def _boxes(file: BinaryIO, size: int) -> bool:
    start = 0
    for _ in range(_MAX_BOXES):
        if start >= size:
            return start > size
        file.seek(start)
        head = file.read(16)
        if len(head) < 8:
            return True
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            if len(head) < 16:
                return True
            length = int.from_bytes(head[8:], "big")
        if length < 8:  # 0: to the end of the file; less makes no sense
            return False
        start += length
    return False


def _riff(file: BinaryIO, size: int) -> bool:
    start = 0
    while start < size:
        file.seek(start)
        head = file.read(8)
        if head[:4] != b"RIFF":
            return False
        if len(head) < 8:
            return True
        start += 8 + int.from_bytes(head[4:], "little")
    return start > size


def _matroska(file: BinaryIO, size: int) -> bool:
    start = 0
    while start < size:
        file.seek(start)
        head = file.read(12)
        width = 9 - head[0].bit_length()  # of the identifier
        if width > 4 or len(head) <= width or not head[width]:
            return False
        length = 9 - head[width].bit_length()
        value = head[width : width + length]
        declared = int.from_bytes(value, "big") & ((1 << 7 * length) - 1)
        if len(value) < length or declared == (1 << 7 * length) - 1:  # all ones: unknown
            return False
        start += width + length + declared
    return start > size


def _program_stream(file: BinaryIO, size: int) -> bool:
    """Walks from the last pack header to the end."""
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    at = tail.rfind(b"\x00\x00\x01\xba")
    if at < 0:
        return False
    at += 14 + (tail[at + 13] & 7) if tail[at + 4 : at + 5] >= b"\x40" and len(tail) > at + 13 else 12
    while at < len(tail):
        code = tail[at : at + 4]
        if code == b"\x00\x00\x01\xb9":
            return False
        if len(tail) - at < 6:
            return True
        if not code.startswith(b"\x00\x00\x01") or code[3] < 0xBB:
            return False
        at += 6 + struct.unpack_from(">H", tail, at + 4)[0]
    return at > len(tail)


_CHECKS: Final[Mapping[str, Callable[[BinaryIO, int], bool]]] = MappingProxyType(
    {
        "mov,mp4,m4a,3gp,3g2,mj2": _boxes,
        "avi": _riff,
        "wav": _riff,
        "matroska,webm": _matroska,
        "mpeg": _program_stream,
    }
)

"""Where players may differ over a file that is no MP4: marks that some heed and others do not.

FFmpeg reads what is there; other players follow an index, leave out packets that are marked
as damaged, or play only the chapters of an ordered edition. Whoever edits such marks changes what
they show, and no coded picture.

Source: RFC 9559 (Matroska), sections 5.1.3.5 (``DiscardPadding``), 5.1.4.1 (``FlagEnabled``, ``TrackOffset``,
``TrackTimestampScale``, ``CodecDelay``, ``TrackOperation``), 5.1.7 (``EditionFlagOrdered``) and 10.2 (invisible
blocks); AVI RIFF File Reference (``strh``, ``idx1``); ITU-T H.222.0, sections 2.4.3.2 (``transport_error_indicator``,
``transport_scrambling_control``) and 2.4.4.8 (program map).
"""

from __future__ import annotations

import os
import re
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from engine.media.structure_ebml import Element, ElementReader

AMBIGUOUS: Final = "ambiguous"
DISABLED: Final = "track_disabled"

_SEGMENT, _TRACKS, _TRACK, _ENABLED, _OFFSET = 0x18538067, 0x1654AE6B, 0xAE, 0xB9, 0x537F
_SCALE, _OPERATION, _DELAY = 0x23314F, 0xE2, 0x56AA
_NUMBER, _CODEC = 0xD7, 0x86
_CLUSTER, _GROUP, _SIMPLE, _BLOCK, _PADDING = 0x1F43B675, 0xA0, 0xA3, 0xA1, 0x75A2
_INVISIBLE: Final = 8
_UNSCALED: Final = (0, 0x3F800000, 0x3FF0000000000000)
"""1.0 as a float of no, four and eight bytes."""
_LONGEST_DELAY: Final = 250_000_000
"""Nanoseconds; what decoders need to begin is a tenth of a second at most."""
_CHAPTERS, _EDITION, _ORDERED = 0x1043A770, 0x45B9, 0x45DD
MAX_ELEMENTS: Final = 16_000_000

_STREAM_CHUNK: Final = re.compile(rb"[0-9]{2}(db|dc|wb|pc)")
_STRH: Final = 36
MAX_CHUNKS: Final = 8_000_000

_STRIDES: Final = ((188, 0), (192, 4), (204, 0))
_PACKETS: Final = 1 << 16
_PROGRAM_MAP: Final = 2


def disagreements(path: str | os.PathLike[str], container: str) -> tuple[str, ...]:
    """What makes players differ, each reason once.

    Parameters
    ----------
    path
        The file.
    container
        FFmpeg's name of its format.

    Returns
    -------
    tuple of str
        ``ambiguous``: players may show different pictures; ``track_disabled``: a track is
        switched off. Nothing for formats that are not looked into here.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    look = {"matroska,webm": _matroska, "avi": _avi, "mpegts": _transport}.get(container)
    return tuple(dict.fromkeys(look(path))) if look is not None and os.path.getsize(path) else ()


def _matroska(path: str | os.PathLike[str]) -> Iterator[str]:
    with open(path, "rb") as file:
        reader = ElementReader(file)
        reader.left = MAX_ELEMENTS
        for segment in reader.elements(0, os.path.getsize(path)):
            if segment.kind == _SEGMENT:
                yield from _segment(reader, segment)
        if reader.left <= 0:
            yield AMBIGUOUS


def _segment(reader: ElementReader, segment: Element) -> Iterator[str]:
    unshown: set[int] = set()
    """Tracks whose coder has pictures of its own that are never shown."""
    padded: set[int] = set()
    for part in _parts(reader, segment):
        if part.kind in (_SIMPLE, _GROUP):
            yield from _block_marks(reader, part, unshown, padded)
        inner, marks = {_TRACKS: (_TRACK, _track_mark), _CHAPTERS: (_EDITION, _edition_mark)}.get(part.kind, (0, None))
        if marks is None:
            continue
        for entry in reader.elements(part.start, part.end):
            if entry.kind == inner:
                values = [(e.kind, reader.data(e, 8)) for e in reader.elements(entry.start, entry.end)]
                yield from filter(None, (marks(kind, int.from_bytes(data, "big")) for kind, data in values))
                if any(kind == _CODEC and data.startswith(b"V_VP") for kind, data in values):
                    unshown |= {int.from_bytes(data, "big") for kind, data in values if kind == _NUMBER}


def _parts(reader: ElementReader, segment: Element) -> Iterator[Element]:
    """What stands in a segment; in place of its clusters what stands in these, which may be of unknown size."""
    at = segment.start
    while (part := next(reader.elements(at, segment.end), None)) is not None:
        at = part.start if part.kind == _CLUSTER else part.end
        if part.kind != _CLUSTER:
            yield part


def _block_marks(reader: ElementReader, part: Element, unshown: set[int], padded: set[int]) -> Iterator[str]:
    """A block that is not to be shown; sound that is to be cut off, with more of its track behind it."""
    block = Element(_BLOCK, part.start, part.end)
    elements = list(reader.elements(part.start, part.end)) if part.kind == _GROUP else [block]
    for block in elements:
        if block.kind != _BLOCK:
            continue
        head = reader.data(block, 12)
        width = 9 - head[0].bit_length() if head and head[0] else 0
        if not width or len(head) < width + 3:
            continue
        track = int.from_bytes(head[:width], "big") & ((1 << 7 * width) - 1)
        if track in padded or (head[width + 2] & _INVISIBLE and track not in unshown):
            yield AMBIGUOUS
        if any(e.kind == _PADDING and any(reader.data(e, 8)) for e in elements):
            padded.add(track)


def _track_mark(kind: int, value: int) -> str:
    if kind == _ENABLED and not value:
        return DISABLED
    odd = (kind == _SCALE and value not in _UNSCALED) or (kind == _DELAY and value > _LONGEST_DELAY)
    return AMBIGUOUS if odd or (kind in (_OFFSET, _OPERATION) and value) else ""


def _edition_mark(kind: int, value: int) -> str:
    return AMBIGUOUS if kind == _ORDERED and value else ""


# ---- AVI --------------------------------------------------------------------------------------

Chunk = tuple[bytes, int, int]
"""Its name, offset of its header in bytes, and bytes of what it holds."""


@dataclass(slots=True)
class _Riff:
    """The first RIFF of an AVI: what its headers say, what lies in ``movi``, what ``idx1`` says of that."""

    headers: list[bytes] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    movies: list[int] = field(default_factory=list)
    index: list[Chunk] = field(default_factory=list)
    indexes: int = 0


def _avi(path: str | os.PathLike[str]) -> Iterator[str]:
    with open(path, "rb") as file:
        head = file.read(12)
        riff = _Riff()
        _walk(file, 12, min(os.path.getsize(path), 8 + int.from_bytes(head[4:8], "little")), riff)
    if len(riff.movies) > 1 or riff.indexes > 1 or len(riff.chunks) >= MAX_CHUNKS:
        yield AMBIGUOUS
    if riff.index and not _same(riff.index, riff.chunks):
        yield AMBIGUOUS
    counts = Counter(int(name[:2]) for name, _, _ in riff.chunks)
    for number, header in enumerate(riff.headers):
        flags, length = struct.unpack_from("<I", header, 8)[0], struct.unpack_from("<I", header, 32)[0]
        if flags & 1:
            yield DISABLED
        if header[:4] == b"vids" and 0 < length < counts[number]:
            yield AMBIGUOUS


def _walk(file: BinaryIO, at: int, end: int, riff: _Riff, inside: tuple[bytes, ...] = ()) -> None:
    """Read what stands between two offsets; bounded reads, since the file may shrink meanwhile."""
    while at + 8 <= end and len(riff.chunks) < MAX_CHUNKS:
        file.seek(at)
        head = file.read(12)
        if len(head) < 8:
            return
        name, size, kind = head[:4], int.from_bytes(head[4:8], "little"), head[8:]
        stop = min(at + 8 + size, end)
        if name == b"LIST" and kind in (b"hdrl", b"strl", b"movi", b"rec "):
            riff.movies += [at + 8] * (kind == b"movi")
            if len(inside) < 4:
                _walk(file, at + 12, stop, riff, (*inside, kind))
        elif name == b"strh":
            riff.headers.append(_content(file, at, stop, _STRH).ljust(_STRH, b"\0"))
        elif name == b"idx1":
            riff.indexes += 1
            data = _content(file, at, stop, 16 * MAX_CHUNKS)
            entries = struct.iter_unpack("<4sIII", data[: len(data) // 16 * 16])
            riff.index += [(n, offset, length) for n, _, offset, length in entries if _STREAM_CHUNK.fullmatch(n)]
        elif b"movi" in inside and _STREAM_CHUNK.fullmatch(name):
            riff.chunks.append((name, at, size))
        at = stop + (size & 1)


def _content(file: BinaryIO, at: int, stop: int, limit: int) -> bytes:
    file.seek(at + 8)
    return file.read(min(stop - at - 8, limit))


def _same(index: list[Chunk], chunks: list[Chunk]) -> bool:
    """The index names every chunk, in its order; offsets count from anywhere, but all from the same place."""
    if len(index) != len(chunks):
        return False
    shift = chunks[0][1] - index[0][1]
    return all((n, at + shift, size) == chunk for (n, at, size), chunk in zip(index, chunks, strict=True))


# ---- MPEG-TS ----------------------------------------------------------------------------------


def _transport(path: str | os.PathLike[str]) -> Iterator[str]:
    """Packets marked as damaged or scrambled, which some players leave out; programs that change on the way."""
    with open(path, "rb") as file:
        first = np.frombuffer(file.read(204 * 1000), np.uint8)
        stride, offset = max(_STRIDES, key=lambda s: _synced(first, *s))
        file.seek(0)
        programs: dict[int, bytes] = {}
        while len(block := file.read(stride * _PACKETS)) >= stride:
            rows = np.frombuffer(block, np.uint8, len(block) // stride * stride).reshape(-1, stride)[:, offset:]
            heads = rows[:, :4]
            real = (heads[:, 0] == 0x47) & ~(((heads[:, 1] & 0x1F) == 0x1F) & (heads[:, 2] == 0xFF))
            if bool((real & (((heads[:, 1] & 0x80) != 0) | ((heads[:, 3] & 0xC0) != 0))).any()) or _changing(
                rows[real & ((heads[:, 1] & 0x40) != 0)], programs
            ):
                yield AMBIGUOUS
                return


def _changing(rows: NDArray[np.uint8], programs: dict[int, bytes]) -> bool:
    """Whether a program map names other streams than the one of its program before: players then drop or add one.

    Parameters
    ----------
    rows
        uint8, (n, bytes of a packet). Packets in which something begins.
    programs
        Number of a program -> type and packet identifier of each of its streams; added to.
    """
    every = np.arange(len(rows))
    pointer = np.minimum(4 + np.where(rows[:, 3] & 0x20, 1 + rows[:, 4].astype(np.intp), 0), 187)
    table = np.minimum(pointer + 1 + rows[every, pointer], 187)
    maps = rows[rows[every, table] == _PROGRAM_MAP]
    for packet in np.unique(maps[:, 3:188], axis=0).tolist() if len(maps) else ():
        data = bytes(packet)
        start = 1 + (1 + data[1] if data[0] & 0x20 else 0)
        start += 1 + data[start] if start < len(data) else 0
        section = data[start : start + 3 + _twelve_bits(data, start + 1) - 4]
        if len(section) < 12 or not section[5] & 1 or section[6:8] != b"\0\0":  # not in force yet, or in several parts
            continue
        at, named = 12 + _twelve_bits(section, 10), []
        while at + 5 <= len(section):
            named.append(section[at : at + 1] + bytes([section[at + 1] & 0x1F]) + section[at + 2 : at + 3])
            at += 5 + _twelve_bits(section, at + 3)
        streams = b"".join(sorted(named))
        if programs.setdefault(int.from_bytes(section[3:5], "big"), streams) != streams:
            return True
    return False


def _twelve_bits(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big") & 0xFFF


def _synced(data: NDArray[np.uint8], stride: int, offset: int) -> int:
    """How many of the first packets begin where they should."""
    return int(np.count_nonzero(data[offset : 1000 * stride : stride] == 0x47))

"""Where players may differ over a file that is no MP4: marks that some heed and others do not.

FFmpeg reads what is there; other players follow an index, leave out packets that are marked
as damaged, or play only the chapters of an ordered edition. Whoever edits such marks changes what
they show, and no coded picture.

Source: RFC 9559 (Matroska), sections 5.1.4.1 (``FlagEnabled``, ``TrackOffset``) and 5.1.7
(``EditionFlagOrdered``); AVI RIFF File Reference (``strh``, ``idx1``); ITU-T H.222.0, section 2.4.3.2
(``transport_error_indicator``, ``transport_scrambling_control``).
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

from engine.media.structure_ebml import ElementReader

AMBIGUOUS: Final = "ambiguous"
DISABLED: Final = "track_disabled"

_SEGMENT, _TRACKS, _TRACK, _ENABLED, _OFFSET = 0x18538067, 0x1654AE6B, 0xAE, 0xB9, 0x537F
_CHAPTERS, _EDITION, _ORDERED = 0x1043A770, 0x45B9, 0x45DD
MAX_ELEMENTS: Final = 1_000_000

_STREAM_CHUNK: Final = re.compile(rb"[0-9]{2}(db|dc|wb|pc)")
_STRH: Final = 36
MAX_CHUNKS: Final = 8_000_000

_STRIDES: Final = ((188, 0), (192, 4), (204, 0))
_PACKETS: Final = 1 << 16


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
            if segment.kind != _SEGMENT:
                continue
            for part in reader.elements(segment.start, segment.end):
                inner, marks = {_TRACKS: (_TRACK, _track_mark), _CHAPTERS: (_EDITION, _edition_mark)}.get(
                    part.kind, (0, None)
                )
                if marks is None:
                    continue
                for entry in reader.elements(part.start, part.end):
                    if entry.kind == inner:
                        for e in reader.elements(entry.start, entry.end):
                            reason = marks(e.kind, int.from_bytes(reader.data(e, 8), "big"))
                            if reason:
                                yield reason
        if reader.left <= 0:
            yield AMBIGUOUS


def _track_mark(kind: int, value: int) -> str:
    if kind == _ENABLED and not value:
        return DISABLED
    return AMBIGUOUS if kind == _OFFSET and value else ""


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
    """Packets that are marked as damaged or scrambled: some players leave them out."""
    with open(path, "rb") as file:
        first = np.frombuffer(file.read(204 * 1000), np.uint8)
        stride, offset = max(_STRIDES, key=lambda s: _synced(first, *s))
        file.seek(0)
        while len(block := file.read(stride * _PACKETS)) >= stride:
            rows = np.frombuffer(block, np.uint8, len(block) // stride * stride).reshape(-1, stride)
            heads = rows[:, offset : offset + 4]
            real = (heads[:, 0] == 0x47) & ~(((heads[:, 1] & 0x1F) == 0x1F) & (heads[:, 2] == 0xFF))
            if bool((real & (((heads[:, 1] & 0x80) != 0) | ((heads[:, 3] & 0xC0) != 0))).any()):
                yield AMBIGUOUS
                return


def _synced(data: NDArray[np.uint8], stride: int, offset: int) -> int:
    """How many of the first packets begin where they should."""
    return int(np.count_nonzero(data[offset : 1000 * stride : stride] == 0x47))

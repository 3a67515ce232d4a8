"""The chunks that an AVI file stores against those that its index lists.

Players that go by the index never show a chunk that it leaves out; others do.

Source: "Multimedia Programming Interface and Data Specifications 1.0" and Microsoft, "AVI RIFF File Reference"
(``movi``, ``rec ``, ``idx1``); OpenDML AVI File Format Extensions 1.02 (further ``RIFF`` chunks are not listed there).
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from engine.media.riff import Chunk, chunks

MAX_CHUNKS: Final = 3_000_000
"""Chunks that are walked: a day of 25 pictures a second, and sound."""
_MAX_INDEX: Final = 16 * MAX_CHUNKS
_MAX_HEADER: Final = 64 << 10
_OF_STREAM: Final = re.compile(rb"[0-9]{2}(dc|db|wb|pc|tx|__|iv)")
_ENTRY: Final = np.dtype([("kind", "S4"), ("flags", "<u4"), ("at", "<u4"), ("size", "<u4")])


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """How index and content of an AVI file agree.

    Parameters
    ----------
    stored
        Chunks of pictures and sound in the first ``movi`` list.
    listed
        Entries of the index for such chunks.
    unlisted
        Chunks with content that no entry points to.
    nowhere
        Entries that point to no chunk.
    """

    stored: int
    listed: int
    unlisted: int
    nowhere: int


def read_index(path: str | os.PathLike[str]) -> IndexFacts | None:
    """Hold the index of an AVI file against its chunks.

    Returns
    -------
    IndexFacts or None
        None where the file is no AVI, has no ``idx1`` or another index beside it, or more chunks than are walked.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        if not _is_avi(file.read(12)) or size < 24:
            return None
        left = [MAX_CHUNKS]
        end = min(size, 8 + _word(file, 4))
        parts = list(chunks(file, 12, end, left))
        movie = next((c for c in parts if c.kind == b"LIST" and _form(file, c) == b"movi"), None)
        index = next((c for c in parts if c.kind == b"idx1"), None)
        if movie is None or index is None or index.size > _MAX_INDEX or _has_own_index(file, parts):
            return None
        stored = [(c.start - 8, c.size) for c in _stored(file, movie.start + 4, movie.end, left, 0)]
        if left[0] <= 0 or not stored:
            return None
        file.seek(index.start)
        return _compared(np.array(stored, np.int64), file.read(index.size), movie.start)


def _has_own_index(file: BinaryIO, parts: list[Chunk]) -> bool:
    """Whether streams have an index of their own (OpenDML): ``idx1`` need not list all then."""
    header = next((c for c in parts if c.kind == b"LIST" and _form(file, c) == b"hdrl"), None)
    if header is None:
        return False
    file.seek(header.start)
    return b"indx" in file.read(min(header.size, _MAX_HEADER))


def _is_avi(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:] == b"AVI "


def _word(file: BinaryIO, at: int) -> int:
    file.seek(at)
    return int(struct.unpack("<I", file.read(4).ljust(4, b"\0"))[0])


def _form(file: BinaryIO, chunk: Chunk) -> bytes:
    file.seek(chunk.start)
    return file.read(4)


def _stored(file: BinaryIO, start: int, end: int, left: list[int], depth: int) -> Iterator[Chunk]:
    """Chunks of streams, also those that stand in ``rec `` lists."""
    for chunk in chunks(file, start, end, left):
        if _OF_STREAM.fullmatch(chunk.kind):
            yield chunk
        elif chunk.kind == b"LIST" and depth < 2:
            yield from _stored(file, chunk.start + 4, chunk.end, left, depth + 1)


def _compared(stored: NDArray[np.int64], index: bytes, movie: int) -> IndexFacts | None:
    entries = np.frombuffer(index[: len(index) // 16 * 16], _ENTRY)
    entries = entries[[bool(_OF_STREAM.fullmatch(kind)) for kind in entries["kind"].tolist()]]
    if not len(entries):
        return None
    places = entries["at"].astype(np.int64)
    # counted from the word "movi" or from the start of the file; some count to the content
    fits = {base: int(np.isin(places + base, stored[:, 0]).sum()) for base in (movie, 0, movie - 8, -8)}
    base = max(fits, key=lambda b: fits[b])
    listed = places + base
    full = stored[stored[:, 1] > 0, 0]
    return IndexFacts(
        stored=len(stored),
        listed=len(entries),
        unlisted=int(np.count_nonzero(~np.isin(full, listed))),
        nowhere=int(np.count_nonzero(~np.isin(listed, stored[:, 0]))),
    )

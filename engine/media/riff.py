"""Chunks of RIFF files (AVI, WAV), bounded.

Source: "Multimedia Programming Interface and Data Specifications 1.0", IBM and Microsoft, 1991.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its type and where its content lies, bytes from the start of the file."""

    kind: bytes
    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


def chunks(file: BinaryIO, start: int, end: int, left: list[int]) -> Iterator[Chunk]:
    """Chunks between two offsets, as long as there are any `left` to visit (one number, counted down)."""
    while end - start >= 8 and left[0] > 0:
        left[0] -= 1
        file.seek(start)
        header = file.read(8)
        if len(header) < 8:
            return
        kind, size = struct.unpack("<4sI", header)
        stop = min(start + 8 + size, end)
        yield Chunk(kind, start + 8, stop)
        start = stop + (size & 1)

"""Columns that grow on disk, so that memory does not grow with the length of a recording."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

Layout = Mapping[str, tuple[tuple[int, ...], DTypeLike]]
"""Column -> (shape of a row, dtype)."""

_CHUNK_BYTES: Final = 1 << 20


def scratch_folder() -> Path | None:
    """Where scratch files go: TMPDIR if set, else /var/tmp (which is on disk), else the default."""
    if os.environ.get("TMPDIR"):
        return None
    usual = Path("/var/tmp")
    return usual if os.access(usual, os.W_OK) else None


class ScratchColumns:
    """Columns written row by row into unlinked files, one a column, and memory-mapped at the end.

    Nothing stays behind, even when the process is killed.

    Raises
    ------
    OSError
        When the disk is full.
    """

    def __init__(self, layout: Layout) -> None:
        row_bytes = sum(np.dtype(d).itemsize * int(np.prod(s, dtype=np.int64)) for s, d in layout.values())
        self._capacity = max(16, min(4096, _CHUNK_BYTES // max(row_bytes, 1)))
        self._layout = dict(layout)
        self._chunks = {n: np.zeros((self._capacity, *s), d) for n, (s, d) in layout.items()}
        folder = scratch_folder()
        self._files: dict[str, IO[bytes]] = {
            name: tempfile.TemporaryFile(prefix="unbroken-", dir=folder, buffering=0)  # noqa: SIM115 - closed in finish
            for name in layout
        }
        self._filled = 0
        self._written = 0

    def __len__(self) -> int:
        return self._written + self._filled

    def append(self, values: Sequence[Any]) -> None:
        """Add one row: a value for each column, in the order of the layout."""
        at = self._filled
        for chunk, value in zip(self._chunks.values(), values, strict=True):
            chunk[at] = value
        self._filled += 1
        if self._filled == self._capacity:
            self._flush()

    def extend(self, columns: Mapping[str, NDArray[Any]], count: int) -> None:
        """Add `count` rows: an array of that many for each column."""
        self._flush()
        for name, file in self._files.items():
            values = np.ascontiguousarray(columns[name], self._layout[name][1])
            if len(values) != count:
                raise ValueError(f"column {name} has {len(values)} rows, not {count}")
            _write(file, values)
        self._written += count

    def _flush(self) -> None:
        if self._filled:
            for name, file in self._files.items():
                _write(file, self._chunks[name][: self._filled])
        self._written += self._filled
        self._filled = 0

    def finish(self) -> dict[str, NDArray[Any]]:
        """All columns, read-only; the files are closed and live on as memory maps only."""
        self._flush()
        return {name: self._mapped(name) for name in self._layout}

    def _mapped(self, name: str) -> NDArray[Any]:
        shape, dtype = self._layout[name]
        with self._files[name] as file:
            if self._written == 0:
                return np.zeros((0, *shape), dtype)
            return np.asarray(np.memmap(file, dtype, "r", shape=(self._written, *shape)))

    def close(self) -> None:
        """Give up what was written; for a pass that failed."""
        for file in self._files.values():
            file.close()


def _write(file: IO[bytes], values: NDArray[Any]) -> None:
    view = values.reshape(-1).view(np.uint8).data
    while len(view):
        view = view[file.write(view) :]


def windows(
    column: NDArray[Any], rows: int = 16384, before: int = 0, after: int = 0
) -> Iterator[tuple[int, int, int, NDArray[Any]]]:
    """Go over a wide column piece by piece, so that its pages do not pile up in memory.

    Parameters
    ----------
    column
        (N, …) a column of the frame table; memory-mapped or not.
    rows
        Rows of a window.
    before, after
        Further rows that a window shows on either side, as far as they exist.

    Yields
    ------
    tuple of (int, int, int, ndarray)
        First row of the window, the row after its last, the row at which the array begins, and
        the array. It must not be kept: its pages are given back when the next is asked for.
    """
    for first in range(0, len(column), rows):
        last = min(first + rows, len(column))
        start = max(0, first - before)
        yield first, last, start, column[start : last + after]
        release(column)


def release(column: NDArray[Any]) -> None:
    """Give back the memory of a mapped column; its pages are read from the file when needed again."""
    base: Any = column
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "_mmap", None) or getattr(base, "base", None)
    if base is not None and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)

"""Rows of leaves while they grow: in memory for a short recording, in a scratch file for a long one."""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from engine.media.model import NO_TIME
from engine.proofs.leaves import LeafStream, Leaves, order_of, presented_ticks, shown_count
from engine.proofs.problems import ProofProblem
from engine.proofs.tree import GROUP

_ROW: Final = np.dtype(
    [
        ("pts", np.int64),
        ("duration", np.int64),
        ("position", np.int64),
        ("size", np.uint32),
        ("configuration", np.uint16),
        ("digest", np.uint8, 32),
    ]
)
_CHUNK: Final = 1 << 15
"""Rows that are held before they are written away: 2 MB."""

MAX_CONFIGURATIONS: Final = 1024
"""Different codec configurations of one stream; a recorder has one or two."""


class StreamRows:
    """Rows of one stream, 62 bytes each; more than `_CHUNK` of them lie in a file without a name."""

    def __init__(self) -> None:
        self.configurations: list[bytes] = []
        self._last = b""
        self._number = 0
        self._stored = 0
        self._file: BinaryIO | None = None
        self._clear()

    def _clear(self) -> None:
        self._pts, self._duration, self._position = array("q"), array("q"), array("q")
        self._size, self._configuration = array("Q"), array("H")
        self._digests = bytearray()

    def __len__(self) -> int:
        return self._stored + len(self._pts)

    def append(self, pts: int, duration: int, position: int, size: int, digest: bytes, configuration: bytes) -> None:
        """Take one leaf.

        Raises
        ------
        ProofProblem
            ``leaf_not_built`` for more than `MAX_CONFIGURATIONS`; ``cannot_write`` if the scratch
            file cannot grow.
        """
        if configuration != self._last:
            self._number = self._find(configuration)
            self._last = configuration
        self._pts.append(pts)
        self._duration.append(duration)
        self._position.append(-1 if position == NO_TIME else position)
        self._size.append(size)
        self._configuration.append(self._number)
        self._digests += digest
        if len(self._pts) == _CHUNK:
            self._write()

    def _find(self, configuration: bytes) -> int:
        if configuration not in self.configurations:
            if len(self.configurations) == MAX_CONFIGURATIONS:
                raise ProofProblem("leaf_not_built", f"more than {MAX_CONFIGURATIONS} codec configurations in a stream")
            self.configurations.append(configuration)
        return self.configurations.index(configuration)

    def _write(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="unbroken-", buffering=0)  # noqa: SIM115 - closed with its owner
            self._file.seek(0, os.SEEK_END)
            self._file.write(self._held().tobytes())
        except OSError as error:
            raise ProofProblem("cannot_write", f"{tempfile.gettempdir()}: {error.strerror or error}") from error
        self._stored += len(self._pts)
        self._clear()

    def _held(self) -> NDArray[np.void]:
        rows = np.empty(len(self._pts), _ROW)
        rows["pts"], rows["duration"], rows["position"] = self._pts, self._duration, self._position
        rows["size"], rows["configuration"] = self._size, self._configuration
        rows["digest"] = np.frombuffer(bytes(self._digests), np.uint8).reshape(-1, 32)
        return rows

    def read(self, start: int, stop: int) -> NDArray[np.void]:
        """Rows ``start`` to ``stop``, of `_ROW`; requires 0 <= start <= stop <= len(self)."""
        parts = []
        if start < self._stored:
            assert self._file is not None
            count = min(stop, self._stored) - start
            self._file.seek(start * _ROW.itemsize)
            data = self._file.read(count * _ROW.itemsize)
            parts.append(np.frombuffer(data, _ROW))
        if stop > self._stored:
            parts.append(self._held()[max(start - self._stored, 0) : stop - self._stored])
        return np.concatenate(parts) if parts else np.empty(0, _ROW)

    def chunks(self) -> Iterator[tuple[int, NDArray[np.void]]]:
        """All rows, some at a time, each with its first row's number."""
        for start in range(0, len(self), _CHUNK):
            yield start, self.read(start, min(start + _CHUNK, len(self)))


@dataclass(frozen=True, slots=True)
class Summary:
    """A stream's leaves in a few numbers; `first` and `last` are the smallest and the largest pts."""

    leaves: int
    presented: int
    first: int | None
    last: int | None


class StoredLeaves:
    """The leaves of a recording, of which a few thousand at a time are in memory.

    Parameters
    ----------
    streams
        By stream index.
    rows
        Stream index -> its rows.
    """

    def __init__(self, streams: tuple[LeafStream, ...], rows: Mapping[int, StreamRows]) -> None:
        self.streams = streams
        self._rows = rows
        self._orders: dict[int, NDArray[np.int32]] = {}
        self.summaries: dict[int, Summary] = {}
        self.repeats = 0
        """Leaves that edit lists present more than once."""
        for stream in streams:
            self._survey(stream, rows[stream.index])

    def __len__(self) -> int:
        return sum(len(r) for r in self._rows.values())

    def _survey(self, stream: LeafStream, rows: StreamRows) -> None:
        ticks, shown = np.empty(len(rows), np.int64), np.empty(len(rows), np.bool_)
        ends: list[int] = []
        for start, chunk in rows.chunks():
            pts = chunk["pts"]
            part = slice(start, start + len(chunk))
            counts = shown_count(pts, chunk["duration"], stream.timeline, stream.kind)
            ticks[part], shown[part] = presented_ticks(pts, stream.timeline), counts > 0
            self.repeats += int((counts > 1).sum())
            timed = pts[pts != NO_TIME]
            ends += [int(timed.min()), int(timed.max())] if len(timed) else []
        order = order_of(ticks, shown)
        self._orders[stream.index] = order.astype(np.int32)
        first, last = (min(ends), max(ends)) if ends else (None, None)
        self.summaries[stream.index] = Summary(len(rows), int(shown.sum()), first, last)

    def batches(self, size: int = GROUP) -> Iterator[Leaves]:
        """All leaves in the order of the tree, `size` at a time."""
        held: list[Leaves] = []
        for stream in self.streams:
            count, at = len(self._rows[stream.index]), 0
            while at < count:
                stop = min(count, at + size - sum(map(len, held)))
                held.append(self._part(stream, at, stop))
                at = stop
                if sum(map(len, held)) == size:
                    yield Leaves.joined(held, self.streams)
                    held = []
        if held:
            yield Leaves.joined(held, self.streams)

    def _part(self, stream: LeafStream, start: int, stop: int) -> Leaves:
        rows = self._rows[stream.index].read(start, stop)
        return Leaves(
            stream=np.full(len(rows), stream.index, np.uint16),
            index=np.arange(start, stop, dtype=np.uint32),
            order=self._orders[stream.index][start:stop].astype(np.int64),
            pts=rows["pts"].copy(),
            position=rows["position"].copy(),
            size=rows["size"].copy(),
            configuration=rows["configuration"].copy(),
            digest=rows["digest"].copy(),
            streams=self.streams,
        )

    def load(self) -> Leaves:
        """All of them in memory: some 70 bytes each."""
        leaves = Leaves.empty(len(self), self.streams)
        at = 0
        for part in self.batches(_CHUNK):
            leaves.put(at, part)
            at += len(part)
        return leaves

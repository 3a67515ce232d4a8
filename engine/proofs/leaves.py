"""The leaves of a recording: one row for each access unit of every picture and sound stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.media.model import NO_TIME
from engine.media.timeline import IDENTITY, StreamTimeline
from engine.proofs.hashing import DIGEST_SIZE, leaf_hash
from engine.proofs.tree import GROUP

HIDDEN: Final = -1
"""Presentation order of a leaf that is never presented."""

LEAF: Final = np.dtype(
    [
        ("stream", ">u4"),
        ("index", ">u8"),
        ("order", ">i8"),
        ("pts", ">i8"),
        ("numerator", ">u4"),
        ("denominator", ">u4"),
        ("configuration", "V32"),
        ("content", "V32"),
    ]
)
"""A leaf as it is hashed: 100 bytes, big-endian."""


_COLUMNS: Final[Mapping[str, type[np.generic]]] = MappingProxyType(
    {
        "stream": np.uint16,
        "index": np.uint32,
        "order": np.int64,
        "pts": np.int64,
        "position": np.int64,
        "size": np.uint32,
        "configuration": np.uint16,
    }
)
COLUMNS: Final = (*_COLUMNS, "digest")


@dataclass(frozen=True, slots=True)
class LeafStream:
    """What all leaves of a stream share.

    Parameters
    ----------
    index
        Stream index in the container.
    kind
        ``video`` or ``audio``.
    codec
        FFmpeg's name.
    time_base
        Seconds a tick of `pts`.
    configurations
        Digests of the codec configurations, in the order in which they come into force.
    configuration_sei
        Digests of the SEI in the decoder configuration record.
    framing
        How units lie in packets; one of `engine.proofs.content.FRAMINGS`.
    timeline
        The edit list.
    examined
        Whether frames of a report are those of this stream.
    """

    index: int
    kind: str
    codec: str
    time_base: Fraction
    configurations: tuple[bytes, ...]
    configuration_sei: tuple[bytes, ...] = ()
    framing: str = "packet"
    timeline: StreamTimeline = IDENTITY
    examined: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Leaves:
    """Leaves in the order of the tree: by stream, then by decode index.

    Attributes
    ----------
    stream
        uint16, (N,). Stream index.
    index
        uint32, (N,). Decode index in the stream, from 0.
    order
        int64, (N,). Number in presentation order in the stream, from 0; `HIDDEN` where the
        edit list never shows it.
    pts
        int64, (N,). Ticks of the stream's time base as stored; `NO_TIME` where there is none.
    position
        int64, (N,). Offset in bytes of the unit in the file; -1 where it is not exact.
    size
        uint32, (N,). Bytes of the unit as stored.
    configuration
        uint16, (N,). Which of its stream's configurations is in force.
    digest
        uint8, (N, 32). Content digest.
    streams
        By stream index.
    """

    stream: NDArray[np.uint16]
    index: NDArray[np.uint32]
    order: NDArray[np.int64]
    pts: NDArray[np.int64]
    position: NDArray[np.int64]
    size: NDArray[np.uint32]
    configuration: NDArray[np.uint16]
    digest: NDArray[np.uint8]
    streams: tuple[LeafStream, ...]

    def __len__(self) -> int:
        return len(self.stream)

    @classmethod
    def empty(cls, count: int, streams: tuple[LeafStream, ...]) -> Leaves:
        """Room for `count` leaves, to be filled by `put` before anything else."""
        columns = {name: np.empty(count, kind) for name, kind in _COLUMNS.items()}
        return cls(**columns, digest=np.empty((count, DIGEST_SIZE), np.uint8), streams=streams)

    def put(self, start: int, part: Leaves) -> None:
        """Fill room from row `start` on."""
        for name in COLUMNS:
            getattr(self, name)[start : start + len(part)] = getattr(part, name)

    @classmethod
    def joined(cls, parts: Sequence[Leaves], streams: tuple[LeafStream, ...]) -> Leaves:
        """Leaves that follow each other; requires at least one part, unless there are no streams with leaves."""
        columns = {name: np.concatenate([getattr(p, name) for p in parts]) for name in COLUMNS}
        return cls(**columns, streams=streams)

    def batches(self, size: int = GROUP) -> Iterator[Leaves]:
        """All leaves, `size` at a time."""
        for start in range(0, len(self), size):
            columns = {name: getattr(self, name)[start : start + size] for name in COLUMNS}
            yield Leaves(**columns, streams=self.streams)

    def taken(self, rows: NDArray[np.intp]) -> Leaves:
        """Some of the leaves, in the order of `rows`."""
        return Leaves(**{name: getattr(self, name)[rows] for name in COLUMNS}, streams=self.streams)

    def rows(self, stream: int) -> NDArray[np.intp]:
        """Row numbers of one stream, in decode order."""
        return np.flatnonzero(self.stream == stream)

    def encoded(self) -> NDArray[np.void]:
        """(N,) leaves as they are hashed, 100 bytes each."""
        out = np.zeros(len(self), LEAF)
        out["stream"], out["index"], out["order"], out["pts"] = self.stream, self.index, self.order, self.pts
        out["content"] = np.ascontiguousarray(self.digest).view("V32").reshape(-1)
        for stream in self.streams:
            mine = self.rows(stream.index)
            out["numerator"][mine] = stream.time_base.numerator
            out["denominator"][mine] = stream.time_base.denominator
            known = np.frombuffer(b"".join(stream.configurations), "V32")
            out["configuration"][mine] = known[self.configuration[mine]]
        return out

    def hashes(self) -> list[bytes]:
        """Leaf hashes, in the order of the tree."""
        data = memoryview(self.encoded().tobytes())
        width = LEAF.itemsize
        return [leaf_hash(data[i : i + width]) for i in range(0, len(data), width)]

    def times(self, stream: LeafStream) -> NDArray[np.float64]:
        """(n,) seconds on the presentation timeline of a stream's leaves; NaN where there is none."""
        mine = self.rows(stream.index)
        return presentation_times(self.pts[mine], self.order[mine] != HIDDEN, stream)

    def contents(self, stream: LeafStream) -> NDArray[np.void]:
        """V32, (n,) content digests of a stream's leaves."""
        return np.ascontiguousarray(self.digest[self.rows(stream.index)]).view(f"V{DIGEST_SIZE}").reshape(-1)

    def configurations(self, stream: LeafStream) -> NDArray[np.void]:
        """V32, (n,) digests of the configuration in force at a stream's leaves."""
        known = np.frombuffer(b"".join(stream.configurations), f"V{DIGEST_SIZE}")
        return known[self.configuration[self.rows(stream.index)]]


def presentation_times(pts: NDArray[np.int64], shown: NDArray[np.bool_], stream: LeafStream) -> NDArray[np.float64]:
    """Seconds on the presentation timeline; NaN for what has no time or is never shown.

    A unit that begins before the span that shows its end takes that span's shift.
    """
    shift = np.zeros(len(pts), np.int64)
    for segment in reversed(stream.timeline.segments):
        shift[pts < segment.end] = segment.shift
    tick = stream.time_base.numerator / stream.time_base.denominator
    times = (pts + np.where(pts == NO_TIME, 0, shift)) * tick
    return np.asarray(np.where((pts == NO_TIME) | ~shown, np.nan, times), np.float64)


def shown_count(
    pts: NDArray[np.int64], duration: NDArray[np.int64], timeline: StreamTimeline, kind: str
) -> NDArray[np.int64]:
    """(n,) how often each unit is presented; units without time count once.

    A picture is shown where its time lies in an edit's span; sound where any part of it does.
    """
    times = np.zeros(len(pts), np.int64)
    reach = duration if kind == "audio" else np.ones_like(duration)
    end = np.where(pts == NO_TIME, NO_TIME, pts + np.maximum(reach, 1))
    for segment in timeline.segments:
        times += (pts < segment.end) & (end > segment.start)
    times[pts == NO_TIME] = 1
    return times


def presented_ticks(pts: NDArray[np.int64], timeline: StreamTimeline) -> NDArray[np.int64]:
    """(n,) ticks on the presentation timeline; `NO_TIME` for what has no time. Spans as of `presentation_times`."""
    ticks = np.zeros(len(pts), np.int64)
    for segment in reversed(timeline.segments):
        ticks[pts < segment.end] = segment.shift
    ticks += pts
    ticks[pts == NO_TIME] = NO_TIME
    return ticks


def order_of(ticks: NDArray[np.int64], shown: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(n,) number in presentation order, from 0; `HIDDEN` for what is never shown.

    A unit without time follows the one decoded before it.
    """
    if len(ticks) and (ticks[shown] == NO_TIME).any():
        ticks = np.maximum.accumulate(np.where(shown, ticks, NO_TIME))
    chosen = np.flatnonzero(shown)
    theirs = ticks[chosen]
    if len(theirs) and (theirs[1:] < theirs[:-1]).any():
        chosen = chosen[np.argsort(theirs, kind="stable")]
    order = np.full(len(ticks), HIDDEN, np.int64)
    order[chosen] = np.arange(len(chosen))
    return order


def presentation_order(pts: NDArray[np.int64], shown: NDArray[np.bool_], stream: LeafStream) -> NDArray[np.int64]:
    """`order_of` of a stream's units by their stored times."""
    return order_of(presented_ticks(pts, stream.timeline), shown)

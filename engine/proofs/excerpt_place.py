"""Where an excerpt lies in its recording: numbers in the tree, frames, times. It all follows from seal and leaves."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.media.model import NO_TIME
from engine.proofs.header import Header
from engine.proofs.leaves import HIDDEN, LeafStream, Leaves
from engine.proofs.multiproof import Run
from engine.proofs.notes import inclusive_runs
from engine.proofs.problems import ProofProblem

_MICROSECONDS: Final = 1_000_000


def leaf_numbers(header: Header, leaves: Leaves) -> NDArray[np.int64]:
    """(N,) numbers in the tree: those of all streams before, and the decode index."""
    before, at = {}, 0
    for stream in header.streams:
        before[stream["index"]] = at
        at += stream["leaves"]
    offsets = np.array([before[s] for s in leaves.stream.tolist()], np.int64)
    return np.asarray(offsets + leaves.index, np.int64)


def runs_of(numbers: NDArray[np.int64]) -> tuple[Run, ...]:
    """Rising numbers as runs."""
    return tuple(Run(a, b + 1) for a, b in inclusive_runs(numbers))


def presentation_ticks(pts: NDArray[np.int64], stream: LeafStream) -> NDArray[np.int64]:
    """(n,) ticks on the presentation timeline, also of units that are never shown; `pts` holds no `NO_TIME`."""
    shift = np.zeros(len(pts), np.int64)
    for segment in reversed(stream.timeline.segments):
        shift[pts < segment.end] = segment.shift
    return np.asarray(pts + shift, np.int64)


def beginning(header: Header) -> Fraction:
    """Seconds on the presentation timeline at which the recording's first picture (else sound) is shown.

    Where an edit list begins after the first stored unit, the beginning of the edit.

    Raises
    ------
    ProofProblem
        ``no_times`` if its units have none.
    """
    stream = counted_stream(header.leaf_streams())
    first = header.streams[stream.index]["first"]
    if first is None:
        raise ProofProblem("no_times")
    ticks = min(max(int(first), s.start) + s.shift for s in stream.timeline.segments)
    return ticks * stream.time_base


def counted_stream(streams: Sequence[LeafStream]) -> LeafStream:
    """The stream whose frames are counted: the examined pictures, else the first."""
    return next((s for s in streams if s.examined), streams[0])


def position(header: Header, leaves: Leaves) -> dict[str, Any]:
    """Where an excerpt lies in the recording: runs of frames in presentation order, of how many, and when.

    Raises
    ------
    ProofProblem
        ``no_times``.
    """
    present = [s for s in leaves.streams if len(leaves.rows(s.index))]
    stream = counted_stream(present)
    rows = leaves.rows(stream.index)
    order, pts = leaves.order[rows], leaves.pts[rows]
    if (pts == NO_TIME).any():
        raise ProofProblem("no_times")
    shown = order != HIDDEN
    ticks = presentation_ticks(pts, stream)[shown if shown.any() else slice(None)]
    ends = [int(ticks.min()), int(ticks.max())]
    return {
        "stream": stream.index,
        "frames": [list(run) for run in inclusive_runs(order)],
        "of": header.streams[stream.index]["leaves"],
        "from": _microseconds(ends[0] * stream.time_base - beginning(header)),
        "to": _microseconds(ends[1] * stream.time_base - beginning(header)),
    }


def _microseconds(seconds: Fraction) -> int:
    return round(seconds * _MICROSECONDS)


def subset(leaves: Leaves, rows: NDArray[np.intp]) -> Leaves:
    """Some leaves, rising, with the streams that they belong to."""
    kept = set(leaves.stream[rows].tolist())
    return Leaves(
        stream=leaves.stream[rows],
        index=leaves.index[rows],
        order=leaves.order[rows],
        pts=leaves.pts[rows],
        position=leaves.position[rows],
        size=leaves.size[rows],
        configuration=leaves.configuration[rows],
        digest=leaves.digest[rows],
        streams=tuple(s for s in leaves.streams if s.index in kept),
    )

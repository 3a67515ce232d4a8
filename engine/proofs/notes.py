"""From rows that differ to runs of frames and notes about everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.proofs.align import Alignment
from engine.proofs.leaves import LeafStream, Leaves
from engine.proofs.verify import FrameRun

Note = Mapping[str, Any]
"""A difference: ``subject``, ``change`` and values, all plain JSON."""

MAX_RUNS: Final = 10_000
"""Runs of sound that are named one by one."""


def frame_runs(
    sealed: Leaves, stream: LeafStream, presented: Leaves, other: LeafStream, result: Alignment
) -> tuple[FrameRun, ...]:
    """Runs of pictures that differ: those of the sealed recording by its frame numbers, added ones by the other's."""
    order = sealed.order[sealed.rows(stream.index)]
    theirs = presented.order[presented.rows(other.index)]
    gone = np.concatenate([result.deleted, result.concealed])
    return runs_of(
        {
            "altered": order[result.altered],
            "deleted": order[gone],
            "moved": order[result.moved],
            "inserted": theirs[result.inserted],
        }
    )


def runs_of(numbers: Mapping[str, NDArray[np.int64]]) -> tuple[FrameRun, ...]:
    """Runs of frame numbers, given by kind of change; by rising number."""
    runs = [FrameRun(change, a, b) for change, rows in numbers.items() for a, b in inclusive_runs(rows)]
    return tuple(sorted(runs, key=lambda r: (r.start_frame, r.end_frame, r.change)))


def inclusive_runs(numbers: Iterable[int] | NDArray[np.int64]) -> list[tuple[int, int]]:
    """Runs of consecutive numbers, both ends included, rising; negative numbers are left out."""
    runs: list[tuple[int, int]] = []
    for number in sorted(int(n) for n in numbers if n >= 0):
        if runs and number <= runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def subject(stream: LeafStream, change: str) -> dict[str, Any]:
    """How a note begins: what of the recording changed, how, and in which stream."""
    return {"subject": "sound" if stream.kind == "audio" else "picture", "change": change, "stream": stream.index}


def aside(stream: LeafStream, result: Alignment) -> list[Note]:
    """What concerns leaves that the one or the other edit list never presents."""
    notes: list[Note] = []
    for change, rows in (
        ("never_presented_missing", result.dropped),
        ("never_presented_shown", result.revealed),
        ("hidden", result.concealed),
        ("foreign_hidden", result.foreign),
    ):
        if len(rows):
            notes.append({**subject(stream, change), "count": len(rows)})
    return notes


def sound_notes(
    sealed: Leaves, stream: LeafStream, presented: Leaves, other: LeafStream, result: Alignment
) -> list[Note]:
    """Stretches of sound that differ, with their times."""
    order, times = sealed.order[sealed.rows(stream.index)], sealed.times(stream)
    notes: list[Note] = []
    for change, rows in (("altered", result.altered), ("deleted", result.deleted), ("moved", result.moved)):
        notes += stretches(stream, change, times, order, rows)
    theirs = presented.order[presented.rows(other.index)]
    return notes + stretches(stream, "inserted", presented.times(other), theirs, result.inserted)


def stretches(
    stream: LeafStream, change: str, times: NDArray[np.float64], order: NDArray[np.int64], rows: NDArray[np.intp]
) -> list[Note]:
    """Runs of leaves of a stream whose frames are not counted, with the times of the first and the last."""
    at = dict(zip(order[rows].tolist(), times[rows].tolist(), strict=True))
    notes: list[Note] = []
    for a, b in inclusive_runs(order[rows])[:MAX_RUNS]:
        start, end = at[a], at[b]
        known = not (np.isnan(start) or np.isnan(end))
        notes.append(
            {
                **subject(stream, change),
                "count": b - a + 1,
                "start_s": round(start, 6) if known else None,
                "end_s": round(end, 6) if known else None,
            }
        )
    return notes

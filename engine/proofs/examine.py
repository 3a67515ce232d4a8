"""What differs between a file and the recording that was sealed, leaf by leaf.

Reached only where the whole-file digest differs and the leaves are those that the header covers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.media.errors import MediaError
from engine.media.reader import open_recording
from engine.proofs import tree
from engine.proofs.align import Alignment, Side, align, find_origin
from engine.proofs.collect import LeafCollector
from engine.proofs.container import container_notes, repeated_pictures
from engine.proofs.header import Header
from engine.proofs.leaves import LeafStream, Leaves, presentation_times
from engine.proofs.parquet import read_leaves
from engine.proofs.positions import at_positions
from engine.proofs.problems import ProofProblem
from engine.proofs.verify import FrameRun, Status, VerifyResult

Note = Mapping[str, Any]

MAX_RUNS: Final = 10_000
"""Runs of sound that are named one by one."""


def examine(name: str, header: Header, leaves_path: Path) -> VerifyResult:
    """Compare a file with the sealed leaves.

    Raises
    ------
    ProofProblem
        If the leaves cannot be used, or the file is not there.
    """
    sealed = read_leaves(leaves_path, header)
    groups = tree.groups(sealed.hashes())
    if tree.root(len(sealed), groups).hex() != header.root:
        raise ProofProblem("leaves_differ", "the leaves do not hash to the root")
    try:
        with open_recording(name) as recording:
            collector = LeafCollector(recording.media, recording.timelines, header.sealed_sei)
            for packet in recording.packets():
                collector.packet(packet)
            presented, _ = collector.finish()
            media, cut = recording.media, recording.cut_short
    except (MediaError, ProofProblem) as error:
        return _unreadable(name, header, sealed, error)
    result = _compare(name, sealed, presented)
    notes = [*container_notes(header, media, presented), *result.other]
    wrong = list(result.wrong)
    if cut and header.payload["recording"]["complete"]:
        wrong.append("cut_short")
    repeats = repeated_pictures(presented) - repeated_pictures(sealed)
    if repeats > 0:
        wrong.append("repeats")
        notes.append({"subject": "presentation", "change": "repeats", "frames": repeats})
    if wrong:
        return VerifyResult(name, Status.NOT_OK, wrong[0], frames=result.frames, other=tuple(notes))
    return VerifyResult(name, Status.OK_WITH_MISSING_INFO, "content_whole", other=tuple(notes))


def _unreadable(name: str, header: Header, sealed: Leaves, error: MediaError | ProofProblem) -> VerifyResult:
    """A file that does not open is still checked where its frames were."""
    note: Note = {"subject": "container", "change": "does_not_open", "reason": error.reason}
    if isinstance(error, MediaError) and error.reason in ("missing", "folder", "not_a_file", "denied"):
        raise ProofProblem(error.reason, error.detail) from error
    found = at_positions(name, header, sealed)
    if found is None:
        return VerifyResult(name, Status.NOT_OK, "does_not_open", other=(note,), detail=error.detail)
    examined = next((s for s in sealed.streams if s.examined), None)
    order = sealed.order[sealed.rows(examined.index)] if examined else np.zeros(0, np.int64)
    frames: tuple[FrameRun, ...] = ()
    others: list[Note] = [note]
    for stream in sealed.streams:
        altered, gone = found[stream.index]
        if stream.examined:
            frames = _runs({"altered": order[altered], "deleted": order[gone]})
        else:
            rows = sealed.rows(stream.index)
            for change, which in (("altered", altered), ("deleted", gone)):
                others += _stretches(stream, change, sealed.times(stream), sealed.order[rows], which)
    return VerifyResult(name, Status.NOT_OK, "does_not_open", frames=frames, other=tuple(others), detail=error.detail)


# ---- comparing --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Comparison:
    frames: tuple[FrameRun, ...]
    other: tuple[Note, ...]
    wrong: tuple[str, ...]
    """Reasons why this is not the sealed recording, the gravest first."""


def _compare(name: str, sealed: Leaves, presented: Leaves) -> _Comparison:
    pairs = pair_streams(sealed, presented)
    origin, tolerance = _clock(sealed, presented, pairs)
    frames: tuple[FrameRun, ...] = ()
    notes: list[Note] = []
    wrong: list[str] = []
    for stream in sealed.streams:
        other = pairs.get(stream.index)
        if other is None:
            if len(sealed.rows(stream.index)):
                notes.append(_subject(stream, "removed"))
                wrong.append("stream_removed")
            if not stream.examined:
                continue
        theirs = _side(presented, other) if other else _empty()
        result = align(_side(sealed, stream), theirs, origin, tolerance)
        if not result.whole:
            wrong.append("frames_differ" if stream.examined else "content_differs")
        notes += _aside(stream, result)
        if stream.examined:
            frames = _frame_runs(sealed, stream, presented, other, result)
        else:
            notes += _sound_notes(sealed, stream, presented, other, result)
    extra = [s for s in presented.streams if s.index not in {p.index for p in pairs.values()}]
    for stream in extra:
        if len(presented.rows(stream.index)):
            notes.append(_subject(stream, "added"))
            wrong.append("stream_added")
    wrong.sort(key=_GRAVITY.index)
    return _Comparison(frames, tuple(notes), tuple(wrong))


_GRAVITY: Final = ("frames_differ", "content_differs", "stream_removed", "stream_added")


def pair_streams(sealed: Leaves, presented: Leaves) -> dict[int, LeafStream]:
    """Sealed stream index -> the presented stream of its kind that shares most content with it."""
    found: dict[int, LeafStream] = {}
    left = list(presented.streams)
    contents = {s.index: set(presented.keys(s).tolist()) for s in left}
    for stream in sealed.streams:
        mine = set(sealed.keys(stream).tolist())
        same = [s for s in left if s.kind == stream.kind]
        best = max(same, key=lambda s: (len(mine & contents[s.index]), s.codec == stream.codec, -s.index), default=None)
        if best is not None and (len(mine & contents[best.index]) or best.codec == stream.codec or not mine):
            found[stream.index] = best
            left.remove(best)
    return found


def _clock(sealed: Leaves, presented: Leaves, pairs: Mapping[int, LeafStream]) -> tuple[float, float]:
    """The presented file's origin on the sealed timeline, and how far times may be apart; seconds."""
    ticks = [s.time_base for s in sealed.streams if s.index in pairs] + [s.time_base for s in pairs.values()]
    tolerance = float(max(ticks, default=0))
    leading = next((s for s in sealed.streams if s.examined), next(iter(sealed.streams), None))
    if leading is None or leading.index not in pairs:
        leading = next((s for s in sealed.streams if s.index in pairs), None)
    if leading is None:
        return 0.0, tolerance
    return find_origin(_side(sealed, leading), _side(presented, pairs[leading.index]), tolerance), tolerance


def _side(leaves: Leaves, stream: LeafStream) -> Side:
    rows = leaves.rows(stream.index)
    everything = np.ones(len(rows), np.bool_)
    times = presentation_times(leaves.pts[rows], everything, stream)
    return Side(leaves.keys(stream), times, leaves.order[rows])


def _empty() -> Side:
    return Side(np.zeros(0, "V64"), np.zeros(0), np.zeros(0, np.int64))


# ---- telling ----------------------------------------------------------------------------------


def _frame_runs(
    sealed: Leaves, stream: LeafStream, presented: Leaves, other: LeafStream | None, result: Alignment
) -> tuple[FrameRun, ...]:
    order = sealed.order[sealed.rows(stream.index)]
    theirs = presented.order[presented.rows(other.index)] if other else np.zeros(0, np.int64)
    gone = np.concatenate([result.deleted, result.concealed])
    return _runs(
        {
            "altered": order[result.altered],
            "deleted": order[gone],
            "moved": order[result.moved],
            "inserted": theirs[result.inserted],
        }
    )


def _runs(numbers: Mapping[str, NDArray[np.int64]]) -> tuple[FrameRun, ...]:
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


def _subject(stream: LeafStream, change: str) -> dict[str, Any]:
    return {"subject": "sound" if stream.kind == "audio" else "picture", "change": change, "stream": stream.index}


def _aside(stream: LeafStream, result: Alignment) -> list[Note]:
    """What concerns leaves that the one or the other edit list never presents."""
    notes: list[Note] = []
    for change, rows in (
        ("never_presented_missing", result.dropped),
        ("never_presented_shown", result.revealed),
        ("hidden", result.concealed),
        ("foreign_hidden", result.foreign),
    ):
        if len(rows):
            notes.append({**_subject(stream, change), "count": len(rows)})
    return notes


def _sound_notes(
    sealed: Leaves, stream: LeafStream, presented: Leaves, other: LeafStream | None, result: Alignment
) -> list[Note]:
    order, times = sealed.order[sealed.rows(stream.index)], sealed.times(stream)
    notes: list[Note] = []
    for change, rows in (("altered", result.altered), ("deleted", result.deleted), ("moved", result.moved)):
        notes += _stretches(stream, change, times, order, rows)
    if other is not None:
        theirs = presented.order[presented.rows(other.index)]
        notes += _stretches(stream, "inserted", presented.times(other), theirs, result.inserted)
    return notes


def _stretches(
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
                **_subject(stream, change),
                "count": b - a + 1,
                "start_s": round(start, 6) if known else None,
                "end_s": round(end, 6) if known else None,
            }
        )
    return notes

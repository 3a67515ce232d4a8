"""Verifying an excerpt: a clip against the proof beside it, without the recording that it was cut from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.media.errors import MediaError
from engine.media.model import NO_TIME, MediaInfo
from engine.media.reader import open_recording
from engine.proofs.collect import LeafCollector
from engine.proofs.container import Note, misleading, repeated_pictures, stream_notes
from engine.proofs.examine import compare
from engine.proofs.excerpt_file import Excerpt, read
from engine.proofs.excerpt_place import beginning, counted_stream, position, presentation_ticks, subset
from engine.proofs.files import Meter, Tick, digest_both, file_state, no_tick
from engine.proofs.header import Header
from engine.proofs.leaves import HIDDEN, LeafStream, Leaves
from engine.proofs.notes import inclusive_runs, runs_of
from engine.proofs.policy import Policy
from engine.proofs.problems import ProofProblem, plain_detail
from engine.proofs.stamped import stamps_of
from engine.proofs.verify import FrameRun, Status, VerifyResult, believed


def check_excerpt(name: str, proof: Path, policy: Policy, tick: Tick = no_tick) -> VerifyResult:
    """Check a clip against the proof of an excerpt, and the seal in that under a policy.

    Raises
    ------
    ProofProblem
        As of `excerpt_file.read`: the proof itself cannot be believed.
    """
    excerpt = read(proof)
    stamps = None
    try:
        stamps = stamps_of(excerpt.seal, policy)
        found = against(name, excerpt, Meter(tick))
    except ProofProblem as problem:
        found = VerifyResult(name, Status.NOT_OK, problem.reason, detail=problem.detail)
    return believed(policy, excerpt.seal, stamps, found)


def against(name: str, excerpt: Excerpt, meter: Meter) -> VerifyResult:
    """Check a clip against an excerpt's leaves, which have been led to the root.

    Every unit of every listed leaf has to be there, whole, at its time, and nothing else: but for those
    that are named as withheld, which must not.
    """
    before = file_state(name)
    meter.expect(2 * before.size)
    try:
        with open_recording(name) as recording:
            collector = LeafCollector(recording.media, recording.timelines, excerpt.header.sealed_sei)
            for packet in recording.packets():
                collector.packet(packet)
                meter.add(packet.size)
            presented, _ = collector.finish()
            media, cut_short = recording.media, recording.cut_short
    except (MediaError, ProofProblem) as error:
        note: Note = {"subject": "container", "change": "does_not_open", "reason": error.reason}
        return VerifyResult(name, Status.NOT_OK, "does_not_open", other=(note,), detail=plain_detail(error))
    found = digest_both(name, before, meter)
    wrong, frames, notes = _compare(name, excerpt, media, presented)
    if cut_short:
        wrong.append("cut_short")
    if found != excerpt.clip.digests:
        notes = [{"subject": "container", "change": "bytes", **_sizes(excerpt, found.size)}, *notes]
    if wrong:
        return VerifyResult(name, Status.NOT_OK, wrong[0], frames=frames, other=tuple(notes))
    other = (shown(excerpt), *_sound(excerpt), *notes)
    return VerifyResult(name, Status.OK_WITH_MISSING_INFO, "excerpt", other=other)


def _sizes(excerpt: Excerpt, size: int) -> dict[str, int]:
    before = excerpt.clip.digests.size
    return {"from": before, "to": size} if before != size else {}


def _compare(
    name: str, excerpt: Excerpt, media: MediaInfo, presented: Leaves
) -> tuple[list[str], tuple[FrameRun, ...], list[Note]]:
    """Reasons why this is not the excerpt, the frames concerned, and what else differs."""
    handed = subset(excerpt.leaves, np.flatnonzero(excerpt.handed_out))
    sealed, numbers = _renumbered(handed)
    result = compare(name, excerpt.header, sealed, media, presented)
    wrong = [*result.wrong, *misleading(excerpt.header, media)]
    notes = [*result.other, *_presentation(excerpt, media, presented)]
    repeats = repeated_pictures(presented)
    if repeats:
        wrong.append("repeats")
        notes.append({"subject": "presentation", "change": "repeats", "frames": repeats})
    return wrong, _as_in_recording(result.frames, numbers), notes


def _renumbered(leaves: Leaves) -> tuple[Leaves, Sequence[int]]:
    """Leaves as those of a recording of their own, and the number in the recording of each of its frames."""
    order = np.full(len(leaves), HIDDEN, np.int64)
    numbers: list[int] = []
    for stream in leaves.streams:
        rows = leaves.rows(stream.index)
        rows = rows[leaves.order[rows] != HIDDEN]
        rows = rows[np.argsort(leaves.order[rows])]
        order[rows] = np.arange(len(rows))
        if stream.examined:
            numbers = leaves.order[rows].tolist()
    return replace(leaves, order=order), numbers


def _as_in_recording(runs: Sequence[FrameRun], numbers: Sequence[int]) -> tuple[FrameRun, ...]:
    """Runs of frames with the numbers that they have in the recording; inserted ones as in the clip."""
    here = [r for r in runs if r.change == "inserted"]
    sealed: dict[str, list[int]] = {}
    for run in runs:
        if run.change != "inserted":
            sealed.setdefault(run.change, []).extend(numbers[run.start_frame : run.end_frame + 1])
    found = [*here, *runs_of({change: np.array(n, np.int64) for change, n in sealed.items()})]
    return tuple(sorted(found, key=lambda r: (r.start_frame, r.end_frame, r.change)))


def _presentation(excerpt: Excerpt, media: MediaInfo, presented: Leaves) -> list[Note]:
    """How the streams are presented; an edit list of its own is part of every clip."""
    notes: list[Note] = []
    if media.format != excerpt.header.container:
        values = {"from": excerpt.header.container, "to": media.format}
        notes.append({"subject": "container", "change": "format", **values})
    notes += stream_notes(excerpt.header, media, presented)
    return [n for n in notes if n["change"] != "edits" and not _undetermined(n)]


def _undetermined(note: Note) -> bool:
    """No language, and the code that says that there is none."""
    return note["change"] == "language" and {note["from"], note["to"]} == {None, "und"}


# ---- what is shown ----------------------------------------------------------------------------


def shown(excerpt: Excerpt) -> Note:
    """Which frames of how many the excerpt shows, which of them only for decoding, which are withheld."""
    header, leaves = excerpt.header, excerpt.leaves
    place = position(header, leaves)
    rows = leaves.rows(place["stream"])
    stream = counted_stream([s for s in leaves.streams if s.index == place["stream"]])
    order = leaves.order[rows]
    ticks = presentation_ticks(leaves.pts[rows], stream)
    times = [(int(t) * stream.time_base - beginning(header)) * 1_000_000 for t in ticks]
    outside = np.array([not excerpt.asked[0] <= t < excerpt.asked[1] for t in times])
    note: dict[str, Any] = {
        "subject": "picture" if stream.kind == "video" else "sound",
        "change": "shown",
        "stream": stream.index,
        "frames": place["frames"],
        "of": place["of"],
        "exact": _all_shown(excerpt, stream.index),
        "start_s": place["from"] / 1e6,
        "end_s": place["to"] / 1e6,
        "for_decoding": [list(r) for r in inclusive_runs(order[outside])] if stream.kind == "video" else [],
        "withheld": [list(r) for r in inclusive_runs(order[~excerpt.handed_out[rows]])],
        "recording": header.name,
    }
    return note


def _all_shown(excerpt: Excerpt, stream: int) -> bool:
    """Whether the recording presents all units of a stream: then their number is that of its frames."""
    told = excerpt.header.streams[stream]
    if told["edits"] is None:
        return True
    if len(told["edits"]) != 1 or told["first"] is None or told["last"] is None:
        return False
    start, end, _ = map(int, told["edits"][0])
    return start <= int(told["first"]) and int(told["last"]) < end


def _sound(excerpt: Excerpt) -> list[Note]:
    """What is there of the other streams, and what is not."""
    header, leaves = excerpt.header, excerpt.leaves
    counted = position(header, leaves)["stream"]
    notes: list[Note] = []
    for stream in header.leaf_streams():
        if stream.index == counted or not header.streams[stream.index]["leaves"]:
            continue
        about = {"subject": "sound" if stream.kind == "audio" else "picture", "stream": stream.index}
        rows = leaves.rows(stream.index)
        if not len(rows):
            notes.append({**about, "change": "not_shown"})
            continue
        there = excerpt.handed_out[rows]
        count = {"count": int(there.sum()), "of": header.streams[stream.index]["leaves"]}
        runs = inclusive_runs(rows[~there])
        withheld = [{"count": b - a + 1, **_ends(header, leaves, stream, np.arange(a, b + 1))} for a, b in runs]
        notes.append({**about, "change": "shown", **count, **_ends(header, leaves, stream, rows), "withheld": withheld})
    return notes


def _ends(header: Header, leaves: Leaves, stream: LeafStream, rows: NDArray[np.intp]) -> dict[str, float | None]:
    """When the first and the last of some units of a stream are presented, seconds."""
    pts = leaves.pts[rows]
    if (pts == NO_TIME).any():
        return {"start_s": None, "end_s": None}
    ticks = presentation_ticks(pts, stream)
    first, last = (float(int(t) * stream.time_base - beginning(header)) for t in (ticks.min(), ticks.max()))
    return {"start_s": round(first, 6), "end_s": round(last, 6)}

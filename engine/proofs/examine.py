"""What differs between a file and the recording that was sealed, leaf by leaf.

Reached only where the whole-file digest differs and the leaves are those that the header covers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.media.errors import MediaError
from engine.media.model import MediaInfo
from engine.media.reader import open_recording
from engine.proofs import tree
from engine.proofs.align import Alignment, align, interval
from engine.proofs.clock import Clock, common_clock, counted_on, side, uncarried
from engine.proofs.collect import LeafCollector
from engine.proofs.container import container_notes, misleading, repeated_pictures
from engine.proofs.ending import RAW_FORMATS, truncated
from engine.proofs.files import Meter, digest_both, file_state
from engine.proofs.header import Header
from engine.proofs.leaves import HIDDEN, LeafStream, Leaves
from engine.proofs.notes import Note, aside, frame_runs, runs_of, sound_notes, stretches, subject
from engine.proofs.pairing import NONE
from engine.proofs.parquet import group_hashes, read_leaves
from engine.proofs.positions import at_positions
from engine.proofs.problems import ProofProblem, plain_detail
from engine.proofs.verify import FrameRun, Status, VerifyResult


def examine(name: str, header: Header, leaves_path: Path, meter: Meter) -> VerifyResult:
    """Compare a file with the sealed leaves.

    Raises
    ------
    ProofProblem
        If the leaves cannot be used, or the file is not there.
    """
    sealed = read_leaves(leaves_path, header)
    if tree.root(len(sealed), group_hashes(sealed)).hex() != header.root:
        raise ProofProblem("leaves_differ", "the leaves do not hash to the root")
    before = file_state(name)
    meter.expect(2 * before.size)  # its packets, then its digests
    try:
        with open_recording(name) as recording:
            collector = LeafCollector(recording.media, recording.timelines, header.sealed_sei)
            for packet in recording.passing():
                collector.packet(packet)
                meter.add(packet.size)
            media, cut = recording.media, recording.cut_short
        presented, _ = collector.finish()  # the demuxer's index, large for a day, is gone by now
    except (MediaError, ProofProblem) as error:
        return _unreadable(name, header, sealed, error)
    if file_state(name) != before:
        raise ProofProblem("changed_while_read")
    result = compare(name, header, sealed, media, presented)
    notes = [*container_notes(header, media, presented), *result.other]
    wrong = [*result.wrong, *misleading(header, media)]
    if cut and header.payload["recording"]["complete"]:
        wrong.append("cut_short")
    repeats = repeated_pictures(presented) - repeated_pictures(sealed)
    if repeats > 0:
        wrong.append("repeats")
        notes.append({"subject": "presentation", "change": "repeats", "frames": repeats})
    if truncated(name, header, sealed, media, presented, whole=not wrong):
        wrong.insert(0, "truncated")
        notes.append({"subject": "container", "change": "cut_off"})
    if wrong:
        return VerifyResult(name, Status.NOT_OK, wrong[0], frames=result.frames, other=tuple(notes))
    _check_digests(name, header, meter)
    return VerifyResult(name, Status.OK_WITH_MISSING_INFO, "content_whole", other=tuple(notes))


def _check_digests(name: str, header: Header, meter: Meter) -> None:
    """A header of which one value fits the whole file and another does not was changed."""
    found = digest_both(name, file_state(name), meter)
    sealed = header.payload["recording"]
    if found.blake3 == sealed["blake3"] or found.sha256 == sealed["sha256"]:
        raise ProofProblem("seal_differs", "its size and digests of the recording contradict each other")


def _unreadable(name: str, header: Header, sealed: Leaves, error: MediaError | ProofProblem) -> VerifyResult:
    """A file that does not open is still checked where its frames were."""
    note: Note = {"subject": "container", "change": "does_not_open", "reason": error.reason}
    if isinstance(error, MediaError) and error.reason in ("missing", "folder", "not_a_file", "denied"):
        raise ProofProblem(error.reason, plain_detail(error)) from error
    found = at_positions(name, header, sealed)
    if found is None:
        return VerifyResult(name, Status.NOT_OK, "does_not_open", other=(note,), detail=plain_detail(error))
    examined = next((s for s in sealed.streams if s.examined), None)
    order = sealed.order[sealed.rows(examined.index)] if examined else np.zeros(0, np.int64)
    frames: tuple[FrameRun, ...] = ()
    others: list[Note] = [note]
    for stream in sealed.streams:
        altered, gone = found[stream.index]
        if stream.examined:
            frames = runs_of({"altered": order[altered], "deleted": order[gone]})
        else:
            rows = sealed.rows(stream.index)
            for change, which in (("altered", altered), ("deleted", gone)):
                others += stretches(stream, change, sealed.times(stream), sealed.order[rows], which)
    return VerifyResult(
        name, Status.NOT_OK, "does_not_open", frames=frames, other=tuple(others), detail=plain_detail(error)
    )


# ---- comparing --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing leaves came to."""

    frames: tuple[FrameRun, ...]
    other: tuple[Note, ...]
    wrong: tuple[str, ...]
    """Reasons why this is not the sealed recording, the gravest first."""


def compare(name: str, header: Header, sealed: Leaves, media: MediaInfo, presented: Leaves) -> Comparison:
    """Compare the leaves of a file with sealed ones, stream by stream, on one clock.

    Parameters
    ----------
    name, media, presented
        The file and its leaves.
    header, sealed
        What they are compared with.
    """
    pairs = pair_streams(sealed, presented)
    scale = (media.boxes.movie_time_scale or None) if media.boxes else None
    clock = common_clock(sealed, presented, pairs, header.movie_time_scale, scale)
    found = _Findings()
    for stream in sealed.streams:
        other = pairs.get(stream.index)
        if other is None:
            _lost_stream(found, sealed, stream)
            continue
        result = _align(sealed, stream, presented, other, clock)
        if not result.whole and media.format in RAW_FORMATS and media.size == header.size:
            result = _in_place(name, header, sealed, stream, result)
        if stream.kind == "audio" and (reach := uncarried(media.format, other, interval(side(sealed, stream)))):
            result = _excuse(found, sealed, stream, presented, other, clock, result, reach)
        result = _leading(found, sealed, stream, result)
        result = _reconfigured(found, sealed, stream, presented, other, result)
        if not result.whole:
            found.wrong.append("frames_differ" if stream.examined else "content_differs")
        found.notes += aside(stream, result)
        if stream.examined:
            found.frames = frame_runs(sealed, stream, presented, other, result)
        else:
            found.notes += sound_notes(sealed, stream, presented, other, result)
    paired = {p.index for p in pairs.values()}
    for stream in presented.streams:
        if stream.index not in paired and len(presented.rows(stream.index)):
            found.notes.append(subject(stream, "added"))
            found.wrong.append("stream_added")
    return Comparison(found.frames, tuple(found.notes), tuple(sorted(found.wrong, key=_GRAVITY.index)))


@dataclass(slots=True)
class _Findings:
    """What is gathered while streams are compared."""

    frames: tuple[FrameRun, ...] = ()
    notes: list[Note] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def _lost_stream(found: _Findings, sealed: Leaves, stream: LeafStream) -> None:
    rows = sealed.rows(stream.index)
    if not len(rows):
        return
    found.notes.append(subject(stream, "removed"))
    found.wrong.append("stream_removed")
    if stream.examined:
        found.frames = runs_of({"deleted": sealed.order[rows]})


def _align(sealed: Leaves, stream: LeafStream, presented: Leaves, other: LeafStream, clock: Clock) -> Alignment:
    mine, theirs = side(sealed, stream), side(presented, other)
    tolerance = clock.tolerance(interval(mine))
    if stream.index == clock.leading:
        slack = clock.slack if len(stream.timeline.segments) > 1 else 0.0
        return align(mine, theirs, clock.origins[0], tolerance + slack)
    results = (align(mine, theirs, origin, tolerance + clock.slack) for origin in clock.origins)
    first = next(results)
    return first if first.whole else next((r for r in results if r.whole), first)


def _reconfigured(
    found: _Findings, sealed: Leaves, stream: LeafStream, presented: Leaves, other: LeafStream, result: Alignment
) -> Alignment:
    """Leaves whose content is whole but which are decoded with another configuration.

    They are altered; but where a leaf before them was altered or deleted, the change of the
    configuration is part of that, and they are only named.
    """
    paired = np.flatnonzero(result.partner != NONE)
    before = sealed.configurations(stream)[paired]
    rows = paired[before != presented.configurations(other)[result.partner[paired]]]
    if not len(rows):
        return result
    found.notes.append({**subject(stream, "configuration"), "count": len(rows)})
    causes = np.concatenate([result.altered, result.deleted])
    if len(causes) and causes.min() < rows.min():
        return result
    shown = rows[sealed.order[sealed.rows(stream.index)][rows] != HIDDEN]
    return replace(result, altered=np.union1d(result.altered, shown), moved=np.setdiff1d(result.moved, shown))


def _leading(found: _Findings, sealed: Leaves, stream: LeafStream, result: Alignment) -> Alignment:
    """Take from `concealed` the leading pictures of a stream that starts with an open GOP.

    They are decoded after the stream's first picture, presented before it, and predicted from
    what came before the recording. Muxers begin the edit list at the first picture.
    """
    order = sealed.order[sealed.rows(stream.index)]
    rows = result.concealed
    if stream.kind != "video" or not len(rows) or sorted(order[rows]) != list(range(int(order[0]))):
        return result
    found.notes.append({**subject(stream, "leading_hidden"), "count": len(rows)})
    return replace(result, concealed=rows[:0])


def _in_place(name: str, header: Header, sealed: Leaves, stream: LeafStream, result: Alignment) -> Alignment:
    """Units changed where they lie, told from what the change did to the cutting of a raw stream.

    A raw stream is cut at start codes: one damaged code joins two pictures into one that is
    neither. At their stored positions just the one picture differs.
    """
    found = at_positions(name, header, sealed)
    lost = np.concatenate([result.altered, result.deleted])
    if found is None or len(result.moved) or not len(lost):
        return result
    altered, gone = found[stream.index]
    beside = np.concatenate([altered - 1, altered, altered + 1])
    if len(gone) or len(altered) > len(lost) or not np.isin(lost, beside).all():
        return result
    return replace(result, altered=altered, deleted=result.deleted[:0], inserted=result.inserted[:0])


def _excuse(
    found: _Findings,
    sealed: Leaves,
    stream: LeafStream,
    presented: Leaves,
    other: LeafStream,
    clock: Clock,
    result: Alignment,
    reach: float,
) -> Alignment:
    """Take from `moved` what the container only could not time, and is no more than `reach` seconds off."""
    paired = np.flatnonzero(result.partner != NONE)
    paired = paired[np.argsort(result.partner[paired])]
    partners = result.partner[paired]
    # what was never presented was not compared; it vouches for what follows only if it is in time
    mine = side(sealed, stream)
    apart = np.abs(side(presented, other).times[partners] - clock.origins[0] - mine.times[paired])
    late = (mine.order[paired] == HIDDEN) & ~(apart <= clock.tolerance(interval(mine)) + clock.slack)
    late |= np.isin(paired, result.moved)
    excused = paired[counted_on(presented, other, partners, late) & (apart <= reach)]
    excused = np.intersect1d(excused, result.moved)
    if len(excused):
        found.notes.append({**subject(stream, "time_not_carried"), "count": len(excused)})
    return replace(result, moved=np.setdiff1d(result.moved, excused))


_GRAVITY: Final = ("frames_differ", "content_differs", "stream_removed", "stream_added")


def pair_streams(sealed: Leaves, presented: Leaves) -> dict[int, LeafStream]:
    """Sealed stream index -> the presented stream of its kind that shares most content with it."""
    found: dict[int, LeafStream] = {}
    left = list(presented.streams)
    for stream in sealed.streams:
        same = [s for s in left if s.kind == stream.kind]
        best = same[0] if len(same) == 1 and same[0].codec == stream.codec else _best(sealed, stream, presented, same)
        if best is not None:
            found[stream.index] = best
            left.remove(best)
    return found


def _best(sealed: Leaves, stream: LeafStream, presented: Leaves, same: list[LeafStream]) -> LeafStream | None:
    mine = _beginnings(sealed, stream)
    shared = {s.index: int(np.isin(_beginnings(presented, s), mine).sum()) for s in same}
    best = max(same, key=lambda s: (shared[s.index], s.codec == stream.codec, -s.index), default=None)
    if best is None or shared[best.index] or best.codec == stream.codec or not len(mine):
        return best
    return None


def _beginnings(leaves: Leaves, stream: LeafStream) -> NDArray[np.uint64]:
    """(n,) the first 8 bytes of each content digest: enough to see which streams belong together."""
    return np.ascontiguousarray(leaves.digest[leaves.rows(stream.index), :8]).view(np.uint64).reshape(-1)

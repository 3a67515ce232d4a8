"""What of a recording an excerpt takes: its sealed leaves, and where their coded units are in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.media.cutting import Access, Part, access_points
from engine.media.model import NO_TIME, MediaInfo
from engine.media.reader import open_recording
from engine.proofs import tree
from engine.proofs.align import NONE, interval, match
from engine.proofs.clock import common_clock, side
from engine.proofs.collect import LeafCollector
from engine.proofs.examine import pair_streams
from engine.proofs.excerpt_file import beginning, counted_stream, leaf_numbers, presentation_ticks, runs_of
from engine.proofs.header import Header
from engine.proofs.leaves import HIDDEN, LeafStream, Leaves
from engine.proofs.multiproof import Run, outside
from engine.proofs.parquet import read_leaves
from engine.proofs.problems import ProofProblem


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A sealed stream in the file.

    Parameters
    ----------
    stream
        Index of the stream in the file.
    sizes
        int64, (N,). Bytes of each of its units in the file.
    unit
        int64, (n,). For each sealed leaf of the stream the number of its unit; `NONE` where it is gone.
    """

    stream: int
    sizes: NDArray[np.int64]
    unit: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A verified recording.

    Parameters
    ----------
    header, leaves
        As they were sealed.
    tracks
        Sealed stream index -> where it is in the file.
    """

    header: Header
    leaves: Leaves
    tracks: dict[int, Track]


def open_source(path: str, header: Header, leaves_path: Path, reason: str) -> Source:
    """The leaves of a recording that was verified, and where they are.

    Parameters
    ----------
    path
        The recording.
    header, leaves_path
        Of its proof.
    reason
        What verification said; ``untouched`` means that sizes in the leaves are those in the file.

    Raises
    ------
    ProofProblem, MediaError
        As of reading leaves and packets.
    """
    if reason == "untouched":
        sealed = read_leaves(leaves_path, header)
        return Source(header, sealed, {s.index: _as_sealed(sealed, s) for s in sealed.streams})
    if reason == "leaves_missing":
        found, _ = _collect(path, None)
        if tree.root(len(found), tree.groups(found.hashes())).hex() != header.root:
            raise ProofProblem("leaves_differ", "the leaves do not hash to the root")
        sealed = replace(found, streams=header.leaf_streams())
        return Source(header, sealed, {s.index: _as_sealed(sealed, s) for s in sealed.streams})
    sealed = read_leaves(leaves_path, header)
    presented, media = _collect(path, header.sealed_sei)
    return Source(header, sealed, _matched(sealed, presented, header, media))


def _collect(path: str, dropped_sei: tuple[bytes, ...] | None) -> tuple[Leaves, MediaInfo]:
    with open_recording(path) as recording:
        collector = LeafCollector(recording.media, recording.timelines, dropped_sei)
        for packet in recording.packets():
            collector.packet(packet)
        return collector.finish()[0], recording.media


def _as_sealed(sealed: Leaves, stream: LeafStream) -> Track:
    rows = sealed.rows(stream.index)
    return Track(stream.index, sealed.size[rows].astype(np.int64), np.arange(len(rows)))


def _matched(sealed: Leaves, presented: Leaves, header: Header, media: MediaInfo) -> dict[int, Track]:
    pairs = pair_streams(sealed, presented)
    scale = (media.boxes.movie_time_scale or None) if media.boxes else None
    clock = common_clock(sealed, presented, pairs, header.movie_time_scale, scale)
    tracks = {}
    for stream in sealed.streams:
        other = pairs.get(stream.index)
        if other is None:
            continue
        mine, theirs = side(sealed, stream), side(presented, other)
        partner = match(mine, theirs, clock.origins[0], clock.tolerance(interval(mine)) + clock.slack)
        sizes = presented.size[presented.rows(other.index)].astype(np.int64)
        tracks[stream.index] = Track(other.index, sizes, partner)
    return tracks


# ---- what is taken ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What an excerpt takes.

    Parameters
    ----------
    rows
        Rows of the sealed leaves, rising: of each stream a run without a gap.
    asked
        First and last frame (of the counted stream) that were asked for; None where none of it falls
        into the span.
    access
        Sealed stream index -> where its decoding can begin.
    """

    rows: NDArray[np.intp]
    asked: tuple[int, int]
    access: dict[int, Access]


def choose(source: Source, path: str, start: Fraction, end: Fraction) -> Choice:
    """The leaves that are presented from `start` to before `end`, and those from which they are decoded.

    Parameters
    ----------
    source, path
        The recording.
    start, end
        Seconds from its first picture.

    Raises
    ------
    ProofProblem
        ``no_times``; ``nothing_in_span`` if no picture (no sound, of a recording of sound) is presented there.
    MediaError
        As of `access_points`.
    """
    zero = beginning(source.header)
    found = access_points(path, {t.stream: t.sizes for t in source.tracks.values()})
    access = {index: found[track.stream] for index, track in source.tracks.items()}
    counted = counted_stream(source.leaves.streams)
    taken: list[NDArray[np.intp]] = []
    asked: tuple[int, int] | None = None
    for stream in source.leaves.streams:
        rows = source.leaves.rows(stream.index)
        if stream.index not in source.tracks or not len(rows):
            continue
        wanted, first = _wanted(source, stream, access[stream.index], start + zero, end + zero)
        if not len(wanted):
            continue
        taken.append(rows[first : int(wanted[-1]) + 1])
        if stream.index == counted.index:
            order = source.leaves.order[rows[wanted]]
            asked = int(order.min()), int(order.max())
    if asked is None:
        raise ProofProblem("nothing_in_span")
    return Choice(np.concatenate(taken), asked, access)


def _wanted(
    source: Source, stream: LeafStream, access: Access, start: Fraction, end: Fraction
) -> tuple[NDArray[np.intp], int]:
    """Units of a stream that fall into the span, in decode order, and the unit that decoding begins with."""
    rows = source.leaves.rows(stream.index)
    pts = source.leaves.pts[rows]
    if (pts == NO_TIME).any():
        raise ProofProblem("no_times")
    ticks = presentation_ticks(pts, stream)
    low, high = ceil(start / stream.time_base), ceil(end / stream.time_base)
    ends = ticks + (_durations(ticks) if stream.kind == "audio" else 1)  # sound is heard for as long as it lasts
    wanted = np.flatnonzero((ends > low) & (ticks < high) & (source.leaves.order[rows] != HIDDEN))
    if not len(wanted):
        return wanted, 0
    key = _keys(source.tracks[stream.index], access)
    return wanted, Access(key, ()).before(int(wanted[0]), ticks, int(ticks[wanted].min()))


def _keys(track: Track, access: Access) -> NDArray[np.bool_]:
    """(n,) whether decoding can begin at each sealed leaf."""
    there = track.unit != NONE
    key = np.zeros(len(track.unit), np.bool_)
    key[there] = access.key[track.unit[there]]
    return key


def _durations(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) ticks to the unit that is presented next; of the last one as usual."""
    order = np.argsort(ticks, kind="stable")
    steps = np.diff(ticks[order])
    last = int(np.median(steps)) if len(steps) else 1
    out = np.empty(len(ticks), np.int64)
    out[order] = np.maximum(np.append(steps, last), 1)
    return out


def parts(source: Source, rows: NDArray[np.intp]) -> list[Part]:
    """What is cut out of the file: the units of the leaves in `rows`, presented from 0 on.

    Raises
    ------
    ProofProblem
        ``unit_gone`` if the file, a copy of the sealed recording, has lost a unit that was never shown.
    """
    streams = [s for s in source.leaves.streams if np.isin(source.leaves.rows(s.index), rows).any()]
    ticks = {s.index: presentation_ticks(source.leaves.pts[source.leaves.rows(s.index)], s) for s in streams}
    within = {s.index: np.flatnonzero(np.isin(source.leaves.rows(s.index), rows)) for s in streams}
    leading = counted_stream(streams)
    earliest = min(int(ticks[s.index][within[s.index]].min()) * s.time_base for s in streams)
    origin = earliest // leading.time_base * leading.time_base  # on the pictures' grid: their times stay whole
    found = []
    for stream in streams:
        track, mine = source.tracks[stream.index], within[stream.index]
        units = track.unit[mine]
        if (units == NONE).any() or (np.diff(units) <= 0).any():
            raise ProofProblem("unit_gone")
        shift = round(origin / stream.time_base)
        found.append(
            Part(
                track.stream,
                track.sizes,
                units.astype(np.intp),
                ticks[stream.index][mine] - shift,
                _durations(ticks[stream.index])[mine],
                stream.time_base,
            )
        )
    return found


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


def path_of(source: Source, chosen: Leaves) -> tuple[bytes, ...]:
    """The hashes that lead from leaves to the root: the topmost of each subtree that holds none of them."""
    groups = source.header.groups
    hashes: dict[int, list[bytes]] = {}

    def top(node: Run) -> bytes:
        group = node.start // tree.GROUP
        if node.end - node.start >= tree.GROUP or (node.start % tree.GROUP == 0 and node.end == len(source.leaves)):
            return tree.subtree(groups[group : -(-node.end // tree.GROUP)])
        if group not in hashes:
            first = group * tree.GROUP
            rows = np.arange(first, min(first + tree.GROUP, len(source.leaves)))
            hashes[group] = subset(source.leaves, rows).hashes()
        at = node.start % tree.GROUP
        return tree.subtree(hashes[group][at : at + node.end - node.start])

    return tuple(top(node) for node in outside(runs_of(leaf_numbers(source.header, chosen)), len(source.leaves)))


def withheld_rows(leaves: Leaves, rows: NDArray[np.intp], frames: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
    """Rows of the frames (of the counted stream, inclusive runs) that are not to be handed out.

    Raises
    ------
    ProofProblem
        ``withheld_outside`` if one of them is not in the excerpt, ``nothing_in_span`` if all of it is withheld.
    """
    counted = counted_stream(leaves.streams)
    mine = rows[leaves.stream[rows] == counted.index]
    order = leaves.order[mine]
    found: list[NDArray[np.intp]] = [mine[:0]]
    for first, last in frames:
        here = mine[(order >= first) & (order <= last)]
        if len(here) != last - first + 1:
            raise ProofProblem("withheld_outside", f"{first}-{last}")
        found.append(here)
    withheld = np.unique(np.concatenate(found))
    if len(withheld) == len(rows):
        raise ProofProblem("nothing_in_span")
    return withheld

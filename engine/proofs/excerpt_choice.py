"""What of a recording an excerpt takes: which leaves, and what of them is withheld."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from engine.media.cutting import Access, Part, access_points
from engine.media.model import NO_TIME
from engine.proofs import tree
from engine.proofs.excerpt_place import beginning, counted_stream, leaf_numbers, presentation_ticks, runs_of, subset
from engine.proofs.excerpt_source import Source, Track
from engine.proofs.leaves import HIDDEN, LeafStream, Leaves
from engine.proofs.multiproof import Run, outside
from engine.proofs.pairing import NONE
from engine.proofs.problems import ProofProblem


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
    within = _heard(ticks, stream, start, end) if stream.kind == "audio" else _seen(ticks, stream, start, end)
    wanted = np.flatnonzero(within & (source.leaves.order[rows] != HIDDEN))
    if not len(wanted) or stream.kind == "audio":
        return wanted, int(wanted[0]) if len(wanted) else 0
    key = _keys(source.tracks[stream.index], access)
    return wanted, Access(key, ()).before(int(wanted[0]), ticks, int(ticks[wanted].min()))


def _seen(ticks: NDArray[np.int64], stream: LeafStream, start: Fraction, end: Fraction) -> NDArray[np.bool_]:
    """(n,) whether each picture is shown from `start` to before `end`."""
    return (ticks >= ceil(start / stream.time_base)) & (ticks < ceil(end / stream.time_base))


def _heard(ticks: NDArray[np.int64], stream: LeafStream, start: Fraction, end: Fraction) -> NDArray[np.bool_]:
    """(n,) whether any part of each unit of sound is heard from `start` to before `end`."""
    ends = ticks + _durations(ticks)
    return (ends > floor(start / stream.time_base)) & (ticks < ceil(end / stream.time_base))


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


def parts(source: Source, rows: NDArray[np.intp]) -> tuple[list[Part], Fraction]:
    """What is cut out of the file: the units of the leaves in `rows`, and the second at which they begin.

    Raises
    ------
    ProofProblem
        ``unit_gone`` if the file, a copy of the sealed recording, has lost a unit that was never shown.
    """
    streams = [s for s in source.leaves.streams if np.isin(source.leaves.rows(s.index), rows).any()]
    found = [_part(source, stream, rows) for stream in streams]
    earliest = min(int(p.pts.min()) * p.time_base for p in found)
    grid = counted_stream(streams).time_base  # that of the pictures, so that their times stay whole
    return found, earliest // grid * grid


def _part(source: Source, stream: LeafStream, rows: NDArray[np.intp]) -> Part:
    mine = source.leaves.rows(stream.index)
    ticks = presentation_ticks(source.leaves.pts[mine], stream)
    within = np.flatnonzero(np.isin(mine, rows))
    track = source.tracks[stream.index]
    units = track.unit[within].astype(np.intp)
    if (units == NONE).any() or (np.diff(units) <= 0).any():
        raise ProofProblem("unit_gone")
    return Part(track.stream, track.sizes, units, ticks[within], _durations(ticks)[within], stream.time_base)


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


def withheld_rows(
    leaves: Leaves,
    rows: NDArray[np.intp],
    frames: Sequence[tuple[int, int]],
    sound: Sequence[tuple[Fraction, Fraction]],
) -> NDArray[np.intp]:
    """Rows of what is not to be handed out.

    Parameters
    ----------
    leaves
        Of the recording.
    rows
        Those of the excerpt.
    frames
        Inclusive runs of frames of the counted stream.
    sound
        Spans, in seconds on the presentation timeline, of which nothing is to be heard.

    Raises
    ------
    ProofProblem
        ``withheld_outside`` if one of them is not in the excerpt, ``nothing_in_span`` if all of it is withheld.
    """
    found = [_withheld_frames(leaves, rows, *run) for run in frames]
    found += [_withheld_sound(leaves, rows, *span) for span in sound]
    withheld = np.unique(np.concatenate([rows[:0], *found]))
    if len(withheld) == len(rows):
        raise ProofProblem("nothing_in_span")
    return withheld


def _withheld_frames(leaves: Leaves, rows: NDArray[np.intp], first: int, last: int) -> NDArray[np.intp]:
    counted = counted_stream(leaves.streams)
    order = leaves.order[rows]
    here = rows[(leaves.stream[rows] == counted.index) & (order >= first) & (order <= last)]
    if len(here) != last - first + 1:
        raise ProofProblem("withheld_outside", f"{first}-{last}")
    return np.asarray(here, np.intp)


def _withheld_sound(leaves: Leaves, rows: NDArray[np.intp], start: Fraction, end: Fraction) -> NDArray[np.intp]:
    found = [rows[:0]]
    for stream in leaves.streams:
        if stream.kind == "audio":
            mine = leaves.rows(stream.index)
            ticks = presentation_ticks(leaves.pts[mine], stream)
            found.append(np.intersect1d(mine[_heard(ticks, stream, start, end)], rows))
    if not any(map(len, found)):
        raise ProofProblem("withheld_outside", f"{float(start):g}-{float(end):g}")
    return np.concatenate(found)

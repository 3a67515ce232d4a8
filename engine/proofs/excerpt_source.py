"""A recording that an excerpt is cut from: its sealed leaves, and where their coded units are in the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.media.model import MediaInfo
from engine.media.reader import open_recording
from engine.proofs import tree
from engine.proofs.align import interval, match
from engine.proofs.clock import common_clock, side
from engine.proofs.collect import LeafCollector
from engine.proofs.examine import pair_streams
from engine.proofs.header import Header
from engine.proofs.leaves import LeafStream, Leaves
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

"""Stretches that are shown twice: loops, and pictures copied from elsewhere in the recording.

What it finds
    The same motion again at a constant lag. Temporal differences of block means are compared,
    not pictures: the background cancels, and what moved must move again in the same way. All
    lags are searched through an index of sign bits; what the index votes for is tested exactly.
    Equal coded pictures in a row (packet digests), where the table has them, are found by digest.
Looks like it but is not
    Combs of key pictures and exposure steps: no single picture may dominate, the mean is taken
    out. Wipers and machines: they move alike, but not equally (the correlation stays below the
    limit), and again and again (the lag's multiples fit as well). Scenes without motion repeat
    themselves always: there is an energy floor.
Limits
    Stretches of fewer than `least` pictures; stretches without motion (not examinable).
    Repeats closer than `nearest` pictures are left to the detector of held pictures. Which of two
    copies is the original is not told: the later one is named.
Without motion vectors
    Works the same: the codec's vectors are not used.
Source
    Random-projection signatures: Charikar, "Similarity estimation techniques from rounding
    algorithms", STOC 2002; banded index: Indyk, Motwani, STOC 1998.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detectors.contract import Detector, Proposal
from engine.detectors.motionprint import BITS, STACK, motion_prints
from engine.detectors.scores import Mask, examined, leaves, runs
from engine.features.tables import Features, FrameTable
from engine.findings import Evidence, Finding, Kind, Level, Severity, Source
from engine.kernels.search import collisions
from engine.media.model import PacketTable

NAME = "duplication"


@dataclass(frozen=True, slots=True)
class Options:
    """Thresholds of the duplication detector."""

    limit: float = 0.8
    """Correlation over the stretch; wipers reach 0.79 in untouched takes."""
    apart: float = 0.8
    """Distance of the two copies over the distance of pictures `stride` apart, at a correlation
    of 0.92 and more; less is asked of weaker ones (`slope`). Untouched takes stay above 1.0."""
    same: float = 0.7
    """Correlation of a single picture above which it belongs to the stretch."""
    slope: float = 3.0
    """How fast `apart` falls with the correlation."""
    stride: int = 4
    least: int = 20
    """Fewest differences in a row."""
    nearest: int = 16
    """Smallest lag, pictures."""
    energy: float = 0.1
    """Root mean square of the differences, grey levels, below which nothing moves."""
    cap: float = 4.0
    """How many times the usual energy one picture may weigh."""
    votes: int = 3
    """Index hits at one lag within `cell` pictures that call for the exact test."""
    cell: int = 24
    tests: int = 100
    """Exact tests at most."""
    periodic: float = 0.1
    """How much better a lag must be than its double, its negative and its parts."""
    packets: int = 8
    """Equal coded pictures in a row."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Pictures first..last show again what is shown `lag` pictures before."""

    first: int
    last: int
    lag: int
    correlation: float
    apart: float
    energy: float


def propose(features: Features, options: Options) -> Proposal:
    """Find repeated stretches by digest and by motion."""
    frames = features.frames
    if frames is None:
        return Proposal()
    exact = tuple(_packet_finding(frames, c) for c in _equal_packets(features.packets, frames, options))
    prints = motion_prints(frames.wide["means"], options.cap)
    moving = prints.energy >= options.energy
    copies = _separate(list(_copies(frames, prints.bits, moving, options)))
    found = tuple(_finding(frames, c, options) for c in copies)
    able = examined(frames, "duplication", moving, ())
    return Proposal(findings=exact + found, examined=(able,))


def _votes(prints: NDArray[np.uint64], moving: Mask, options: Options) -> list[tuple[int, int]]:
    """(lag, place) pairs that the index votes for, most votes first."""
    places = np.flatnonzero(moving[: len(moving) - STACK] if len(moving) > STACK else moving[:0])
    if len(places) < options.least:
        return []
    bits = prints[places]
    width = int(np.clip(np.ceil(np.log2(len(places))) + 1, 8, 16))
    reach, ballots = 6, []
    for band in range(min(BITS // width, 6)):
        keys = (bits >> np.uint64(band * width) & np.uint64((1 << width) - 1)).astype(np.int64)
        order = np.argsort(keys, kind="stable")
        lag, at = np.empty(len(places) * reach, np.int64), np.empty(len(places) * reach, np.int64)
        count = collisions(places[order], keys[order], reach, options.nearest, lag, at)
        ballots.append(np.stack((lag[:count], at[:count])))
    lag, at = np.concatenate(ballots, axis=1)
    counted: dict[tuple[int, int], int] = {}
    for phase in (0, options.cell // 2):
        cells, count = np.unique(lag << 32 | (at + phase) // options.cell, return_counts=True)
        for cell, n in zip(cells[count >= options.votes], count[count >= options.votes], strict=True):
            key = (int(cell >> 32), int(cell & 0xFFFFFFFF) * options.cell - phase)
            counted[key] = int(n)
    return sorted(counted, key=lambda k: (-counted[k], k))[: options.tests]


def _copies(frames: FrameTable, prints: NDArray[np.uint64], moving: Mask, options: Options) -> Iterator[Copy]:
    taken: list[Copy] = []
    for lag, at in _votes(prints, moving, options):
        if any(c.lag == lag and c.first - lag - options.cell <= at <= c.last - lag for c in taken):
            continue
        found = _tested(frames, lag, at, options)
        if found is not None:
            taken.append(found)
            yield found


def _tested(frames: FrameTable, lag: int, at: int, options: Options) -> Copy | None:
    """The longest stretch around `at` that repeats `lag` later, if it does."""
    pad = 128
    first, last = max(1, at - pad), min(at + options.cell + pad, len(frames) - lag)
    if last - first < options.least:
        return None
    a, b = _differences(frames, first, last), _differences(frames, first + lag, last + lag)
    a, b = _capped(a, options), _capped(b, options)
    inner, aa, bb = (a * b).sum(axis=1), (a * a).sum(axis=1), (b * b).sum(axis=1)
    weight = np.sqrt(np.sqrt(aa * bb))
    gain = weight * (inner / (np.sqrt(aa * bb) + 1e-6) - options.same)
    start, end = _best_run(gain)
    if end - start < options.least or first + end <= at or first + start >= at + options.cell:
        return None
    run = slice(start, end)
    correlation = float(inner[run].sum() / np.sqrt(aa[run].sum() * bb[run].sum() + 1e-9))
    energy = float(np.sqrt(min(aa[run].mean(), bb[run].mean()) / a.shape[1]))
    if correlation < options.limit or energy < options.energy:
        return None
    begin = first + start
    apart = _apart(frames, begin, begin + end - start, lag, options)
    allowed = options.apart + options.slope * min(0.0, correlation - 0.92)
    if apart > allowed or _periodic(frames, begin, begin + end - start, lag, correlation, options):
        return None
    return Copy(begin - 1 + lag, first + end - 1 + lag, lag, correlation, apart, energy)


def _differences(frames: FrameTable, first: int, last: int) -> NDArray[np.float32]:
    """(pictures, blocks) mean-free changes of block means of pictures first..last-1, grey levels."""
    rows = np.asarray(frames.wide["means"][first - 1 : last], np.float32).reshape(last - first + 1, -1) / 256
    step = np.diff(rows, axis=0)
    return np.asarray(step - step.mean(axis=1, keepdims=True))


def _capped(x: NDArray[np.float32], options: Options) -> NDArray[np.float32]:
    energy = (x * x).sum(axis=1)
    scale = np.sqrt(np.minimum(1.0, options.cap * np.median(energy) / (energy + 1e-9)))
    return np.asarray(x * scale[:, None], np.float32)


def _best_run(gain: NDArray[np.floating]) -> tuple[int, int]:
    """Start and end (exclusive) of the run with the largest sum."""
    total = np.concatenate(([0.0], np.cumsum(gain)))
    lowest = np.minimum.accumulate(total)
    end = int(np.argmax(total - lowest))
    start = int(np.argmin(total[: end + 1]))
    return start, end


def _apart(frames: FrameTable, first: int, last: int, lag: int, options: Options) -> float:
    """How far the two copies lie apart, over how far pictures `stride` apart do."""
    rows = np.asarray(frames.wide["means"][first:last], np.float32).reshape(last - first, -1)
    again = np.asarray(frames.wide["means"][first + lag : last + lag], np.float32).reshape(last - first, -1)
    gap = again - rows
    gap -= gap.mean(axis=1, keepdims=True)
    step = rows[options.stride :] - rows[: -options.stride]
    step -= step.mean(axis=1, keepdims=True)
    return float(np.abs(gap).mean() / (np.abs(step).mean() + 8.0))


def _periodic(frames: FrameTable, first: int, last: int, lag: int, best: float, options: Options) -> bool:
    """Whether the scene fits at other multiples of a period too: twice the lag, before itself, or a part of it."""
    if last - first > 1.5 * lag:
        return True
    parts = [round(lag / m) for m in range(2, 13)]
    for other in (2 * lag, -lag, *(p for p in parts if p >= options.nearest)):
        begin, end = max(first, 1 - other), min(last, len(frames) - other)
        if end - begin < options.least:
            continue
        a, b = _differences(frames, begin, end), _differences(frames, begin + other, end + other)
        fit = float((a * b).sum() / np.sqrt(float((a * a).sum()) * float((b * b).sum()) + 1e-9))
        if fit > best - options.periodic:
            return True
    return False


def _separate(copies: list[Copy]) -> list[Copy]:
    """The best of copies that overlap."""
    kept: list[Copy] = []
    for c in sorted(copies, key=lambda c: (-c.correlation * np.sqrt(c.last - c.first), c.first)):
        if all(c.last < k.first or c.first > k.last for k in kept):
            kept.append(c)
    return sorted(kept, key=lambda c: c.first)


def _finding(frames: FrameTable, c: Copy, options: Options) -> Finding:
    return Finding(
        kind=Kind.DUPLICATION,
        severity=Severity.SUSPICION,
        level=Level.E2,
        stream="video",
        start_s=frames.time(c.first),
        end_s=leaves(frames, c.last),
        start_frame=c.first,
        end_frame=c.last,
        template="duplication_picture",
        detector=NAME,
        score=c.correlation,
        params={
            "frames": c.last - c.first + 1,
            "lag_frames": c.lag,
            "original_s": frames.time(max(0, c.first - c.lag)),
        },
        evidence=(
            Evidence(Source.PICTURE, "motion_correlation", round(c.correlation, 3), options.limit),
            Evidence(Source.PICTURE, "copies_apart_ratio", round(c.apart, 3), options.apart),
            Evidence(Source.PICTURE, "lag_frames", c.lag),
            Evidence(Source.PICTURE, "motion_energy", round(c.energy, 3), options.energy),
        ),
    )


def _equal_packets(packets: PacketTable | None, frames: FrameTable, options: Options) -> Iterator[tuple[int, int, int]]:
    """Runs (first picture, last picture, lag) of coded pictures equal to those `lag` packets before."""
    if packets is None or packets.digest is None:
        return
    row = np.asarray(frames["packet"], np.int64)
    if len(row) == 0 or (row < 0).any():
        return
    order = np.argsort(row, kind="stable")  # pictures in decode order
    digest = np.ascontiguousarray(packets.digest[row[order]])
    _, same = np.unique(digest.view(f"V{digest.shape[1]}").ravel(), return_inverse=True)
    before = np.full(len(order), -1, np.int64)
    last: dict[int, int] = {}
    for i, key in enumerate(same.ravel().tolist()):
        before[i] = last.get(key, -1)
        last[key] = i
    lag = np.where(before >= 0, np.arange(len(order)) - before, 0)
    for value in np.unique(lag[lag >= options.nearest]):
        for first, end in runs(lag == value):
            distinct = len(np.unique(same[first : end + 1]))
            if distinct >= options.packets:
                pictures = order[first : end + 1]
                yield int(pictures.min()), int(pictures.max()), int(value)


def _packet_finding(frames: FrameTable, found: tuple[int, int, int]) -> Finding:
    first, last, lag = found
    return Finding(
        kind=Kind.DUPLICATION,
        severity=Severity.SUSPICION,
        level=Level.E1,
        stream="video",
        start_s=frames.time(first),
        end_s=leaves(frames, last),
        start_frame=first,
        end_frame=last,
        template="duplication_packets",
        detector=NAME,
        params={"frames": last - first + 1, "lag_frames": lag},
        evidence=(Evidence(Source.CONTAINER, "equal_packets", last - first + 1, 8),),
    )


DETECTOR = Detector(NAME, "stable", Options(), propose, None, __doc__ or "")

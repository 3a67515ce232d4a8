"""A lens that is covered, or a picture that is blanked, while the recording runs on.

What it finds
    Structure that collapses within one picture and comes back within one: the spread of block
    means falls to a small share of what it was, and the fine detail with it.
Looks like it but is not
    Night: there is noise, and dark comes slowly. Fog and white-out (exposure that settles): the
    detail fades in over many pictures. A head or hand close to the lens takes several pictures
    to cover it and leaves an edge. A single dark picture (shutter, tear) is too short.
Limits
    A cover that is drawn over slowly, or that is never taken away again, is not reported here.
Without motion vectors
    Works the same: the codec's vectors are not used.
Source
    Collapse of variance against the recording's own, this project.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.detectors.contract import Detector, Proposal
from engine.detectors.scores import damaged, leaves, runs, settling
from engine.detectors.sweeps import all_spreads
from engine.features.tables import Features, FrameTable
from engine.findings import Evidence, Finding, Kind, Level, Severity, Source

NAME = "obstruction"


@dataclass(frozen=True, slots=True)
class Options:
    """Thresholds of the obstruction detector."""

    spread: float = 3.0
    """Standard deviation of block means, grey levels, up to which a picture has no structure."""
    collapse: float = 0.25
    """Share of the spread before and after that may be left."""
    detail: float = 0.5
    """Share of the fine detail before and after that may be left."""
    least_s: float = 0.3
    """Seconds of the shortest cover."""
    least: int = 6
    """Pictures of the shortest cover."""
    abrupt: int = 2
    """Pictures within which structure must go and come back."""
    settled: int = 12
    """Pictures before and after these, in which it must have been there."""
    sudden: float = 0.6
    """Share of the spread then that must still be there just before and again just after."""


@dataclass(frozen=True, slots=True)
class Cover:
    """Pictures first..last show no structure; spread and detail inside, and the least around."""

    first: int
    last: int
    inside: float
    around: float
    detail: float


def propose(features: Features, options: Options) -> Proposal:
    """Stretches without structure between pictures that have it."""
    frames = features.frames
    if frames is None or len(frames) < options.least:
        return Proposal()
    return Proposal(findings=tuple(_finding(frames, c, options) for c in _covers(frames, options)))


def covered(frames: FrameTable) -> tuple[tuple[int, int], ...]:
    """First and last picture of each stretch that this detector reports."""
    if len(frames) < DETECTOR.options.least:
        return ()
    return tuple((c.first, c.last) for c in _covers(frames, DETECTOR.options))


def _covers(frames: FrameTable, options: Options) -> Iterator[Cover]:
    spread = all_spreads(frames.wide["means"])
    detail = np.asarray(frames["high_pass"], np.float64)
    bare = (spread <= options.spread) & ~damaged(frames)
    for first, last in runs(bare):
        before, after = first - options.abrupt, last + options.abrupt
        if before < settling(frames) or after >= len(frames) or last - first + 1 < options.least:
            continue
        if leaves(frames, last) - frames.time(first) < options.least_s:
            continue
        around = float(min(spread[before], spread[after]))
        wide = slice(max(0, before - options.settled), before), slice(after + 1, after + 1 + options.settled)
        if around < options.sudden * max(float(spread[part].max(initial=0.0)) for part in wide):
            continue
        inside = float(np.max(spread[first + options.abrupt : last - options.abrupt + 1], initial=0.0))
        fine = float(np.median(detail[first : last + 1]) / (min(detail[before], detail[after]) + 1e-3))
        if inside <= options.collapse * around and fine <= options.detail:
            yield Cover(first, last, inside, around, fine)


def _finding(frames: FrameTable, c: Cover, options: Options) -> Finding:
    return Finding(
        kind=Kind.OBSTRUCTION,
        severity=Severity.SUSPICION,
        level=Level.E2,
        stream="video",
        start_s=frames.time(c.first),
        end_s=leaves(frames, c.last),
        start_frame=c.first,
        end_frame=c.last,
        template="obstruction_picture",
        detector=NAME,
        score=float(1 - c.inside / c.around),
        params={"frames": c.last - c.first + 1},
        evidence=(
            Evidence(Source.PICTURE, "spread_inside", round(c.inside, 3), round(options.collapse * c.around, 3)),
            Evidence(Source.PICTURE, "spread_around", round(c.around, 3)),
            Evidence(Source.PICTURE, "detail_left", round(c.detail, 3), options.detail),
        ),
    )


DETECTOR = Detector(NAME, "stable", Options(), propose, None, __doc__ or "")

"""Pictures that do not belong: the scene jumps away and, pictures later, goes on where it was.

What it finds
    A-B-A. Both borders jump, and the picture after continues the picture before: the smaller of
    the two jumps is divided by the larger of what has changed from before to after and what the
    neighbours change. Then the stretch must be *foreign*: its structure is not that of the scene
    in another light, and not the scene displaced.
Looks like it but is not
    Flash, lightning, head lamps: the structure stays, only gain and offset change, also where
    the light is uneven. A hand over the lens or a wiper comes and goes over several pictures.
    A torn picture is the scene itself, shifted. Covered lenses without structure are left to the
    detector of obstructions. These become notices or nothing.
Limits
    From one picture up to `longest` seconds; a longer stretch is two joins. In a scene where
    nothing moves, pictures from the same recording look like the scene and are not found.
Without motion vectors
    Works the same: the codec's vectors are not used.
Source
    Return test on the mean-free change of block means, this project; structure by SSIM, Wang et
    al., IEEE Trans. Image Processing 13(4), 2004.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.detectors.contract import Candidate, Detector, Proposal, RecheckTable
from engine.detectors.scores import after_max, before_max, damaged, leaves
from engine.detectors.structure import displaced, lit, reduced, similarity, structure
from engine.features.tables import Features, FrameTable
from engine.findings import Evidence, Finding, Kind, Level, Severity, Source

NAME = "insertion"
AROUND = 8
"""Pictures before and after whose largest change a border is compared with."""


@dataclass(frozen=True, slots=True)
class Options:
    """Thresholds of the insertion detector."""

    limit: float = 1.25
    """Smaller jump over the larger of return and neighbours. Untouched takes reach 1.75 (and are
    told apart by the second look), foreign scenes start at 4."""
    floor: float = 0.3
    """Grey levels added to return and neighbours."""
    longest: float = 2.6
    """Seconds of the longest stretch."""
    flat: float = 2.0
    """Spread of block means, grey levels, below which a picture has no structure."""
    lit: float = 0.75
    """Share of a jump that light alone explains from which it is called a flash, if its structure stays."""
    stays: float = 0.6
    """Correlation of the fine structure from which the scene is called the same."""
    displaced: float = 0.6
    """Share of the picture that a tear explains from which it is called torn."""
    apart: float = 1.3
    """How many times less alike (1 - structural similarity) each border must be than before and after."""


@dataclass(frozen=True, slots=True)
class Return:
    """A stretch of pictures first..last between two jumps."""

    first: int
    last: int
    ratio: float
    entry: float
    exit: float
    back: float


def propose(features: Features, options: Options) -> Proposal:
    """Pairs of jumps between which the scene left and to which it returned."""
    frames = features.frames
    if frames is None or len(frames) < 4:
        return Proposal()
    found = _separate(_returns(frames, options))
    candidates = tuple(_candidate(frames, r, options) for r in found if not _flat(frames, r, options))
    return Proposal(candidates=candidates)


def _returns(frames: FrameTable, options: Options) -> Iterator[Return]:
    change = np.nan_to_num(np.asarray(frames["block_change"], np.float64))
    longest = max(1, min(round(options.longest * frames.rate), 160))
    entries = change >= options.limit * (before_max(change, AROUND) + options.floor)
    exits = change >= options.limit * (after_max(change, AROUND) + options.floor)
    bad = damaged(frames)
    entries[:2] = False
    ends = np.flatnonzero(exits & ~bad)
    for first in np.flatnonzero(entries & ~bad):
        for after in ends[np.searchsorted(ends, first + 1) : np.searchsorted(ends, first + longest, side="right")]:
            found = _measured(frames, change, int(first), int(after), options)
            if found is not None:
                yield found


def _measured(
    frames: FrameTable, change: NDArray[np.float64], first: int, after: int, options: Options
) -> Return | None:
    before = change[max(1, first - AROUND) : first]
    behind = change[after + 1 : after + 1 + AROUND]
    usual = max(float(before.max(initial=0.0)), float(behind.max(initial=0.0)))
    back = _distance(frames, first - 1, after)
    ratio = min(change[first], change[after]) / (max(back, usual) + options.floor)
    if ratio < options.limit:
        return None
    return Return(first, after - 1, float(ratio), float(change[first]), float(change[after]), back)


def _distance(frames: FrameTable, a: int, b: int) -> float:
    """Mean |mean-free change of block means| between two pictures, grey levels."""
    means = frames.wide["means"]
    step = np.asarray(means[b], np.float64) - np.asarray(means[a], np.float64)
    return float(np.abs(step - step.mean()).mean()) / 256


def _separate(found: Iterator[Return]) -> list[Return]:
    """The strongest of stretches that overlap."""
    kept: list[Return] = []
    for r in sorted(found, key=lambda r: (-r.ratio, r.first)):
        if all(r.last < other.first - 1 or r.first > other.last + 1 for other in kept):
            kept.append(r)
    return sorted(kept, key=lambda r: r.first)


def _flat(frames: FrameTable, r: Return, options: Options) -> bool:
    """Whether a stretch of some length shows nothing at all: a covered lens, not a foreign scene."""
    if r.last - r.first < round(0.3 * frames.rate):
        return False
    middle = np.asarray(frames.wide["means"][(r.first + r.last) // 2], np.float64) / 256
    return float(middle.std()) < options.flat


def _candidate(frames: FrameTable, r: Return, options: Options) -> Candidate:
    finding = Finding(
        kind=Kind.INSERTION,
        severity=Severity.NOTICE,
        level=Level.E2,
        stream="video",
        start_s=frames.time(r.first),
        end_s=leaves(frames, r.last),
        start_frame=r.first,
        end_frame=r.last,
        template="insertion_picture",
        detector=NAME,
        score=float(1 - np.exp(-r.ratio / options.limit)),
        params={"frames": r.last - r.first + 1},
        evidence=(
            Evidence(Source.PICTURE, "return_ratio", round(r.ratio, 3), options.limit),
            Evidence(Source.PICTURE, "entry_change", round(r.entry, 2)),
            Evidence(Source.PICTURE, "exit_change", round(r.exit, 2)),
            Evidence(Source.PICTURE, "before_after_change", round(r.back, 2)),
        ),
    )
    return Candidate(finding, (r.first - 1, r.first, r.last, r.last + 1))


def confirm(candidates: Sequence[Candidate], rechecks: RecheckTable, options: Options) -> tuple[Finding, ...]:
    """Look at the borders again: is the stretch another scene, or the same in another light?"""
    return tuple(_confirmed(c, rechecks, options) for c in candidates)


def _confirmed(candidate: Candidate, rechecks: RecheckTable, options: Options) -> Finding:
    if not all(number in rechecks for number in candidate.frames):
        return replace(candidate.finding, params={**candidate.finding.params, "rechecked": False})
    before, first, last, after = (reduced(rechecks[number]) for number in candidate.frames)
    apart = (1 - max(similarity(before, first), similarity(last, after))) / (1.005 - similarity(before, after))
    stays = max(structure(before, first), structure(after, last))
    light = max(lit(before, first), lit(after, last)) if stays >= options.stays else 0.0
    torn = max(displaced(before, first), displaced(after, last))
    foreign = apart >= options.apart and light < options.lit and torn < options.displaced
    evidence = (
        *candidate.finding.evidence,
        Evidence(Source.PICTURE, "borders_apart_ratio", round(apart, 3), options.apart),
        Evidence(Source.PICTURE, "structure_kept", round(stays, 3), options.stays),
        Evidence(Source.PICTURE, "share_by_light", round(light, 3), options.lit),
        Evidence(Source.PICTURE, "share_torn", round(torn, 3), options.displaced),
    )
    severity = Severity.SUSPICION if foreign else Severity.NOTICE
    template = "insertion_picture" if foreign else "passing_picture"
    return replace(candidate.finding, severity=severity, evidence=evidence, template=template)


DETECTOR = Detector(NAME, "stable", Options(), propose, confirm, __doc__ or "")

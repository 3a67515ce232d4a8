"""A picture that stands still while the recording runs on, and jumps when it goes on.

What it finds
    A run of pictures whose difference stays far below what this recording shows before and
    after it: sensor noise never stands still, a held picture does, also after re-encoding (the
    encoder then skips its blocks; single key pictures inside may pulse). The run must end with a
    jump: the scene went on meanwhile.
Looks like it but is not
    Recorders that repeat pictures (two out of three, runs of 17 or 37 equal ones): the pictures
    around such a run repeat as well. Still scenes whose noise the encoder has taken away: the pictures
    before and after are as still, and nothing jumps at the end.
Limits
    In a scene as still as its encoding a held picture cannot be told from the scene.
Without motion vectors
    Works the same: the codec's vectors are not used.
Source
    Difference against the recording's own noise floor, this project.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detectors.contract import Detector, Proposal
from engine.detectors.obstruction import covered
from engine.detectors.scores import Mask, damaged, leaves, runs
from engine.features.tables import KEY, Features, FrameTable
from engine.findings import Evidence, Finding, Kind, Level, Severity, Source

NAME = "freeze"


@dataclass(frozen=True, slots=True)
class Options:
    """Thresholds of the freeze detector."""

    still: float = 0.06
    """Mean absolute difference, grey levels, up to which a picture may be a held one."""
    pulses: int = 4
    """Pictures in a row inside a run that may differ more ..."""
    pulse: float = 1.0
    """... by up to this, grey levels ..."""
    key_pulse: float = 3.0
    """... or this, where a key picture begins them: the held picture coded anew (1.2 to 2.2 in three copies)."""
    least: int = 12
    """Pictures of the shortest run."""
    least_s: float = 0.4
    """Seconds of the shortest run."""
    around: int = 12
    """Pictures before and after that a run is compared with."""
    fall: float = 8.0
    """How many times stiller the run must be than the stillest eighth of its surroundings."""
    jump: float = 1.3
    """Step at the end, times the usual step after it."""
    deep_fall: float = 60.0
    deep_jump: float = 1.15
    """A run that is so many times stiller needs no larger step than this."""
    blur: int = 3
    """Pictures after the run among which the jump may lie: an encoder smears it over B pictures."""
    rounding: float = 0.003
    """Grey levels added to the difference inside a run."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Pictures first..last repeat the one before; measured against what surrounds them."""

    first: int
    last: int
    inside: float
    floor: float
    jump: float


def propose(features: Features, options: Options) -> Proposal:
    """Runs of held pictures."""
    frames = features.frames
    if frames is None or len(frames) < options.least:
        return Proposal()
    difference = np.asarray(frames["difference"], np.float64)
    held = _held(difference, np.asarray(frames["flags"], np.uint8) & KEY > 0, options)
    held &= ~damaged(frames)
    found = list(runs(held))
    kept = [h for h in _holds(difference, found, options) if _lasts(frames, h, options)]
    covers = covered(frames) if kept else ()
    kept = [h for h in kept if not any(first - 1 <= h.first and h.last <= last + 1 for first, last in covers)]
    return Proposal(findings=tuple(_finding(frames, h, options) for h in kept))


def _held(difference: NDArray[np.float64], key: Mask, options: Options) -> Mask:
    """Pictures that may be repeats, with short pulses inside bridged."""
    held = difference <= options.still
    held[0] = False
    for first, last in list(runs(~held)):
        inside = first > 0 and last < len(held) - 1 and held[first - 1] and held[last + 1]
        limit = options.key_pulse if key[first] else options.pulse
        if inside and last - first < options.pulses and difference[first : last + 1].max() <= limit:
            held[first : last + 1] = True
    return held


def _holds(difference: NDArray[np.float64], found: list[tuple[int, int]], options: Options) -> Iterator[Hold]:
    for first, last in found:
        begin = last + 1 + options.blur
        if last - first + 1 < options.least or first < 2:
            continue
        before = difference[max(1, first - options.around) : first]
        after = difference[begin : begin + options.around]
        if min(len(before), len(after)) < options.around // 3:
            continue
        floor = min(float(np.quantile(before, 0.125)), float(np.quantile(after, 0.125)))
        inside = float(np.median(difference[first : last + 1]))
        jump = float(difference[last + 1 : begin].max()) / (float(np.median(after)) + 1e-3)
        fall = floor / (inside + options.rounding)
        if fall >= options.fall and jump >= (options.deep_jump if fall >= options.deep_fall else options.jump):
            yield Hold(first, last, inside, floor, jump)


def _lasts(frames: FrameTable, hold: Hold, options: Options) -> bool:
    return leaves(frames, hold.last) - frames.time(hold.first) >= options.least_s


def _finding(frames: FrameTable, hold: Hold, options: Options) -> Finding:
    return Finding(
        kind=Kind.FREEZE,
        severity=Severity.SUSPICION,
        level=Level.E2,
        stream="video",
        start_s=frames.time(hold.first),
        end_s=leaves(frames, hold.last),
        start_frame=hold.first,
        end_frame=hold.last,
        template="freeze_picture",
        detector=NAME,
        score=float(1 - np.exp(-hold.jump)),
        params={"frames": hold.last - hold.first + 1},
        evidence=(
            Evidence(Source.PICTURE, "difference_inside", round(hold.inside, 4), round(hold.floor / options.fall, 4)),
            Evidence(Source.PICTURE, "difference_around", round(hold.floor, 4)),
            Evidence(Source.PICTURE, "jump_ratio", round(hold.jump, 2), options.jump),
        ),
    )


DETECTOR = Detector(NAME, "stable", Options(), propose, None, __doc__ or "")

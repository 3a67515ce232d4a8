"""Whether the picture runs on across a place where the clock does not."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np

from engine.detectors.timeline import VideoTimes
from engine.features.tables import CORRUPT, DAMAGED, Features

REACH: Final = 8
"""Pictures on either side that say what change is usual."""

MOVING: Final = 1.0
"""Grey levels: below this mean change nothing moves, and a still picture runs on always."""

ALIKE: Final = 1.15
"""The step at the place may be this many times the largest step around it."""


class Span(Protocol):
    """A place on the timeline: positions of the pictures before and after it."""

    @property
    def first(self) -> int: ...

    @property
    def last(self) -> int: ...


def picture_runs_on(features: Features, times: VideoTimes, place: Span) -> bool:
    """Whether the picture after a hole follows the one before as if no time had passed.

    True only where something moves, so that lost pictures would show as a larger step, and
    no larger step is there. Damaged pictures say nothing.
    """
    frames = features.frames
    before, after = times.join(place.first)[0], times.join(place.last - 1)[1]
    if frames is None or before is None or after is None or after != before + 1:
        return False
    change = np.asarray(frames["difference"], dtype=np.float64)
    damaged = (np.asarray(frames["flags"], dtype=np.uint8) & (CORRUPT | DAMAGED)) != 0
    around = np.r_[max(after - REACH, 1) : after, after + 1 : min(after + REACH + 1, len(change))]
    if len(around) < REACH or damaged[around].any() or damaged[after]:
        return False
    usual = np.median(change[around])
    return bool(usual >= MOVING and change[after] <= ALIKE * np.max(change[around]) and change[after] <= 2 * usual)

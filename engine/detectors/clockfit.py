"""How a clock runs against the timestamps: offset, rate, steps, stops; pure functions over readings.

Source: Theil, "A rank-invariant method of linear and polynomial regression analysis", 1950; Sen, "Estimates of the
regression coefficient based on Kendall's tau", JASA 63, 1968 (the slope and its confidence interval).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST_POINTS: Final = 400
"""Readings that a slope is made of: 80,000 pairs."""
NEAR: Final = 5
"""Readings on each side that must agree that the clock stepped: one wrong reading is no step."""
TRUE_RATE: Final = 0.02
"""Rates that differ less from 1 are taken for 1 where steps are looked for."""
STUCK_S: Final = 5.0
"""Seconds for which a clock must stand still while the timestamps go on."""
_Z: Final = 1.96
_Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """A value and half the width of where it may lie."""

    value: float
    width: float


@dataclass(frozen=True, slots=True)
class ClockStep:
    """The clock went on by `jump_s` more than the timestamps, between readings `index` and `index + 1`.

    `from_s`, `to_s`: presentation seconds of the two; `from_time`, `to_time`: what the clock showed.
    """

    index: int
    from_s: float
    to_s: float
    from_time: float
    to_time: float
    jump_s: float

    @property
    def backwards(self) -> bool:
        """Whether the clock itself fell back, not only behind."""
        return self.to_time < self.from_time


@dataclass(frozen=True, slots=True)
class ClockFit:
    """A clock against the presentation.

    Parameters
    ----------
    ahead_s
        Median of clock minus presentation, seconds; that of the longest stretch without a step.
    spread_s
        Largest distance of a reading of that stretch from the median of all, rate taken off.
    rate_ppm
        Parts in a million by which the clock runs faster than the timestamps, with half the width of its 95 %
        interval, never less than the readings' own uncertainty allows. None with one reading.
    steps, stuck
        Where it stepped; (start, end) in presentation seconds where it stood still.
    """

    ahead_s: float
    spread_s: float
    rate_ppm: Measured | None = None
    steps: tuple[ClockStep, ...] = ()
    stuck: tuple[tuple[float, float], ...] = ()


def fit(seconds: _Times, times: _Times, uncertainty_s: float) -> ClockFit:
    """How a clock ran.

    Parameters
    ----------
    seconds
        (N,) presentation seconds of the readings, N >= 1; put in order here.
    times
        (N,) seconds since 1970, or since midnight with days counted on.
    uncertainty_s
        Half-width of a single reading.
    """
    order = np.argsort(seconds, kind="stable")
    seconds, times = seconds[order], times[order]
    found = steps(seconds, times, uncertainty_s)
    first, past = _longest(seconds, found)
    part, shown = seconds[first:past], times[first:past]
    ahead = float(np.median(shown - part))
    rate = slope(part, shown, uncertainty_s)
    off = (shown - part) - ahead - (rate.value if rate else 0.0) * (part - np.median(part))
    return ClockFit(
        ahead_s=ahead,
        spread_s=float(np.abs(off).max()),
        rate_ppm=None if rate is None else Measured(rate.value * 1e6, rate.width * 1e6),
        steps=found,
        stuck=stuck(seconds, times),
    )


def steps(seconds: _Times, times: _Times, uncertainty_s: float) -> tuple[ClockStep, ...]:
    """Places where clock and timestamps part for good, by more than two readings' uncertainties and half a second.

    Two readings or more on each side must say so. A clock that stood still is told by its first reading.
    """
    moved = np.flatnonzero(np.concatenate([[True], np.diff(times) != 0]))
    limit = 2 * uncertainty_s + 0.5
    ahead = (times - seconds * _coarse_rate(seconds, times))[moved]
    found: list[ClockStep] = []
    last = 0
    for place in np.flatnonzero(np.abs(np.diff(ahead)) > limit).tolist():
        before, after = ahead[max(last, place + 1 - NEAR) : place + 1], ahead[place + 1 : place + 1 + NEAR]
        jump = float(np.median(after) - np.median(before))
        here = float(ahead[place + 1] - ahead[place])
        if min(len(before), len(after)) < 2 or abs(jump) <= limit or jump * here <= 0:
            continue
        index = int(moved[place + 1]) - 1
        found.append(
            ClockStep(
                index,
                float(seconds[index]),
                float(seconds[index + 1]),
                float(times[index]),
                float(times[index + 1]),
                here,
            )
        )
        last = place + 1
    return tuple(found)


def stuck(seconds: _Times, times: _Times) -> tuple[tuple[float, float], ...]:
    """Stretches of `STUCK_S` or more over which at least four readings show the same time."""
    found: list[tuple[float, float]] = []
    changes = np.flatnonzero(np.diff(times) != 0) + 1
    for first, past in pairwise([0, *changes.tolist(), len(times)]):
        if past - first >= 4 and seconds[past - 1] - seconds[first] >= STUCK_S:
            found.append((float(seconds[first]), float(seconds[past - 1])))
    return tuple(found)


def slope(seconds: _Times, times: _Times, uncertainty_s: float) -> Measured | None:
    """How much faster than the timestamps a clock runs, as a share.

    The median over pairs of readings that lie half the length apart or more; None where no two readings do.
    """
    chosen = np.unique(np.linspace(0, len(seconds) - 1, min(len(seconds), MOST_POINTS)).round().astype(np.int64))
    seconds, ahead = seconds[chosen], (times - seconds)[chosen]
    length = float(seconds[-1] - seconds[0])
    if length <= 0:
        return None
    first, second = np.triu_indices(len(seconds), 1)
    apart = seconds[second] - seconds[first]
    far = apart >= length / 2
    slopes = np.sort((ahead[second] - ahead[first])[far] / apart[far])
    return Measured(float(np.median(slopes)), max(_half_width(slopes, len(seconds)), 2 * uncertainty_s / length))


def _half_width(slopes: _Times, count: int) -> float:
    """Sen's interval: the slopes on both sides of the median that Kendall's tau allows at 95 %."""
    middle = len(slopes) / 2
    share = len(slopes) / max(count * (count - 1) / 2, 1)
    reach = _Z * np.sqrt(count * (count - 1) * (2 * count + 5) / 18) * share / 2
    low, high = int(max(0, middle - reach)), int(min(len(slopes) - 1, middle + reach))
    return float(slopes[high] - slopes[low]) / 2


def _coarse_rate(seconds: _Times, times: _Times) -> float:
    """Clock seconds in a second of presentation, 1 where it is about 1; steps do not move a median."""
    apart = np.diff(seconds)
    good = apart > 1e-6
    if not good.any():
        return 1.0
    rate = float(np.median(np.diff(times)[good] / apart[good]))
    return rate if abs(rate - 1) > TRUE_RATE and 0.1 < rate < 10 else 1.0


def _longest(seconds: _Times, found: tuple[ClockStep, ...]) -> tuple[int, int]:
    """First reading, and that after the last, of the longest stretch between steps."""
    edges = [0, *(s.index + 1 for s in found), len(seconds)]
    return max(pairwise(edges), key=lambda e: (float(seconds[e[1] - 1] - seconds[e[0]]), -e[0]))

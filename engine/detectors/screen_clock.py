"""The clock that a camera writes into the picture, read and held against the timestamps.

What it finds
    A place in the picture that changes once a second, and in it a time of day. It is read at the beginning,
    at the end and every minute between; where two readings do not fit the time between them, the place
    is closed in on, picture by picture: a jump, a repeat or a stop of the clock is one finding with the values
    on both sides. A clock that runs at another constant rate than the timestamps is one `clock_offset` for
    the whole file: players and exports of recorders run wrong, and the footage is whole.
Looks like it but is not
    A clock that is set by radio or network while recording, with the picture running on: the finding is a
    suspicion, and a cut of the picture at the same place is the second witness. An hour on or back at the full hour
    of a Sunday on which daylight saving begins or ends somewhere is a notice, where the picture shows the date.
    Clocks of twelve hours begin anew at one o'clock. Single wrong readings, which nothing around them confirms,
    are dropped. Blinking lamps tick too, and show no time.
Limits
    Needs the recogniser (extra `ocr`) and figures of about ten pixels. Clocks without seconds say nothing. A cut
    between two readings that takes out as much as another one adds is seen only where a reading lies
    between them. A jump of less than 1.5 seconds is below the clock's own steps; within two seconds of the
    beginning or the end, less than three.
Source
    Our own measurements; recognition by RapidOCR (PP-OCR models, Du et al., arXiv 2009.09941).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.detectors import daylight, screen_text
from engine.detectors.contract import Candidate, Detector, Proposal, RecheckTable
from engine.detectors.screen_text import DAY_S, Line, Shown
from engine.detectors.screen_ticks import Ticking, ticking, ticks
from engine.features.tables import KEY, Features, FrameTable
from engine.findings import ClockReading, Evidence, Examined, Finding, Kind, Level, Severity, Source, Stretch

NAME = "screen_clock"
TICK_OFF = 0.1
"""Share of a second by which two ticks may lie apart from a second, or tell different things."""
HALF_DAY_S = DAY_S // 2
HALF_DAY_OFF_S = 2.0
"""Seconds by which a step of twelve hours may be off: a clock shows whole ones."""
HOUR_S = 3_600
HOUR_OFF_S = 1.5
NEAR_KEY_S = 1.0
"""Seconds by which a reading may be moved to a key picture."""
MOST_LOOKS = 24
"""Times that it looks again; a clock that stops slowly is not closed in on further."""
LEAST_FOR_RATE = 3
"""Two readings lie on a line whatever happened between them."""
GIVE_UP = 4
"""Readings that fail at the beginning before it is taken for illegible."""


@dataclass(frozen=True, slots=True)
class ScreenClockOptions:
    """Thresholds of `screen_clock`."""

    every_s: float = 60.0
    """Seconds between two readings ..."""
    most: int = 240
    """... and how many there are at most."""
    jump_s: float = 1.5
    """Seconds by which clock and timestamps must disagree: a clock shows whole seconds."""
    rate_over_s: float = 10.0
    """Seconds of readings from which a rate is told, ..."""
    rate_off: float = 0.005
    """... and by how much of it the clock must run wrong; drift of a quartz clock is a thousand times less ..."""
    rate_within_s: float = 0.25
    """... while every reading lies this near to that rate."""
    legible: float = 0.5
    """Share of the first readings that must succeed."""


@dataclass(frozen=True, slots=True, eq=False)
class _Clock:
    """Where a clock ticks, and when: seconds of presentation, ascending."""

    frames: FrameTable
    place: Ticking
    ticks: NDArray[np.float64]

    def since_tick(self, second: float) -> float | None:
        """Seconds of the clock since its last tick; None where the ticks around are not regular."""
        period, after = self.place.period_s, int(np.searchsorted(self.ticks, second, side="right"))
        before, coming = self.ticks[max(0, after - 2) : after], self.ticks[after : after + 2]
        told = []
        if _regular(before, period) and second - before[-1] < period * (1 + TICK_OFF):
            told.append((second - before[-1]) / period)
        if _regular(coming, period) and coming[0] - second < period * (1 + TICK_OFF):
            told.append(1 - (coming[0] - second) / period)
        return float(told[0]) if told and max(told) - min(told) <= TICK_OFF else None


def _regular(pair: NDArray[np.float64], period: float) -> bool:
    return len(pair) == 2 and abs(float(pair[1] - pair[0]) / period - 1) <= TICK_OFF


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the clock.

    Parameters
    ----------
    frame, second
        The picture and its time.
    clock
        Whole seconds since midnight, days counted on.
    part
        Seconds since the tick, where it was seen.
    """

    frame: int
    second: float
    clock: int
    part: float | None
    shown: Shown


def propose(features: Features, options: ScreenClockOptions) -> Proposal:
    """The pictures to read a clock in, where one ticks."""
    frames = features.frames
    place = None if frames is None else ticking(frames)
    if frames is None or place is None:
        return Proposal()
    if not screen_text.available():
        end = frames.time(len(frames) - 1)
        return Proposal(examined=(_not_examined(end, "no_ocr"),))
    clock = _Clock(frames, place, frames.seconds[ticks(frames, place)])
    return Proposal(candidates=tuple(_candidate(clock, n) for n in _schedule(frames, options)))


def _schedule(frames: FrameTable, options: ScreenClockOptions) -> list[int]:
    """Pictures from the first to the last, evenly; key pictures where they are near, which need no others decoded."""
    end = frames.time(len(frames) - 1)
    wanted = np.linspace(0, end, int(min(max(end / options.every_s, 2), options.most)) + 1)
    numbers = np.clip(np.searchsorted(frames.seconds, wanted), 0, len(frames) - 1)
    keys = np.flatnonzero(np.asarray(frames["flags"]).astype(np.int64) & KEY)
    return sorted({_near_key(n, keys, frames) for n in numbers.tolist()})


def _near_key(number: int, keys: NDArray[np.int64], frames: FrameTable) -> int:
    """The key picture nearest to a picture, if it is within `NEAR_KEY_S`; else the picture itself."""
    if len(keys) == 0:
        return number
    away = np.abs(frames.seconds[keys] - frames.time(number))
    nearest = int(np.argmin(away))
    return int(keys[nearest]) if away[nearest] <= NEAR_KEY_S else number


def _candidate(clock: _Clock, number: int, look: int = 0) -> Candidate:
    facts = {"clock": clock, "number": number, "shown": None, "look": look}
    return Candidate(_silent(), (number,), facts, quiet=True)


def _silent() -> Finding:
    """What a candidate must hold, and is never said."""
    return Finding(Kind.CLOCK_JUMP, Severity.NOTICE, Level.E3, "video", None, None, "screen_clock_jump", NAME)


def confirm(candidates: Sequence[Candidate], rechecks: RecheckTable, options: ScreenClockOptions) -> Proposal:
    """Read what was decoded; once all is read, judge, or ask for the pictures in between."""
    if any(c.frames for c in candidates):
        return Proposal(candidates=tuple(_read_all(candidates, rechecks)))
    clock: _Clock = candidates[0].facts["clock"]
    frames = clock.frames
    every = _readings(candidates, clock)
    if len(every) < max(2, options.legible * len(candidates)):
        return Proposal(examined=(_not_examined(frames.time(len(frames) - 1), "clock_not_legible"),))
    rate = _rate(every, options)
    readings = _confirmed(every, rate, options)
    asked = {c.facts["number"] for c in candidates}
    look = 1 + max(c.facts["look"] for c in candidates)
    seconds = [_second_after(r, frames) for r in every if r not in readings]
    if look <= MOST_LOOKS and not asked.issuperset(seconds):
        return Proposal(candidates=(*candidates, *(_candidate(clock, n, look) for n in sorted({*seconds} - asked))))
    if len(readings) < 2:
        return Proposal(examined=(_not_examined(frames.time(len(frames) - 1), "clock_not_legible"),))
    breaks = [(a, b) for a, b in pairwise(readings) if abs(_off(a, b, rate)) >= options.jump_s]
    wanted = sorted({n for a, b in breaks for n in _between(a, b, asked)})
    if wanted and look <= MOST_LOOKS:
        return Proposal(candidates=(*candidates, *(_candidate(clock, n, look) for n in wanted)))
    return _judged(readings, breaks or _crept(readings, rate, options), rate, frames, options)


def _crept(readings: Sequence[Reading], rate: float, options: ScreenClockOptions) -> list[tuple[Reading, Reading]]:
    """A clock that stood still for a while: no two neighbours disagree, and the two ends do."""
    first, last = readings[0], readings[-1]
    if abs(_off(first, last, rate)) < 2 * options.jump_s:
        return []
    before = [r for r in readings if abs(_off(first, r, rate)) < options.jump_s]
    after = [r for r in readings if abs(_off(r, last, rate)) < options.jump_s]
    return [(before[-1], after[0])] if before[-1].frame < after[0].frame else []


def _read_all(candidates: Sequence[Candidate], rechecks: RecheckTable) -> Iterator[Candidate]:
    """The candidates with what was read; after a few failures and no success the rest is given up."""
    failed, legible, line = 0, False, None
    for candidate in candidates:
        if not candidate.frames:
            yield candidate
        elif failed < GIVE_UP:
            done = _read(candidate, rechecks, line)
            shown: Shown | None = done.facts["shown"]
            legible |= shown is not None
            line = line if shown is None else shown.line
            failed += 0 if legible else 1
            yield done
        else:
            yield replace(candidate, frames=())


def _read(candidate: Candidate, rechecks: RecheckTable, line: Line | None) -> Candidate:
    luma = rechecks.get(candidate.frames[0])
    shown = None if luma is None else screen_text.read(luma, candidate.facts["clock"].place, line)
    return replace(candidate, frames=(), facts={**candidate.facts, "shown": shown})


def _readings(candidates: Iterable[Candidate], clock: _Clock) -> list[Reading]:
    """Legible readings in order, days counted on over midnight."""
    found = sorted((c.facts["number"], c.facts["shown"]) for c in candidates if c.facts["shown"] is not None)
    twelve = all(HOUR_S <= shown.seconds < HOUR_S + HALF_DAY_S for _, shown in found)
    out: list[Reading] = []
    for number, shown in found:
        value, second = shown.seconds, clock.frames.time(number)
        if out:  # the day on which it lies nearest to where it should
            due = out[-1].clock + second - out[-1].second
            # a clock of twelve hours that names no half goes from 12:59:59 to 1:00:00
            half = twelve and abs((due - value) % DAY_S - HALF_DAY_S) <= HALF_DAY_OFF_S
            value += HALF_DAY_S if half else 0
            value += round((due - value) / DAY_S) * DAY_S
        out.append(Reading(number, second, value, clock.since_tick(second), shown))
    return out


def _confirmed(readings: list[Reading], rate: float, options: ScreenClockOptions) -> list[Reading]:
    """Without readings that fit neither neighbour: a misread figure, not a clock that went wrong."""
    fits = [False, *(abs(_off(a, b, rate)) < options.jump_s for a, b in pairwise(readings)), False]
    return [r for n, r in enumerate(readings) if fits[n] or fits[n + 1]]


def _second_after(reading: Reading, frames: FrameTable) -> int:
    """The picture a second later, at the end a second earlier: what confirms a reading that stands alone."""
    end = frames.time(len(frames) - 1)
    wanted = reading.second + 1 if reading.second + 1 <= end else max(reading.second - 1, 0)
    return min(int(np.searchsorted(frames.seconds, wanted)), len(frames) - 1)


def _off(a: Reading, b: Reading, rate: float) -> float:
    """Seconds by which the clock went on more than the timestamps did from `a` to `b`."""
    parts = 0.0 if a.part is None or b.part is None else b.part - a.part
    return (b.clock - a.clock) + parts - rate * (b.second - a.second)


def _rate(readings: Sequence[Reading], options: ScreenClockOptions) -> float:
    """Clock seconds in a second of presentation; 1 where one constant rate does not explain all readings.

    The median of all slopes over a third of the length or more. Source: Theil 1950, Sen 1968.
    """
    exact = [(r.second, r.clock + r.part) for r in readings if r.part is not None]
    length = exact[-1][0] - exact[0][0] if exact else 0.0
    if length < options.rate_over_s or len(exact) < LEAST_FOR_RATE:
        return 1.0
    seconds, clock = np.array(exact).T
    apart = seconds[None, :] - seconds[:, None]
    far = apart >= length / 3
    rate = float(np.median((clock[None, :] - clock[:, None])[far] / apart[far]))
    left = clock - rate * seconds
    constant = float(np.abs(left - np.median(left)).max()) <= options.rate_within_s
    return rate if constant and abs(rate - 1) >= options.rate_off else 1.0


def _between(a: Reading, b: Reading, asked: set[int]) -> list[int]:
    """The picture in the middle; beside one that could not be read, those around it."""
    inside = b.frame - a.frame
    for middle in (a.frame + inside // 2, a.frame + inside // 4, b.frame - inside // 4):
        if a.frame < middle < b.frame and middle not in asked:
            return [middle]
    return []


def _judged(
    readings: Sequence[Reading],
    breaks: Sequence[tuple[Reading, Reading]],
    rate: float,
    frames: FrameTable,
    options: ScreenClockOptions,
) -> Proposal:
    jumps = [_jump(a, b, rate) for a, b in breaks]
    findings = [_weighed(n, jumps, breaks) for n in range(len(jumps))]
    if rate != 1.0:
        findings.append(_rate_off(readings, rate, options))
    first, last = readings[0], readings[-1]
    clocks = tuple(_reading(r) for r in (first, last))
    examined = Examined("clock", "screen", last.second - first.second)
    return Proposal(findings=tuple(findings), examined=(examined,), clocks=clocks)


def _jump(a: Reading, b: Reading, rate: float) -> Finding:
    off = _off(a, b, rate)
    return Finding(
        kind=Kind.CLOCK_JUMP,
        severity=Severity.SUSPICION,
        level=Level.E3,
        stream="video",
        start_s=a.second,
        end_s=b.second,
        start_frame=a.frame,
        end_frame=b.frame,
        score=min(1.0, 0.8 + abs(off) / 100),
        template="screen_clock_jump" if off > 0 else "screen_clock_back",
        params={"jump_s": round(abs(off)), "from": _face(a.clock), "to": _face(b.clock)},
        evidence=(
            Evidence(Source.CAMERA_CLOCK, "clock_from", a.shown.text),
            Evidence(Source.CAMERA_CLOCK, "clock_to", b.shown.text),
            Evidence(Source.CAMERA_CLOCK, "clock_step_s", b.clock - a.clock, round(b.second - a.second, 3)),
        ),
        detector=NAME,
    )


def _weighed(number: int, jumps: Sequence[Finding], breaks: Sequence[tuple[Reading, Reading]]) -> Finding:
    """A notice where another jump undoes this one, and it is one figure read otherwise; or at daylight saving."""
    steps = [b.clock - a.clock - round(b.second - a.second) for a, b in breaks]
    undone = any(abs(steps[number] + step) <= 1 for n, step in enumerate(steps) if n != number)
    a, b = breaks[number]
    due = _face(a.clock + round(b.second - a.second))
    figures = sum(x != y for x, y in zip(due, _face(b.clock), strict=True))
    natural = (undone and figures == 1) or _daylight(a, b)
    return replace(jumps[number], severity=Severity.NOTICE) if natural else jumps[number]


def _daylight(a: Reading, b: Reading) -> bool:
    """Whether the clock was set an hour on or back, at the full hour, on a day on which that is done somewhere."""
    step = b.clock - a.clock - (b.second - a.second)
    due, past, day = a.clock + b.second - a.second, b.shown.seconds % HOUR_S, b.shown.day
    full_hour = past <= b.second - a.second + 1 and abs(due - round(due / HOUR_S) * HOUR_S - past) <= HOUR_OFF_S
    return (
        day is not None
        and day == a.shown.day
        and full_hour
        and abs(abs(step) - HOUR_S) <= HOUR_OFF_S
        and daylight.changes(day, b.shown.seconds // HOUR_S, forward=step > 0)
    )


def _rate_off(readings: Sequence[Reading], rate: float, options: ScreenClockOptions) -> Finding:
    first, last = readings[0], readings[-1]
    return Finding(
        kind=Kind.CLOCK_OFFSET,
        severity=Severity.NOTICE,
        level=Level.E3,
        stream="video",
        start_s=None,
        end_s=None,
        score=0.9,
        template="screen_clock_rate",
        params={"rate": round(rate, 3)},
        evidence=(
            Evidence(Source.CAMERA_CLOCK, "clock_s", last.clock - first.clock, round(last.second - first.second, 3)),
            Evidence(Source.CAMERA_CLOCK, "rate", round(rate, 4), options.rate_off),
        ),
        detector=NAME,
    )


def _reading(reading: Reading) -> ClockReading:
    day = reading.shown.day
    return ClockReading(
        clock="on_screen",
        source=Source.CAMERA_CLOCK,
        at_s=round(reading.second, 6),
        date=None if day is None else day.isoformat(),
        seconds=float(reading.shown.seconds) + 0.5,
        uncertainty_s=0.5,
        text=reading.shown.text,
    )


def _face(clock: int) -> str:
    clock %= DAY_S
    return f"{clock // 3600:02d}:{clock // 60 % 60:02d}:{clock % 60:02d}"


def _not_examined(end: float, reason: str) -> Examined:
    return Examined("clock", "screen", 0.0, (Stretch(0.0, end, reason),))


DETECTOR = Detector(NAME, "preview", ScreenClockOptions(), propose, confirm, __doc__ or "")

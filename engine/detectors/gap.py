"""Missing time between pictures.

What it finds
    Intervals in the presentation times that lack pictures, measured against the cadence
    around them: from one lost picture in a constant-rate recording to minutes. Also runs
    of evenly stretched intervals in which pictures were dropped and the rest was spread
    over the hole (kind ``retime``). Whether the sound has the same hole is said, and then
    both clocks agree that time is missing.
Looks like it but is not
    Recordings of variable rate, rates capped in the dark, rounding by the container, pictures
    stored in another order than shown, edit lists, the settling of the first half second,
    late pictures that early ones make up for, pictures that are there but cannot be decoded.
    A recorder that drops pictures now and then shows it by doing it repeatedly, or all over a
    short recording; its holes are one notice, and only those of a second and more, far beyond
    its own habit, count.
Limits
    A cut whose times were closed up leaves nothing here. Files without timestamps (raw H.264
    and HEVC) are not examinable. A single picture that a recorder of otherwise constant rate
    failed to record looks the same as one that was taken out.
Source
    Interval arithmetic on integer ticks; sound as a second clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.detectors.cadence import Hole, Spread, capped, holes, irregular, places, spreads, usual_intervals
from engine.detectors.continuity import picture_runs_on
from engine.detectors.contract import Detector, Proposal
from engine.detectors.scores import most_shown
from engine.detectors.sound import SoundHole, sound_holes
from engine.detectors.timeline import VideoTimes, sound_times, video_pieces
from engine.features.tables import Features
from engine.findings import Evidence, Examined, Finding, Kind, Level, Severity, Source, Stretch


@dataclass(frozen=True, slots=True)
class GapOptions:
    """Thresholds of `gap`."""

    settle_s: float = 0.5
    """Recorders settle: five of a hundred clips begin with an interval of 2 to 17 usual ones."""
    habit: int = 3
    """Irregular intervals up to which a recording counts as one of constant rate ..."""
    habit_per_hour: float = 6.0
    """... and how many more an hour ..."""
    habit_share: float = 0.04
    """... but no more than this share: a short recording with as many does so by habit."""
    at_one_place: int = 5
    """Holes of one event at most ..."""
    single_at_one_place: int = 12
    """... and where each lacks one picture only: pictures spread over a hole on a coarse time base."""
    long_s: float = 1.0
    """In a recording of irregular rate, the least length of a hole that counts, seconds."""
    beyond_habit: float = 5.0
    """And how many times longer it must be than nine tenths of the other irregular intervals."""
    least_intervals: int = 8
    """Fewer intervals than this say nothing about what is usual ..."""
    far_s: float = 10.0
    far_times: float = 100.0
    """... unless one is longer than `far_s` seconds and so many times the median of the others. Such a
    leap counts wherever it stands, also where recorders settle."""


@dataclass(frozen=True, slots=True)
class Place:
    """Holes of one event, with what the sound says about them.

    Parameters
    ----------
    holes
        In order, close together.
    stands_out
        Whether they are beyond what this recorder does by habit.
    sound
        ``hole`` where the sound stops too, ``runs_on`` where it does not, ``none`` without sound.
    """

    holes: tuple[Hole, ...]
    stands_out: bool
    sound: str

    @property
    def first(self) -> int:
        """Position of the last picture before the event."""
        return self.holes[0].position

    @property
    def last(self) -> int:
        """Position of the first picture after it."""
        return self.holes[-1].position + 1

    @property
    def missing(self) -> int:
        return sum(h.missing for h in self.holes)

    @property
    def excess(self) -> int:
        """Missing time, ticks."""
        return sum(h.ticks - h.usual for h in self.holes)


def timeline_places(features: Features, times: VideoTimes, options: GapOptions) -> tuple[Place, ...]:
    """All holes of a timeline by place, each weighed against the recorder's own habit."""
    deltas = np.diff(times.pts)
    sound = sound_times(features)
    silent = tuple(sound_holes(sound)) if sound is not None else ()

    def says(part: tuple[Hole, ...]) -> str:
        return "none" if sound is None or len(sound) == 0 else _sound_at(part, times, silent)

    if len(deltas) < options.least_intervals:
        return tuple(Place((hole,), True, says((hole,))) for hole in _leaps(deltas, times, options))
    usual = usual_intervals(deltas)
    habit = _Habit(deltas, irregular(deltas, usual), times, options)
    leaps = {hole.position for hole in _leaps(deltas, times, options)}
    judged: list[Place] = []
    found = holes(deltas, usual)
    early = sum(times.second(h.position) < options.settle_s for h in found)
    for group in (*places(found[:early]), *places(found[early:])):
        event = habit.is_event(group)
        for part in (group,) if event else tuple((hole,) for hole in group):
            settled = times.second(part[0].position) >= options.settle_s
            beyond = event or says(part) == "hole" or habit.far_exceeded_by(part[0])
            far = any(hole.position in leaps for hole in part)
            judged.append(Place(part, far or (settled and beyond), says(part)))
    return tuple(judged)


def _leaps(deltas: NDArray[np.int64], times: VideoTimes, options: GapOptions) -> Iterator[Hole]:
    """Intervals that no habit explains, and that two others suffice to tell."""
    if len(deltas) < 2:
        return
    for position in np.flatnonzero(deltas * float(times.time_base) > options.far_s):
        usual = int(np.median(np.delete(deltas, position)))
        if usual > 0 and int(deltas[position]) > options.far_times * usual:
            yield Hole(int(position), int(deltas[position]), usual)


@dataclass(frozen=True, slots=True, eq=False)
class _Habit:
    """What the recorder itself does to its cadence."""

    deltas: NDArray[np.int64]
    odd: NDArray[np.bool_]
    times: VideoTimes
    options: GapOptions

    def is_event(self, group: tuple[Hole, ...]) -> bool:
        """Whether the cadence is constant apart from these holes, and they look like one loss.

        Where holes are spread over most of a recording, nothing beside them tells what its habit is.
        """
        others = self._others(group[0].position, group[-1].position)
        span = group[-1].position + 1 - group[0].position
        beside = len(self.deltas) - span
        if len(group) > 2 and beside < span:
            return False
        hours = (self.times.second(len(self.times) - 1) - self.times.second(0)) / 3600
        allowed = self.options.habit + self.options.habit_per_hour * hours
        constant = np.count_nonzero(others) <= min(allowed, self.options.habit_share * beside)
        most = self.options.single_at_one_place if all(h.missing == 1 for h in group) else self.options.at_one_place
        few = len(group) <= most
        return bool(constant and few and not capped(group))

    def far_exceeded_by(self, hole: Hole) -> bool:
        """Whether a hole is long, and far longer than what this recorder does otherwise."""
        if hole.ticks * self.times.time_base < Fraction(self.options.long_s):
            return False
        others = self.deltas[self._others(hole.position, hole.position)]
        return len(others) == 0 or bool(hole.ticks >= self.options.beyond_habit * np.percentile(others, 90))

    def _others(self, first: int, last: int) -> NDArray[np.bool_]:
        others = self.odd.copy()
        others[first : last + 1] = False
        return others


def _sound_at(group: tuple[Hole, ...], times: VideoTimes, silent: tuple[SoundHole, ...]) -> str:
    start, end = times.second(group[0].position), times.second(group[-1].position + 1)
    length = float(sum(h.ticks - h.usual for h in group) * times.time_base)
    near = (h for h in silent if h.start_s < end + 0.5 and h.end_s > start - 0.5)
    # two packets of play: sound is cut on packets, pictures on pictures
    alike = any(abs((h.end_s - h.start_s) - length) <= h.packet_s * 2 + length / 4 for h in near)
    return "hole" if alike else "runs_on"


def propose(features: Features, options: GapOptions) -> Proposal:
    """Holes that are no clock jump, stretched runs, and one notice on an irregular cadence."""
    pieces = video_pieces(features)
    findings = tuple(f for times in pieces for f in _piece(features, times, options))
    long = [p for p in pieces if len(p) > options.least_intervals]
    if not long:
        return Proposal(findings=findings, examined=_not_examined(features))
    return Proposal(findings=findings, examined=(Examined("gap", "timestamps", sum(map(_covered, long))),))


def _covered(times: VideoTimes) -> float:
    """Seconds that pictures stand for: over a long hole nothing was examined."""
    usual = float(times.usual * times.time_base)
    beyond = np.diff(times.pts) * float(times.time_base) - most_shown(usual)
    return times.second(len(times) - 1) - times.second(0) - float(np.maximum(beyond, 0.0).sum())


def _piece(features: Features, times: VideoTimes, options: GapOptions) -> Iterator[Finding]:
    judged = timeline_places(features, times, options)
    for place in judged:
        if place.stands_out and not picture_runs_on(features, times, place):
            yield _gap(place, times)
    quiet = [p for p in judged if not p.stands_out]
    if quiet:
        yield _habit(quiet, times, options)
    yield from (_spread(s, times) for s in spreads(times.pts))


def _gap(place: Place, times: VideoTimes) -> Finding:
    before, after = times.join(place.first)[0], times.join(place.last - 1)[1]
    longest = max(place.holes, key=lambda h: h.ticks)
    evidence = [
        Evidence(Source.CONTAINER, "interval_s", _seconds(longest.ticks, times), _seconds(longest.usual, times)),
        Evidence(Source.CONTAINER, "missing_pictures", place.missing),
    ]
    if place.sound == "hole":
        evidence.append(Evidence(Source.SOUND, "sound_hole", True))
    return Finding(
        kind=Kind.GAP,
        severity=Severity.VIOLATION if place.sound == "hole" else Severity.SUSPICION,
        level=Level.E1,
        stream="video",
        start_s=times.second(place.first),
        end_s=times.second(place.last),
        start_frame=before,
        end_frame=after,
        score=min(1.0, 0.8 + 0.02 * place.missing),
        template="gap",
        params={"missing_s": round(_seconds(place.excess, times), 3), "missing": place.missing, "sound": place.sound},
        evidence=tuple(evidence),
        detector="gap",
    )


def _seconds(ticks: int, times: VideoTimes) -> float:
    return round(float(ticks * times.time_base), 6)


def _habit(quiet: list[Place], times: VideoTimes, options: GapOptions) -> Finding:
    every = [h for p in quiet for h in p.holes]
    longest = max(every, key=lambda h: h.ticks)
    return Finding(
        kind=Kind.GAP,
        severity=Severity.NOTICE,
        level=Level.E1,
        stream="video",
        start_s=None,
        end_s=None,
        score=0.2,
        template="gap_settling" if all(times.second(h.position) < options.settle_s for h in every) else "gap_habit",
        params={
            "count": len(every),
            "longest_s": round(_seconds(longest.ticks, times), 3),
            "at_s": round(times.second(longest.position), 3),
        },
        evidence=(
            Evidence(Source.CONTAINER, "holes", len(every)),
            Evidence(Source.CONTAINER, "longest_interval_s", _seconds(longest.ticks, times)),
        ),
        detector="gap",
    )


def _spread(spread: Spread, times: VideoTimes) -> Finding:
    before, _ = times.join(spread.first)
    _, after = times.join(spread.last - 1)
    return Finding(
        kind=Kind.RETIME,
        severity=Severity.SUSPICION,
        level=Level.E1,
        stream="video",
        start_s=times.second(spread.first),
        end_s=times.second(spread.last),
        start_frame=before,
        end_frame=after,
        score=0.8,
        template="gap_spread",
        params={"missing": spread.missing, "ratio": round(spread.ratio, 3)},
        evidence=(
            Evidence(Source.CONTAINER, "interval_ratio", round(spread.ratio, 4), 1.0),
            Evidence(Source.CONTAINER, "missing_pictures", spread.missing),
        ),
        detector="gap",
    )


def _not_examined(features: Features) -> tuple[Examined, ...]:
    if features.media.video is None:
        return ()
    frames = features.frames
    end = frames.time(len(frames) - 1) if frames is not None and len(frames) else 0.0
    reason = "too_short" if video_pieces(features) else "no_timestamps"
    return (Examined("gap", "timestamps", 0.0, (Stretch(0.0, end, reason),)),)


DETECTOR = Detector("gap", "stable", GapOptions(), propose, None, __doc__ or "")

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
    A recorder that drops pictures now and then shows it by doing it repeatedly; its holes
    are one notice, and only those of a second and more, far beyond its own habit, count.
Limits
    A cut whose times were closed up leaves nothing here. Files without timestamps (raw H.264
    and HEVC) are not examinable. A single picture that a recorder of otherwise constant rate
    failed to record looks the same as one that was taken out.
Source
    Interval arithmetic on integer ticks; sound as a second clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from engine.detectors.cadence import Hole, Spread, holes, irregular, spreads, usual_intervals
from engine.detectors.continuity import picture_runs_on
from engine.detectors.contract import Detector, Proposal
from engine.detectors.sound import SoundHole, sound_holes
from engine.detectors.timeline import VideoTimes, sound_times, video_times
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
    """... and how many more an hour."""
    long_s: float = 1.0
    """In a recording of irregular rate, the least length of a hole that counts, seconds."""
    beyond_habit: float = 5.0
    """And how many times longer it must be than nine tenths of the other irregular intervals."""
    least_intervals: int = 8
    """Fewer intervals than this say nothing about what is usual."""


@dataclass(frozen=True, slots=True)
class TimelineHole:
    """A hole with what the sound says about it.

    Parameters
    ----------
    hole
        Position and length in ticks.
    stands_out
        Whether it is beyond what this recorder does by habit.
    sound
        ``hole`` where the sound stops too, ``runs_on`` where it does not, ``none`` without sound.
    """

    hole: Hole
    stands_out: bool
    sound: str


def timeline_holes(features: Features, times: VideoTimes, options: GapOptions) -> tuple[TimelineHole, ...]:
    """All holes of a timeline, each weighed against the recorder's own habit."""
    deltas = np.diff(times.pts)
    if len(deltas) < options.least_intervals:
        return ()
    usual = usual_intervals(deltas)
    odd = irregular(deltas, usual)
    silent = tuple(sound_holes(sound)) if (sound := sound_times(features)) else ()
    span = (times.second(0), times.second(len(times) - 1))
    allowed = options.habit + options.habit_per_hour * (span[1] - span[0]) / 3600
    constant = np.count_nonzero(odd) <= allowed
    judged: list[TimelineHole] = []
    for hole in holes(deltas, usual):
        settled = times.second(hole.position) >= options.settle_s
        far = constant or _beyond_habit(hole, deltas, odd, times, options)
        says = "none" if sound is None or len(sound) == 0 else _sound_at(hole, times, silent)
        judged.append(TimelineHole(hole, bool(settled and (far or says == "hole")), says))
    return tuple(judged)


def _beyond_habit(hole: Hole, deltas: np.ndarray, odd: np.ndarray, times: VideoTimes, options: GapOptions) -> bool:
    if hole.ticks * times.time_base < Fraction(options.long_s):
        return False
    others = odd.copy()
    others[hole.position] = False
    return bool(hole.ticks >= options.beyond_habit * np.percentile(deltas[others], 90)) if others.any() else True


def _sound_at(hole: Hole, times: VideoTimes, silent: tuple[SoundHole, ...]) -> str:
    start, end = times.second(hole.position), times.second(hole.position + 1)
    length = end - start
    near = (h for h in silent if h.start_s < end + 0.5 and h.end_s > start - 0.5)
    # a packet's length of play: sound is cut on packets, pictures on pictures
    if any(abs((h.end_s - h.start_s) - length) <= h.packet_s * 2 + length / 4 for h in near):
        return "hole"
    return "runs_on"


def propose(features: Features, options: GapOptions) -> Proposal:
    """Holes that are no clock jump, stretched runs, and one notice on an irregular cadence."""
    times = video_times(features)
    if times is None or len(times) - 1 < options.least_intervals:
        return Proposal(examined=_not_examined(features, times))
    judged = timeline_holes(features, times, options)
    loud = [h for h in judged if h.stands_out and not picture_runs_on(features, times, h.hole.position)]
    findings = [_gap(h, times) for h in loud]
    quiet = [h for h in judged if not h.stands_out]
    if quiet:
        findings.append(_habit(quiet, times))
    findings.extend(_spread(s, times) for s in spreads(times.pts))
    seconds = times.second(len(times) - 1)
    return Proposal(findings=tuple(findings), examined=(Examined("gap", "timestamps", seconds),))


def _gap(judged: TimelineHole, times: VideoTimes) -> Finding:
    hole = judged.hole
    before, after = times.join(hole.position)
    length = float(hole.ticks * times.time_base)
    usual = float(hole.usual * times.time_base)
    evidence = [
        Evidence(Source.CONTAINER, "interval_s", round(length, 6), round(usual, 6)),
        Evidence(Source.CONTAINER, "missing_pictures", hole.missing),
    ]
    if judged.sound == "hole":
        evidence.append(Evidence(Source.SOUND, "sound_hole", True))
    return Finding(
        kind=Kind.GAP,
        severity=Severity.VIOLATION if judged.sound == "hole" else Severity.SUSPICION,
        level=Level.E1,
        stream="video",
        start_s=times.second(hole.position),
        end_s=times.second(hole.position + 1),
        start_frame=before,
        end_frame=after,
        score=min(1.0, 0.8 + 0.02 * hole.missing),
        template="gap",
        params={"missing_s": round(length - usual, 3), "missing": hole.missing, "sound": judged.sound},
        evidence=tuple(evidence),
        detector="gap",
    )


def _habit(quiet: list[TimelineHole], times: VideoTimes) -> Finding:
    longest = max((h.hole for h in quiet), key=lambda h: h.ticks)
    return Finding(
        kind=Kind.GAP,
        severity=Severity.NOTICE,
        level=Level.E1,
        stream="video",
        start_s=None,
        end_s=None,
        score=0.2,
        template="gap_habit",
        params={
            "count": len(quiet),
            "longest_s": round(float(longest.ticks * times.time_base), 3),
            "at_s": round(times.second(longest.position), 3),
        },
        evidence=(
            Evidence(Source.CONTAINER, "holes", len(quiet)),
            Evidence(Source.CONTAINER, "longest_interval_s", round(float(longest.ticks * times.time_base), 6)),
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


def _not_examined(features: Features, times: VideoTimes | None) -> tuple[Examined, ...]:
    if features.media.video is None:
        return ()
    frames = features.frames
    end = frames.time(len(frames) - 1) if frames is not None and len(frames) else 0.0
    reason = "no_timestamps" if times is None else "too_short"
    return (Examined("gap", "timestamps", 0.0, (Stretch(0.0, end, reason),)),)


DETECTOR = Detector("gap", "stable", GapOptions(), propose, None, __doc__ or "")

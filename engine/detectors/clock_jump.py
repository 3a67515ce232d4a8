"""The media clock leaps while the picture runs on, or falls back.

What it finds
    Forward: a hole in the presentation times over which the picture goes on as if nothing
    were missing, in a scene that moves. Backward: decode times that fall back in the order
    of the file, which no recorder writes within one recording.
Looks like it but is not
    The wrap-around of the 33-bit clock of transport and programme streams; pictures stored
    in another order than shown (decode times are compared, not presentation times); a hole
    in a still scene, which stays a ``gap``, since nothing there can tell the two apart.
Limits
    A clock that falls back is seen only where the container keeps it: MP4, MOV and Matroska
    writers rewrite decode times. One source, so a suspicion at most.
Source
    ITU-T H.222.0, 2.4.3.7 (33-bit time stamps); comparison of neighbouring steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.detectors.continuity import picture_runs_on
from engine.detectors.contract import Detector, Proposal
from engine.detectors.gap import GapOptions, Place, timeline_places
from engine.detectors.timeline import VideoTimes, backward_steps, video_times
from engine.features.tables import Features
from engine.findings import Evidence, Finding, Kind, Level, Severity, Source


@dataclass(frozen=True, slots=True)
class ClockJumpOptions:
    """Thresholds of `clock_jump`; those of holes are `gap`'s own."""

    gap: GapOptions = field(default_factory=GapOptions)


def propose(features: Features, options: ClockJumpOptions) -> Proposal:
    """Forward jumps from holes under a continuous picture; backward jumps from decode times."""
    times = video_times(features)
    if times is None:
        return Proposal()
    places = timeline_places(features, times, options.gap)
    findings = [_forward(p, times) for p in places if p.stands_out and picture_runs_on(features, times, p)]
    findings.extend(_backward(features, times))
    return Proposal(findings=tuple(findings))


def _forward(place: Place, times: VideoTimes) -> Finding:
    before, after = times.join(place.first)[0], times.join(place.last - 1)[1]
    start, end = times.second(place.first), times.second(place.last)
    usual = float(place.holes[0].usual * times.time_base)
    evidence = [
        Evidence(Source.CONTAINER, "interval_s", round(end - start, 6), round(usual, 6)),
        Evidence(Source.CONTAINER, "clock_from_s", round(start, 6)),
        Evidence(Source.CONTAINER, "clock_to_s", round(end, 6)),
    ]
    return Finding(
        kind=Kind.CLOCK_JUMP,
        severity=Severity.SUSPICION,
        level=Level.E1,
        stream="video",
        start_s=start,
        end_s=end,
        start_frame=before,
        end_frame=after,
        score=0.85,
        template="clock_jump_forward",
        params={"jump_s": round(end - start - usual, 3), "sound": place.sound},
        evidence=tuple(evidence),
        detector="clock_jump",
    )


def _backward(features: Features, times: VideoTimes) -> list[Finding]:
    return [
        Finding(
            kind=Kind.CLOCK_JUMP,
            severity=Severity.SUSPICION,
            level=Level.E1,
            stream="video",
            start_s=step.at_s,
            end_s=step.at_s,
            start_frame=step.before,
            end_frame=step.after,
            score=0.95,
            template="clock_jump_back",
            params={"jump_s": round(step.by_s, 3)},
            evidence=(
                Evidence(Source.CONTAINER, "decode_clock_falls_by_s", round(step.by_s, 6), 0.0),
                Evidence(Source.CONTAINER, "clock_from_s", round(step.at_s, 6)),
                Evidence(Source.CONTAINER, "clock_to_s", round(step.at_s - step.by_s, 6)),
            ),
            detector="clock_jump",
        )
        for step in backward_steps(features, times)
    ]


DETECTOR = Detector("clock_jump", "stable", ClockJumpOptions(), propose, None, __doc__ or "")

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
from itertools import pairwise

from engine.detectors.continuity import picture_runs_on
from engine.detectors.contract import Detector, Proposal
from engine.detectors.gap import GapOptions, Place, timeline_places
from engine.detectors.timeline import VideoTimes, video_pieces
from engine.features.tables import Features
from engine.findings import Evidence, Finding, Kind, Level, Severity, Source


@dataclass(frozen=True, slots=True)
class ClockJumpOptions:
    """Thresholds of `clock_jump`; those of holes are `gap`'s own."""

    gap: GapOptions = field(default_factory=GapOptions)


def propose(features: Features, options: ClockJumpOptions) -> Proposal:
    """Forward jumps from holes under a continuous picture; backward jumps from decode times."""
    findings: list[Finding] = []
    pieces = video_pieces(features)
    for times in pieces:
        places = timeline_places(features, times, options.gap)
        findings.extend(_forward(p, times) for p in places if p.stands_out and picture_runs_on(features, times, p))
    findings.extend(_backward(before, after) for before, after in pairwise(pieces))
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


def _backward(before: VideoTimes, after: VideoTimes) -> Finding:
    """From the last picture before the fall to the first one after it.

    The place is the moment that the clock had reached: the time after it was already shown.
    """
    reached, resumed = before.second(len(before) - 1), after.second(0)
    due = reached + float(before.usual * before.time_base)
    return Finding(
        kind=Kind.CLOCK_JUMP,
        severity=Severity.SUSPICION,
        level=Level.E1,
        stream="video",
        start_s=reached,
        end_s=reached,
        start_frame=before.join(len(before) - 1)[0],
        end_frame=after.first_decoded,
        score=0.95,
        template="clock_jump_back",
        params={"jump_s": round(due - resumed, 3)},
        evidence=(
            Evidence(Source.CONTAINER, "clock_from_s", round(reached, 6)),
            Evidence(Source.CONTAINER, "clock_to_s", round(resumed, 6)),
        ),
        detector="clock_jump",
    )


DETECTOR = Detector("clock_jump", "stable", ClockJumpOptions(), propose, None, __doc__ or "")

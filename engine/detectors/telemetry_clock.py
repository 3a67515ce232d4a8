"""The clock of a telemetry track, satellite time or the device's own, held against the timestamps.

What it finds
    Telemetry is written beside the pictures and is cut with them. Where the time that it states goes on by more than
    the timestamps did, time is missing; where it falls back, it was shown before. Each such step is one finding with
    the times on both sides. A time that stands still while pictures go on is a notice.
Looks like it but is not
    A receiver that has just found its satellites corrects itself, in the first seconds and after a loss of signal:
    there a step is a notice, and so is a step back by up to 18 whole seconds in the first 12.5 minutes, when it
    learns how many leap seconds there have been. Receivers repeat the last time when they lose the signal. Single
    wrong values, which nothing around them confirms, are dropped.
Limits
    Steps below twice the uncertainty of the track and half a second (GPMF 3.5 s, NMEA 2.5 s). A program that cuts
    pictures and drops or rewrites telemetry leaves nothing here. One source, so a suspicion at most.
Source
    GoPro GPMF; Google's camera motion metadata; NMEA 0183; GPS boxes of Novatek dash cameras: see
    `engine.media.telemetry`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from engine.detectors.clockfit import ClockStep, steps, stuck
from engine.detectors.contract import Detector, Proposal
from engine.features.origin import first_picture_s
from engine.features.tables import Features
from engine.findings import Evidence, Examined, Finding, Kind, Level, Severity, Source, Value
from engine.media.telemetry import TimeTrack

NAME = "telemetry_clock"


@dataclass(frozen=True, slots=True)
class TelemetryClockOptions:
    """Thresholds of `telemetry_clock`."""

    settle_s: float = 10.0
    """Seconds after the first fix in which a receiver may still correct itself."""
    almanac_s: float = 750.0
    """Seconds that satellites take to send everything once, the leap seconds among it."""
    leap_seconds: int = 18
    """Leap seconds between GPS time and UTC: a receiver that does not know them is so far ahead at most."""
    usual_times: float = 3.0
    """An interval between readings that is so many times the usual one is a loss of signal."""
    most: int = 100
    """Findings of one track at most."""


def propose(features: Features, options: TelemetryClockOptions) -> Proposal:
    """Steps and stops of each track."""
    findings: list[Finding] = []
    examined: list[Examined] = []
    for track in features.telemetry:
        if len(track) < 2:
            continue
        order = np.argsort(track.seconds, kind="stable")
        seconds, times = track.seconds[order] - first_picture_s(features), track.times[order]
        usual = float(np.median(np.diff(seconds)))
        found = steps(seconds, times, track.uncertainty_s)[: options.most]
        lost = options.usual_times * usual
        first = float(seconds[0])
        findings += [
            _step(track, s, _natural(s, first, lost, options) or _leaps(track, s, first, options)) for s in found
        ]
        findings += [_stuck(track, start, end) for start, end in stuck(seconds, times)[: options.most]]
        examined.append(Examined("clock", "telemetry", round(float(seconds[-1] - seconds[0]), 6)))
    return Proposal(tuple(findings), examined=tuple(examined))


def _natural(step: ClockStep, first_s: float, lost_s: float, options: TelemetryClockOptions) -> bool:
    return step.to_s - first_s <= options.settle_s or step.to_s - step.from_s > max(lost_s, 1.0)


def _leaps(track: TimeTrack, step: ClockStep, first_s: float, options: TelemetryClockOptions) -> bool:
    """Whether a receiver may have learned leap seconds: whole ones off its time, once, soon after the first fix.

    Lost time makes a clock leap forward, so that no cut hides behind this.
    """
    whole = round(-step.jump_s)
    soon = step.to_s - first_s <= options.almanac_s
    near = abs(-step.jump_s - whole) <= 0.5 * track.uncertainty_s
    return track.by_satellite and soon and near and 1 <= whole <= options.leap_seconds


def _source(track: TimeTrack) -> Source:
    return Source.GPS if track.by_satellite else Source.CAMERA_CLOCK


def _step(track: TimeTrack, step: ClockStep, natural: bool) -> Finding:
    off = round(step.jump_s, 3)
    params: dict[str, Value] = {
        "track": track.form,
        "jump_s": abs(off),
        "from": shown(step.from_time),
        "to": shown(step.to_time),
    }
    if off > 0:
        params["lost_s"] = off
    return Finding(
        kind=Kind.CLOCK_JUMP,
        severity=Severity.NOTICE if natural else Severity.SUSPICION,
        level=Level.E3,
        stream=_stream(track),
        start_s=step.from_s,
        end_s=step.to_s,
        score=0.5 if natural else 0.9,
        template="telemetry_jump" if step.jump_s > 0 else "telemetry_back",
        params=params,
        evidence=(
            Evidence(_source(track), "clock_from", shown(step.from_time)),
            Evidence(_source(track), "clock_to", shown(step.to_time)),
            Evidence(
                _source(track),
                "clock_step_s",
                round(step.to_time - step.from_time, 3),
                round(step.to_s - step.from_s, 3),
            ),
        ),
        detector=NAME,
    )


def _stuck(track: TimeTrack, start_s: float, end_s: float) -> Finding:
    return Finding(
        kind=Kind.CLOCK_JUMP,
        severity=Severity.NOTICE,
        level=Level.E3,
        stream=_stream(track),
        start_s=start_s,
        end_s=end_s,
        score=0.5,
        template="telemetry_stuck",
        params={"track": track.form, "seconds": round(end_s - start_s, 3)},
        evidence=(Evidence(_source(track), "clock_step_s", 0, round(end_s - start_s, 3)),),
        detector=NAME,
    )


def _stream(track: TimeTrack) -> str:
    return "container" if track.stream < 0 else str(track.stream)


def shown(time: float) -> str:
    """Seconds since 1970 as a date and time of day, to the millisecond where there are parts of a second.

    Examples
    --------
    >>> shown(1700000000.0), shown(1700000000.5)
    ('2023-11-14 22:13:20', '2023-11-14 22:13:20.500')
    """
    if not -6e10 < time < 2.5e11:
        return f"{time:.0f} s"
    part = "milliseconds" if time % 1 else "seconds"
    return datetime.fromtimestamp(time, UTC).replace(tzinfo=None).isoformat(" ", part)


DETECTOR = Detector(NAME, "preview", TelemetryClockOptions(), propose, None, __doc__ or "")

"""Holes in the sound.

What it finds
    Places where the timestamps of the sound leave out more than half a packet: sound that
    was recorded and is gone, or a recording that was stopped and went on.
Looks like it but is not
    Rounding by containers that count in milliseconds; priming before the first picture; the
    first half second, while recorders settle; packets that are written late and followed by
    as many that overlap. Recorders that lose sound now and then do so
    repeatedly: beyond a few places it is one notice.
Limits
    Sound that was cut and closed up leaves no hole in the timestamps. The holes are those
    of the container: one source, so a suspicion at most, unless the picture has the same hole.
Source
    Timestamps and durations of the packets, in whole ticks.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.detectors.contract import Detector, Proposal
from engine.detectors.sound import SoundHole, sound_holes
from engine.detectors.timeline import sound_times
from engine.features.tables import Features
from engine.findings import Evidence, Examined, Finding, Kind, Level, Severity, Source, Stretch


@dataclass(frozen=True, slots=True)
class AudioGapOptions:
    """Thresholds of `audio_gap`."""

    settle_s: float = 0.5
    """Holes before this many seconds are notices."""
    habit: int = 3
    """Holes up to which each one counts ..."""
    habit_per_hour: float = 6.0
    """... and how many more an hour."""


def propose(features: Features, options: AudioGapOptions) -> Proposal:
    """Every hole, or one notice where holes are this recorder's habit."""
    if features.media.audio is None:
        return Proposal()
    times = sound_times(features)
    if times is None:
        return Proposal(examined=(Examined("audio_gap", "timestamps", 0.0, (Stretch(0.0, 0.0, "no_timestamps"),)),))
    start, end = times.second(int(times.pts[0])), times.second(int(times.end[-1]))
    examined = (Examined("audio_gap", "timestamps", max(end - start, 0.0)),)
    found = tuple(sound_holes(times))
    if len(found) > options.habit + options.habit_per_hour * (end - start) / 3600:
        return Proposal((_habit(found),), (), examined)
    return Proposal(tuple(_hole(h, options) for h in found), (), examined)


def _hole(hole: SoundHole, options: AudioGapOptions) -> Finding:
    length = hole.end_s - hole.start_s
    return Finding(
        kind=Kind.AUDIO_GAP,
        severity=Severity.SUSPICION if hole.start_s >= options.settle_s else Severity.NOTICE,
        level=Level.E1,
        stream="audio",
        start_s=hole.start_s,
        end_s=hole.end_s,
        score=0.9,
        template="audio_gap",
        params={"missing_s": round(length, 3)},
        evidence=(Evidence(Source.SOUND, "sound_hole_s", round(length, 6), round(hole.packet_s / 2, 6)),),
        detector="audio_gap",
    )


def _habit(found: tuple[SoundHole, ...]) -> Finding:
    total = sum(h.end_s - h.start_s for h in found)
    return Finding(
        kind=Kind.AUDIO_GAP,
        severity=Severity.NOTICE,
        level=Level.E1,
        stream="audio",
        start_s=None,
        end_s=None,
        score=0.3,
        template="audio_gap_habit",
        params={"count": len(found), "total_s": round(total, 3)},
        evidence=(Evidence(Source.SOUND, "sound_holes", len(found)),),
        detector="audio_gap",
    )


DETECTOR = Detector("audio_gap", "stable", AudioGapOptions(), propose, None, __doc__ or "")

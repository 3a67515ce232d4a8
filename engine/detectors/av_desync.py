"""Sound and picture that do not begin or end together.

What it finds
    Sound that starts or ends away from the picture: sound that was moved, cut or replaced
    leaves the streams unequal in length; also sound that begins with digital silence.
Looks like it but is not
    Recorders whose microphone starts late or whose last packets are written first: 9 of 99
    untouched recordings differ by more than 60 ms, phones among them. So this is a notice.
Limits
    It compares the ends of the streams, not what is seen with what is heard.
Source
    Timestamps of the first and last packets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.detectors.contract import Detector, Proposal
from engine.detectors.timeline import sound_times, video_times
from engine.features.tables import AUDIO_FRAME_S, AudioTable, Features
from engine.findings import Evidence, Examined, Finding, Kind, Level, Severity, Source


@dataclass(frozen=True, slots=True)
class AvDesyncOptions:
    """Thresholds of `av_desync`."""

    start_s: float = 0.15
    """Sound may begin this far from the picture, seconds."""
    end_s: float = 0.15
    """Sound may end this far from the picture, seconds: packets are up to 64 ms long."""


def propose(features: Features, options: AvDesyncOptions) -> Proposal:
    """A notice each for the start and the end, where they are apart."""
    video, sound = video_times(features), sound_times(features)
    if video is None or sound is None or len(video) < 2:
        return Proposal()
    picture_end = float((int(video.pts[-1]) + video.usual - video.origin) * video.time_base)
    start, end = sound.second(int(sound.pts[0])), sound.second(int(sound.end.max()))
    start = max(start, _first_heard(features.audio, start))
    findings = []
    if abs(start) > options.start_s:
        findings.append(_apart("av_desync_start", start, (min(start, 0.0), max(start, 0.0)), options.start_s))
    if abs(end - picture_end) > options.end_s:
        span = (min(end, picture_end), max(end, picture_end))
        findings.append(_apart("av_desync_end", end - picture_end, span, options.end_s))
    return Proposal(tuple(findings), (), (Examined("av_desync", "timestamps", picture_end),))


def _first_heard(audio: AudioTable | None, start: float) -> float:
    """Where digital silence at the beginning ends; `start` where the sound is silent throughout."""
    if audio is None or len(audio) == 0:
        return start
    heard = np.flatnonzero(np.asarray(audio["peak"]) > 1)
    return audio.start_s + float(heard[0]) * AUDIO_FRAME_S if len(heard) else start


def _apart(template: str, by: float, span: tuple[float, float], limit: float) -> Finding:
    return Finding(
        kind=Kind.AV_DESYNC,
        severity=Severity.NOTICE,
        level=Level.E1,
        stream="audio",
        start_s=span[0],
        end_s=span[1],
        score=0.3,
        template=template,
        params={"by_s": round(by, 3)},
        evidence=(Evidence(Source.CONTAINER, "sound_minus_picture_s", round(by, 6), limit),),
        detector="av_desync",
    )


DETECTOR = Detector("av_desync", "stable", AvDesyncOptions(), propose, None, __doc__ or "")

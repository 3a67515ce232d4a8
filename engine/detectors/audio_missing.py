"""A recording without sound.

What it finds
    A file with moving pictures and no sound stream, or one whose sound stream is empty.
Looks like it but is not
    Cameras without a microphone. Within one file nothing tells them from a stream that was
    taken out, so this is a notice; whether the device records sound is for the audit.
Limits
    Sound that is there and silent is `audio_muted`'s.
Source
    The container's list of streams.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.detectors.contract import Detector, Proposal
from engine.features.tables import Features
from engine.findings import Evidence, Finding, Kind, Level, Severity, Source


@dataclass(frozen=True, slots=True)
class AudioMissingOptions:
    """`audio_missing` has no thresholds."""


def propose(features: Features, options: AudioMissingOptions) -> Proposal:
    """One notice on the whole file, if it has pictures and no sound."""
    sound = features.media.audio
    if features.media.video is None:
        return Proposal()
    packets = 0 if sound is None else len(features.packets.rows(sound.index))
    if sound is not None and packets > 0:
        return Proposal()
    streams = sum(s.kind == "audio" for s in features.media.streams)
    finding = Finding(
        kind=Kind.AUDIO_MISSING,
        severity=Severity.NOTICE,
        level=Level.E1,
        stream="audio",
        start_s=None,
        end_s=None,
        template="audio_missing" if sound is None else "audio_empty",
        params={"streams": streams},
        evidence=(Evidence(Source.CONTAINER, "sound_packets", packets),),
        detector="audio_missing",
    )
    return Proposal((finding,))


DETECTOR = Detector("audio_missing", "stable", AudioMissingOptions(), propose, None, __doc__ or "")

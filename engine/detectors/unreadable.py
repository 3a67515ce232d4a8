"""Parts of a recording that cannot be read.

What it finds
    Pictures that no decoder gives, damaged pictures up to the next random-access point, sound
    packets that cannot be decoded, and files that end before their own index says so.
Looks like it but is not
    A last packet that cannot be decoded is ordinary (recording was switched off). Up to 2 s at
    the start may wait for a reference, where a file begins inside a group of pictures. All of
    this is damage, not editing, and stays a notice. Beyond 2 s, or 1 % and five pictures, the
    verdict says that the file is not examinable.
Limits
    A changed bit that still decodes shows as a wrong picture which no decoder marks; only a
    proof finds it.
Source
    The demuxer's and the decoder's own error flags; duration in the header.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.detectors.contract import Detector, Proposal
from engine.detectors.damage import Damage, damage, lengths, missing_tail
from engine.detectors.timeline import credible, sound_times, video_times
from engine.features.tables import Features
from engine.findings import Evidence, Finding, Kind, Level, Severity, Source


@dataclass(frozen=True, slots=True)
class UnreadableOptions:
    """Thresholds of `unreadable`."""

    listed: int = 20
    """Stretches listed one by one; the rest is summed up in one notice."""


def propose(features: Features, options: UnreadableOptions) -> Proposal:
    """Notices for damage in the picture, in the sound, and at the end of the file."""
    stretches = damage(features)
    findings = [_picture(d) for d in stretches[: options.listed]]
    if len(stretches) > options.listed:
        findings.append(_more(stretches[options.listed :]))
    findings.extend(_sound(features))
    findings.extend(_tail(features))
    return Proposal(tuple(findings))


def _picture(stretch: Damage) -> Finding:
    return _notice(
        "unreadable_picture",
        "video",
        (stretch.start_s, stretch.end_s),
        {"pictures": stretch.pictures, "lost": stretch.lost, "length_s": round(stretch.seconds, 3)},
        (Evidence(Source.CONTAINER, "damaged_pictures", stretch.pictures),),
        (stretch.start_frame, stretch.end_frame),
    )


def _more(stretches: tuple[Damage, ...]) -> Finding:
    pictures = sum(d.pictures for d in stretches)
    return _notice(
        "unreadable_more",
        "video",
        (stretches[0].start_s, stretches[-1].end_s),
        {"count": len(stretches), "pictures": pictures, "length_s": round(sum(d.seconds for d in stretches), 3)},
        (Evidence(Source.CONTAINER, "damaged_pictures", pictures),),
    )


def _sound(features: Features) -> Iterator[Finding]:
    audio, times = features.audio, sound_times(features)
    if audio is None or times is None or len(audio.undecodable) == 0:
        return
    pts = features.packets.pts[np.asarray(audio.undecodable, dtype=np.intp)]
    count, pts = len(pts), pts[credible(pts)]
    if len(pts) == 0:
        pts = times.pts[:1]
    yield _notice(
        "unreadable_sound",
        "audio",
        (times.second(int(pts.min())), times.second(int(pts.max()))),
        {"packets": count},
        (Evidence(Source.CONTAINER, "undecodable_sound_packets", count),),
    )


def _tail(features: Features) -> Iterator[Finding]:
    """The file breaks off, by the demuxer's error or by the header's own duration."""
    times = video_times(features)
    end = times.second(len(times) - 1) if times is not None else 0.0
    stored, promised = lengths(features)
    missing = missing_tail(features)
    if missing <= 0 and not features.packets.cut_short:
        return
    yield _notice(
        "cut_short",
        "container",
        (end, end + missing),
        {"missing_s": round(missing, 3)},
        (Evidence(Source.CONTAINER, "length_s", round(stored, 3), round(promised, 3)),),
    )


def _notice(
    template: str,
    stream: str,
    span: tuple[float, float],
    params: dict[str, int | float],
    evidence: tuple[Evidence, ...],
    frames: tuple[int | None, int | None] = (None, None),
) -> Finding:
    return Finding(
        kind=Kind.UNREADABLE,
        severity=Severity.NOTICE,
        level=Level.E1,
        stream=stream,
        start_s=span[0],
        end_s=span[1],
        start_frame=frames[0],
        end_frame=frames[1],
        template=template,
        params=dict(params),
        evidence=evidence,
        detector="unreadable",
    )


DETECTOR = Detector("unreadable", "stable", UnreadableOptions(), propose, None, __doc__ or "")

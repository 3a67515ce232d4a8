"""Containers that players may read differently.

What it finds
    MP4 and MOV files with more than one index (``moov``), with tables that stand twice where one is
    allowed, with more boxes than any reader should visit, with samples that lie in padding, with tracks
    of picture or sound that are switched off, or with several sample descriptions for one track; Matroska
    files with more than one segment, header or list of tracks; AVI files whose index leaves out chunks
    that are stored; tracks beside those that are examined. Whoever hides content relies on the player's
    choice; the file is judged by what any player could show.
Looks like it but is not
    Padding between samples is usual, and empty of them. Chapter pictures are a track that is switched
    off, cameras have two lenses, and joined recordings of two cameras may have two descriptions: all are notices.
Limits
    Which of two readings somebody was shown cannot be told. Positions of samples are known for MP4 and
    MOV only.
Source
    ISO/IEC 14496-12, sections 8.2.1 (one ``moov``), 8.5 (one table of each kind), 8.1.2 (``free`` holds
    nothing that is used); RFC 9559, section 4.5 (one ``Info``, one ``Tracks``); AVI RIFF File Reference
    (``idx1``). Of 20 untouched AVI files with such an index none leaves out a chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.detectors.contract import Detector, Proposal
from engine.features.tables import Features
from engine.findings import Evidence, Finding, Kind, Level, Severity, Source, Value
from engine.media.model import NO_TIME, BoxFacts, PacketTable

NAME = "ambiguous"
REPEATED = "mkv.repeated"
"""Fact: a part of a Matroska file that may stand in it once and stands there again."""


@dataclass(frozen=True, slots=True)
class AmbiguousOptions:
    """Thresholds of `ambiguous`."""

    least_samples: int = 1
    """Samples in padding from which it is told."""
    least_unlisted: int = 2
    """Chunks of an AVI file that its index leaves out, from which it is told."""


def propose(features: Features, options: AmbiguousOptions) -> Proposal:
    """A finding for each way in which readers may differ."""
    media = features.media
    found: list[Finding] = []
    if media.boxes is not None:
        found += _boxes(media.boxes)
        found += _samples(media.boxes, features.packets, options)
    found += _several(features)
    found += _index(features, options)
    repeated = [f.value for f in media.structure.facts if f.name == REPEATED]
    if repeated:
        found.append(_finding("ambiguous_parts", Severity.SUSPICION, len(repeated), ",".join(repeated)))
    return Proposal(tuple(found))


def _index(features: Features, options: AmbiguousOptions) -> Iterator[Finding]:
    """Chunks of an AVI file that its index leaves out, and entries that point to nothing."""
    index = features.coded.index if features.coded is not None else None
    if index is None:
        return
    if index.unlisted >= options.least_unlisted:
        yield _finding("ambiguous_unlisted", Severity.SUSPICION, index.unlisted, "idx1")
    if index.nowhere >= options.least_unlisted:
        yield _finding("ambiguous_nowhere", Severity.NOTICE, index.nowhere, "idx1")


def _several(features: Features) -> Iterator[Finding]:
    """Other tracks of moving pictures or sound than those that are examined."""
    media, table = features.media, features.packets
    examined = {s.index for s in (media.video, media.audio) if s is not None}
    others = [s for s in media.streams if s.kind in ("video", "audio") and not s.still and s.index not in examined]
    held = [s for s in others if np.count_nonzero(table.stream == s.index) > 1]
    if held:
        yield _finding("ambiguous_several", Severity.NOTICE, len(held), ",".join(sorted(s.kind for s in held)))


def _boxes(boxes: BoxFacts) -> Iterator[Finding]:
    if boxes.movie_boxes > 1:
        yield _finding("ambiguous_index", Severity.SUSPICION, boxes.movie_boxes, "moov")
    doubled = sorted({name for track in boxes.tracks for name in track.doubled})
    if doubled:
        yield _finding("ambiguous_parts", Severity.SUSPICION, len(doubled), ",".join(doubled))
    if boxes.unread:
        yield _finding("ambiguous_unread", Severity.SUSPICION, True, "")
    off = [t for t in boxes.tracks if not t.enabled and t.handler_type in ("vide", "soun")]
    if off:
        yield _finding("ambiguous_off", Severity.NOTICE, len(off), ",".join(sorted(t.handler_type for t in off)))
    several = [t for t in boxes.tracks if t.descriptions > 1]
    if several:
        most = max(t.descriptions for t in several)
        yield _finding("ambiguous_described", Severity.NOTICE, most, "stsd")


def _samples(boxes: BoxFacts, packets: PacketTable, options: AmbiguousOptions) -> Iterator[Finding]:
    """Samples that begin in padding."""
    if not boxes.padding:
        return
    positions = packets.position[packets.position != NO_TIME]
    starts, ends = (np.array(side, np.int64) for side in zip(*sorted(boxes.padding), strict=True))
    place = np.searchsorted(starts, positions, side="right") - 1
    inside = int(np.count_nonzero((place >= 0) & (positions < ends[place])))
    if inside >= options.least_samples:
        yield _finding("ambiguous_padding", Severity.SUSPICION, inside, "free")


def _finding(template: str, severity: Severity, count: Value, where: str) -> Finding:
    return Finding(
        kind=Kind.EDIT_TRACE,
        severity=severity,
        level=Level.E1,
        stream="container",
        start_s=None,
        end_s=None,
        score=0.9 if severity is Severity.SUSPICION else 0.3,
        template=template,
        params={"count": count, "where": where},
        evidence=(Evidence(Source.CONTAINER, template.removeprefix("ambiguous_"), count, where or None),),
        detector=NAME,
    )


DETECTOR = Detector(NAME, "stable", AmbiguousOptions(), propose, None, __doc__ or "")

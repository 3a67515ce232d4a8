"""Names that programs leave in a file, and dates that contradict each other.

What it finds
    Which general-purpose program wrote the container (its name in the metadata, padding, XMP or
    handlers, or its way of laying out the parts where it left out its name), what of an earlier
    recorder stands in it still (a camera's handler name in another program's layout), which
    program changed metadata in place, which software encoder made the pictures or the sound, and
    dates of one file that disagree. The signatures are data with their sources: `signatures.toml`, and
    `producers.toml` for whole structures.
Looks like it but is not
    Recorders whose firmware contains FFmpeg, GStreamer or x264 sign the same way, and so does an
    export that a rule asks for: every finding is a notice. A recorder that dates one header at
    the start and another at the end of the recording is allowed for.
Limits
    Names can be removed and forged. A change of dates at all levels alike leaves no trace here
    unless a second date stands in the metadata (times in GPS and telemetry tracks are not read); a
    program that leaves no name and no known layout leaves none either. Only the first encoder's
    name in the pictures and in AAC is looked for; headers behind the first 4,000 boxes (MP4, MOV),
    2,000 elements (Matroska) or 256 KiB (transport streams) are not read.
Source
    Output of the programs themselves, measured, and published structure; each signature says which.
    Gloe, Fischer, Kirchner, "Forensic analysis of video file formats", Digital Investigation 11,
    2014, doi 10.1016/j.diin.2014.03.009.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.detectors.contract import Detector, Proposal
from engine.detectors.dates import Disagreement, disagreements, erased
from engine.detectors.producers import producer_of
from engine.detectors.signatures import Match, Signature, layouts, matches
from engine.features.tables import Features
from engine.findings import Evidence, Finding, Kind, Level, Severity, Source, Value
from engine.media.model import Fact, Structure

NAME = "edit_trace"
SHOWN = 4
"""Facts of a kind that stand in one finding's evidence."""
CARRIED = ("mdta.major_brand", "mkv.tag.MAJOR_BRAND")
"""Where FFmpeg's options keep the brand of the file that it read."""

WRITERS_NAMES = frozenset({"ilst.©too", "udta.©swr", "udta.©enc", "mkv.writing_app", "riff.ISFT", "ts.provider"})
"""Where whoever writes a container puts its name."""


@dataclass(frozen=True, slots=True)
class EditTraceOptions:
    """Thresholds of `edit_trace`."""

    level_slack_s: float = 60.0
    """Seconds beside the recording's length by which creation times of one file's headers may differ."""
    later_s: float = 86_400.0
    """Seconds beside the recording's length from which dates count as different days' work."""


def propose(features: Features, options: EditTraceOptions) -> Proposal:
    """A notice for each program, and for each kind of contradiction between dates."""
    structure, facts = features.media.structure, _facts(features)
    named = matches("writer", facts)
    writers = _writers(named) or layouts("writer", facts) or _built_by(structure)
    earlier = (*matches("device", facts), *(m for m in named if m not in writers))
    origin = tuple(dict.fromkeys((*(f for m in earlier for f in m.facts), *_brands(facts))))
    empty = erased(structure)
    findings = [_written(w, origin, empty) for w in writers]
    findings += [_note(m, Kind.EDIT_TRACE, "edit_trace_changed", m.facts) for m in matches("changer", facts)]
    findings += [_note(m, Kind.REENCODE, "reencode_by", m.facts) for m in matches("encoder", facts)]
    if earlier and empty and not writers:
        findings.append(_dates_erased(earlier[0]))
    length = features.media.duration_s or 0.0
    found = disagreements(structure, length, options.level_slack_s, options.later_s)
    findings += [_dates(d, options) for d in found]
    return Proposal(tuple(findings))


def _facts(features: Features) -> tuple[Fact, ...]:
    """What the container says, what encoders sign with, and the demuxer's tag where we have no reader."""
    media = features.media
    coded = tuple(Fact("bitstream", name) for name in (features.coded.names if features.coded is not None else ()))
    if media.structure.container:
        return media.structure.facts + coded
    tags = (Fact("tag.encoder", value) for key, value in media.tags.items() if key.lower() == "encoder")
    return (*media.structure.facts, *coded, *tags)


def _writers(named: tuple[Match, ...]) -> tuple[Match, ...]:
    """Those that wrote this container: where one signs anew, names that may be older are not writers."""
    sure = tuple(m for m in named if not m.kept_only())
    kept = {m.name: frozenset(k for other in sure if other != m for k in other.signature.keeps) for m in sure}
    return tuple(m for m in sure if not m.kept_only(kept[m.name])) or sure or named


def _built_by(structure: Structure) -> tuple[Match, ...]:
    """The known program, not a recorder's, that containers like this are from; none where another is named."""
    known = producer_of(structure)
    named = any(f.name in WRITERS_NAMES for f in structure.facts)
    if named or known is None or known.what not in ("software", "service"):
        return ()
    line = next(m[0] for m in (pattern.search(structure.text) for pattern in known.lines) if m is not None)
    source = f"{known.evidence}: {known.source}"
    return (Match(Signature(known.name, source, ()), (Fact("structure", line),), named=False),)


def _brands(facts: tuple[Fact, ...]) -> Iterator[Fact]:
    return (f for f in facts if f.name in CARRIED)


def _written(match: Match, origin: tuple[Fact, ...], empty: bool) -> Finding:
    others = tuple(f for f in origin if f not in match.facts or f.name in CARRIED)
    if not match.named:
        template = "edit_trace_layout"
    elif others:
        template = "edit_trace_over"
    else:
        template = "edit_trace_written"
    extra = _evidence(others, "carried")
    if empty:
        extra += (Evidence(Source.CONTAINER, "creation_time", 0),)
    return _note(match, Kind.EDIT_TRACE, template, match.facts, others, extra)


def _note(
    match: Match,
    kind: Kind,
    template: str,
    facts: tuple[Fact, ...],
    carried: tuple[Fact, ...] = (),
    extra: tuple[Evidence, ...] = (),
) -> Finding:
    first = facts[0]
    params: dict[str, Value] = {"tool": match.name, "field": first.name, "value": _short(first.value)}
    if carried:
        params |= {"mark": _short(carried[0].value), "mark_field": carried[0].name}
    return Finding(
        kind=kind,
        severity=Severity.NOTICE,
        level=Level.E1,
        stream="container",
        start_s=None,
        end_s=None,
        score=0.9 if match.named else 0.5,
        template=template,
        params=params,
        evidence=(*_evidence(facts, ""), *extra, Evidence(Source.CONTAINER, "signature", match.signature.source)),
        detector=NAME,
    )


def _evidence(facts: tuple[Fact, ...], before: str) -> tuple[Evidence, ...]:
    """Field and value of each fact, at most `SHOWN`."""
    names = (f"{before}.{f.name}" if before else f.name for f in facts)
    return tuple(Evidence(Source.CONTAINER, n, f.value) for n, f in zip(names, facts[:SHOWN], strict=False))


def _short(value: str) -> str:
    return value if len(value) <= 80 else value[:79] + "…"


def _dates_erased(device: Match) -> Finding:
    extra = (Evidence(Source.CONTAINER, "creation_time", 0),)
    return _note(device, Kind.EDIT_TRACE, "dates_erased", device.facts, extra=extra)


def _dates(found: Disagreement, options: EditTraceOptions) -> Finding:
    limit = options.level_slack_s if found.how == "levels" else options.later_s
    return Finding(
        kind=Kind.CLOCK_OFFSET if found.how == "stated" else Kind.EDIT_TRACE,
        severity=Severity.NOTICE,
        level=Level.E1,
        stream="container",
        start_s=None,
        end_s=None,
        score=0.7,
        template=f"dates_{found.how}",
        params={
            "first": found.first,
            "first_at": found.first_at,
            "second": found.second,
            "second_at": found.second_at,
        },
        evidence=(
            Evidence(Source.CONTAINER, found.first, found.first_at),
            Evidence(Source.CONTAINER, found.second, found.second_at),
            Evidence(Source.CONTAINER, "apart_s", found.apart_s, limit),
        ),
        detector=NAME,
    )


DETECTOR = Detector(NAME, "stable", EditTraceOptions(), propose, None, __doc__ or "")

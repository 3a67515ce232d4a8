"""What the engine says: findings, verdicts and how evidence combines.

Everything here is plain immutable data. Serialisation lives in `engine.report`, texts in
`engine.report.texts`, articles in `engine.rules`: a finding knows none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, Literal

Value = str | int | float | bool | None
"""What a parameter or an evidence value may be: anything JSON has, but no containers."""


class Severity(IntEnum):
    """How much a finding asks of its reader; ordered."""

    NOTICE = 0
    SUSPICION = 1
    VIOLATION = 2

    @property
    def label(self) -> str:
        return self.name.lower()


class Level(IntEnum):
    """How strong the ground of a finding is; ordered."""

    E0 = 0
    """Declared by someone."""
    E1 = 1
    """Container or bitstream."""
    E2 = 2
    """Picture or sound content."""
    E3 = 3
    """Independent clocks disagree."""
    E4 = 4
    """The archive's own seal."""
    E5 = 5
    """A root anchored outside the archive."""
    E6 = 6
    """A device's signature (reserved)."""


class Kind(StrEnum):
    """The kinds of finding. Plug-ins use strings of the form ``x_NAME_...`` instead."""

    GAP = "gap"
    DELETION = "deletion"
    INSERTION = "insertion"
    SPLICE = "splice"
    DUPLICATION = "duplication"
    FREEZE = "freeze"
    RETIME = "retime"
    REENCODE = "reencode"
    EDIT_TRACE = "edit_trace"
    CLOCK_JUMP = "clock_jump"
    CLOCK_OFFSET = "clock_offset"
    AUDIO_GAP = "audio_gap"
    AUDIO_SPLICE = "audio_splice"
    AUDIO_MISSING = "audio_missing"
    AUDIO_MUTED = "audio_muted"
    AV_DESYNC = "av_desync"
    OBSTRUCTION = "obstruction"
    UNANNOUNCED = "unannounced"
    UNEXPLAINED_INTERRUPTION = "unexplained_interruption"
    UNDETECTED_INTERRUPTION = "undetected_interruption"
    UNCOVERED = "uncovered"
    UNLISTED = "unlisted"
    EXEMPTION = "exemption"
    LATE_IMPORT = "late_import"
    MISSING_BACKUP = "missing_backup"
    AFTER_THE_FACT = "after_the_fact"
    SELECTIVE = "selective"
    REUSED_FOOTAGE = "reused_footage"
    RETENTION = "retention"
    ACCESS = "access"
    UNSEALED = "unsealed"
    TAMPERED = "tampered"
    UNREADABLE = "unreadable"


class Source(StrEnum):
    """Independent sources of evidence. Several measures from one source count once."""

    PICTURE = "picture"
    SOUND = "sound"
    CONTAINER = "container"
    CAMERA_CLOCK = "camera_clock"
    GPS = "gps"
    HOST_CLOCK = "host_clock"
    MAINS = "mains"
    SEAL = "seal"
    PAPERWORK = "paperwork"
    """What people declare: case files, registers."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One measured value that supports (or weakens) a finding.

    Parameters
    ----------
    source
        The independent source that the value comes from.
    name
        What was measured, a stable identifier such as ``"interval_s"``.
    value
        The value measured.
    limit
        The threshold or expected value that it is compared with, if there is one.
    """

    source: Source
    name: str
    value: Value
    limit: Value = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One explained trace at one place.

    Parameters
    ----------
    kind
        A `Kind`, or a plug-in's own ``x_NAME_...``.
    severity, level
        See `Severity` and `Level`.
    stream
        ``"video"``, ``"audio"``, ``"container"`` or a stream's number.
    start_s, end_s
        Seconds on the presentation timeline, first presented picture at 0. Both None for
        a statement about a whole file.
    start_frame, end_frame
        Frames in presentation order. A join names both sides, k and k + 1; foreign or
        changed frames name the first and the last of them. None for sound.
    score
        0..1, the detector's confidence that this is not nature.
    template
        Identifier of the message text; rendered with `params` in the reader's language.
    params
        Values for the text.
    evidence
        Enough to check the finding by hand.
    detector
        Name of the detector.
    articles
        Articles of the rule pack, bare numbers; set by `engine.rules`.
    id
        Stable identifier; set when the file's digest is known.
    impossible
        The bitstream contradicts itself in a way that no recorder produces; one such
        source suffices for a violation.
    parts
        Findings about the same event that were merged into this one.
    at, until
        Absolute times (aware) of a finding about a case; None for findings about a file.
    file
        The recording that a finding about a case speaks of, relative to the archive.
    """

    kind: str
    severity: Severity
    level: Level
    stream: str
    start_s: float | None
    end_s: float | None
    template: str
    detector: str
    start_frame: int | None = None
    end_frame: int | None = None
    score: float = 1.0
    params: Mapping[str, Value] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    articles: tuple[str, ...] = ()
    id: str = ""
    impossible: bool = False
    parts: tuple[Finding, ...] = ()
    at: datetime | None = None
    until: datetime | None = None
    file: str | None = None

    @property
    def sources(self) -> frozenset[Source]:
        """The independent sources behind this finding."""
        return frozenset(e.source for e in self.evidence)


class Outcome(StrEnum):
    """The three answers to a question; never two."""

    CLEAR = "clear"
    FOUND = "found"
    NOT_EXAMINABLE = "not_examinable"


class Verdict(StrEnum):
    """The one stored verdict on a file or a case."""

    VIOLATION = "violation"
    SUSPICION = "suspicion"
    NOT_EXAMINABLE = "not_examinable"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the presentation that a question could not be answered for."""

    start_s: float
    end_s: float
    reason: str
    """Identifier such as ``"no_motion"``; rendered in the reader's language."""


@dataclass(frozen=True, slots=True)
class Examined:
    """For one question and one means: how long it could be answered, and where it could not."""

    question: str
    by: str
    seconds: float
    not_examinable: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What one of a recording's clocks showed at one moment of the presentation.

    Parameters
    ----------
    clock
        Which: ``on_screen``, ``gps``, ...
    source
        The oscillator behind it; clocks of one source are one witness.
    at_s
        Seconds of presentation.
    date
        ISO 8601, None where the clock shows none, or not for certain.
    seconds
        Seconds since midnight, exact to `uncertainty_s`.
    zone_s
        Seconds east of UTC, None where the clock does not say: local time of its device.
    text
        As it was read.
    """

    clock: str
    source: Source
    at_s: float
    date: str | None
    seconds: float
    uncertainty_s: float
    zone_s: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Opinion:
    """An answer to one of the two forensic questions (integrity 完整性, originality 原始性)."""

    outcome: Outcome
    reason: str
    """Identifier of the reason; rendered in the reader's language."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """Everything that is said about one file; the report's entry.

    `media`, `clocks` and `proof` are plain JSON-like mappings: facts that are shown, not
    computed with.
    """

    path: str
    blake3: str | None
    size: int | None
    media: Mapping[str, Any]
    verdict: Verdict
    reason: str
    integrity: Opinion
    originality: Opinion
    examined: tuple[Examined, ...] = ()
    findings: tuple[Finding, ...] = ()
    clocks: Mapping[str, Any] = field(default_factory=dict)
    proof: Mapping[str, Any] | None = None
    error: str | None = None
    """For a file that could not be read: what is wrong and what to do, in one line."""


# ---- how findings combine ---------------------------------------------------------------------

Rule = Literal["two_sources", "seal", "impossible", "declared"]

VIOLATION_NEEDS: tuple[tuple[Rule, str], ...] = (
    ("two_sources", "evidence from at least two independent sources"),
    ("seal", "level E4 or above: the archive's own seal, or an anchored root"),
    ("impossible", "an impossibility in the bitstream"),
)
"""What a finding about the content of a file needs to be a violation; any one suffices."""

JOIN_KINDS: frozenset[str] = frozenset(
    {
        Kind.GAP,
        Kind.DELETION,
        Kind.SPLICE,
        Kind.CLOCK_JUMP,
        Kind.AUDIO_GAP,
        Kind.AUDIO_SPLICE,
        Kind.INSERTION,
        Kind.DUPLICATION,
        Kind.RETIME,
    }
)
"""Kinds that can be several views of one and the same edit, and are merged where they meet."""

STANDING_KINDS: frozenset[str] = frozenset({Kind.FREEZE, Kind.OBSTRUCTION})
"""Kinds whose borders look like joins, and which can be two views of one stretch: a covered lens
also stands still. They take in what the same source says about their stretch, and lend no other
source to it: a recorder that stalls and then loses time is not yet two pieces of evidence."""

PREFERENCE: tuple[str, ...] = (
    Kind.INSERTION,
    Kind.DUPLICATION,
    Kind.OBSTRUCTION,
    Kind.FREEZE,
    Kind.CLOCK_JUMP,
    Kind.GAP,
    Kind.DELETION,
    Kind.SPLICE,
    Kind.RETIME,
    Kind.AUDIO_GAP,
    Kind.AUDIO_SPLICE,
)
"""Which kind a merged finding keeps, of those above notice: the most specific statement first.
A hole in the times is a fact; that something was deleted there is an inference, unless the
bitstream itself shows it (an impossibility comes first). A leap of a clock *in the picture* comes
last: beside a cut or an insertion it says how much time that took."""

MERGE_WITHIN_S = 0.25
"""Findings whose intervals come this close (seconds) are about the same event."""


def severity_allowed(finding: Finding) -> Severity:
    """The highest severity that the evidence of a content finding supports."""
    if finding.level >= Level.E4 or finding.impossible or len(finding.sources) >= 2:
        return Severity.VIOLATION
    return Severity.SUSPICION


def capped(finding: Finding) -> Finding:
    """`finding` with its severity lowered to what its evidence supports."""
    return replace(finding, severity=min(finding.severity, severity_allowed(finding)))


def combine(findings: Iterable[Finding], sound_unbroken: Iterable[tuple[float, float]] = ()) -> tuple[Finding, ...]:
    """Merge findings about the same event, and weigh what is left.

    Parameters
    ----------
    findings
        In any order, from any number of detectors.
    sound_unbroken
        Intervals (seconds, presentation timeline) over which the sound was examined and
        runs on without a break. Such sound over a picture event lowers a violation to a
        suspicion, never to a notice, unless a seal or an impossibility stands behind it.

    Returns
    -------
    tuple of Finding
        Sorted by place. Evidence counts once per independent source, and a violation has
        what `VIOLATION_NEEDS` lists.

    Notes
    -----
    | given | becomes |
    |---|---|
    | one source, below E4, possible | suspicion at most |
    | two sources about one event, both above notice | violation |
    | a notice beside a stronger finding | adds evidence, but no severity |
    | E4 or above, or impossible | keeps its severity |
    | picture event under unbroken sound | violation becomes suspicion |
    """
    merged = [_merge(group) for group in _groups(sorted(findings, key=_place))]
    unbroken = tuple(sound_unbroken)
    weighed = (_weigh_sound(capped(f), unbroken) for f in merged)
    return tuple(sorted(weighed, key=_place))


def verdict_of(findings: Iterable[Finding], examinable: bool) -> Verdict:
    """The first that applies: violation, suspicion, not examinable, clear."""
    worst = max((f.severity for f in findings), default=Severity.NOTICE)
    if worst is Severity.VIOLATION:
        return Verdict.VIOLATION
    if worst is Severity.SUSPICION:
        return Verdict.SUSPICION
    return Verdict.CLEAR if examinable else Verdict.NOT_EXAMINABLE


def _place(f: Finding) -> tuple[float, float, str, str, int, float, str]:
    """Order of place; what else tells findings apart settles ties, so that the result is one."""
    start = -1.0 if f.start_s is None else f.start_s
    end = start if f.end_s is None else f.end_s
    return start, end, f.kind, f.detector, -int(f.severity), -f.score, f.template


def _near(a: Finding, b: Finding) -> bool:
    if a.start_s is None or b.start_s is None or a.end_s is None or b.end_s is None:
        return False
    return a.start_s <= b.end_s + MERGE_WITHIN_S and b.start_s <= a.end_s + MERGE_WITHIN_S


def _mergeable(a: Finding, b: Finding) -> bool:
    """Same event: near each other, and kinds that can be views of one edit.

    A long duplication and a cut at its border are one event; an insertion of two seconds
    and a gap somewhere inside it are one event too. Two separate cuts are kept apart
    by `_near`.
    """
    if not _near(a, b):
        return False
    if a.kind in JOIN_KINDS and b.kind in JOIN_KINDS:
        return True
    kinds = {a.kind, b.kind}
    return bool(kinds & STANDING_KINDS) and kinds <= JOIN_KINDS | STANDING_KINDS and a.sources == b.sources


def _groups(findings: list[Finding]) -> list[list[Finding]]:
    groups: list[list[Finding]] = []
    for finding in findings:
        home = next((g for g in groups if any(_mergeable(finding, other) for other in g)), None)
        if home is None:
            groups.append([finding])
        else:
            home.append(finding)
    return groups


def _rank(f: Finding) -> tuple[bool, bool, int, int, float]:
    order = PREFERENCE.index(f.kind) if f.kind in PREFERENCE else len(PREFERENCE)
    if f.kind == Kind.CLOCK_JUMP and Source.CAMERA_CLOCK in f.sources:
        order = len(PREFERENCE)
    return f.severity is Severity.NOTICE, not f.impossible, order, -int(f.severity), -f.score


def _merge(group: list[Finding]) -> Finding:
    if len(group) == 1:
        return group[0]
    best = min(group, key=_rank)
    rest = tuple(f for f in group if f is not best)
    loud = [f for f in group if f.severity > Severity.NOTICE]
    sources = frozenset(s for f in loud for s in f.sources)
    severity = Severity.VIOLATION if len(sources) >= 2 else max(f.severity for f in group)
    evidence = best.evidence + tuple(e for f in rest if f in loud for e in f.evidence if e not in best.evidence)
    return replace(
        best,
        severity=severity,
        level=max(f.level for f in loud or group),
        evidence=evidence,
        parts=rest,
        impossible=any(f.impossible for f in group),
        score=max(f.score for f in group),
    )


def _weigh_sound(f: Finding, unbroken: tuple[tuple[float, float], ...]) -> Finding:
    protected = f.level >= Level.E4 or f.impossible or Source.SOUND in f.sources
    if f.severity is not Severity.VIOLATION or protected or Source.PICTURE not in f.sources:
        return f
    if f.start_s is None or f.end_s is None:
        return f
    if any(a <= f.start_s and f.end_s <= b for a, b in unbroken):
        return replace(f, severity=Severity.SUSPICION)
    return f

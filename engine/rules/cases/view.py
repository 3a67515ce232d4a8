"""A case as checks see it, and what a check answers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.findings import Evidence, Finding, Level, Outcome, Severity, Value
from engine.rules.calendar import WorkingCalendar
from engine.rules.cases.intervals import meets
from engine.rules.cases.manifest import ArchiveSettings, Case, Device
from engine.rules.cases.record import Attachment, RecordFacts, Surroundings
from engine.rules.cases.result import Span
from engine.rules.cases.timeline import Gap, Timeline

Limits = Mapping[str, float]
"""The tolerances that hold: name -> value."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that a check found. What it weighs stands in the rule pack.

    Parameters
    ----------
    fact
        Its name in the catalogue.
    at, until
        Aware, any zone.
    file
        The recording that it speaks of.
    level
        How strong its ground is; as the catalogue says if None.
    about
        What tells it apart from other remarks with the same fact, file and times.
    """

    fact: str
    at: datetime | None = None
    until: datetime | None = None
    file: str | None = None
    params: Mapping[str, Value] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    level: Level | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Carried:
    """A finding about a file that counts in its case, with the weight that it has there."""

    finding: Finding
    severity: Severity
    settles: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check says.

    Parameters
    ----------
    outcome
        ``clear`` or ``not_examinable``: what holds beside the remarks.
    reason
        Why that; with `params` for its text.
    remarks
        What was found.
    """

    outcome: Outcome
    reason: str
    remarks: tuple[Remark | Carried, ...] = ()
    params: Mapping[str, Value] = field(default_factory=dict)


def values(**params: Value) -> dict[str, Value]:
    """Values for a text."""
    return params


def clear(reason: str = "nothing_found", *remarks: Remark | Carried, **params: Value) -> Answer:
    """Nothing stands against it but the remarks."""
    return Answer(Outcome.CLEAR, reason, remarks, params)


def unexaminable(reason: str, *remarks: Remark | Carried, **params: Value) -> Answer:
    """It cannot be said, beside the remarks."""
    return Answer(Outcome.NOT_EXAMINABLE, reason, remarks, params)


def nothing(view: CaseView) -> Answer:
    """What checks of recordings say where there is none; whether there should be one is asked by `recorded`."""
    if view.case.exemptions:
        return clear("exempt")
    if view.lapsed:
        return clear("may_be_gone", files=len(view.records))
    return unexaminable("nothing_recorded") if view.required else clear("not_required")


@dataclass(frozen=True, slots=True)
class JudgedGap:
    """A gap that is an interruption, with what was found about it.

    `excused`: a technical reason is on record and what Art. 15 asks for besides. `open`: why it
    cannot be said, else empty. `rollover`: the device began a new file by itself here.
    """

    gap: Gap
    remarks: tuple[Remark, ...] = ()
    excused: bool = False
    open: str = ""
    rollover: bool = False


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything that checks of one case look at.

    Parameters
    ----------
    case, records, devices, settings, attachments, surroundings
        What is declared and measured. `attachments` by the path that the paperwork writes.
    as_of
        The day that deadlines are held against.
    days
        Working days of the archive's calendar.
    required
        Whether the activity is on the list of those that must be recorded.
    items
        The names on that list.
    timeline
        None where the paperwork's times contradict each other.
    ledger
        The interruptions, judged.
    ledger_kept
        Whether the pack judges interruptions; else a gap inside is a matter of coverage like any other.
    lapsed
        Whether recordings were listed and all of them are gone, each after its term.
    """

    case: Case
    records: tuple[RecordFacts, ...]
    devices: Mapping[str, Device]
    settings: ArchiveSettings
    attachments: Mapping[str, Attachment]
    surroundings: Surroundings
    as_of: datetime
    days: WorkingCalendar
    required: bool
    timeline: Timeline | None
    ledger: tuple[JudgedGap, ...] = ()
    ledger_kept: bool = True
    items: tuple[str, ...] = ()
    lapsed: bool = False

    @property
    def present(self) -> tuple[RecordFacts, ...]:
        """The recordings that are there."""
        return tuple(r for r in self.records if r.present)

    def interruption_in(self, span: Span) -> JudgedGap | None:
        """The last interruption that meets a stretch (UTC); those of the ledger are in order and apart."""
        place = bisect_left(self.ledger, span[1], key=lambda j: j.gap.start) - 1
        return self.ledger[place] if place >= 0 and meets(self.ledger[place].gap.span, span) else None

    def local(self, moment: datetime) -> datetime:
        """An instant in the paperwork's zone."""
        return moment.astimezone(self.case.start.tzinfo)

    def clock(self, moment: datetime) -> str:
        """An instant as a reader of the paperwork writes it."""
        return f"{self.local(moment):%Y-%m-%d %H:%M:%S}"

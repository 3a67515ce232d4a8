"""What is said about one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from engine.findings import Finding, Outcome, Value, Verdict

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The paperwork's interval against the union of all devices' recordings.

    Parameters
    ----------
    required
        Start and end by the paperwork.
    covered
        Disjoint, sorted, clipped to `required`; with joins of files that are closer than clocks can tell.
    uncovered
        What is left of `required`, the excused too.
    excused
        Those parts of `uncovered` that a declared interruption excuses.
    uncertain
        Those that are smaller than the uncertainty of the clocks: nothing can be said.
    share
        0..1 of `required` that is covered.
    silent
        Those parts of `covered` in which no device recorded sound.
    sound_only
        Those parts of `uncovered` in which sound was recorded, without a picture.
    """

    required: Span
    covered: tuple[Span, ...] = ()
    uncovered: tuple[Span, ...] = ()
    excused: tuple[Span, ...] = ()
    uncertain: tuple[Span, ...] = ()
    share: float = 0.0
    silent: tuple[Span, ...] = ()
    sound_only: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The answer of one check of the pack.

    Parameters
    ----------
    check
        Its name in the pack.
    outcome
        ``clear``, ``found`` or ``not_examinable``.
    reason
        Identifier of what decided it; the one fact that failed where something was found.
    findings
        Identifiers of the findings that it made, notices too.
    params
        Values for the text of `reason`, such as how many breaks another device covers.
    """

    check: str
    outcome: Outcome
    reason: str
    findings: tuple[str, ...] = ()
    params: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lane:
    """One recording on a case's time axis, for views."""

    path: str
    device: str | None
    span: Span | None
    uncertainty_s: float = 0.0
    basis: str = ""
    kind: str = "video"
    verdict: Verdict = Verdict.CLEAR
    breaks: tuple[Span, ...] = ()
    imported: datetime | None = None


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long a case is kept (Art. 20). `until` None with `forever` False: not yet decided."""

    forever: bool
    until: date | None
    reason: str
    file_by: date | None = None


@dataclass(frozen=True, slots=True)
class CaseReport:
    """Everything that is said about one case; the entry in the report's ``cases``.

    `paperwork`: plain JSON-like values that views show: activity, place, interruptions, moments, ...
    `settles`: finding id -> identifier of the text that says what would settle it.
    `liability`: finding id -> items of Art. 24 that it bears on.
    """

    id: str
    path: str
    verdict: Verdict
    reason: str
    coverage: Coverage | None
    findings: tuple[Finding, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    lanes: tuple[Lane, ...] = ()
    keeping: Keeping | None = None
    paperwork: Mapping[str, Any] = field(default_factory=dict)
    settles: Mapping[str, str] = field(default_factory=dict)
    liability: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    error: str | None = None

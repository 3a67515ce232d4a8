"""From what is declared and measured of a case to what is said about it. Pure: no files, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from blake3 import blake3

from engine.findings import Finding, Outcome, Severity, Verdict
from engine.rules.calendar import calendar_of
from engine.rules.cases import (
    clocks,
    content,
    continuity,
    coverage,
    exemptions,
    interruptions,
    keeping_checks,
    provenance,
    sound,
    timeline,
)
from engine.rules.cases.catalogue import CHECKS, template_of
from engine.rules.cases.manifest import ArchiveSettings, Case, Device
from engine.rules.cases.record import Attachment, RecordFacts, Surroundings
from engine.rules.cases.result import CaseReport, CheckResult, Lane
from engine.rules.cases.view import Answer, Carried, CaseView, Limits, Remark
from engine.rules.opinions import ID_DIGITS
from engine.rules.pack import CheckRule, RulePack

FUNCTIONS: Mapping[str, Callable[[CaseView, Limits], Answer]] = {
    "items": exemptions.items,
    "recorded": exemptions.recorded,
    "exemptions": exemptions.exemptions,
    "coverage": coverage.coverage,
    "agreement": coverage.agreement,
    "interruptions": interruptions.interruptions,
    "joins": continuity.joins,
    "moments": sound.moments,
    "sound": sound.sound,
    "announcement": sound.announcement,
    "clocks": clocks.clocks,
    "after_the_fact": clocks.after_the_fact,
    "selective": continuity.selective,
    "reuse": provenance.reuse,
    "content": content.content,
    "tampered": content.tampered,
    "unlisted": provenance.unlisted,
    "devices": provenance.devices,
    "sealed": content.sealed,
    "export": keeping_checks.export,
    "backup": keeping_checks.backup,
    "filing": keeping_checks.filing,
    "kept": keeping_checks.kept,
    "access": content.access,
}
"""Name in the catalogue -> the check."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """One check's answer with its findings."""

    result: CheckResult
    findings: tuple[Finding, ...]
    settles: Mapping[str, str]
    liability: tuple[str, ...]
    needed: bool


def judge_case(
    case: Case,
    records: Sequence[RecordFacts],
    devices: Mapping[str, Device],
    settings: ArchiveSettings,
    attachments: Mapping[str, Attachment],
    surroundings: Surroundings,
    pack: RulePack,
    as_of: datetime,
    path: str = "",
) -> CaseReport:
    """What is said about one case.

    Parameters
    ----------
    case
        The paperwork.
    records
        What is known of each file, listed or not; a listed file that is not there has `present` False.
    devices
        The register, by serial.
    settings
        What holds for the archive: added items, overrides, calendar.
    attachments
        Written reports, by the path that the paperwork writes.
    surroundings
        What the rest of the archive says.
    pack
        The rules; checks that it leaves out are not made.
    as_of
        Aware; deadlines later than this are not due.
    path
        Where the case lies, for the report.

    Raises
    ------
    RulePackError
        If the settings override a tolerance that the pack does not have.
    """
    limits = pack.tolerances(settings.overrides)
    view = view_of(case, records, devices, settings, attachments, surroundings, pack, as_of, limits)
    judged = [_run(name, view, limits, pack) for name in CHECKS if name in pack.content.checks]
    findings = tuple(sorted((f for j in judged for f in j.findings), key=_worst_first))
    verdict, reason = _verdict(judged)
    return CaseReport(
        id=case.id,
        path=path,
        verdict=verdict,
        reason=reason,
        coverage=None if view.timeline is None else coverage.measured(view, view.timeline, limits),
        findings=findings,
        checks=tuple(j.result for j in judged),
        lanes=tuple(_lane(view, record) for record in view.records),
        keeping=keeping_checks.keeping(view, limits) if {"retention_years", "filing_days"} <= set(limits) else None,
        paperwork=_paperwork(view),
        settles={identifier: text for j in judged for identifier, text in j.settles.items()},
        liability={f.id: j.liability for j in judged for f in j.findings if j.liability},
    )


def view_of(
    case: Case,
    records: Sequence[RecordFacts],
    devices: Mapping[str, Device],
    settings: ArchiveSettings,
    attachments: Mapping[str, Attachment],
    surroundings: Surroundings,
    pack: RulePack,
    as_of: datetime,
    limits: Limits,
) -> CaseView:
    """The case as checks see it: on one time axis, its interruptions judged."""
    whole = case.start < case.end
    records = [timeline.with_sane_clocks(r) for r in records]
    view = CaseView(
        case=case,
        records=tuple(sorted(records, key=_record_order)),
        devices=devices,
        settings=settings,
        attachments=attachments,
        surroundings=surroundings,
        as_of=as_of,
        days=calendar_of(settings),
        required=pack.listed(case.activity, settings.items),
        items=(*(item.name for item in pack.content.items), *settings.items),
        timeline=timeline.build((case.start, case.end), records) if whole else None,
    )
    view = replace(view, lapsed=keeping_checks.lapsed(view, limits))
    if "interruptions" not in pack.content.checks:
        return replace(view, ledger_kept=False)
    return replace(view, ledger=interruptions.assess(view, limits))


def case_finding_id(case: str, finding: Finding, about: str = "") -> str:
    """Identifier of a finding about a case: stable between runs.

    As `engine.rules.judge.finding_id`, with the case's identifier for the digest and absolute
    milliseconds for the times; file, statement and what it is `about` tell findings apart beside.
    """
    times = ("" if t is None else str(round(t.timestamp() * 1000)) for t in (finding.at, finding.until))
    parts = (case, finding.kind, finding.stream, *times, finding.detector, finding.file or "", finding.template, about)
    return str(blake3("\x1f".join(parts).encode()).hexdigest(length=ID_DIGITS // 2))


def _run(name: str, view: CaseView, limits: Limits, pack: RulePack) -> _Judged:
    rule = pack.content.checks[name]
    answer = FUNCTIONS[name](view, limits)
    findings, settles = list[Finding](), dict[str, str]()
    for remark in answer.remarks:
        finding = _finding(name, view.case.id, remark, rule, pack)
        if finding.id in settles:
            continue
        findings.append(finding)
        settles[finding.id] = remark.settles if isinstance(remark, Carried) else CHECKS[name].facts[remark.fact].settles
    loud = [f for f in findings if f.severity > Severity.NOTICE]
    outcome, reason = (Outcome.FOUND, max(loud, key=lambda f: f.severity).template) if loud else _quiet(answer)
    result = CheckResult(name, outcome, reason, tuple(f.id for f in findings), answer.params)
    return _Judged(result, tuple(findings), settles, rule.liability, rule.needed)


def _quiet(answer: Answer) -> tuple[Outcome, str]:
    return answer.outcome, answer.reason


def _finding(check: str, case: str, remark: Remark | Carried, rule: CheckRule, pack: RulePack) -> Finding:
    if isinstance(remark, Carried):
        ruled = _as_ruled(remark, pack)
        return replace(ruled, id=case_finding_id(case, ruled, remark.finding.id))
    fact = CHECKS[check].facts[remark.fact]
    finding = Finding(
        kind=fact.kind,
        severity=Severity[rule.severity[remark.fact].upper()],
        level=fact.level if remark.level is None else remark.level,
        stream="case",
        start_s=None,
        end_s=None,
        template=template_of(check, remark.fact),
        detector=check,
        params=remark.params,
        evidence=remark.evidence,
        articles=rule.articles,
        at=remark.at,
        until=remark.until,
        file=remark.file,
    )
    return replace(finding, id=case_finding_id(case, finding, remark.about))


def _as_ruled(carried: Carried, pack: RulePack) -> Finding:
    """A finding about a file with the pack's articles and weight; an excuse is never undone."""
    finding, severity = carried.finding, carried.severity
    if severity > Severity.NOTICE:
        severity = pack.severity_of(finding.kind, severity, "audit")
    articles = pack.articles_of(finding.kind) or finding.articles
    return replace(finding, severity=severity, articles=articles)


def _verdict(judged: Sequence[_Judged]) -> tuple[Verdict, str]:
    """The first that applies, and what decided it."""
    findings = [f for j in judged for f in j.findings]
    worst = max(findings, key=lambda f: f.severity, default=None)
    if worst is not None and worst.severity > Severity.NOTICE:
        return Verdict(worst.severity.label), "traces_found"
    unanswered = [j.result for j in judged if j.needed and j.result.outcome is Outcome.NOT_EXAMINABLE]
    if unanswered:
        return Verdict.NOT_EXAMINABLE, unanswered[0].reason
    return Verdict.CLEAR, "nothing_found"


def _worst_first(finding: Finding) -> tuple[int, float, str, str, str]:
    at = 0.0 if finding.at is None else finding.at.timestamp()
    return -int(finding.severity), at, finding.detector, finding.file or "", finding.id


def _record_order(record: RecordFacts) -> tuple[float, str]:
    place = record.placement
    return (float("inf") if place is None else place.start.timestamp()), record.path


def _lane(view: CaseView, record: RecordFacts) -> Lane:
    place = record.placement
    pieces = timeline.pieces_of(record)
    breaks = tuple((view.local(a.end), view.local(b.start)) for a, b in pairwise(pieces) if a.end < b.start)
    return Lane(
        path=record.path,
        device=record.device,
        span=None if place is None else (view.local(place.start), view.local(place.end)),
        uncertainty_s=0.0 if place is None else place.uncertainty_s,
        basis="" if place is None else place.basis,
        kind=record.kind,
        verdict=record.verdict,
        breaks=breaks,
        imported=None if record.listed is None else record.listed.imported,
    )


def _paperwork(view: CaseView) -> dict[str, Any]:
    """What views show of the paperwork, as JSON has it."""
    case = view.case
    shown: dict[str, Any] = case.model_dump(mode="json", exclude_none=True, exclude={"recordings"})
    named = (view.attachments.get(i.report) for i in case.interruptions if i.report is not None)
    reports = [a for a in named if a is not None]
    shown["attachments"] = [{"path": a.path, "size": a.size, "blake3": a.blake3} for a in reports]
    shown["listed"] = view.required
    return shown

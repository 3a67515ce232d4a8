"""Cases in the report, schema ``unbroken.report/1``, as plain JSON values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from engine.archive.audit.judging import problem_entry
from engine.archive.audit.result import ArchiveReport
from engine.archive.selftest import SelfTest
from engine.findings import Finding, Severity
from engine.report.entry import LANGUAGES, SCHEMA, EngineInfo, engine_entry, entry, finding_entry, plain, printable
from engine.report.summary import ORDER, summarise
from engine.report.texts import Texts
from engine.rules.cases.result import CaseReport, CheckResult, Coverage, Keeping, Lane, Span
from engine.rules.pack import RulePack

NO_PACK: Final = "none"
NO_DIGEST: Final = "0" * 64


def audit_document(report: ArchiveReport, selftest: SelfTest) -> dict[str, Any]:
    """The whole report of an audit."""
    return {
        "schema": SCHEMA,
        "engine": engine_entry(engine_of(report, selftest)),
        "files": [entry(f) for f in report.files],
        "cases": [case_entry(c, report.pack) for c in report.cases],
        "summary": {
            **plain(summarise(report.files)),
            "cases": _case_counts(report.cases),
            "due": _due_entry(due_lists(report)),
            "archive": _archive(report),
        },
    }


def engine_of(report: ArchiveReport, selftest: SelfTest) -> EngineInfo:
    """What the results hold for."""
    name, digest = (NO_PACK, NO_DIGEST) if report.pack is None else (report.pack.name, report.pack.blake3)
    options = {"level": "full", "purpose": "audit", "as_of": report.as_of.isoformat(), **report.options}
    return EngineInfo(report.version, name, digest, options, selftest)


def case_entry(case: CaseReport, pack: RulePack | None) -> dict[str, Any]:
    """One case's entry."""
    return {
        "id": printable(case.id),
        "path": printable(case.path),
        "verdict": case.verdict.value,
        "reason": case.reason,
        "coverage": None if case.coverage is None else _coverage(case.coverage),
        "coverage_detail": None if case.coverage is None else _detail(case.coverage),
        "findings": [_case_finding(f, case) for f in case.findings],
        "checks": [_check(c, pack) for c in case.checks],
        "lanes": [_lane(lane) for lane in case.lanes],
        "keeping": None if case.keeping is None else _keeping(case.keeping),
        "paperwork": plain(case.paperwork),
        "error": None if case.error is None else printable(case.error),
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "required": _span(coverage.required),
        "covered": _spans(coverage.covered),
        "uncovered": _spans(coverage.uncovered),
    }


def _detail(coverage: Coverage) -> dict[str, Any]:
    return {
        "share": round(min(max(coverage.share, 0.0), 1.0), 6),
        "excused": _spans(coverage.excused),
        "uncertain": _spans(coverage.uncertain),
        "silent": _spans(coverage.silent),
        "sound_only": _spans(coverage.sound_only),
    }


def _case_finding(finding: Finding, case: CaseReport) -> dict[str, Any]:
    return {
        **finding_entry(finding),
        "at": _time(finding.at),
        "until": _time(finding.until),
        "file": None if finding.file is None else printable(finding.file),
        "settles": _both("settles", case.settles.get(finding.id)),
        "liability": list(case.liability.get(finding.id, ())),
    }


def _both(section: str, name: str | None) -> dict[str, str] | None:
    return None if name is None else {language: Texts.load(language).get(section, name) for language in LANGUAGES}


def _check(check: CheckResult, pack: RulePack | None) -> dict[str, Any]:
    rule = None if pack is None else pack.content.checks.get(check.check)
    return {
        "check": check.check,
        "title": None if rule is None else {"en": rule.title.en, "zh-CN": rule.title.zh},
        "articles": [] if rule is None else list(rule.articles),
        "outcome": check.outcome.value,
        "reason": check.reason,
        "params": plain(check.params),
        "findings": list(check.findings),
    }


def _lane(lane: Lane) -> dict[str, Any]:
    return {
        "path": printable(lane.path),
        "device": None if lane.device is None else printable(lane.device),
        "span": None if lane.span is None else _span(lane.span),
        "uncertainty_s": round(lane.uncertainty_s, 6),
        "basis": lane.basis,
        "kind": lane.kind,
        "verdict": lane.verdict.value,
        "breaks": _spans(lane.breaks),
        "imported": _time(lane.imported),
    }


def _keeping(keeping: Keeping) -> dict[str, Any]:
    return {
        "forever": keeping.forever,
        "until": _day(keeping.until),
        "reason": keeping.reason,
        "file_by": _day(keeping.file_by),
    }


def _span(span: Span) -> list[str]:
    return [span[0].isoformat(), span[1].isoformat()]


def _spans(spans: Iterable[Span]) -> list[list[str]]:
    return [_span(s) for s in spans]


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _case_counts(cases: Sequence[CaseReport]) -> dict[str, Any]:
    findings = [f for c in cases for f in c.findings]
    kinds = Counter(str(f.kind) for f in findings if f.severity > Severity.NOTICE)
    return {
        "count": len(cases),
        "verdicts": {v.value: sum(c.verdict is v for c in cases) for v in ORDER},
        "findings": {s.label: sum(f.severity is s for f in findings) for s in sorted(Severity, reverse=True)},
        "kinds": dict(sorted(kinds.items())),
        "unlisted_activities": sum(c.paperwork.get("listed") is False for c in cases),
    }


@dataclass(frozen=True, slots=True)
class DueLists:
    """What is to be done with cases, and when: (date, case), earliest first; `never`: cases kept for ever."""

    file_by: tuple[tuple[date, CaseReport], ...]
    delete_after: tuple[tuple[date, CaseReport], ...]
    never: tuple[CaseReport, ...]

    def __bool__(self) -> bool:
        return bool(self.file_by or self.delete_after or self.never)


def due_lists(report: ArchiveReport) -> DueLists:
    """To be filed by, may be deleted after, never to be deleted."""
    kept = [(c.keeping, c) for c in report.cases if c.keeping is not None]
    return DueLists(
        file_by=_by_date((k.file_by, c) for k, c in kept if not c.paperwork.get("filed")),
        delete_after=_by_date((k.until, c) for k, c in kept if not k.forever),
        never=tuple(c for k, c in kept if k.forever),
    )


def _by_date(rows: Iterable[tuple[date | None, CaseReport]]) -> tuple[tuple[date, CaseReport], ...]:
    dated = [(day, case) for day, case in rows if day is not None]
    return tuple(sorted(dated, key=lambda row: row[0]))


def _due_entry(due: DueLists) -> dict[str, Any]:
    def rows(dated: Iterable[tuple[date, CaseReport]]) -> list[dict[str, str]]:
        return [{"date": day.isoformat(), "case": printable(case.id)} for day, case in dated]

    return {
        "file_by": rows(due.file_by),
        "delete_after": rows(due.delete_after),
        "never": [printable(c.id) for c in due.never],
    }


def _archive(report: ArchiveReport) -> dict[str, Any]:
    return {
        "path": printable(report.path),
        "department": report.department,
        "as_of": report.as_of.isoformat(),
        "files_left": report.left,
        "cases_left": report.cases_left,
        "problems": [problem_entry(p) for p in report.problems],
        "unchecked": {} if report.pack is None else _unchecked(report.pack),
    }


def _unchecked(pack: RulePack) -> dict[str, Any]:
    """Articles that no machine can check, and why."""
    return {number: {"en": u.why.en, "zh-CN": u.why.zh} for number, u in pack.content.unchecked.items()}

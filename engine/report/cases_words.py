"""What every view of a case says, in the reader's language: checks, findings, times, what would settle them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine.archive.audit.result import ArchiveReport
from engine.findings import FileReport, Finding, Outcome, Severity, Verdict
from engine.report.summary import ORDER
from engine.report.terminal import safe
from engine.report.texts import Texts
from engine.rules.cases.result import CaseReport, CheckResult
from engine.rules.pack import RulePack


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check that found something, or could not be made: what a reader must see of it."""

    title: str
    articles: str
    outcome: Outcome
    facts: tuple[Fact, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One finding of a case in words; findings that say the same of several files are one fact.

    `places`: (when, file) of each, either empty where the finding names none.
    """

    id: str
    severity: Severity
    kind: str
    message: str
    places: tuple[tuple[str, str], ...]
    settles: str
    liability: str
    level: str
    evidence: tuple[tuple[str, str, Any, Any], ...]


@dataclass(frozen=True, slots=True)
class CaseWords:
    """Words about cases of one audit.

    Parameters
    ----------
    texts
        Of the reader's language.
    pack
        The rules, which name their checks and articles themselves; None without rules.
    """

    texts: Texts
    pack: RulePack | None

    def say(self, name: str, **params: Any) -> str:
        """A text of the views of cases."""
        return self.texts.get("cases", name, **params)

    def of(self, pair: Any) -> str:
        """One of a rule pack's texts."""
        return str(pair.en if self.texts.language == "en" else pair.zh).strip()

    def title(self, check: str) -> str:
        """The name of a check."""
        rule = None if self.pack is None else self.pack.content.checks.get(check)
        return check if rule is None else self.of(rule.title)

    def articles(self, numbers: Sequence[str]) -> str:
        """Articles in brackets, empty without any."""
        return self.texts.ui("articles", articles=self.texts.ui("list_break").join(numbers)) if numbers else ""

    def check_articles(self, check: str) -> str:
        """The articles that a check holds a case against."""
        rule = None if self.pack is None else self.pack.content.checks.get(check)
        return "" if rule is None else self.articles(rule.articles)

    def answer(self, check: CheckResult) -> str:
        """What a check says, in a sentence."""
        section = "template" if self.texts.has("template", check.reason) else "check_reason"
        return safe(self.texts.get(section, check.reason, **check.params))

    def why(self, case: CaseReport) -> str:
        """What decided a case's verdict, in a line: the checks that failed."""
        if case.error is not None:
            return self.error(case)
        failed = [c for c in case.checks if c.outcome is Outcome.FOUND]
        if case.verdict is Verdict.NOT_EXAMINABLE:
            failed = [c for c in case.checks if c.outcome is Outcome.NOT_EXAMINABLE]
        return self.texts.ui("list_break").join(self.title(c.check) for c in failed)

    def error(self, case: CaseReport) -> str:
        """Why a case could not be judged."""
        reason = self.texts.get("case_reason", case.reason)
        first = next(iter(self.problems(case, "error")), None)
        if first is not None:
            return reason + self.texts.ui("colon") + first
        return reason if case.error in (None, case.reason) else f"{reason} ({safe(str(case.error))})"

    def problems(self, case: CaseReport, grade: str = "") -> list[str]:
        """Faults of a case's declaration, errors first."""
        return [self.problem(p) for p in case.paperwork.get("problems", ()) if p["grade"] == (grade or p["grade"])]

    def problem(self, problem: Mapping[str, Any]) -> str:
        """A fault of a declaration in a line, as compilers write it."""
        language = "en" if self.texts.language == "en" else "zh-CN"
        line = "" if problem["line"] is None else f":{problem['line']}"
        field = f" {problem['field']}" if problem["field"] else ""
        return safe(f"{problem['file']}{line}:{field} {problem['message'][language]}")

    def failed(self, case: CaseReport) -> list[FailedCheck]:
        """The checks that a reader must see, those that found something first, in the pack's order."""
        by_id = {f.id: f for f in case.findings}
        return [
            FailedCheck(
                self.title(check.check),
                self.check_articles(check.check),
                check.outcome,
                tuple(self._facts([by_id[i] for i in check.findings if self._loud(by_id.get(i))], case)),
                self.answer(check),
            )
            for check in sorted(case.checks, key=lambda c: c.outcome is not Outcome.FOUND)
            if check.outcome is not Outcome.CLEAR
        ]

    def open_questions(self, failed: Iterable[FailedCheck]) -> list[tuple[str, str]]:
        """(why, the checks that could not be made for that reason), in order."""
        reasons: dict[str, list[str]] = {}
        for check in failed:
            if not check.facts:
                reasons.setdefault(check.reason, []).append(check.title)
        return [(reason, self.texts.ui("list_break").join(titles)) for reason, titles in reasons.items()]

    def notices(self, case: CaseReport) -> list[Fact]:
        """Facts worth keeping that make no case suspect."""
        return self._facts([f for f in case.findings if f.severity is Severity.NOTICE], case)

    def _facts(self, findings: Iterable[Finding], case: CaseReport) -> list[Fact]:
        """Findings in words, those that say the same of several files together, in order."""
        groups: dict[tuple[Any, ...], list[Fact]] = {}
        for finding in findings:
            fact = self.fact(finding, case)
            key = (fact.severity, finding.detector, fact.kind, fact.message, fact.settles, fact.level)
            groups.setdefault(key, []).append(fact)
        return [replace(g[0], places=tuple(p for fact in g for p in fact.places)) for g in groups.values()]

    @staticmethod
    def _loud(finding: Finding | None) -> bool:
        return finding is not None and finding.severity > Severity.NOTICE

    def fact(self, finding: Finding, case: CaseReport) -> Fact:
        """A finding in words."""
        settles = case.settles.get(finding.id)
        return Fact(
            id=finding.id,
            severity=finding.severity,
            kind=self.texts.get("kind", str(finding.kind)),
            message=safe(self.texts.message(finding)),
            places=((self.when(finding), safe(finding.file or "")),),
            settles="" if settles is None else self.texts.get("settles", settles),
            liability=self.liability(case.liability.get(finding.id, ())),
            level=f"{finding.level.name} {self.texts.get('level', finding.level.name)}",
            evidence=tuple(
                (self.texts.get("source", e.source.value), e.name, e.value, e.limit) for e in finding.evidence
            ),
        )

    def liability(self, items: Sequence[str]) -> str:
        """The items of the article on liability that a finding may bear on."""
        law = None if self.pack is None else self.pack.content.liability
        if law is None or not items:
            return ""
        return self.say("liability", article=law.article, items=self.texts.ui("list_break").join(items))

    def when(self, finding: Finding) -> str:
        """When a finding about a case begins and ends; within the file where it has no absolute time."""
        if finding.at is not None:
            return span_text(finding.at, finding.until)
        return "" if finding.start_s is None else self.texts.where(finding)

    def percent(self, case: CaseReport) -> str:
        """Coverage in per cent, never rounded up to whole."""
        if case.coverage is None or (case.paperwork.get("listed") is False and not case.lanes):
            return "—"
        share = case.coverage.share * 100
        return "100 %" if share >= 100 else f"{min(share, 99.9):.1f} %"

    def activity(self, case: CaseReport) -> str:
        """When the activity took place, by the paperwork."""
        return "" if case.coverage is None else span_text(*case.coverage.required)

    def unchecked(self) -> list[tuple[str, str]]:
        """(article, why) of what no machine can check."""
        content = {} if self.pack is None else self.pack.content.unchecked
        return [(number, self.of(rule.why)) for number, rule in content.items()]


def span_text(start: datetime, end: datetime | None) -> str:
    """A span in the reader's calendar; the second date only where it differs.

    Examples
    --------
    >>> span_text(datetime(2026, 3, 5, 9, 30), datetime(2026, 3, 5, 10, 12, 5))
    '2026-03-05 09:30:00–10:12:05'
    """
    first = f"{start:%Y-%m-%d %H:%M:%S}"
    if end is None or end == start:
        return first
    return f"{first}–{end:%H:%M:%S}" if end.date() == start.date() else f"{first}–{end:%Y-%m-%d %H:%M:%S}"


def worst_cases_first(cases: Iterable[CaseReport]) -> list[CaseReport]:
    """Worst verdict first; of equal ones the less covered, else in the order given."""
    return sorted(cases, key=lambda c: (ORDER.index(c.verdict), 1.0 if c.coverage is None else c.coverage.share))


def files_to_show(report: ArchiveReport) -> list[FileReport]:
    """Files in which something was found or that could not be examined, worst first."""
    loud = [f for f in report.files if f.verdict is not Verdict.CLEAR]
    return sorted(loud, key=lambda f: ORDER.index(f.verdict))

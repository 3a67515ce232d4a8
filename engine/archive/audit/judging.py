"""A case handed over to the rules; a fault in one harms no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine.archive.manifests import LoadedCase, ManifestProblem
from engine.findings import Verdict
from engine.rules.cases.judge_case import judge_case
from engine.rules.cases.manifest import ArchiveSettings, Case, Device
from engine.rules.cases.record import Attachment, RecordFacts, Surroundings
from engine.rules.cases.result import CaseReport
from engine.rules.pack import RulePack


@dataclass(frozen=True, slots=True)
class Archive:
    """What holds for all cases of an archive."""

    settings: ArchiveSettings
    devices: Mapping[str, Device]
    pack: RulePack
    as_of: datetime


def judged(
    loaded: LoadedCase,
    case: Case,
    records: Sequence[RecordFacts],
    attachments: Mapping[str, Attachment],
    surroundings: Surroundings,
    archive: Archive,
) -> CaseReport:
    """What the rules say of a case; whatever they raise becomes a report that says why."""
    try:
        report = judge_case(
            case, records, archive.devices, archive.settings, attachments, surroundings,
            archive.pack, archive.as_of, loaded.folder or loaded.file,
        )  # fmt: skip
    except Exception as error:  # one case's fault must not end the audit
        return _unjudged(loaded, "internal", f"{type(error).__name__}: {error}")
    return _with_problems(report, loaded.problems)


def faulty(loaded: LoadedCase) -> CaseReport:
    """The report of a case whose declaration has errors, or of one that no rules could be applied to."""
    errors = [p for p in loaded.problems if p.grade == "error"]
    if not errors:
        return _unjudged(loaded, "no_rule_pack", "")
    return _unjudged(loaded, "declaration_faulty", errors[0].as_line("en"))


def _unjudged(loaded: LoadedCase, reason: str, detail: str) -> CaseReport:
    report = CaseReport(
        id=loaded.id,
        path=loaded.folder or loaded.file,
        verdict=Verdict.NOT_EXAMINABLE,
        reason=reason,
        coverage=None,
        error=detail or reason,
    )
    return _with_problems(report, loaded.problems)


def _with_problems(report: CaseReport, problems: Sequence[ManifestProblem]) -> CaseReport:
    """The faults of the declaration stand with the paperwork, in both languages."""
    if not problems:
        return report
    return replace(report, paperwork={**report.paperwork, "problems": [problem_entry(p) for p in problems]})


def problem_entry(problem: ManifestProblem) -> dict[str, Any]:
    """A fault of a declaration as JSON has it."""
    return {
        "file": problem.file,
        "line": problem.line,
        "field": problem.field,
        "grade": problem.grade,
        "message": {"en": problem.text("en"), "zh-CN": problem.text("zh")},
    }

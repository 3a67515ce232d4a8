"""Findings about a file that are added to its report when its examination is over."""

from __future__ import annotations

from dataclasses import replace

from engine.findings import (
    Evidence,
    FileReport,
    Finding,
    Kind,
    Level,
    Opinion,
    Outcome,
    Severity,
    Source,
    Verdict,
    verdict_of,
)
from engine.rules.opinions import finding_id
from engine.rules.pack import RulePack


def with_finding(report: FileReport, finding: Finding) -> FileReport:
    """A report with one finding more; the verdict follows."""
    findings = (replace(finding, id=finding_id(report.blake3 or report.path, finding)), *report.findings)
    verdict = verdict_of(findings, examinable=report.verdict is not Verdict.NOT_EXAMINABLE)
    loud = verdict in (Verdict.VIOLATION, Verdict.SUSPICION)
    return replace(report, findings=findings, verdict=verdict, reason="traces_found" if loud else report.reason)


def contradicted(report: FileReport, reason: str, said: str, pack: RulePack) -> FileReport:
    """The report of a file that does not fit its own proof: a violation (E4).

    Parameters
    ----------
    report
        Of the file.
    reason
        Why it does not fit.
    said
        What its verification came to.
    pack
        The rules.
    """
    finding = Finding(
        kind=Kind.TAMPERED,
        severity=Severity.VIOLATION,
        level=Level.E4,
        stream="container",
        start_s=None,
        end_s=None,
        template="proof_contradicts",
        params={"reason": reason},
        evidence=(Evidence(Source.SEAL, "verification", said, "OK"),),
        detector="proof",
        articles=pack.articles_of(Kind.TAMPERED),
    )
    return replace(with_finding(report, finding), integrity=Opinion(Outcome.FOUND, "traces_found"))

"""A file's report in an archive: its path there, what its proof came to, and whether any case speaks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.archive.audit.worker import Record
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
from engine.proofs.verify import Status
from engine.rules.cases.record import ProofFacts
from engine.rules.opinions import finding_id
from engine.rules.pack import RulePack


def in_archive(record: Record, path: str, pack: RulePack) -> Record:
    """The record under its path in the archive, with what its proof came to.

    A file that does not fit its proof is a violation by the archive's own seal (E4).
    """
    report = replace(record.known.report, path=path)
    if record.proof is not None:
        report = _with_proof(report, record.proof, pack)
    return replace(record, path=path, known=replace(record.known, report=report))


def homeless(report: FileReport, pack: RulePack) -> FileReport:
    """The report of a record that no case lists and that lies in no case's folder."""
    severity = pack.severity_of(Kind.UNLISTED, Severity.SUSPICION, "audit")
    finding = Finding(
        kind=Kind.UNLISTED,
        severity=severity,
        level=Level.E0,
        stream="container",
        start_s=None,
        end_s=None,
        template="in_no_case",
        detector="audit",
        articles=pack.articles_of(Kind.UNLISTED),
    )
    return with_finding(report, finding)


def _with_proof(report: FileReport, proof: ProofFacts, pack: RulePack) -> FileReport:
    facts: Mapping[str, Any] = {
        "status": proof.status,
        "signature": proof.signature,
        "sealed_at": None if proof.sealed_at is None else proof.sealed_at.isoformat(),
        "detail": proof.detail or None,
    }
    proved = replace(report, proof={k: v for k, v in facts.items() if v is not None})
    if proof.status != Status.NOT_OK:
        return proved
    finding = Finding(
        kind=Kind.TAMPERED,
        severity=Severity.VIOLATION,
        level=Level.E4,
        stream="container",
        start_s=None,
        end_s=None,
        template="proof_contradicts",
        params={"reason": proof.detail},
        evidence=(Evidence(Source.SEAL, "verification", proof.status, Status.OK.value),),
        detector="proof",
        articles=pack.articles_of(Kind.TAMPERED),
    )
    return replace(with_finding(proved, finding), integrity=Opinion(Outcome.FOUND, "traces_found"))


def with_finding(report: FileReport, finding: Finding) -> FileReport:
    """A report with one finding more; the verdict follows."""
    findings = (replace(finding, id=finding_id(report.blake3 or report.path, finding)), *report.findings)
    examinable = report.verdict is not Verdict.NOT_EXAMINABLE
    verdict = verdict_of(findings, examinable)
    loud = verdict in (Verdict.VIOLATION, Verdict.SUSPICION)
    return replace(report, findings=findings, verdict=verdict, reason="traces_found" if loud else report.reason)

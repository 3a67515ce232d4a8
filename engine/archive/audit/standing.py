"""A file's report in an archive: its path there, what its proof came to, and whether any case speaks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.archive.added import contradicted, with_finding
from engine.archive.audit.worker import Record
from engine.findings import (
    FileReport,
    Finding,
    Kind,
    Level,
    Severity,
)
from engine.proofs.verify import Status
from engine.rules.cases.record import ProofFacts
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
    return contradicted(proved, proof.detail, proof.status, pack)

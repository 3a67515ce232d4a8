"""What a report says of what was found: identifier, articles and weight of a finding, reason of a verdict, opinion."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from blake3 import blake3

from engine.findings import Finding, Opinion, Outcome, Verdict
from engine.rules.pack import PurposeName, RulePack

ID_DIGITS: Final = 16
"""Hexadecimal digits of a finding's identifier: 64 bits."""


def reason_of(verdict: Verdict, obstacle: str | None) -> str:
    """Identifier of the reason for a verdict."""
    if verdict in (Verdict.VIOLATION, Verdict.SUSPICION):
        return "traces_found"
    return "nothing_found" if obstacle is None else obstacle


def integrity_of(verdict: Verdict, obstacle: str | None) -> Opinion:
    """Whether content was deleted, inserted, reordered or replaced, as far as was examined."""
    reason = reason_of(verdict, obstacle)
    if verdict in (Verdict.VIOLATION, Verdict.SUSPICION):
        return Opinion(Outcome.FOUND, reason)
    return Opinion(Outcome.CLEAR if verdict is Verdict.CLEAR else Outcome.NOT_EXAMINABLE, reason)


def finding_id(digest: str, finding: Finding) -> str:
    """Identifier of a finding: stable between runs over the same file.

    Parameters
    ----------
    digest
        BLAKE3 of the file (or the identifier of a case).
    finding
        Kind, stream, start and end in milliseconds and the detector count; score, severity
        and texts do not, so that a reviewer's mark outlives a change of threshold.
    """
    times = ("" if t is None else str(round(t * 1000)) for t in (finding.start_s, finding.end_s))
    parts = (digest, finding.kind, finding.stream, *times, finding.detector)
    return str(blake3("\x1f".join(parts).encode()).hexdigest(length=ID_DIGITS // 2))


def ruled(finding: Finding, digest: str, pack: RulePack, purpose: PurposeName) -> Finding:
    """A finding, and its parts, with identifier, articles, and the weight that the rules give it for a purpose."""
    return replace(
        finding,
        id=finding_id(digest, finding),
        articles=pack.articles_of(finding.kind),
        severity=pack.severity_of(finding.kind, finding.severity, purpose),
        parts=tuple(ruled(part, digest, pack, purpose) for part in finding.parts),
    )

"""What a seal's place in a log does to an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.proofs.envelope import Seal
    from engine.proofs.policy import Policy
    from engine.proofs.verify import VerifyResult


def under_log(policy: Policy, seal: Seal, found: VerifyResult) -> VerifyResult:
    """What was found, with what the log says; with trusted logs or witnesses none is better than that."""
    if not policy.logs and not seal.evidence.log:
        return found
    from engine.proofs.log.note import Algorithm
    from engine.proofs.log.standing import LogLevel, log_standing

    standing = log_standing(seal, policy.logs)
    noted = replace(found, other=(*found.other, standing.note()))
    status = type(found.status)
    if standing.level is LogLevel.INVALID:
        whole = found.status is not status.NOT_OK
        reason, detail = ("log_invalid", standing.detail) if whole else (found.reason, found.detail)
        return replace(noted, status=status.NOT_OK, reason=reason, detail=detail)
    if not policy.logs or found.status is not status.OK or standing.level is LogLevel.COSIGNED:
        return noted
    if standing.level is not LogLevel.LOGGED:
        return replace(noted, status=status.OK_WITH_MISSING_INFO, reason="not_in_log")
    if any(k.algorithm is Algorithm.COSIGNATURE for k in policy.logs):
        return replace(noted, status=status.OK_WITH_MISSING_INFO, reason="not_cosigned")
    return noted

"""What the timestamps of a seal do to an answer."""

from __future__ import annotations

import datetime
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.proofs.problems import ProofProblem

if TYPE_CHECKING:
    from engine.proofs.chain import Stamps
    from engine.proofs.envelope import Seal
    from engine.proofs.policy import Policy
    from engine.proofs.verify import VerifyResult


def stamps_of(seal: Seal, policy: Policy) -> Stamps | None:
    """The timestamps of a seal, checked as of now; None where there are none and none are asked for.

    Raises
    ------
    ProofProblem
        As of `chain.check_stamps`.
    """
    evidence = seal.evidence
    if policy.authorities is None and not evidence.timestamps and not evidence.renewals:
        return None
    from engine.proofs.chain import check_stamps

    return check_stamps(seal, policy.authorities, datetime.datetime.now(datetime.UTC))


def under_stamps(policy: Policy, stamps: Stamps | None, found: VerifyResult) -> VerifyResult:
    """What was found, with what the timestamps say; under a policy none is better than those that hold."""
    if stamps is None:
        return found
    noted = replace(found, other=(*found.other, *stamps.notes))
    if policy.authorities is None or stamps.trusted or found.status != "OK":
        return noted
    return replace(noted, status=type(found.status).OK_WITH_MISSING_INFO, reason="unstamped")


def check_rehashes(
    seal: Seal, recording: str | os.PathLike[str] | None, leaves: Path | None
) -> tuple[dict[str, Any], ...]:
    """Check files against the digests that renewals gave them; notes on those that are not known here.

    Parameters
    ----------
    seal
        With its renewals.
    recording, leaves
        None where it is not as it was sealed, or missing.

    Raises
    ------
    ProofProblem
        ``rehash_differs``; as of `files.blocks`.
    """
    again = [r.rehash for r in seal.evidence.renewals if r.rehash is not None]
    if not again:
        return ()
    from engine.proofs.rehash import ALGORITHMS, holds

    for rehash in again:
        if rehash.algorithm in ALGORITHMS and not holds(rehash, recording, leaves):
            raise ProofProblem("rehash_differs", rehash.algorithm)
    return tuple(
        {"subject": "proof", "change": "rehash_unchecked", "name": r.algorithm}
        for r in again
        if r.algorithm not in ALGORITHMS
    )

"""What verification says of a recording, in the terms that a case is judged on."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime

from engine.proofs import envelope
from engine.proofs.envelope import Seal
from engine.proofs.files import excerpt_proof, proof_paths
from engine.proofs.policy import NO_POLICY, Policy
from engine.proofs.problems import ProofProblem
from engine.proofs.stamped import stamps_of
from engine.proofs.times import instant
from engine.proofs.verify import VerifyResult, verify
from engine.rules.cases.record import ProofFacts

WHOLE: frozenset[str] = frozenset({"untouched", "leaves_missing"})
"""Reasons that imply that the whole file has the digest that its seal states."""

UNREAD: frozenset[str] = frozenset({"missing", "denied", "io_error", "not_a_file", "changed_while_read"})
"""Reasons that speak of reading the recording, not of what stands in it."""

COSIGNED = "cosigned"
"""What `verify` notes of a seal in a trusted log whose checkpoint a trusted witness has cosigned."""

Bytes = Callable[[float, float], None]


def check_proof(path: str, tick: Bytes, policy: Policy | None = None) -> tuple[ProofFacts | None, str | None]:
    """Verify a recording against the proof beside it.

    Parameters
    ----------
    path
        The recording.
    tick
        Called as reading goes on.
    policy
        Whose signatures and timestamps count.

    Returns
    -------
    ProofFacts or None
        What came of it; None where the recording could not be read, which says nothing of its proof.
    str or None
        The file's BLAKE3 where verification has computed it and it is that of the seal: the file
        need not be read again for it.
    """
    result = verify(path, policy=policy, tick=tick)
    if result.reason in UNREAD:
        return None, None
    try:
        seal = envelope.read_seal(proof_paths(path)[0])
    except ProofProblem:
        return _facts(result, None, policy), None
    return _facts(result, seal, policy), seal.header.blake3 if result.reason in WHOLE else None


def has_proof(path: str) -> bool:
    """Whether a recording has a proof of its own beside it, whatever it is worth."""
    return os.path.lexists(proof_paths(path)[0]) or os.path.lexists(excerpt_proof(path))


def _facts(result: VerifyResult, seal: Seal | None, policy: Policy | None) -> ProofFacts:
    detail = result.reason + (f": {result.detail}" if result.detail else "")
    if seal is None:
        return ProofFacts(result.status.value, result.signature, detail=detail)
    stamped = _stamped(seal, policy)
    sealed_at = stamped or instant(str(seal.header.payload["sealed"]["at"]))
    anchored = stamped is not None or any(note.get("change") == COSIGNED for note in result.other)
    return ProofFacts(result.status.value, result.signature, sealed_at, anchored, detail)


def _stamped(seal: Seal, policy: Policy | None) -> datetime | None:
    """From when on a trusted timestamp shows the seal to have been there; None without one."""
    try:
        stamps = stamps_of(seal, policy or NO_POLICY)
    except ProofProblem:
        return None
    return stamps.since if stamps is not None and stamps.trusted else None

"""What verification says of a recording, in the terms that a case is judged on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from engine.proofs import envelope
from engine.proofs.files import proof_paths
from engine.proofs.problems import ProofProblem
from engine.proofs.verify import VerifyResult, verify
from engine.rules.cases.record import ProofFacts

WHOLE: frozenset[str] = frozenset({"untouched", "leaves_missing"})
"""Reasons that imply that the whole file has the digest that its seal states."""

Bytes = Callable[[float, float], None]


def check_proof(path: str, tick: Bytes) -> tuple[ProofFacts, str | None]:
    """Verify a recording against the proof beside it.

    Returns
    -------
    ProofFacts
        What came of it.
    str or None
        The file's BLAKE3 where verification has computed it and it is that of the seal: the file
        need not be read again for it.
    """
    result = verify(path, tick=tick)
    seal, digest = _seal(proof_paths(path)[0])
    return _facts(result, seal), digest if result.reason in WHOLE else None


def _facts(result: VerifyResult, sealed_at: datetime | None) -> ProofFacts:
    detail = result.reason + (f": {result.detail}" if result.detail else "")
    return ProofFacts(result.status.value, result.signature, sealed_at, detail=detail)


def _seal(path: Path) -> tuple[datetime | None, str | None]:
    """(when it was sealed by the sealing host's clock, digest of the recording), as far as the seal says."""
    try:
        header = envelope.read(path)
    except ProofProblem:
        return None, None
    return _time(str(header.payload["sealed"]["at"])), header.blake3


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.utcoffset() is not None else None

"""What sealing comes to, and what it does where a proof stands already: verify it, and perhaps sign it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.proofs import envelope, tree
from engine.proofs.amend import amend
from engine.proofs.envelope import Seal
from engine.proofs.files import Meter, Tick, digest_both, file_state
from engine.proofs.policy import NO_POLICY
from engine.proofs.problems import ProofProblem
from engine.proofs.signing import Signer
from engine.proofs.verify import Status, VerifyResult, check


@dataclass(frozen=True, slots=True)
class SealResult:
    """What sealing came to.

    Parameters
    ----------
    path
        The recording.
    status
        ``sealed``, ``already_sealed``, ``not_ok`` (a proof exists and the recording does not
        fit it: nothing was written) or ``refused``.
    reason
        Identifier, empty where there is nothing to explain.
    detail
        What was seen.
    seal, leaves
        The two files; None where there are none.
    root
        Of the tree, hexadecimal.
    leaf_count
        Leaves of the tree.
    verification
        What the existing proof says, where there is one.
    """

    path: str
    status: str
    reason: str = ""
    detail: str = ""
    seal: Path | None = None
    leaves: Path | None = None
    root: str | None = None
    leaf_count: int = 0
    verification: VerifyResult | None = None


def standing_proof(name: str, seal_path: Path, leaves_path: Path, signers: Sequence[Signer], tick: Tick) -> SealResult:
    """What sealing a recording comes to that has a proof: it is verified, signed if asked for, never replaced."""
    try:
        seal = envelope.read_seal(seal_path)
        old = check(name, seal, leaves_path, NO_POLICY, tick)
    except ProofProblem as problem:
        old = VerifyResult(name, Status.NOT_OK, problem.reason, detail=problem.detail)
        return SealResult(name, "not_ok", old.reason, old.detail, seal_path, leaves_path, verification=old)
    if old.status not in (Status.OK, Status.OK_WITH_MISSING_INFO):
        return SealResult(name, "not_ok", old.reason, old.detail, seal_path, leaves_path, verification=old)
    reason = "already_sealed" if old.status is Status.OK else old.reason
    missing = [s for s in signers if s.public.keyid not in {g.keyid for g in seal.signatures}]
    if missing:
        if old.status is not Status.OK:
            return SealResult(name, "refused", "not_signed", "", seal_path, leaves_path, verification=old)
        _sign(name, seal, seal_path, leaves_path, missing, Meter(tick))
        reason = "signature_added"
    return SealResult(name, "already_sealed", reason, "", seal_path, leaves_path, verification=old)


def _sign(name: str, seal: Seal, seal_path: Path, leaves_path: Path, signers: Sequence[Signer], meter: Meter) -> None:
    """Add signatures to a proof of an untouched recording.

    Whoever signs vouches for the header. So what verification leaves aside is checked first: every
    digest of both files, and that the leaves hash to the root.
    """
    from engine.proofs.parquet import read_leaves

    header = seal.header
    told, state = header.payload["recording"], file_state(name)
    meter.expect(state.size)
    found = digest_both(name, state, meter, ("sm3",) if told["sm3"] else ())
    if (found.size, found.blake3, found.sha256, found.sm3) != tuple(
        told[k] for k in ("size", "blake3", "sha256", "sm3")
    ):
        raise ProofProblem("seal_differs", "digests of the recording")
    covered = digest_both(leaves_path, file_state(leaves_path))
    if (covered.size, covered.blake3, covered.sha256) != tuple(
        header.payload["leaves"][k] for k in ("size", "blake3", "sha256")
    ):
        raise ProofProblem("leaves_differ")
    leaves = read_leaves(leaves_path, header)
    if tree.root(len(leaves), tree.groups(leaves.hashes())).hex() != header.root:
        raise ProofProblem("leaves_differ", "the leaves do not hash to the root")

    def add(now: Seal) -> Seal:
        if now.payload != seal.payload:
            raise ProofProblem("seal_differs", "another proof took its place meanwhile")
        for signer in signers:
            now = signer.seal(now)
        return now

    amend(seal_path, add)

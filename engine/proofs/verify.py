"""Verification: one door, its steps in a readable order, each with one reason to fail.

Nothing but the seal is parsed where the recording is untouched: what reads packets, columns
and arrays is imported only after the whole-file digest differs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.proofs import envelope
from engine.proofs.envelope import Seal
from engine.proofs.files import (
    EXCERPT_SUFFIX,
    LEAVES_SUFFIX,
    SEAL_SUFFIX,
    Meter,
    Tick,
    digest_blake3,
    excerpt_proof,
    file_state,
    no_tick,
    proof_paths,
)
from engine.proofs.header import Header
from engine.proofs.logged import under_log
from engine.proofs.policy import NO_POLICY, NO_STAMPS, Judged, Policy, Standing, judge, summary
from engine.proofs.problems import ProofProblem
from engine.proofs.stamped import check_rehashes, stamps_of, under_stamps

if TYPE_CHECKING:
    from engine.proofs.chain import Stamps


class Status(StrEnum):
    """The four answers."""

    OK = "OK"
    OK_WITH_MISSING_INFO = "OK_WITH_MISSING_INFO"
    NOT_OK = "NOT_OK"
    NOT_SEALED = "NOT_SEALED"


@dataclass(frozen=True, slots=True)
class FrameRun:
    """A run of video frames that differ, both ends included.

    Parameters
    ----------
    change
        ``altered``, ``deleted``, ``inserted`` or ``moved``.
    start_frame, end_frame
        Numbers in presentation order, from 0: of the sealed recording, for ``inserted`` of
        the presented file.
    """

    change: str
    start_frame: int
    end_frame: int


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """What verification came to.

    Parameters
    ----------
    path
        The file that was checked.
    status
        The answer.
    reason
        Stable identifier; a key of `engine.proofs.telling.TEXTS`, or of the texts for files.
    signature
        ``none``, or each signature's standing, key identifier and owner; see `engine.proofs.policy`.
    frames
        Runs of frames that differ, by start.
    other
        What differs in sound, streams, container and proof: plain JSON objects with
        ``subject`` and ``change``.
    detail
        What was seen, in a few words.
    """

    path: str
    status: Status
    reason: str
    signature: str = "none"
    frames: tuple[FrameRun, ...] = ()
    other: tuple[Mapping[str, Any], ...] = ()
    detail: str = ""


def verify(
    path: str | os.PathLike[str],
    proof: str | os.PathLike[str] | None = None,
    policy: Policy | None = None,
    tick: Tick = no_tick,
) -> VerifyResult:
    """Check a file against its proof.

    Parameters
    ----------
    path
        The file.
    proof
        Its seal; by default the one beside it, else the proof of an excerpt beside it. The leaves are
        looked for beside the seal.
    policy
        Whose signatures are trusted. With one, a proof without a trusted signature is never
        better than ``OK_WITH_MISSING_INFO``; a signature of a known key that does not verify is
        ``NOT_OK``.
    tick
        Called with how far it is, in bytes.

    Returns
    -------
    VerifyResult
        Never raises for what the file or the proof may hold.
    """
    name = os.fspath(path)
    seal_path = Path(proof) if proof is not None else _proof_beside(name)
    if seal_path.name.endswith(EXCERPT_SUFFIX):
        return _excerpt(name, seal_path, policy or NO_POLICY, tick)
    try:
        seal = envelope.read_seal(seal_path)
    except ProofProblem as problem:
        if problem.reason == "no_seal":
            return _not_sealed(name, seal_path, problem)
        return VerifyResult(name, Status.NOT_OK, problem.reason, detail=problem.detail)
    return check(name, seal, leaves_beside(seal_path), policy or NO_POLICY, tick)


def check(name: str, seal: Seal, leaves_path: Path, policy: Policy = NO_POLICY, tick: Tick = no_tick) -> VerifyResult:
    """Check a file against a seal that was read already; everything else as of `verify`."""
    stamps = None
    try:
        stamps = stamps_of(seal, policy)
        found = _against(name, seal.header, leaves_path, Meter(tick))
        found = replace(found, other=(*found.other, *_rehashes(name, seal, leaves_path, found)))
    except ProofProblem as problem:
        found = VerifyResult(name, Status.NOT_OK, problem.reason, detail=problem.detail)
    return believed(policy, seal, stamps, found)


def believed(policy: Policy, seal: Seal, stamps: Stamps | None, found: VerifyResult) -> VerifyResult:
    """What was found of the content, with what signatures, timestamps and log are worth under a policy."""
    judged = judge(seal, policy, stamps.signed if stamps else NO_STAMPS)
    return under(policy, judged, under_log(policy, seal, under_stamps(policy, stamps, found)))


def _rehashes(name: str, seal: Seal, leaves_path: Path, found: VerifyResult) -> tuple[Mapping[str, Any], ...]:
    whole = found.reason in ("untouched", "leaves_missing")
    leaves = "leaves_missing" not in found.reason and found.reason != "leaves_differ"
    return check_rehashes(seal, name if whole else None, leaves_path if leaves else None)


def under(policy: Policy, judged: tuple[Judged, ...], found: VerifyResult) -> VerifyResult:
    """What was found of the content, with what the signatures are worth."""
    result = replace(found, signature=summary(judged))
    standings = {j.standing for j in judged}
    if Standing.INVALID in standings:
        note = {"subject": "proof", "change": "signature_invalid"}
        whole = found.status is not Status.NOT_OK
        reason, detail = ("signature_invalid", "") if whole else (found.reason, found.detail)
        return replace(result, status=Status.NOT_OK, reason=reason, detail=detail, other=(*found.other, note))
    if not policy.active or Standing.TRUSTED in standings:
        return result
    reason = "untrusted" if judged else "unsigned"
    change = "signature_untrusted" if judged else "unsigned"
    noted = replace(result, other=(*found.other, {"subject": "proof", "change": change}))
    if found.status is Status.OK:
        return replace(noted, status=Status.OK_WITH_MISSING_INFO, reason=reason)
    return noted


def _proof_beside(name: str) -> Path:
    """The seal, or the proof of an excerpt where there is no seal."""
    seal_path = proof_paths(name)[0]
    excerpt_path = excerpt_proof(name)
    return excerpt_path if not os.path.lexists(seal_path) and os.path.lexists(excerpt_path) else seal_path


def _excerpt(name: str, proof: Path, policy: Policy, tick: Tick) -> VerifyResult:
    from engine.proofs.excerpt_check import check_excerpt

    try:
        return check_excerpt(name, proof, policy, tick)
    except ProofProblem as problem:
        if problem.reason == "no_seal":
            return _not_sealed(name, proof, problem)
        return VerifyResult(name, Status.NOT_OK, problem.reason, detail=problem.detail)


def _not_sealed(name: str, seal_path: Path, problem: ProofProblem) -> VerifyResult:
    """Says rather that the file is missing or unreadable, where it is; and names leaves that lost their seal."""
    try:
        file_state(name)
    except ProofProblem as found:
        problem = found
    alone = os.path.lexists(leaves_beside(seal_path))
    other = ({"subject": "proof", "change": "seal_missing"},) if alone else ()
    return VerifyResult(name, Status.NOT_SEALED, problem.reason, other=other, detail=problem.detail)


def leaves_beside(seal_path: Path) -> Path:
    """Where the leaves of a seal lie."""
    name = seal_path.name
    stem = name[: -len(SEAL_SUFFIX)] if name.endswith(SEAL_SUFFIX) else seal_path.stem
    return seal_path.with_name(stem + LEAVES_SUFFIX)


def _against(name: str, header: Header, leaves_path: Path, meter: Meter) -> VerifyResult:
    state = file_state(name)
    meter.expect(state.size if state.size == header.size else 0)
    whole = state.size == header.size and digest_blake3(name, state, meter) == header.blake3
    leaves = _leaves_state(leaves_path, header)
    if whole and leaves == "covered":
        return VerifyResult(name, Status.OK, "untouched")
    if whole and leaves == "missing":
        other = ({"subject": "proof", "change": "leaves_missing"},)
        return VerifyResult(name, Status.OK_WITH_MISSING_INFO, "leaves_missing", other=other)
    if leaves == "differ":
        other = ({"subject": "proof", "change": "leaves_differ"},)
        return VerifyResult(name, Status.NOT_OK, "leaves_differ", other=other)
    if leaves == "missing":
        other = ({"subject": "proof", "change": "leaves_missing"},)
        return VerifyResult(name, Status.NOT_OK, "differs_and_leaves_missing", other=other)
    from engine.proofs.examine import examine

    return examine(name, header, leaves_path, meter)


def _leaves_state(path: Path, header: Header) -> str:
    """``covered``, ``missing`` or ``differ``: the leaves are those that the header covers, byte for byte."""
    try:
        state = file_state(path)
    except ProofProblem as problem:
        return "missing" if problem.reason == "missing" else "differ"
    if state.size != header.payload["leaves"]["size"]:
        return "differ"
    return "covered" if digest_blake3(path, state) == header.payload["leaves"]["blake3"] else "differ"

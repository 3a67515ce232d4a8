"""Checking a log and what stands in it, for people: one report, no exception for what may be found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from engine.proofs.base64_text import to_base64
from engine.proofs.envelope import read_seal
from engine.proofs.evidence import LogInclusion
from engine.proofs.log.attach import best_proof, continued_index
from engine.proofs.log.checkpoint import Checkpoint, open_checkpoint
from engine.proofs.log.log import Log
from engine.proofs.log.note import Algorithm, VerifierKey
from engine.proofs.log.standing import LogLevel, LogStanding, better, cosigned_times, judge, log_standing, spelled
from engine.proofs.logentry import log_entry
from engine.proofs.problems import ProofProblem

SCHEMA: Final = "unbroken.log/1"

FOUND: Final = frozenset(
    {
        "checkpoint_foreign",
        "checkpoint_malformed",
        "log_differs",
        "log_fork",
        "log_invalid",
        "log_rollback",
        "not_logged",
        "note_malformed",
        "note_signature",
        "tile_damaged",
        "tile_missing",
    }
)
"""Reasons that say something about the log or a seal; others say that it could not be examined."""


@dataclass(frozen=True, slots=True)
class LogReport:
    """What a log itself looks like.

    Parameters
    ----------
    folder
        Where it lies.
    checkpoint
        The current one; None if it cannot be believed.
    trusted
        Whether the log's key was given by whoever checks; else it is the folder's own word.
    cosigned
        The newest checkpoint that a trusted witness cosigned.
    times
        Name of each of these witnesses, with the time in seconds since the epoch.
    continues
        Size of an older checkpoint that it continues, where that was asked.
    reason, detail
        What is wrong; empty if nothing is.
    """

    folder: Path
    checkpoint: Checkpoint | None = None
    trusted: bool = False
    cosigned: Checkpoint | None = None
    times: tuple[tuple[str, int], ...] = ()
    continues: int | None = None
    reason: str = ""
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it stands in the JSON of ``unbroken log verify``."""
        at = self.checkpoint
        return {
            "folder": str(self.folder),
            "origin": at.origin if at else None,
            "size": at.size if at else None,
            "root": at.root.hex() if at else None,
            "key_trusted": self.trusted,
            "cosigned": {
                "size": self.cosigned.size,
                "witnesses": [{"name": name, "at": spelled(when)} for name, when in self.times],
            }
            if self.cosigned
            else None,
            "continues": self.continues,
            "reason": f"{self.reason}: {self.detail}" if self.detail else self.reason or None,
        }


@dataclass(frozen=True, slots=True)
class SealReport:
    """What a log says about one seal; `reason` is empty where that is good."""

    seal: Path
    standing: LogStanding | None
    reason: str = ""
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it stands in the JSON of ``unbroken log verify``."""
        reason = f"{self.reason}: {self.detail}" if self.detail else self.reason
        note = self.standing.note() if self.standing else {}
        return {"seal": str(self.seal), **{k: v for k, v in note.items() if k != "subject"}, "reason": reason or None}


def open_log(folder: Path, keys: Sequence[VerifierKey]) -> tuple[Log, bool]:
    """A log under a trusted key where `keys` hold one of its name; else under the key in its own folder.

    Raises
    ------
    ProofProblem
        ``no_log``, ``vkey_malformed``; ``checkpoint_foreign`` if there are trusted log keys, and none is its.
    """
    log = Log.open(folder)
    logs = [k for k in keys if k.algorithm is Algorithm.ED25519]
    mine = next((k for k in logs if k.name == log.key.name), None)
    if mine is None:
        if logs:
            raise ProofProblem("checkpoint_foreign", log.key.name)
        return log, False
    return Log(log.folder, mine), True


def check_log(folder: Path, keys: Sequence[VerifierKey], whole: bool = True) -> LogReport:
    """Check a log's checkpoint and cosignatures and, if `whole`, every entry and tile."""
    report = LogReport(folder)
    try:
        log, trusted = open_log(folder, keys)
        signed = log.check() if whole else log.checkpoint()
        report = replace(report, checkpoint=signed.checkpoint, trusted=trusted)
        cosigned = log.cosigned()
        times = cosigned_times(cosigned, witnesses_of(keys)) if cosigned else {}
        if cosigned is not None and times:
            report = replace(report, cosigned=cosigned.checkpoint, times=tuple(sorted(times.items())))
            log.continues(cosigned.checkpoint)
    except ProofProblem as problem:
        return replace(report, reason=problem.reason, detail=problem.detail)
    return report


def check_old(report: LogReport, keys: Sequence[VerifierKey], old: bytes) -> LogReport:
    """`report`, with what is wrong if the log does not continue a checkpoint that was kept elsewhere."""
    try:
        log, _ = open_log(report.folder, keys)
        before = open_checkpoint(old, log.key).checkpoint
        log.continues(before)
    except ProofProblem as problem:
        return replace(report, reason=problem.reason, detail=problem.detail)
    return replace(report, continues=before.size)


def check_seal(log: Log, keys: Sequence[VerifierKey], path: Path) -> SealReport:
    """Whether a seal is in the log as that stands now, and what its own evidence is worth."""
    try:
        seal = read_seal(path)
        trusted = (log.key, *(k for k in keys if k != log.key))
        carried = log_standing(seal, trusted)
        if carried.level is LogLevel.INVALID:
            return SealReport(path, carried, "log_invalid", carried.detail)
        entry = log_entry(seal)
        index = continued_index(seal, log)
        number = log.find(entry) if index is None else index
        if number is None:
            return SealReport(path, carried, "not_logged")
        proof = best_proof(log, entry, number)
        inclusion = LogInclusion(log.key.name, number, proof.path, str(proof.signed.note))
        return SealReport(path, better(carried, judge(inclusion, entry, log.key, witnesses_of(keys))))
    except ProofProblem as problem:
        return SealReport(path, None, problem.reason, problem.detail)


def witnesses_of(keys: Sequence[VerifierKey]) -> list[VerifierKey]:
    """Keys that cosign."""
    return [k for k in keys if k.algorithm is Algorithm.COSIGNATURE]


def tlog_proof(log: Log, path: Path) -> str:
    """The proof that a seal is in the log, as a file of its own (https://c2sp.org/tlog-proof).

    Raises
    ------
    ProofProblem
        ``not_logged``; as of `read_seal` and `Log.prove`.
    """
    seal = read_seal(path)
    entry = log_entry(seal)
    index = continued_index(seal, log)
    number = log.find(entry) if index is None else index
    if number is None:
        raise ProofProblem("not_logged")
    proof = best_proof(log, entry, number)
    lines = ["c2sp.org/tlog-proof@v1", f"index {number}", *(to_base64(h) for h in proof.path)]
    return "\n".join([*lines, "", str(proof.signed.note)])

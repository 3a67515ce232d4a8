"""What a seal's inclusion in a log is worth to somebody who trusts certain logs and witnesses."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from engine.proofs.envelope import Seal
from engine.proofs.evidence import LogInclusion
from engine.proofs.log.checkpoint import Signed, open_checkpoint
from engine.proofs.log.log import Proof
from engine.proofs.log.note import Algorithm, VerifierKey
from engine.proofs.logentry import log_entry
from engine.proofs.problems import ProofProblem


class LogLevel(StrEnum):
    """What the log says about a seal, from worst to best."""

    INVALID = "log_invalid"
    """It claims to stand in a trusted log, and the proof does not hold."""
    NOT_LOGGED = "not_logged"
    """It claims nothing."""
    UNTRUSTED = "log_untrusted"
    """It stands in a log that is not trusted here."""
    LOGGED = "logged"
    """In a trusted log; whoever runs that could still rewrite it."""
    COSIGNED = "cosigned"
    """In a trusted log, as of a checkpoint that a trusted witness cosigned (evidence level E5)."""


@dataclass(frozen=True, slots=True)
class LogStanding:
    """What the log says about a seal.

    Parameters
    ----------
    level
        In a word.
    origin
        The log; None where there is none.
    index
        Of the entry.
    since
        The earliest time, in seconds since the epoch, at which a trusted witness cosigned a
        checkpoint with the entry: the seal was there by then.
    at
        The latest such time: so far the log is known not to have been rewritten.
    witnesses
        Names of the trusted witnesses that cosigned, each once.
    detail
        What was seen.
    """

    level: LogLevel
    origin: str | None = None
    index: int | None = None
    since: int | None = None
    at: int | None = None
    witnesses: tuple[str, ...] = ()
    detail: str = ""

    def note(self) -> dict[str, Any]:
        """As an entry of ``other`` in the answer of ``verify``."""
        found: dict[str, Any] = {"subject": "proof", "change": self.level.value}
        if self.origin is not None:
            found |= {"log": self.origin, "index": self.index}
        if self.at is not None and self.since is not None:
            found |= {"since": spelled(self.since), "at": spelled(self.at), "witnesses": list(self.witnesses)}
        return found


def log_standing(seal: Seal, keys: Sequence[VerifierKey]) -> LogStanding:
    """Judge all inclusions that a seal carries.

    Parameters
    ----------
    seal
        As it was read.
    keys
        Trusted ones: plain keys are those of logs, cosignature keys those of witnesses.

    Returns
    -------
    LogStanding
        The best of what holds; `LogLevel.INVALID` as soon as one that names a trusted log does not.
    """
    logs = {k.name: k for k in keys if k.algorithm is Algorithm.ED25519}
    witnesses = [k for k in keys if k.algorithm is Algorithm.COSIGNATURE]
    entry = log_entry(seal)
    best = LogStanding(LogLevel.NOT_LOGGED)
    for inclusion in seal.evidence.log:
        found = judge(inclusion, entry, logs.get(inclusion.origin), witnesses)
        if found.level is LogLevel.INVALID:
            return found
        best = better(best, found)
    return best


def judge(
    inclusion: LogInclusion, entry: bytes, log: VerifierKey | None, witnesses: Sequence[VerifierKey]
) -> LogStanding:
    """What one inclusion is worth; `log` is None if its log is not trusted."""
    if log is None:
        return LogStanding(LogLevel.UNTRUSTED, inclusion.origin, inclusion.index)
    try:
        signed = open_checkpoint(inclusion.checkpoint.encode(), log)
        times = cosigned_times(signed, witnesses)
    except ProofProblem as problem:
        return LogStanding(LogLevel.INVALID, inclusion.origin, inclusion.index, detail=str(problem))
    if not Proof(inclusion.index, inclusion.path, signed).holds(entry):
        return LogStanding(LogLevel.INVALID, inclusion.origin, inclusion.index, detail="path")
    if not times:
        return LogStanding(LogLevel.LOGGED, inclusion.origin, inclusion.index)
    values, names = times.values(), tuple(sorted(times))
    return LogStanding(LogLevel.COSIGNED, inclusion.origin, inclusion.index, min(values), max(values), names)


def cosigned_times(signed: Signed, witnesses: Iterable[VerifierKey]) -> dict[str, int]:
    """Name of each witness that cosigned a checkpoint, with the time, in seconds since the epoch.

    Raises
    ------
    ProofProblem
        ``note_signature`` if the line of one of them does not verify.
    """
    return {key.name: at for key, at in signed.note.verified(witnesses).items()}


_ORDER: Final = tuple(LogLevel)


def better(one: LogStanding, other: LogStanding) -> LogStanding:
    """The better of two standings; two cosigned ones of one log are joined."""
    if one.level is other.level is LogLevel.COSIGNED and one.origin == other.origin:
        names = tuple(sorted({*one.witnesses, *other.witnesses}))
        times = [t for t in (one.since, one.at, other.since, other.at) if t is not None]
        return LogStanding(one.level, one.origin, other.index, min(times), max(times), names)
    return other if _ORDER.index(other.level) > _ORDER.index(one.level) else one


def read_keys(path: str | os.PathLike[str]) -> tuple[VerifierKey, ...]:
    """Trusted logs and witnesses from a file: a verifier key a line; lines that begin with ``#`` are remarks.

    Raises
    ------
    ProofProblem
        ``vkeys_unreadable`` with the file, ``vkey_malformed`` with the line.
    """
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ProofProblem(
            "vkeys_unreadable", f"{os.fspath(path)}: {getattr(error, 'strerror', None) or error}"
        ) from error
    lines = [line.strip() for line in text.splitlines()]
    return tuple(dict.fromkeys(VerifierKey.parse(line) for line in lines if line and not line.startswith("#")))


def spelled(at: int) -> str:
    """Seconds since the epoch as ISO 8601 in UTC; where no calendar has them, as digits."""
    try:
        return datetime.datetime.fromtimestamp(at, datetime.UTC).isoformat()
    except (OverflowError, OSError, ValueError):
        return str(at)

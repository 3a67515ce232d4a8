"""Reading the access register: whether each line follows from the one before it, and where the first does not."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from engine.proofs.problems import ProofProblem
from engine.proofs.register_lines import Entry, Kind, parse


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain does not hold.

    Parameters
    ----------
    line
        From 1; one behind the last line where lines at the end are missing.
    change
        ``edited``, ``removed``, ``reordered``, ``truncated``, ``torn``, or ``unapproved``: a use
        that no approval before it allows.
    detail
        What was seen, in a few words.
    """

    line: int
    change: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """A register as it was read.

    Parameters
    ----------
    entries
        All entries before the first break.
    broken
        None if the chain holds.
    """

    entries: tuple[Entry, ...]
    broken: Break | None

    @property
    def head(self) -> str | None:
        """Hash of the last entry: what is to be remembered elsewhere; None for an empty register."""
        return self.entries[-1].hash if self.entries else None


def read(register: str | os.PathLike[str]) -> tuple[Entry, ...]:
    """All entries, the chain checked.

    Raises
    ------
    ProofProblem
        ``no_register``, ``denied``; ``register_torn`` or ``register_broken`` with the line.
    """
    chain = verify(register)
    if chain.broken is not None:
        reason = "register_torn" if chain.broken.change == "torn" else "register_broken"
        raise ProofProblem(reason, f"{chain.broken.line}")
    return chain.entries


def verify(register: str | os.PathLike[str], head: str | None = None) -> Chain:
    """Check the chain and name the first break.

    Parameters
    ----------
    register
        The file.
    head
        Hash of an entry that was the last one at some time; it has to be in the chain still.

    Raises
    ------
    ProofProblem
        ``no_register`` or ``denied``: it cannot be read at all.
    """
    entries: list[Entry] = []
    lines = _lines(Path(register))
    broken = _follow(lines, entries)
    if broken is None and head is not None and head not in {e.hash for e in entries}:
        broken = Break(len(lines) + 1, "truncated", head[:16])
    return Chain(tuple(entries), broken)


def _follow(lines: list[bytes], entries: list[Entry]) -> Break | None:
    """Go along the lines, collect entries that follow from one another, and stop at the first that does not."""
    approvals: dict[str, Entry] = {}
    number = 0
    while number < len(lines):
        line, number = lines[number], number + 1
        if not line.endswith(b"\n"):
            return Break(number, "torn", f"{len(line)} bytes")
        entry = parse(line[:-1], number)
        if entry is None:
            following = parse(lines[number][:-1], number + 1) if number < len(lines) else None
            if following is None or not _recovers(following, line[:-1]) or not fits(following, entries):
                return Break(number, "edited", "no entry")
            number += 1
            entry = following
        if (wrong := _misfit(entry, entries, number)) is not None:
            return wrong
        if entry.kind is Kind.USE and not _allowed(entry, approvals.get(entry.approval or "")):
            return Break(number, "unapproved", entry.id)
        if entry.kind is Kind.APPROVAL:
            approvals[entry.hash] = entry
        entries.append(entry)
    return None


def _allowed(use: Entry, approval: Entry | None) -> bool:
    if approval is None or approval.what is None or use.what is None:
        return False
    same = (use.who, use.approver, use.action) == (approval.who, approval.approver, approval.action)
    return same and use.what.blake3 == approval.what.blake3 and approval.what.span.covers(use.what.span)


def _recovers(entry: Entry, torn: bytes) -> bool:
    found = {"bytes": len(torn), "blake3": blake3(torn).hexdigest()}
    return entry.kind is Kind.RECOVERY and entry.torn == found


def fits(entry: Entry, before: Sequence[Entry]) -> bool:
    """Whether an entry may stand behind others."""
    return _misfit(entry, before, 0) is None


def _misfit(entry: Entry, before: Sequence[Entry], number: int) -> Break | None:
    expected = len(before) + 1
    if entry.sequence != expected:
        known = any(e.sequence == entry.sequence for e in before)
        change = "reordered" if known or entry.sequence < expected else "removed"
        return Break(number, change, f"entry {entry.sequence} where {expected} belongs")
    if entry.previous != (before[-1].hash if before else None):
        line = before[-1].line if before else number
        return Break(line, "edited", f"entry {expected} was written after another entry {expected - 1}")
    return None


def _lines(path: Path) -> list[bytes]:
    """Lines with their line feeds; a carriage return is part of a line (and makes it none of ours)."""
    parts = content_of(path).split(b"\n")
    whole = [p + b"\n" for p in parts[:-1]]
    return [*whole, parts[-1]] if parts[-1] else whole


def content_of(path: Path) -> bytes:
    """The register's bytes; errors as of `verify`."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ProofProblem("no_register", str(path)) from error
    except (OSError, ValueError) as error:
        raise ProofProblem("denied", getattr(error, "strerror", None) or str(error)) from error

"""The access register: who may see, copy, cut or hand out a recording, who approved it, and what was done.

An append-only file of lines. Each line is a JSON object in RFC 8785 form with its place and the
hash of the line before it, so that a line that is removed, edited or moved shows; whether the last
ones were cut off shows against a head that was remembered elsewhere.

Source: Zhejiang rules on recordings of law enforcement, articles 21 and 22: access and copying need
approval, and who, approver, time and reason are entered.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import rfc8785
from blake3 import blake3

from engine.proofs.files import sync_folder
from engine.proofs.locking import locked, replace_file, write_all
from engine.proofs.problems import ProofProblem
from engine.proofs.register_chain import Break, Chain, content_of, fits, read, verify
from engine.proofs.register_lines import (
    MAX_LINE,
    SCHEMA,
    WHOLE,
    Action,
    Entry,
    Kind,
    Span,
    Target,
    parse,
    wrong_field,
)

__all__ = [
    "MAX_LINE",
    "SCHEMA",
    "WHOLE",
    "Action",
    "Break",
    "Chain",
    "Entry",
    "Kind",
    "Span",
    "Target",
    "approve",
    "enter_use",
    "find_approval",
    "read",
    "recover",
    "verify",
]

_LOCK: Final = ".lock"


def approve(
    register: str | os.PathLike[str], *, who: str, approver: str, reason: str, action: Action, what: Target
) -> Entry:
    """Enter an approval: `approver` allows `who` to do `action` with `what`.

    Parameters
    ----------
    register
        The file; it is made if it is not there, its folder is not.
    who, approver
        Two different people.
    reason
        Why, in a sentence.
    action
        What is allowed; nothing else is.
    what
        The recording, and which part of it.

    Returns
    -------
    Entry
        As it stands in the register; its `id` is what to refer to.

    Raises
    ------
    ProofProblem
        ``own_approval``, ``register_field`` (a text that is empty or too long), ``register_torn``,
        ``register_broken`` (the last line cannot be read), ``busy``, ``cannot_write``.
    """
    if _spoken(who) == _spoken(approver):
        raise ProofProblem("own_approval", who)
    return _append(
        _place(register),
        {
            "kind": Kind.APPROVAL.value,
            "who": who,
            "approver": approver,
            "reason": reason,
            "action": action.value,
            "what": what.to_json(),
        },
    )


def _spoken(name: str) -> list[str]:
    """A name without what differs in writing alone: case, spaces, forms of one character."""
    return unicodedata.normalize("NFKC", name).casefold().split()


def enter_use(
    register: str | os.PathLike[str],
    approval: Entry,
    *,
    span: Span = WHOLE,
    result: Target | None = None,
    reason: str | None = None,
) -> Entry:
    """Enter that what `approval` allows was done.

    Parameters
    ----------
    register
        The file that holds `approval`.
    approval
        As `find_approval` gave it.
    span
        Which part was taken; has to lie within what was approved.
    result
        Name and digest of the file that was made, if one was.
    reason
        Why now; None: as approved.

    Raises
    ------
    ProofProblem
        ``no_approval`` if the approval does not cover it, and as of `approve`.
    """
    if approval.kind is not Kind.APPROVAL or approval.what is None or not approval.what.span.covers(span):
        raise ProofProblem("no_approval", approval.id)
    assert approval.action is not None
    return _append(
        _place(register),
        {
            "kind": Kind.USE.value,
            "who": approval.who,
            "approver": approval.approver,
            "reason": approval.reason if reason is None else reason,
            "action": approval.action.value,
            "what": Target(approval.what.name, approval.what.blake3, span).to_json(),
            "approval": approval.hash,
            "result": None if result is None else {"name": result.name, "blake3": result.blake3},
        },
    )


def find_approval(
    register: str | os.PathLike[str], recording: str, action: Action, span: Span = WHOLE, who: str | None = None
) -> Entry | None:
    """The newest approval that covers an action, or None.

    Parameters
    ----------
    register
        The file; its whole chain is checked first, since nothing in a broken one is believed.
    recording
        BLAKE3 of the recording, hexadecimal.
    action
        What is to be done; an approval of another action does not allow it.
    span
        Which part of the recording.
    who
        For whom; None: whoever the approval names.

    Raises
    ------
    ProofProblem
        As of `read`.
    """
    fitting = [
        e
        for e in read(register)
        if e.kind is Kind.APPROVAL
        and e.action is action
        and e.what is not None
        and e.what.blake3 == recording
        and e.what.span.covers(span)
        and who in (None, e.who)
    ]
    return fitting[-1] if fitting else None


def recover(register: str | os.PathLike[str], who: str) -> Entry | None:
    """Close a last line that a crash left unfinished; nothing is taken away.

    A line that is whole but for its line feed gets it and counts (None is returned). Any other one
    stays in the file as it is, and an entry behind it says how many bytes are no entry. The file is
    replaced in one step.

    Raises
    ------
    ProofProblem
        ``register_not_torn`` if the last line is whole; ``register_broken`` if the chain is broken
        elsewhere; as of `approve` for the rest.
    """
    path = _place(register)
    with _writing(path):
        data = content_of(path)
        chain = verify(path)
        if chain.broken is None or chain.broken.change != "torn":
            if chain.broken is not None:
                raise ProofProblem("register_broken", f"{chain.broken.line}")
            raise ProofProblem("register_not_torn")
        torn = data[data.rfind(b"\n") + 1 :]
        whole = parse(torn, len(chain.entries) + 1)
        if whole is not None and fits(whole, chain.entries):
            replace_file(path, data + b"\n")
            return None
        fields = {
            "kind": Kind.RECOVERY.value,
            "who": who,
            "torn": {"bytes": len(torn), "blake3": blake3(torn).hexdigest()},
        }
        line = _line(fields, chain.entries[-1] if chain.entries else None)
        replace_file(path, data + b"\n" + line + b"\n")
        return verify(path).entries[-1]


# ---- writing ----------------------------------------------------------------------------------


def _place(register: str | os.PathLike[str]) -> Path:
    """Where the file itself lies: one register has one lock and is replaced as one, by whatever link it is reached."""
    return Path(os.path.realpath(register))


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        with locked(path.with_name(path.name + _LOCK)):
            yield
    except OSError as error:
        raise ProofProblem("cannot_write", f"{path}: {error.strerror or error}") from error


def _append(path: Path, fields: dict[str, Any]) -> Entry:
    """Write one line at the end, synced; what was written only in part is taken back, if that can still be done."""
    with _writing(path):
        new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            last = _last(descriptor, size)
            line = _line(fields, last)
            try:
                write_all(descriptor, line + b"\n")
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, size)
                raise
        finally:
            os.close(descriptor)
        if new:
            sync_folder(path.parent)
    entry = parse(line, 0)
    assert entry is not None
    return entry


def _last(descriptor: int, size: int) -> Entry | None:
    """The last entry, from the last line alone."""
    if not size:
        return None
    start = max(size - MAX_LINE - 2, 0)
    tail = os.pread(descriptor, size - start, start)
    if not tail.endswith(b"\n"):
        raise ProofProblem("register_torn")
    entry = parse(tail[:-1].rpartition(b"\n")[2], 0)
    if entry is None:
        raise ProofProblem("register_broken")
    return entry


def _line(fields: dict[str, Any], last: Entry | None) -> bytes:
    content = {
        "schema": SCHEMA,
        "sequence": last.sequence + 1 if last else 1,
        "previous": last.hash if last else None,
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        **fields,
    }
    try:
        line = rfc8785.dumps(content)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise ProofProblem("register_field") from error
    if parse(line, 0) is None:
        raise ProofProblem("register_field", wrong_field(json.loads(line)) or "")
    return line

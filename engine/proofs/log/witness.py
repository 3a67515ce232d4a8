"""A witness: cosigns a log's checkpoints, each only if it continues the last one that it saw.

The state file is what makes a witness one. It is written before a signature leaves: a witness that
is ended in between has seen a checkpoint that it did not sign, which harms nobody.

Source: https://c2sp.org/tlog-cosignature, https://c2sp.org/tlog-witness.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.proofs.base64_text import from_base64, to_base64
from engine.proofs.locking import locked, replace_file
from engine.proofs.log.checkpoint import Signed, open_checkpoint
from engine.proofs.log.hashes import EMPTY, check_consistency
from engine.proofs.log.note import Algorithm, Note, Signer, VerifierKey
from engine.proofs.problems import ProofProblem

SCHEMA: Final = "unbroken.witness/1"

Prove = Callable[[int, Signed], list[bytes]]
"""(entries of the older tree, the newer checkpoint) -> consistency proof; from the log, and not believed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The last checkpoint of a log that a witness saw.

    Parameters
    ----------
    key
        The log's.
    size, root
        As the checkpoint said.
    """

    key: VerifierKey
    size: int
    root: bytes


def cosign(data: bytes, prove: Prove, signer: Signer, state: Path, at: int, log: VerifierKey | None = None) -> Note:
    """Check a checkpoint against the last one seen, remember it, and cosign it.

    Parameters
    ----------
    data
        The checkpoint as the log serves it.
    prove
        Gives the consistency proof.
    signer
        The witness's, of `Algorithm.COSIGNATURE`.
    state
        The witness's memory; made where `log` names the key of a log that it never saw.
    at
        Seconds since the epoch: the witness's own clock.
    log
        Key of the log, needed the first time; later it must be the same.

    Returns
    -------
    Note
        The checkpoint with the cosignature behind its signatures.

    Raises
    ------
    ProofProblem
        ``log_unknown`` if the witness never saw the log and no key is given; ``log_key`` if it is
        another key; ``checkpoint_foreign``, ``note_signature``, ``note_malformed``;
        ``log_rollback`` for fewer entries than seen; ``log_fork`` for a tree that does not
        continue the one seen; ``state_unreadable``, ``cannot_write``.
    """
    if signer.algorithm is not Algorithm.COSIGNATURE:
        raise ProofProblem("witness_key", signer.name)
    state = Path(os.path.realpath(state))  # one memory, by whatever link it is reached
    with locked(state.with_name(state.name + ".lock")):
        seen = read_state(state)
        origin = data.split(b"\n", 1)[0].decode("utf-8", "replace")
        last = seen.get(origin)
        if last is not None and log not in (None, last.key):
            raise ProofProblem("log_key", origin[:80])
        key = last.key if last is not None else log
        if key is None or key.name != origin:
            raise ProofProblem("log_unknown", origin[:80])
        signed = open_checkpoint(data, key)
        _continues(last, signed, prove)
        seen[origin] = Seen(key, signed.checkpoint.size, signed.checkpoint.root)
        try:
            replace_file(state, _state_bytes(seen))
        except OSError as error:
            raise ProofProblem("cannot_write", f"{state}: {error.strerror or error}") from error
    line = signer.line(signed.note.text, at)
    return Note.parse((str(signed.note) + line).encode())


def _continues(last: Seen | None, signed: Signed, prove: Prove) -> None:
    new = signed.checkpoint
    size, root = (last.size, last.root) if last is not None else (0, EMPTY)
    if new.size < size:
        raise ProofProblem("log_rollback", f"{new.size} < {size}")
    if new.size == 0 and new.root != EMPTY:
        raise ProofProblem("log_fork", "0")
    proof = [] if size in (0, new.size) else prove(size, signed)
    if not check_consistency(size, new.size, root, new.root, proof):
        raise ProofProblem("log_fork", f"{size}")


def read_state(state: Path) -> dict[str, Seen]:
    """What a witness remembers, by origin; nothing if there is no state file.

    Raises
    ------
    ProofProblem
        ``state_unreadable``: the witness must not sign as if it had seen nothing.
    """
    try:
        content = json.loads(state.read_bytes())
        if content["schema"] != SCHEMA:
            raise ValueError(content["schema"])
        return {origin: _seen(origin, value) for origin, value in content["logs"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ProofProblem) as error:
        raise ProofProblem("state_unreadable", str(state)) from error


def _seen(origin: str, value: Mapping[str, Any]) -> Seen:
    key, size = VerifierKey.parse(value["key"]), value["size"]
    root = from_base64(value["root"])
    if key.name != origin or type(size) is not int or size < 0 or root is None or len(root) != 32:
        raise ValueError(origin)
    return Seen(key, size, root)


def _state_bytes(seen: Mapping[str, Seen]) -> bytes:
    logs = {
        origin: {"key": str(s.key), "size": s.size, "root": to_base64(s.root)} for origin, s in sorted(seen.items())
    }
    return (json.dumps({"schema": SCHEMA, "logs": logs}, ensure_ascii=False, indent=2) + "\n").encode()

"""The file of trusted keys: JSON of the schema ``unbroken.keys/1``, strictly read and rewritten whole."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from engine.proofs.base64_text import from_base64
from engine.proofs.evidence import is_keyid
from engine.proofs.files import draft, locked
from engine.proofs.keys import REASONS, SCHEMA, Revocation, Rotation, TrustedKey, TrustedKeys, signed_by
from engine.proofs.problems import ProofProblem
from engine.proofs.signing import ED25519, PublicKey
from engine.proofs.times import instant

MAX_KEYS: Final = 10_000
MAX_FILE: Final = 16 << 20


def read(path: str | os.PathLike[str]) -> TrustedKeys:
    """Read a file of trusted keys.

    Raises
    ------
    ProofProblem
        ``keys_unreadable``, ``key_algorithm``, ``key_weak`` or ``rotation_invalid``.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ProofProblem("keys_unreadable", f"{os.fspath(path)}: {error.strerror or error}") from error
    if len(data) > MAX_FILE:
        raise ProofProblem("keys_unreadable", f"{os.fspath(path)}: larger than {MAX_FILE} bytes")
    try:
        return parse(json.loads(data.decode("utf-8"), object_pairs_hook=_each_once))
    except (ValueError, RecursionError) as error:
        raise ProofProblem("keys_unreadable", f"{os.fspath(path)}: not JSON") from error
    except ProofProblem as problem:
        raise ProofProblem(problem.reason, f"{os.fspath(path)}: {problem.detail}") from problem


@contextlib.contextmanager
def _held(path: Path) -> Iterator[TrustedKeys]:
    """The keys of a file, or none; held against others who change it, or who make it at the same time."""
    if not path.exists():
        with locked(path.parent) if path.parent.is_dir() else contextlib.nullcontext():
            if not path.exists():
                yield TrustedKeys()
                return
    with locked(path):
        yield read(path)


def change(path: str | os.PathLike[str], edit: Callable[[TrustedKeys], TrustedKeys]) -> TrustedKeys:
    """Rewrite a file of trusted keys with what ``edit(TrustedKeys)`` returns; made if it is not there.

    Raises
    ------
    ProofProblem
        As of `read` and `edit`; ``cannot_write_key``.
    """
    target = Path(os.path.realpath(path))
    with _held(target) as old:
        new = edit(old)
        text = json.dumps(new.as_json(), ensure_ascii=False, indent=2) + "\n"
        parse(json.loads(text))  # what would not be read again is not written
        try:
            with draft(target, lambda name: _write(name, text)) as written:
                written.publish()
        except ProofProblem as problem:
            raise ProofProblem("cannot_write_key", problem.detail) from problem
    return new


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


# ---- checked reading --------------------------------------------------------------------------


def parse(value: Any) -> TrustedKeys:
    """Trusted keys from their JSON form; errors as of `read`."""
    if not isinstance(value, dict) or value.keys() != {"schema", "keys"} or value["schema"] != SCHEMA:
        raise ProofProblem("keys_unreadable", f"not of the schema {SCHEMA}")
    if not isinstance(value["keys"], list) or len(value["keys"]) > MAX_KEYS:
        raise ProofProblem("keys_unreadable", "keys")
    keys = TrustedKeys(tuple(_key(entry) for entry in value["keys"]))
    by_keyid = {k.keyid: k for k in keys.keys}
    if len(by_keyid) != len(keys.keys):
        raise ProofProblem("keys_unreadable", "a key stands there twice")
    for key in keys.keys:
        if key.rotated_from is not None:
            old = by_keyid.get(key.rotated_from.keyid)
            if old is None or not signed_by(key, old):
                raise ProofProblem("rotation_invalid", key.keyid)
    return keys


_FIELDS: Final = frozenset(
    {"keyid", "algorithm", "public_key", "name", "valid_from", "valid_until", "revoked", "rotated_from"}
)


def _key(entry: Any) -> TrustedKey:
    if not isinstance(entry, dict) or entry.keys() != _FIELDS:
        raise ProofProblem("keys_unreadable", "fields of a key")
    if entry["algorithm"] != ED25519:
        raise ProofProblem("key_algorithm", str(entry["algorithm"])[:40])
    if not isinstance(entry["public_key"], str):
        raise ProofProblem("keys_unreadable", "public_key")
    public = PublicKey.from_base64(entry["public_key"])
    if public.keyid != entry["keyid"] or public.as_base64() != entry["public_key"]:
        raise ProofProblem("keys_unreadable", "keyid is not the digest of public_key")
    name = entry["name"]
    if not isinstance(name, str) or not 0 < len(name) <= 256 or not name.isprintable():
        raise ProofProblem("keys_unreadable", "name")
    return TrustedKey(
        public,
        name,
        _time(entry["valid_from"], "valid_from"),
        _time(entry["valid_until"], "valid_until"),
        None if entry["revoked"] is None else _revocation(entry["revoked"]),
        None if entry["rotated_from"] is None else _rotation(entry["rotated_from"]),
    )


def _revocation(value: Any) -> Revocation:
    if not isinstance(value, dict) or value.keys() != {"at", "reason", "note"} or value["reason"] not in REASONS:
        raise ProofProblem("keys_unreadable", "revoked")
    at, note = _time(value["at"], "revoked"), value["note"]
    if at is None or not (note is None or (isinstance(note, str) and len(note) <= 4096 and note.isprintable())):
        raise ProofProblem("keys_unreadable", "revoked")
    return Revocation(at, value["reason"], note)


def _rotation(value: Any) -> Rotation:
    if not isinstance(value, dict) or value.keys() != {"keyid", "sig"} or not is_keyid(value["keyid"]):
        raise ProofProblem("keys_unreadable", "rotated_from")
    sig = from_base64(value["sig"])
    if sig is None:
        raise ProofProblem("keys_unreadable", "rotated_from")
    return Rotation(value["keyid"], sig)


def _time(value: Any, what: str) -> datetime.datetime | None:
    found = instant(value) if isinstance(value, str) else None
    if value is not None and found is None:
        raise ProofProblem("keys_unreadable", f"{what} is no time with an offset")
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field stands there twice")
    return found

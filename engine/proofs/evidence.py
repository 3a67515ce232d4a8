"""What is added to a seal after it was made: timestamps, inclusion in a log, renewals.

None of it touches the header. Shapes are checked here; whether a token or a log can be believed
is for those who know the authorities and the logs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.proofs.base64_text import from_base64, to_base64
from engine.proofs.problems import ProofProblem

MAX_ENTRIES: Final = 64
"""Timestamps, log entries and renewals, of each."""
MAX_TOKEN: Final = 64 << 10
"""Bytes of a timestamp token."""
MAX_CHECKPOINT: Final = 64 << 10
"""Bytes of a checkpoint with all its signatures."""
MAX_PATH: Final = 64
"""Hashes of an audit path: those of a log of 2⁶³ entries."""
LIMIT: Final = (1 << 53) - 1

_KEYID: Final = re.compile(r"[0-9a-f]{64}\Z")
_DIGEST: Final = re.compile(r"[0-9a-f]{64,128}\Z")
_ALGORITHM: Final = re.compile(r"[a-z0-9-]{1,32}\Z")


@dataclass(frozen=True, slots=True)
class Timestamp:
    """An RFC 3161 token.

    Parameters
    ----------
    covers
        Key identifiers of the signatures that it covers beside the header, rising.
    token
        TimeStampToken, DER. Its imprint is over `covered.timestamp_message`.
    """

    covers: tuple[str, ...]
    token: bytes

    def as_json(self) -> dict[str, Any]:
        return {"covers": list(self.covers), "token": to_base64(self.token)}


@dataclass(frozen=True, slots=True)
class LogInclusion:
    """Where a seal stands in a transparency log (C2SP tlog-tiles), as of one checkpoint.

    Parameters
    ----------
    origin
        The log's name; the first line of the checkpoint.
    index
        Number of the entry, from 0.
    path
        Audit path, 32 bytes each, from the entry's neighbour upwards (RFC 9162, section 2.1.3).
    checkpoint
        Signed note (C2SP tlog-checkpoint) with the log's signature and the witnesses' cosignatures.
    """

    origin: str
    index: int
    path: tuple[bytes, ...]
    checkpoint: str

    def as_json(self) -> dict[str, Any]:
        return {
            "checkpoint": self.checkpoint,
            "index": self.index,
            "origin": self.origin,
            "path": [h.hex() for h in self.path],
        }


@dataclass(frozen=True, slots=True)
class Rehash:
    """Both files digested anew, for the day on which their digests in the header lapse.

    Parameters
    ----------
    algorithm
        As hash functions are named, in lower case: ``sha512``.
    recording, leaves
        Digests in hexadecimal.
    """

    algorithm: str
    recording: str
    leaves: str


@dataclass(frozen=True, slots=True)
class Renewal:
    """A timestamp over the evidence before it, made before that lapses (order of RFC 4998).

    Parameters
    ----------
    signatures
        Key identifiers of the signatures that it covers, rising.
    timestamps, log
        How many of each list it covers, from the first. It covers all renewals before it.
    rehash
        Both files under another algorithm, or None.
    token
        TimeStampToken, DER. Its imprint is over `covered.renewal_message`.
    """

    signatures: tuple[str, ...]
    timestamps: int
    log: int
    rehash: Rehash | None
    token: bytes

    def as_json(self) -> dict[str, Any]:
        return {**self.claims(), "token": to_base64(self.token)}

    def claims(self) -> dict[str, Any]:
        """All but the token."""
        again = self.rehash
        return {
            "log": self.log,
            "rehash": None
            if again is None
            else {"algorithm": again.algorithm, "leaves": again.leaves, "recording": again.recording},
            "signatures": list(self.signatures),
            "timestamps": self.timestamps,
        }


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was added, each list in the order in which it was."""

    timestamps: tuple[Timestamp, ...] = ()
    log: tuple[LogInclusion, ...] = ()
    renewals: tuple[Renewal, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "log": [entry.as_json() for entry in self.log],
            "renewals": [renewal.as_json() for renewal in self.renewals],
            "timestamps": [stamp.as_json() for stamp in self.timestamps],
        }

    def extends(self, old: Evidence) -> bool:
        """Whether everything in `old` is there still, in its place."""
        return (
            self.timestamps[: len(old.timestamps)] == old.timestamps
            and self.log[: len(old.log)] == old.log
            and self.renewals[: len(old.renewals)] == old.renewals
        )


NOTHING_ADDED: Final = Evidence()


# ---- checked reading --------------------------------------------------------------------------


def parse(value: Any, keyids: Sequence[str]) -> Evidence:
    """Evidence from its JSON form.

    Parameters
    ----------
    value
        As it stands in the seal.
    keyids
        Those of the signatures beside it.

    Raises
    ------
    ProofProblem
        ``seal_unreadable`` with the field.
    """
    fields(value, {"log", "renewals", "timestamps"}, "evidence")
    for name in ("log", "renewals", "timestamps"):
        _require(isinstance(value[name], list) and len(value[name]) <= MAX_ENTRIES, name)
    stamps = tuple(_timestamp(v, keyids) for v in value["timestamps"])
    log = tuple(_inclusion(v) for v in value["log"])
    renewals = tuple(_renewal(v, keyids, len(stamps), len(log)) for v in value["renewals"])
    return Evidence(stamps, log, renewals)


def fields(value: Any, names: set[str], what: str) -> None:
    """`value` is an object with just these fields."""
    _require(isinstance(value, dict) and value.keys() == names, what)


def decoded(text: Any, limit: int, what: str) -> bytes:
    """Bytes from base64 with padding: 1 to `limit` of them, in their one spelling."""
    data = from_base64(text) or b""
    _require(0 < len(data) <= limit, what)
    return data


def rising_keyids(value: Any, what: str) -> tuple[str, ...]:
    """Key identifiers, each once, in rising order."""
    _require(isinstance(value, list) and all(is_keyid(v) for v in value), what)
    _require(value == sorted(set(value)), what)
    return tuple(value)


def is_keyid(value: Any) -> bool:
    """SHA-256 of a public key, in hexadecimal."""
    return isinstance(value, str) and _KEYID.match(value) is not None


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise ProofProblem("seal_unreadable", f"{what} of the envelope")


def _is_text(value: Any, limit: int) -> bool:
    try:
        return isinstance(value, str) and 0 < len(value.encode("utf-8")) <= limit
    except UnicodeEncodeError:
        return False


def _whole(value: Any, high: int, what: str) -> int:
    _require(type(value) is int and 0 <= value <= high, what)
    return int(value)


def _covered(value: Any, keyids: Sequence[str], what: str) -> tuple[str, ...]:
    named = rising_keyids(value, what)
    _require(set(named) <= set(keyids), what)
    return named


def _timestamp(value: Any, keyids: Sequence[str]) -> Timestamp:
    fields(value, {"covers", "token"}, "timestamps")
    return Timestamp(
        _covered(value["covers"], keyids, "covers of timestamps"),
        decoded(value["token"], MAX_TOKEN, "token of timestamps"),
    )


def _inclusion(value: Any) -> LogInclusion:
    fields(value, {"checkpoint", "index", "origin", "path"}, "log")
    origin, note, path = value["origin"], value["checkpoint"], value["path"]
    _require(_is_text(origin, 256) and "\n" not in origin, "origin of log")
    _require(_is_text(note, MAX_CHECKPOINT), "checkpoint of log")
    _require(note.startswith(origin + "\n"), "checkpoint of log")
    _require(isinstance(path, list) and len(path) <= MAX_PATH and all(is_keyid(h) for h in path), "path of log")
    return LogInclusion(
        origin, _whole(value["index"], LIMIT, "index of log"), tuple(bytes.fromhex(h) for h in path), note
    )


def _renewal(value: Any, keyids: Sequence[str], timestamps: int, log: int) -> Renewal:
    fields(value, {"log", "rehash", "signatures", "timestamps", "token"}, "renewals")
    return Renewal(
        _covered(value["signatures"], keyids, "signatures of renewals"),
        _whole(value["timestamps"], timestamps, "timestamps of renewals"),
        _whole(value["log"], log, "log of renewals"),
        None if value["rehash"] is None else _rehash(value["rehash"]),
        decoded(value["token"], MAX_TOKEN, "token of renewals"),
    )


def _rehash(value: Mapping[str, Any]) -> Rehash:
    what = "rehash of renewals"
    fields(value, {"algorithm", "leaves", "recording"}, what)
    algorithm, digests = value["algorithm"], (value["recording"], value["leaves"])
    _require(isinstance(algorithm, str) and _ALGORITHM.match(algorithm) is not None, what)
    _require(all(isinstance(d, str) and _DIGEST.match(d) is not None for d in digests), what)
    return Rehash(algorithm, *digests)

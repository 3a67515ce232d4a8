"""The seal file: a DSSE envelope around the header in RFC 8785 form, with room for later evidence.

Strict on reading: one header has one spelling, and the envelope too. So a changed byte
anywhere in the file shows, signed or not.

Source: https://github.com/secure-systems-lab/dsse (envelope and pre-authentication encoding,
version 1), RFC 8785 (canonical JSON).
"""

from __future__ import annotations

import errno
import json
import os
import stat
from dataclasses import dataclass, replace
from typing import Any, Final

import rfc8785
from blake3 import blake3

from engine.proofs.base64_text import to_base64
from engine.proofs.evidence import (
    NOTHING_ADDED,
    Evidence,
    LogInclusion,
    Renewal,
    Timestamp,
    decoded,
    fields,
    is_keyid,
    parse,
)
from engine.proofs.header import Header, check_header
from engine.proofs.problems import ProofProblem

PAYLOAD_TYPE: Final = "application/vnd.unbroken.seal+json"

MAX_SEAL: Final = 16 << 20
"""Bytes of a seal file; one of 24 hours has about 100 KB."""
MAX_SIGNATURES: Final = 16
MAX_SIGNATURE: Final = 8192
"""Bytes of a signature, whatever its algorithm."""

_FIELDS: Final = frozenset({"evidence", "payload", "payloadBlake3", "payloadType", "signatures"})
_DRAFT_FIELDS: Final = _FIELDS - {"evidence"}
DRAFT: Final = "1-draft"
"""The format before this one; its seals are recognised and refused."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature over `pae` of the header: who signed, and the raw bytes."""

    keyid: str
    sig: bytes

    def as_json(self) -> dict[str, str]:
        return {"keyid": self.keyid, "sig": to_base64(self.sig)}


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal as it was read or is to be written.

    Parameters
    ----------
    header
        The payload, checked.
    payload
        Its RFC 8785 bytes: what signatures are over.
    signatures
        By rising key identifier, one for each key.
    evidence
        What was added later.
    """

    header: Header
    payload: bytes
    signatures: tuple[Signature, ...] = ()
    evidence: Evidence = NOTHING_ADDED

    @staticmethod
    def of(header: dict[str, Any]) -> Seal:
        """The seal of a new header, without signatures.

        Raises
        ------
        ProofProblem
            ``seal_unreadable`` if the header is not one that would be read again.
        """
        payload = rfc8785.dumps(header)
        return Seal(check_header(json.loads(payload)), payload)

    def signed(self, signature: Signature) -> Seal:
        """With one signature more; one of the same key is replaced by its equal, never by another.

        Raises
        ------
        ProofProblem
            ``already_signed`` if the key has signed otherwise.
        """
        old = next((s for s in self.signatures if s.keyid == signature.keyid), signature)
        if old != signature:
            raise ProofProblem("already_signed", signature.keyid)
        both = {s.keyid: s for s in (*self.signatures, signature)}
        return replace(self, signatures=tuple(both[k] for k in sorted(both)))

    def timestamped(self, stamp: Timestamp) -> Seal:
        """With one timestamp more."""
        return replace(self, evidence=replace(self.evidence, timestamps=(*self.evidence.timestamps, stamp)))

    def logged(self, entry: LogInclusion) -> Seal:
        """With one inclusion in a log more."""
        return replace(self, evidence=replace(self.evidence, log=(*self.evidence.log, entry)))

    def renewed(self, renewal: Renewal) -> Seal:
        """With one renewal more."""
        return replace(self, evidence=replace(self.evidence, renewals=(*self.evidence.renewals, renewal)))

    def to_bytes(self) -> bytes:
        """The seal file."""
        content: dict[str, Any] = {
            "evidence": self.evidence.as_json(),
            "payload": to_base64(self.payload),
            "payloadBlake3": blake3(self.payload).hexdigest(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [s.as_json() for s in self.signatures],
        }
        return rfc8785.dumps(content) + b"\n"


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """What a signature is over: DSSE's pre-authentication encoding, version 1."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def read(path: str | os.PathLike[str]) -> Header:
    """The header of a seal file; errors as of `read_seal`."""
    return read_seal(path).header


def read_seal(path: str | os.PathLike[str]) -> Seal:
    """Read and check a seal file; signatures and evidence only as to their form.

    Raises
    ------
    ProofProblem
        ``no_seal`` if there is none; ``seal_unreadable``, ``seal_differs``, ``format_draft`` or
        ``format_unknown`` if it cannot be believed.
    """
    return from_bytes(read_bytes(path))


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a seal file, `MAX_SEAL` and one at most.

    Raises
    ------
    ProofProblem
        ``no_seal`` or ``seal_unreadable``.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe could be waited for without end
            raise ProofProblem("seal_unreadable", "no ordinary file")
        with open(path, "rb") as file:
            return file.read(MAX_SEAL + 1)
    except FileNotFoundError as error:
        if os.path.lexists(path):  # something stands in its place
            raise ProofProblem("seal_unreadable", "a link that leads nowhere") from error
        raise ProofProblem("no_seal") from error
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) == errno.ENAMETOOLONG:
            raise ProofProblem("no_seal") from error
        raise ProofProblem("seal_unreadable", getattr(error, "strerror", None) or str(error)) from error


def from_bytes(data: bytes) -> Seal:
    """Read and check the bytes of a seal file; errors as of `read_seal`."""
    if len(data) > MAX_SEAL:
        raise ProofProblem("seal_unreadable", f"larger than {MAX_SEAL} bytes")
    envelope = _json(data)
    if not isinstance(envelope, dict) or envelope.keys() not in (_FIELDS, _DRAFT_FIELDS):
        raise ProofProblem("seal_unreadable", "not a seal")
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise ProofProblem("seal_unreadable", "payloadType")
    payload = decoded(envelope["payload"], MAX_SEAL, "payload")
    header = check_header(_canonical(payload))
    if "evidence" not in envelope:
        raise ProofProblem("seal_unreadable", "not a seal")
    signatures = _signatures(envelope["signatures"])
    evidence = parse(envelope["evidence"], [s.keyid for s in signatures])
    seal = Seal(header, payload, signatures, evidence)
    if data != seal.to_bytes():
        raise ProofProblem("seal_differs", "the header's digest or the envelope's form")
    return seal


def _canonical(payload: bytes) -> Any:
    parsed = _json(payload)
    if isinstance(parsed, dict) and parsed.get("format") == DRAFT:
        raise ProofProblem("format_draft", DRAFT)
    try:
        canonical = rfc8785.dumps(parsed)
    except (rfc8785.CanonicalizationError, RecursionError, ValueError) as error:
        raise ProofProblem("seal_unreadable", "numbers") from error
    if canonical != payload:
        raise ProofProblem("seal_unreadable", "the header is not in canonical form")
    return parsed


def _signatures(value: Any) -> tuple[Signature, ...]:
    if not isinstance(value, list) or len(value) > MAX_SIGNATURES:
        raise ProofProblem("seal_unreadable", "signatures of the envelope")
    found = []
    for entry in value:
        fields(entry, {"keyid", "sig"}, "signatures")
        if not is_keyid(entry["keyid"]):
            raise ProofProblem("seal_unreadable", "keyid of the envelope")
        found.append(Signature(entry["keyid"], decoded(entry["sig"], MAX_SIGNATURE, "sig")))
    if [s.keyid for s in found] != sorted({s.keyid for s in found}):
        raise ProofProblem("seal_unreadable", "signatures of the envelope: one for each key, by key")
    return tuple(found)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ProofProblem("seal_unreadable", "not JSON") from error

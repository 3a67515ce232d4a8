"""The seal file: a DSSE-shaped envelope around the header in RFC 8785 form.

Strict on reading: one header has one spelling, and the envelope too. So a changed byte
anywhere in the file shows, signed or not.

Source: https://github.com/secure-systems-lab/dsse (envelope), RFC 8785 (canonical JSON).
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import stat
from typing import Any, Final

import rfc8785
from blake3 import blake3

from engine.proofs.header import Header, check_header
from engine.proofs.problems import ProofProblem

PAYLOAD_TYPE: Final = "application/vnd.unbroken.seal+json"

MAX_SEAL: Final = 16 << 20
"""Bytes of a seal file; one of 24 hours has about 100 KB."""


def to_bytes(header: dict[str, Any]) -> bytes:
    """The seal file of a header.

    Raises
    ------
    ProofProblem
        ``seal_unreadable`` if the header is not one that would be read again.
    """
    payload = rfc8785.dumps(header)
    check_header(json.loads(payload))
    return _envelope(payload)


def read(path: str | os.PathLike[str]) -> Header:
    """Read and check a seal file.

    Raises
    ------
    ProofProblem
        ``no_seal`` if there is none; ``seal_unreadable``, ``seal_differs``, ``format_unknown``
        or ``signature_unknown`` if it cannot be believed.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe could be waited for without end
            raise ProofProblem("seal_unreadable", "no ordinary file")
        with open(path, "rb") as file:
            data = file.read(MAX_SEAL + 1)
    except FileNotFoundError as error:
        raise ProofProblem("no_seal") from error
    except (OSError, ValueError) as error:
        raise ProofProblem("seal_unreadable", getattr(error, "strerror", None) or str(error)) from error
    return from_bytes(data)


def from_bytes(data: bytes) -> Header:
    """Read and check the bytes of a seal file; errors as of `read`."""
    if len(data) > MAX_SEAL:
        raise ProofProblem("seal_unreadable", f"larger than {MAX_SEAL} bytes")
    envelope = _json(data)
    if not isinstance(envelope, dict) or envelope.keys() != {"payload", "payloadBlake3", "payloadType", "signatures"}:
        raise ProofProblem("seal_unreadable", "not a seal")
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise ProofProblem("seal_unreadable", "payloadType")
    if envelope["signatures"] != []:
        raise ProofProblem("signature_unknown")
    payload = _payload(envelope["payload"])
    if data != _envelope(payload):
        raise ProofProblem("seal_differs", "the header's digest or the envelope's form")
    parsed = _json(payload)
    try:
        canonical = rfc8785.dumps(parsed)
    except (rfc8785.CanonicalizationError, RecursionError, ValueError) as error:
        raise ProofProblem("seal_unreadable", "numbers") from error
    if canonical != payload:
        raise ProofProblem("seal_unreadable", "the header is not in canonical form")
    return check_header(parsed)


def _envelope(payload: bytes) -> bytes:
    content = {
        "payload": base64.b64encode(payload).decode("ascii"),
        "payloadBlake3": blake3(payload).hexdigest(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [],
    }
    return rfc8785.dumps(content) + b"\n"


def _payload(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ProofProblem("seal_unreadable", "payload") from error


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ProofProblem("seal_unreadable", "not JSON") from error

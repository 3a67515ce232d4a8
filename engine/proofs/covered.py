"""The exact bytes that timestamps and renewals are over, in RFC 8785 form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import rfc8785

from engine.proofs.base64_text import to_base64
from engine.proofs.envelope import PAYLOAD_TYPE, Seal

TIMESTAMP_SCHEMA: Final = "unbroken.timestamp/1"
RENEWAL_SCHEMA: Final = "unbroken.renewal/1"


def timestamp_message(seal: Seal, covers: Sequence[str]) -> bytes:
    """What a token's imprint is over: the header and the signatures of the keys in `covers`."""
    return rfc8785.dumps({"schema": TIMESTAMP_SCHEMA, **_signed(seal, covers)})


def renewal_message(seal: Seal, number: int, claims: dict[str, Any]) -> bytes:
    """What the token of renewal `number` (from 0) is over: everything before it that it names.

    Parameters
    ----------
    seal
        With the evidence; renewals from `number` on are not looked at.
    number
        How many renewals stand before this one.
    claims
        `evidence.Renewal.claims` of this one.
    """
    evidence = seal.evidence.as_json()
    message = {
        "schema": RENEWAL_SCHEMA,
        **_signed(seal, claims["signatures"]),
        "log": evidence["log"][: claims["log"]],
        "rehash": claims["rehash"],
        "renewals": evidence["renewals"][:number],
        "timestamps": evidence["timestamps"][: claims["timestamps"]],
    }
    return rfc8785.dumps(message)


def _signed(seal: Seal, covers: Sequence[str]) -> dict[str, Any]:
    return {
        "payload": to_base64(seal.payload),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [s.as_json() for s in seal.signatures if s.keyid in covers],
    }

"""The entry of a seal in the archive's log: the bytes of one log leaf."""

from __future__ import annotations

import hashlib
from typing import Final

import rfc8785
from blake3 import blake3

from engine.proofs.envelope import Seal

SCHEMA: Final = "unbroken.log-entry/1"


def log_entry(seal: Seal) -> bytes:
    """RFC 8785 bytes that stand for a seal in a log.

    Every value follows from the header, which the digests of the payload bind. Signatures and
    evidence are left out: they may be added after the entry was logged.
    """
    recording = seal.header.payload["recording"]
    return rfc8785.dumps(
        {
            "schema": SCHEMA,
            "seal": {
                "payloadBlake3": blake3(seal.payload).hexdigest(),
                "payloadSha256": hashlib.sha256(seal.payload).hexdigest(),
            },
            "recording": {"blake3": recording["blake3"], "sha256": recording["sha256"]},
            "root": seal.header.root,
        }
    )

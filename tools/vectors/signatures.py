"""Signatures that are missing, of others, of something else, or weaker."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace

from vectors.bases import Base, clip
from vectors.proof import (
    TYPE,
    Proof,
    canonical,
    key,
    key_id,
)
from vectors.shape import Vector, vector


def signature_vectors(base: Base) -> Iterator[Vector]:
    proof, data, mine, foreign = base.proof, base.made.data, key("trusted"), key("foreign")
    signed = proof.signed(mine)

    def under(name: str, attack: str, done: str, made: Proof, status: str, reason: str) -> Vector:
        return vector(
            name, "signature" if attack != "none" else "none", attack, done, data, made, status, reason, trusted=mine
        )

    less, invalid = "OK_WITH_MISSING_INFO", "signature_invalid"
    yield under("signed", "none", "a trusted signature", signed, "OK", "untouched")
    yield under("signature-stripped", "signature stripped (under a policy)", "no signature", proof, less, "unsigned")
    yield under(
        "signature-untrusted",
        "root replaced and re-signed by an untrusted key",
        "signed by a key that nobody trusts",
        proof.signed(foreign),
        less,
        "untrusted",
    )
    edited = signed.edited(lambda h: h["sealed"].update(device="9876543210"))
    yield under("signature-header-edited", "header edited", "another device, signature kept", edited, "NOT_OK", invalid)
    newer = clip(seed=9)
    replaced = replace(newer.proof, signatures=signed.signatures)
    yield vector(
        "signature-root-replaced",
        "signature",
        "root replaced without re-signing",
        "a changed file and its own proof, with the signature of the old one",
        newer.made.data,
        replaced,
        "NOT_OK",
        invalid,
        trusted=mine,
    )
    resealed = newer.proof.signed(foreign)
    yield vector(
        "resealed",
        "signature",
        "re-sealing a changed file",
        "a changed file, sealed and signed anew by a key that nobody trusts",
        newer.made.data,
        resealed,
        less,
        "untrusted",
        trusted=mine,
    )
    yield under(
        "signature-other-type",
        "signature of another payload type",
        "signed as application/vnd.in-toto+json",
        proof.signed(mine, "application/vnd.in-toto+json"),
        "NOT_OK",
        invalid,
    )
    yield under(
        "signature-of-another-key",
        "algorithm downgrade",
        "a foreign key's signature under the trusted key's identifier",
        proof.signed(foreign, keyid=key_id(mine)),
        "NOT_OK",
        invalid,
    )
    for name, done, sig in forged_signatures(proof):
        entry = {"keyid": key_id(mine), "sig": base64.b64encode(sig).decode()}
        yield under(
            f"signature-{name}", "algorithm downgrade", done, replace(proof, signatures=[entry]), "NOT_OK", invalid
        )


def forged_signatures(proof: Proof) -> Iterator[tuple[str, str, bytes]]:
    """Name, what was done, signature under the trusted key's identifier."""
    mine, payload = key("trusted"), canonical(proof.header)
    message = b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE.encode(), len(payload), payload)
    public = mine.public_key().public_bytes_raw()
    yield (
        "hmac",
        "HMAC-SHA-256 with the public key for a secret",
        hmac.new(public, message, hashlib.sha256).digest() * 2,
    )
    yield "none", "a signature of one zero byte", b"\0"
    yield "no-pae", "over the header alone, without its type", mine.sign(payload)
    good = mine.sign(message)
    order = 2**252 + 27742317777372353535851937790883648493
    second = (int.from_bytes(good[32:], "little") + order).to_bytes(32, "little")
    yield "malleable", "the same signature with the group's order added (RFC 8032, section 5.1.7)", good[:32] + second

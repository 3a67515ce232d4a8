"""Trusted keys: whose signatures count, from when, until when, and which were revoked.

The file is JSON, schema ``unbroken.keys/1``; whoever writes it decides whom to trust. A key that
takes another's place carries the old key's signature, so that those who trust the old one need
nobody's word for the new one.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Any, Final

import rfc8785

from engine.proofs.base64_text import to_base64
from engine.proofs.envelope import pae
from engine.proofs.problems import ProofProblem
from engine.proofs.signing import PublicKey, Signer
from engine.proofs.times import spelled

SCHEMA: Final = "unbroken.keys/1"
ROTATION_SCHEMA: Final = "unbroken.key-rotation/1"
ROTATION_TYPE: Final = "application/vnd.unbroken.key+json"
COMPROMISED: Final = "compromised"
REASONS: Final = (COMPROMISED, "superseded", "ceased")
"""Why a key was revoked; the names of RFC 5280, section 5.3.1, in plain words."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """From when on a key is not trusted any more, and why.

    Parameters
    ----------
    at
        Signatures from then on do not count.
    reason
        One of `REASONS`. After ``compromised`` only a timestamp can show that a signature is older.
    note
        What a person wrote about it.
    """

    at: datetime.datetime
    reason: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Rotation:
    """Which key this one takes the place of, with that key's signature over `rotation_message`."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key and whose it is.

    Parameters
    ----------
    public
        The key.
    name
        Of its owner, as answers show it.
    valid_from, valid_until
        Signatures before or after do not count; None: no such limit.
    revoked
        None if it is not.
    rotated_from
        None if it takes no other key's place.
    """

    public: PublicKey
    name: str
    valid_from: datetime.datetime | None = None
    valid_until: datetime.datetime | None = None
    revoked: Revocation | None = None
    rotated_from: Rotation | None = None

    @property
    def keyid(self) -> str:
        return self.public.keyid

    def as_json(self) -> dict[str, Any]:
        revoked, rotated = self.revoked, self.rotated_from
        return {
            "keyid": self.keyid,
            "algorithm": self.public.algorithm,
            "public_key": self.public.as_base64(),
            "name": self.name,
            "valid_from": spelled(self.valid_from),
            "valid_until": spelled(self.valid_until),
            "revoked": None
            if revoked is None
            else {"at": spelled(revoked.at), "reason": revoked.reason, "note": revoked.note},
            "rotated_from": None if rotated is None else {"keyid": rotated.keyid, "sig": to_base64(rotated.sig)},
        }


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """The keys of a file, each once."""

    keys: tuple[TrustedKey, ...] = ()

    def get(self, keyid: str) -> TrustedKey | None:
        """The key of an identifier, or None."""
        return next((k for k in self.keys if k.keyid == keyid), None)

    def find(self, beginning: str) -> TrustedKey:
        """The one key whose identifier begins so, of 8 digits at least.

        Raises
        ------
        ProofProblem
            ``key_unknown``.
        """
        found = [k for k in self.keys if len(beginning) >= 8 and k.keyid.startswith(beginning.lower())]
        if len(found) != 1:
            raise ProofProblem("key_unknown", beginning)
        return found[0]

    def added(self, key: TrustedKey) -> TrustedKeys:
        """With one key more.

        Raises
        ------
        ProofProblem
            ``key_known`` if it is there already.
        """
        if self.get(key.keyid) is not None:
            raise ProofProblem("key_known", key.keyid)
        return TrustedKeys((*self.keys, key))

    def replaced(self, key: TrustedKey) -> TrustedKeys:
        """With another entry for a key that is there."""
        return TrustedKeys(tuple(key if k.keyid == key.keyid else k for k in self.keys))

    def revoked(self, keyid: str, revocation: Revocation) -> TrustedKeys:
        """With a key revoked; an earlier revocation is made earlier or graver, never lifted.

        Raises
        ------
        ProofProblem
            ``key_unknown``; ``key_revoked`` where the key was revoked at that time or before for
            as grave a reason.
        """
        key = self.find(keyid)
        old = key.revoked
        if old is not None:
            graver = revocation.reason == COMPROMISED != old.reason
            if not graver and revocation.at >= old.at:
                raise ProofProblem("key_revoked", key.keyid)
            reason = COMPROMISED if COMPROMISED in (old.reason, revocation.reason) else revocation.reason
            revocation = Revocation(min(old.at, revocation.at), reason, revocation.note or old.note)
        return self.replaced(replace(key, revoked=revocation))

    def rotated(self, key: TrustedKey) -> TrustedKeys:
        """With a key that takes the place of one that is trusted here, whose time ends with that.

        Raises
        ------
        ProofProblem
            ``rotation_invalid`` if the old key is not trusted at that time, or did not sign.
        """
        old = self.get(key.rotated_from.keyid) if key.rotated_from is not None else None
        if old is None or key.valid_from is None or not signed_by(key, old):
            raise ProofProblem("rotation_invalid", key.keyid)
        ended = old.valid_until is not None and old.valid_until < key.valid_from
        if old.revoked is not None or ended:
            raise ProofProblem("rotation_invalid", f"{old.keyid} is not trusted at that time")
        return self.replaced(replace(old, valid_until=key.valid_from)).added(key)

    def as_json(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "keys": [k.as_json() for k in self.keys]}


def rotate(old: Signer, new: PublicKey, name: str, valid_from: datetime.datetime) -> TrustedKey:
    """The entry of a new key that takes the place of `old`, signed by it."""
    key = TrustedKey(new, name, valid_from)
    sig = old.sign(rotation_message(key, old.public.keyid))
    return replace(key, rotated_from=Rotation(old.public.keyid, sig))


def rotation_message(key: TrustedKey, old: str) -> bytes:
    """What the old key signs: DSSE's encoding of the new key, its owner, its first day and the old key."""
    content = {
        "schema": ROTATION_SCHEMA,
        "keyid": key.keyid,
        "algorithm": key.public.algorithm,
        "public_key": key.public.as_base64(),
        "name": key.name,
        "valid_from": spelled(key.valid_from),
        "rotated_from": old,
    }
    return pae(rfc8785.dumps(content), ROTATION_TYPE)


def signed_by(key: TrustedKey, old: TrustedKey) -> bool:
    """Whether `old` signed that `key` takes its place."""
    rotation = key.rotated_from
    return rotation is not None and old.public.verifies(rotation_message(key, old.keyid), rotation.sig)

"""Whose signatures count, and what the signatures of a seal are worth under that.

A signature proves that whoever had the key saw this header. Whose key it is, the file of trusted
keys says; when it was made, a timestamp says, or else the header itself declares.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.proofs.envelope import Seal, Signature, pae
from engine.proofs.times import instant

if TYPE_CHECKING:  # a seal without signatures is checked without them
    from engine.proofs.keys import TrustedKey, TrustedKeys
    from engine.proofs.log.note import VerifierKey
    from engine.proofs.timestamp import Authorities

NO_STAMPS: Final[Mapping[str, datetime.datetime]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Policy:
    """What a proof must bring to be believed without reserve.

    Parameters
    ----------
    trusted
        Keys whose signatures count; without them every key is unknown.
    require_signature
        A signature is asked for even without a file of trusted keys.
    authorities
        Whose timestamps count; with them a proof without one is less than a stamped one.
    logs
        Keys of logs and of witnesses that count; with them a proof that is in none of these logs,
        or that none of these witnesses has cosigned, is less than one that is.
    """

    trusted: TrustedKeys | None = None
    require_signature: bool = False
    authorities: Authorities | None = None
    logs: tuple[VerifierKey, ...] = ()

    @staticmethod
    def of(
        trusted_keys: str | os.PathLike[str] | None,
        require_signature: bool = False,
        authorities: str | os.PathLike[str] | None = None,
        logs: str | os.PathLike[str] | None = None,
    ) -> Policy:
        """A policy with the trusted keys of one file, the timestamp authorities and the logs of others.

        Raises
        ------
        ProofProblem
            If a file cannot be read; see `keyring.read`, `timestamp.read_authorities` and
            `standing.read_keys` of the log.
        """
        from engine.proofs import keyring, timestamp
        from engine.proofs.log.standing import read_keys

        return Policy(
            None if trusted_keys is None else keyring.read(trusted_keys),
            require_signature,
            None if authorities is None else timestamp.read_authorities(authorities),
            () if logs is None else read_keys(logs),
        )

    @property
    def active(self) -> bool:
        """Whether an unsigned proof is less than a signed one."""
        return self.trusted is not None or self.require_signature


NO_POLICY: Final = Policy()


class Standing(StrEnum):
    """What one signature is worth."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    REVOKED = "revoked"
    UNKNOWN = "unknown key"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Judged:
    """One signature, judged.

    Parameters
    ----------
    standing
        What it is worth.
    keyid
        Of its key.
    name
        Of the key's owner; None for an unknown key.
    """

    standing: Standing
    keyid: str
    name: str | None = None

    def __str__(self) -> str:
        return f"{self.standing.value} {self.keyid}" + (f" ({self.name})" if self.name else "")


def judge(seal: Seal, policy: Policy, stamped: Mapping[str, datetime.datetime] = NO_STAMPS) -> tuple[Judged, ...]:
    """Every signature of a seal, judged.

    Parameters
    ----------
    seal
        As it was read.
    policy
        Whose signatures count.
    stamped
        Key identifier -> the earliest time that a believed timestamp gives its signature; it
        takes the place of the sealing time that the header declares.
    """
    if not seal.signatures:
        return ()
    message = pae(seal.payload)
    declared = instant(str(seal.header.payload["sealed"]["at"]))
    return tuple(_judge(s, message, policy, stamped.get(s.keyid), declared) for s in seal.signatures)


def _judge(
    signature: Signature,
    message: bytes,
    policy: Policy,
    stamped: datetime.datetime | None,
    declared: datetime.datetime | None,
) -> Judged:
    key = policy.trusted.get(signature.keyid) if policy.trusted is not None else None
    if key is None:
        return Judged(Standing.UNKNOWN, signature.keyid)
    if not key.public.verifies(message, signature.sig):
        return Judged(Standing.INVALID, key.keyid, key.name)
    return Judged(_standing(key, stamped, declared), key.keyid, key.name)


def _standing(key: TrustedKey, stamped: datetime.datetime | None, declared: datetime.datetime | None) -> Standing:
    """Whether a key counted when it signed.

    Whoever has stolen a key can declare any sealing time. After a key was compromised only a
    timestamp shows that a signature is older.
    """
    at = stamped or declared
    if key.revoked is not None:
        known = stamped if key.revoked.reason == "compromised" else at
        if known is None or known >= key.revoked.at:
            return Standing.REVOKED
    if (key.valid_from or key.valid_until) and at is None:
        return Standing.UNTRUSTED
    early = key.valid_from is not None and at is not None and at < key.valid_from
    late = key.valid_until is not None and at is not None and at > key.valid_until
    return Standing.UNTRUSTED if early or late else Standing.TRUSTED


def summary(judged: tuple[Judged, ...]) -> str:
    """The answer's ``signature``: ``none``, or each of them."""
    return "; ".join(map(str, judged)) or "none"

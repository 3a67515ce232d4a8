"""Ed25519 signatures over the header, and the public keys that they are checked with.

`cryptography` is loaded only where something is signed or checked.

Source: RFC 8032 (Ed25519), RFC 8410 (its SubjectPublicKeyInfo), DSSE version 1 (what is signed).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

from engine.proofs.base64_text import from_base64, to_base64
from engine.proofs.envelope import Seal, Signature, pae
from engine.proofs.problems import ProofProblem

ED25519: Final = "ed25519"
SIGNATURE_SIZE: Final = 64

_SPKI: Final = bytes.fromhex("302a300506032b6570032100")
"""DER of an Ed25519 SubjectPublicKeyInfo before its 32 bytes (RFC 8410, section 4)."""

_PRIME: Final = 2**255 - 19
_SMALL_ORDER: Final = frozenset(
    {
        0,
        1,
        _PRIME - 1,
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
    }
)
"""y of the points of order 1, 2, 4 and 8: under such a key one signature fits many messages."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key that signatures can be checked with.

    Parameters
    ----------
    der
        SubjectPublicKeyInfo, DER.

    Attributes
    ----------
    keyid
        SHA-256 of the DER, hexadecimal; the algorithm's name is part of what is hashed.
    """

    der: bytes
    keyid: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keyid", hashlib.sha256(self.der).hexdigest())

    @staticmethod
    def from_der(der: bytes) -> PublicKey:
        """A key from its SubjectPublicKeyInfo.

        Raises
        ------
        ProofProblem
            ``key_algorithm`` with the name of one that is not supported, ``key_weak`` for a point
            of small order or not in its one form, ``key_unreadable``.
        """
        if der[: len(_SPKI)] != _SPKI or len(der) != len(_SPKI) + 32:
            raise ProofProblem(*_other_key(der))
        y = int.from_bytes(der[len(_SPKI) :], "little") & ((1 << 255) - 1)
        if y >= _PRIME or y in _SMALL_ORDER:
            raise ProofProblem("key_weak")
        return PublicKey(der)

    @staticmethod
    def from_base64(text: str) -> PublicKey:
        """A key from base64 of its DER; errors as of `from_der`."""
        der = from_base64(text)
        if der is None:
            raise ProofProblem("key_unreadable", "base64")
        return PublicKey.from_der(der)

    @property
    def algorithm(self) -> str:
        """Name of the algorithm."""
        return ED25519

    def as_base64(self) -> str:
        return to_base64(self.der)

    def as_pem(self) -> str:
        return f"-----BEGIN PUBLIC KEY-----\n{self.as_base64()}\n-----END PUBLIC KEY-----\n"

    def verifies(self, message: bytes, sig: bytes) -> bool:
        """Whether `sig` is this key's signature over `message`.

        There is one spelling: 64 bytes, its second half below the group's order (RFC 8032,
        section 5.1.7, which the library checks).
        """
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        if len(sig) != SIGNATURE_SIZE:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.der[len(_SPKI) :]).verify(sig, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key in memory; `keyfile.load` reads one.

    Parameters
    ----------
    public
        The public half.
    secret
        32 bytes.
    """

    public: PublicKey
    secret: bytes = field(repr=False)

    @staticmethod
    def of(secret: bytes) -> Signer:
        """A signer from the 32 bytes of a private key."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        raw = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
        return Signer(PublicKey.from_der(_SPKI + raw), secret)

    def sign(self, message: bytes) -> bytes:
        """The signature over `message`, 64 bytes; the same for the same message."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.secret).sign(message)

    def seal(self, seal: Seal) -> Seal:
        """A seal with this key's signature."""
        return seal.signed(Signature(self.public.keyid, self.sign(pae(seal.payload))))


def _other_key(der: bytes) -> tuple[str, str]:
    """Reason and detail for a key that is not Ed25519 in its one form."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        name = type(load_der_public_key(der)).__name__
    except UnsupportedAlgorithm:
        return "key_algorithm", "unknown"
    except ValueError:
        return "key_unreadable", "no public key"
    algorithm = name.removeprefix("_").removesuffix("PublicKey")
    return ("key_unreadable", "not in its one form") if algorithm == "Ed25519" else ("key_algorithm", algorithm)

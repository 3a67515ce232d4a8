"""Signed notes: a text, a blank line, and signature lines of named keys.

Two kinds of Ed25519 signatures are made and checked: plain ones over the text (a log's own), and
cosignatures with a time (a witness's). Lines of other kinds or of unknown keys are left unread, as
the specification demands; a line of a known key that does not verify spoils the note.

Source: https://c2sp.org/signed-note, https://c2sp.org/tlog-cosignature (Ed25519, ``cosignature/v1``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from engine.proofs.base64_text import from_base64, to_base64
from engine.proofs.problems import ProofProblem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MAX_NOTE: Final = 1 << 20
"""Bytes of a note."""
MAX_SIGNATURES: Final = 100
_DASH: Final = "— "
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}\Z")
_SECRET: Final = "PRIVATE+KEY+"


class Algorithm(IntEnum):
    """Signature types of signed notes."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name.

    Parameters
    ----------
    name
        Not empty, without spaces and plus signs.
    algorithm
        What it signs, and how.
    public
        32 bytes.
    """

    name: str
    algorithm: Algorithm
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that, with the name, say which key signed."""
        head = self.name.encode() + b"\n" + bytes([self.algorithm])
        return hashlib.sha256(head + self.public).digest()[:4]

    def __str__(self) -> str:
        material = to_base64(bytes([self.algorithm]) + self.public)
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @staticmethod
    def parse(text: str) -> VerifierKey:
        """Read ``name+key id+base64``.

        Raises
        ------
        ProofProblem
            ``vkey_malformed``.
        """
        parts = text.split("+", 2)
        if len(parts) != 3 or not is_name(parts[0]) or not _KEY_ID.match(parts[1]):
            raise ProofProblem("vkey_malformed", text[:80])
        material = from_base64(parts[2])
        if material is None or len(material) != 33 or material[0] not in list(Algorithm):
            raise ProofProblem("vkey_malformed", text[:80])
        key = VerifierKey(parts[0], Algorithm(material[0]), material[1:])
        if key.key_id.hex() != parts[1]:
            raise ProofProblem("vkey_malformed", text[:80])
        return key

    def check(self, text: str, signature: bytes) -> int | None:
        """Time of a signature that verifies, in seconds since the epoch (0 for those without one); else None."""
        message = text.encode()
        at = 0
        if self.algorithm is Algorithm.COSIGNATURE:
            if len(signature) != 72:
                return None
            at, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = _cosigned(text, at)
        return at if at < 1 << 63 and _verifies(self.public, signature, message) else None


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its name and what it signs."""

    name: str
    algorithm: Algorithm
    private: Ed25519PrivateKey

    @property
    def key(self) -> VerifierKey:
        """The key that others check with."""
        return VerifierKey(self.name, self.algorithm, self.private.public_key().public_bytes_raw())

    @staticmethod
    def parse(text: str) -> Signer:
        """Read ``PRIVATE+KEY+name+key id+base64``, the form of golang.org/x/mod/sumdb/note.

        Raises
        ------
        ProofProblem
            ``skey_malformed``.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        parts = text.removeprefix(_SECRET).split("+", 2)
        material = from_base64(parts[2]) if len(parts) == 3 and text.startswith(_SECRET) else None
        if material is None or len(material) != 33 or material[0] not in list(Algorithm) or not is_name(parts[0]):
            raise ProofProblem("skey_malformed")
        signer = Signer(parts[0], Algorithm(material[0]), Ed25519PrivateKey.from_private_bytes(material[1:]))
        if signer.key.key_id.hex() != parts[1]:
            raise ProofProblem("skey_malformed")
        return signer

    def line(self, text: str, at: int) -> str:
        """A signature line over `text`; `at`, seconds since the epoch, is part of cosignatures only."""
        if self.algorithm is Algorithm.COSIGNATURE:
            signature = at.to_bytes(8, "big") + self.private.sign(_cosigned(text, at))
        else:
            signature = self.private.sign(text.encode())
        return signature_line(self.name, self.key.key_id + signature)


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line: name of the key, its four bytes, and the rest."""

    name: str
    key_id: bytes
    data: bytes

    @property
    def line(self) -> str:
        """As it stands in the note."""
        return signature_line(self.name, self.key_id + self.data)


@dataclass(frozen=True, slots=True)
class Note:
    """A note that is well formed; nothing of it is believed before `opened`.

    Parameters
    ----------
    text
        With its final line feed.
    signatures
        At least one; a line that stands there twice, once.
    """

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(s.line for s in self.signatures)

    @staticmethod
    def parse(data: bytes) -> Note:
        """Read a note.

        Raises
        ------
        ProofProblem
            ``note_malformed``.
        """
        if len(data) > MAX_NOTE:
            raise ProofProblem("note_malformed", "too long")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ProofProblem("note_malformed", "not UTF-8") from error
        if any(c < " " and c != "\n" for c in whole):
            raise ProofProblem("note_malformed", "control characters")
        text, blank, rest = whole.rpartition("\n\n")
        if not blank or not rest.endswith("\n"):
            raise ProofProblem("note_malformed", "no signatures")
        lines = rest[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise ProofProblem("note_malformed", "too many signatures")
        return Note(text + "\n", tuple(dict.fromkeys(_signature(line) for line in lines)))

    def verified(self, keys: Iterable[VerifierKey]) -> dict[VerifierKey, int]:
        """Which of `keys` signed, and when: the latest time of each (0 for those without one).

        Raises
        ------
        ProofProblem
            ``note_signature`` if a line of one of them does not verify.
        """
        found: dict[VerifierKey, int] = {}
        known = {(k.name, k.key_id): k for k in keys}
        for signature in self.signatures:
            key = known.get((signature.name, signature.key_id))
            if key is None:
                continue
            at = key.check(self.text, signature.data)
            if at is None:
                raise ProofProblem("note_signature", key.name)
            found[key] = max(at, found.get(key, 0))
        return found

    def with_lines(self, lines: Iterable[Signature]) -> Note:
        """The same text with more signatures behind those that are there; a key's newer one takes the older's place."""
        both = {(s.name, s.key_id): s for s in (*self.signatures, *lines)}
        return Note(self.text, tuple(both.values()))


def sign(text: str, signer: Signer, at: int = 0) -> Note:
    """A note of `text` with one signature.

    Raises
    ------
    ProofProblem
        ``note_malformed`` if the text cannot be one: no final line feed, control characters.
    """
    return Note.parse((text + "\n" + signer.line(text, at)).encode())


def is_name(name: str) -> bool:
    """Whether a key may have this name."""
    return bool(name) and "+" not in name and not any(c.isspace() or c < " " for c in name)


def signature_line(name: str, material: bytes) -> str:
    """A signature as it stands below a note; `material` is the key's identifier (4 bytes) and the signature."""
    return f"{_DASH}{name} {to_base64(material)}\n"


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    material = from_base64(encoded)
    if not line.startswith(_DASH) or not space or not is_name(name) or material is None or len(material) < 5:
        raise ProofProblem("note_malformed", "signature line")
    return Signature(name, material[:4], material[4:])


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True

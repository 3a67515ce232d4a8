"""Private keys on disk: PKCS#8 in PEM, encrypted with a passphrase, readable by their owner alone.

The encryption is PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC (RFC 8018), which ``openssl
pkey`` reads; its rounds are many, because a stolen file can be tried against without limit.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from engine.proofs import der
from engine.proofs.base64_text import to_base64
from engine.proofs.problems import ProofProblem
from engine.proofs.signing import PublicKey, Signer

ROUNDS: Final = 600_000
LEAST_PASSPHRASE: Final = 8
"""Characters of a passphrase for a new key."""
MAX_KEY: Final = 64 << 10

_PKCS8: Final = bytes.fromhex("302e020100300506032b657004220420")
"""DER of an unencrypted Ed25519 private key before its 32 bytes (RFC 8410, section 7)."""
_PBES2, _PBKDF2 = bytes.fromhex("06092a864886f70d01050d"), bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256: Final = bytes.fromhex("300c06082a864886f70d02090500")
_AES_256_CBC: Final = bytes.fromhex("060960864801650304012a")


def generate(path: str | os.PathLike[str], passphrase: str) -> PublicKey:
    """Make a key pair and write its private half to a new file.

    Raises
    ------
    ProofProblem
        ``key_exists``, ``key_short_passphrase`` or ``cannot_write_key``.
    """
    if len(passphrase) < LEAST_PASSPHRASE:
        raise ProofProblem("key_short_passphrase", str(LEAST_PASSPHRASE))
    signer = Signer.of(secrets.token_bytes(32))
    _write_new(Path(path), _encrypted(signer.secret, passphrase.encode("utf-8")))
    return signer.public


def load(path: str | os.PathLike[str], passphrase: str) -> Signer:
    """Read a private key.

    Raises
    ------
    ProofProblem
        ``key_unreadable``, ``key_not_encrypted``, ``key_passphrase`` (the wrong one) or
        ``key_algorithm``.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = read_pem(path)
    if b"-----BEGIN ENCRYPTED PRIVATE KEY-----" not in data:
        raise ProofProblem("key_not_encrypted" if b"PRIVATE KEY-----" in data else "key_unreadable", str(path))
    try:
        key = load_pem_private_key(data, passphrase.encode("utf-8"))
    except UnsupportedAlgorithm as error:
        raise ProofProblem("key_algorithm", "unknown") from error
    except (ValueError, TypeError) as error:
        raise ProofProblem("key_passphrase", str(path)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ProofProblem("key_algorithm", type(key).__name__.removeprefix("_").removesuffix("PrivateKey"))
    return Signer.of(key.private_bytes_raw())


def load_public(path: str | os.PathLike[str]) -> PublicKey:
    """Read a public key in PEM.

    Raises
    ------
    ProofProblem
        ``key_unreadable``, ``key_algorithm`` or ``key_weak``.
    """
    lines = read_pem(path).decode("ascii", "replace").split()
    text = " ".join(lines)
    begin, end = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"
    if not (text.startswith(begin) and text.endswith(end)):
        raise ProofProblem("key_unreadable", f"{os.fspath(path)}: no public key in PEM")
    return PublicKey.from_base64(text[len(begin) : -len(end)].replace(" ", ""))


def read_pem(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a small file.

    Raises
    ------
    ProofProblem
        ``key_unreadable``.
    """
    try:
        if not os.path.isfile(path):
            raise ProofProblem("key_unreadable", f"{os.fspath(path)}: no such file")
        with open(path, "rb") as file:
            data = file.read(MAX_KEY + 1)
    except OSError as error:
        raise ProofProblem("key_unreadable", f"{os.fspath(path)}: {error.strerror or error}") from error
    if len(data) > MAX_KEY:
        raise ProofProblem("key_unreadable", f"{os.fspath(path)}: too large for a key")
    return data


def _write_new(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ProofProblem("key_exists", str(path)) from error
    except OSError as error:
        raise ProofProblem("cannot_write_key", f"{path}: {error.strerror or error}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise ProofProblem("cannot_write_key", f"{path}: {error.strerror or error}") from error


def _encrypted(secret: bytes, passphrase: bytes) -> bytes:
    """EncryptedPrivateKeyInfo in PEM (RFC 5958, section 3; RFC 8018, section 6.2)."""
    import hashlib

    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    salt, start = secrets.token_bytes(16), secrets.token_bytes(16)
    key = hashlib.pbkdf2_hmac("sha256", passphrase, salt, ROUNDS, 32)
    padder = PKCS7(128).padder()
    padded = padder.update(_PKCS8 + secret) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(start)).encryptor()
    sealed = encryptor.update(padded) + encryptor.finalize()
    rounds = ROUNDS.to_bytes(4, "big").lstrip(b"\0")
    derivation = _tlv(0x30, _PBKDF2, _tlv(0x30, _tlv(4, salt), _tlv(2, rounds), _HMAC_SHA256))
    scheme = _tlv(0x30, _AES_256_CBC, _tlv(4, start))
    info = _tlv(0x30, _tlv(0x30, _PBES2, _tlv(0x30, derivation, scheme)), _tlv(4, sealed))
    text = to_base64(info)
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    name = "ENCRYPTED PRIVATE KEY"
    return "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----", ""]).encode("ascii")


def _tlv(tag: int, *parts: bytes) -> bytes:
    return der.encoded(tag, b"".join(parts))

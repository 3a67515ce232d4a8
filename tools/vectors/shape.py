"""What a vector is: files, and the answer that is expected."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from vectors.proof import Json, Proof, canonical, key_id

NAME = "clip.mov"
KEEP: Any = object()


@dataclass(frozen=True)
class Vector:
    """One thing that is wrong, and what has to be said of it.

    `klass` is what is wrong: file, header, leaf, tree, signature, log, timestamp, excerpt; ``none`` where nothing is.
    `standalone` is the answer of a verifier that knows only whether every byte is as it was sealed.
    """

    name: str
    klass: str
    attack: str
    done: str
    files: Mapping[str, bytes]
    status: str
    reason: str
    standalone: str
    frames: Sequence[Sequence[Any]]

    def entry(self) -> Json:
        """What the index says of it."""
        from blake3 import blake3

        # Parquet files differ with the library that writes them, and the seal covers them
        kept = {n: blake3(d).hexdigest() for n, d in self.files.items() if n == NAME}
        return {
            "name": self.name,
            "class": self.klass,
            "attack": self.attack,
            "done": self.done,
            "files": sorted(self.files),
            "recording": kept.get(NAME),
            "expected": {"status": self.status, "reason": self.reason, "frames": [list(f) for f in self.frames]},
            "standalone": self.standalone,
        }


def trusted_keys(key: Ed25519PrivateKey) -> Json:
    """A file of trusted keys with one key in it."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    entry = {
        "keyid": key_id(key),
        "algorithm": "ed25519",
        "public_key": base64.b64encode(der).decode(),
        "name": "vectors",
        "valid_from": None,
        "valid_until": None,
        "revoked": None,
        "rotated_from": None,
    }
    return {"schema": "unbroken.keys/1", "keys": [entry]}


def vector(
    name: str,
    klass: str,
    attack: str,
    done: str,
    recording: bytes,
    proof: Proof,
    status: str,
    reason: str,
    frames: Sequence[Sequence[Any]] = (),
    seal: bytes | None = KEEP,
    leaves: bytes | None = KEEP,
    trusted: Ed25519PrivateKey | None = None,
    frame: Json | None = None,
    logs: str | None = None,
    standalone: str | None = None,
) -> Vector:
    """A vector of a recording and a proof, of which `seal` or `leaves` may be other bytes, or missing."""
    given = {
        NAME: recording or None,
        f"{NAME}.unbroken.json": proof.seal() if seal is KEEP else seal,
        f"{NAME}.unbroken.parquet": proof.leaves if leaves is KEEP else leaves,
        "keys.json": canonical(trusted_keys(trusted)) if trusted else None,
        "frame.json": canonical(frame) if frame else None,
        "logs.txt": logs.encode() if logs else None,
    }
    files = {n: d for n, d in given.items() if d is not None}
    alone = standalone or ("NOT_OK" if reason == "content_whole" else status)
    return Vector(name, klass, "" if attack == "none" else attack, done, files, status, reason, alone, frames)


def excerpt_vector(
    name: str, attack: str, done: str, clip: bytes, proof: bytes, status: str, reason: str, frames: Sequence[Any] = ()
) -> Vector:
    """A vector of a clip and the proof of an excerpt."""
    files = {NAME: clip, f"{NAME}.unbroken-excerpt.json": proof}
    return Vector(name, "excerpt" if attack else "none", attack, done, files, status, reason, status, frames)

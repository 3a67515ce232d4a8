"""Seals that claim to stand in a transparency log, and timestamps that are none.

Source: C2SP signed-note, tlog-checkpoint, tlog-cosignature; RFC 9162, section 2.1 (SHA-256).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace

from blake3 import blake3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vectors.bases import Base, clip
from vectors.proof import Json, Proof, canonical, key
from vectors.shape import Vector, vector

ORIGIN, WITNESS = "log.example/vectors", "witness.example/vectors"
LOG, COSIGNATURE = 1, 4
TIME = 1767323045


def entry(proof: Proof) -> bytes:
    """The bytes of a seal's leaf in a log."""
    payload, recording = canonical(proof.header), proof.header["recording"]
    return canonical(
        {
            "schema": "unbroken.log-entry/1",
            "seal": {
                "payloadBlake3": blake3(payload).hexdigest(),
                "payloadSha256": hashlib.sha256(payload).hexdigest(),
            },
            "recording": {"blake3": recording["blake3"], "sha256": recording["sha256"]},
            "root": proof.header["tree"]["root"],
        }
    )


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def identifier(name: str, kind: int, known: Ed25519PrivateKey) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + known.public_key().public_bytes_raw()).digest()[:4]


def verifier_key(name: str, kind: int, known: Ed25519PrivateKey) -> str:
    material = base64.b64encode(bytes([kind]) + known.public_key().public_bytes_raw()).decode()
    return f"{name}+{identifier(name, kind, known).hex()}+{material}"


def line(name: str, kind: int, known: Ed25519PrivateKey, signature: bytes) -> str:
    """A signature line of a note."""
    return f"— {name} {base64.b64encode(identifier(name, kind, known) + signature).decode()}\n"


def checkpoint(size: int, root: bytes, log: Ed25519PrivateKey, witness: Ed25519PrivateKey | None) -> str:
    """A checkpoint of the log, cosigned if there is a witness."""
    text = f"{ORIGIN}\n{size}\n{base64.b64encode(root).decode()}\n"
    note = text + "\n" + line(ORIGIN, LOG, log, log.sign(text.encode()))
    if witness is not None:
        message = f"cosignature/v1\ntime {TIME}\n{text}".encode()
        note += line(WITNESS, COSIGNATURE, witness, TIME.to_bytes(8, "big") + witness.sign(message))
    return note


def evidence(index: int, path: list[bytes], note: str) -> Json:
    inclusion = {"checkpoint": note, "index": index, "origin": ORIGIN, "path": [h.hex() for h in path]}
    return {"log": [inclusion], "renewals": [], "timestamps": []}


def log_vectors(base: Base) -> Iterator[Vector]:
    """The seal is the second of three entries."""
    log, witness, foreign = key("log"), key("witness"), key("foreign")
    hashes = [leaf(b"first"), leaf(entry(base.proof)), leaf(b"third")]
    other = [leaf(b"first"), leaf(entry(clip(seed=9).proof)), leaf(b"third")]
    keys = "\n".join([verifier_key(ORIGIN, LOG, log), verifier_key(WITNESS, COSIGNATURE, witness)]) + "\n"

    def root(leaves: list[bytes]) -> bytes:
        return node(node(leaves[0], leaves[1]), leaves[2])

    def under(name: str, attack: str, done: str, found: Json | None, status: str, reason: str) -> Vector:
        made = replace(base.proof, evidence=found)
        klass = "none" if attack == "none" else "log"
        return vector(name, klass, attack, done, base.made.data, made, status, reason, logs=keys, standalone="OK")

    path = [hashes[0], hashes[2]]
    good = checkpoint(3, root(hashes), log, witness)
    alone = checkpoint(3, root(hashes), log, None)
    yield under("logged", "none", "in the log, and cosigned", evidence(1, path, good), "OK", "untouched")
    less, bad = "OK_WITH_MISSING_INFO", "log_invalid"
    yield under("log-stripped", "log entry taken away (under a policy)", "not in the log", None, less, "not_in_log")
    yield under(
        "log-not-cosigned",
        "checkpoint that no witness saw",
        "no cosignature",
        evidence(1, path, alone),
        less,
        "not_cosigned",
    )
    found = evidence(1, [other[0], other[2]], checkpoint(3, root(other), log, witness))
    yield under("log-other-root", "log entry for another root", "the entry is another seal's", found, "NOT_OK", bad)
    shorter = checkpoint(2, root(hashes), log, witness)
    yield under(
        "log-old-size",
        "checkpoint with an old size",
        "two entries, the root of three",
        evidence(1, path, shorter),
        "NOT_OK",
        bad,
    )
    yield under(
        "log-index", "log entry for another root", "the number of another entry", evidence(0, path, good), "NOT_OK", bad
    )
    forged = checkpoint(3, root(hashes), foreign, witness)
    forged = forged.replace(forged.split("\n")[4], line(ORIGIN, LOG, log, foreign.sign(b"x")).strip())
    yield under(
        "log-forged",
        "checkpoint signed by another key",
        "a foreign signature under the log's name",
        evidence(1, path, forged),
        "NOT_OK",
        bad,
    )
    lying = good.replace(good.strip().split("\n")[-1], line(WITNESS, COSIGNATURE, witness, bytes(72)).strip())
    yield under(
        "log-cosignature-forged",
        "checkpoint signed by another key",
        "a cosignature that does not verify",
        evidence(1, path, lying),
        "NOT_OK",
        bad,
    )


def token_vectors(base: Base) -> Iterator[Vector]:
    """Tokens that are none: real ones need an authority, and are tested with one."""
    for name, done, token in (("text", "text for a token", b"a token"), ("empty", "an empty sequence", b"\x30\x00")):
        stamp = {"covers": [], "token": base64.b64encode(token).decode()}
        made = replace(base.proof, evidence={"log": [], "renewals": [], "timestamps": [stamp]})
        yield vector(
            f"token-{name}",
            "timestamp",
            "timestamp that is none",
            done,
            base.made.data,
            made,
            "NOT_OK",
            "timestamp_unreadable",
            standalone="OK",
        )

"""Seals whose header or envelope is not what it has to be."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

from vectors.bases import Base
from vectors.proof import (
    Json,
    canonical,
    envelope,
)
from vectors.shape import Vector, vector

Edit = Callable[[Json], Any]


def header_vectors(base: Base) -> Iterator[Vector]:
    proof, data = base.proof, base.made.data

    def changed(name: str, attack: str, done: str, seal: bytes, reason: str) -> Vector:
        return vector(name, "header", attack, done, data, proof, "NOT_OK", reason, seal=seal)

    edits: list[tuple[str, str, Edit]] = [
        ("time", "the sealing time", lambda h: h["sealed"].update(at="2020-01-02T03:04:05.000+00:00")),
        ("device", "the device", lambda h: h["sealed"].update(device="9876543210")),
        ("count", "the number of leaves of a stream", lambda h: h["streams"][0].update(leaves=7)),
        ("size", "the recording's size", lambda h: h["recording"].update(size=1)),
    ]
    kept = json.loads(proof.seal())
    for name, what, edit in edits:
        other = base64.b64encode(canonical(proof.edited(edit).header)).decode()
        seal = canonical({**kept, "payload": other}) + b"\n"
        yield changed(
            f"header-{name}",
            "header edited",
            f"{what} changed, the digest in the envelope not",
            seal,
            "seal_unreadable" if name == "count" else "seal_differs",
        )
    fitting: list[tuple[str, str, str, Edit, str]] = [
        (
            "count-fits",
            "header edited",
            "a stream's number of leaves changed, digest made to fit",
            edits[2][2],
            "seal_unreadable",
        ),
        (
            "field-missing",
            "a missing optional field that skips a check",
            "no `supersedes`",
            lambda h: h.pop("supersedes"),
            "seal_unreadable",
        ),
        (
            "sha256-missing",
            "a missing optional field that skips a check",
            "no `sha256` of the recording",
            lambda h: h["recording"].pop("sha256"),
            "seal_unreadable",
        ),
        (
            "leaves-missing-field",
            "a missing optional field that skips a check",
            "`leaves` is null",
            lambda h: h.update(leaves=None),
            "seal_unreadable",
        ),
        (
            "field-added",
            "a field that does not exist",
            "`unchecked` in the header",
            lambda h: h.update(unchecked=True),
            "seal_unreadable",
        ),
        (
            "format-newer",
            "a retagged header that reads as not sealed",
            "format 2",
            lambda h: h.update(format="2"),
            "format_unknown",
        ),
        ("format-draft", "algorithm downgrade", "format 1-draft", lambda h: h.update(format="1-draft"), "format_draft"),
        (
            "float",
            "another spelling of a header",
            "the size is a number with a fraction",
            lambda h: h["recording"].update(size=1.5),
            "seal_unreadable",
        ),
    ]
    for name, attack, done, edit, reason in fitting:
        yield changed(
            f"header-{name}",
            attack,
            done,
            envelope(json.dumps(proof.edited(edit).header, sort_keys=True, separators=(",", ":")).encode()),
            reason,
        )
    payload = canonical(proof.header)
    yield changed(
        "envelope-type",
        "a retagged header that reads as not sealed",
        "another payloadType",
        envelope(payload, payloadType="text/plain"),
        "seal_unreadable",
    )
    less = {k: v for k, v in kept.items() if k != "payloadBlake3"}
    yield changed(
        "envelope-digest-missing",
        "a missing optional field that skips a check",
        "no `payloadBlake3`",
        canonical(less) + b"\n",
        "seal_unreadable",
    )
    less = {k: v for k, v in kept.items() if k != "evidence"}
    yield changed(
        "envelope-evidence-missing",
        "a missing optional field that skips a check",
        "no `evidence`",
        canonical(less) + b"\n",
        "seal_unreadable",
    )
    renamed = {("header" if k == "payload" else k): v for k, v in kept.items()}
    yield changed(
        "envelope-renamed",
        "a renamed header that reads as not sealed",
        "the field `payload` has another name",
        canonical(renamed) + b"\n",
        "seal_unreadable",
    )
    yield changed(
        "envelope-spelling",
        "another spelling of a header",
        "the seal is indented",
        json.dumps(kept, indent=1).encode(),
        "seal_differs",
    )
    spaced = json.dumps(proof.header, sort_keys=True).encode()
    yield changed(
        "header-spelling", "another spelling of a header", "spaces in the header", envelope(spaced), "seal_unreadable"
    )
    yield changed(
        "envelope-empty", "a retagged header that reads as not sealed", "the seal is empty", b"", "seal_unreadable"
    )
    twice = proof.seal().replace(b'{"evidence"', b'{"payload":"","evidence"', 1)
    yield changed("envelope-field-twice", "another spelling of a header", "two fields `payload`", twice, "seal_differs")

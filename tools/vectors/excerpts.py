"""Excerpts: pictures 2 to 5 of eight, with the proof that they are those; and excerpts that claim what is not so."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from blake3 import blake3

from vectors.bases import Base
from vectors.media import STEP, TICK, movie, picture, sample, video_track
from vectors.proof import Json, Proof, canonical, derive, leaf, top
from vectors.shape import Vector, excerpt_vector

FIRST, LAST = 2, 5


def outside(start: int, end: int, shown: range, hashes: Sequence[bytes]) -> list[bytes]:
    """Hashes of the largest subtrees over leaves `start` to `end` - 1 that hold no leaf that is shown."""
    if not any(n in shown for n in range(start, end)):
        return [top(hashes[start:end])]
    if end - start == 1:
        return []
    split = start + (1 << (end - start - 1).bit_length() - 1)
    return [*outside(start, split, shown, hashes), *outside(split, end, shown, hashes)]


def clip_of(pictures: Sequence[bytes]) -> bytes:
    return movie([video_track(pictures)]).data


def proof_of_excerpt(proof: Proof, clip: bytes) -> Json:
    """The honest proof of pictures `FIRST` to `LAST`."""
    shown = range(FIRST, LAST + 1)
    streams = proof.header["streams"]
    leaves = b"".join(leaf(proof.rows[n], streams[0]) for n in shown)
    start, end = (n * STEP * 1_000_000 // TICK for n in (FIRST, LAST))
    return {
        "schema": "unbroken.excerpt/1",
        "seal": json.loads(proof.seal()),
        "clip": {
            "name": "clip.mov",
            "size": len(clip),
            "blake3": blake3(clip).hexdigest(),
            "sha256": hashlib.sha256(clip).hexdigest(),
        },
        "approval": derive("content", b"an approval").hex(),
        "asked": [start, end],
        "position": {"stream": 0, "frames": [[FIRST, LAST]], "of": 8, "from": start, "to": end},
        "runs": [{"stream": 0, "first": FIRST, "leaves": base64.b64encode(leaves).decode()}],
        "withheld": [],
        "path": [h.hex() for h in outside(0, len(proof.rows), shown, proof.hashes())],
    }


def sealed(content: Json) -> bytes:
    """The file, with the digest made to fit."""
    return canonical({**content, "digest": blake3(canonical(content)).hexdigest()}) + b"\n"


def leaves_of(content: Json, change: Callable[[list[bytes]], list[bytes]]) -> None:
    data = base64.b64decode(content["runs"][0]["leaves"])
    pieces = change([data[at : at + 100] for at in range(0, len(data), 100)])
    content["runs"][0]["leaves"] = base64.b64encode(b"".join(pieces)).decode()


def renumbered(pieces: list[bytes]) -> list[bytes]:
    """Each leaf one place further on: decode index and presentation order."""
    return [p[:4] + (n + FIRST + 1).to_bytes(8, "big") * 2 + p[20:] for n, p in enumerate(pieces)]


def excerpt_vectors(base: Base) -> Iterator[Vector]:
    pictures = [sample(picture(n)) for n in range(FIRST, LAST + 1)]
    good = clip_of(pictures)
    less, differs, unreadable = "OK_WITH_MISSING_INFO", "excerpt_differs", "excerpt_unreadable"
    honest = sealed(proof_of_excerpt(base.proof, good))
    yield excerpt_vector("excerpt", "", "pictures 2 to 5 of 8", good, honest, less, "excerpt")

    def claims(
        name: str, attack: str, done: str, reason: str, change: Callable[[Json], Any], frames: Sequence[Any] = ()
    ) -> Vector:
        content = proof_of_excerpt(base.proof, good)
        change(content)
        return excerpt_vector(f"excerpt-{name}", attack, done, good, sealed(content), "NOT_OK", reason, frames)

    wrong, hides = "excerpt that claims wrong positions", "excerpt that hides its end"
    yield claims(
        "position", wrong, "said to be pictures 3 to 6", differs, lambda c: c["position"].update(frames=[[3, 6]])
    )
    yield claims(
        "time",
        wrong,
        "said to be a second later",
        differs,
        lambda c: c["position"].update({"from": 1_080_000, "to": 1_200_000}),
    )
    yield claims("first", wrong, "the run begins at leaf 3", differs, lambda c: c["runs"][0].update(first=3))

    def moved(content: Json) -> None:
        content["runs"][0]["first"] = FIRST + 1
        content["position"]["frames"] = [[FIRST + 1, LAST + 1]]
        leaves_of(content, renumbered)

    yield claims("renumbered", wrong, "leaves, run and position one place further on", differs, moved)
    yield claims("total", hides, "said to be of six pictures", differs, lambda c: c["position"].update(of=6))
    yield claims(
        "hole",
        "excerpt with a hole",
        "the leaf of picture 3 taken out",
        differs,
        lambda c: leaves_of(c, lambda p: [p[0], *p[2:]]),
    )
    yield claims(
        "reordered",
        "excerpt with a hole",
        "two leaves changed places",
        differs,
        lambda c: leaves_of(c, lambda p: [p[1], p[0], *p[2:]]),
    )
    yield claims(
        "path", wrong, "a hash of the path is another", differs, lambda c: c.update(path=["0" * 64, *c["path"][1:]])
    )
    yield claims(
        "withheld-outside",
        "excerpt with a hole",
        "leaf 7 said to be withheld",
        unreadable,
        lambda c: c.update(withheld=[[7, 7]]),
    )
    yield claims(
        "withheld",
        "excerpt with a hole",
        "picture 3 said to be withheld, and there it is",
        "frames_differ",
        lambda c: c.update(withheld=[[3, 3]]),
        [["inserted", 1, 1]],
    )
    flipped = pictures[1][:200] + b"\x01" + pictures[1][201:]
    foreign = sample(picture(6, seed=3))
    for name, done, changed, frames in (
        ("altered", "picture 3 altered", [pictures[0], flipped, *pictures[2:]], ["altered", 3, 3]),
        ("shorter", "the clip ends before picture 5", pictures[:-1], ["deleted", 5, 5]),
        ("longer", "a foreign picture at the end", [*pictures, foreign], ["inserted", 4, 4]),
        ("swapped", "pictures 3 and 4 changed places", [pictures[n] for n in (0, 2, 1, 3)], ["moved", 3, 4]),
    ):
        attack, clip = "excerpt whose clip was changed", clip_of(changed)
        yield excerpt_vector(f"excerpt-{name}", attack, done, clip, honest, "NOT_OK", "frames_differ", [frames])

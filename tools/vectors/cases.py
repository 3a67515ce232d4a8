"""All vectors: one thing wrong in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vectors.bases import Base, clip, remuxed
from vectors.excerpts import excerpt_vectors
from vectors.files import file_vectors
from vectors.headers import header_vectors
from vectors.leaves import leaf_vectors
from vectors.logs import log_vectors, token_vectors
from vectors.media import PICTURES, avc_entry, box, movie, picture, pps, sample, sps
from vectors.shape import Vector, vector
from vectors.signatures import signature_vectors
from vectors.trees import tree_vectors


def controls(base: Base) -> Iterator[Vector]:
    """Nothing is wrong in these, or nothing that matters."""
    proof, data = base.proof, base.made.data
    yield vector("untouched", "none", "none", "as it was sealed", data, proof, "OK", "untouched")
    yield vector(
        "leaves-missing",
        "none",
        "none",
        "the leaves are gone",
        data,
        proof,
        "OK_WITH_MISSING_INFO",
        "leaves_missing",
        leaves=None,
    )
    yield vector(
        "remuxed",
        "none",
        "none",
        "a free box before the media",
        remuxed(base),
        proof,
        "OK_WITH_MISSING_INFO",
        "content_whole",
    )
    yield vector(
        "not-sealed", "none", "none", "there is no proof", data, proof, "NOT_SEALED", "no_seal", seal=None, leaves=None
    )
    yield from other_spellings(base)
    empty = avc_entry(sps(), pps())
    same = [replace(base.tracks[0], entries=[empty, empty], described=[0] * 4 + [1] * 4), base.tracks[1]]
    yield vector(
        "same-configuration-twice",
        "none",
        "none",
        "a second description that says the same",
        movie(same).data,
        proof,
        "OK_WITH_MISSING_INFO",
        "content_whole",
    )


def other_spellings(base: Base) -> Iterator[Vector]:
    """The same content as another muxer may write it: "Content digest" in docs/proof-format.md."""
    units = [picture(n) for n in range(PICTURES)]
    unknown = b"\x1e\x01\x02\x03"
    spellings = {
        "delimiters": (
            "delimiters, filler and end marks added",
            [sample(b"\x09\x10", u, b"\x0c\xff\x80", b"\x0a") for u in units],
        ),
        "zeros": ("zero bytes behind each unit", [sample(u + bytes(3)) for u in units]),
        "sets-in-band": ("the parameter sets repeated in each picture", [sample(sps(), pps(), u) for u in units]),
    }
    for name, (done, samples) in spellings.items():
        data = movie([replace(base.tracks[0], samples=samples), base.tracks[1]]).data
        yield vector(
            f"spelling-{name}", "none", "none", done, data, base.proof, "OK_WITH_MISSING_INFO", "content_whole"
        )
    more = clip(unknown)
    joined = [sample(u + b"\0\0\1" + unknown) for u in units]
    data = movie([replace(base.tracks[0], samples=joined), base.tracks[1]]).data
    yield vector(
        "spelling-start-code",
        "none",
        "none",
        "two units behind one length, a start code between them",
        data,
        more.proof,
        "OK_WITH_MISSING_INFO",
        "content_whole",
    )


def vectors() -> list[Vector]:
    """All vectors; names are different."""
    base = clip()
    made = [
        *controls(base),
        *file_vectors(base),
        *header_vectors(base),
        *tree_vectors(base),
        *leaf_vectors(base.proof, base.made.data, remuxed(base), moved_media(base)),
        *signature_vectors(base),
        *log_vectors(base),
        *token_vectors(base),
        *excerpt_vectors(base),
    ]
    assert len({v.name for v in made}) == len(made)
    return made


def moved_media(base: Base) -> tuple[bytes, int]:
    """A file with picture 3 altered and all sealed media in a free box behind it; where that begins."""
    pictures = list(base.tracks[0].samples)
    pictures[3] = pictures[3][:200] + b"\x01" + pictures[3][201:]
    data = movie([replace(base.tracks[0], samples=pictures), base.tracks[1]]).data
    return data + box("free", base.media), len(data) + 8

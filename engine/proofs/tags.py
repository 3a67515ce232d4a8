"""What a file says beside its content, as the header keeps it: the container's tags, a photo's metadata."""

from __future__ import annotations

from typing import Final

from blake3 import blake3

from engine.media.model import MediaInfo
from engine.media.photo_parts import PhotoParts, is_photo_format, photo_parts
from engine.proofs.problems import ProofProblem

MAX_TAGS: Final = 1000
MAX_TEXT: Final = 65_536
MAX_PHOTO: Final = 256 << 20
"""Bytes of a photo that is taken apart."""


def tags_of(media: MediaInfo) -> dict[str, str]:
    """Tags of the container; of a photo also ``photo.`` and the name of each metadata part -> its BLAKE3.

    A name that stands several times carries its number from the second on: ``photo.APP2 ICC_PROFILE 2``.
    """
    found = {printable(k): printable(v)[:MAX_TEXT] for k, v in media.tags.items()}
    seen: dict[str, int] = {}
    for name, data in read_photo_parts(media).metadata if is_photo_format(media.format) else ():
        seen[name] = seen.get(name, 0) + 1
        number = f" {seen[name]}" if seen[name] > 1 else ""
        found[f"photo.{name}{number}"] = blake3(data).hexdigest()
    return dict(list(found.items())[:MAX_TAGS])


def read_photo_parts(media: MediaInfo) -> PhotoParts:
    """The photo itself, taken apart.

    Raises
    ------
    ProofProblem
        ``leaf_not_built`` if it is larger than `MAX_PHOTO`; ``denied`` if it cannot be read any more.
    """
    try:
        with open(media.path, "rb") as file:
            data = file.read(MAX_PHOTO + 1)
    except OSError as error:
        raise ProofProblem("denied", error.strerror or str(error)) from error
    if len(data) > MAX_PHOTO:
        raise ProofProblem("leaf_not_built", f"a photo of more than {MAX_PHOTO >> 20} MiB")
    return photo_parts(data)


def printable(text: str) -> str:
    """Text that JSON can carry: bytes of a name that are no UTF-8 become a replacement mark."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

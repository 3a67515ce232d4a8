"""The coded picture of a photo, and what lies around it: metadata that programs edit without touching a pixel.

Sources: ITU-T T.81, annex B (JPEG segments); ISO/IEC 15948, section 5 and 11.3 (PNG chunks).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PHOTO_FORMATS: Final = frozenset({"image2", "image2pipe"})
_PIPE: Final = "_pipe"

_ADOBE: Final = 0xEE
_COMMENT: Final = 0xFE
_END: Final = 0xD9
_SCAN: Final = 0xDA
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_METADATA: Final = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"})


def is_photo_format(name: str) -> bool:
    """Whether FFmpeg's demuxer `name` gives a single image file."""
    return name in PHOTO_FORMATS or name.endswith(_PIPE)


@dataclass(frozen=True, slots=True)
class PhotoParts:
    """A photo taken apart.

    Parameters
    ----------
    coded
        What decides about pixels, in the order of the file.
    metadata
        Name and bytes of each part that does not, in the order of the file.
    """

    coded: bytes
    metadata: tuple[tuple[str, bytes], ...] = ()


def photo_parts(data: bytes) -> PhotoParts:
    """Take a photo apart; what is neither JPEG nor PNG, or is damaged, is coded as a whole.

    JPEG: application segments but Adobe's (which tells how colours are transformed) and comments
    are metadata. What follows the end of the image is coded: it may hold another picture.
    PNG: texts, Exif and the time of change are metadata.
    """
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    return _png(data) if data.startswith(_PNG) else PhotoParts(data)


def _jpeg(data: bytes) -> PhotoParts:
    coded, metadata = [data[:2]], []
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker == _END or marker in _BARE:
            break
        stop = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if stop < at + 4 or stop > len(data):
            return PhotoParts(data)
        if marker == _COMMENT or (0xE0 <= marker <= 0xEF and marker != _ADOBE):
            metadata.append((_segment_name(marker, data[at + 4 : stop]), data[at:stop]))
        else:
            coded.append(data[at:stop])
        at = stop
        if marker == _SCAN:
            break
    coded.append(data[at:])
    return PhotoParts(b"".join(coded), tuple(metadata))


def _segment_name(marker: int, body: bytes) -> str:
    """Such as ``APP1 Exif``: segments begin with the name of what they hold."""
    if marker == _COMMENT:
        return "COM"
    word = body[:40].split(b"\0")[0]
    plain = word.decode("ascii", "replace") if word.isascii() and word else ""
    return f"APP{marker & 15} {plain}".rstrip() if plain.isprintable() else f"APP{marker & 15}"


def _png(data: bytes) -> PhotoParts:
    coded, metadata = [data[: len(_PNG)]], []
    at = len(_PNG)
    while at + 12 <= len(data):
        stop = at + 12 + int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if stop > len(data):
            break
        if kind in _PNG_METADATA:
            metadata.append((kind.decode("ascii"), data[at:stop]))
        else:
            coded.append(data[at:stop])
        at = stop
        if kind == b"IEND":
            break
    coded.append(data[at:])
    return PhotoParts(b"".join(coded), tuple(metadata))

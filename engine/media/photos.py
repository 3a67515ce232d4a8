"""Photos: what the file says of itself (EXIF, XMP), and its thumbnail against the picture."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.media.errors import MediaError

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS: Final = 400_000_000
"""Pixels of a photo at most: more is taken for an attack on memory."""
MAX_XMP: Final = 4 << 20
"""Bytes of an XMP packet that are looked at."""
MAX_TEXT: Final = 200
GRID: Final = (6, 8)
"""Rows and columns of the blocks in which thumbnail and picture are compared."""
BAR_LEVEL: Final = 24
"""Grey level below which a whole row or column at a thumbnail's edge is a black bar, put there by
cameras whose pictures are wider than their thumbnails."""

_TAGS: Final[Mapping[str, int]] = {"make": 0x10F, "model": 0x110, "software": 0x131, "modified": 0x132}
_EXIF_TAGS: Final[Mapping[str, int]] = {
    "taken": 0x9003, "digitised": 0x9004, "taken_offset": 0x9011, "serial": 0xA431,
}  # fmt: skip
_THUMBNAIL_OFFSET: Final = 0x201
_THUMBNAIL_LENGTH: Final = 0x202
_AGENT: Final = re.compile(
    rb"(?:xmp:CreatorTool|stEvt:softwareAgent|photoshop:History)\s*(?:=\s*[\"']([^\"'<]{1,200})|>\s*([^<]{1,200})<)"
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class ThumbnailDifference:
    """A photo's thumbnail against the photo, after the best linear fit of grey levels.

    Parameters
    ----------
    correlation
        -1..1, of all blocks, of the best of four turns.
    largest
        Grey levels by which the block that differs most does so.
    """

    correlation: float
    largest: float


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What a photo says of itself; texts are those of the file, None where it says nothing.

    Times are as EXIF writes them, ``YYYY:MM:DD HH:MM:SS``, by the camera's clock; `taken_offset`
    is that clock's offset from UTC where the camera states it.
    """

    format: str
    width: int
    height: int
    taken: str | None = None
    taken_offset: str | None = None
    digitised: str | None = None
    modified: str | None = None
    make: str | None = None
    model: str | None = None
    serial: str | None = None
    software: str | None = None
    agents: tuple[str, ...] = ()
    """Programs that the XMP packet names, in order."""
    thumbnail: ThumbnailDifference | None = None


def read_photo(path: str) -> PhotoFacts:
    """Read a photo and decode it whole.

    Raises
    ------
    MediaError
        ``not_media`` if it is no picture, ``no_heic`` if it is HEIC and nothing that reads it is
        installed, ``picture_too_large``, or ``no_picture`` if it cannot be decoded to its end.

    Notes
    -----
    EXIF 2.32 (CIPA DC-008), 4.6; XMP specification, part 1 (ISO 16684-1).
    """
    from PIL import Image, UnidentifiedImageError

    heif = _open_heif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of sizes that MAX_PIXELS bounds, and of odd EXIF
            with Image.open(path) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise MediaError(path, "picture_too_large", f"{image.width}×{image.height}")
                return _facts(image)
    except UnidentifiedImageError as error:
        raise MediaError(path, "not_media" if heif or not _is_heif(path) else "no_heic", "") from error
    except Image.DecompressionBombError as error:
        raise MediaError(path, "picture_too_large", "") from error
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise MediaError(path, "no_picture", str(error)[:MAX_TEXT]) from error


def _open_heif() -> bool:
    """Let Pillow read HEIC, if what does that is installed."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


def _is_heif(path: str) -> bool:
    """By the brand of its first box (ISO/IEC 23008-12, 10.2)."""
    with open(path, "rb") as file:
        head = file.read(12)
    return head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc")


def _facts(image: Image.Image) -> PhotoFacts:
    image.load()
    exif = image.getexif()
    inner = _inner(exif)
    said = {name: _text(exif.get(tag)) for name, tag in _TAGS.items()}
    said |= {name: _text(inner.get(tag)) for name, tag in _EXIF_TAGS.items()}
    return PhotoFacts(
        format=(image.format or "").lower(),
        width=image.width,
        height=image.height,
        agents=_agents(image.info),
        thumbnail=_thumbnail_difference(image, exif),
        **said,
    )


def _inner(exif: Image.Exif) -> Mapping[int, Any]:
    from PIL import ExifTags

    try:
        return exif.get_ifd(ExifTags.IFD.Exif)
    except (KeyError, ValueError, OSError, SyntaxError):
        return {}


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    return _CONTROL.sub(" ", value[: 2 * MAX_TEXT]).strip()[:MAX_TEXT] or None


def _agents(info: Mapping[Any, Any]) -> tuple[str, ...]:
    packet = info.get("xmp") or info.get("XML:com.adobe.xmp") or b""
    data = packet.encode("utf-8", "replace") if isinstance(packet, str) else packet
    if not isinstance(data, bytes):
        return ()
    found = (_text(a or b) for a, b in _AGENT.findall(data[:MAX_XMP]))
    return tuple(dict.fromkeys(t for t in found if t))[:16]


def _thumbnail_difference(image: Image.Image, exif: Image.Exif) -> ThumbnailDifference | None:
    thumbnail = _thumbnail(image, exif)
    if thumbnail is None:
        return None
    bare = _without_bars(np.asarray(thumbnail.convert("L"), dtype=np.float64))
    if min(bare.shape) < 2 * max(GRID):
        return None
    small = _blocks(bare)
    whole = np.asarray(image.convert("L").reduce(max(1, min(image.size) // 256)), dtype=np.float64)
    if min(whole.shape) < 2 * max(GRID):
        return None
    turned = (_blocks(np.rot90(whole, turn)) for turn in range(4))
    return max((_compare(small, t) for t in turned), key=lambda d: d.correlation)


def _thumbnail(image: Image.Image, exif: Image.Exif) -> Image.Image | None:
    """The JPEG that EXIF keeps in its second directory; None without a readable one."""
    from PIL import ExifTags, Image

    raw = image.info.get("exif")
    if not isinstance(raw, bytes):
        return None
    try:
        directory = exif.get_ifd(ExifTags.IFD.IFD1)
        start, length = int(directory[_THUMBNAIL_OFFSET]), int(directory[_THUMBNAIL_LENGTH])
        body = raw[6:] if raw.startswith(b"Exif\0\0") else raw
        data = body[start : start + length]
        thumbnail = Image.open(io.BytesIO(data))
        thumbnail.load()
    except (KeyError, ValueError, TypeError, OSError, SyntaxError, Image.DecompressionBombError):
        return None
    return thumbnail


def _without_bars(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """`grey`, (H, W), without black rows and columns at its edges."""
    rows = np.flatnonzero(np.percentile(grey, 95, axis=1) > BAR_LEVEL)
    columns = np.flatnonzero(np.percentile(grey, 95, axis=0) > BAR_LEVEL)
    if not len(rows) or not len(columns):
        return grey
    return grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _blocks(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean grey level of each block of `GRID`."""
    rows = np.array_split(grey, GRID[0], axis=0)
    return np.array([[part.mean() for part in np.array_split(row, GRID[1], axis=1)] for row in rows])


def _compare(small: NDArray[np.float64], whole: NDArray[np.float64]) -> ThumbnailDifference:
    a, b = small.ravel(), whole.ravel()
    a0, b0 = a - a.mean(), b - b.mean()
    power = float(np.sqrt((a0 @ a0) * (b0 @ b0)))
    flat = power < 1.0
    correlation = 1.0 if flat else float(a0 @ b0) / power
    gain = 1.0 if flat else max(0.0, float(a0 @ b0) / float(b0 @ b0))
    return ThumbnailDifference(correlation, float(np.abs(a0 - gain * b0).max()))

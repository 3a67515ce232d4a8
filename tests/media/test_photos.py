"""What photos say of themselves, with thumbnails made here by hand."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from engine.media.errors import MediaError
from engine.media.photos import read_photo

TAKEN, OFFSET, SERIAL, SOFTWARE, MODIFIED = 0x9003, 0x9011, 0xA431, 0x131, 0x132


def scene(seed: int, size: tuple[int, int] = (800, 600)) -> Image.Image:
    """Smooth blots, like a view out of focus."""
    small = np.random.default_rng(seed).integers(20, 236, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def with_thumbnail(image: Image.Image, thumbnail: Image.Image, path: Path) -> Path:
    """A JPEG whose EXIF carries a thumbnail; laid out by hand (Exif 2.32, 4.5.8), big-endian."""
    buffer = io.BytesIO()
    thumbnail.save(buffer, "JPEG", quality=85)
    data = buffer.getvalue()

    def entry(tag: int, value: int) -> bytes:
        return tag.to_bytes(2, "big") + (4).to_bytes(2, "big") + (1).to_bytes(4, "big") + value.to_bytes(4, "big")

    first = (0).to_bytes(2, "big") + (14).to_bytes(4, "big")
    start = 14 + 2 + 2 * 12 + 4
    second = (2).to_bytes(2, "big") + entry(0x201, start) + entry(0x202, len(data)) + bytes(4)
    tiff = b"MM\0*" + (8).to_bytes(4, "big") + first + second + data
    image.save(path, "JPEG", quality=90, exif=b"Exif\0\0" + tiff)
    return path


def small(image: Image.Image) -> Image.Image:
    return image.resize((160, 120), Image.Resampling.LANCZOS)


def test_times_serial_and_program(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[SOFTWARE], exif[MODIFIED] = "Adobe Photoshop 25.0\0", "2026:03:06 08:00:00"
    inner = exif.get_ifd(0x8769)
    inner[TAKEN], inner[OFFSET], inner[SERIAL] = "2026:03:05 09:45:10", "+08:00", "C0001"
    scene(1).save(tmp_path / "a.jpg", exif=exif)
    facts = read_photo(str(tmp_path / "a.jpg"))
    assert (facts.format, facts.width, facts.height) == ("jpeg", 800, 600)
    assert (facts.taken, facts.taken_offset, facts.serial) == ("2026:03:05 09:45:10", "+08:00", "C0001")
    assert (facts.software, facts.modified) == ("Adobe Photoshop 25.0", "2026:03:06 08:00:00")
    assert facts.thumbnail is None


def test_programs_that_xmp_names(tmp_path: Path) -> None:
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description xmp:CreatorTool="GIMP 2.10">'
        b"<stEvt:softwareAgent>Snapseed 2.0</stEvt:softwareAgent></rdf:Description></x:xmpmeta>"
    )
    scene(1).save(tmp_path / "a.jpg", xmp=packet)
    assert read_photo(str(tmp_path / "a.jpg")).agents == ("GIMP 2.10", "Snapseed 2.0")


@pytest.mark.parametrize("change", ["same", "contrast", "bars", "turned"])
def test_a_thumbnail_of_the_photo_itself_fits_it(tmp_path: Path, change: str) -> None:
    image = scene(2)
    thumbnail = small(image)
    if change == "contrast":
        thumbnail = ImageEnhance.Contrast(thumbnail).enhance(0.7)
    if change == "bars":
        image = scene(2, (800, 450))
        thumbnail = Image.new("RGB", (160, 120))
        thumbnail.paste(image.resize((160, 90), Image.Resampling.LANCZOS), (0, 15))
    if change == "turned":
        image = image.transpose(Image.Transpose.ROTATE_90)
    found = read_photo(str(with_thumbnail(image, thumbnail, tmp_path / "a.jpg"))).thumbnail
    assert found is not None
    assert found.correlation > 0.97
    assert found.largest < 20


def test_a_thumbnail_of_something_else_does_not(tmp_path: Path) -> None:
    found = read_photo(str(with_thumbnail(scene(3), small(scene(4)), tmp_path / "a.jpg"))).thumbnail
    assert found is not None
    assert found.correlation < 0.6


def test_something_painted_over_shows_in_one_block(tmp_path: Path) -> None:
    image = scene(5)
    thumbnail = small(image)
    ImageDraw.Draw(image).rectangle((200, 200, 320, 320), fill=(250, 250, 250))
    found = read_photo(str(with_thumbnail(image, thumbnail, tmp_path / "a.jpg"))).thumbnail
    assert found is not None
    assert found.largest > 48


def test_broken_thumbnails_and_exif_harm_nothing(tmp_path: Path) -> None:
    whole = with_thumbnail(scene(6), small(scene(6)), tmp_path / "a.jpg").read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(60):
        data = bytearray(whole)
        for place in rng.integers(2, 400, 5).tolist():
            data[place] = int(rng.integers(256))
        (tmp_path / "b.jpg").write_bytes(data)
        with contextlib.suppress(MediaError):
            read_photo(str(tmp_path / "b.jpg"))


@pytest.mark.parametrize(("data", "reason"), [(b"", "not_media"), (b"This is text." * 99, "not_media")])
def test_what_is_no_photo(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(MediaError) as caught:
        read_photo(str(tmp_path / "a.jpg"))
    assert caught.value.reason == reason


def test_a_photo_that_is_cut_off_is_not_decoded(tmp_path: Path) -> None:
    scene(7).save(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:3000])
    with pytest.raises(MediaError) as caught:
        read_photo(str(tmp_path / "a.jpg"))
    assert caught.value.reason == "no_picture"

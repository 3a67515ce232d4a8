"""Photos: one leaf of what decides about pixels; metadata may be edited, and the edit is named."""

from __future__ import annotations

import io
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.media.photo_parts import photo_parts
from engine.proofs.seal import seal
from engine.proofs.verify import FrameRun, Status, verify


def picture() -> Image.Image:
    rows, columns = np.mgrid[0:48, 0:64]
    return Image.fromarray((np.stack([rows * 5, columns * 3, rows + columns], -1) % 256).astype(np.uint8))


def jpeg(exif: bytes = b"Exif\0\0some tags", comment: bytes = b"hello") -> bytes:
    out = io.BytesIO()
    picture().save(out, "JPEG", exif=exif, comment=comment)
    return out.getvalue()


def png(*extra: bytes) -> bytes:
    out = io.BytesIO()
    picture().save(out, "PNG")
    data = out.getvalue()
    return data[:33] + b"".join(extra) + data[33:]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_a_photo_is_sealed_and_one_pixel_shows(tmp_path, kind):
    path = tmp_path / f"photo.{kind.lower()}"
    picture().save(path, kind)
    assert (seal(path).status, seal(path).status) == ("sealed", "already_sealed")
    assert verify(path).status is Status.OK
    other = picture()
    other.putpixel((20, 20), (255, 0, 255))
    changed = tmp_path / f"changed.{kind.lower()}"
    other.save(changed, kind)
    result = verify(changed, f"{path}.unbroken.json")
    assert (result.status, result.frames) == (Status.NOT_OK, (FrameRun("altered", 0, 0),))


def test_edited_metadata_is_named_and_no_more(tmp_path):
    path = write(tmp_path / "photo.jpg", jpeg())
    assert seal(path).status == "sealed"
    proof = f"{path}.unbroken.json"
    edited = verify(write(tmp_path / "edited.jpg", jpeg(exif=b"Exif\0\0other tags")), proof)
    assert edited.status is Status.OK_WITH_MISSING_INFO
    assert [n["name"] for n in edited.other if n["change"] == "tag"] == ["photo.APP1 Exif"]
    stripped = verify(write(tmp_path / "stripped.jpg", jpeg(exif=b"", comment=b"hello")), proof)
    assert stripped.status is Status.OK_WITH_MISSING_INFO
    assert [(n["name"], n["to"]) for n in stripped.other if n["change"] == "tag"] == [("photo.APP1 Exif", None)]


def test_the_name_of_a_photo_does_not_matter(tmp_path):
    path = write(tmp_path / "photo.jpg", jpeg())
    assert seal(path).status == "sealed"
    renamed = write(tmp_path / "edited", jpeg(comment=b"bye"))
    result = verify(renamed, f"{path}.unbroken.json")
    assert result.status is Status.OK_WITH_MISSING_INFO
    assert "photo.COM" in [n.get("name") for n in result.other]


def test_a_name_that_reads_like_a_series_is_one_photo(tmp_path):
    """FFmpeg takes %d for the numbers of a series, and would seal another file."""
    shutil.copy(write(tmp_path / "a1.jpg", jpeg()), tmp_path / "b.jpg")
    other = picture()
    other.putpixel((1, 1), (255, 255, 0))
    other.save(tmp_path / "a%d.jpg")
    assert seal(tmp_path / "b.jpg").status == seal(tmp_path / "a%d.jpg").status == "sealed"
    assert verify(tmp_path / "a%d.jpg", tmp_path / "b.jpg.unbroken.json").status is Status.NOT_OK


def test_what_follows_the_image_is_bound(tmp_path):
    path = write(tmp_path / "photo.jpg", jpeg() + b"a motion picture")
    assert seal(path).status == "sealed"
    assert (
        verify(write(tmp_path / "b.jpg", jpeg() + b"a motion picturE"), f"{path}.unbroken.json").status is Status.NOT_OK
    )


@given(st.binary(max_size=40), st.sampled_from([b"tEXt", b"iTXt", b"eXIf", b"tIME"]))
def test_png_texts_are_metadata(body, kind):
    assert photo_parts(png(chunk(kind, body))).coded == photo_parts(png()).coded == png()
    assert photo_parts(png(chunk(b"gAMA", b"\0\0\xb1\x8f"))).coded != png()


@given(st.binary(max_size=200), st.integers(0, 400), st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n"]))
def test_no_byte_is_lost(data, cut, start):
    for sample in (start + data, jpeg()[:cut] + data, png(chunk(b"tEXt", data))[:cut]):
        parts = photo_parts(sample)
        assert len(parts.coded) + sum(len(b) for _, b in parts.metadata) == len(sample)


def test_adobe_says_how_colours_are_meant():
    """Segment 14 is no metadata: without it, colours come out otherwise."""
    adobe = b"\xff\xee\x00\x0eAdobe\x00d\x00\x00\x00\x00\x01"
    whole = jpeg()
    with_it = whole[:2] + adobe + whole[2:]
    assert photo_parts(with_it).coded != photo_parts(whole).coded
    with_text = whole[:2] + b"\xff\xe5\x00\x06abcd" + whole[2:]
    assert photo_parts(with_text).coded == photo_parts(whole).coded

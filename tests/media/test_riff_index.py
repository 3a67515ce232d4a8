"""The index of an AVI file against its chunks, written byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.media.riff_index import IndexFacts, read_index


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) & 1)


def avi(folder: Path, listed: list[int], count: int = 10, base: str = "movi", lists: bool = False, own: bool = False):
    """A file with `count` chunks of pictures, of which those of `listed` stand in the index."""
    movi, places = b"movi", []
    for n in range(count):
        places.append(len(movi))
        data = chunk(b"00dc", bytes([n]) * (20 + n))
        movi += data
    if lists:
        inner = movi[4:]
        movi = b"movi" + chunk(b"LIST", b"rec " + inner)
        places = [p + 12 for p in places]
    header = chunk(b"LIST", b"hdrl" + (chunk(b"indx", bytes(8)) if own else chunk(b"avih", bytes(8))))
    start = 12 + len(header) + 8
    offset = start if base == "file" else 0
    index = b"".join(struct.pack("<4sIII", b"00dc", 16, places[n] + offset, 20 + n) for n in listed)
    body = b"AVI " + header + chunk(b"LIST", movi) + chunk(b"idx1", index)
    path = folder / "a.avi"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return read_index(path)


@pytest.mark.parametrize("base", ["movi", "file"])
@pytest.mark.parametrize("lists", [False, True])
def test_an_index_that_lists_everything(tmp_path: Path, base: str, lists: bool) -> None:
    assert avi(tmp_path, list(range(10)), base=base, lists=lists) == IndexFacts(10, 10, 0, 0)


def test_what_an_index_leaves_out_is_counted(tmp_path: Path) -> None:
    assert avi(tmp_path, [0, 1, 2, 6, 7, 8, 9]) == IndexFacts(10, 7, 3, 0)


def test_another_index_beside_it_lists_the_rest(tmp_path: Path) -> None:
    assert avi(tmp_path, [0, 1], own=True) is None


def test_entries_that_point_to_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    avi(tmp_path, list(range(10)))
    data = path.read_bytes()
    at = data.rindex(b"00dc") + 8
    path.write_bytes(data[:at] + struct.pack("<I", 3) + data[at + 4 :])
    assert read_index(path) == IndexFacts(10, 10, 1, 1)


def test_other_files_have_none(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for data in (b"", b"RIFF\0\0\0\0WAVEfmt ", b"RIFF\xff\xff\xff\xffAVI ", b"hello" * 99):
        path.write_bytes(data)
        assert read_index(path) is None


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, 600), damage=st.binary(min_size=1, max_size=8))
def test_any_damage_is_read_without_an_error(tmp_path_factory, at: int, damage: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    avi(folder, list(range(10)))
    data = bytearray((folder / "a.avi").read_bytes())
    data[at : at + len(damage)] = damage
    (folder / "b.avi").write_bytes(data)
    read_index(folder / "b.avi")

"""The box reader: what it reads, and that lies in a file cost it nothing."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.media import boxes
from engine.media.boxes import read_boxes


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full(kind: bytes, version: int, *content: bytes) -> bytes:
    return box(kind, bytes([version, 0, 0, 1]), *content)


MATRIX = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def track(edits: bytes = b"", version: int = 0) -> bytes:
    times = struct.pack(">QQ" if version else ">II", 11, 22)
    header = times + struct.pack(">II", 7, 0) + bytes(8 if version else 4) + bytes(16) + struct.pack(">9i", *MATRIX)
    media = box(
        b"mdia",
        full(b"mdhd", version, times, struct.pack(">I", 12800), bytes(12)),
        full(b"hdlr", 0, bytes(4), b"vide", bytes(12), b"Handler\0"),
    )
    return box(b"trak", full(b"tkhd", version, header), box(b"edts", edits) if edits else b"", media)


def movie(*tracks: bytes) -> bytes:
    header = full(b"mvhd", 0, struct.pack(">III", 3_800_000_000, 3_800_000_001, 1000), bytes(80))
    return box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomavc1") + box(b"moov", header, *tracks)


def read(tmp_path: Path, data: bytes):
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    return read_boxes(path)


@pytest.mark.parametrize("version", [0, 1])
def test_reads_what_the_standard_says(tmp_path: Path, version: int) -> None:
    entry = struct.pack(">Qqhh", 500, -1, 1, 0) + struct.pack(">Qqhh", 4000, 1024, 1, 0x4000)
    if not version:
        entry = struct.pack(">Iihh", 500, -1, 1, 0) + struct.pack(">Iihh", 4000, 1024, 1, 0x4000)
    facts = read(tmp_path, movie(track(full(b"elst", version, struct.pack(">I", 2), entry), version)))
    assert facts is not None
    assert (facts.major_brand, facts.minor_version, facts.brands) == ("isom", 512, ("isom", "avc1"))
    assert (facts.created, facts.modified, facts.movie_time_scale) == (3_800_000_000, 3_800_000_001, 1000)
    assert facts.movie_boxes == 1
    (only,) = facts.tracks
    assert (only.track_id, only.handler_type, only.enabled, only.time_scale) == (7, "vide", True, 12800)
    assert (only.created, only.modified, only.matrix) == (11, 22, MATRIX)
    assert [(e.duration, e.media_time, e.rate) for e in only.edits] == [
        (500, -1, Fraction(1)),
        (4000, 1024, Fraction(5, 4)),
    ]


def test_two_movies_are_counted(tmp_path: Path) -> None:
    facts = read(tmp_path, movie(track()) + box(b"moov", track()))
    assert facts is not None
    assert facts.movie_boxes == 2
    assert len(facts.tracks) == 2


def test_padding_and_sample_descriptions_are_told(tmp_path: Path) -> None:
    tables = box(b"minf", box(b"stbl", full(b"stsd", 0, struct.pack(">I", 2), box(b"avc1"), box(b"avc1"))))
    data = movie(box(b"trak", box(b"mdia", tables))) + box(b"free", bytes(20)) + box(b"skip") + box(b"mdat", bytes(9))
    facts = read(tmp_path, data)
    assert facts is not None
    assert facts.tracks[0].descriptions == 2
    start = data.index(b"free") + 4
    assert facts.padding == ((start, start + 20),)


def test_a_recording_cut_off_has_no_movie(tmp_path: Path) -> None:
    facts = read(tmp_path, box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", bytes(100)))
    assert facts is not None
    assert facts.movie_boxes == 0


@pytest.mark.parametrize("data", [b"", b"hello", b"RIFF\0\0\0\0AVI LIST", bytes(64), b"\x1aE\xdf\xa3" * 8])
def test_other_files_are_none(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data) is None


def test_an_edit_list_that_lies_about_its_length_gives_what_is_there(tmp_path: Path) -> None:
    lie = full(b"elst", 0, struct.pack(">I", 0xFFFFFFFF), struct.pack(">Iihh", 9, 0, 1, 0))
    facts = read(tmp_path, movie(track(lie)))
    assert facts is not None
    assert len(facts.tracks[0].edits) == 1


def test_a_bomb_of_boxes_is_bounded(tmp_path: Path) -> None:
    data = box(b"ftyp", b"isom", bytes(4)) + box(b"moov", box(b"trak") * (boxes.MAX_BOXES + 5000))
    facts = read(tmp_path, data)
    assert facts is not None
    assert len(facts.tracks) <= boxes.MAX_BOXES
    assert facts.unread


def test_a_box_larger_than_its_parent_is_cut_to_it(tmp_path: Path) -> None:
    liar = struct.pack(">I4s", 0x7FFFFFFF, b"trak") + b"short"
    facts = read(tmp_path, box(b"ftyp", b"isom", bytes(4)) + box(b"moov", liar))
    assert facts is not None
    assert facts.tracks[0].track_id == 0


@settings(max_examples=300, deadline=None)
@given(cut=st.integers(0, 600), at=st.integers(0, 600), value=st.integers(0, 255))
def test_any_damage_is_read_without_an_error(tmp_path_factory, cut: int, at: int, value: int) -> None:
    data = bytearray(movie(track(full(b"elst", 0, struct.pack(">I", 1), struct.pack(">Iihh", 9, 0, 1, 0)))))
    data[at % len(data)] = value
    path = tmp_path_factory.getbasetemp() / "damaged.mp4"
    path.write_bytes(data[: len(data) - cut % len(data)])
    read_boxes(path)


PLAIN = full(b"elst", 0, struct.pack(">I", 1), struct.pack(">Iihh", 4000, 0, 1, 0))


def test_boxes_that_stand_twice_are_named(tmp_path: Path) -> None:
    facts = read(tmp_path, movie(track(PLAIN), track(PLAIN + PLAIN)))
    assert facts is not None
    assert [t.doubled for t in facts.tracks] == [(), ("elst",)]


@pytest.mark.parametrize("kind", [b"frea", b"SDLN", b"\xa9mak", b"gps "])
def test_boxes_of_makers_hide_no_movie(tmp_path: Path, kind: bytes) -> None:
    data = movie(track())
    facts = read(tmp_path, data[:24] + box(kind, b"anything") + data[24:] + box(kind) + data[24:])
    assert facts is not None
    assert facts.movie_boxes == 2


def test_what_lies_behind_too_many_boxes_is_known_to_be_unread(tmp_path: Path) -> None:
    data = movie(track())
    for count, unread in ((100, False), (boxes.MAX_TOP_LEVEL, True)):
        facts = read(tmp_path, data[:24] + box(b"free") * count + data[24:])
        assert facts is not None
        assert (facts.unread, facts.movie_boxes) == (unread, 0 if unread else 1)
    inside = movie(box(b"free") * boxes.MAX_BOXES, track())
    facts = read(tmp_path, inside)
    assert facts is not None
    assert facts.unread

"""The structure's text: what stays the same from file to file of one writer, and what does not."""

from __future__ import annotations

from pathlib import Path

import heads as h
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.media.structure import read_structure
from engine.media.structure_print import MAX_LINES, Lines, fingerprint, first_difference


def text(folder: Path, data: bytes) -> str:
    path = folder / "head"
    path.write_bytes(data)
    return read_structure(path).text


def mp4(
    *, made: tuple[int, int] = (1, 2), scale: int = 600, name: bytes = b"Cam\0", tail: bytes = b"", size: int = 9
) -> bytes:
    track = h.track(name, entry=h.visual("avcC", "btrt"), made=made)
    return h.brands("isom", 512, "isom") + h.movie(track, made=made, scale=scale) + h.box("mdat", bytes(size)) + tail


def test_the_lines_of_an_mp4(tmp_path: Path) -> None:
    lines = text(tmp_path, mp4()).splitlines()
    assert lines[:4] == ["ftyp isom/512 [isom]", "moov", "moov/mvhd v0 scale=600", "moov/trak0"]
    assert any(line.endswith("Cam") and "/hdlr " in line for line in lines)
    assert [line.rsplit("/", 1)[1] for line in lines if "/avc1/" in line] == ["avcC", "btrt"]


def test_dates_and_sizes_change_nothing(tmp_path: Path) -> None:
    assert text(tmp_path, mp4()) == text(tmp_path, mp4(made=(7, 8), size=900))


@pytest.mark.parametrize(
    "other",
    [mp4(scale=1000), mp4(name=b"VideoHandler\0"), mp4(tail=h.box("free", bytes(9))), mp4(tail=h.xmp("<x/>"))],
)
def test_what_another_writer_does_differently_shows(tmp_path: Path, other: bytes) -> None:
    assert fingerprint(text(tmp_path, mp4())) != fingerprint(text(tmp_path, other))


def test_a_place_and_the_number_of_items_of_metadata_change_nothing(tmp_path: Path) -> None:
    def head(*user: bytes, **keys: str) -> bytes:
        return h.brands("qt  ", 0, "qt  ") + h.movie(h.box("udta", *user), h.keyed(**keys))

    plain = text(tmp_path, head(h.said("©mak", "A"), make="A"))
    assert plain == text(tmp_path, head(h.said("©mak", "A"), h.said("©xyz", "+30+120/"), make="A", location="+30+120/"))
    assert plain != text(tmp_path, head(h.said("©mak", "A"), h.said("©swr", "1"), make="A"))


def test_fragments_are_told_once_however_many_there_are(tmp_path: Path) -> None:
    fragment = h.box("moof", h.box("mfhd", bytes(8))) + h.box("mdat", bytes(5))
    few, many = (h.brands("iso5", 0) + fragment * n for n in (3, 500))
    assert text(tmp_path, few) == text(tmp_path, many) == "ftyp iso5/0 []\nmoof\nmoof/mfhd\nmdat\nmoof"


def test_the_first_difference_is_named() -> None:
    assert first_difference("a\nb\nc", "a\nx\nc") == ("b", "x")
    assert first_difference("a", "a\nx") == ("", "x")
    assert first_difference("a", "a") == ("", "")
    assert fingerprint("") == ""
    assert len(fingerprint("a")) == 32


def test_other_containers(tmp_path: Path) -> None:
    tags = {"ENCODER": "E"}
    mkv = text(tmp_path, h.matroska("Mux 1", "App 2", tags=tags))
    assert mkv == text(tmp_path, h.matroska("Mux 9", "App 9", tags={"ENCODER": "F"}))
    assert "Segment/Tags/Tag/SimpleTag/TagName ENCODER" in mkv.splitlines()
    head = h.chunk("LIST", b"hdrl", h.chunk("LIST", b"strl", h.chunk("strh", b"vidsmjpg")), h.chunk("ISFT", b"Cam\0"))
    assert text(tmp_path, h.avi(head)).splitlines()[2:] == [
        "RIFF AVI /hdrl/LIST strl", "RIFF AVI /hdrl/strl/strh vids mjpg", "RIFF AVI /hdrl/ISFT",
    ]  # fmt: skip
    assert text(tmp_path, h.transport("FFmpeg", "S")).splitlines()[0] == "TS 188"
    assert text(tmp_path, b"no container") == ""


def test_lines_are_bounded() -> None:
    lines = Lines()
    for number in range(2 * MAX_LINES):
        lines.add("", f"box{number}")
    assert len(lines.lines) == MAX_LINES


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=400), head=st.sampled_from([0, 1, 2, 3]))
def test_arbitrary_bytes_behind_a_true_head_are_read_without_an_error(tmp_path_factory, data: bytes, head: int) -> None:
    heads = (h.brands("isom", 0), b"\x1aE\xdf\xa3\x80", b"RIFF\xff\xff\0\0AVI ", h.transport("F", "S"))
    folder = tmp_path_factory.getbasetemp()
    found = text(folder, heads[head] + data)
    assert len(found.splitlines()) <= MAX_LINES

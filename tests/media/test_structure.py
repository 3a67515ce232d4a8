"""What containers say of who wrote them: heads written byte by byte, and hostile ones."""

from __future__ import annotations

import os
from pathlib import Path

import heads as h
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.media import structure_ebml, structure_mp4
from engine.media.boxes import Walk
from engine.media.facts import MAX_DATES, MAX_FACTS, MAX_TEXT
from engine.media.model import Structure
from engine.media.structure import read_structure


def read(folder: Path, data: bytes) -> Structure:
    path = folder / "head"
    path.write_bytes(data)
    return read_structure(path)


def pairs(structure: Structure) -> set[tuple[str, str]]:
    return {(f.name, f.value) for f in structure.facts}


def test_everything_that_an_mp4_says(tmp_path: Path) -> None:
    entry = h.visual("avcC", "btrt", compressor="A Compressor", vendor=b"abcd")
    data = b"".join(
        (
            h.brands("isom", 512, "isom", "avc1"),
            h.box("free", b"\0\0written by nobody\0"),
            h.movie(
                h.track(b"\x09GoPro AVC", entry=entry, made=(5, 6), user=h.box("name", b"Stereo")),
                h.track(b"SoundHandler\0", kind=b"soun"),
                h.box("udta", h.said("©swr", "A Program"), h.items(("©too", "Lavf1"))),
                h.keyed(com__maker="Acme", creation_time="2020-01-01"),
                made=(3, 4),
                scale=600,
            ),
            h.box("mdat", bytes(10)),
            h.xmp('<x x:xmptk="Kit 1"><xmp:CreatorTool>Tool 2</xmp:CreatorTool><y stEvt:softwareAgent="Agent 3"/>'),
        )
    )
    structure = read(tmp_path, data)
    assert structure.container == "mp4"
    assert pairs(structure) >= {
        ("ftyp", "isom/512 [isom avc1]"), ("free", "written by nobody"), ("mvhd.timescale", "600"),
        ("handler", "GoPro AVC"), ("handler", "SoundHandler"), ("vendor", "abcd"), ("compressor", "A Compressor"),
        ("entry", "avc1(avcC,btrt)"), ("trak.udta.name", "Stereo"), ("udta.©swr", "A Program"),
        ("ilst.©too", "Lavf1"), ("mdta.com.maker", "Acme"), ("mdta.creation_time", "2020-01-01"),
        ("xmp.toolkit", "Kit 1"), ("xmp.creator_tool", "Tool 2"), ("xmp.history", "Agent 3"),
        ("top", "ftyp,free,moov,mdat,uuid"),
    }  # fmt: skip
    dates = {d.where: (d.created, d.modified) for d in structure.dates}
    assert dates == {"mvhd": (3, 4), "tkhd.0": (5, 6), "mdhd.0": (5, 6), "tkhd.1": (0, 0), "mdhd.1": (0, 0)}


def test_a_name_longer_than_31_behind_its_length(tmp_path: Path) -> None:
    name = b"Mainconcept MP4 Sound Media Handler"
    structure = read(tmp_path, h.brands("mp42", 0) + h.movie(h.track(bytes([len(name)]) + name)))
    assert ("handler", name.decode()) in pairs(structure)


def test_dates_of_64_bits(tmp_path: Path) -> None:
    wide = h.box("mvhd", b"\1\0\0\0", (1 << 33).to_bytes(8, "big"), (7).to_bytes(8, "big"), bytes(80))
    (date,) = read(tmp_path, h.brands("isom", 0) + h.box("moov", wide)).dates
    assert (date.created, date.modified) == (1 << 33, 7)


def test_matroska_in_front_of_and_behind_the_clusters(tmp_path: Path) -> None:
    data = h.matroska("Mux 1", "App 2", h.element(0x4461, (-5).to_bytes(8, "big", signed=True)), tags={"ENCODER": "E"})
    structure = read(tmp_path, data)
    assert structure.container == "matroska"
    assert pairs(structure) == {
        ("mkv.muxing_app", "Mux 1"), ("mkv.writing_app", "App 2"), ("mkv.date_ns", "-5"), ("mkv.tag.ENCODER", "E"),
        ("mkv.top", "Info,Tags,Cluster"),
    }  # fmt: skip
    tags = h.element(0x1254C367, h.element(0x7373, h.element(0x67C8, h.element(0x45A3, b"ENCODER"),
                                                             h.element(0x4487, b"late"))))  # fmt: skip
    cluster = h.element(0x1F43B675, bytes(5000))

    def seek(position: int) -> bytes:
        entry = h.element(
            0x4DBB, h.element(0x53AB, b"\x12\x54\xc3\x67"), h.element(0x53AC, position.to_bytes(8, "big"))
        )
        return h.element(0x114D9B74, entry)

    at = len(seek(0)) + len(cluster)
    segment = h.element(0x18538067, seek(at), cluster, tags)
    assert ("mkv.tag.ENCODER", "late") in pairs(read(tmp_path, h.element(0x1A45DFA3) + segment))


def test_a_second_header_of_matroska_is_told_where_it_differs(tmp_path: Path) -> None:
    def info(name: bytes) -> bytes:
        return h.element(0x1549A966, h.element(0x4D80, name))

    def repeated(*parts: bytes) -> set[str]:
        data = h.element(0x1A45DFA3) + h.element(0x18538067, *parts, h.element(0x1F43B675, bytes(9)))
        return {f.value for f in read(tmp_path, data).facts if f.name == "mkv.repeated"}

    assert repeated(info(b"A"), info(b"A")) == set()
    assert repeated(info(b"A"), info(b"B")) == {"Info"}
    one = h.element(0x1A45DFA3) + h.element(0x18538067, info(b"A"))
    assert ("mkv.repeated", "Segment") in pairs(read(tmp_path, one + h.element(0x18538067, info(b"A"))))


def test_riff_and_its_padding(tmp_path: Path) -> None:
    head = h.chunk("LIST", b"hdrl", h.chunk("LIST", b"strl", h.chunk("strn", b"Video\0")), h.chunk("ISFT", b"Cam01\0"))
    data = h.avi(head, h.chunk("LIST", b"INFO", h.chunk("ISFT", b"Lavf1\0")), h.chunk("JUNK", b"some padding here\0"))
    structure = read(tmp_path, data)
    assert structure.container == "riff"
    assert pairs(structure) == {
        ("riff.form", "AVI"), ("riff.strn", "Video"), ("riff.ISFT", "Cam01"), ("riff.ISFT", "Lavf1"),
        ("riff.JUNK", "some padding here"),
    }  # fmt: skip


def test_what_stands_in_media_data_is_not_read(tmp_path: Path) -> None:
    inside = h.chunk("LIST", b"movi", h.chunk("ISFT", b"Lavf1\0"))
    assert pairs(read(tmp_path, h.avi(inside))) == {("riff.form", "AVI")}
    buried = h.brands("isom", 0) + h.box("mdat", h.movie(h.box("udta", h.items(("©too", "Lavf1")))))
    assert not [p for p in pairs(read(tmp_path, buried)) if p[0].startswith("ilst")]


@pytest.mark.parametrize("prefix", [0, 4])
def test_service_of_a_transport_stream(tmp_path: Path, prefix: int) -> None:
    data = h.transport("FFmpeg", "Service01")
    spaced = b"".join(bytes(prefix) + data[i : i + 188] for i in range(0, len(data), 188))
    structure = read(tmp_path, spaced)
    assert structure.container == "mpegts"
    assert pairs(structure) == {("ts.provider", "FFmpeg"), ("ts.service", "Service01")}


def test_other_files_say_nothing(tmp_path: Path) -> None:
    for data in (b"", b"\0", b"fLaC" + bytes(100), b"\xff\xd8\xff" + bytes(2000), bytes(5000)):
        assert read(tmp_path, data) == Structure()


def test_values_are_short_few_and_readable(tmp_path: Path) -> None:
    many = (h.track(f"name {n} \x07\n".encode() + 300 * b"x", made=(n, n)) for n in range(2 * MAX_FACTS))
    structure = read(tmp_path, h.brands("isom", 0) + h.movie(*many))
    assert len(structure.facts) == MAX_FACTS
    assert len(structure.dates) == MAX_DATES
    assert all(len(f.value) <= MAX_TEXT and f.value.isprintable() for f in structure.facts)


HEADS = (
    h.brands("isom", 512, "isom")
    + h.box("free", b"a long enough text")
    + h.movie(
        h.track(b"\x05Name.", entry=h.visual("avcC", "btrt", compressor="C"), user=h.items()),
        h.box("udta", h.said("©swr", "P"), h.items(("©too", "Lavf1"))),
        h.keyed(a="b"),
    )
    + h.xmp('x:xmptk="K"'),
    h.matroska("M", "W", h.element(0x4461, bytes(8)), tags={"ENCODER": "E"}),
    h.avi(h.chunk("LIST", b"hdrl", h.chunk("LIST", b"strl", h.chunk("strn", b"V"))), h.chunk("JUNK", bytes(9))),
    h.transport("P", "S"),
)


@settings(max_examples=400)
@given(
    head=st.sampled_from(HEADS),
    edits=st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=9)), max_size=6),
    cut=st.integers(0, 4000),
)
def test_damaged_heads_raise_nothing(tmp_path_factory: pytest.TempPathFactory, head, edits, cut) -> None:
    data = bytearray(head)
    for at, new in edits:
        at %= len(data)
        data[at : at + len(new)] = new
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(bytes(data[: len(data) - cut % len(data)]))
    structure = read_structure(path)
    assert len(structure.facts) <= MAX_FACTS
    assert all(len(f.value) <= MAX_TEXT for f in structure.facts)


@settings(max_examples=200)
@given(
    st.sampled_from([b"", b"\0\0\0\x18ftyp", b"RIFF\xff\xff\xff\xffAVI ", b"\x1a\x45\xdf\xa3"]), st.binary(max_size=600)
)
def test_noise_raises_nothing(tmp_path_factory: pytest.TempPathFactory, start: bytes, noise: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "noise"
    path.write_bytes(start + noise)
    read_structure(path)


class Counting:
    """A file of many small parts, made while it is read, that counts what is asked of it."""

    def __init__(self, part: bytes, size: int) -> None:
        self.part, self.size, self.at, self.reads = part, size, 0, 0

    def seek(self, at: int) -> None:
        self.at = at

    def read(self, count: int) -> bytes:
        self.reads += 1
        count = max(0, min(count, self.size - self.at))
        shift = self.at % len(self.part)
        whole = self.part * (-(-(count + shift) // len(self.part)))
        return whole[shift : shift + count]


@pytest.mark.parametrize("part", [h.box("moof"), h.box("free"), h.box("uuid", bytes(16)), h.box("mdat", bytes(8))])
def test_ten_gigabytes_of_small_boxes_cost_a_bounded_number_of_reads(part: bytes) -> None:
    file = Counting(part, 10 << 30)
    facts = structure_mp4.Facts()
    walk = Walk(file, structure_mp4.MAX_HEADERS)  # type: ignore[arg-type]
    assert len(list(walk.boxes(0, file.size))) == structure_mp4.MAX_HEADERS
    file.reads = 0
    structure_mp4.read_mp4(file, file.size, facts)  # type: ignore[arg-type]
    assert file.reads <= 3 * structure_mp4.MAX_HEADERS


def test_ten_gigabytes_of_small_elements_cost_a_bounded_number_of_reads() -> None:
    file = Counting(b"\xec\x80", 10 << 30)
    structure_ebml.read_ebml(file, file.size, structure_mp4.Facts())  # type: ignore[arg-type]
    assert file.reads <= structure_ebml.MAX_ELEMENTS + 1


def test_a_sparse_file_is_not_read_through(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    path.write_bytes(h.brands("isom", 0) + b"\0\0\0\1mdat" + (1 << 40).to_bytes(8, "big"))
    os.truncate(path, len(h.brands("isom", 0)) + (1 << 40))
    with path.open("r+b") as file:
        file.seek(0, 2)
        file.write(h.movie(h.box("udta", h.items(("©too", "Lavf1")))))
    assert ("ilst.©too", "Lavf1") in pairs(read_structure(path))

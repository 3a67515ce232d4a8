"""VVC, written by hand from H.266 and ISO/IEC 14496-15: the rules of H.264 and HEVC hold for it too."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.media import vvc
from engine.media.bitstream import BitstreamError, Configuration
from engine.media.model import StreamInfo
from engine.proofs import envelope
from engine.proofs.content import reader_for
from engine.proofs.seal import seal
from engine.proofs.units import Units
from engine.proofs.verify import FrameRun, Status, verify


def unit(kind: int, body: bytes, layer: int = 0) -> bytes:
    return bytes([layer, kind << 3 | 1]) + body


SPS, OTHER_SPS = unit(15, b"\x01\x02\x80"), unit(15, b"\x01\x03\x80")
PPS, APS, SEI = unit(16, b"\x04\x80"), unit(17, b"\x33\x80"), unit(23, b"\x05\x80")
AUD, FILLER = unit(20, b"\x28"), unit(25, b"\xff\x80")
SLICE = unit(7, b"\xc4abc")


def lengths(*units: bytes) -> memoryview:
    return memoryview(b"".join(len(u).to_bytes(4, "big") + u for u in units))


def codes(*units: bytes) -> memoryview:
    return memoryview(b"".join(b"\x00\x00\x00\x01" + u for u in units))


def record(*units: bytes, sublayers: int = 1, profile: bool = True) -> bytes:
    """VvcDecoderConfigurationRecord, ISO/IEC 14496-15:2022, 11.2.4.2.2."""
    out = bytes([0xF8 | 3 << 1 | profile])
    if profile:
        out += bytes([0, sublayers << 4 | 1, 0x5F])  # output layer set 0, 4:2:0, 10 bit
        out += bytes([1, 1 << 1, 51, 0x80])  # one byte of constraints, Main 10, level, frames only
        if sublayers > 1:
            out += bytes([0xFF << (9 - sublayers) & 0xFF]) + bytes([40] * (sublayers - 1))
        out += bytes([2]) + bytes(8) + bytes([0, 128, 0, 96, 0, 0])  # two sub-profiles; size; rate
    out += bytes([len(units)])
    for u in units:
        kind = u[1] >> 3
        out += bytes([0x80 | kind]) + (b"" if kind in (12, 13) else b"\0\1") + len(u).to_bytes(2, "big") + u
    return out


@pytest.mark.parametrize("sublayers", [1, 2, 3, 6])
@pytest.mark.parametrize("profile", [True, False])
def test_the_record_is_read(sublayers, profile):
    dci = unit(13, b"\x77\x80")
    found = vvc.configuration(record(dci, SPS, PPS, SEI, sublayers=sublayers, profile=profile))
    assert found == Configuration(4, (dci, SPS, PPS, SEI))
    assert vvc.configuration(bytes(codes(SPS, PPS))) == Configuration(0, (SPS, PPS))


@given(st.binary(max_size=60))
def test_any_record_is_read_or_refused(data):
    for sample in (data, b"\xff" + data, record(SPS, PPS)[: len(data)]):
        try:
            vvc.configuration(sample)
        except BitstreamError:
            continue


def test_containers_and_what_they_add_do_not_matter():
    plain = Units("vvc", vvc.configuration(record(SPS, PPS, SEI))).read(lengths(SLICE))
    start = Units("vvc", Configuration(0))
    assert start.read(codes(AUD, SPS, PPS, SLICE + b"\0\0", FILLER)) == plain
    assert start.read(codes(SLICE)) == plain
    assert Units("vvc", vvc.configuration(record(SPS, PPS, SEI))).read(lengths(SEI, SLICE)) == plain


def test_sets_are_configuration_and_adaptation_sets_are_content():
    reader = Units("vvc", vvc.configuration(record(SPS, PPS)))
    plain = reader.read(lengths(SLICE))
    assert reader.read(lengths(APS, SLICE)).digest != plain.digest
    assert reader.read(lengths(SEI, SLICE)).digest != plain.digest
    swapped = Units("vvc", vvc.configuration(record(OTHER_SPS, PPS))).read(lengths(SLICE))
    assert swapped.digest == plain.digest
    assert swapped.configuration != plain.configuration
    second = unit(15, b"\x11\x02\x80")  # a set with another number comes beside the first
    assert reader.read(lengths(second, SLICE)).configuration not in (plain.configuration, swapped.configuration)


def test_a_stream_of_vvc_has_a_reader():
    stream = StreamInfo(0, 1, "video", "vvc", Fraction(1, 90000), None, None, extradata=record(SPS, PPS))
    assert reader_for(stream).framing == "length4"


def as_vvc(source: Path, target: Path, tools, change: Callable[[int, bytes], bytes] = lambda _, data: data) -> Path:
    """An MP4 of VVC units: the samples of an H.264 file replaced, then its sample entry and its record."""

    def replaced(units):
        return [
            tools.replace(u, data=bytes(lengths(change(n, picture(n))))) for u, n in zip(units, range(99), strict=False)
        ]

    tools.rewrite(source, target, replaced)
    data = target.read_bytes()
    at = data.find(b"avcC")
    size = int.from_bytes(data[at - 4 : at], "big") - 8
    bare = len(record(SPS, PPS, profile=False)) + 4  # version and flags of the box come first
    filled = record(SPS, PPS, unit(23, b"\x05" * (size - bare - 7)), profile=False)
    assert len(filled) + 4 == size
    data = data[:at] + b"vvcC" + bytes(4) + filled + data[at + 4 + size :]
    target.write_bytes(data.replace(b"avc1", b"vvc1"))
    return target


def picture(number: int) -> bytes:
    return unit(8 if number == 0 else 7, b"\xc4" + bytes([number + 1]) * (20 + number % 3))


def test_an_mp4_of_vvc(clips, tools, tmp_path):
    path = as_vvc(clips["silent"], tmp_path / "vvc.mp4", tools)
    result = seal(path)
    assert (result.status, result.leaf_count) == ("sealed", tools.frames)
    header = envelope.read(result.seal)
    assert [(s["codec"], s["framing"]) for s in header.streams] == [("vvc", "length4")]
    moved = shutil.copy(path, tmp_path / "junk.mp4")
    with open(moved, "ab") as file:
        file.write(b"\0\0\0\x0cfree\0\0\0\0")
    assert verify(moved, result.seal).status is Status.OK_WITH_MISSING_INFO

    def altered(number: int, data: bytes) -> bytes:
        return data[:-1] + b"\x77" if number == 9 else data

    copy = as_vvc(clips["silent"], tmp_path / "altered.mp4", tools, altered)
    found = verify(copy, result.seal)
    shown = sorted(u.pts for u in tools.read_units(clips["silent"]))
    frame = shown.index(tools.read_units(clips["silent"])[9].pts)
    assert (found.status, found.frames) == (Status.NOT_OK, (FrameRun("altered", frame, frame),))
    data = bytearray(path.read_bytes())
    at = data.find(SPS)
    data[at + len(SPS) - 2] ^= 1
    copy.write_bytes(data)
    swapped = verify(copy, result.seal)
    assert (swapped.status, swapped.frames) == (Status.NOT_OK, (FrameRun("altered", 0, tools.frames - 1),))

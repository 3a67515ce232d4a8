"""Units of coded pictures: the same whatever container they lie in, and no crash on any bytes."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.media import aac
from engine.media.aac import AacConfiguration, audio_specific_config, read_adts
from engine.media.av1 import open_bitstream_units
from engine.media.bitstream import (
    Bits,
    BitstreamError,
    Field,
    SpsFacts,
    configuration,
    lone_field,
    pps_numbers,
    set_number,
    split_lengths,
    split_start_codes,
    sps_facts,
    start_codes,
    unescaped,
)

SPS = bytes.fromhex("67640029ac1b1a80780227e5c05b808080a000007d00001d4c137d40")
PPS = bytes.fromhex("68ee3830")


def valid(unit: bytes) -> bool:
    """What a unit may be: no start code inside (it may not end in 00 00 before the next code either)."""
    return b"\x00\x00\x01" not in unit and not unit.endswith(b"\x00")


units = st.lists(st.binary(min_size=1, max_size=40).filter(valid), min_size=1, max_size=6)


@given(units, st.data())
def test_both_framings_give_the_same_units(wanted, data):
    prefix = data.draw(st.sampled_from([2, 4]))
    zeros = [data.draw(st.integers(0, 3)) for _ in wanted]
    lengths = b"".join((len(u) + z).to_bytes(prefix, "big") + u + bytes(z) for u, z in zip(wanted, zeros, strict=True))
    codes = b"".join(
        bytes(data.draw(st.integers(0, 1))) + b"\x00\x00\x01" + u + bytes(z) for u, z in zip(wanted, zeros, strict=True)
    )
    assert split_lengths(lengths, prefix) == wanted
    assert split_start_codes(codes) == wanted


def test_a_start_code_inside_a_unit_cuts_it_in_every_framing():
    inside = b"\x06abc\x00\x00\x01\x65xyz\x00"
    assert split_lengths(len(inside).to_bytes(4, "big") + inside, 4) == [b"\x06abc", b"\x65xyz"]
    assert split_start_codes(b"\x00\x00\x00\x01" + inside) == [b"\x06abc", b"\x65xyz"]


@given(st.integers(0, 9000), st.lists(st.integers(0, 20_000), max_size=70), st.integers(0, 3))
def test_start_codes_in_large_units_like_the_naive_twin(length, places, fill):
    data = bytearray(bytes([fill + 1]) * (8192 + length))
    for n, at in enumerate(places):
        piece = (b"\x00\x00\x01", b"\x00\x00\x00\x01", b"\x00\x01", b"\x00\x00")[n % 4]
        data[at : at + len(piece)] = piece
    naive = [n for n in range(len(data) - 2) if data[n : n + 3] == b"\x00\x00\x01"]
    assert start_codes(bytes(data)) == naive


def test_nothing_is_dropped_unseen():
    assert split_start_codes(b"junk\x00\x00\x01\x65a") == [b"junk", b"\x65a"]
    with pytest.raises(BitstreamError):
        split_lengths(b"\x00\x00\x00\x09abc", 4)
    with pytest.raises(BitstreamError):
        split_lengths(b"\x00\x00", 4)


def avcc(sets: list[bytes], pictures: list[bytes]) -> bytes:
    head = bytes([1, sets[0][1], sets[0][2], sets[0][3], 0xFF])
    body = bytes([0xE0 | len(sets)]) + b"".join(len(u).to_bytes(2, "big") + u for u in sets)
    return head + body + bytes([len(pictures)]) + b"".join(len(u).to_bytes(2, "big") + u for u in pictures)


def test_configuration_records():
    found = configuration("h264", avcc([SPS], [PPS]))
    assert (found.prefix, found.units) == (4, (SPS, PPS))
    assert configuration("h264", b"\x00\x00\x00\x01" + SPS + b"\x00\x00\x01" + PPS).units == (SPS, PPS)
    vps, sei = b"\x40\x01\x0c", b"\x4e\x01\x05\x10"
    arrays = b"".join(bytes([k]) + b"\x00\x01" + len(u).to_bytes(2, "big") + u for k, u in ((32, vps), (39, sei)))
    hvcc = bytes([1]) + bytes(20) + bytes([0xFF, 2]) + arrays
    found = configuration("hevc", hvcc)
    assert (found.prefix, found.units) == (4, (vps, sei))


@given(st.binary(max_size=80))
def test_records_of_any_bytes(data):
    for codec in ("h264", "hevc"):
        for extradata in (data, b"\x01" + data, avcc([SPS], [PPS])[: len(data)]):
            try:
                found = configuration(codec, extradata)
            except BitstreamError:
                continue
            assert all(found.units)


@given(st.binary(min_size=1, max_size=60))
def test_parameter_sets_of_any_bytes(data):
    for read in (lambda d: set_number("h264", d), lambda d: set_number("hevc", d), sps_facts):
        for unit in (data, SPS[: len(data)] + data, b"\x42\x01" + data):
            with contextlib.suppress(BitstreamError):
                read(unit)
    facts = {n: SpsFacts(4, False, False) for n in range(8)}
    with contextlib.suppress(BitstreamError):
        lone_field([data, b"\x65" + data], facts)
    with contextlib.suppress(BitstreamError):
        pps_numbers(data)


def slice_of(frame_num: int, field: str, pps: int = 0) -> bytes:
    """The first bytes of an H.264 slice: of a frame, or of the top or bottom field."""
    bits = exp_golomb(0) + exp_golomb(7) + exp_golomb(pps) + number(frame_num, 4)
    bits += {"frame": "0", "top": "10", "bottom": "11"}[field] + "1"
    bits += "0" * (-len(bits) % 8)
    return b"\x41" + int(bits, 2).to_bytes(len(bits) // 8, "big")


@given(st.integers(0, 15))
def test_fields_of_a_picture(frame_num):
    facts = {0: SpsFacts(4, False, False), 1: SpsFacts(4, True, False)}
    top, bottom, frame = (slice_of(frame_num, kind) for kind in ("top", "bottom", "frame"))
    assert lone_field([top, top], facts) == Field(frame_num, False)
    assert lone_field([b"\x06sei", bottom], facts) == Field(frame_num, True)
    assert lone_field([top, bottom], facts) is None
    assert lone_field([frame], facts) is None
    assert lone_field([slice_of(frame_num, "top", pps=1)], facts) is None
    assert Field(frame_num, True).completes(Field(frame_num, False))
    assert not Field(frame_num, True).completes(Field(frame_num, True))
    assert not Field(frame_num, True).completes(Field(frame_num + 1, False))
    with pytest.raises(BitstreamError):
        lone_field([slice_of(frame_num, "top", pps=5)], facts)


def test_sps_of_a_real_camera():
    facts = sps_facts(SPS)
    assert (facts.frames_only, facts.separate_planes) == (True, False)
    assert set_number("h264", SPS) == set_number("h264", PPS) == 0


def number(value: int, width: int) -> str:
    return format(value, f"0{width}b")


def exp_golomb(value: int) -> str:
    digits = format(value + 1, "b")
    return "0" * (len(digits) - 1) + digits


@given(st.lists(st.integers(0, 1 << 20), max_size=10))
def test_exp_golomb(values):
    text = "".join(exp_golomb(v) for v in values)
    text += "0" * (-len(text) % 8)
    bits = Bits(int(text or "0", 2).to_bytes(len(text) // 8, "big"))
    assert [bits.exp_golomb() for _ in values] == values


@given(st.binary(max_size=60))
def test_emulation_prevention(payload):
    escaped, zeros = bytearray(), 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    assert unescaped(bytes(escaped)) == payload
    assert b"\x00\x00\x01" not in escaped


def adts(block: bytes, object_type: int = 2, rate: int = 8, channels: int = 1, crc: bool = False) -> bytes:
    length = len(block) + (9 if crc else 7)
    text = number(0xFFF, 12) + "0" + "00" + ("0" if crc else "1") + number(object_type - 1, 2) + number(rate, 4) + "0"
    text += number(channels, 3) + "0000" + number(length, 13) + number(0x7FF, 11) + "00"
    return int(text, 2).to_bytes(7, "big") + (b"\xab\xcd" if crc else b"") + block


@given(st.binary(max_size=50), st.integers(1, 4), st.integers(0, 12), st.integers(1, 7), st.booleans())
def test_adts_round_trip(block, object_type, rate, channels, crc):
    frame = read_adts(adts(block, object_type, rate, channels, crc))
    found = frame.configuration
    assert frame.blocks == (block,)
    assert found == AacConfiguration(object_type, aac.AAC_RATES[rate], channels)
    asc = number(object_type, 5) + number(rate, 4) + number(channels, 4) + "000"
    assert audio_specific_config(int(asc, 2).to_bytes(2, "big")) == found


def test_explicit_extension_is_the_core_that_adts_tells():
    text = number(5, 5) + number(7, 4) + number(1, 4) + number(4, 4) + number(2, 5) + "000" + "0000000"
    assert audio_specific_config(int(text, 2).to_bytes(len(text) // 8, "big")) == AacConfiguration(2, 22050, 1)


@given(st.binary(max_size=40))
def test_sound_of_any_bytes(data):
    for read in (read_adts, audio_specific_config, lambda d: read_adts(b"\xff\xf1" + d)):
        with contextlib.suppress(BitstreamError):
            read(data)


def leb128(value: int) -> bytes:
    out = bytearray()
    while True:
        out.append(value & 0x7F | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


@given(st.lists(st.tuples(st.sampled_from([1, 3, 4, 6]), st.binary(max_size=200)), max_size=5), st.booleans())
def test_av1_units(wanted, delimiter):
    data = b"\x12\x00" if delimiter else b""
    data += b"".join(bytes([kind << 3 | 2]) + leb128(len(body)) + body for kind, body in wanted)
    assert list(open_bitstream_units(data)) == [bytes([kind << 3]) + body for kind, body in wanted]


@given(st.binary(max_size=40))
def test_av1_of_any_bytes(data):
    with contextlib.suppress(BitstreamError):
        list(open_bitstream_units(data))

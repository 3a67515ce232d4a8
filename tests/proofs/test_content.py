"""The content of an access unit does not depend on the container it lies in."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.media.aac import AacConfiguration
from engine.media.bitstream import Configuration
from engine.media.model import StreamInfo
from engine.proofs.content import FRAMINGS, Presented, is_pcm, reader_at, reader_for
from engine.proofs.pcm import PcmBlocks, sample_bytes
from engine.proofs.problems import ProofProblem
from engine.proofs.raw_blocks import Aac
from engine.proofs.units import Units

SPS = bytes.fromhex("67640029ac1b1a80780227e5c05b808080a000007d00001d4c137d40")
OTHER_SPS = bytes.fromhex("67640028ac1b1a80780227e5c05b808080a000007d00001d4c137d40")
PPS = bytes.fromhex("68ee3830")
AUD, FILLER, END = b"\x09\x10", b"\x0c\xff\x80", b"\x0a"
SEI = b"\x06\x05\x04abcd\x80"


def stream(codec: str, **fields) -> StreamInfo:
    kind = "audio" if codec.startswith(("pcm", "aac", "mp")) and codec != "mpeg4" else "video"
    known = {"time_base": Fraction(1, 1000), "start": None, "duration": None, **fields}
    return StreamInfo(index=0, id=1, kind=kind, codec=codec, **known)


def lengths(*units: bytes) -> memoryview:
    return memoryview(b"".join(len(u).to_bytes(4, "big") + u for u in units))


def codes(*units: bytes) -> memoryview:
    return memoryview(b"".join(b"\x00\x00\x00\x01" + u for u in units))


def sized(*sets: bytes) -> Units:
    return Units("h264", Configuration(4, sets))


def start_codes(*sets: bytes) -> Units:
    return Units("h264", Configuration(0, sets))


def valid(body: bytes) -> bool:
    return b"\x00\x00\x01" not in body and not body.endswith(b"\x00")


bodies = st.lists(st.binary(min_size=2, max_size=30).filter(valid), min_size=1, max_size=4)


@given(bodies, st.data())
def test_what_muxers_add_and_drop(pieces, data):
    slices = [bytes([0x65 if n == 0 else 0x41]) + body for n, body in enumerate(pieces)]
    plain = sized(SPS, PPS).read(lengths(*slices))
    added = data.draw(st.lists(st.sampled_from([AUD, FILLER, END, SPS, PPS]), max_size=5))
    zeros = bytes(data.draw(st.integers(0, 3)))
    assert start_codes(SPS, PPS).read(codes(*added, *(s + zeros for s in slices), END)) == plain
    assert sized(SPS, PPS).read(lengths(*added, *(s + zeros for s in slices))) == plain


@given(bodies, st.data())
def test_any_other_change_shows(pieces, data):
    slices = [bytes([0x65]) + body for body in pieces]
    plain = sized(SPS, PPS).read(lengths(*slices))
    place = data.draw(st.integers(0, len(slices) - 1))
    at = data.draw(st.integers(1, len(slices[place]) - 1))
    changed = bytearray(slices[place])
    changed[at] ^= data.draw(st.integers(1, 255))
    if changed.endswith(b"\x00") or b"\x00\x00\x01" in changed:
        return
    wrong = [*slices[:place], bytes(changed), *slices[place + 1 :]]
    assert sized(SPS, PPS).read(lengths(*wrong)).digest != plain.digest
    assert sized(SPS, PPS).read(lengths(*slices, b"\x41new")).digest != plain.digest
    if len(slices) > 1:
        assert sized(SPS, PPS).read(lengths(*slices[:-1])).digest != plain.digest
        joined = [slices[0] + slices[1], *slices[2:]]
        assert sized(SPS, PPS).read(lengths(*joined)).digest != plain.digest


def test_a_swapped_parameter_set_is_another_configuration():
    before, after = sized(SPS, PPS).read(lengths(b"\x65abc")), sized(OTHER_SPS, PPS).read(lengths(b"\x65abc"))
    assert before.digest == after.digest
    assert before.configuration != after.configuration
    inside = sized(SPS, PPS)
    assert inside.read(lengths(b"\x65abc")) == before
    assert inside.read(lengths(OTHER_SPS, b"\x65abc")) == after
    assert inside.read(lengths(b"\x65abc")) == after  # it stays in force
    assert inside.read(lengths(SPS, b"\x65abc")) == before


def test_sei_of_the_sealed_configuration_alone_is_dropped():
    bare = sized(SPS, PPS).read(lengths(b"\x65abc"))
    own = sized(SPS, PPS, SEI)
    assert own.read(lengths(SEI, b"\x65abc")) == bare
    dropped = tuple(own.configuration_sei)
    assert Units("h264", Configuration(0, (SPS, PPS)), dropped).read(codes(SEI, b"\x65abc")) == bare
    foreign = Units("h264", Configuration(4, (SPS, PPS, SEI)), ())
    assert foreign.read(lengths(SEI, b"\x65abc")).digest != bare.digest


@given(st.binary(max_size=60))
def test_any_bytes_have_a_content(data):
    for reader in (
        sized(SPS, PPS),
        start_codes(),
        Units("hevc", Configuration(2)),
        Aac("adts"),
        Aac("packet", b"\x12\x10"),
    ):
        assert all(len(c.digest) == 32 for c in reader.read_all(memoryview(data)))
    for codec in ("h264", "hevc", "vvc", "aac", "av1", "mpeg4"):
        for framing in FRAMINGS:
            assert all(len(c.digest) == 32 for c in reader_at(codec, framing, ()).read_all(memoryview(data)))
        presented = Presented(stream(codec, extradata=data + b"x"), ())
        presented.reconfigure(data)
        found = presented.read(memoryview(data))
        assert len(found.digest) == len(found.configuration) == 32


def test_aac_with_and_without_a_header():
    block = b"\x21\x1a\x4f" * 9
    asc = bytes([2 << 3 | 8 >> 1, (8 & 1) << 7 | 1 << 3])
    length = len(block) + 7
    header = bytes(
        [0xFF, 0xF1, 1 << 6 | 8 << 2, 1 << 6 | length >> 11, length >> 3 & 255, (length & 7) << 5 | 31, 0xFC]
    )
    assert Aac("adts").read(memoryview(header + block)) == Aac("packet", asc).read(memoryview(block))
    assert AacConfiguration(2, 16000, 1) == AacConfiguration(2, 16000, 1, 0)


@given(st.binary(max_size=9000), st.integers(1, 4), st.data())
def test_pcm_blocks_do_not_depend_on_packets(data, width, draw):
    data = data[: len(data) // width * width]
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=6)))
    packets = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    blocks, offsets = PcmBlocks(width), [sum(map(len, packets[:n])) for n in range(len(packets))]
    found, starts = [], []
    for number, packet in enumerate(packets):
        for block, row, into, inside in blocks.feed(number, memoryview(packet)):
            found.append(block)
            starts.append(offsets[row] + into)
            assert inside == (row == number and into + len(block) <= len(packet))
    last = blocks.finish()
    if last is not None:
        found.append(last[0])
        starts.append(offsets[last[1]] + last[2])
    size = 1024 * width
    assert found == [data[n : n + size] for n in range(0, len(data), size)]
    assert starts == list(range(0, len(data), size))


@pytest.mark.parametrize("codec", ["unknown", "evc"])
def test_what_has_no_leaf_yet_is_refused(codec):
    with pytest.raises(ProofProblem, match="leaf_not_built"):
        reader_for(stream(codec))


def test_pcm_whose_layout_is_not_known_is_refused():
    assert sample_bytes(stream("pcm_s24le", channels=2)) == 6
    assert sample_bytes(stream("pcm_mulaw", channels=1)) == 1
    for codec in ("pcm_s20x", "pcm_f16le"):
        with pytest.raises(ProofProblem, match="leaf_not_built"):
            sample_bytes(stream(codec, channels=2)) if codec != "pcm_f16le" else sample_bytes(stream(codec))


@pytest.mark.parametrize("codec", ["s302m", "pcm_dvd", "pcm_bluray", "pcm_s16le_planar", "pcm_lxf"])
def test_pcm_in_packets_of_its_own_is_taken_packet_by_packet(codec):
    found = reader_for(stream(codec, channels=2))
    assert not is_pcm(stream(codec, channels=2))
    assert found.read(memoryview(b"ab")) != found.read(memoryview(b"ac"))


def test_mpeg_audio_layers_share_a_name():
    assert reader_for(stream("mp2")).read(memoryview(b"x")) == reader_for(stream("mp3")).read(memoryview(b"x"))

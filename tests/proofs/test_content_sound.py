"""AAC as ADTS, LATM and raw blocks, by FFmpeg's own muxers and by hand; sound files of every kind."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.media.aac import read_adts
from engine.media.bitstream import BitstreamError
from engine.media.latm import read_loas
from engine.media.reader import open_recording
from engine.proofs.collect import LeafCollector
from engine.proofs.leaves import Leaves
from engine.proofs.raw_blocks import Aac
from engine.proofs.seal import seal
from engine.proofs.verify import Status, verify

FFMPEG = shutil.which("ffmpeg")
needs_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="the ffmpeg program makes the files")


def ffmpeg(*arguments: str) -> None:
    subprocess.run([FFMPEG, "-hide_banner", "-loglevel", "error", "-y", *arguments], check=True)


def leaves(path: Path) -> Leaves:
    with open_recording(path) as recording:
        collector = LeafCollector(recording.media, recording.timelines)
        for packet in recording.packets():
            collector.packet(packet)
        return collector.finish()[0]


def contents(path: Path) -> tuple[list[bytes], tuple[bytes, ...]]:
    found = leaves(path)
    (stream,) = [s for s in found.streams if s.kind == "audio"]
    return found.contents(stream).tolist(), stream.configurations


@needs_ffmpeg
@pytest.mark.parametrize("layout", ["mono", "stereo", "quad"])
def test_aac_is_the_same_in_every_container(tmp_path, layout):
    """`quad` has no number among channel configurations: a program config element tells it."""
    first = tmp_path / "a.mp4"
    ffmpeg("-f", "lavfi", "-i", f"anoisesrc=d=1:a=0.1,aformat=channel_layouts={layout}", "-c:a", "aac", str(first))
    expected = contents(first)
    assert len(set(expected[0])) > 40
    for name in ("a.aac", "a.mkv", "a.latm", "a.mov", "a.ts"):
        ffmpeg("-i", str(first), "-c", "copy", *(["-mpegts_flags", "latm"] if name == "a.ts" else []), tmp_path / name)
        assert contents(tmp_path / name) == expected, name
    ffmpeg("-i", str(tmp_path / "a.aac"), "-c", "copy", tmp_path / "again.mp4")
    assert contents(tmp_path / "again.mp4") == expected
    other = tmp_path / "other.mp4"
    ffmpeg("-f", "lavfi", "-i", f"anoisesrc=d=1:a=0.1:r=32000,aformat=channel_layouts={layout}", "-c:a", "aac", other)
    assert contents(other)[1] != expected[1]


@needs_ffmpeg
def test_a_remux_to_latm_is_whole_and_one_bit_in_it_is_not(clips, tmp_path):
    proof = seal(clips["mp4"], tmp_path).seal
    target = tmp_path / "latm.ts"
    ffmpeg("-i", str(clips["mp4"]), "-c", "copy", "-mpegts_flags", "latm", str(target))
    whole = verify(target, proof)
    assert (whole.status, whole.frames) == (Status.OK_WITH_MISSING_INFO, ()), whole
    assert {
        "subject": "container",
        "change": "format",
        "from": "mov,mp4,m4a,3gp,3g2,mj2",
        "to": "mpegts",
    } in whole.other
    data = bytearray(target.read_bytes())
    packets = range(len(data) // 2 // 188 * 188, len(data) - 188, 188)
    sound = [p for p in packets if data[p + 1] & 0x5F == 0x01 and data[p + 2] == 0x01 and data[p + 3] & 0x30 == 0x10]
    data[sound[0] + 60] ^= 1  # well inside a packet of the second stream (PID 257) that is payload alone
    target.write_bytes(data)
    broken = verify(target, proof)
    assert (broken.status, broken.reason) == (Status.NOT_OK, "content_differs")
    assert [n["count"] for n in broken.other if (n["subject"], n["change"]) == ("sound", "altered")] == [1]


# ---- by hand ----------------------------------------------------------------------------------


def bits(*fields: tuple[int, int]) -> bytes:
    """(value, width) pairs, filled up with zeros to whole bytes."""
    text = "".join(f"{value:0{width}b}" for value, width in fields if width)
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


ASC = bits((2, 5), (8, 4), (1, 4), (0, 3))
"""AAC-LC, 16 kHz, mono: ISO/IEC 14496-3, 1.6.2.1."""

blocks_of_sound = st.lists(st.binary(min_size=1, max_size=300).filter(lambda b: b[0] >> 5 != 5), min_size=1, max_size=4)


def loas(blocks: list[bytes], configured: bool, version: int = 0) -> bytes:
    """An AudioSyncStream frame, written from tables 1.36 to 1.45 of ISO/IEC 14496-3."""
    fields: list[tuple[int, int]] = [(0 if configured else 1, 1)]
    if configured:
        fields += [(version, 1), *([(0, 1), (0, 2), (77, 8)] if version else [])]
        fields += [(1, 1), (len(blocks) - 1, 6), (0, 4), (0, 3)]
        fields += [(0, 2), (24, 8)] if version else []
        fields += [(2, 5), (8, 4), (1, 4), (0, 3), *([(0, 8)] if version else [])]
        fields += [(0, 3), (255, 8), (0, 1), (0, 1)]
    for block in blocks:
        fields += [(255, 8)] * (len(block) // 255) + [(len(block) % 255, 8)]
        fields += [(byte, 8) for byte in block]
    body = bits(*fields)
    return bits((0x2B7, 11), (len(body), 13)) + body


@given(blocks_of_sound, st.integers(0, 1))
def test_latm_blocks_are_those_that_were_put_in(blocks, version):
    reader, plain = Aac("latm"), Aac("packet", ASC)
    expected = [plain.read(memoryview(b)) for b in blocks]
    assert list(reader.read_all(memoryview(loas(blocks, True, version)))) == expected
    assert list(reader.read_all(memoryview(loas(blocks, False)))) == expected  # the configuration stays in force
    lost = Aac("latm").read_all(memoryview(loas(blocks, False)))
    assert len(lost) == 1
    assert lost[0] not in expected


def adts(blocks: list[bytes], checked: bool) -> bytes:
    """An ADTS frame of several blocks, written from tables 1.A.5 to 1.A.11 of ISO/IEC 14496-3."""
    more = len(blocks) - 1
    head = 7 + (2 + 2 * more if checked else 0)
    tail = 2 if checked and more else 0
    size = head + sum(len(b) + tail for b in blocks)
    fields = [(0xFFF, 12), (0, 3), (0 if checked else 1, 1), (1, 2), (8, 4), (0, 1), (1, 3), (0, 4)]
    out = bits(*fields, (size, 13), (0x7FF, 11), (more, 2))
    if checked:
        starts = [sum(len(b) + tail for b in blocks[:n]) for n in range(1, len(blocks))]
        out += bits(*((s, 16) for s in starts), (0xABCD, 16))
    return out + b"".join(b + b"\x12\x34"[:tail] for b in blocks)


@given(blocks_of_sound)
def test_several_blocks_in_one_adts_frame(blocks):
    plain = Aac("packet", ASC)
    expected = [plain.read(memoryview(b)) for b in blocks]
    assert list(Aac("adts").read_all(memoryview(adts(blocks, checked=True)))) == expected
    joined = Aac("adts").read_all(memoryview(adts(blocks, checked=False)))
    assert list(joined) == [plain.read(memoryview(b"".join(blocks)))]


@given(st.binary(max_size=60), st.integers(1, 3))
def test_damaged_frames_are_refused_and_nothing_worse(data, more):
    whole = adts([b"abc"] * (more + 1), checked=True)
    for read in (read_adts, lambda d: read_loas(d, None)):
        for sample in (data, whole[: len(data)], b"\x56\xe0" + data, whole[:7] + data):
            try:
                read(sample)
            except BitstreamError:
                continue


def test_several_blocks_are_leaves_of_their_own(tmp_path):
    """Two packets of three blocks each in AVI, the one container with exact positions that can hold ADTS."""
    path = tmp_path / "several.aac"
    path.write_bytes(b"".join(adts([bytes([n, k, 7]) * 20 for k in range(3)], checked=True) for n in range(1, 9)))
    found = leaves(path)
    assert len(found) == 24
    assert len(set(found.contents(found.streams[0]).tolist())) == 24
    assert (found.position == -1).all()
    steps = {round(float(s), 6) for s in found.pts[1:] - found.pts[:-1]}
    assert max(steps) - min(steps) <= 1
    assert seal(path, tmp_path).status == "sealed"
    assert verify(path).status is Status.OK


# ---- sound files ------------------------------------------------------------------------------

SOUND = {
    "a.wav": ("pcm_s16le", ["a.mov", "a.mkv", "b.wav"]),
    "alaw.wav": ("pcm_alaw", ["a.mov", "a.mkv"]),
    "mulaw.wav": ("pcm_mulaw", ["a.mov", "a.mkv"]),
    "a.mp3": ("libmp3lame", ["a.mkv", "a.mp4"]),
    "a.m4a": ("aac", ["a.aac", "a.mkv", "a.ts"]),
    "a.opus": ("libopus", ["a.mkv"]),
    "a.ac3": ("ac3", ["a.mkv", "a.mp4", "a.ts"]),
    "a.flac": ("flac", ["a.mkv"]),
}


@needs_ffmpeg
@pytest.mark.parametrize("name", SOUND)
def test_a_sound_file_and_its_remuxes(tmp_path, name):
    codec, copies = SOUND[name]
    source = tmp_path / name
    rate = "8000" if codec.startswith("pcm") else "48000"
    ffmpeg("-f", "lavfi", "-i", f"anoisesrc=d=2:a=0.1:r={rate}", "-c:a", codec, str(source))
    result = seal(source, tmp_path)
    assert result.status == "sealed", result
    assert verify(source).status is Status.OK
    for copy in copies:
        target = tmp_path / f"copy-{copy}"
        ffmpeg("-i", str(source), "-map_metadata", "-1", "-c", "copy", str(target))
        found = verify(target, result.seal)
        assert found.status in (Status.OK_WITH_MISSING_INFO, Status.OK), (copy, found)
    data = bytearray(source.read_bytes())
    data[len(data) * 2 // 3] ^= 4
    broken = tmp_path / f"broken-{name}"
    broken.write_bytes(data)
    assert verify(broken, result.seal).status is Status.NOT_OK

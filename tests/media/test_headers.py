"""Headers of older codecs, against encoders that were told what to write."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.media.headers import BROKEN, CLOSED, GROUP, READ, HeaderFacts, HeaderReader
from engine.media.model import StreamInfo
from engine.media.reader import open_recording


def stream(codec: str, extradata: bytes = b"") -> StreamInfo:
    return StreamInfo(0, 1, "video", codec, Fraction(1, 25), 0, None, extradata, width=64, height=64)


def read(path: Path) -> HeaderFacts:
    with open_recording(path) as recording:
        video = recording.media.video
        assert video is not None
        reader = HeaderReader(video)
        for packet in recording.packets():
            if packet.stream == video.index:
                reader.packet(packet.row, packet.data)
    return reader.finish()


def encoded(folder: Path, *options: str, suffix: str) -> HeaderFacts:
    path = folder / f"a{suffix}"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25", "-t", "3", *options, path]
    subprocess.run(command, check=True)
    return read(path)


@pytest.mark.parametrize("suffix", [".avi", ".mp4", ".mkv"])
def test_mpeg4_pictures_carry_their_time_within_the_second(tmp_path: Path, suffix: str) -> None:
    facts = encoded(tmp_path, "-c:v", "mpeg4", "-g", "12", suffix=suffix)
    assert facts.resolution == 25
    assert facts.rows["stamp"].tolist() == [n % 25 for n in range(75)]
    assert np.flatnonzero(facts.rows["slice"] == 2).tolist() == list(range(0, 75, 12))


def test_mpeg4_with_b_pictures_is_in_the_order_of_decoding(tmp_path: Path) -> None:
    facts = encoded(tmp_path, "-c:v", "mpeg4", "-bf", "2", "-g", "12", suffix=".mp4")
    assert sorted(facts.rows["stamp"].tolist()) == sorted(n % 25 for n in range(75))
    assert facts.rows["stamp"].tolist() != [n % 25 for n in range(75)]
    assert (facts.rows["slice"] == 1).any()


@pytest.mark.parametrize(("codec", "suffix"), [("mpeg2video", ".mpg"), ("mpeg1video", ".mpg"), ("mpeg2video", ".ts")])
def test_groups_of_mpeg2_carry_a_time_code(tmp_path: Path, codec: str, suffix: str) -> None:
    facts = encoded(tmp_path, "-c:v", codec, "-g", "10", "-sc_threshold", "1000000000", suffix=suffix)
    groups = facts.rows[(facts.rows["flags"] & GROUP) > 0]
    assert groups["stamp"].tolist() == [n // 25 * 100 + n % 25 for n in range(0, 75, 10)]
    assert facts.rows["order"].tolist()[:10] == list(range(10))
    assert not (facts.rows["flags"] & BROKEN).any()


def test_flags_of_a_group_are_told_apart() -> None:
    reader = HeaderReader(stream("mpeg2video"))
    picture = b"\0\0\1\0" + (3 << 6 | 1 << 3).to_bytes(2, "big") + b"\xff\xff"
    for closed, broken in ((0, 0), (1, 0), (0, 1)):
        code = (1 << 26 | 2 << 20 | 1 << 19 | 3 << 13 | 4 << 7 | closed << 6 | broken << 5).to_bytes(4, "big")
        reader.packet(0, b"\0\0\1\xb8" + code + picture)
    rows = reader.finish().rows
    assert rows["flags"].tolist() == [GROUP, GROUP | CLOSED, GROUP | BROKEN]
    assert set(rows["stamp"].tolist()) == {((1 * 60 + 2) * 60 + 3) * 100 + 4}
    assert (rows["order"].tolist(), rows["slice"].tolist()) == ([3, 3, 3], [2, 2, 2])


@pytest.mark.parametrize("quality", [30, 50, 75, 90, 95])
def test_quality_of_jpeg_is_what_the_encoder_was_told(quality: int) -> None:
    buffer = BytesIO()
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(buffer, "JPEG", quality=quality)
    reader = HeaderReader(stream("mjpeg"))
    reader.packet(0, buffer.getvalue())
    (row,) = reader.finish().rows
    assert abs(int(row["quality"]) - quality) <= 1
    assert row["tables"] != 0


@settings(max_examples=300, deadline=None)
@given(codec=st.sampled_from(sorted(READ)), data=st.binary(max_size=300), head=st.sampled_from(
    [b"", b"\0\0\1\xb8", b"\0\0\1\0", b"\0\0\1\x20", b"\0\0\1\xb6", b"\xff\xd8\xff\xdb\0\x43\0"]))  # fmt: skip
def test_arbitrary_packets_raise_nothing(codec: str, data: bytes, head: bytes) -> None:
    reader = HeaderReader(stream(codec, head + data))
    reader.packet(0, head + data)
    assert len(reader.finish().rows) == 1

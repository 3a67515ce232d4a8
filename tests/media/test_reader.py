"""Opening files: what is read, what is refused, and with which reason."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from engine.media.errors import MediaError
from engine.media.model import NO_TIME
from engine.media.reader import Limits, open_recording
from fixtures.camera import Camera, record

SMALL = Camera(width=128, height=96, seconds=2, gop=12, b_frames=2, marked=False, clocked=False)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(SMALL, tmp_path_factory.mktemp("clip") / "small.mp4")


def table_of(path: Path):
    with open_recording(path) as recording:
        for packet in recording.packets():
            assert len(packet.data) == packet.size
        return recording.packet_table()


def test_every_packet_is_a_row_and_lies_where_it_says(clip: Path) -> None:
    data = clip.read_bytes()
    with open_recording(clip) as recording:
        rows = 0
        for packet in recording.packets():
            assert packet.row == rows
            assert bytes(packet.data) == data[packet.position : packet.position + packet.size]
            rows += 1
        table = recording.packet_table()
    assert len(table) == rows
    video = table.rows(table.media.video.index)
    assert len(video) == 50
    assert np.array_equal(table.index[video], np.arange(50))
    assert not table.cut_short


def test_reading_agrees_with_the_demuxer(clip: Path) -> None:
    import av

    table = table_of(clip)
    with av.open(str(clip), options={"ignore_editlist": "1"}) as container:
        expected = [(p.stream_index, p.pts, p.dts, p.size, p.is_keyframe) for p in container.demux() if p.size]
    columns = (table.stream, table.pts, table.dts, table.size, table.key)
    assert list(zip(*(c.tolist() for c in columns), strict=True)) == expected


def test_edit_lists_hide_nothing_from_the_table(clip: Path, tmp_path: Path) -> None:
    data = bytearray(clip.read_bytes())
    at = data.find(b"elst")
    assert at > 0
    forged = data.copy()
    forged[at + 12 : at + 16] = (1000).to_bytes(4, "big")  # presents one second of two
    path = tmp_path / "forged.mp4"
    path.write_bytes(forged)
    whole, hidden = table_of(clip), table_of(path)
    assert len(whole) == len(hidden)
    video = hidden.rows(hidden.media.video.index)
    assert hidden.hidden[video].sum() == 25
    assert not whole.hidden[whole.rows(whole.media.video.index)].any()


@pytest.mark.parametrize("suffix", [".mkv", ".mov", ".ts", ".avi"])
def test_other_containers(tmp_path: Path, suffix: str) -> None:
    b_frames = 0 if suffix == ".avi" else 2
    codec = "mpeg4" if suffix == ".avi" else "h264"
    path = record(replace(SMALL, suffix=suffix, codec=codec, b_frames=b_frames), tmp_path / f"a{suffix}")
    table = table_of(path)
    assert len(table.rows(table.media.video.index)) == 50
    exact = suffix in {".mov", ".avi"}
    assert (table.position != NO_TIME).all() == exact


def bad(tmp_path: Path, kind: str, clip: Path) -> Path:
    path = tmp_path / "bad.mp4"
    data = clip.read_bytes()
    content = {"empty": b"", "text": b"not a film\n" * 40, "cut": data[: data.index(b"moov") - 4], "ftyp": data[:40]}
    path.write_bytes(content[kind])
    return path


@pytest.mark.parametrize(("kind", "reason"), [("empty", "empty"), ("text", "not_media"), ("ftyp", "no_index")])
def test_what_is_no_recording_is_refused_with_a_reason(tmp_path: Path, clip: Path, kind: str, reason: str) -> None:
    path = bad(tmp_path, kind, clip)
    with pytest.raises(MediaError) as error, open_recording(path):
        pass
    assert error.value.reason == reason
    assert error.value.path == str(path)


def test_a_recording_without_index_is_told_from_other_damage(tmp_path: Path, clip: Path) -> None:
    data = clip.read_bytes()
    path = tmp_path / "power_loss.mp4"
    path.write_bytes(data[: data.rindex(b"moov") - 4])
    with pytest.raises(MediaError) as error, open_recording(path):
        pass
    assert error.value.reason == "no_index"


def test_names_that_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, reason in (("absent", "missing"), (".", "folder"), ("pipe", "not_a_file"), ("a\0b", "denied")):
        with pytest.raises(MediaError) as error, open_recording(f"{tmp_path}/{name}"):
            pass
        assert error.value.reason == reason


def test_limits_are_kept(clip: Path) -> None:
    for limits, reason in (
        (Limits(pixels=100), "picture_too_large"),
        (Limits(streams=1), "too_many_streams"),
    ):
        with pytest.raises(MediaError) as error, open_recording(clip, limits):
            pass
        assert error.value.reason == reason
    with pytest.raises(MediaError) as error, open_recording(clip, Limits(packet_bytes=10)) as recording:
        list(recording.packets())
    assert error.value.reason == "packet_too_large"


def test_a_stream_that_begins_inside_the_file_is_not_passed_over(tmp_path: Path) -> None:
    def noise(name: str, frames: int, first_pid: str) -> bytes:
        with av.open(str(tmp_path / name), "w", options={"mpegts_start_pid": first_pid}) as out:
            stream = out.add_stream("mpeg2video", rate=25)
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            stream.bit_rate = 40_000_000
            for number in range(frames):
                random = np.random.default_rng(number)
                picture = av.VideoFrame.from_ndarray(random.integers(0, 256, (240, 320, 3), np.uint8), format="rgb24")
                picture.pts = number
                out.mux(stream.encode(picture))
            out.mux(stream.encode(None))
        return (tmp_path / name).read_bytes()

    long, other = noise("long.ts", 60, "256"), noise("other.ts", 10, "512")
    middle = len(long) // 188 * 4 // 5 * 188
    path = tmp_path / "late.ts"
    path.write_bytes(long[:middle] + other + long[middle:])
    assert len(table_of(tmp_path / "long.ts")) == 60
    with pytest.raises(MediaError) as error:
        table_of(path)
    assert error.value.reason == "late_stream"


def test_an_error_survives_the_way_between_processes() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(MediaError("a.mp4", "empty", "detail")))
    assert (error.path, error.reason, error.detail) == ("a.mp4", "empty", "detail")


def test_every_clip_of_the_footage_opens_or_says_why(footage: Path) -> None:
    reasons = {}
    for path in sorted(p for folder in ("video", "video2", "odd", "signed") for p in (footage / folder).iterdir()):
        try:
            assert len(table_of(path))
        except MediaError as error:
            reasons[path.name] = error.reason
    assert {n for n, r in reasons.items() if r == "no_index"} == {
        "derived_truncated_no_moov.mp4",
        "sample_malformed_free_box.mp4",
    }
    assert all("c2pa" in name or reason == "no_index" for name, reason in reasons.items())

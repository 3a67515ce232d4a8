"""One pass over whole files: what stands in the tables, whatever the container does."""

from __future__ import annotations

import errno
import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from made_clips import scene, scenes, tone, write_clip

from engine.features import Features, FrameTable, extract
from engine.features.pictures import PictureRows
from engine.features.scratch import ScratchColumns
from engine.features.tables import (
    CONVERTED,
    CORRUPT,
    DAMAGED,
    INTERLACED,
    KEY,
    RECHECKED_MOTION,
    SCALARS,
    WIDE,
    block_grid,
)
from engine.kernels import motion
from engine.media.errors import MediaError
from engine.media.reader import CodedPacket, Limits


def frames_of(path: Path, **options: Any) -> FrameTable:
    frames = extract(path, **options).frames
    assert frames is not None
    return frames


def assert_equal(a: Features, b: Features) -> None:
    for one, two in ((a.frames, b.frames), (a.audio, b.audio)):
        if one is None or two is None:
            assert one is two
            continue
        for name in one.columns:
            assert one.columns[name].tobytes() == two.columns[name].tobytes(), name
        assert one.undecodable.tolist() == two.undecodable.tolist()
    if a.frames is not None and b.frames is not None:
        for name in WIDE:
            assert a.frames.wide[name].tobytes() == b.frames.wide[name].tobytes(), name


def test_columns_say_what_their_comments_say(tmp_path: Path) -> None:
    """A lossless clip, so that the pictures are known."""
    pictures = scenes(12, 320, 240)
    pictures[6] = scene(300, 320, 240, seed=9)  # another place for one picture
    clip = write_clip(tmp_path / "a.mkv", pictures, codec="ffv1", pixel_format="gray")
    frames = frames_of(clip)
    assert (len(frames), frames.width, frames.height, frames.depth) == (12, 320, 240, 8)
    assert frames.columns.keys() == SCALARS.keys()
    assert frames.wide.keys() == WIDE.keys()
    for name, dtype in SCALARS.items():
        assert frames[name].dtype == dtype
        assert not frames[name].flags.writeable
    whole = [p.astype(np.int64) for p in pictures]
    steps = [np.abs(b - a).mean() for a, b in itertools.pairwise(whole)]
    assert np.isnan(frames["difference"][0])
    assert frames["difference"][1:] == pytest.approx(steps, rel=1e-6)
    assert frames["mean"] == pytest.approx([p.mean() for p in whole], rel=1e-6)
    assert frames.seconds == pytest.approx(np.arange(12) / 25)

    small = [(p.reshape(120, 2, 160, 2).sum((1, 3)) * 8 + 4) // 8 for p in whole]
    small = [np.asarray(s, np.uint16) for s in small]
    rb = {k: motion.search(small[k], small[k - 1]).residual for k in range(1, 12)}
    gb = {k: motion.search(small[k], small[k - 2]).residual for k in range(2, 12)}
    rows, columns = block_grid(320, 240)
    for k in range(12):
        lasting = frames.wide["lasting"][k]
        if 2 <= k < 11:
            expected = np.minimum(np.minimum(rb[k], gb[k]), gb[k + 1])
            assert (lasting[:rows, :columns] == expected).all()
            assert frames["lasting_top"][k] == pytest.approx(motion.top_tenth(expected), rel=1e-6)
        else:
            assert np.isnan(frames["lasting_top"][k])
            assert not lasting.any()
        assert bool(frames["flags"][k] & RECHECKED_MOTION) is (2 <= k < 11)
        if k:
            assert (frames.wide["residual"][k][:rows, :columns] == rb[k]).all()
            assert not frames.wide["residual"][k][rows:].any()
    # one odd picture is not a lasting change, though its own residuals are large
    assert frames["residual_top"][6] > 4 * frames["lasting_top"][6:8].max()


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("h264.mp4", "libx264", "yuv420p"),
        ("deep.mkv", "libx264", "yuv420p10le"),
        ("hevc.mp4", "libx265", "yuv420p"),
        ("mpeg4.avi", "mpeg4", "yuv420p"),
        ("mjpeg.avi", "mjpeg", "yuvj422p"),
        ("ms.avi", "msmpeg4", "yuv420p"),
        ("flash.flv", "flv", "yuv420p"),
        ("ps.mpg", "mpeg2video", "yuv420p"),
        ("ts.ts", "libx264", "yuv420p"),
        ("lossless.mkv", "ffv1", "bgra"),
    ],
)
def test_rows_do_not_depend_on_threads(tmp_path: Path, name: str, codec: str, pixel_format: str) -> None:
    pictures = scenes(26, 176, 144)
    clip = write_clip(tmp_path / name, pictures, codec=codec, pixel_format=pixel_format)
    one, many = extract(clip, threads=1), extract(clip, threads=5)
    assert_equal(one, many)
    frames = one.frames
    assert frames is not None
    assert len(frames) == 26
    assert frames.depth == (10 if "10le" in pixel_format else 8)
    assert len(frames.undecodable) == 0
    assert frames.converted == (26 if pixel_format == "bgra" else 0)
    assert bool((frames["flags"] & CONVERTED).all()) is (pixel_format == "bgra")
    # levels are on the 8-bit scale for every depth: the same content has the same mean
    assert frames["mean"] == pytest.approx([p.mean() for p in pictures], abs=14)
    assert frames["flags"][0] & KEY


def test_upright_and_tiny_pictures(tmp_path: Path) -> None:
    for width, height in ((16, 16), (80, 60), (106, 60), (144, 256), (34, 300)):
        clip = write_clip(tmp_path / f"{width}.mkv", scenes(5, width, height), codec="ffv1", pixel_format="gray")
        frames = frames_of(clip)
        assert (len(frames), frames.width, frames.height) == (5, width, height)
        assert np.isfinite(frames["difference"][1:]).all()
        rows, columns = block_grid(width, height)
        assert frames.wide["residual"][1:, :rows, :columns].any(axis=(1, 2)).all() == bool(rows and columns)


def raw(path: Path, *sizes: tuple[int, int]) -> Path:
    """Raw H.264 of several sizes, one after the other."""
    parts = []
    for number, (width, height) in enumerate(sizes):
        part = path.with_name(f"part{number}.h264")
        parts.append(write_clip(part, scenes(8, width, height), options={"bf": "0"}).read_bytes())
    path.write_bytes(b"".join(parts))
    return path


def test_a_size_that_changes_is_measured_but_not_compared(tmp_path: Path) -> None:
    frames = frames_of(raw(tmp_path / "a.h264", (160, 120), (320, 240), (160, 120)))
    assert len(frames) == 24
    missing = np.flatnonzero(np.isnan(frames["difference"]))
    assert missing.tolist() == [0, 8, 16]
    assert np.flatnonzero(np.isnan(frames["gap_residual_top"])).tolist() == [0, 1, 8, 9, 16, 17]
    assert np.isfinite(frames["mean"]).all()
    assert (frames.width, frames.height) == (160, 120)


def test_pictures_that_grow_beyond_the_limit_are_not_decoded(tmp_path: Path) -> None:
    clip = raw(tmp_path / "a.h264", (160, 120), (640, 480), (160, 120))
    frames = frames_of(clip, limits=Limits(pixels=200 * 200))
    assert len(frames) == 16
    assert len(frames.undecodable) == 8
    assert len(frames_of(clip)) == 24


def test_raw_streams_have_no_clock(tmp_path: Path) -> None:
    frames = frames_of(raw(tmp_path / "a.h264", (160, 120)))
    assert not frames.timed
    assert np.diff(frames["pts"]).tolist() == [frames.nominal] * 7


def test_avi_with_reordered_pictures_has_a_steady_clock(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.avi", scenes(30), options={"bf": "3", "x264-params": "b-adapt=0"})
    frames = frames_of(clip)
    assert frames.timed
    assert len(frames) == 30
    assert set(np.diff(frames["pts"]).tolist()) == {frames.nominal}
    assert (frames["picture"] == 3).any()


def test_times_are_those_of_the_file(tmp_path: Path) -> None:
    pts = [0, 1, 2, 5, 6, 7, 30, 31]
    frames = frames_of(write_clip(tmp_path / "a.mp4", scenes(8), pts=pts, options={"bf": "2"}))
    assert frames.timed
    assert [round(frames.time(k) * 25) for k in range(8)] == pts
    assert frames.nominal * frames.time_base == Fraction(1, 25)


def test_every_packet_is_offered_in_order(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mkv", scenes(10), sound=tone(0.4))

    class Watch:
        def __init__(self) -> None:
            self.seen: list[tuple[int, int, int]] = []

        def packet(self, packet: CodedPacket) -> None:
            assert len(packet.data) == packet.size
            self.seen.append((packet.row, packet.stream, packet.size))

    watch = Watch()
    features = extract(clip, observers=[watch])
    table = features.packets
    assert watch.seen == list(zip(range(len(table)), table.stream.tolist(), table.size.tolist(), strict=True))
    assert features.frames is not None
    assert (table.size[features.frames["packet"]] == features.frames["size"]).all()


def broken(path: Path, numbers: list[int], how: bytes | None = None, count: int = 40) -> Path:
    """A clip without reordering, a key frame each ten, with packets overwritten."""
    write_clip(path, scenes(count), options={"g": "10", "bf": "0", "x264-params": "scenecut=0"})
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for number in numbers:
        first, size = places[number]
        data[first : first + size] = bytes(size) if how is None else (how * size)[:size]
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("threads", [1, 4])
def test_undecodable_packets_are_located_and_damage_ends_at_a_key_frame(tmp_path: Path, threads: int) -> None:
    frames = frames_of(broken(tmp_path / "a.mp4", [13]), threads=threads)
    assert frames.undecodable.tolist() == [13]
    assert len(frames) == 39
    damaged = frames["packet"][(frames["flags"] & DAMAGED) != 0]
    assert damaged.tolist() == [14, 15, 16, 17, 18, 19]


@pytest.mark.parametrize("number", [37, 38, 39])
def test_a_broken_packet_near_the_end_costs_no_good_picture(tmp_path: Path, number: int) -> None:
    """Frame threads report it when the decoder is emptied; the pictures behind it are fetched again."""
    clip = broken(tmp_path / "a.mp4", [number])
    one, many = extract(clip, threads=1), extract(clip, threads=6)
    assert_equal(one, many)
    assert many.frames is not None
    assert len(many.frames) == 39
    assert many.frames.undecodable.tolist() == [number]


def test_a_file_cut_off_keeps_what_it_has(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mkv", scenes(40), options={"bf": "0"})
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) * 2 // 3])
    frames = frames_of(clip)
    assert 10 < len(frames) < 40
    assert len(frames.undecodable) <= 1


def test_nothing_decodes(tmp_path: Path) -> None:
    features = extract(broken(tmp_path / "a.mp4", list(range(40)), b"\xff"))
    assert features.frames is not None
    assert len(features.frames) == 0
    assert len(features.frames.undecodable) == 40
    assert features.frames.wide["means"].shape == (0, 22, 40)
    assert features.audio is None


def test_sound_only_and_pictures_only(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.wav"), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray((tone(1.005) * 32767).astype(np.int16), "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    heard = extract(tmp_path / "a.wav")
    assert heard.frames is None
    assert heard.audio is not None
    assert len(heard.audio) == 101  # the last row is half as long
    assert heard.audio.start_s == 0
    assert heard.audio.end_s == pytest.approx(1.005)
    assert heard.audio["rms"][:100] == pytest.approx(0.3 * 32767 / 2**0.5, rel=0.05)
    assert heard.audio["present"].all()
    seen = extract(write_clip(tmp_path / "b.mp4", scenes(3)))
    assert seen.audio is None
    assert seen.frames is not None


def test_progress_and_memory_maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.features.picturetrack.PROGRESS_S", 0)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    told: list[tuple[int, float]] = []
    clip = write_clip(tmp_path / "a.mp4", scenes(6))
    frames = frames_of(clip, progress=lambda n, s: told.append((n, s)))
    assert [n for n, _ in told] == sorted(n for n, _ in told)
    assert told[-1][1] == pytest.approx(0.2)
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]  # scratch files have no name
    for values in frames.wide.values():
        assert not values.flags.writeable
        assert not values.flags.owndata


def test_a_full_scratch_disk_is_an_error_that_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: ScratchColumns, values: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    clip = write_clip(tmp_path / "a.mp4", scenes(6))
    monkeypatch.setattr(ScratchColumns, "append", full)
    with pytest.raises(MediaError, match="scratch_full") as caught:
        extract(clip)
    assert caught.value.path == str(clip)


def test_rows_stay_in_order_of_output(tmp_path: Path) -> None:
    """A clock that falls back must stay visible."""
    frames = frames_of(write_clip(tmp_path / "a.mkv", scenes(4), codec="ffv1", pixel_format="gray"))
    assert np.diff(frames["packet"]).tolist() == [1, 1, 1]
    rows = PictureRows(False)
    rows.finish()
    assert len(rows.scalars) == 0


ODD = [
    # file, pictures, facts
    ("odd/avchd_sony_a7m3_truncated_interlaced.mts", 13, {"interlaced": True}),
    ("odd/xdcam_ex_1080i60_interlaced.mov", 25, {"interlaced": True}),
    ("odd/avi_h264_no_pts.avi", 901, {"steady": True}),
    ("odd/sample.flv", 30, {}),
    ("odd/sample_h262_mpeg_audio.ps", 3, {}),
    ("odd/sample_h264.ts", 30, {}),
    ("odd/sample_with_htc_rotation_track_name.mkv", 30, {}),
    ("odd/sample_rotate_and_reflect.mp4", 30, {}),
    ("odd/iibbibb_editlist_videoonly.mp4", 12, {"hidden": 1}),
    ("odd/sample_with_invalid_nalu.mp4", 29, {"undecodable": 1}),
    ("odd/panasonic_oneframe.mov", 1, {}),
    ("signed/axis_signed_vendor.h264", 50, {"timed": False}),
    ("video/original_mjpeg_canon_s40.avi", 150, {}),
    ("video/iphone_rotated_gps.mov", 120, {}),
    ("video2/trail_tiny_01.asf", 1813, {}),
]


@pytest.mark.parametrize(("name", "count", "facts"), ODD, ids=[name for name, _, _ in ODD])
def test_real_recordings(footage: Path, name: str, count: int, facts: dict[str, Any]) -> None:
    one, many = extract(footage / name, threads=1), extract(footage / name, threads=4)
    assert_equal(one, many)
    frames = one.frames
    assert frames is not None
    assert len(frames) == count
    assert frames.hidden == facts.get("hidden", 0)
    assert len(frames.undecodable) == facts.get("undecodable", 0)
    assert frames.timed is facts.get("timed", True)
    assert bool(frames["flags"].any() and (frames["flags"] & INTERLACED).any()) is facts.get("interlaced", False)
    assert not (frames["flags"] & CORRUPT).any()
    if facts.get("steady"):
        assert set(np.diff(frames["pts"]).tolist()) == {frames.nominal}

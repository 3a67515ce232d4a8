"""Pictures in place: formats, side data, the packet a picture came from."""

from __future__ import annotations

import gc
from pathlib import Path

import av
import numpy as np
import pytest
from made_clips import scenes, write_clip

from engine.media.frames import IN_PLACE, Picture, decoded, flushed, picture_of, pictures_of, prepare_decoder
from engine.media.reader import open_recording
from engine.media.rows import decode_rows, luma_at


def all_pictures(path: Path, threads: int = 0, side_data: bool = True) -> list[Picture]:
    with open_recording(path) as recording:
        video = recording.media.video
        assert video is not None
        prepare_decoder(recording.codec(video.index), threads)
        out: list[Picture] = []
        for packet in recording.packets():
            if packet.stream == video.index:
                out += pictures_of(decoded(packet) or [], side_data)
        return out + pictures_of(flushed(recording, video.index), side_data)


@pytest.mark.parametrize("name", sorted(IN_PLACE))
def test_the_table_holds_only_formats_whose_first_plane_is_luma(name: str) -> None:
    described = av.VideoFormat(name, 64, 32)
    first = described.components[0]
    assert first.is_luma
    assert first.plane == 0
    assert (first.width, first.height) == (64, 32)
    assert first.bits == IN_PLACE[name]
    assert not described.is_rgb
    assert not described.has_palette
    assert not described.is_big_endian
    assert not any(c.plane == 0 for c in described.components[1:])


@pytest.mark.parametrize("name", sorted(set(IN_PLACE) - {"gray"}))
def test_luma_is_the_frame_itself(name: str) -> None:
    frame = av.VideoFrame(70, 46, name)
    dtype = np.uint8 if IN_PLACE[name] == 8 else np.uint16
    plane = np.frombuffer(frame.planes[0], dtype).reshape(46, -1)
    plane[:] = np.arange(46, dtype=dtype)[:, None]
    picture = picture_of(frame, False)
    assert picture is not None
    assert not picture.converted
    assert (picture.width, picture.height, picture.depth) == (70, 46, IN_PLACE[name])
    assert picture.luma.flags.c_contiguous
    assert picture.luma.dtype == dtype
    plane[5, 5] = 99  # no copy
    assert picture.luma[5, 5] == 99


@pytest.mark.parametrize("name", ["rgb24", "gbrp", "yuyv422", "pal8", "bgra", "gray16le", "yuv420p12le", "p010le"])
def test_other_formats_are_converted_to_grey(name: str) -> None:
    frame = av.VideoFrame(64, 32, name)
    for plane in frame.planes:
        np.frombuffer(plane, np.uint8)[:] = 0
    picture = picture_of(frame, False)
    assert picture is not None
    assert picture.converted
    assert picture.depth == 8
    assert picture.luma.shape[0] == 32
    assert picture.width == 64


def test_pictures_outlive_their_decoder(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mkv", scenes(5), codec="ffv1")
    pictures = all_pictures(clip)
    gc.collect()
    for picture, source in zip(pictures, scenes(5), strict=True):
        assert np.abs(picture.luma[:, : picture.width].astype(int) - source).mean() < 20  # range, not content


def test_each_picture_names_its_packet(tmp_path: Path) -> None:
    """With reordering and frame threads; the packet's own time proves the mapping."""
    clip = write_clip(tmp_path / "b.mp4", scenes(40), options={"bf": "3", "x264-params": "b-adapt=0"})
    for threads in (0, 1, 4):
        with open_recording(clip) as recording:
            list(recording.packets())
            table = recording.packet_table()
        pictures = all_pictures(clip, threads)
        assert len(pictures) == 40
        assert [p.pts for p in pictures] == sorted(table.pts.tolist())
        assert [p.pts for p in pictures] == [int(table.pts[p.packet]) for p in pictures]
        assert {p.kind for p in pictures} == {1, 2, 3}


def test_two_open_recordings_do_not_mix_up_packets(tmp_path: Path) -> None:
    """One is read from end to end while the decoder of the other holds pictures of the same rows."""
    clip = write_clip(tmp_path / "a.mp4", scenes(20), options={"bf": "2"})
    with open_recording(clip) as recording:
        prepare_decoder(recording.codec(0), 8)
        rows: list[int] = []
        for packet in recording.packets():
            rows += [p.packet for p in pictures_of(decoded(packet) or [], True)]
            if packet.row == 6:
                assert sorted(p.packet for p in all_pictures(clip, 1)) == list(range(20))
        rows += [p.packet for p in pictures_of(flushed(recording, 0), True)]
    assert sorted(rows) == list(range(20))


@pytest.mark.parametrize(("codec", "has"), [("libx264", True), ("mpeg4", True), ("mpeg2video", True), ("ffv1", False)])
def test_side_data(tmp_path: Path, codec: str, has: bool) -> None:
    clip = write_clip(tmp_path / "s.mkv", scenes(8), codec=codec)
    if codec in ("libx264", "mpeg4"):  # what several threads export is left to chance, so it is not asked for
        assert all(p.vectors is None and p.quantiser_deltas is None for p in all_pictures(clip, 4))
    pictures = all_pictures(clip, 1)
    predicted = [p for p in pictures if p.kind == 2]
    assert bool(predicted) is has
    # MPEG decoders export nothing with the last picture
    assert all(p.vectors is not None and p.vectors.shape[1] == 10 for p in predicted[:-1])
    if has:
        assert predicted[0].vectors is not None
        assert all(p.vectors is None for p in pictures if p.kind == 1)
    for picture in predicted:
        if picture.quantiser_deltas is not None:
            levels = picture.quantiser + picture.quantiser_deltas
            assert len(levels) == 10 * 8
            assert levels.min() >= 0
            assert levels.max() <= 63


def test_luma_at_equals_a_whole_decode(tmp_path: Path) -> None:
    options = {"bf": "2", "g": "25", "x264-params": "open-gop=1"}
    for name in ("c.mp4", "c.mkv", "c.ts", "c.h264"):
        clip = write_clip(tmp_path / name, scenes(420, 64, 48), options=options)
        with open_recording(clip) as recording:
            list(recording.packets())
            table = recording.packet_table()
        whole = {p.packet: p.luma[:, : p.width].copy() for p in all_pictures(clip)}
        wanted = [0, 1, 24, 25, 26, 27, 130, 399, 400, 418, 419]
        got = luma_at(clip, table, 0, wanted)
        assert sorted(got) == wanted, name
        for row, luma in got.items():
            assert luma.dtype == np.uint8
            assert luma.flags.owndata
            assert (luma == whole[row]).all(), (name, row)


def test_luma_at_of_deep_pictures_has_eight_bits(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "d.mkv", scenes(4), codec="libx264", pixel_format="yuv420p10le")
    with open_recording(clip) as recording:
        list(recording.packets())
        table = recording.packet_table()
    deep = {p.packet: p for p in all_pictures(clip)}
    for row, luma in luma_at(clip, table, 0, [0, 3]).items():
        assert deep[row].depth == 10
        assert (luma == deep[row].luma[:, : deep[row].width] >> 2).all()


def test_pictures_that_cannot_be_decoded_are_absent(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "e.mp4", scenes(30), options={"g": "10", "bf": "0"})
    with open_recording(clip) as recording:
        list(recording.packets())
        table = recording.packet_table()
    data = bytearray(clip.read_bytes())
    first, size = int(table.position[15]), int(table.size[15])
    data[first : first + size] = bytes(size)
    clip.write_bytes(data)
    got = luma_at(clip, table, 0, [5, 15, 25, 999])
    assert 5 in got
    assert 25 in got
    assert 15 not in got
    assert 999 not in got
    assert list(decode_rows(clip, table, 0, [])) == []

"""Sealed recordings, altered in one known way each: the status and the exact frames."""

from __future__ import annotations

import struct
import wave
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.proofs import ending
from engine.proofs.seal import seal
from engine.proofs.verify import FrameRun, Status, VerifyResult, verify

CONTAINERS = ["mp4", "mov", "mkv", "ts", "fragmented", "hevc", "avi", "mjpeg", "raw"]
TIMED = ["mp4", "mov", "mkv", "ts", "fragmented", "hevc"]
SUFFIX = {"fragmented": ".mp4", "hevc": ".mp4", "mjpeg": ".mov", "raw": ".h264"}


@pytest.fixture(scope="module")
def sealed(clips, tmp_path_factory):
    """Name -> recording and its seal."""
    folder = tmp_path_factory.mktemp("proofs")
    found = {}
    for name, path in clips.items():
        result = seal(path, folder)
        assert result.status == "sealed", (name, result)
        found[name] = (path, result.seal)
    return found


def runs(result: VerifyResult) -> list[tuple[str, int, int]]:
    return [(r.change, r.start_frame, r.end_frame) for r in result.frames]


def rewritten(tools, sealed, name, tmp_path, change, **options) -> VerifyResult:
    source, proof = sealed[name]
    target = tools.rewrite(source, tmp_path / ("copy" + SUFFIX.get(name, f".{name}")), change, **options)
    return verify(target, proof)


@pytest.mark.parametrize("name", [*CONTAINERS, "silent"])
def test_untouched(sealed, name):
    source, proof = sealed[name]
    assert verify(source, proof).status is Status.OK


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("frame", [0, 17, 49])
def test_one_bit(tools, sealed, tmp_path, name, frame):
    source, proof = sealed[name]
    units = tools.read_units(source)
    pictures = tools.video_order(units) if name != "raw" else [u for u in units if u.kind == "video"]
    unit = pictures[frame]
    data = bytearray(source.read_bytes())
    piece = unit.data[-24:] if len(unit.data) >= 48 else unit.data[8:]
    at = data.find(piece)
    if at < 0:
        pytest.skip("the container cuts this picture's end in two")
    data[at + len(piece) // 2] ^= 4
    target = tmp_path / source.name
    target.write_bytes(data)
    result = verify(target, proof)
    assert result.status is Status.NOT_OK
    assert runs(result) == [("altered", frame, frame)]


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize(("first", "count"), [(20, 1), (20, 10), (0, 1), (49, 1)])
def test_deleted(tools, sealed, tmp_path, name, first, count):
    def drop(units):
        gone = {id(u) for u in ordered(tools, name, units)[first : first + count]}
        return [u for u in units if id(u) not in gone]

    result = rewritten(tools, sealed, name, tmp_path, drop)
    assert result.status is Status.NOT_OK
    if name == "fragmented" and first == 0:
        # without its key frame the muxer's edit list begins at the next reference picture: two more are hidden
        assert runs(result) == [("deleted", 0, 2)]
        assert any(n["change"] == "hidden" and n["count"] == 2 for n in result.other)
        return
    if name == "avi" and first == 0:
        # AVI counts frames: the muxer puts the new first frame where the old one was
        assert runs(result) == [("deleted", 0, 0), ("moved", 1, 1)]
        return
    assert runs(result) == [("deleted", first, first + count - 1)]


def ordered(tools, name, units):
    return [u for u in units if u.kind == "video"] if name == "raw" else tools.video_order(units)


@pytest.mark.parametrize("name", TIMED)
def test_inserted(tools, sealed, tmp_path, name):
    def insert(units):
        frames = tools.video_order(units)
        like = frames[30]
        foreign = bytearray(like.data)
        foreign[len(foreign) // 2] ^= 1
        half = like.duration // 2 or 1
        return [*units, tools.replace(like, data=bytes(foreign), pts=like.pts + half, dts=like.dts + half, key=False)]

    result = rewritten(tools, sealed, name, tmp_path, insert)
    assert result.status is Status.NOT_OK
    assert runs(result) == [("inserted", 31, 31)]


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize(("a", "b"), [(20, 21), (20, 22), (5, 40)])
def test_two_packets_swapped(tools, sealed, tmp_path, name, a, b):
    def swap(units):
        frames = ordered(tools, name, units)
        data = {id(frames[a]): frames[b].data, id(frames[b]): frames[a].data}
        return [tools.replace(u, data=data.get(id(u), u.data)) for u in units]

    result = rewritten(tools, sealed, name, tmp_path, swap)
    assert result.status is Status.NOT_OK
    assert runs(result) == ([("moved", a, b)] if b == a + 1 else [("moved", a, a), ("moved", b, b)])


@pytest.mark.parametrize("name", TIMED)
def test_appended(tools, sealed, tmp_path, name, clips):
    def append(units):
        last = max(u.pts + u.duration for u in units if u.kind == "video")
        more = [u for u in units if u.kind == "video"][:10]
        foreign = [
            tools.replace(u, data=u.data[:-1] + bytes([u.data[-1] ^ 0x55]), pts=u.pts + last, dts=u.dts + last)
            for u in more
        ]
        return units + foreign

    result = rewritten(tools, sealed, name, tmp_path, append)
    assert result.status is Status.NOT_OK
    assert {r.change for r in result.frames} == {"inserted"}
    assert sum(r.end_frame - r.start_frame + 1 for r in result.frames) == 10
    assert min(r.start_frame for r in result.frames) == tools.frames


@pytest.mark.parametrize("name", CONTAINERS)
def test_truncated(sealed, tmp_path, name):
    source, proof = sealed[name]
    target = tmp_path / source.name
    data = source.read_bytes()
    target.write_bytes(data[: len(data) * 3 // 4])
    assert verify(target, proof).status is Status.NOT_OK


SIGNS_OF_AN_END = ["mp4", "mov", "mkv", "fragmented", "hevc", "avi", "mjpeg", "program"]
"""Where the last bytes hold no picture and no sound; in `fragmented` the last 188 are an index box."""


@pytest.fixture(scope="module")
def program(tools, sealed, tmp_path_factory):
    """An MPEG program stream, with its seal, among the others."""
    path = tools.make_clip(tmp_path_factory.mktemp("program") / "program.mpg", "mpeg2video", "mp2")
    sealed["program"] = (path, seal(path).seal)
    return sealed


@pytest.mark.parametrize("name", SIGNS_OF_AN_END)
@pytest.mark.parametrize("count", [1, 3, 9, 30])
def test_cut_off_behind_the_last_picture(program, tmp_path, name, count):
    source, proof = program[name]
    target = tmp_path / source.name
    target.write_bytes(source.read_bytes()[:-count])
    result = verify(target, proof)
    assert result.status is Status.NOT_OK
    assert result.reason in ("truncated", "does_not_open")
    assert name in ("mov", "mjpeg") or result.reason == "truncated"
    assert result.frames == ()


def test_a_sound_file_cut_off_behind_its_samples(tmp_path):
    """Recorders put a chunk of their own behind the samples."""
    path = tmp_path / "memo.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(bytes(range(256)) * 100)
    data = bytearray(path.read_bytes()) + b"olym" + struct.pack("<I", 64) + bytes(range(64))
    struct.pack_into("<I", data, 4, len(data) - 8)
    path.write_bytes(data)
    proof = seal(path).seal
    target = tmp_path / "cut.wav"
    target.write_bytes(data[:-1])
    assert (verify(target, proof).status, verify(target, proof).reason) == (Status.NOT_OK, "truncated")
    struct.pack_into("<I", data, 4, len(data) - 8 - 72)
    target.write_bytes(data[:-72])
    assert verify(target, proof).status is Status.OK_WITH_MISSING_INFO


@pytest.mark.parametrize("name", ["fragmented", "ts", "raw", "fast"])
@pytest.mark.parametrize("count", [188, 400, 5000])
def test_cut_off_within_the_content(tools, sealed, clips, tmp_path, name, count):
    if name == "fast":
        path = tools.rewrite(clips["mp4"], tmp_path / "fast.mp4", movflags="faststart")
        sealed = {"fast": (path, seal(path).seal)}
    source, proof = sealed[name]
    target = tmp_path / f"cut{source.suffix}"
    target.write_bytes(source.read_bytes()[:-count])
    result = verify(target, proof)
    assert result.status is Status.NOT_OK
    assert name in ("ts", "raw") or result.reason == "truncated"
    assert {r.change for r in result.frames} <= {"altered", "deleted", "inserted"}


@pytest.mark.parametrize("name", ["mp4", "mov", "mkv", "ts", "fragmented", "avi"])
def test_a_shorter_remux_is_not_cut_off(tools, clips, tmp_path, name):
    """All leaves may even stand where they stood: the tags behind them are gone."""
    long = tmp_path / ("long" + SUFFIX.get(name, f".{name}"))
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"} if name == "fragmented" else {}
    tools.rewrite(clips[name], long, metadata={"title": "x" * 200, "comment": "y" * 300}, **options)
    proof = seal(long).seal
    target = tools.rewrite(long, tmp_path / ("short" + long.suffix), **options)
    assert target.stat().st_size < long.stat().st_size or name == "ts"
    result = verify(target, proof)
    assert result.status in (Status.OK, Status.OK_WITH_MISSING_INFO), result


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_declared_ends_of_any_bytes(tmp_path, data):
    """Nothing is raised and nothing hangs, whatever stands in the file."""
    heads = [b"", b"RIFF", bytes.fromhex("1a45dfa3"), bytes.fromhex("000001ba44"), b"\0\0\0\x14ftyp"]
    content = data.draw(st.sampled_from(heads)) + data.draw(st.binary(max_size=60))
    path = tmp_path / "any"
    path.write_bytes(content)
    for container in (*ending._CHECKS, "mpegts", "flv"):
        assert ending.ends_early(str(path), container, len(content), len(content) + 1) in (True, False)


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize("frame", [1, 20, 49])
def test_one_time_moved_by_a_third_of_a_frame(tools, sealed, tmp_path, name, frame):
    def move(units):
        moved = tools.video_order(units)[frame]
        return [tools.replace(u, pts=u.pts + u.duration // 3) if u is moved else u for u in units]

    result = rewritten(tools, sealed, name, tmp_path, move)
    assert result.status is Status.NOT_OK
    assert runs(result) == [("moved", frame, frame)]


@pytest.mark.parametrize("name", TIMED)
def test_times_stretched(tools, sealed, tmp_path, name):
    def stretch(units):
        return [tools.replace(u, pts=u.pts * 21 // 20, dts=u.dts * 21 // 20) for u in units]

    result = rewritten(tools, sealed, name, tmp_path, stretch)
    assert result.status is Status.NOT_OK
    assert runs(result) == [("moved", 1, 49)]


@pytest.mark.parametrize("name", [n for n in CONTAINERS if n not in ("raw",)])
def test_sound_changed(tools, sealed, tmp_path, name):
    def change(units):
        sound = [u for u in units if u.kind == "audio"]
        if not sound:
            pytest.skip("no sound")
        middle = sound[len(sound) // 2]
        data = bytearray(middle.data)
        data[len(data) // 2] ^= 8
        return [tools.replace(u, data=bytes(data)) if u is middle else u for u in units]

    result = rewritten(tools, sealed, name, tmp_path, change)
    assert result.status is Status.NOT_OK
    assert result.frames == ()
    assert [(n["subject"], n["change"], n["count"]) for n in result.other if n["subject"] == "sound"] == [
        ("sound", "altered", 1)
    ]


@pytest.mark.parametrize("name", ["mp4", "mkv", "ts", "avi"])
def test_sound_removed(tools, sealed, tmp_path, name):
    result = rewritten(tools, sealed, name, tmp_path, lambda units: [u for u in units if u.kind == "video"])
    assert (result.status, result.reason) == (Status.NOT_OK, "stream_removed")


@pytest.mark.parametrize("name", [*TIMED, "raw"])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".ts"])
def test_remuxed(tools, sealed, tmp_path, name, suffix):
    source, proof = sealed[name]
    if name == "raw" and suffix != ".mp4":
        pytest.skip("without times only one target is tried")
    target = tools.rewrite(source, tmp_path / f"copy{suffix}")
    result = verify(target, proof)
    same = target.read_bytes() == source.read_bytes()
    assert result.status is (Status.OK if same else Status.OK_WITH_MISSING_INFO), result
    assert result.frames == ()


@pytest.mark.parametrize("name", ["mp4", "mov", "mkv"])
def test_creation_time_changed(tools, sealed, tmp_path, name):
    source, proof = sealed[name]
    target = tools.rewrite(source, tmp_path / source.name, metadata={"creation_time": "2020-01-01T00:00:00Z"})
    result = verify(target, proof)
    assert result.status is Status.OK_WITH_MISSING_INFO
    assert any(n.get("name") == "creation_time" for n in result.other)


@pytest.mark.parametrize("name", CONTAINERS)
def test_junk_appended(sealed, tmp_path, name):
    source, proof = sealed[name]
    target = tmp_path / source.name
    target.write_bytes(source.read_bytes() + b"junk" * 50)
    assert verify(target, proof).status is not Status.OK


def test_rotation_changed(sealed, tmp_path):
    source, proof = sealed["mp4"]
    data = bytearray(source.read_bytes())
    at = data.find(b"tkhd") + 4 + 40
    struct.pack_into(">9i", data, at, 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    target = tmp_path / source.name
    target.write_bytes(data)
    result = verify(target, proof)
    assert result.status is Status.OK_WITH_MISSING_INFO
    assert {n["change"] for n in result.other if n["subject"] == "presentation"} == {"rotation", "matrix"}


def edit_list(data: bytearray) -> int:
    """Offset of the first edit of the first ``elst``, version 0."""
    at = data.find(b"elst")
    assert at > 0
    assert data[at + 4] == 0
    return at + 12


def test_edit_list_that_hides_frames(sealed, tmp_path):
    source, proof = sealed["mp4"]
    data = bytearray(source.read_bytes())
    at = edit_list(data)
    duration, media_time = struct.unpack_from(">Ii", data, at)
    struct.pack_into(">Ii", data, at, duration, media_time + 512 * 10)
    target = tmp_path / source.name
    target.write_bytes(data)
    result = verify(target, proof)
    assert result.status is Status.NOT_OK
    assert runs(result) == [("deleted", 0, 9)]
    assert any(n["change"] == "hidden" and n["count"] == 10 for n in result.other)


def test_edit_list_that_hides_the_end(sealed, tmp_path):
    source, proof = sealed["mp4"]
    data = bytearray(source.read_bytes())
    at = edit_list(data)
    duration, media_time = struct.unpack_from(">Ii", data, at)
    struct.pack_into(">Ii", data, at, duration - 1000, media_time)
    target = tmp_path / source.name
    target.write_bytes(data)
    result = verify(target, proof)
    assert result.status is Status.NOT_OK
    assert [r.change for r in result.frames] == ["deleted"]


def test_file_whose_index_is_lost(tools, sealed, tmp_path):
    source, proof = sealed["mp4"]
    data = bytearray(source.read_bytes())
    at = data.find(b"moov")
    data[at : at + 4] = b"xoov"
    unit = tools.video_order(tools.read_units(source))[17]
    data[data.find(unit.data) + len(unit.data) // 2] ^= 1
    target = tmp_path / source.name
    target.write_bytes(data)
    result = verify(target, proof)
    assert (result.status, result.reason) == (Status.NOT_OK, "does_not_open")
    assert result.frames == (FrameRun("altered", 17, 17),)


def box(data: bytes, path: list[bytes]) -> list[int]:
    """Offsets of nested boxes, the outermost first; the first of each kind."""
    offsets, start, end = [], 0, len(data)
    for kind in path:
        while data[start + 4 : start + 8] != kind:
            start += struct.unpack_from(">I", data, start)[0]
            assert start < end, kind
        offsets.append(start)
        end = start + struct.unpack_from(">I", data, start)[0]
        start += 8
    return offsets


def test_a_second_configuration_for_the_last_pictures(sealed, tmp_path):
    """All pictures are there, but from some chunk on the index names another parameter set."""
    source, proof = sealed["silent"]
    data = bytearray(source.read_bytes())
    outer = [b"moov", b"trak", b"mdia", b"minf", b"stbl"]
    stsc = box(data, [*outer, b"stsc"])[-1]
    count = struct.unpack_from(">I", data, stsc + 12)[0]
    first, per_chunk, _ = struct.unpack_from(">III", data, stsc + 16 + 12 * (count - 1))
    assert (count, per_chunk) == (1, 50)
    chunks = box(data, [*outer, b"stco"])[-1]
    entry = struct.pack(">III", first, 25, 1) + struct.pack(">III", 2, 25, 2)
    offset = struct.unpack_from(">I", data, chunks + 16)[0]
    sizes = box(data, [*outer, b"stsz"])[-1]
    half = sum(struct.unpack_from(">25I", data, sizes + 20))

    grown = insert(data, [*outer, b"stco"], chunks + 20, struct.pack(">I", offset + half))
    struct.pack_into(">I", grown, chunks + 12, 2)
    stsc = box(grown, [*outer, b"stsc"])[-1]
    grown = insert(grown, [*outer, b"stsc"], stsc + 16 + 12, entry[12:])
    grown[stsc + 16 : stsc + 28] = entry[:12]
    struct.pack_into(">I", grown, stsc + 12, 2)
    stsd = box(grown, [*outer, b"stsd"])[-1]
    size = struct.unpack_from(">I", grown, stsd + 16)[0]
    second = bytearray(grown[stsd + 16 : stsd + 16 + size])
    sps = second.find(b"avcC") + 4 + 8
    assert second[sps] & 0x1F == 7
    second[sps + 3] += 1  # level
    grown = insert(grown, [*outer, b"stsd"], stsd + 16 + size, bytes(second))
    struct.pack_into(">I", grown, stsd + 12, 2)

    target = tmp_path / source.name
    target.write_bytes(grown)
    result = verify(target, proof)
    assert result.status is Status.NOT_OK
    altered = [n for r in result.frames for n in range(r.start_frame, r.end_frame + 1)]
    assert {r.change for r in result.frames} == {"altered"}
    assert len(altered) == 25
    assert any(n["change"] == "configuration" and n["count"] == 25 for n in result.other)


def insert(data: bytearray, path: list[bytes], at: int, more: bytes) -> bytearray:
    """`more` put in at an offset; all boxes on the path grow. The index must lie behind the media."""
    out = bytearray(data)
    for offset in box(data, path):
        size = struct.unpack_from(">I", out, offset)[0]
        struct.pack_into(">I", out, offset, size + len(more))
    out[at:at] = more
    return out


def test_track_switched_off(sealed, tmp_path):
    source, proof = sealed["mp4"]
    data = bytearray(source.read_bytes())
    data[data.find(b"tkhd") + 7] &= 0xFE
    target = tmp_path / source.name
    target.write_bytes(data)
    result = verify(target, proof)
    assert (result.status, result.reason) == (Status.NOT_OK, "track_disabled")


def test_a_second_index(sealed, tmp_path):
    source, proof = sealed["mp4"]
    data = bytearray(source.read_bytes())
    movie = bytearray(data[box(data, [b"moov"])[0] :])
    at = edit_list(movie)
    struct.pack_into(">i", movie, at + 4, struct.unpack_from(">i", movie, at + 4)[0] + 512 * 20)
    target = tmp_path / source.name
    target.write_bytes(data + movie)
    assert verify(target, proof).status is Status.NOT_OK


def test_a_second_index_behind_a_box_of_unknown_type(sealed, tmp_path):
    source, proof = sealed["mp4"]
    data = source.read_bytes()
    target = tmp_path / source.name
    target.write_bytes(data + struct.pack(">I4s", 8, b"abcd") + data[box(data, [b"moov"])[0] :])
    assert verify(target, proof).reason == "ambiguous"


@pytest.mark.parametrize("rate", [0, 0x8000, 0x20000])
def test_an_edit_at_another_rate(sealed, tmp_path, rate):
    """FFmpeg does not heed it; players that do show one picture, or show all slower or faster."""
    source, proof = sealed["mp4"]
    data = bytearray(source.read_bytes())
    struct.pack_into(">I", data, edit_list(data) + 8, rate)
    target = tmp_path / source.name
    target.write_bytes(data)
    assert (verify(target, proof).status, verify(target, proof).reason) == (Status.NOT_OK, "ambiguous")


@pytest.mark.parametrize("behind", [0, 1])
def test_a_second_edit_list_that_hides_the_end(sealed, tmp_path, behind):
    """Whichever of the two a player takes."""
    source, proof = sealed["mp4"]
    data = bytearray(source.read_bytes())
    path = [b"moov", b"trak", b"edts", b"elst"]
    start = box(data, path)[-1]
    size = struct.unpack_from(">I", data, start)[0]
    second = bytearray(data[start : start + size])
    struct.pack_into(">I", second, 16, struct.unpack_from(">I", second, 16)[0] // 2)
    target = tmp_path / source.name
    target.write_bytes(insert(data, path[:-1], start + behind * size, bytes(second)))
    assert verify(target, proof).status is Status.NOT_OK


def test_an_edit_list_behind_more_boxes_than_are_read(sealed, tmp_path):
    source, proof = sealed["mp4"]
    data = bytearray(source.read_bytes())
    path = [b"moov", b"trak", b"edts"]
    target = tmp_path / source.name
    target.write_bytes(insert(data, path[:-1], box(data, path)[-1], struct.pack(">I4s", 8, b"free") * 20_001))
    assert verify(target, proof).status is Status.NOT_OK


def test_a_track_that_calls_itself_another_kind(sealed, tmp_path):
    source, proof = sealed["mp4"]
    data = bytearray(source.read_bytes())
    at = data.find(b"vide", data.find(b"hdlr"))
    data[at : at + 4] = b"text"
    target = tmp_path / source.name
    target.write_bytes(data)
    assert (verify(target, proof).status, verify(target, proof).reason) == (Status.NOT_OK, "track_disabled")


def test_all_sound_later_in_a_transport_stream(tools, sealed, tmp_path):
    """The sound before the edit's start, which is not compared, does not vouch for what follows."""
    source, proof = sealed["mp4"]

    def late(units):
        audio = [u for u in units if u.kind == "audio"]
        shift = round(audio[1].pts - audio[0].pts) * 2
        return [replace(u, pts=u.pts + shift, dts=u.dts + shift) if u.kind == "audio" else u for u in units]

    assert verify(tools.rewrite(source, tmp_path / "same.ts"), proof).status is Status.OK_WITH_MISSING_INFO
    result = verify(tools.rewrite(source, tmp_path / "late.ts", late), proof)
    assert (result.status, result.reason) == (Status.NOT_OK, "content_differs")


def test_another_recording(sealed, tmp_path):
    source, _ = sealed["mp4"]
    _, proof = sealed["hevc"]
    assert verify(source, proof).status is Status.NOT_OK


def test_no_seal(tmp_path, clip: Path):
    assert verify(clip, tmp_path / "none.unbroken.json").status is Status.NOT_SEALED


def test_a_configuration_that_turns_the_picture(sealed, tmp_path):
    """SEI that the sealed configuration does not hold: a display orientation of 180 degrees, which players heed."""
    source, proof = sealed["hevc"]
    data = bytearray(source.read_bytes())
    orientation = bytes.fromhex("4e012f0360001880")
    record = data.find(b"hvcC")
    end = record - 4 + struct.unpack_from(">I", data, record - 4)[0]
    data[record + 4 + 22] += 1
    outer = [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"]
    more = b"\x27\x00\x01" + len(orientation).to_bytes(2, "big") + orientation
    grown = insert(data, outer, end, more)
    for at in (record - 4, box(grown, outer)[-1] + 16):
        struct.pack_into(">I", grown, at, struct.unpack_from(">I", grown, at)[0] + len(more))
    target = tmp_path / source.name
    target.write_bytes(grown)
    result = verify(target, proof)
    assert (result.status, runs(result)) == (Status.NOT_OK, [("altered", 0, 49)])
    assert any(n["change"] == "configuration" for n in result.other)


def test_an_end_of_sequence_that_hides_pictures(tools, sealed, tmp_path):
    """Behind it a CRA picture begins anew, and the pictures that lead it are not shown."""
    source, proof = sealed["hevc"]
    end = bytes.fromhex("000000024801")

    def ended(units):
        return [replace(u, data=u.data + end) if u.kind == "video" else u for u in units]

    assert verify(tools.rewrite(source, tmp_path / "same.mkv"), proof).status is Status.OK_WITH_MISSING_INFO
    result = verify(tools.rewrite(source, tmp_path / "ended.mkv", ended), proof)
    assert result.status is Status.NOT_OK
    assert {r.change for r in result.frames} == {"altered"}
    decoded = [u for u in tools.read_units(source) if u.kind == "video"]
    shown = sorted(u.pts for u in decoded)
    restarted = [shown.index(u.pts) for n, u in enumerate(decoded) if u.key and n]
    assert [n for r in result.frames for n in range(r.start_frame, r.end_frame + 1)] == restarted

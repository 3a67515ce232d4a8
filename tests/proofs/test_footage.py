"""Real recordings: remuxed they are whole, altered they name the exact frame."""

from __future__ import annotations

import random

import pytest

from engine.media.photo_parts import photo_parts
from engine.proofs import envelope
from engine.proofs.parquet import read_leaves
from engine.proofs.sample import verify_sample
from engine.proofs.seal import seal
from engine.proofs.verify import FrameRun, Status, verify

REMUXED = [
    "video/cctv_osd_tunnel.mp4",
    "video/handheld_street_hevc_vfr.mp4",
    "video/handheld_walk_gopro_max.mp4",
    "video/original_flir_thermal_vfr.mp4",
    "video/phone_dog_original.mp4",
    "video/static_room_people_139s.mp4",
    "video/iphone_rotated_gps.mov",
    "video2/dash_rain_tmo324.mp4",
    "video2/incar_rain_wipers_cornernet.mp4",
    "signed/c2pa_video1.mp4",
    "odd/sample_h265.ts",
    "odd/sample_last_cluster.mkv",
]
ALTERED = [
    *REMUXED[:7],
    "video/original_mjpeg_canon_s40.avi",
    "video/static_plaza_vtest.avi",
    "video2/trail_tiny_02.avi",
    "odd/sample_fragmented.mp4",
]


def recording(footage, name):
    path = footage / name
    if not path.exists():
        pytest.skip(f"{name} is not in the folder")
    return path


@pytest.mark.parametrize("name", REMUXED)
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".ts"])
def test_remuxed(footage, tools, tmp_path, name, suffix):
    source = recording(footage, name)
    proof = seal(source, tmp_path).seal
    target = tools.rewrite(source, tmp_path / f"copy{suffix}")
    result = verify(target, proof)
    assert result.status is Status.OK_WITH_MISSING_INFO, result
    assert result.frames == ()


@pytest.mark.parametrize("name", ALTERED)
def test_one_bit_anywhere_in_a_picture(footage, tmp_path, name):
    source = recording(footage, name)
    result = seal(source, tmp_path)
    header = envelope.read(result.seal)
    leaves = read_leaves(result.leaves, header)
    stream = next(s for s in leaves.streams if s.examined)
    rows = [int(r) for r in leaves.rows(stream.index) if leaves.order[r] >= 0]
    chance = random.Random(name)
    for _ in range(3):
        row = chance.choice(rows)
        data = bytearray(source.read_bytes())
        data[int(leaves.position[row]) + chance.randrange(int(leaves.size[row]))] ^= 1 << chance.randrange(8)
        target = tmp_path / source.name
        target.write_bytes(data)
        frame = int(leaves.order[row])
        found = verify(target, result.seal)
        assert (found.status, found.frames) == (Status.NOT_OK, (FrameRun("altered", frame, frame),))


@pytest.mark.parametrize("name", REMUXED[:9])
def test_ten_frames_deleted(footage, tools, tmp_path, name):
    source = recording(footage, name)
    proof = seal(source, tmp_path).seal
    shown = [u for u in tools.video_order(tools.read_units(source)) if u.pts >= 0]
    gone = {u.pts for u in shown[20:30]}

    def drop(units):
        return [u for u in units if u.kind != "video" or u.pts not in gone]

    target = tools.rewrite(source, tmp_path / f"copy{source.suffix}", drop)
    result = verify(target, proof)
    assert (result.status, result.frames) == (Status.NOT_OK, (FrameRun("deleted", 20, 29),)), result.other


def test_photos(footage, tmp_path):
    """Cameras' and phones' own: a byte of EXIF is named, a byte of the picture is not forgiven."""
    photos = sorted((footage / "photo").glob("*.jpg"))
    if not photos:
        pytest.skip("no photos in the folder")
    for photo in photos:
        result = seal(photo, tmp_path)
        assert (result.status, result.leaf_count) == ("sealed", 1), photo
        assert envelope.read(result.seal).kind == "photo"
        data = photo.read_bytes()
        parts = photo_parts(data)
        for name, part in parts.metadata:
            edited = bytearray(data)
            edited[data.find(part) + len(part) - 1] ^= 1
            found = verify(written(tmp_path / "edited.jpg", edited), result.seal)
            assert found.status is Status.OK_WITH_MISSING_INFO, (photo, name)
            assert [n["name"].startswith(f"photo.{name}") for n in found.other if n["change"] == "tag"] == [True]
        edited = bytearray(data)
        edited[data.rfind(b"\xff\xda") + 400] ^= 1
        found = verify(written(tmp_path / "edited.jpg", edited), result.seal)
        assert (found.status, found.frames) == (Status.NOT_OK, (FrameRun("altered", 0, 0),)), photo


def written(path, data):
    path.write_bytes(data)
    return path


def test_photos_of_phones_in_heif(footage, tmp_path):
    """A HEIF photo is its coded tiles: a byte in one of them, and the file is not what was sealed."""
    photos = sorted((footage / "photo").glob("*.heic"))
    if not photos:
        pytest.skip("no photos in the folder")
    for photo in photos:
        result = seal(photo, tmp_path)
        header = envelope.read(result.seal)
        assert (result.status, header.kind) == ("sealed", "photo")
        leaves = read_leaves(result.leaves, header)
        edited = bytearray(photo.read_bytes())
        edited[int(leaves.position[7]) + int(leaves.size[7]) // 2] ^= 1
        assert verify(written(tmp_path / photo.name, edited), result.seal).status is Status.NOT_OK


@pytest.mark.parametrize("name", ["video/phone_dog_original.mp4", "video/static_plaza_vtest.avi"])
def test_a_changed_frame_is_in_one_part_of_the_sample(footage, tmp_path, name):
    source = recording(footage, name)
    result = seal(source, tmp_path)
    leaves = read_leaves(result.leaves, envelope.read(result.seal))
    row = len(leaves.rows(leaves.streams[0].index)) // 2
    data = bytearray(source.read_bytes())
    data[int(leaves.position[row]) + int(leaves.size[row]) // 2] ^= 4
    target = written(tmp_path / source.name, data)
    found = [verify_sample(target, f"{n}/4", proof=result.seal) for n in range(1, 5)]
    assert sorted(r.status for r in found) == [Status.NOT_OK] + [Status.OK_WITH_MISSING_INFO] * 3
    frames = next(r.frames for r in found if r.status is Status.NOT_OK)
    assert frames == verify(target, result.seal).frames

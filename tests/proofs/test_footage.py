"""Real recordings: remuxed they are whole, altered they name the exact frame."""

from __future__ import annotations

import random

import pytest

from engine.proofs import envelope
from engine.proofs.parquet import read_leaves
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

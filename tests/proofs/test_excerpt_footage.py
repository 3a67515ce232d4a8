"""Excerpts of real recordings: rotated phones, variable rates, field pictures, edit lists, odd time bases."""

from __future__ import annotations

import pytest

from engine.proofs import envelope, register
from engine.proofs.excerpt import excerpt
from engine.proofs.register import Action, Target
from engine.proofs.seal import seal
from engine.proofs.verify import Status, verify

RECORDINGS = [
    ("video/phone_dog_original.mp4", "0.5", "0.9", ".mp4"),
    ("video/iphone_rotated_gps.mov", "1.1", "2.3", ".mov"),
    ("video/original_iphonexr_live_hevc_vfr.mov", "1.1", "2.3", ".mov"),
    ("video/original_mjpeg_canon_s40.avi", "1.1", "2.3", ".mkv"),
    ("video/original_mpeg1_sony_native_dups.mpg", "1.1", "2.3", ".mkv"),
    ("video/static_plaza_vtest.avi", "1.1", "2.3", ".mkv"),
    ("odd/avchd_sony_a7m3_truncated_interlaced.mts", "0.1", "0.45", ".mts"),
    ("odd/xdcam_ex_1080i60_interlaced.mov", "0.1", "0.45", ".mov"),
    ("odd/avi_h264_no_pts.avi", "0.1", "0.45", ".mkv"),
    ("odd/sample_h265.ts", "0.1", "0.45", ".ts"),
    ("odd/sample_edit_list_only_preroll_sync_sample.mp4", "0.1", "0.45", ".mp4"),
    ("odd/iibbibb_editlist_videoonly.mp4", "1.1", "2.3", ".mp4"),
    ("odd/sample_sef_slow_motion.mp4", "0.1", "0.45", ".mp4"),
    ("odd/sample_partially_fragmented.mp4", "0.1", "0.45", ".mp4"),
    ("odd/sample.flv", "0.1", "0.45", ".mkv"),
    ("audio/speech_en_jfk.flac", "1.1", "2.3", ".flac"),
    ("audio/speech_opus_8s.opus", "1.1", "2.3", ".opus"),
    ("audio/original_voice_memo_olympus.wav", "1.1", "2.3", ".wav"),
    ("signed/onvif_signed_h265.mp4", "1.1", "2.3", ".mp4"),
]


@pytest.mark.parametrize(("name", "start", "end", "suffix"), RECORDINGS)
def test_real_recordings(footage, tmp_path, name, start, end, suffix):
    path = footage / name
    if not path.exists():
        pytest.skip(f"{name} is not in the folder")
    sealed = seal(path, tmp_path)
    assert sealed.status == "sealed"
    digest = envelope.read(sealed.seal).blake3
    register.approve(
        tmp_path / "r", who="A", approver="B", reason="c", action=Action.EXCERPT, what=Target(path.name, digest)
    )
    target = tmp_path / f"cut{suffix}"
    made = excerpt(
        path, start, end, register=tmp_path / "r", requester="A", reason="x", proof=sealed.seal, output=target
    )
    assert made.status == "made", made
    result = verify(target)
    assert (result.status, result.reason) == (Status.OK_WITH_MISSING_INFO, "excerpt")
    note = next(n for n in result.other if n["change"] == "shown")
    assert note["frames"][0][0] <= made.asked[0] <= made.asked[1] <= note["frames"][-1][1]
    assert not [n for n in result.other if n["change"] == "rotation"]

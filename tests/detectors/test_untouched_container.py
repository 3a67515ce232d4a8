"""Untouched recordings, not decoded: what container and bitstream say stays below a suspicion, and originals pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.detectors import ambiguous, edit_trace, repeated_units, stream_clock, transport
from engine.detectors.runner import Examination, examine
from engine.features.survey import survey
from engine.features.tables import Features
from engine.findings import Outcome, Severity
from engine.media.errors import MediaError
from engine.rules.originality import originality_of

DETECTORS = tuple(m.DETECTOR for m in (ambiguous, transport, repeated_units, stream_clock, edit_trace))
FOLDERS = ("video", "video2", "odd", "signed")
ORIGINALS = (
    "video/drone_coast_gopro_karma.mp4",
    "video/handheld_walk_gopro_max.mp4",
    "video/iphone_rotated_gps.mov",
    "video/original_flir_thermal_vfr.mp4",
    "video/original_iphonexr_live_hevc_vfr.mov",
    "video/original_mjpeg_canon_incar.avi",
    "video/original_mjpeg_canon_s40.avi",
    "video/original_mjpeg_hp735_oddfps.avi",
    "video/phone_dog_original.mp4",
    "odd/avchd_sony_a7m3_truncated_interlaced.mts",
)
RESAVED = (
    "video/handheld_street_hevc_vfr.mp4",
    "video/static_lego_toy.mp4",
    "video/static_room_people_139s.mp4",
    "video2/library_door_picam_uvalib.avi",
    "odd/sample_h264.ts",
    "odd/sample_with_multiple_key_frames.mkv",
    "signed/c2pa_video1.mp4",
)


def surveyed(path: Path) -> Features | None:
    try:
        return survey(path)
    except MediaError:
        return None


def test_no_suspicion_from_the_container_of_any_untouched_recording(footage: Path) -> None:
    seen = 0
    for path in sorted(p for folder in FOLDERS for p in (footage / folder).iterdir() if p.suffix != ".jpg"):
        features = surveyed(path)
        if features is not None:
            seen += 1
            result = examine(features, None, DETECTORS)
            assert result.failed == ()
            assert [f for f in result.findings if f.severity > Severity.NOTICE] == [], path.name
    assert seen > 90


def opinion(path: Path) -> Outcome:
    features = survey(path)
    result = examine(features, None, DETECTORS)
    return originality_of(features, Examination(result.findings, ())).outcome


@pytest.mark.parametrize("name", ORIGINALS)
def test_recordings_as_their_devices_wrote_them_show_no_trace(footage: Path, name: str) -> None:
    assert opinion(footage / name) is Outcome.CLEAR


@pytest.mark.parametrize("name", RESAVED)
def test_recordings_that_were_saved_again_do(footage: Path, name: str) -> None:
    assert opinion(footage / name) is Outcome.FOUND

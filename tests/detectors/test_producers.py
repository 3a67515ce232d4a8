"""Known producers: each entry is sound, and real files fit the one that they are from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from engine.detectors.producers import producer_of, producers
from engine.media.model import Structure
from engine.media.structure import read_structure


def test_every_entry_says_what_and_whence() -> None:
    assert len(producers()) > 20
    assert len({p.name for p in producers()}) == len(producers())
    for entry in producers():
        assert entry.what in ("camera", "software", "library", "service"), entry.name
        assert entry.evidence in ("measured", "published"), entry.name
        assert entry.source, entry.name
        assert entry.lines, entry.name


def test_nothing_fits_a_container_that_is_not_read() -> None:
    assert producer_of(Structure()) is None
    assert producer_of(Structure("mp4", (), "ftyp abcd/0 []\nmoov")) is None


@pytest.mark.parametrize(
    ("name", "producer"),
    [
        ("video/drone_coast_gopro_karma.mp4", "GoPro"),
        ("video/handheld_walk_gopro_max.mp4", "GoPro"),
        ("video/original_iphonexr_live_hevc_vfr.mov", "Apple iPhone camera"),
        ("video/phone_dog_original.mp4", "Android (MPEG4Writer: camera, MediaRecorder or MediaMuxer)"),
        ("video/original_mjpeg_canon_s40.avi", "Canon PowerShot, AVI"),
        ("odd/avchd_sony_a7m3_truncated_interlaced.mts", "AVCHD camera"),
        ("signed/c2pa_video1.mp4", "Adobe Premiere / Media Encoder, MP4"),
        ("signed/axis_signed_test_h264.mp4", "GStreamer, MP4"),
    ],
)
def test_real_files_fit_their_producer(footage: Path, name: str, producer: str) -> None:
    found = producer_of(read_structure(footage / name))
    assert found is not None
    assert found.name == producer


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "ts", "avi"])
def test_a_camera_recording_copied_by_ffmpeg_no_longer_fits_its_camera(
    footage: Path, tmp_path: Path, suffix: str
) -> None:
    target = tmp_path / f"copy.{suffix}"
    source = footage / "video/handheld_walk_gopro_max.mp4"
    command = ["ffmpeg", "-v", "error", "-i", source, "-map", "0:v", "-map", "0:a", "-t", "1", "-c", "copy", target]
    subprocess.run(command, check=True)
    found = producer_of(read_structure(target))
    assert found is not None
    assert found.what == "software"

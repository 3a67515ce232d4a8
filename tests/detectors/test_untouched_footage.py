"""Untouched recordings: what timeline and sound detectors say of them stays below a suspicion."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.detectors import (
    audio_gap,
    audio_missing,
    audio_muted,
    av_desync,
    clock_jump,
    gap,
    hidden,
    unreadable,
)
from engine.detectors.runner import examine
from engine.features import extract
from engine.features.tables import Features
from engine.findings import Finding, Severity
from engine.media.errors import MediaError
from engine.media.reader import open_recording

TIMELINE = tuple(m.DETECTOR for m in (gap, clock_jump, hidden, unreadable, audio_gap, audio_missing, av_desync))
SOUND = (*TIMELINE, audio_muted.DETECTOR)

FOLDERS = ("video", "video2", "odd", "signed")
DECODED = (
    "video/handheld_street_hevc_vfr.mp4",
    "video/iphone_rotated_gps.mov",
    "video/original_flir_thermal_vfr.mp4",
    "video/phone_dog_original.mp4",
    "video/original_mpeg1_hp435_native_dups.mpg",
    "video2/trail_tiny_15_TORN279.avi",
    "video2/street_overhead_vfr_ckuhn.mp4",
    "odd/sample_with_invalid_nalu.mp4",
    "odd/avchd_sony_a7m3_truncated_interlaced.mts",
    "audio/speech_en_jfk.flac",
    "audio/speech_zh_long.wav",
)


def packets(path: Path) -> Features | None:
    try:
        with open_recording(path) as recording:
            for _ in recording.packets():
                pass
            table = recording.packet_table()
    except MediaError:
        return None
    return Features(table.media, table, None, None)


def loud(features: Features, detectors: tuple = SOUND) -> list[Finding]:
    result = examine(features, None, detectors)
    assert result.failed == ()
    return [f for f in result.findings if f.severity > Severity.NOTICE]


def test_no_suspicion_from_the_times_of_any_untouched_recording(footage: Path) -> None:
    seen = 0
    for path in sorted(p for folder in FOLDERS for p in (footage / folder).iterdir() if p.suffix != ".jpg"):
        tables = packets(path)
        if tables is not None:
            seen += 1
            assert loud(tables, TIMELINE) == [], path.name
    assert seen > 90


@pytest.mark.parametrize("name", DECODED)
def test_no_suspicion_once_pictures_and_sound_are_decoded(footage: Path, name: str) -> None:
    if not (footage / name).exists():
        pytest.skip(f"{name} is not there")
    assert loud(extract(footage / name)) == []

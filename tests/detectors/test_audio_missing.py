"""A recording without sound is a notice; one with sound, or of sound alone, is not."""

from __future__ import annotations

from dataclasses import replace

from engine.detectors.audio_missing import DETECTOR
from engine.findings import Kind, Severity

GOP = "I24P "


def test_pictures_without_sound(packets_of) -> None:
    (finding,) = DETECTOR.propose(packets_of(4 * GOP), DETECTOR.options).findings
    assert (finding.kind, finding.severity, finding.template) == (Kind.AUDIO_MISSING, Severity.NOTICE, "audio_missing")


def test_pictures_with_sound(packets_of) -> None:
    assert DETECTOR.propose(packets_of(f"25fps sound: {4 * GOP}"), DETECTOR.options).findings == ()


def test_a_sound_stream_that_is_empty(packets_of) -> None:
    tables = packets_of(f"25fps sound: {4 * GOP}")
    silent = packets_of(4 * GOP)
    tables = replace(silent, media=tables.media, packets=replace(silent.packets, media=tables.media))
    (finding,) = DETECTOR.propose(tables, DETECTOR.options).findings
    assert finding.template == "audio_empty"


def test_a_recording_of_sound_alone(packets_of) -> None:
    tables = packets_of(f"25fps sound: {4 * GOP}")
    media = replace(tables.media, streams=tables.media.streams[1:])
    assert DETECTOR.propose(replace(tables, media=media), DETECTOR.options).findings == ()

"""Readings of clocks gathered from files: what each header states, and when in the recording it may have been."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from engine.archive.guarding import Options
from engine.archive.inspect import inspect
from engine.features.onepass import extract
from engine.features.survey import survey
from engine.features.tables import Features
from engine.findings import ClockReading, Kind, Source
from engine.media.model import Dates, Fact, Structure
from engine.media.telemetry import TimeTrack
from engine.rules.clocks import ClockSeries
from engine.rules.clocksources import _on_a_line, clock_series, photo_series, sound_rate_ppm
from fixtures.camera import Camera, record

START = datetime(2026, 3, 5, 9, 30, 0, tzinfo=UTC)
SINCE_1904 = 2_082_844_800
SECONDS = 14


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    camera = Camera(seed=3, seconds=SECONDS, start=START.replace(microsecond=400_000), view="still", b_frames=2)
    return record(camera, tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def tables(clip: Path) -> Features:
    return extract(clip)


def series(features: Features, *readings: ClockReading, named: bool = True) -> dict[str, ClockSeries]:
    return {s.clock: s for s in clock_series(features, readings, named)}


def within(features: Features, structure: Structure) -> Features:
    return replace(features, media=replace(features.media, structure=structure))


def reading(at_s: float, shown: int, date: str | None = "2026-03-05") -> ClockReading:
    return ClockReading("on_screen", Source.CAMERA_CLOCK, at_s, date, shown + 0.5, 0.5)


def test_name_and_container(tables: Features) -> None:
    found = series(tables)
    assert set(found) == {"file_name", "container"}
    name, container = found["file_name"], found["container"]
    assert (name.times[0], name.seconds[0], name.uncertainty_s) == (START.timestamp(), 0, 2)
    assert container.times[0] == START.timestamp()
    assert container.seconds[0] == pytest.approx(SECONDS / 2), "of the beginning, or of the end"
    assert container.uncertainty_s == pytest.approx(SECONDS / 2 + 1)
    assert "file_name" not in series(tables, named=False)


@pytest.mark.parametrize(("ran", "at"), [(SECONDS, 0.0), (SECONDS + 1, 0.0), (0, SECONDS / 2), (600, SECONDS / 2)])
def test_a_header_changed_when_the_recording_ended_dates_its_beginning(tables: Features, ran: int, at: float) -> None:
    created = SINCE_1904 + int(START.timestamp())
    structure = Structure("mp4", dates=(Dates("mvhd", created, created + ran),))
    assert series(within(tables, structure))["container"].seconds[0] == pytest.approx(at)


def test_headers_that_count_from_1970(tables: Features) -> None:
    structure = Structure("mp4", dates=(Dates("mvhd", int(START.timestamp()), 0),))
    assert series(within(tables, structure))["container"].times[0] == START.timestamp()
    empty = Structure("mp4", dates=(Dates("mvhd", 0, 0), Dates("tkhd.0", 0, 5)))
    assert "container" not in series(within(tables, empty))


@pytest.mark.parametrize(
    ("structure", "clock", "zone"),
    [
        (
            Structure("mp4", (Fact("mdta.com.apple.quicktime.creationdate", "2026-03-05T17:30:00+0800"),)),
            "quicktime",
            8,
        ),
        (Structure("matroska", (Fact("mkv.date_ns", "794395800000000000"),)), "container", 0),
        (Structure("riff", (Fact("riff.IDIT", "THU MAR 05 09:30:00 2026"),)), "container", None),
        (Structure("riff", (Fact("riff.IDIT", "2026-03-05 09:30:00"),)), "container", None),
    ],
)
def test_other_headers(tables: Features, structure: Structure, clock: str, zone: int | None) -> None:
    found = series(within(tables, structure))[clock]
    assert found.zone_s == (None if zone is None else zone * 3600)
    assert found.times[0] - (found.zone_s or 0) == START.timestamp()


@pytest.mark.parametrize("text", ["", "yesterday", "2026-99-99T00:00:00", "Thu Feb 30 09:30:00 2026"])
def test_headers_that_hold_no_date(tables: Features, text: str) -> None:
    facts = (Fact("riff.IDIT", text), Fact("mdta.com.apple.quicktime.creationdate", text))
    assert set(series(within(tables, Structure("riff", facts)))) == {"file_name"}


@pytest.mark.parametrize(("offset", "zone"), [(None, None), ("+08:00", 8 * 3600), ("-03:30", -12_600), ("east", None)])
def test_photos(offset: str | None, zone: int | None) -> None:
    (found,) = photo_series("2026:03:05 09:30:00", offset)
    assert (found.clock, found.times[0], found.zone_s) == ("exif", START.timestamp(), zone)
    assert photo_series("0000:00:00 00:00:00", offset) == photo_series(None, offset) == ()


# ---- the clock in the picture -----------------------------------------------------------------


def test_a_clock_that_was_read_is_exact_to_a_picture_by_its_ticks(tables: Features) -> None:
    """The clip begins at 09:30:00.4: whole seconds begin at 0.6, 1.6, ... ."""
    noon = 9 * 3600 + 30 * 60
    found = series(tables, reading(0.0, noon), reading(7.0, noon + 7), reading(13.0, noon + 13))["on_screen"]
    assert found.uncertainty_s == 0.02
    assert len(found.times) > 8
    true = START.timestamp() + 0.4 + found.seconds
    assert np.abs(found.times - true).max() <= 0.04, "a picture"


def test_readings_that_do_not_go_with_the_ticks_stay_as_they_were_read(tables: Features) -> None:
    noon = 9 * 3600 + 30 * 60
    stepped = series(tables, reading(0.0, noon), reading(13.0, noon + 600))["on_screen"]
    assert (len(stepped.times), stepped.uncertainty_s) == (2, 0.5)
    alone = series(tables, reading(3.0, noon))["on_screen"]
    assert len(alone.times) == 1
    undecoded = series(replace(tables, frames=None), reading(0.0, noon), reading(13.0, noon + 13))["on_screen"]
    assert undecoded.times[1] - undecoded.times[0] == 13


def test_days_are_counted_on_over_midnight_without_a_date(tables: Features) -> None:
    found = series(replace(tables, frames=None), reading(0.0, 86_395, None), reading(10.0, 5, None))["on_screen"]
    assert not found.dated
    assert found.times.tolist() == [86_395.5, 86_405.5]


def test_telemetry_counts_from_the_first_picture(tables: Features) -> None:
    track = TimeTrack("nmea", 2, np.arange(10.0) + 0.25, START.timestamp() + np.arange(10.0), 1.0)
    found = series(replace(tables, telemetry=(track,)))["gps"]
    assert (found.source, found.zone_s) == (Source.GPS, 0)
    begin = tables.frames.origin * tables.frames.time_base if tables.frames is not None else 0
    np.testing.assert_allclose(found.seconds, np.arange(10.0) + 0.25 - float(begin))


# ---- sound ------------------------------------------------------------------------------------


def test_the_rate_of_sound_where_timestamps_are_not_counted_samples(tables: Features) -> None:
    assert sound_rate_ppm(tables) is None, "MP4 counts samples"
    other = within(tables, Structure("mpegts"))
    assert other.audio is not None
    steady = sound_rate_ppm(other)
    assert steady is not None
    assert abs(steady.value) <= steady.width
    slow = replace(other, audio=replace(other.audio, end_s=other.audio.end_s + 0.1))
    found = sound_rate_ppm(slow)
    assert found is not None
    assert found.value == pytest.approx(steady.value - 0.1 / SECONDS * 1e6, rel=0.05)


# ---- whole files ------------------------------------------------------------------------------


def subtitled(clip: Path, target: Path, skip: float, codec: str) -> Path:
    """The clip with a subtitle a second; from the seventh on the device's time is `skip` seconds later."""
    lines = []
    for n in range(SECONDS):
        clock = START.timestamp() + n + (skip if n >= 11 else 0)
        written = datetime.fromtimestamp(clock, UTC).strftime("%Y-%m-%d %H:%M:%S.000")
        lines.append(f"{n + 1}\n00:00:{n:02d},000 --> 00:00:{n:02d},900\n{written} 12 km/h\n")
    text = target.with_suffix(".srt")
    text.write_text("\n".join(lines))
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-i",
        clip,
        "-i",
        text,
        "-map",
        "0",
        "-map",
        "1",
        "-c",
        "copy",
        "-c:s",
        codec,
    ]
    subprocess.run([*command, target], check=True)
    return target


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "srt"), ("a.mp4", "mov_text")])
def test_subtitles_of_a_file(clip: Path, tmp_path: Path, name: str, codec: str) -> None:
    whole = survey(subtitled(clip, tmp_path / name, 0, codec))
    (track,) = whole.telemetry
    assert (track.form, len(track)) == ("subtitle", SECONDS)
    np.testing.assert_array_equal(np.diff(track.times), np.ones(SECONDS - 1))
    np.testing.assert_allclose(np.diff(track.seconds), np.ones(SECONDS - 1), atol=0.002)


def test_a_step_of_the_subtitles_is_found_and_the_panel_stands_in_the_report(clip: Path, tmp_path: Path) -> None:
    options = Options(level="container")
    stepped = inspect(subtitled(clip, tmp_path / "cut.mp4", 3, "mov_text"), options)
    (jump,) = [f for f in stepped.findings if f.kind == Kind.CLOCK_JUMP]
    assert (jump.template, jump.params["from"], jump.params["to"]) == (
        "telemetry_jump", "2026-03-05 09:30:10", "2026-03-05 09:30:14",
    )  # fmt: skip
    whole = inspect(subtitled(clip, tmp_path / "whole.mp4", 0, "mov_text"), options)
    assert not [f for f in whole.findings if f.kind == Kind.CLOCK_JUMP]
    assert [c["clock"] for c in whole.clocks["clocks"]] == ["subtitle"]
    assert whole.clocks["start"]["time"].startswith("2026-03-05T09:30:00")


def test_a_change_of_the_scene_near_a_tick_does_not_shift_the_clock() -> None:
    """The second change is the scene's: it lies 0.08 s off the first tick, near enough to whole seconds."""
    at = np.array([0.08, *np.arange(1.0, 19.0)])
    counted = np.round(at)
    assert _on_a_line(at, counted, 0.05).tolist() == [False] + [True] * 18
    drifting = np.arange(1800.0) * 1.0005
    assert _on_a_line(drifting, np.arange(1800.0), 0.05).all()

"""All tables of a recording in a folder: what detectors find stays the same."""

from __future__ import annotations

import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from made_clips import scenes, tone, write_clip

from engine import extract, read_features, write_features
from engine.detectors.runner import examine
from engine.features.folder import INDEX, TABLES
from engine.features.tables import Features
from engine.media.errors import MediaError
from engine.media.telemetry import TimeTrack
from fixtures.camera import Camera, record
from fixtures.tamper import tamper


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Features:
    """A recording from which a piece was cut without coding it anew."""
    folder = tmp_path_factory.mktemp("cut")
    clip = record(Camera(width=320, height=180, seconds=6, gop=25), folder)
    tamper(clip, "gap_copy", 1, folder, name="cut")
    track = TimeTrack("nmea", 3, np.arange(5.0), 1.7e9 + np.arange(5.0), 1.0)
    return replace(extract(folder / "cut.mp4"), telemetry=(track,))


@pytest.fixture(scope="module")
def saved(cut: Features, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "deep" / "tables"
    write_features(cut, folder)
    return folder


def columns(features: Features) -> dict[str, bytes]:
    """Every column of every table."""
    found = {f"packets.{f.name}": getattr(features.packets, f.name) for f in fields(features.packets)}
    for name, table in (("frames", features.frames), ("audio", features.audio)):
        found |= {} if table is None else {f"{name}.{n}": values for n, values in table.columns.items()}
    if features.frames is not None:
        found |= {f"wide.{n}": values for n, values in features.frames.wide.items()}
    if features.coded is not None:
        found |= {"pictures": features.coded.pictures, "marks": features.coded.marks}
    for n, track in enumerate(features.telemetry):
        found |= {f"telemetry.{n}.seconds": track.seconds, f"telemetry.{n}.times": track.times}
    return {n: v.tobytes() for n, v in found.items() if isinstance(v, np.ndarray)}


def test_findings_of_a_cut_recording_stay_the_same(cut: Features, saved: Path) -> None:
    before = examine(cut, None)
    assert before.findings, "the cut must be found, or equality says nothing"
    assert not before.failed
    again = read_features(saved)
    assert columns(again) == columns(cut)
    assert (again.media, again.packets.media) == (cut.media, cut.media)
    assert examine(again, None) == before


def test_findings_follow_the_tables(cut: Features, tmp_path: Path) -> None:
    """The twin: tables of another recording do not give the same findings."""
    write_features(extract(write_clip(tmp_path / "a.mkv", scenes(40), sound=tone(1.6))), tmp_path / "t")
    assert examine(read_features(tmp_path / "t"), None) != examine(cut, None)


@pytest.mark.parametrize("missing", [("audio",), ("frames",), ("coded",), ("frames", "audio", "coded")])
def test_what_a_recording_lacks_it_lacks_afterwards(cut: Features, missing: tuple[str, ...], tmp_path: Path) -> None:
    less = replace(cut, blake3="ab" * 32, **dict.fromkeys(missing))
    write_features(cut, tmp_path)  # an earlier writing must not shine through
    write_features(less, tmp_path)
    again = read_features(tmp_path)
    assert {n for n in TABLES if getattr(again, n) is None} == set(missing)
    assert [(t.form, t.stream, t.uncertainty_s) for t in again.telemetry] == [("nmea", 3, 1.0)]
    assert again.blake3 == "ab" * 32
    assert columns(again) == columns(less)
    assert examine(again, None) == examine(less, None)


def test_tables_without_rows(cut: Features, tmp_path: Path) -> None:
    frames, audio = cut.frames, cut.audio
    assert frames is not None
    assert audio is not None
    none = replace(
        cut,
        frames=replace(
            frames,
            columns={n: v[:0] for n, v in frames.columns.items()},
            wide={n: v[:0] for n, v in frames.wide.items()},
        ),
        audio=replace(audio, columns={n: v[:0] for n, v in audio.columns.items()}),
    )
    write_features(none, tmp_path)
    again = read_features(tmp_path)
    assert again.frames is not None
    assert again.audio is not None
    assert (len(again.frames), len(again.audio)) == (0, 0)
    assert again.frames.wide["means"].shape == (0, 22, 40)
    assert examine(again, None) == examine(none, None)


def test_what_is_read_can_be_written_over_itself(saved: Path, cut: Features, tmp_path: Path) -> None:
    folder = shutil.copytree(saved, tmp_path / "t")
    write_features(read_features(folder), folder)
    assert columns(read_features(folder)) == columns(cut)


@pytest.mark.parametrize("name", [INDEX, *(f"{n}.parquet" for n in TABLES)])
def test_damaged_files_are_refused(name: str, saved: Path, tmp_path: Path) -> None:
    whole = (saved / name).read_bytes()
    at = len(whole) // 2
    for damaged in (whole[:at], b"", whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], None):
        folder = shutil.copytree(saved, tmp_path / "t", dirs_exist_ok=True)
        (folder / name).unlink() if damaged is None else (folder / name).write_bytes(damaged)
        with pytest.raises(MediaError) as refused:
            read_features(folder)
        assert refused.value.reason == "not_a_table"


def test_a_writing_that_broke_off_is_no_folder_of_tables(
    saved: Path, cut: Features, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(saved, tmp_path / "t")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.features.folder.write_coded", full)
    with pytest.raises(OSError, match="No space"):
        write_features(cut, folder)
    with pytest.raises(MediaError, match="not_a_table"):
        read_features(folder)


def test_what_is_no_such_folder(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "other").mkdir()
    newer = shutil.copytree(saved, tmp_path / "newer")
    (newer / INDEX).write_text((newer / INDEX).read_text().replace("unbroken.features/1", "unbroken.features/2"))
    listed = shutil.copytree(saved, tmp_path / "listed")
    (listed / INDEX).write_text("[]")
    for name in ("file", "other", "newer", "listed"):
        with pytest.raises(MediaError, match=f"{name}.*not_a_table"):
            read_features(tmp_path / name)
    with pytest.raises(MediaError, match="nowhere: missing"):
        read_features(tmp_path / "nowhere")

"""`unbroken tamper`: copies, truth beside them, and plain words where something cannot be done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import run
from fixtures.camera import Camera, record


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNBROKEN_LANG", "en")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    camera = Camera(width=160, height=120, seconds=3, sound=None, gop=10)
    return record(camera, tmp_path_factory.mktemp("clip"))


def test_copies_and_their_truth_are_written_and_the_recording_is_untouched(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = clip.read_bytes()
    out = tmp_path / "new" / "folder"
    code = run(["tamper", str(clip), "--out-dir", str(out), "--op", "cut_copy:1", "--op", "original", "--seed", "3"])
    assert code == 0
    told = [Path(line) for line in capsys.readouterr().out.splitlines()]
    truths = [json.loads(line) for line in (out / "truth.jsonl").read_text().splitlines()]
    assert [p.name for p in told] == [t["file"] for t in truths]
    assert all(p.is_file() for p in told)
    assert [t["op"] for t in truths] == ["cut_copy", "original"]
    assert truths[0]["expect"][0]["kinds"] == ["deletion", "splice", "gap"]
    assert clip.read_bytes() == before


def test_what_cannot_be_done_does_not_stop_the_rest(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["tamper", str(clip), "--out-dir", str(tmp_path), "--op", "audio_mute", "--op", "original"])
    streams = capsys.readouterr()
    assert code == 3
    assert "audio_mute" in streams.err
    assert "no sound" in streams.err
    assert len(streams.out.splitlines()) == 1


@pytest.mark.parametrize("words", [["--op", "vanish"], []])
def test_a_wrong_command_line_is_told_so(
    words: list[str], clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(clip)] if words else [str(tmp_path / "*.mp4")]
    assert run(["tamper", *files, "--out-dir", str(tmp_path / "out"), *words]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_reasons_are_told_in_the_readers_language(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["tamper", str(clip), "--out-dir", str(tmp_path), "--op", "audio_cut", "--lang", "zh"]) == 3
    assert "无声音" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_a_plain_line(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert run(["tamper", str(clip), "--out-dir", str(tmp_path / "file" / "out")]) == 3
    told = capsys.readouterr().err
    assert "cannot be written" in told
    assert "Traceback" not in told

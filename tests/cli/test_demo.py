"""The demonstration, with an archive of two small recordings in place of the whole shift."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from engine.cli import demonstration, main
from fixtures.camera import Camera, record
from fixtures.tamper import Truth, tamper


def small_archive(folder: Path, workers: int = 2, made: Any = None) -> list[Truth]:
    folder.mkdir(parents=True, exist_ok=True)
    whole = record(Camera(seed=5, width=320, height=180, seconds=4, gop=25), folder.parent / "source.mp4")
    return [tamper(whole, op, 1, folder, op[:4])[0] for op in ("original", "gap_copy:1")]


@pytest.mark.usefixtures("small")
def test_the_demonstration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "orig.mp4.unbroken.json").write_text("left by an earlier one")
    assert main.run(["demo", str(folder), "--jobs", "1", "--lang", "en"]) == 0
    shown = capsys.readouterr()
    rows = [re.split(r"  +", line)[:3] for line in shown.out.splitlines()]
    assert ["orig.mp4", "nothing", "✓ clear"] in rows
    assert ["gap_.mp4", "a stretch cut out, not encoded again", "✗ violation"] in rows
    assert "2 of 2 as they were sealed" in shown.out
    assert "NOT OK" in shown.out
    assert f"HTML report: {folder}/report.html" in shown.out
    assert len(json.loads((folder / "report.json").read_text())["files"]) == 2
    assert (folder / "report.html").exists()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demonstration, "make_archive", small_archive)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def test_the_demonstration_of_cases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from fixtures.archive import make
    from fixtures.archive.placing import PAIRS, placed

    few = [p for p in PAIRS if p.fact == "items_not_on_list"]
    monkeypatch.setattr(make, "placed", lambda: placed(few))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    folder = tmp_path / "demo"
    for _ in range(2):  # what an earlier demonstration made is replaced
        assert main.run(["demo", "--archive", str(folder), "--jobs", "1", "--lang", "en"]) == 0
    assert f"HTML report: {folder}/report.html" in capsys.readouterr().out
    cases = json.loads((folder / "report.json").read_text())["cases"]
    found = [{f["template"] for f in c["findings"]} - {"case_backup_weak"} for c in cases]
    assert found == [{"case_items_not_on_list"}, set()]


def test_no_archive_of_a_user_is_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "archive" / "case.toml"
    kept.parent.mkdir()
    kept.touch()
    assert main.run(["demo", "--archive", str(tmp_path)]) == 2
    assert kept.exists()
    assert "another folder" in capsys.readouterr().err or "其他文件夹" in capsys.readouterr().err

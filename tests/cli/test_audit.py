"""`unbroken audit` as a user runs it: exit codes, views, plain words, interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.cli import main
from engine.cli.audit import moment
from engine.cli.common import Problem
from fixtures.camera import Camera, record

NAME = "DSJ0457_20260305_093000_0001.mp4"
SETTINGS = 'schema = "unbroken.archive/1"\ntimezone = "Asia/Shanghai"\n'
DEVICES = r"""schema = "unbroken.devices/1"
[[devices]]
serial = "DSJ0457"
kind = "body_camera"
filename = '(?P<device>DSJ\d{4})_(?P<date>\d{8})_(?P<time>\d{6})_(?P<seq>\d{4})'
"""
CASE = """schema = "unbroken.case/1"
[case]
id = "检字1号"
activity = "{activity}"
start = 2026-03-05T09:30:00+08:00
end = 2026-03-05T09:35:00+08:00
"""
LISTED = f'[[recordings]]\npath = "{NAME}"\ndevice = "DSJ0457"\n'


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One case whose recording ends long before the activity."""
    root = tmp_path_factory.mktemp("cli-audit") / "档案"
    (root / "1").mkdir(parents=True)
    (root / "archive.toml").write_text(SETTINGS, encoding="utf-8")
    (root / "devices.toml").write_text(DEVICES, encoding="utf-8")
    (root / "1" / "case.toml").write_text(CASE.format(activity="行政检查") + LISTED, encoding="utf-8")
    start = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
    record(Camera(seed=1, width=160, height=96, seconds=2, gop=25, start=start), root / "1" / NAME)
    return root


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("cli-cache"))


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("UNBROKEN_REGISTER", raising=False)
    monkeypatch.delenv("UNBROKEN_TRUSTED_KEYS", raising=False)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main.run(["audit", *arguments])
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert "internal error" not in shown.err
    return code, shown.out, shown.err


def test_text_names_the_case_and_what_failed(archive: Path, cache: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, str(archive), "--cache-dir", cache)
    assert (code, err) == (1, "")
    assert "检字1号" in out
    assert "Art. 13" in out
    code, out, _ = run(capsys, str(archive), "--cache-dir", cache, "--lang", "zh")
    assert "全程覆盖" in out


def test_json_and_html_to_a_file(archive: Path, cache: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "r.json"
    code, out, _ = run(
        capsys, str(archive), "--cache-dir", cache, "-f", "json", "-o", str(target), "--as-of", "2026-03-31"
    )
    assert (code, out) == (1, "")
    report = json.loads(target.read_text(encoding="utf-8"))
    assert report["cases"][0]["id"] == "检字1号"
    assert report["files"][0]["path"] == f"1/{NAME}"
    assert report["engine"]["options"]["as_of"].startswith("2026-03-31T23:59:59")
    page = tmp_path / "r.html"
    code, _, _ = run(capsys, str(archive), "--cache-dir", cache, "-f", "html", "-o", str(page), "--no-pictures")
    assert code == 1
    assert "<svg" in page.read_text(encoding="utf-8")
    assert 'lang="zh-CN"' in page.read_text(encoding="utf-8")
    assert "data:image/jpeg" not in page.read_text(encoding="utf-8")


def test_nothing_is_written_into_the_archive(archive: Path, cache: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted((p, p.stat().st_mtime_ns) for p in archive.rglob("*"))
    run(capsys, str(archive), "--cache-dir", cache)
    assert sorted((p, p.stat().st_mtime_ns) for p in archive.rglob("*")) == before


def test_the_cache_lies_with_the_user_and_only_where_it_is_wanted(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, str(archive), "--no-cache")
    assert not (tmp_path / "home").exists()
    run(capsys, str(archive))
    assert list((tmp_path / "home" / "unbroken" / "audit").rglob("*.json"))


def test_wrong_words(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, str(tmp_path / "none"))[0] == 2
    assert run(capsys, str(archive / "archive.toml"))[0] == 2
    assert run(capsys, str(archive), "--init", "--check")[0] == 2
    code, _, err = run(capsys, str(archive), "--as-of", "tomorrow")
    assert code == 2
    assert "2026-03-31" in err
    assert run(capsys, str(archive), "-o", str(tmp_path / "no" / "where.json"))[0] == 2
    assert run(capsys, str(archive), "--trusted-keys", str(tmp_path / "keys.json"))[0] in (2, 3)


def test_templates_are_written_and_are_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "new"
    code, _, err = run(capsys, str(root), "--init")
    assert code == 0
    assert "archive.toml" in err
    (root / "archive.toml").write_text(SETTINGS, encoding="utf-8")
    code, _, err = run(capsys, str(root), "--init")
    assert code == 0
    assert (root / "archive.toml").read_text(encoding="utf-8") == SETTINGS, "nothing is overwritten"
    assert run(capsys, str(root), "--check")[0] == 0


def test_check_reads_no_footage_and_names_every_fault(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, str(archive), "--check")[0] == 0
    root = tmp_path / "faulty"
    (root / "1").mkdir(parents=True)
    (root / "1" / "case.toml").write_text(CASE.format(activity="x") + 'ende = 1\n[[recordings]]\npath = "/a"\n')
    code, out, err = run(capsys, str(root), "--check")
    assert code == 1
    assert "1/case.toml:7" in out
    assert "errors" in err


def test_a_case_that_needs_no_recording_is_clear(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "archive.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "devices.toml").write_text(DEVICES, encoding="utf-8")
    (tmp_path / "1" / "case.toml").write_text(CASE.format(activity="政策宣讲"), encoding="utf-8")
    code, out, _ = run(capsys, str(tmp_path), "--no-cache", "--as-of", "2026-03-06")
    assert code == 0, out
    assert "1 activity outside the list" in out


def test_a_case_with_faults_is_not_examined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "archive.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "devices.toml").write_text(DEVICES, encoding="utf-8")
    (tmp_path / "1" / "case.toml").write_text("nonsense", encoding="utf-8")
    code, out, _ = run(capsys, str(tmp_path), "--no-cache")
    assert code == 3
    assert "1/case.toml" in out


def test_moments() -> None:
    assert moment("2026-03-31T18:00:00+08:00") == datetime.fromisoformat("2026-03-31T18:00:00+08:00")
    assert (moment("2026-03-31").hour, moment("2026-03-31").utcoffset()) != (0, None)
    with pytest.raises(Problem):
        moment("31.3.2026")


def test_ctrl_c_reports_the_cases_that_are_done(archive: Path, tmp_path: Path) -> None:
    """The second case's recording is long, the first one's is not."""
    root = tmp_path / "档案"
    for number, seconds in ((1, 1), (2, 100)):
        folder = root / str(number)
        folder.mkdir(parents=True)
        text = CASE.format(activity="行政检查").replace("检字1号", f"检字{number}号") + LISTED
        (folder / "case.toml").write_text(text, encoding="utf-8")
        record(Camera(seed=number, width=160, height=96, seconds=seconds, gop=25, noise=0), folder / NAME)
    (root / "archive.toml").write_text(SETTINGS, encoding="utf-8")
    command = [
        sys.executable, "-m", "engine.cli.main", "audit", str(root), "--no-cache", "--jobs", "1",
        "--progress", "json", "--lang", "zh",
    ]  # fmt: skip
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    for line in process.stderr:
        if json.loads(line)["files_done"] == 1:
            break
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "检字1号" in out
    assert "检字2号" not in out
    assert "1 records and 1 cases" in err
    assert "Traceback" not in err

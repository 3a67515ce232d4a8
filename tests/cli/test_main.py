"""The command line: exit codes, plain words, and where output goes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.cli import common, main
from engine.cli.common import Problem, write_file
from fixtures.camera import Camera, record
from fixtures.tamper import tamper


def unbroken(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, as a user runs it."""
    command = [sys.executable, "-m", "engine.cli.main", *arguments]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **more.pop("env", {})}  # type: ignore[dict-item]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False, **more)  # type: ignore[call-overload, no-any-return]


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untouched recording, one with a hole, and one that is none."""
    folder = tmp_path_factory.mktemp("archive")
    whole = record(Camera(seed=5, width=320, height=180, seconds=4, gop=25), folder / "seg-2.mp4")
    tamper(whole, "gap_copy:1", 1, folder, "seg-10")
    (folder / "seg-11.mp4").write_text("no recording")
    return folder


def no_traceback(result: subprocess.CompletedProcess[str]) -> None:
    assert "Traceback" not in result.stderr
    assert "internal error" not in result.stderr


# ---- in this process: nothing is imported that the answer does not need ------------------------


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(re.search(rf"^  {name} ", shown, re.MULTILINE) for name in main.COMMANDS)
    assert "130 interrupted" in re.sub(r"\s+", " ", shown)


def test_help_needs_no_heavy_library() -> None:
    heavy = ("numpy", "av", "numba", "pyarrow", "skimage", "rich", "pydantic", "jinja2", "altair")
    code = (
        "import sys; from engine.cli import main; main.run(['--help']);"
        f"print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert result.stderr.strip() == "[]"


@pytest.mark.parametrize("name", sorted(main.COMMANDS))
def test_every_command_has_help_and_loads(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([name, "--help"]) == 0
    assert f"unbroken {name}" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--version"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("unbroken ")
    assert {"av", "numba", "blake3"} <= {line.split()[0] for line in lines}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Commands"),
        (["inspct"], "Did you mean 'inspect'"),
        (["inspect"], "Missing argument"),
        (["inspect", "--nonsense", "x"], "No such option"),
        (["inspect", "x.mp4", "--format", "xml"], "'xml' is not one of"),
        (["inspect", "x.mp4", "--jobs", "0"], "--jobs"),
        (["inspect", "x.mp4", "--level", "keyframes"], "--level"),
        (["inspect", "x.mp4", "--out-dir", "."], "--seal"),
        (["inspect", "nothing-*.mp4"], "no file matches"),
        (["inspect", "x.mp4", "--seal", "--out-dir", "no/such/folder"], "no such folder"),
        (["seal", "nothing-*.mp4"], "no file matches"),
        (["verify", "nothing-*.mp4"], "no file matches"),
        (["prove", "x.mp4", "--frame", "-1"], "--frame"),
        (["demo", __file__], "is a file"),
        (["inspect", "x.mp4", "--output", "no/such/folder/x.json"], "does not exist"),
        (["inspect", "x.mp4", "--output", "."], "is a folder"),
    ],
)
def test_wrong_usage(arguments: Sequence[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(arguments) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.out == ""


def test_a_folder_without_recordings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["inspect", str(tmp_path)]) == 2
    assert "holds no recording" in capsys.readouterr().err


def test_a_wrong_word_is_told_in_the_reader_s_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert main.run(["inspect", str(tmp_path)]) == 2
    assert "文件夹中没有录音录像" in capsys.readouterr().err


def test_a_reader_that_goes_away_does_not_make_a_recording_clear(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    code = "import time; from engine.cli.main import run; import sys; time.sleep(0.5); sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "verify", str(tmp_path / "empty.mp4")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), errors) == (3, "")


def test_kernels_find_a_place_without_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "none"))
    with main._place_for_compiled_kernels(tmp_path / "none"):
        folder = Path(os.environ["NUMBA_CACHE_DIR"])
        assert folder.is_dir()
    assert not folder.exists()
    monkeypatch.setenv("HOME", str(tmp_path))
    with main._place_for_compiled_kernels(tmp_path / "none"):
        assert "NUMBA_CACHE_DIR" not in os.environ


def test_a_file_name_cannot_steer_the_terminal() -> None:
    assert common.on_one_line("a\nb\x1b[31m\udcff 执法.mp4") == r"a\x0ab\x1b[31m\xff 执法.mp4"


def test_help_in_chinese(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    main.run(["--help"])
    assert "封存" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(main.COMMANDS))
def test_every_command_is_described_in_chinese(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert main.run([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert main.COMMANDS[name][2][:8] in shown
    assert "退出码" in shown


def test_faults_of_the_program_are_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(main, "_load", lambda name: 1 / 0)
    assert main.run(["inspect", "x"]) == 3
    shown = capsys.readouterr().err
    assert "internal error: ZeroDivisionError" in shown
    assert "Traceback" not in shown


def test_a_folder_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main.run(["demo", str(tmp_path / "file" / "demo")]) == 3
    shown = capsys.readouterr().err
    assert f"{tmp_path}/file/demo: Not a directory" in shown
    assert "internal" not in shown


def test_exit_codes() -> None:
    assert common.exit_code(found=True, not_examined=True) == 1
    assert common.exit_code(found=False, not_examined=True) == 3
    assert common.exit_code(found=False, not_examined=False) == 0


def test_output_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.json"
    target.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_file(target, b"new")
    with pytest.raises(Problem, match="cannot be written: No space left"):
        common.write_output("new", target)
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


def test_output_has_ordinary_permissions(tmp_path: Path) -> None:
    write_file(tmp_path / "x", b"1")
    plain = tmp_path / "y"
    plain.write_bytes(b"1")
    assert (tmp_path / "x").stat().st_mode == plain.stat().st_mode


# ---- as a user runs it -------------------------------------------------------------------------


def test_a_folder_as_json(archive: Path) -> None:
    result = unbroken("inspect", str(archive), "--format", "json", "--progress", "json")
    no_traceback(result)
    assert result.returncode == 1
    report = json.loads(result.stdout)
    assert [Path(f["path"]).name for f in report["files"]] == ["seg-2.mp4", "seg-10.mp4", "seg-11.mp4"]
    assert [f["verdict"] for f in report["files"]] == ["clear", "violation", "not_examinable"]
    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert events[-1]["files_done"] == 3
    assert all(e["event"] == "progress" for e in events)


def test_quiet_in_a_pipe_and_written_to_a_file(archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    found = unbroken(
        "inspect", str(archive / "seg-2.mp4"), str(archive / "seg-11.mp4"), "--format", "html", "-o", str(target)
    )
    assert (found.returncode, found.stdout, found.stderr) == (3, "", "")
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_names_on_standard_input_in_a_table(archive: Path) -> None:
    names = f"{archive / 'seg-2.mp4'}\n"
    result = unbroken("inspect", "-", "--lang", "zh", input=names)
    no_traceback(result)
    assert result.returncode == 0
    assert "未发现痕迹" in result.stdout
    assert "\x1b" not in result.stdout


def test_no_room_for_the_report(archive: Path) -> None:
    result = unbroken("inspect", str(archive / "seg-11.mp4"), "--format", "json", "--output", "/dev/full")
    no_traceback(result)
    assert result.returncode == 3
    assert "/dev/full: cannot be written: No space left on device" in result.stderr


def test_a_reader_that_goes_away(archive: Path) -> None:
    command = f"{sys.executable} -m engine.cli.main inspect '{archive}/seg-11.mp4' --format json | head -c 1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (result.stdout, result.stderr) == ("{", "")


@pytest.fixture(scope="session")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds, so that there is something to interrupt."""
    camera = Camera(seed=6, width=640, height=360, seconds=20, gop=25)
    return record(camera, tmp_path_factory.mktemp("long") / "long.mp4")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted(archive: Path, long: Path, tmp_path: Path, how: signal.Signals) -> None:
    """What was done is reported, with 130; and no worker is left, even if the parent is killed."""
    names = [str(archive / "seg-11.mp4"), str(long)]
    more = []
    for n in range(12):
        copy = tmp_path / f"copy-{n}.mp4"
        copy.write_bytes(long.read_bytes())
        more.append(str(copy))
    command = [sys.executable, "-m", "engine.cli.main", "inspect", *names, *more, "--jobs", "1", "--format", "json"]
    process = subprocess.Popen(
        [*command, "--progress", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stdout is not None
    while json.loads(process.stderr.readline())["files_done"] < 1:
        pass
    if how == signal.SIGINT:
        os.killpg(process.pid, how)  # a terminal sends it to every process
    else:
        process.send_signal(how)
    out, err = process.communicate(timeout=60)
    assert _gone(process.pid)
    if how == signal.SIGKILL:
        return
    assert process.returncode == 130
    assert "interrupted" in err.splitlines()[-1]
    assert "Traceback" not in err
    done = json.loads(out)["files"]
    assert 1 <= len(done) < 14
    assert done[0]["reason"] == "not_media"


def _gone(group: int) -> bool:
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_the_self_test_passes() -> None:
    result = unbroken("selftest", "--format", "json")
    no_traceback(result)
    assert result.returncode == 0
    assert {c["name"]: c["result"] for c in json.loads(result.stdout)["checks"]} == {
        "blake3": "passed",
        "canonical_json": "passed",
        "combine": "passed",
        "proof_tree": "passed",
        "signature": "passed",
        "log": "passed",
        "clip": "passed",
    }

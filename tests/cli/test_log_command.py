"""`unbroken log` and `unbroken register` as people run them, and every command of their pages."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli.main import run

sys.path.insert(0, str(Path(__file__).parent.parent))
from made_clips import scenes, write_clip

ROOT = Path(__file__).parents[2]


def call(capsys, *arguments) -> tuple[int, str, str]:
    code = run([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Two recordings of four seconds at two pictures a second."""
    folder = tmp_path_factory.mktemp("made")
    for seed, name in enumerate(("clip.mp4", "other.mp4")):
        write_clip(folder / name, scenes(8, 64, 48, seed), rate=2)
    return folder


@pytest.fixture
def here(made, tmp_path, monkeypatch) -> Path:
    """An archive with two recordings and a folder for keys, where the commands run."""
    for name in ("archive", "keys"):
        (tmp_path / name).mkdir()
    for path in made.iterdir():
        shutil.copy(path, tmp_path / "archive")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNBROKEN_LANG", "en")
    monkeypatch.setenv("UNBROKEN_KEY_PASSPHRASE", "correct horse")
    return tmp_path


def make_log(capsys) -> str:
    code, out, err = call(
        capsys, "log", "init", "log", "--origin", "a.example/log", "--key", "keys/log.pem", "--archive", "archive"
    )
    assert (code, err) == (0, "")
    return out.strip()


WITNESS = ("--name", "w.example/1", "--key", "keys/w.pem", "--state", "keys/w.json")


# ---- the log -----------------------------------------------------------------------------------


def test_seals_go_into_the_log_and_say_so(here, capsys):
    make_log(capsys)
    code, out, _ = call(capsys, "seal", "archive/clip.mp4")
    assert (code, "added to the log as entry 0" in out) == (0, True)
    code, out, _ = call(capsys, "seal", "archive", "--format", "json")
    assert [(e["status"], e["index"]) for e in json.loads(out)["log"]] == [("known", 0), ("added", 1)]
    code, out, _ = call(capsys, "seal", "archive")
    assert (code, "log" in out) == (0, False)
    code, out, _ = call(capsys, "log", "verify", "archive", "--log", "log", "--format", "json")
    content = json.loads(out)
    assert (code, content["schema"], content["log"]["size"]) == (0, "unbroken.log/1", 2)
    assert [s["change"] for s in content["seals"]] == ["logged", "logged"]


def test_inspecting_and_sealing_appends_too(here, capsys):
    make_log(capsys)
    assert call(capsys, "inspect", "archive/clip.mp4", "--seal")[2] == ""
    assert call(capsys, "log", "verify", "archive/clip.mp4", "--log", "log")[0] == 0


def test_without_a_log_nothing_is_said_of_one(here, capsys):
    code, out, _ = call(capsys, "seal", "archive", "--format", "json")
    assert (code, "log" in json.loads(out)) == (0, False)


@pytest.mark.parametrize("command", [("seal",), ("inspect", "--seal")])
def test_a_seal_that_could_not_be_added_stands_and_is_told(here, capsys, monkeypatch, command):
    make_log(capsys)
    monkeypatch.delenv("UNBROKEN_KEY_PASSPHRASE")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    code, out, err = call(capsys, *command, "archive/clip.mp4")
    assert code == 3
    assert "NOT in the log. The passphrase of the log's key is not given" in out + err
    assert (here / "archive/clip.mp4.unbroken.json").exists()
    monkeypatch.setenv("UNBROKEN_KEY_PASSPHRASE", "correct horse")
    code, out, _ = call(capsys, "log", "append", "archive/clip.mp4")
    assert (code, "added to the log as entry 0" in out) == (0, True)


def test_a_log_is_made_once_and_its_key_kept_apart(here, capsys):
    vkey = make_log(capsys)
    assert vkey == (here / "log/log.vkey").read_text().strip()
    again = ("log", "init", "log", "--origin", "a.example/log", "--key", "keys/log.pem")
    code, _, err = call(capsys, *again)
    assert (code, "There is a log already" in err) == (3, True)
    code, _, err = call(capsys, *again, "--archive", "archive")
    assert (code, "exists already" in err) == (2, True)
    code, _, err = call(capsys, "log", "init", "new", "--origin", "a", "--key", "new/log.pem")
    assert (code, "would lie in the log's folder" in err) == (3, True)
    code, _, err = call(capsys, "log", "init", "new", "--origin", "a b", "--key", "k.pem")
    assert (code, "no spaces" in err) == (3, True)
    assert not (here / "new").exists()
    assert not (here / "k.pem").exists()


def test_what_is_missing_is_told(here, capsys):
    code, _, err = call(capsys, "log", "verify")
    assert (code, "name the log's folder with --log" in err) == (3, True)
    code, _, err = call(capsys, "log", "checkpoint", "--log", "none")
    assert (code, "There is no log" in err) == (3, True)
    code, out, _ = call(capsys, "log", "verify", "--log", "none")
    assert (code, "There is no log" in out) == (3, True)
    make_log(capsys)
    code, out, _ = call(capsys, "log", "append", "archive/clip.mp4")
    assert (code, "NOT in the log. There is no seal for this file" in out) == (3, True)
    (here / "archive/unbroken-log.toml").rename("kept.toml")
    call(capsys, "seal", "archive/clip.mp4")
    code, _, err = call(capsys, "log", "append", "archive/clip.mp4", "--log", "log", "--key", "keys/none.pem")
    assert (code, "no such file" in err) == (3, True)
    code, _, err = call(capsys, "log", "append", "archive/clip.mp4", "--log", "log")
    assert (code, "name it with --key" in err) == (3, True)
    (here / "kept.toml").rename("archive/unbroken-log.toml")
    call(capsys, "keys", "generate", "keys/w.pem")
    code, _, err = call(capsys, "log", "cosign", "--log", "log", *WITNESS)
    assert (code, "has not seen this log yet" in err) == (3, True)
    code, _, err = call(capsys, "log", "cosign", "--log", "log", *WITNESS, "--log-key", "nonsense")
    assert (code, "not a verifier key" in err.lower()) == (3, True)
    code, _, err = call(capsys, "verify", "archive/clip.mp4", "--log-keys", "none")
    assert "cannot be read" in err
    assert code != 0


def test_a_log_that_was_rewritten_is_found(here, capsys):
    """By its own tiles, by a checkpoint that was kept, and by a witness: exit code 1 each time."""
    vkey = make_log(capsys)
    call(capsys, "seal", "archive")
    call(capsys, "keys", "generate", "keys/w.pem")
    code, _, err = call(capsys, "log", "cosign", "--log", "log", *WITNESS, "--log-key", vkey)
    assert (code, err.startswith("cosigned at size 2 by w.example/1+")) == (0, True)
    call(capsys, "log", "checkpoint", "--log", "log", "--output", "kept")
    entries = here / "log/tile/entries/000.p/2"
    whole = entries.read_bytes()
    entries.write_bytes(whole.replace(b"blake3", b"blake4", 1))
    code, out, _ = call(capsys, "log", "verify", "--log", "log")
    assert (code, "A file of the log was changed (tile/0/000.p/2)" in out) == (1, True)
    shutil.move("log", "old")
    call(capsys, "log", "init", "log", "--origin", "a.example/log", "--key", "keys/log.pem")
    said = "holds fewer entries than it did"
    code, out, _ = call(capsys, "log", "append", "archive/clip.mp4")
    assert (code, said in out) == (3, True)
    code, out, _ = call(capsys, "log", "verify", "archive/clip.mp4", "--log", "log")
    assert (code, said in out) == (1, True)
    code, out, _ = call(capsys, "log", "verify", "--log", "log", "--consistency", "kept")
    assert (code, said in out) == (1, True)
    code, _, err = call(capsys, "log", "cosign", "--log", "log", *WITNESS)
    assert (code, said in err) == (1, True)
    for path in (here / "archive").glob("*.unbroken.*"):
        path.unlink()
    call(capsys, "seal", "archive", "--operator", "somebody else")
    code, out, _ = call(capsys, "log", "verify", "archive", "--log", "log")
    assert code == 0
    code, out, _ = call(capsys, "log", "verify", "--log", "log", "--consistency", "kept")
    assert (code, "does not continue the one that was seen before" in out) == (1, True)
    code, _, err = call(capsys, "log", "cosign", "--log", "log", *WITNESS)
    assert (code, "does not continue" in err) == (1, True)


def test_a_seal_that_is_not_in_the_log(here, capsys):
    call(capsys, "seal", "archive/clip.mp4")
    make_log(capsys)
    code, out, _ = call(capsys, "log", "verify", "archive/clip.mp4", "--log", "log", "--format", "json")
    assert (code, json.loads(out)["seals"][0]["reason"]) == (1, "not_logged")
    code, out, _ = call(capsys, "log", "verify", "archive/clip.mp4", "--log", "log", "--lang", "zh")
    assert (code, "未记入日志。" in out) == (1, True)
    code, _, err = call(capsys, "log", "prove", "archive/clip.mp4")
    assert (code, "It is not in the log" in err) == (1, True)


# ---- the register ------------------------------------------------------------------------------

ENTER = ("--register", "r", "--as", "李四", "--action", "copy")


def test_an_approval_and_its_use(here, capsys):
    approval = ("--approver", "王五", "--reason", "办案")
    code, out, _ = call(capsys, "register", "add", "archive/clip.mp4", *ENTER, *approval, "--frames", "2-5")
    assert (code, "approved: 李四, copy, clip.mp4 frames 2-5; approver 王五; reason: 办案" in out) == (0, True)
    code, _, err = call(capsys, "register", "use", "archive/clip.mp4", *ENTER)
    assert (code, "No approval in the access register allows this" in err) == (3, True)
    code, _, err = call(capsys, "register", "use", "archive/other.mp4", *ENTER, "--frames", "2-5")
    assert (code, "No approval" in err) == (3, True)
    made = ("--result", "archive/other.mp4", "--reason", "移送")
    code, out, _ = call(capsys, "register", "use", "archive/clip.mp4", *ENTER, "--frames", "3-3", *made)
    assert (code, "reason: 移送; on approval" in out, "other.mp4" in out) == (0, True, True)
    code, out, _ = call(capsys, "register", "list", "--register", "r", "--format", "json")
    content = json.loads(out)
    assert (code, content["schema"]) == (0, "unbroken.register-list/1")
    assert [e["kind"] for e in content["entries"]] == ["approval", "use"]
    assert content["entries"][1]["approval"] == content["entries"][0]["hash"]
    assert content["entries"][1]["what"]["frames"] == [3, 3]


def test_a_seal_stands_for_its_recording(here, capsys):
    call(capsys, "seal", "archive/clip.mp4")
    enter = ("--register", "r", "--as", "李四", "--action", "view")
    call(capsys, "register", "add", "archive/clip.mp4.unbroken.json", *enter, "--approver", "王五", "--reason", "x")
    assert call(capsys, "register", "use", "archive/clip.mp4", *enter)[0] == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--approver", "李四", "--reason", "x"), "Nobody approves for themselves"),
        (("--approver", "", "--reason", "x"), "A field is empty"),
        (("--approver", "王五", "--reason", "x", "--frames", "9-2"), "The part is not clear"),
        (("--approver", "王五", "--reason", "x", "--frames", "one"), "The part is not clear"),
        (("--approver", "王五", "--reason", "x", "--from", "3"), "The part is not clear"),
        (("--approver", "王五", "--reason", "x", "--from", "3", "--to", "1"), "The part is not clear"),
    ],
)
def test_what_is_not_entered(here, capsys, options, said):
    code, _, err = call(capsys, "register", "add", "archive/clip.mp4", *ENTER, *options)
    assert (code, said in err) == (3, True), err
    assert not (here / "r").exists() or (here / "r").read_bytes() == b""


def test_a_register_that_was_changed(here, capsys):
    for _ in range(3):
        call(capsys, "register", "add", "archive/clip.mp4", *ENTER, "--approver", "王五", "--reason", "办案")
    code, out, _ = call(capsys, "register", "head", "--register", "r")
    kept = out.strip()
    assert call(capsys, "register", "verify", "--register", "r", "--head", kept)[0] == 0
    whole = (here / "r").read_bytes()
    lines = whole.splitlines(keepends=True)
    (here / "r").write_bytes(b"".join(lines[:2]))
    code, out, _ = call(capsys, "register", "verify", "--register", "r", "--head", kept)
    assert (code, "line 3 is missing" in out) == (1, True)
    (here / "r").write_bytes(lines[0] + lines[2])
    code, out, _ = call(capsys, "register", "verify", "--register", "r", "--lang", "zh")
    assert (code, "第 2 行之前有行被删除" in out) == (1, True)
    code, _, err = call(capsys, "register", "use", "archive/clip.mp4", *ENTER)
    assert (code, "was changed at this line" in err) == (1, True)
    (here / "r").write_bytes(whole[:-7])
    code, _, err = call(capsys, "register", "use", "archive/clip.mp4", *ENTER)
    assert (code, "register recover" in err) == (3, True)
    code, out, _ = call(capsys, "register", "recover", "--register", "r", "--as", "王五")
    assert (code, "was not written to its end" in out) == (0, True)
    assert call(capsys, "register", "verify", "--register", "r")[0] == 0


def test_no_register(here, capsys):
    for command in ("list", "verify", "head"):
        code, _, err = call(capsys, "register", command, "--register", "none")
        assert (code, "There is no access register" in err) == (3, True)


# ---- help and pages ----------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["log", "register"])
def test_help_in_both_languages(here, command):
    import importlib

    parts = importlib.import_module(f"engine.cli.{command}").COMMANDS
    for language in ("en", "zh"):
        code = (
            "import sys; from engine.cli.main import run\n"
            "for part in sys.argv[2:]: run([sys.argv[1], *([part] if part != '-' else []), '--help'])"
        )
        environment = {**os.environ, "UNBROKEN_LANG": language, "PYTHONPATH": str(ROOT)}
        line = [sys.executable, "-c", code, command, "-", *parts]
        out = subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stdout
        assert out.count("Usage: ") == len(parts) + 1
        assert (re.search("[\u4e00-\u9fff]", out) is not None) == (language == "zh")


def run_page(page: str, here: Path) -> tuple[int, int]:
    """Run every command of a page in its order; what it prints has to be what stands below it."""
    blocks = re.findall(r"```(sh|text)\n(.*?)```", (ROOT / "docs" / page).read_text(), re.S)
    (here / "bin").mkdir()
    program = here / "bin" / "unbroken"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m engine.cli.main "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{here / 'bin'}:{os.environ['PATH']}"}
    said, ran, compared = "", 0, 0
    for kind, block in blocks:
        if kind == "text":
            pattern = re.escape(block).replace("…", ".+")
            assert re.fullmatch(pattern, said), (block, said)
            compared += 1
            continue
        for command in block.strip().splitlines():
            done = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
            said, ran = done.stdout, ran + 1
    return ran, compared


def test_the_page_on_the_log(here):
    (here / "archive").rename(here / "recordings")
    assert run_page("log.md", here) == (16, 9)


def test_the_page_on_the_register(here):
    shutil.copy(here / "archive/clip.mp4", here)
    assert run_page("register.md", here) == (6, 3)

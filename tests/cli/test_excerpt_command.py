"""unbroken excerpt on the command line: exit codes, JSON, both languages, and the page on excerpts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.cli.main import run

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def ten_seconds(tmp_path_factory) -> Path:
    """250 pictures with B-frames, a key picture each 30, and sound."""
    path = tmp_path_factory.mktemp("excerpts") / "clip.mp4"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.options = {"g": "30", "bf": "2", "sc_threshold": "0"}
        audio = out.add_stream("aac", rate=16000, layout="mono")
        noise = np.random.default_rng(1)
        for number in range(250):
            pixels = np.random.default_rng(number).integers(0, 256, (48, 64, 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(video.encode(frame))
        for number in range(155):
            samples = noise.normal(0, 0.1, (1, 1024)).astype(np.float32)
            sound = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            sound.sample_rate, sound.pts, sound.time_base = 16000, number * 1024, Fraction(1, 16000)
            out.mux(audio.encode(sound))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    return path


@pytest.fixture
def here(ten_seconds, tmp_path, monkeypatch) -> Path:
    """A folder with the recording, where the commands run."""
    shutil.copy(ten_seconds, tmp_path / "clip.mp4")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNBROKEN_LANG", "en")
    return tmp_path


def call(capsys, *arguments) -> tuple[int, str, str]:
    code = run([str(a) for a in arguments])
    out = capsys.readouterr()
    assert "Traceback" not in out.out + out.err
    return code, out.out, out.err


APPROVE = ["register", "add", "clip.mp4", "--action", "excerpt", "--as", "A", "--approver", "B", "--reason", "x"]
CUT = ["excerpt", "clip.mp4", "--from", "4", "--to", "6", "--as", "A", "--reason", "x", "--register", "r"]


def approve(capsys) -> None:
    assert call(capsys, "seal", "clip.mp4")[0] == 0
    assert call(capsys, *APPROVE, "--register", "r")[0] == 0


def test_json(capsys, here):
    approve(capsys)
    code, out, _ = call(capsys, *CUT, "--format", "json")
    made = json.loads(out)
    assert (code, made["schema"], made["status"]) == (0, "unbroken.excerpt-made/1", "made")
    assert (made["asked"], made["shown"]["frames"]) == ([100, 149], [[90, 149]])
    assert made["clip"] == "clip.4s-6s.mp4"
    code, out, _ = call(capsys, "verify", made["clip"], "--format", "json")
    (entry,) = json.loads(out)["files"]
    assert set(entry) == {"path", "status", "reason", "signature", "frames", "other"}
    assert (code, entry["status"], entry["reason"]) == (0, "OK_WITH_MISSING_INFO", "excerpt")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 0, "frames 90–149 of 250"),
        (["--as", "C"], 3, "register add"),
        (["--register", "none"], 3, "none"),
        (["--from", "soon"], 2, "soon"),
        (["--from", "7"], 2, "ends before"),
        (["--from", "20", "--to", "30"], 3, "Nothing"),
        (["--output", "cut.doc"], 2, ".mkv"),
        (["--output", "clip.mp4"], 2, "already"),
        (["--output", "cut.wav"], 3, "--output"),
        (["--withhold", "x"], 2, "12,20-25"),
        (["--withhold", "3"], 3, "withheld"),
        (["--proof", "gone.unbroken.json"], 3, "no seal"),
    ],
)
def test_exit_codes(capsys, here, words, code, said):
    approve(capsys)
    found, out, err = call(capsys, *CUT, *words)
    assert (found, said in out + err) == (code, True), out + err
    assert code == 0 or len(list(here.glob("c*.mp4"))) == 1


def test_exit_code_of_an_altered_recording(capsys, here):
    approve(capsys)
    data = bytearray(Path("clip.mp4").read_bytes())
    data[data.find(b"mdat") + 900] ^= 1
    Path("clip.mp4").write_bytes(data)
    code, out, _ = call(capsys, *CUT)
    assert (code, "NOT OK" in out, "altered" in out) == (1, True, True)


def test_chinese(capsys, here):
    approve(capsys)
    code, out, _ = call(capsys, *CUT, "--lang", "zh", "--output", "cut.mp4", "--withhold", "120")
    assert (code, "已节选第 90–149 帧" in out, "第 120 帧不予出示" in out) == (0, True, True)
    code, out, _ = call(capsys, "verify", "cut.mp4", "--lang", "zh")
    assert "共 250 帧，其中第 90–149 帧（其中第 120 帧不予出示）未经改动；其余部分未出示" in out
    code, out, _ = call(capsys, *CUT, "--lang", "zh", "--as", "C", "--output", "no.mp4")
    assert (code, "未予节选" in out) == (3, True)


def test_every_reason_has_words_in_both_languages():
    from engine.proofs.excerpt_words import TEXTS

    for english, chinese in TEXTS.values():
        assert not re.search("[\u4e00-\u9fff]", english)
        assert re.search("[\u4e00-\u9fff]", chinese)


def test_a_folder_is_not_searched_for_proofs(capsys, here):
    approve(capsys)
    call(capsys, *CUT)
    code, out, _ = call(capsys, "verify", ".", "--format", "json")
    assert [Path(f["path"]).name for f in json.loads(out)["files"]] == ["clip.4s-6s.mp4", "clip.mp4"]
    assert code == 0


def test_help_in_both_languages(here):
    texts = []
    for language in ("en", "zh"):
        environment = {**os.environ, "UNBROKEN_LANG": language, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "engine.cli.main", "excerpt", "--help"]
        texts.append(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert not re.search("[\u4e00-\u9fff]", texts[0])
    assert re.search("[\u4e00-\u9fff]", texts[1])


def test_the_page_on_excerpts(here):
    """Every command of docs/excerpts.md in its order; it prints what stands below it."""
    page = (ROOT / "docs" / "excerpts.md").read_text()
    blocks = re.findall(r"```(sh|text)\n(.*?)```", page, re.S)
    bin_ = here / "bin"
    bin_.mkdir()
    for name, script in (
        ("unbroken", f'exec "{sys.executable}" -m engine.cli.main "$@"'),
        ("python", f'exec "{sys.executable}" "$@"'),
    ):
        (bin_ / name).write_text(f"#!/bin/sh\n{script}\n")
        (bin_ / name).chmod(0o755)
    shutil.copytree(ROOT / "tools", here / "tools")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{bin_}:{os.environ['PATH']}"}
    said, run_, compared = "", 0, 0
    for kind, block in blocks:
        if kind == "text":
            assert all(line in said.splitlines() for line in block.splitlines()), (block, said)
            compared += 1
            continue
        for command in block.strip().splitlines():
            done = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
            said, run_ = done.stdout, run_ + 1
    assert (run_, compared) == (12, 6)

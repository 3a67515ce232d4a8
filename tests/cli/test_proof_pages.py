"""The pages on proofs, command by command: what each prints stands below it."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from made_clips import scenes, tone, write_clip
from timestamping import Authority, serving

from engine.cli.main import COMMANDS, run

ROOT = Path(__file__).parents[2]
REFUSED = {"picture-altered": 1, "signature-header-edited": 1, "not-sealed": 3}
"""Folders of examples whose check has to end with that."""


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A folder with the tools and a program `unbroken`, where the commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNBROKEN_LANG", "en")
    monkeypatch.setenv("UNBROKEN_KEY_PASSPHRASE", "correct horse")
    (tmp_path / "bin").mkdir()
    programs = {"unbroken": "-m engine.cli.main", "python": ""}
    if shutil.which("b3sum") is None:  # what is told of it is told of the program; its answers are these
        (tmp_path / "b3sum.py").write_text(B3SUM)
        programs["b3sum"] = str(tmp_path / "b3sum.py")
    for name, what in programs.items():
        program = tmp_path / "bin" / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {what} "$@"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    for folder in ("tools", "vectors"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


B3SUM = """
import sys
from blake3 import blake3
context = sys.argv[sys.argv.index('--derive-key') + 1] if '--derive-key' in sys.argv else None
name = None if '--no-names' in sys.argv else sys.argv[-1]
data = sys.stdin.buffer.read() if name is None else open(name, 'rb').read()
print(blake3(data, derive_key_context=context).hexdigest() + ('' if name is None else '  ' + name))
"""


def follow(page: Path, replaced: dict[str, str]) -> tuple[list[str], int]:
    """Run what stands on a page in its order; commands that ran, and how many answers were compared."""
    said, ran, compared = "", [], 0
    for kind, block in re.findall(r"```(sh|python|text)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        if kind == "text":
            assert re.fullmatch(re.escape(block).replace("…", ".+"), said), (block, said)
            compared += 1
            continue
        for command in [block] if kind == "python" else block.strip().splitlines():
            line = command
            for old, new in replaced.items():
                line = line.replace(old, new)
            words = ["python3", "-c", line] if kind == "python" else ["sh", "-c", line]
            done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
            wanted = next((code for name, code in REFUSED.items() if f"v/{name}/" in line), 0)
            assert done.returncode == wanted, (line, done.stdout, done.stderr)
            said = done.stdout
            ran.append(command.split()[0] if kind == "sh" else "script")
    return ran, compared


def test_the_page_for_lawyers(here):
    authority = Authority(here / "authority")
    shutil.copy(authority.authority, "tsa-ca.pem")
    with serving(lambda body: (200, "application/timestamp-reply", authority.reply(body))) as url:
        ran, compared = follow(ROOT / "docs" / "proofs-for-lawyers.md", {"http://tsa.example/": url})
    assert (len(ran), compared) == (27, 19)
    header = json.loads(Path("header.json").read_text())
    leaves = Path("v/signed/clip.mov.unbroken.parquet").read_bytes()
    assert (
        subprocess.run(["sha256sum"], input=leaves, capture_output=True, check=True).stdout.split()[0].decode()
        == (header["leaves"]["sha256"])
    )


def test_both_languages_tell_the_same_sections():
    chinese, english = (ROOT / "docs" / "proofs-for-lawyers.md").read_text(encoding="utf-8").split("\n---\n")
    numbers = "一二三四五六七八"
    assert re.findall(r"^## (.)、", chinese, re.M) == list(numbers)
    assert re.findall(r"^## (\d)\.", english, re.M) == [str(n + 1) for n in range(len(numbers))]
    assert not re.search("[\u4e00-\u9fff]", english.replace("准备", ""))
    steps = re.findall(r"^### 第 (\d) 步", chinese, re.M)
    assert re.findall(r"^\| (\d) \|", english, re.M) == steps
    for status in ("OK", "OK_WITH_MISSING_INFO", "NOT_OK", "NOT_SEALED"):
        assert f"| `{status}`" in chinese
        assert f"| `{status}`" in english
    named = [sorted(set(re.findall(r"\]\(([a-z-]+\.md)", half))) for half in (chinese, english)]
    assert set(named[1]) <= set(named[0])
    assert all((ROOT / "docs" / name).is_file() for name in named[0])


def test_the_worked_example(here):
    for name in ("recordings", "keys"):
        (here / name).mkdir()
    options = {"g": "30", "bf": "2", "sc_threshold": "0"}
    write_clip(here / "recordings" / "clip.mp4", scenes(250, 64, 48), options=options, sound=tone(10))
    ran, compared = follow(ROOT / "docs" / "worked-example.md", {})
    assert (len(ran), compared) == (17, 8)


def test_the_page_on_vectors(here):
    ran, compared = follow(ROOT / "vectors" / "README.md", {})
    assert (len(ran), compared) == (2, 2)


def test_what_the_readme_names_is_there(capsys, monkeypatch):
    """Every link leads to a file, and every command of the README exists with the options that are shown."""
    monkeypatch.setenv("COLUMNS", "200")
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)]+)\)", page) if "://" not in link]
    assert all((ROOT / link).exists() for link in links)
    commands = [line.split("#")[0] for line in page.splitlines() if line.startswith("unbroken ")]
    assert {c.split()[1] for c in commands} == set(COMMANDS)
    for command in commands:
        _, name, *words = command.split()
        table = getattr(importlib.import_module(COMMANDS[name][0]), "COMMANDS", {})
        part = [words[0]] if words and words[0] in table else []
        assert run([name, *part, "--help"]) == 0
        told = capsys.readouterr().out
        assert all(f"{option} " in told for option in re.findall(r"--[a-z-]+", command)), command

"""Several programs append to one log, or enter in one register, at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from engine.proofs.log.log import Log
from engine.proofs.log.tiles import TileReader
from engine.proofs.register import read

sys.path.insert(0, str(Path(__file__).parent))
from appending_work import create

ROOT = Path(__file__).parents[2]
PROGRAMS, EACH = 3, 12


def together(work: str, place: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    script = str(Path(__file__).parent / "appending_work.py")
    commands = [[sys.executable, script, work, str(place), f"program-{n}", str(EACH)] for n in range(PROGRAMS)]
    running = [subprocess.Popen(c, env=environment, stderr=subprocess.PIPE, text=True) for c in commands]
    for process in running:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err


def test_a_log(tmp_path):
    folder = tmp_path / "log"
    create(str(folder))
    together("append_one_by_one", folder)
    size = Log.open(folder).check().checkpoint.size
    entries = TileReader(folder, size).entries(0)
    expected = [[f"program-{p} {n}".encode() for n in range(EACH)] for p in range(PROGRAMS)]
    assert size == PROGRAMS * EACH
    for mine in expected:
        assert [e for e in entries if e in mine] == mine


def test_a_register(tmp_path):
    register = tmp_path / "register.jsonl"
    together("enter_one_by_one", register)
    assert [e.sequence for e in read(register)] == list(range(1, PROGRAMS * EACH + 1))

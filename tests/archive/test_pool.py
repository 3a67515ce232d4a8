"""A batch goes on whatever happens to one of its workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.archive.pool import Standing, Tick, plan, run, run_here

TROUBLE = """
import os, signal, sys, time
from engine.archive.pool import run

def task(path, tick):
    tick(1.0, 2.0)
    if path.startswith("die"):
        os.kill(os.getpid(), signal.SIGKILL)
    if path.startswith("raise"):
        raise ValueError("no good")
    if path.startswith("hang"):
        time.sleep(60)
    return path, "fine", ""
"""
"""Tasks are imported by name in the workers, so they stand in a module of their own."""


@pytest.fixture
def trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    (tmp_path / "trouble_tasks.py").write_text(TROUBLE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    import importlib

    return importlib.import_module("trouble_tasks").task


def lost(path: str, reason: str, detail: str) -> tuple[str, str, str]:
    return path, reason, detail


def test_one_bad_file_harms_no_other(trouble: object) -> None:
    paths = ["a", "die", "b", "raise", "c", "hang", "d"]
    seen: list[Standing] = []
    batch = run(trouble, paths, lost, jobs=2, watch=seen.append, patience_s=2.0)  # type: ignore[arg-type]
    assert not batch.interrupted
    assert [r[0] for r in batch.results] == paths
    assert [r[1] for r in batch.results] == ["fine", "worker_died", "fine", "internal", "fine", "no_progress", "fine"]
    assert "ValueError: no good" in batch.results[3][2]
    assert (seen[-1].files_done, seen[-1].share) == (len(paths), pytest.approx(1.0))
    shares = [s.share for s in seen]
    assert all(0 <= s <= 1 for s in shares)


def test_no_files() -> None:
    assert run(never, [], lost, jobs=1).results == ()


def never(path: str, tick: Tick) -> tuple[str, str, str]:
    raise AssertionError


def test_plan_fills_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.archive.pool.processors", lambda: 8)
    assert plan(1, None) == (1, 8)
    assert plan(100, None) == (8, 1)
    assert plan(100, 3) == (3, 2)
    assert plan(2, 16) == (2, 4)
    assert plan(100, 16) == (16, 1)


INTERRUPTED = """
import sys
from trouble_tasks import task
from engine.archive.pool import run
def lost(p, r, d): return p, r, d
def watch(standing):
    if standing.files_done >= 1 and standing.running:
        print("under way", flush=True)
b = run(task, ["a", "hang1", "hang2", "b"], lost, jobs=2, watch=watch)
print("end", b.interrupted, [r[0] for r in b.results], flush=True)
"""


def test_ctrl_c_leaves_what_was_done_and_no_worker(trouble: object, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    while "under way" not in process.stdout.readline():
        pass
    os.killpg(process.pid, signal.SIGINT)
    rest = process.stdout.read()
    assert process.wait(30) == 0
    assert "end True ['a']" in rest
    assert gone(process.pid)


def gone(group: int, within_s: float = 10.0) -> bool:
    """Whether no process of a group is left."""
    for _ in range(int(within_s / 0.1)):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_in_this_process_one_bad_file_harms_no_other() -> None:
    def task(path: str, tick: Tick) -> tuple[str, str, str]:
        tick(50.0, 100.0)
        if path == "raise":
            raise ValueError("no good")
        return path, "fine", str(os.getpid())

    seen: list[Standing] = []
    batch = run_here(task, ["a", "raise", "b"], lost, seen.append)
    assert [r[:2] for r in batch.results] == [("a", "fine"), ("raise", "internal"), ("b", "fine")]
    assert batch.results[0][2] == str(os.getpid())
    assert batch.results[1][2] == "ValueError: no good"
    shares = [s.share for s in seen]
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(1 / 6)
    assert (seen[-1].files_done, shares[-1], seen[-1].size) == (3, 1.0, 3)


def test_in_this_process_an_interruption_keeps_what_is_done() -> None:
    def task(path: str, tick: Tick) -> tuple[str, str, str]:
        if path == "b":
            raise KeyboardInterrupt
        return path, "fine", ""

    batch = run_here(task, ["a", "b", "c"], lost)
    assert batch.interrupted
    assert [r[0] for r in batch.results] == ["a"]

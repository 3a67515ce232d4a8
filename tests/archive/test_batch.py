"""The batch says what `inspect` says, in order, for any number of workers."""

from __future__ import annotations

from pathlib import Path

from engine.archive.batch import inspect_many
from engine.archive.inspect import inspect
from engine.findings import Verdict


def test_a_batch_is_its_files_in_order(clip: Path, bad: Path, tmp_path: Path) -> None:
    paths = [bad / "text.mp4", clip, tmp_path / "gone.mp4"]
    two = inspect_many(paths, jobs=2)
    assert two == tuple(inspect(p) for p in paths)
    assert two == inspect_many(paths, jobs=1)
    assert [r.verdict for r in two] == [Verdict.NOT_EXAMINABLE, Verdict.CLEAR, Verdict.NOT_EXAMINABLE]


def test_an_empty_batch() -> None:
    assert inspect_many([]) == ()

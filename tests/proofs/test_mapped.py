"""Large files are hashed through a map in a child that may die of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from blake3 import blake3

from engine.proofs import files, mapped
from engine.proofs.files import Meter, digest_blake3, file_state
from engine.proofs.problems import ProofProblem


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(files, "LEAST", 1 << 20)
    path = tmp_path / "a name with ü and\nnewline.mp4"
    path.write_bytes(os.urandom(3 << 20) + b"end")
    return path


def test_it_is_the_digest_of_the_file_and_all_bytes_are_counted(large: Path) -> None:
    meter = Meter()
    assert digest_blake3(large, file_state(large), meter) == blake3(large.read_bytes()).hexdigest()
    assert meter.done == large.stat().st_size


def test_pieces_join(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "_CHILD", mapped._CHILD.replace("64 << 20", "1 << 20"))
    pieces: list[int] = []
    assert mapped.mapped_blake3(large, pieces.append) == blake3(large.read_bytes()).hexdigest()
    assert pieces == [1 << 20] * 3 + [3]


@pytest.mark.parametrize("executable", ["", "/nowhere/python", "/bin/false"])
def test_without_a_child_the_file_is_read(large: Path, monkeypatch: pytest.MonkeyPatch, executable: str) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    meter = Meter()
    assert digest_blake3(large, file_state(large), meter) == blake3(large.read_bytes()).hexdigest()
    assert meter.done == large.stat().st_size


def test_a_file_that_shrinks_under_its_map_is_an_error_and_no_death(
    large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shrink = f"import os; os.truncate({str(large)!r}, 4096)\n        hasher.update(part)"
    monkeypatch.setattr(mapped, "_CHILD", mapped._CHILD.replace("hasher.update(part)", shrink))
    with pytest.raises(ProofProblem) as error:
        digest_blake3(large, file_state(large))
    assert error.value.reason == "changed_while_read"


def test_a_file_that_changes_meanwhile_is_an_error(large: Path) -> None:
    before = file_state(large)
    with large.open("r+b") as file:
        file.write(b"x")
    os.utime(large, ns=(0, before.modified + 1))
    with pytest.raises(ProofProblem) as error:
        digest_blake3(large, before)
    assert error.value.reason == "changed_while_read"

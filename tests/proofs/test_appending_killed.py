"""The log and the register, killed at every step and in the middle of every write."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from engine.proofs.log.log import Log
from engine.proofs.log.witness import read_state
from engine.proofs.problems import ProofProblem
from engine.proofs.register import recover, verify

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))
from appending_work import append, close, create, enter, keep_cosigned, use
from dying import Mortal


@pytest.fixture(autouse=True)
def no_syncing(monkeypatch):
    """Here, where nothing is killed; those that are killed sync."""
    monkeypatch.setattr("os.fsync", lambda _: None)


def restore(folder: Path, saved: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if saved.exists():
        shutil.copytree(saved, folder)


def mortal(function: str, *arguments: object) -> Mortal:
    return Mortal(Path(__file__).parent, "appending_work", function, *arguments)


def test_making_a_log(tmp_path):
    folder, seen = tmp_path / "log", set()
    with mortal("create", folder) as dying:
        for death in dying.deaths(lambda: restore(folder, tmp_path / "none"), 40):
            made = (folder / "checkpoint").exists()
            seen.add(made)
            if made:
                assert Log.open(folder).check().checkpoint.size == 0, death
            else:
                create(str(folder))
                assert Log.open(folder).check().checkpoint.size == 0, death
    assert seen == {False, True}


@pytest.mark.parametrize(("before", "count"), [(0, 1), (254, 3), (256, 1)])
def test_appending_to_a_log(tmp_path, before, count):
    """Where a tile becomes full, files of three levels are written and others removed."""
    folder, saved, seen = tmp_path / "log", tmp_path / "saved", set()
    create(str(saved))
    append(str(saved), str(before)) if before else None
    old = (saved / "checkpoint").read_bytes()
    with mortal("append", folder, count) as dying:
        for death in dying.deaths(lambda: restore(folder, saved), 4000):
            log = Log.open(folder)
            size = log.check().checkpoint.size
            assert size in (before, before + count), death
            assert ((folder / "checkpoint").read_bytes() == old) == (size == before), death
            seen.add((death[0], size))
            append(str(folder), "2")
            assert log.check().checkpoint.size == size + 2, death
    assert seen >= {("step", before), ("step", before + count), ("size", before)}


def test_cosigning_a_log(tmp_path):
    """The witness remembers first; the log keeps the cosigned checkpoint whole or not at all."""
    folder, saved, state = tmp_path / "log", tmp_path / "saved", tmp_path / "state.json"
    create(str(saved))
    append(str(saved), "3")
    seen = set()

    def reset():
        restore(folder, saved)
        state.unlink(missing_ok=True)

    with mortal("keep_cosigned", folder, state) as dying:
        for death in dying.deaths(reset, 60):
            log = Log.open(folder)
            assert log.check().checkpoint.size == 3, death
            remembered = read_state(state)
            cosigned = log.cosigned()
            assert cosigned is None or remembered, death
            assert len(log.checkpoint().note.signatures) == 1 or cosigned is not None, death
            seen.add((bool(remembered), cosigned is not None, len(log.checkpoint().note.signatures)))
            keep_cosigned(str(folder), str(state))
            assert len(log.checkpoint().note.signatures) == 2, death
    assert seen == {(False, False, 1), (True, False, 1), (True, True, 1), (True, True, 2)}


@pytest.mark.parametrize("entries", [0, 1, 2])
def test_entering_in_the_register(tmp_path, entries):
    register, seen = tmp_path / "register.jsonl", set()
    for _ in range(entries):
        enter(str(register))
    old = register.read_bytes() if entries else None
    work = "use" if entries == 2 else "enter"

    def reset():
        register.unlink(missing_ok=True)
        if old is not None:
            register.write_bytes(old)

    with mortal(work, register) as dying:
        for death in dying.deaths(reset, 50):
            if not register.exists():
                seen.add("none")
                continue
            chain = verify(register)
            assert register.read_bytes().startswith(old or b"")
            if chain.broken is None:
                assert len(chain.entries) in (entries, entries + 1), death
                seen.add(len(chain.entries) - entries)
            else:
                assert (chain.broken.change, len(chain.entries)) == ("torn", entries), death
                seen.add("torn")
                with pytest.raises(ProofProblem, match="register_torn"):
                    enter(str(register))
                recover(register, "王五")
                assert verify(register).broken is None, death
            enter(str(register))
            assert verify(register).broken is None, death
    assert seen >= {0, 1, "torn"}


def test_closing_a_torn_line(tmp_path):
    register, seen = tmp_path / "register.jsonl", set()
    enter(str(register))
    torn = register.read_bytes() * 2
    torn = torn[:-9]
    with mortal("close", register) as dying:
        for death in dying.deaths(lambda: register.write_bytes(torn), 100):
            chain = verify(register)
            assert register.read_bytes().startswith(torn), death
            if chain.broken is None:
                assert len(chain.entries) == 2, death
            else:
                assert register.read_bytes() == torn, death
                close(str(register))
            seen.add(chain.broken is None)
            use(str(register))
            assert verify(register).broken is None, death
    assert seen == {False, True}

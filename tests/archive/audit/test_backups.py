"""A backup is there, equal, and on something else than the recording; or not."""

from __future__ import annotations

import concurrent.futures
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from engine.archive.audit import proofs
from engine.archive.audit.backups import Wanted, backup_facts, compare_all
from engine.archive.audit.proofs import check_proof, has_proof
from engine.proofs.files import proof_paths
from engine.proofs.seal import seal
from engine.proofs.verify import VerifyResult, verify
from engine.rules.cases.record import BackupFacts
from fixtures.camera import Camera, record


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = record(Camera(seed=5, width=160, height=96, seconds=1, gop=25), tmp_path_factory.mktemp("s") / "a.mp4")
    seal(path)
    return path


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"not sealed" * 100)
    return path


def digest(path: Path) -> str:
    return blake3(path.read_bytes()).hexdigest()


def facts(declared: str | None, recording: Path, sealed: bool = False) -> BackupFacts:
    proof = check_proof(str(recording), lambda _a, _b: None)[0] if sealed else None
    return backup_facts(declared, str(recording.parent), str(recording), digest(recording), proof)


def test_none_and_missing(plain: Path) -> None:
    assert facts(None, plain).state == "none_declared"
    assert facts("nowhere.mp4", plain).state == "missing"
    assert facts("a.mp4/b.mp4", plain).state == "missing"
    assert facts(".", plain).state == "unreadable"


def test_equal_and_different_without_a_proof(plain: Path) -> None:
    shutil.copyfile(plain, plain.with_name("b.mp4"))
    assert facts("b.mp4", plain) == BackupFacts("equal", ("same_volume",))
    plain.with_name("b.mp4").write_bytes(plain.read_bytes()[:-1] + b"X")
    assert facts("b.mp4", plain).state == "differs"


def test_a_link_protects_little(plain: Path) -> None:
    plain.with_name("soft.mp4").symlink_to(plain)
    os.link(plain, plain.with_name("hard.mp4"))
    assert facts("soft.mp4", plain) == BackupFacts("equal", ("link", "same_inode"))
    assert facts("hard.mp4", plain) == BackupFacts("equal", ("same_inode",))
    assert facts("a.mp4", plain) == BackupFacts("equal", ("same_inode",))


def test_with_a_proof_the_backup_must_fit_the_proof(sealed: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.mp4", tmp_path / "bad.mp4"
    data = bytearray(sealed.read_bytes())
    good.write_bytes(data)
    data[len(data) // 2] ^= 1
    bad.write_bytes(data)
    assert facts(str(good), sealed, sealed=True).state == "equal"
    assert facts(str(bad), sealed, sealed=True).state == "differs"


def test_a_good_backup_of_a_recording_that_was_changed_afterwards(sealed: Path, tmp_path: Path) -> None:
    here = tmp_path / "a.mp4"
    for suffix in ("", ".unbroken.json", ".unbroken.parquet"):
        shutil.copyfile(f"{sealed}{suffix}", f"{here}{suffix}")
    data = bytearray(sealed.read_bytes())
    data[len(data) // 2] ^= 1
    here.write_bytes(data)
    shutil.copyfile(here, tmp_path / "bad.mp4")
    assert facts(str(sealed), here, sealed=True).state == "equal"
    assert facts("bad.mp4", here, sealed=True).state == "differs", "equal digests do not make a changed pair right"


def test_a_true_copy_of_a_recording_whose_container_was_changed(sealed: Path, tmp_path: Path) -> None:
    changed = tmp_path / "a.mp4"
    changed.write_bytes(sealed.read_bytes() + b"\0\0\0\x10free\0\0\0\0\0\0\0\0")
    for path in proof_paths(str(sealed)):
        shutil.copyfile(path, tmp_path / Path(path).name)
    shutil.copyfile(changed, tmp_path / "copy.mp4")
    (tmp_path / "other.mp4").write_bytes(changed.read_bytes() + b"\0\0\0\x08free")
    proof = check_proof(str(changed), lambda _a, _b: None)[0]
    assert proof is not None
    assert proof.status == "OK_WITH_MISSING_INFO"
    assert facts("copy.mp4", changed, sealed=True).state == "equal"
    assert facts("other.mp4", changed, sealed=True).state == "differs"


def test_verification_says_the_digest_only_where_it_is_that_of_the_seal(sealed: Path, tmp_path: Path) -> None:
    proof, known = check_proof(str(sealed), lambda _a, _b: None)
    assert proof is not None
    assert (proof.status, known) == ("OK", digest(sealed))
    assert proof.sealed_at is not None
    assert not proof.anchored
    changed = tmp_path / "a.mp4"
    shutil.copyfile(f"{sealed}.unbroken.json", f"{changed}.unbroken.json")
    changed.write_bytes(sealed.read_bytes() + b"x")
    proof, known = check_proof(str(changed), lambda _a, _b: None)
    assert proof is not None
    assert (proof.status, known) == ("NOT_OK", None)
    assert has_proof(str(changed))


@pytest.mark.parametrize(("note", "anchored"), [("cosigned", True), ("logged", False), ("log_untrusted", False)])
def test_a_witness_s_cosignature_anchors_a_proof_outside_the_archive(
    sealed: Path, monkeypatch: pytest.MonkeyPatch, note: str, anchored: bool
) -> None:
    def noted(path: str, **more: Any) -> VerifyResult:
        return replace(verify(path, **more), other=({"subject": "proof", "change": note},))

    monkeypatch.setattr(proofs, "verify", noted)
    proof, _ = check_proof(str(sealed), lambda _a, _b: None)
    assert proof is not None
    assert proof.anchored is anchored


def test_a_recording_that_cannot_be_read_says_nothing_of_its_proof(sealed: Path, tmp_path: Path) -> None:
    there = tmp_path / "a.mp4"
    shutil.copyfile(f"{sealed}.unbroken.json", f"{there}.unbroken.json")
    assert check_proof(str(there), lambda _a, _b: None) == (None, None)
    there.mkdir()
    assert check_proof(str(there), lambda _a, _b: None) == (None, None)


def test_no_proof(plain: Path) -> None:
    proof, known = check_proof(str(plain), lambda _a, _b: None)
    assert proof is not None
    assert (proof.status, known, has_proof(str(plain))) == ("NOT_SEALED", None, False)


def test_many_are_compared_and_those_done_survive_an_interruption(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = []
    for number in range(6):
        copy = shutil.copyfile(plain, plain.with_name(f"{number}.mp4"))
        wanted.append(Wanted(("case", str(number)), copy.name, str(plain.parent), str(plain), digest(plain), None))
    told: list[int] = []
    done, interrupted = compare_all(wanted, 2, lambda s: told.append(s.files_done))
    assert (len(done), interrupted, told) == (6, False, [1, 2, 3, 4, 5, 6])
    assert {b.state for b in done.values()} == {"equal"}

    def twice(futures: Iterable[Any]) -> Iterator[Any]:
        for number, future in enumerate(concurrent.futures.as_completed(futures)):
            if number == 2:
                raise KeyboardInterrupt
            yield future

    monkeypatch.setattr("engine.archive.audit.backups.as_completed", twice)
    done, interrupted = compare_all(wanted, 2, None)
    assert (len(done), interrupted) == (2, True)

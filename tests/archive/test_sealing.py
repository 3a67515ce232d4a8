"""Examining and sealing in one pass."""

from __future__ import annotations

import base64
import errno
import json
import shutil
from pathlib import Path

import pytest
from blake3 import blake3

import engine.proofs.files
from engine.archive.inspect import inspect
from engine.archive.sealing import Sealing, inspect_and_seal
from engine.findings import FileReport, Kind, Level, Severity, Verdict
from engine.proofs.files import proof_paths
from engine.proofs.seal import seal
from engine.proofs.verify import verify


def words(report: FileReport) -> bytes:
    """Stands for the report's canonical entry."""
    return repr((report.blake3, report.verdict, report.findings)).encode()


@pytest.fixture
def copy(clip: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(clip, tmp_path / "copy.mp4"))


def header_of(path: Path) -> dict[str, object]:
    envelope = json.loads(proof_paths(path)[0].read_text())
    header: dict[str, object] = json.loads(base64.b64decode(envelope["payload"]))
    return header


def test_the_proof_binds_the_report_and_verifies(copy: Path) -> None:
    report = inspect_and_seal(str(copy), Sealing(words)).report
    assert report.verdict is Verdict.CLEAR
    assert report.proof is not None
    assert report.proof["status"] == "sealed"
    assert header_of(copy)["report"] == blake3(words(inspect(copy))).hexdigest()
    assert verify(copy).status == "OK"


def test_the_tree_is_that_of_sealing_alone(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    alone = seal(copy, tmp_path / "alone")
    report = inspect_and_seal(str(copy), Sealing(words)).report
    assert report.proof is not None
    assert report.proof["root"] == alone.root


def test_a_second_time_it_is_already_sealed(copy: Path) -> None:
    inspect_and_seal(str(copy), Sealing(words))
    before = proof_paths(copy)[0].read_bytes()
    report = inspect_and_seal(str(copy), Sealing(words)).report
    assert report.proof is not None
    assert report.proof["status"] == "already_sealed"
    assert proof_paths(copy)[0].read_bytes() == before


def test_a_file_that_does_not_fit_its_proof_is_a_violation(copy: Path) -> None:
    inspect_and_seal(str(copy), Sealing(words))
    before = proof_paths(copy)[0].read_bytes()
    data = bytearray(copy.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(data)
    report = inspect_and_seal(str(copy), Sealing(words)).report
    mismatch = report.findings[0]
    assert report.verdict is Verdict.VIOLATION
    assert (mismatch.kind, mismatch.severity, mismatch.level) == (Kind.TAMPERED, Severity.VIOLATION, Level.E4)
    assert proof_paths(copy)[0].read_bytes() == before


def test_no_room_for_the_proof(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **more: object) -> object:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(engine.proofs.files.tempfile, "mkstemp", full)
    report = inspect_and_seal(str(copy), Sealing(words)).report
    assert report.verdict is Verdict.NOT_EXAMINABLE
    assert report.reason == "proof_not_written"
    assert "No space left" in (report.error or "")
    assert [p.name for p in copy.parent.iterdir()] == ["copy.mp4"]


def test_a_codec_without_leaves_is_examined_and_not_sealed(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.proofs.problems import ProofProblem
    from engine.proofs.seal import Sealer

    def refuse(self: Sealer, packet: object) -> None:
        raise ProofProblem("leaf_not_built", "interlaced pictures")

    monkeypatch.setattr(Sealer, "packet", refuse)
    report = inspect_and_seal(str(copy), Sealing(words)).report
    assert report.reason == "proof_not_written"
    assert report.error == "interlaced pictures"
    assert report.examined
    assert not proof_paths(copy)[0].exists()


def test_a_broken_file_gets_no_proof(bad: Path) -> None:
    report = inspect_and_seal(str(bad / "text.mp4"), Sealing(words)).report
    assert report.verdict is Verdict.NOT_EXAMINABLE
    assert report.proof is None
    assert not proof_paths(bad / "text.mp4")[0].exists()

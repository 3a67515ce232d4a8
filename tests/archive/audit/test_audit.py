"""An archive from its files to its report."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import engine
from engine.archive.audit import run as runner
from engine.archive.audit.result import ArchiveReport
from engine.archive.audit.run import AuditOptions, audit
from engine.archive.pool import Batch
from engine.findings import Severity, Verdict
from engine.proofs.seal import seal
from engine.rules.cases.result import CaseReport

AS_OF = datetime.fromisoformat("2026-04-01T12:00:00+08:00")


@pytest.fixture(scope="module")
def report(pristine: Path, cache: str) -> ArchiveReport:
    return audit(pristine, AuditOptions(as_of=AS_OF, jobs=2, cache=cache))


def case_of(report: ArchiveReport, identifier: str) -> CaseReport:
    return next(c for c in report.cases if c.id == identifier)


def kinds(case: CaseReport, least: Severity = Severity.SUSPICION) -> set[str]:
    return {str(f.kind) for f in case.findings if f.severity >= least}


def test_a_covered_case_is_covered(report: ArchiveReport) -> None:
    found = case_of(report, "1号")
    assert found.coverage is not None
    assert found.coverage.share == 1.0
    assert "uncovered" not in kinds(found)
    assert "missing_backup" not in kinds(found)
    assert [lane.basis for lane in found.lanes] == ["file_name", "file_name"]


def test_one_that_ends_too_early_is_not_and_says_by_how_much(report: ArchiveReport) -> None:
    found = case_of(report, "2号")
    assert found.verdict is Verdict.VIOLATION
    (uncovered,) = (f for f in found.findings if f.kind == "uncovered")
    assert uncovered.at == datetime.fromisoformat("2026-03-05T11:30:02+08:00")
    assert uncovered.until == datetime.fromisoformat("2026-03-05T11:33:20+08:00")


def test_a_file_that_lies_there_and_is_not_listed_is_found(report: ArchiveReport) -> None:
    found = case_of(report, "2号")
    (unlisted,) = (f for f in found.findings if f.kind == "unlisted")
    assert unlisted.file == "2026/2号/DSJ0457_20260305_143000_0006.mp4"
    assert "unlisted" not in kinds(case_of(report, "1号"), Severity.NOTICE)


def test_a_case_with_faults_is_not_judged_and_the_others_are(report: ArchiveReport) -> None:
    found = case_of(report, "3号")
    assert found.verdict is Verdict.NOT_EXAMINABLE
    assert found.reason == "declaration_faulty"
    assert found.paperwork["problems"][0]["field"]
    assert len(report.cases) == 3


def test_a_record_in_no_case_is_a_finding_of_its_own(report: ArchiveReport) -> None:
    (stray,) = (f for f in report.files if f.path == "DSJ0457_20260305_163000_0009.mp4")
    assert [f.kind for f in stray.findings if f.severity > Severity.NOTICE] == ["unlisted"]
    assert stray.verdict is Verdict.SUSPICION


def test_paths_are_those_in_the_archive(report: ArchiveReport) -> None:
    assert sorted(f.path for f in report.files)[:2] == [
        "2026/1号/DSJ0457_20260305_093000_0001.mp4",
        "2026/1号/DSJ0457_20260305_093002_0002.mp4",
    ]
    assert report.exit_facts() == (True, True)


def test_a_second_audit_decodes_nothing_and_says_the_same(
    pristine: Path, cache: str, report: ArchiveReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoded(*_args: object) -> None:
        raise AssertionError("a file was decoded")

    here(monkeypatch)
    monkeypatch.setattr("engine.archive.audit.worker._recording", decoded)
    assert audit(pristine, AuditOptions(as_of=AS_OF, cache=cache)) == report


def test_without_a_cache_the_same_is_found(pristine: Path, report: ArchiveReport) -> None:
    assert audit(pristine, AuditOptions(as_of=AS_OF)) == report


def test_the_library_offers_it() -> None:
    assert engine.audit is audit
    assert engine.ArchiveReport is ArchiveReport


# ---- archives that were changed -------------------------------------------------------------------


def here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Examine in this process; the paths that are asked for are collected."""
    asked: list[str] = []

    def run(task: Callable[..., Any], paths: list[str], *_rest: object) -> Batch[Any]:
        asked.extend(paths)
        return Batch(tuple(task(p, lambda _a, _b: None) for p in paths))

    monkeypatch.setattr(runner, "run", run)
    return asked


def audited(archive: Path, cache: str) -> ArchiveReport:
    return audit(archive, AuditOptions(as_of=AS_OF, cache=cache))


def test_a_listed_file_that_is_missing_or_a_link_out(
    archive: Path, cache: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here(monkeypatch)
    folder = archive / "2026" / "1号"
    first, second = sorted(folder.glob("*.mp4"))
    first.unlink()
    shutil.move(second, tmp_path / second.name)
    second.symlink_to(tmp_path / second.name)
    found = case_of(audited(archive, cache), "1号")
    assert found.verdict in (Verdict.VIOLATION, Verdict.NOT_EXAMINABLE)
    assert found.coverage is None or found.coverage.share == 0.0


def test_one_file_under_two_names_is_read_once(archive: Path, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = here(monkeypatch)
    folder = archive / "2026" / "1号"
    first = min(folder.glob("*.mp4"))
    os.link(first, archive / "2026" / "2号" / "DSJ0457_20260305_093000_0001.mp4")
    report = audited(archive, cache)
    assert len(asked) == len(report.files) - 1
    reused = [f for f in case_of(report, "1号").findings if f.kind == "reused_footage"]
    assert reused


def test_a_sealed_file_that_was_changed_is_tampered_with(
    archive: Path, cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here(monkeypatch)
    first, second = sorted((archive / "2026" / "1号").glob("*.mp4"))
    seal(first)
    seal(second)
    assert "tampered" not in kinds(case_of(audited(archive, cache), "1号"))
    data = bytearray(second.read_bytes())
    data[len(data) // 2] ^= 1
    second.write_bytes(data)
    report = audited(archive, cache)
    assert "tampered" in kinds(case_of(report, "1号"), Severity.VIOLATION)
    file = next(f for f in report.files if f.path.endswith("0002.mp4") and "1号" in f.path)
    assert file.verdict is Verdict.VIOLATION
    assert file.proof is not None
    assert file.proof["status"] == "NOT_OK"


def test_photos_and_names_that_are_no_text(archive: Path, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    here(monkeypatch)
    folder = archive / "2026" / "1号"
    Image.new("RGB", (64, 48), (200, 30, 30)).save(folder / "IMG_1.jpg")
    (folder / "IMG_2.jpg").write_bytes(b"no picture")
    with open(os.fsencode(folder) + b"/\xff.mp4", "wb") as file:
        file.write(b"")
    report = audited(archive, cache)
    verdicts = {os.fsencode(f.path): (f.verdict, f.reason) for f in report.files}
    assert verdicts[os.fsencode("2026/1号/IMG_1.jpg")] == (Verdict.CLEAR, "nothing_found")
    assert verdicts[os.fsencode("2026/1号/IMG_2.jpg")] == (Verdict.NOT_EXAMINABLE, "not_media")
    assert verdicts[os.fsencode("2026/1号/") + b"\xff.mp4"] == (Verdict.NOT_EXAMINABLE, "empty")
    assert any(f.kind == "unlisted" for f in case_of(report, "1号").findings)


def test_an_interrupted_audit_holds_whole_cases_only(
    archive: Path, cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(task: Callable[..., Any], paths: list[str], *_rest: object) -> Batch[Any]:
        return Batch(tuple(task(p, lambda _a, _b: None) for p in paths[:3]), interrupted=True)

    monkeypatch.setattr(runner, "run", stopped)
    report = audited(archive, cache)
    assert [c.id for c in report.cases] == ["1号", "3号"], "a case whose files were not all seen must not be judged"
    assert (report.interrupted, report.cases_left, report.left) == (True, 1, 2)


def test_a_fault_in_judging_one_case_harms_no_other(archive: Path, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.archive.audit import judging

    def judge(case: Any, *rest: Any) -> CaseReport:
        if case.id == "1号":
            raise ZeroDivisionError("x")
        return whole(case, *rest)

    here(monkeypatch)
    whole = judging.judge_case
    monkeypatch.setattr(judging, "judge_case", judge)
    report = audited(archive, cache)
    assert (case_of(report, "1号").verdict, case_of(report, "1号").reason) == (Verdict.NOT_EXAMINABLE, "internal")
    assert case_of(report, "2号").verdict is Verdict.VIOLATION


def test_a_declared_backup_inside_the_archive_is_no_unlisted_record(
    make: SimpleNamespace, tmp_path: Path, cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here(monkeypatch)
    root = make.declare(tmp_path / "a")
    folder = root / "1"
    folder.mkdir()
    (root / "backup").mkdir()
    name = make.clip(folder, make.day, 1).name
    shutil.copyfile(folder / name, root / "backup" / name)
    make.case(
        folder, "1", "2026-03-05T09:30:00+08:00", "2026-03-05T09:30:02+08:00",
        make.listing(name, f'backup = "../backup/{name}"\n'),
    )  # fmt: skip
    report = audited(root, cache)
    assert len(report.files) == 1
    assert "missing_backup" not in kinds(report.cases[0])


def test_numbers_are_counted_over_the_whole_archive(
    make: SimpleNamespace, tmp_path: Path, cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number that is missing in one case lies in another: nothing was left out."""
    here(monkeypatch)
    root = make.declare(tmp_path / "a")
    for folder, numbers in (("1", (1, 3)), ("2", (2,))):
        (root / folder).mkdir()
        names = [make.clip(root / folder, make.day + timedelta(seconds=2 * n), n).name for n in numbers]
        start, end = make.day + timedelta(seconds=2), make.day + timedelta(seconds=8)
        make.case(
            root / folder, folder, f"{start:%Y-%m-%dT%H:%M:%S}+08:00", f"{end:%Y-%m-%dT%H:%M:%S}+08:00",
            "".join(map(make.listing, names)),
        )  # fmt: skip
    assert "selective" not in kinds(case_of(audited(root, cache), "1"), Severity.NOTICE)
    shutil.rmtree(root / "2")
    assert "selective" in kinds(case_of(audited(root, cache), "1"), Severity.NOTICE)


def test_a_stray_file_among_those_of_one_spreadsheet_case_is_that_cases(
    make: SimpleNamespace, tmp_path: Path, cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here(monkeypatch)
    root = make.declare(tmp_path / "a")
    for folder in ("one", "shared"):
        (root / folder).mkdir()
    first, second, third = (
        make.clip(root / folder, make.day + timedelta(hours=n), n, 1.0).name
        for n, folder in enumerate(("one", "shared", "shared"))
    )
    for number, folder in ((7, "one"), (8, "shared")):
        make.clip(root / folder, make.day + timedelta(hours=number), number, 1.0)
    times = "2026-03-05T09:30:00+08:00,2026-03-05T09:31:00+08:00"
    (root / "cases.csv").write_text(
        f"id,activity,start,end\nA,行政检查,{times}\nB,行政检查,{times}\n", encoding="utf-8"
    )
    (root / "recordings.csv").write_text(
        f"case,path,device\nA,one/{first},DSJ0457\nA,shared/{second},DSJ0457\nB,shared/{third},DSJ0457\n",
        encoding="utf-8",
    )
    report = audited(root, cache)
    (unlisted,) = (f for f in case_of(report, "A").findings if f.kind == "unlisted")
    assert (unlisted.file or "").startswith("one/")
    (homeless,) = (f for f in report.files if any(x.kind == "unlisted" for x in f.findings))
    assert homeless.path.startswith("shared/")


def test_no_archive_and_no_pack(tmp_path: Path) -> None:
    assert audit(tmp_path / "none").exit_facts() == (False, True)
    (tmp_path / "archive.toml").write_text('schema = "unbroken.archive/1"\nrule_pack = "xx"\n')
    report = audit(tmp_path)
    assert report.pack is None
    assert any(p.grade == "error" for p in report.problems)

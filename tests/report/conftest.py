"""Hand-made reports: one of each verdict, with a hostile file name among them."""

from __future__ import annotations

import math
from datetime import date, datetime

import pytest

from engine.archive.audit.result import ArchiveReport
from engine.archive.manifests import ManifestProblem
from engine.findings import (
    Evidence,
    Examined,
    FileReport,
    Finding,
    Level,
    Opinion,
    Outcome,
    Severity,
    Source,
    Stretch,
    Verdict,
)
from engine.rules.cases.result import CaseReport, CheckResult, Coverage, Keeping, Lane
from engine.rules.pack import load

HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m\"'&.mp4"

INTACT = Opinion(Outcome.CLEAR, "nothing_found")
TRACES = Opinion(Outcome.FOUND, "traces_found")
UNCHECKED = Opinion(Outcome.NOT_EXAMINABLE, "not_checked")


def cut() -> Finding:
    return Finding(
        kind="deletion",
        severity=Severity.VIOLATION,
        level=Level.E2,
        stream="video",
        start_s=12.0,
        end_s=12.04,
        start_frame=300,
        end_frame=301,
        score=0.93456789,
        template="x_unknown_template",
        params={"ratio": 4.25, "missing": math.nan},
        evidence=(
            Evidence(Source.PICTURE, "lasting_ratio", 4.25, 2.0),
            Evidence(Source.SOUND, "step", math.inf, None),
        ),
        articles=("15",),
        id="0123456789abcdef",
        detector="splice",
        parts=(
            Finding(
                kind="audio_gap",
                severity=Severity.SUSPICION,
                level=Level.E1,
                stream="audio",
                start_s=12.01,
                end_s=12.05,
                template="x_unknown_template",
                detector="audio_gap",
                id="fedcba9876543210",
            ),
        ),
    )


def hint() -> Finding:
    return Finding(
        kind="freeze",
        severity=Severity.NOTICE,
        level=Level.E2,
        stream="video",
        start_s=3723.5,
        end_s=3724.5,
        start_frame=93087,
        end_frame=93111,
        template="x_unknown_template",
        detector="freeze",
        id="00000000deadbeef",
    )


QUESTIONS = (
    Examined("deletion", "picture", 47.7, (Stretch(0.0, 9.5, "no_motion"), Stretch(9.0, 12.3, "no_motion"))),
    Examined("gap", "timestamps", 60.0),
)


def report(path: str, verdict: Verdict, *findings: Finding) -> FileReport:
    found = verdict in (Verdict.VIOLATION, Verdict.SUSPICION)
    return FileReport(
        path=path,
        blake3="ab" * 32,
        size=7_500_000,
        media={"format": "mov,mp4", "duration_s": 60.0000004, "video": {"codec": "h264", "width": 1920}},
        verdict=verdict,
        reason="traces_found" if found else "nothing_found",
        integrity=TRACES if found else INTACT,
        originality=UNCHECKED,
        examined=QUESTIONS,
        findings=findings,
    )


def broken(path: str) -> FileReport:
    unknown = Opinion(Outcome.NOT_EXAMINABLE, "no_index")
    return FileReport(
        path=path,
        blake3=None,
        size=4096,
        media={},
        verdict=Verdict.NOT_EXAMINABLE,
        reason="no_index",
        integrity=unknown,
        originality=UNCHECKED,
        error="moov atom not found",
    )


@pytest.fixture
def reports() -> tuple[FileReport, ...]:
    """One of each verdict, not in order of weight."""
    return (
        report("clear.mp4", Verdict.CLEAR, hint()),
        report(HOSTILE, Verdict.VIOLATION, cut()),
        broken("cut-off.mp4"),
        report("巡逻 10.mp4", Verdict.CLEAR),
    )


# ---- cases ----------------------------------------------------------------------------------------

HOSTILE_CASE = "</text><script>alert(1)</script>\x1b[31m 杭人防检字〔2026〕2号"


def at(clock: str, day: int = 5) -> datetime:
    return datetime.fromisoformat(f"2026-03-{day:02d}T{clock}+08:00")


def uncovered() -> Finding:
    return Finding(
        kind="uncovered",
        severity=Severity.VIOLATION,
        level=Level.E1,
        stream="case",
        start_s=None,
        end_s=None,
        template="case_coverage_uncovered",
        detector="coverage",
        params={"seconds": 1200.0, "sound_s": 0.0, "start": "10:00:00", "end": "10:20:00", "side": "end"},
        evidence=(Evidence(Source.CONTAINER, "uncovered_s", 1200.0, 60.0),),
        articles=("13",),
        id="00000000000000aa",
        at=at("10:00:00"),
        until=at("10:20:00"),
    )


def no_backup(number: int) -> Finding:
    return Finding(
        kind="missing_backup",
        severity=Severity.VIOLATION,
        level=Level.E0,
        stream="case",
        start_s=None,
        end_s=None,
        template="case_backup_missing",
        detector="backup",
        articles=("19",),
        id=f"{number:016x}",
        file=f"2026/2/{number}.mp4",
    )


def failed_case() -> CaseReport:
    lanes = (
        Lane("2026/2/a.mp4", "DSJ0457", (at("09:29:50"), at("09:45:00")), 1.0, "file_name"),
        Lane(
            "2026/2/b.mp4", "DSJ0457", (at("09:47:00"), at("10:00:00")), 1.0, "container",
            verdict=Verdict.SUSPICION, breaks=((at("09:50:00"), at("09:50:30")),), imported=at("16:40:00"),
        ),
        Lane("2026/2/c.mp4", None, None, kind="sound"),
        Lane("2026/2/d.mp4", "DSJ0458", (at("09:00:00", 9), at("09:30:00", 9)), 1.0, "file_name"),
    )  # fmt: skip
    findings = (uncovered(), *(no_backup(n) for n in range(1, 9)))
    return CaseReport(
        id=HOSTILE_CASE,
        path="2026/2",
        verdict=Verdict.VIOLATION,
        reason="traces_found",
        coverage=Coverage(
            required=(at("09:30:00"), at("10:20:00")),
            covered=((at("09:30:00"), at("09:45:00")), (at("09:47:00"), at("10:00:00"))),
            uncovered=((at("09:45:00"), at("09:47:00")), (at("10:00:00"), at("10:20:00"))),
            excused=((at("09:45:00"), at("09:47:00")),),
            share=0.56,
        ),
        findings=findings,
        checks=(
            CheckResult("items", Outcome.CLEAR, "on_list"),
            CheckResult("coverage", Outcome.FOUND, "case_coverage_uncovered", (findings[0].id,)),
            CheckResult("backup", Outcome.FOUND, "case_backup_missing", tuple(f.id for f in findings[1:])),
            CheckResult("access", Outcome.NOT_EXAMINABLE, "no_access_register"),
        ),
        lanes=lanes,
        keeping=Keeping(False, date(2028, 3, 5), "guided", date(2026, 4, 4)),
        paperwork={
            "activity": "行政检查",
            "officers": ["330101"],
            "interruptions": [
                {"start": "2026-03-05T09:45:00+08:00", "end": "2026-03-05T09:47:00+08:00", "reason": "battery"}
            ],
            "moments": [{"kind": "signing", "at": "2026-03-05T09:58:00+08:00"}],
            "attachments": [{"path": "r.pdf", "size": None, "blake3": None}],
            "listed": True,
        },
        settles={findings[0].id: "other_recording"},
        liability={findings[0].id: ("1",)},
    )


def clear_case() -> CaseReport:
    return CaseReport(
        id="1号",
        path="2026/1",
        verdict=Verdict.CLEAR,
        reason="nothing_found",
        coverage=Coverage((at("09:30:00"), at("09:40:00")), ((at("09:30:00"), at("09:40:00")),), share=1.0),
        checks=(CheckResult("items", Outcome.CLEAR, "not_on_list"),),
        keeping=Keeping(True, None, "permanent", date(2026, 4, 1)),
        paperwork={"activity": "宣传", "listed": False, "filed": "2026-03-20"},
    )


def faulty_case() -> CaseReport:
    problem = {
        "file": "2026/3/case.toml", "line": 4, "field": "case.end", "grade": "error",
        "message": {"en": "is before the start.", "zh-CN": "早于开始时间。"},
    }  # fmt: skip
    return CaseReport(
        id="3号", path="2026/3", verdict=Verdict.NOT_EXAMINABLE, reason="declaration_faulty", coverage=None,
        paperwork={"problems": [problem]}, error="2026/3/case.toml:4: case.end: is before the start.",
    )  # fmt: skip


@pytest.fixture
def audited(reports: tuple[FileReport, ...]) -> ArchiveReport:
    """An audit with a case of each kind, not in order of weight."""
    return ArchiveReport(
        path="档案",
        department="某市人民防空办公室",
        pack=load("zj-rf-2019"),
        as_of=at("18:00:00", 31),
        cases=(clear_case(), failed_case(), faulty_case()),
        files=reports,
        version="0",
        problems=(ManifestProblem("devices.toml", None, "", "no_register", {}, "warning"),),
    )

"""Hand-made reports: one of each verdict, with a hostile file name among them."""

from __future__ import annotations

import math

import pytest

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

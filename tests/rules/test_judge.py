"""From findings to a report: verdict precedence, identifiers that stay, articles, opinions."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from engine.detectors.runner import Examination
from engine.features.tables import SCALARS, Features, FrameTable
from engine.findings import Evidence, Finding, Kind, Level, Outcome, Severity, Source, Verdict
from engine.rules.judge import judge
from engine.rules.opinions import finding_id
from engine.rules.pack import load
from fixtures.stream import stream

PACK = load("zj-rf-2019")
DIGEST = "ab" * 32


def tables(lost: int = 0, pictures: int = 200) -> Features:
    packets = stream(f"I{pictures - 1}P")
    rows = packets.rows(0)
    kept, gone = rows[lost:], rows[:lost]
    columns = {name: np.zeros(len(kept), dtype) for name, dtype in SCALARS.items()}
    columns |= {"pts": packets.pts[kept], "packet": kept.astype(np.int32)}
    frames = FrameTable(
        packets.media.streams[0].time_base, 0, 512, True, 640, 360, 8, columns, {}, gone.astype(np.int32)
    )
    return Features(packets.media, packets, frames, None, blake3=DIGEST)


def found(severity: Severity, kind: str = Kind.GAP, **changes: object) -> Finding:
    base = Finding(
        kind=kind, severity=severity, level=Level.E1, stream="video", start_s=1.0, end_s=3.04, start_frame=25,
        end_frame=26, template="gap", detector="gap", evidence=(Evidence(Source.CONTAINER, "interval_s", 2.04, 0.04),),
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("severity", "lost"), list(product([None, *Severity], [0, 20])))
def test_the_verdict_is_the_first_that_applies(severity: Severity | None, lost: int) -> None:
    findings = () if severity is None else (found(severity),)
    report = judge(tables(lost), Examination(findings, ()), PACK)
    if severity is Severity.VIOLATION:
        expected = (Verdict.VIOLATION, "traces_found", Outcome.FOUND)
    elif severity is Severity.SUSPICION:
        expected = (Verdict.SUSPICION, "traces_found", Outcome.FOUND)
    elif lost:
        expected = (Verdict.NOT_EXAMINABLE, "too_much_unreadable", Outcome.NOT_EXAMINABLE)
    else:
        expected = (Verdict.CLEAR, "nothing_found", Outcome.CLEAR)
    assert (report.verdict, report.reason, report.integrity.outcome) == expected


def test_a_detector_that_broke_off_keeps_a_file_from_being_clear() -> None:
    report = judge(tables(), Examination((), (), failed=("splice",)), PACK)
    assert (report.verdict, report.reason) == (Verdict.NOT_EXAMINABLE, "detector_failed")
    report = judge(tables(), Examination((found(Severity.SUSPICION),), (), failed=("splice",)), PACK)
    assert report.verdict is Verdict.SUSPICION


def test_originality_cannot_be_told_of_a_file_without_a_container() -> None:
    report = judge(tables(), Examination((), ()), PACK)
    assert (report.originality.outcome, report.originality.reason) == (Outcome.NOT_EXAMINABLE, "no_container")


def test_articles_and_identifiers_reach_the_parts_of_a_merged_finding() -> None:
    whole = found(Severity.SUSPICION, parts=(found(Severity.SUSPICION, Kind.AUDIO_GAP),))
    (finding,) = judge(tables(), Examination((whole,), ()), PACK).findings
    assert finding.articles == ("13", "15")
    assert finding.parts[0].articles == ("2", "13", "15")
    assert len({finding.id, finding.parts[0].id}) == 2


def test_an_identifier_outlives_what_does_not_identify() -> None:
    base = found(Severity.SUSPICION)
    same = [
        replace(base, severity=Severity.VIOLATION),
        replace(base, score=0.1, template="other", params={"a": 1}),
        replace(base, start_s=1.0004, end_s=3.0399),
    ]
    assert {finding_id(DIGEST, f) for f in [base, *same]} == {finding_id(DIGEST, base)}


def test_an_identifier_tells_apart_what_differs() -> None:
    base = found(Severity.SUSPICION)
    others = [
        replace(base, kind=Kind.SPLICE),
        replace(base, stream="audio"),
        replace(base, start_s=1.002),
        replace(base, end_s=None),
        replace(base, start_s=None, end_s=1.0),
        replace(base, detector="splice"),
    ]
    ids = [finding_id(DIGEST, f) for f in [base, *others]] + [finding_id("cd" * 32, base)]
    assert len(set(ids)) == len(ids)
    assert all(len(i) == 16 for i in ids)


def test_the_identifier_is_blake3_of_its_parts() -> None:
    from blake3 import blake3

    text = "\x1f".join([DIGEST, "gap", "video", "1000", "3040", "gap"])
    assert finding_id(DIGEST, found(Severity.NOTICE)) == blake3(text.encode()).hexdigest()[:16]


def test_missing_sound_alone_leaves_a_file_clear_and_fails_an_audit() -> None:
    missing = found(Severity.NOTICE, Kind.AUDIO_MISSING, start_s=None, end_s=None)
    assert judge(tables(), Examination((missing,), ()), PACK).verdict is Verdict.CLEAR
    assert judge(tables(), Examination((missing,), ()), PACK, "audit").verdict is Verdict.SUSPICION


def test_facts_of_the_media_are_plain_values() -> None:
    facts = judge(tables(), Examination((), ()), PACK).media
    assert facts["duration_s"] == pytest.approx(8.0)
    assert facts["video"]["frames"] == 200
    assert facts["video"]["codec"] == "h264"
    assert facts["audio"] is None

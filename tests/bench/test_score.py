"""The scorer's rules, each with a case on either side of its border."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.score import FileScore, alarms, score, score_file, share, total

JOIN: dict[str, Any] = {
    "kinds": ["deletion", "splice"], "scope": "local", "min_severity": "suspicion", "group": "content",
    "start_s": 10.0, "end_s": 10.04, "start_frame": 250, "end_frame": 251, "step": 3.0,
}  # fmt: skip
LONG = {**JOIN, "kinds": ["insertion", "splice"], "start_s": 5.0, "end_s": 8.0, "start_frame": 125, "end_frame": 199}
WHOLE = {**JOIN, "kinds": ["retime"], "scope": "file", "start_s": 0.0, "end_s": 36.0}
BASE: dict[str, Any] = {
    "id": "x", "op": "delete", "file": "x.mp4", "expect": [JOIN], "allow": ["reencode"], "duration_s": 36.0,
    "ripple": [[19.0, 22.0]], "negative": False,
}  # fmt: skip


def found(kind: str, start: float | None, end: float | None = None, severity: str = "suspicion", **more: Any) -> Any:
    return {"kind": kind, "severity": severity, "start_s": start, "end_s": start if end is None else end, **more}


def judged(*findings: Any, verdict: str = "suspicion", examined: Any = (), **change: Any) -> FileScore:
    return score_file({**BASE, **change}, {"verdict": verdict, "findings": findings, "examined": examined})


def summary(result: FileScore) -> tuple[bool, bool, int]:
    return result.events[0].hit, result.events[0].lenient, result.false_alarms


HIT, PLACE, MISS, ALARM = (True, True, 0), (False, True, 0), (False, False, 0), (False, False, 1)


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([], MISS),
        ([found("deletion", 10.0, 10.04)], HIT),
        ([found("splice", 10.24)], HIT),
        ([found("splice", 9.8)], HIT),
        ([found("deletion", 10.25)], MISS),
        ([found("deletion", 10.54)], MISS),
        ([found("deletion", 10.55)], ALARM),
        ([found("deletion", 9.3, 10.74)], HIT),
        ([found("deletion", 9.29, 10.0)], MISS),
        ([found("deletion", 8.99, 10.0)], ALARM),
        ([found("freeze", 10.0)], PLACE),
        ([found("deletion", 10.0, severity="notice")], MISS),
        ([found("freeze", 3.0, severity="notice")], MISS),
        ([found("deletion", 0.0, 36.0)], ALARM),
        ([found("reencode", 0.0, 36.0)], MISS),
        ([found("deletion", None)], ALARM),
        ([found("deletion", 10.04, 10.0)], HIT),
        ([found("unreadable", 20.0, 21.0)], MISS),
        ([found("deletion", 10.0), found("splice", 10.0)], HIT),
    ],
)
def test_one_join(findings: list[Any], expected: tuple[bool, bool, int]) -> None:
    assert summary(judged(*findings)) == expected


@pytest.mark.parametrize(
    ("places", "count"), [([3.0, 3.4], 1), ([3.0, 3.51], 2), ([3.0, 3.5, 4.0], 1), ([30.0, 3.0], 2), ([3.0, None], 1)]
)
def test_alarms_of_one_kind_that_touch_are_one(places: list[float | None], count: int) -> None:
    assert alarms([found("gap", p) for p in places]) == count
    assert alarms([found("gap", 3.0), found("freeze", 3.0)]) == 2


def test_a_file_wide_event_is_hit_anywhere_and_hides_no_other_alarm() -> None:
    assert summary(judged(found("retime", 3, 4), expect=[WHOLE])) == HIT
    assert summary(judged(found("gap", 3), expect=[WHOLE])) == ALARM


def test_further_spans_are_equally_right() -> None:
    assert not judged(found("insertion", 2, 8), expect=[LONG]).events[0].hit
    assert judged(found("insertion", 2, 8), expect=[{**LONG, "also": [[2.0, 8.0]]}]).events[0].hit


def test_a_verdict_can_be_the_answer() -> None:
    broken = {**WHOLE, "verdicts": ["not_examinable"], "min_severity": "notice", "group": "damage"}
    assert judged(verdict="not_examinable", expect=[broken]).events[0].hit
    assert not judged(verdict="clear", expect=[broken]).events[0].hit
    assert judged(found("retime", None, severity="notice"), verdict="clear", expect=[broken]).events[0].hit


@pytest.mark.parametrize(("frames", "off"), [((250, 251), 0), ((252, 253), 2), ((249, None), 1), ((250, 259), 8)])
def test_frames_off_is_the_worse_end(frames: tuple[int, int | None], off: int) -> None:
    result = judged(found("deletion", 10.0, start_frame=frames[0], end_frame=frames[1]))
    assert result.events[0].frames_off == off


def test_a_boundary_of_a_long_event_counts_by_itself() -> None:
    result = judged(found("splice", 8.0, start_frame=199, end_frame=200), expect=[LONG])
    assert (result.events[0].hit, result.events[0].frames_off) == (True, 1)


def test_examinable_where_a_question_about_its_kind_was_answered_there() -> None:
    def answer(question: str, *holes: tuple[float, float]) -> dict[str, Any]:
        return {"question": question, "seconds": 30, "not_examinable": [{"start_s": a, "end_s": b} for a, b in holes]}

    assert judged(examined=[answer("deletion")]).events[0].examinable
    assert not judged(examined=[answer("deletion", (9.0, 11.0))]).events[0].examinable
    assert not judged(examined=[answer("freeze")]).events[0].examinable
    assert judged(examined=[answer("deletion", (9.0, 11.0)), answer("splice", (1.0, 2.0))]).events[0].examinable


def test_sums_over_files() -> None:
    clean = {**BASE, "id": "n", "file": "n.mp4", "op": "original", "expect": [], "negative": True}
    reports = {
        "x.mp4": {"verdict": "violation", "findings": [found("deletion", 10.0)]},
        "n.mp4": {"verdict": "violation", "findings": [found("splice", 3.0)]},
    }
    files = score([BASE, clean], reports)
    content = total(files, ["content"])
    assert (content.precision, content.recall, content.alarms_per_hour) == (0.5, 1.0, 50.0)
    assert content.f1 == pytest.approx(2 / 3)
    assert [f.flagged for f in files] == [True, True]
    nothing = total(score([BASE, clean], {}), ["content"])
    assert (nothing.recall, nothing.precision, nothing.f1, nothing.off_median) == (0.0, None, 0.0, None)
    assert (total([]).recall, total([]).alarms_per_hour, share([])) == (None, None, None)


@given(
    st.lists(st.tuples(st.sampled_from(["gap", "deletion", "freeze"]), st.floats(0, 36), st.floats(0, 36)), max_size=6)
)
def test_notices_change_nothing_and_more_findings_lose_no_hit(drawn: list[tuple[str, float, float]]) -> None:
    loud = [found(k, min(a, b), max(a, b)) for k, a, b in drawn]
    quiet = [found(k, a, b, severity="notice") for k, a, b in drawn]
    assert judged(*loud, *quiet) == judged(*loud)
    assert judged(*loud, found("deletion", 10.0)).events[0].hit
    assert judged(*loud).false_alarms <= len(loud)

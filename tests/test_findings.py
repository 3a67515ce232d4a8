"""How findings combine: one weak sign never becomes more than a suspicion."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.findings import Evidence, Finding, Kind, Level, Severity, Source, Verdict, combine, verdict_of


def finding(
    kind: str = Kind.DELETION,
    at: float = 10.0,
    severity: Severity = Severity.SUSPICION,
    *sources: Source,
    level: Level = Level.E2,
) -> Finding:
    evidence = tuple(Evidence(s, f"measure_{s}", 1.0) for s in sources or (Source.PICTURE,))
    return Finding(kind, severity, level, "video", at, at + 0.04, "t", "d", evidence=evidence)


def test_a_cut_like_picture_change_alone_is_a_suspicion() -> None:
    (only,) = combine([finding(severity=Severity.VIOLATION)])
    assert only.severity is Severity.SUSPICION


def test_three_measures_of_one_source_count_once() -> None:
    three = [finding(k) for k in (Kind.DELETION, Kind.SPLICE, Kind.INSERTION)]
    (only,) = combine(three)
    assert only.severity is Severity.SUSPICION
    assert len(only.parts) == 2


def test_two_sources_about_one_event_are_a_violation_and_keep_their_parts() -> None:
    (only,) = combine([finding(), finding(Kind.GAP, 10.02, Severity.SUSPICION, Source.CONTAINER, level=Level.E1)])
    assert only.severity is Severity.VIOLATION
    assert only.sources == {Source.PICTURE, Source.CONTAINER}
    assert (only.kind, [p.kind for p in only.parts]) == (Kind.GAP, [Kind.DELETION])


def test_a_clock_in_the_picture_witnesses_the_cut_and_does_not_name_it() -> None:
    clock = finding(Kind.CLOCK_JUMP, 10.0, Severity.SUSPICION, Source.CAMERA_CLOCK, level=Level.E3)
    (only,) = combine([clock, finding(Kind.DELETION)])
    assert (only.kind, only.severity, only.level) == (Kind.DELETION, Severity.VIOLATION, Level.E3)
    media = finding(Kind.CLOCK_JUMP, 10.0, Severity.SUSPICION, Source.CONTAINER)
    assert combine([media, finding(Kind.DELETION)])[0].kind == Kind.CLOCK_JUMP
    assert combine([clock])[0].kind == Kind.CLOCK_JUMP
    assert combine([clock, finding(Kind.DELETION, 10.0, Severity.NOTICE)])[0].kind == Kind.CLOCK_JUMP


def test_the_same_two_far_apart_stay_two_suspicions() -> None:
    both = combine([finding(), finding(Kind.GAP, 12.0, Severity.SUSPICION, Source.CONTAINER)])
    assert [f.severity for f in both] == [Severity.SUSPICION] * 2


def test_a_notice_lends_no_severity() -> None:
    (only,) = combine([finding(), finding(Kind.GAP, 10.0, Severity.NOTICE, Source.CONTAINER)])
    assert only.severity is Severity.SUSPICION


@pytest.mark.parametrize("level", [Level.E4, Level.E5])
def test_a_seal_suffices(level: Level) -> None:
    (only,) = combine([finding(Kind.TAMPERED, 3, Severity.VIOLATION, Source.SEAL, level=level)])
    assert only.severity is Severity.VIOLATION


def test_an_impossibility_suffices() -> None:
    one = replace(finding(Kind.SPLICE, 3, Severity.VIOLATION, Source.CONTAINER), impossible=True)
    assert combine([one])[0].severity is Severity.VIOLATION


def test_unbroken_sound_lowers_to_a_suspicion_never_to_a_notice() -> None:
    pair = [finding(), finding(Kind.GAP, 10.0, Severity.SUSPICION, Source.CONTAINER)]
    (under,) = combine(pair, sound_unbroken=[(0.0, 60.0)])
    assert under.severity is Severity.SUSPICION
    (beside,) = combine(pair, sound_unbroken=[(20.0, 60.0)])
    assert beside.severity is Severity.VIOLATION
    (still,) = combine([finding()], sound_unbroken=[(0.0, 60.0)])
    assert still.severity is Severity.SUSPICION


def test_a_covered_lens_is_one_event_with_its_borders_and_its_stillness() -> None:
    cover = replace(finding(Kind.OBSTRUCTION), end_s=12.0)
    still = replace(finding(Kind.FREEZE, 10.1), end_s=11.9)
    borders = [finding(Kind.SPLICE, 9.96), finding(Kind.SPLICE, 12.0)]
    (only,) = combine([*borders, still, cover])
    assert (only.kind, only.severity, len(only.parts)) == (Kind.OBSTRUCTION, Severity.SUSPICION, 3)


def test_a_stall_and_lost_time_stay_two_suspicions() -> None:
    still = replace(finding(Kind.FREEZE), end_s=12.0)
    lost = finding(Kind.GAP, 12.0, Severity.SUSPICION, Source.CONTAINER)
    assert [f.severity for f in combine([still, lost])] == [Severity.SUSPICION] * 2


def test_statements_about_a_whole_file_are_never_merged() -> None:
    whole = [replace(finding(k), start_s=None, end_s=None) for k in (Kind.RETIME, Kind.SPLICE)]
    assert len(combine(whole)) == 2


@pytest.mark.parametrize(
    ("severities", "examinable", "verdict"),
    [
        ([], True, Verdict.CLEAR),
        ([], False, Verdict.NOT_EXAMINABLE),
        ([Severity.NOTICE], True, Verdict.CLEAR),
        ([Severity.NOTICE], False, Verdict.NOT_EXAMINABLE),
        ([Severity.NOTICE, Severity.SUSPICION], False, Verdict.SUSPICION),
        ([Severity.SUSPICION, Severity.VIOLATION], True, Verdict.VIOLATION),
    ],
)
def test_verdict_is_the_first_that_applies(severities: list[Severity], examinable: bool, verdict: Verdict) -> None:
    assert verdict_of([finding(severity=s) for s in severities], examinable) is verdict


findings_st = st.lists(
    st.builds(
        finding,
        st.sampled_from([Kind.DELETION, Kind.GAP, Kind.FREEZE, Kind.AUDIO_GAP, Kind.SPLICE]),
        st.floats(0, 30),
        st.sampled_from(list(Severity)),
        st.sampled_from([Source.PICTURE, Source.CONTAINER, Source.SOUND]),
    ),
    max_size=12,
)


@given(findings_st, st.randoms())
def test_the_order_of_findings_does_not_matter(found: list[Finding], random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert [(f.kind, f.severity, f.start_s) for f in combine(found)] == [
        (f.kind, f.severity, f.start_s) for f in combine(shuffled)
    ]


@given(findings_st)
def test_no_violation_without_two_sources(found: list[Finding]) -> None:
    assert all(len(f.sources) >= 2 for f in combine(found) if f.severity is Severity.VIOLATION)


@given(findings_st)
def test_nothing_is_lost_and_nothing_is_invented(found: list[Finding]) -> None:
    merged = combine(found)
    assert sum(1 + len(f.parts) for f in merged) == len(found)

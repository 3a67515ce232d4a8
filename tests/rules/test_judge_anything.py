"""Whatever is declared and measured, a case gets an answer, always the same, and never an exception."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from case_twins import CASE, DEVICES, PACK, WHOLE, World, at, video
from hypothesis import given
from hypothesis import strategies as st

from engine.findings import Outcome, Severity, Verdict
from engine.rules.cases.manifest import ClockCheck, ExportExtension, Interruption, KeyMoment
from engine.rules.cases.record import BackupFacts, Break, Placement, ProofFacts, RecordFacts, Speech

minutes = st.integers(-90, 200)
moments = minutes.map(lambda m: CASE.start + timedelta(minutes=m))
spans = st.tuples(moments, moments).map(lambda s: (min(s), max(s)))
reasons = st.sampled_from(["device_fault", "weather", "battery", "storage", "site_change", "other"])
interruptions = st.builds(
    Interruption,
    start=moments,
    end=st.none() | moments,
    reason=reasons,
    report=st.none() | st.just("r.pdf"),
    device=st.none() | st.sampled_from(["DSJ0457", "DSJ0458", "nobody"]),
    reported=st.none() | moments,
)
seconds = st.floats(-5, 5000, allow_nan=False)
breaks = st.builds(Break, seconds, seconds, st.none() | seconds, st.just("f"))
odd = st.sampled_from(
    [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC)]
)


@st.composite
def records(draw: st.DrawFn) -> RecordFacts:
    start, end = draw(spans)
    base = video(start, end, draw(st.integers(0, 9)), draw(st.sampled_from(["DSJ0457", "DSJ0458"])))
    where = draw(
        st.none()
        | st.builds(Placement, odd, odd, st.just(1.0), st.just("exif"))
        | st.just(Placement(start, end, draw(st.floats(0, 300)), draw(st.sampled_from(["gps", "exif", "declared"]))))
    )
    return replace(
        base,
        kind=draw(st.sampled_from(["video", "sound", "photo", "unknown"])),
        placement=where,
        clocks=draw(st.sampled_from([(), base.clocks, (where, *base.clocks) if where else ()])),
        duration_s=draw(seconds),
        has_picture=draw(st.booleans()),
        has_sound=draw(st.booleans()),
        sound_unknown=draw(st.booleans()),
        present=draw(st.integers(0, 4)) > 0,
        examined=draw(st.integers(0, 4)) > 0,
        listed=draw(st.none() | st.just(base.listed)),
        device=draw(st.none() | st.just(base.device)),
        breaks=tuple(draw(st.lists(breaks, max_size=3))),
        speech=draw(st.none() | st.builds(Speech, st.just(((1.0, 5.0),)), st.just(((0.0, 60.0),)))),
        proof=draw(
            st.none()
            | st.builds(ProofFacts, st.sampled_from(["OK", "NOT_OK", "NOT_SEALED"]), sealed_at=st.none() | moments)
        ),
        backup=BackupFacts(draw(st.sampled_from(["none_declared", "missing", "unreadable", "differs", "equal"]))),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    case = CASE.model_copy(
        update={
            "start": draw(moments),
            "end": draw(moments),
            "dispute": draw(st.booleans()),
            "interruptions": tuple(draw(st.lists(interruptions, max_size=3))),
            "moments": tuple(KeyMoment(kind="signing", at=m) for m in draw(st.lists(moments, max_size=2))),
            "export_extension": draw(
                st.none() | st.builds(ExportExtension, approved_by=st.just("1"), approved=moments)
            ),
        }
    )
    return replace(
        WHOLE, case=case, records=tuple(draw(st.lists(records(), max_size=4))), as_of=draw(moments) + timedelta(days=30)
    )


@given(worlds())
def test_a_case_gets_an_answer(world: World) -> None:
    report = world.judged()
    assert [c.check for c in report.checks] == [c.check for c in world.judged().checks]
    worst = max((f.severity for f in report.findings), default=Severity.NOTICE)
    unanswered = [
        c for c in report.checks if c.outcome is Outcome.NOT_EXAMINABLE and PACK.content.checks[c.check].needed
    ]
    expected = {Severity.VIOLATION: Verdict.VIOLATION, Severity.SUSPICION: Verdict.SUSPICION}.get(worst)
    assert report.verdict is (expected or (Verdict.NOT_EXAMINABLE if unanswered else Verdict.CLEAR))
    for check in report.checks:
        loud = [f for f in report.findings if f.id in check.findings and f.severity > Severity.NOTICE]
        assert (check.outcome is Outcome.FOUND) == bool(loud)
    assert all(f.articles and f.id in report.settles for f in report.findings)
    if report.coverage is not None:
        assert 0.0 <= report.coverage.share <= 1.0


@given(worlds())
def test_the_order_in_which_records_come_changes_nothing(world: World) -> None:
    turned = replace(world, records=tuple(reversed(world.records)))
    one, other = world.judged(), turned.judged()
    assert one.verdict is other.verdict
    assert one.coverage == other.coverage


def test_a_clock_that_tells_no_time_is_none() -> None:
    nines = Placement(datetime(9999, 12, 31, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), 1.0, "exif")
    best = WHOLE.records[0].clocks
    assert WHOLE.record(placement=nines, clocks=(nines, *best)).judged().verdict is Verdict.CLEAR
    assert WHOLE.record(placement=nines, clocks=(nines,)).judged().reason == "no_clock"


def test_a_clock_check_of_absurd_size() -> None:
    check = ClockCheck(device=at("8:00", 5, 3).replace(year=2099), reference=at("8:00"))
    report = replace(WHOLE, devices=DEVICES).listed(clock_check=check).judged()
    assert "case_clocks_wrong" in {f.template for f in report.findings}

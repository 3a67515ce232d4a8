"""Recordings on a case's time axis, against a twin that goes through it second by second."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from case_twins import CASE, DEVICES, WHOLE, World, at, place, video
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.cases import timeline
from engine.rules.cases.manifest import Interruption
from engine.rules.cases.record import Break, Placement, RecordFacts, Speech
from engine.rules.cases.timeline import build, in_utc, instant, lost_spans, pieces_of

START = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)
LENGTH = 60


def clip_of(start_s: int, end_s: int, device: str, breaks: tuple[Break, ...] = ()) -> RecordFacts:
    start, end = START + timedelta(seconds=start_s), START + timedelta(seconds=end_s)
    where = Placement(start, end, 0.0, "file_name")
    return RecordFacts(
        path=f"{device}{start_s}",
        kind="video",
        device=device,
        placement=where,
        duration_s=float(end_s - start_s),
        has_picture=True,
        has_sound=True,
        breaks=breaks,
    )


recordings = st.lists(
    st.tuples(st.integers(-20, 80), st.integers(1, 40), st.sampled_from("AB")).map(
        lambda t: clip_of(t[0], t[0] + t[1], t[2])
    ),
    max_size=8,
)


def shown(records: list[RecordFacts]) -> set[int]:
    """The naive twin: seconds of the activity that any recording shows."""
    found = set[int]()
    for record in records:
        assert record.placement is not None
        first = round((record.placement.start - START).total_seconds())
        found |= set(range(first, first + round(record.duration_s)))
    return found & set(range(LENGTH))


def seconds_of(start: datetime, end: datetime) -> set[int]:
    return set(range(round((start - START).total_seconds()), round((end - START).total_seconds())))


@given(recordings)
def test_gaps_are_what_no_recording_shows(records: list[RecordFacts]) -> None:
    found = build((START, START + timedelta(seconds=LENGTH)), records)
    open_ = [seconds_of(*g.span) for g in found.gaps]
    assert set().union(*open_) == set(range(LENGTH)) - shown(records)
    assert sum(map(len, open_)) == len(set().union(*open_))
    assert set().union(*(seconds_of(*s) for s in found.picture)) == shown(records)


@given(recordings)
def test_a_gap_has_the_recordings_at_its_sides(records: list[RecordFacts]) -> None:
    for gap in build((START, START + timedelta(seconds=LENGTH)), records).gaps:
        assert gap.left is None or gap.left.end == gap.start
        assert gap.right is None or gap.right.start == gap.end
        assert (gap.left is None) == (gap.start == START)
        assert (gap.right is None) == (gap.end == START + timedelta(seconds=LENGTH))


losses = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3), st.integers(0, 9)), max_size=4)


@given(losses, st.integers(1, 5))
def test_breaks_move_what_follows(stops: list[tuple[int, int, int]], tail: int) -> None:
    """The naive twin walks along the file: runs of picture, and at each break what is shown of it and what is lost."""
    media, clock = 0, 0
    breaks, runs, lost = list[Break](), list[tuple[int, int]](), dict[str, tuple[int, int]]()
    begin = 0
    for n, (run, visible, missing) in enumerate(stops):
        media, clock = media + run, clock + run
        breaks.append(Break(float(media), float(media + visible), float(missing), f"f{n}"))
        if missing:
            runs.append((begin, clock))
            lost[f"f{n}"] = (clock, clock + missing)
            media, clock = media + visible, clock + missing
            begin = clock
        else:  # nothing lost: the file runs on as it says
            media, clock = media + visible, clock + visible
    media, clock = media + tail, clock + tail
    runs.append((begin, clock))
    record = clip_of(0, media, "A", tuple(breaks))
    since = [((p.start - START).total_seconds(), (p.end - START).total_seconds()) for p in pieces_of(record)]
    assert since == runs
    spans = {k: tuple((t - START).total_seconds() for t in v) for k, v in lost_spans(record).items()}
    assert spans == lost


def test_times_behind_a_break_lie_later() -> None:
    record = clip_of(0, 100, "A", (Break(40.0, 40.0, 30.0, "f"),))
    assert instant(record, 39.0) == START + timedelta(seconds=39)
    assert instant(record, 50.0) == START + timedelta(seconds=80)
    assert in_utc(record, [(38.0, 42.0)]) == (
        (START + timedelta(seconds=38), START + timedelta(seconds=40)),
        (START + timedelta(seconds=70), START + timedelta(seconds=72)),
    )


def test_photos_cover_nothing_and_what_is_not_examined_neither() -> None:
    window = (START, START + timedelta(seconds=LENGTH))
    whole = clip_of(0, LENGTH, "A")
    assert build(window, [whole]).gaps == ()
    assert len(build(window, [replace(whole, kind="photo")]).gaps) == 1
    unread = build(window, [replace(whole, examined=False)])
    assert len(unread.gaps) == 1
    assert len(unread.unplaced) == 1
    assert build(window, [replace(whole, present=False)]).unplaced == ()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("A", "file_name", 1.0), ("A", "file_name", 1.0), 2.0),
        (("A", "file_name", 30.0), ("A", "file_name", 30.0), timeline.SAME_CLOCK_S),
        (("A", "file_name", 30.0), ("A", "container", 1.0), 31.0),
        (("A", "file_name", 5.0), ("B", "file_name", 1.0), 6.0),
        ((None, "file_name", 5.0), (None, "file_name", 5.0), 10.0),
    ],
)
def test_how_far_a_gap_may_be_off(one: tuple[str, str, float], other: tuple[str, str, float], expected: float) -> None:
    def made(start_s: int, end_s: int, of: tuple[str, str, float]) -> RecordFacts:
        base = clip_of(start_s, end_s, "X")
        assert base.placement is not None
        return replace(base, device=of[0], placement=replace(base.placement, basis=of[1], uncertainty_s=of[2]))

    found = build((START, START + timedelta(seconds=LENGTH)), [made(0, 20, one), made(40, 60, other)])
    (gap,) = found.gaps
    assert gap.uncertainty_s == expected
    assert gap.certain == (expected < 20)


def test_over_midnight_and_in_other_zones() -> None:
    late = CASE.model_copy(update={"start": at("23:30"), "end": at("0:30", 6)})
    world = World(late, (video(at("23:29"), at("0:10", 6), 1), video(at("0:12", 6), at("0:31", 6), 2)), DEVICES)
    report = world.judged()
    (found,) = [f for f in report.findings if f.detector == "interruptions"]
    assert (found.kind, found.params["seconds"], found.at) == ("unexplained_interruption", 120.0, at("0:10", 6))
    elsewhere = late.model_copy(update={"start": late.start.astimezone(ZoneInfo("Asia/Shanghai"))})
    utc = tuple(
        replace(r, placement=replace(r.placement, start=r.placement.start.astimezone(UTC)))
        for r in world.records
        if r.placement is not None
    )
    again = replace(world, case=elsewhere, records=utc).judged()
    assert [f.id for f in again.findings] == [f.id for f in report.findings]
    assert again.coverage is not None
    assert report.coverage is not None
    assert again.coverage.share == report.coverage.share


def test_speech_behind_a_loss_counts_where_it_was_spoken() -> None:
    record = WHOLE.records[0]
    lost = video(at("9:29:50"), at("10:09:40"), 1, breaks=(Break(600.0, 600.0, 150.0, "f"),))
    spoken = Speech(((601.0, 606.0),), ((0.0, 3600.0),))
    world = replace(WHOLE, records=(replace(lost, speech=spoken),))
    stop = Interruption(start=at("9:39:50"), end=at("9:42:20"), reason="storage")
    report = world.paper(interruptions=(stop,)).judged()
    assert record.path == lost.path
    assert report.verdict == "clear", [f.template for f in report.findings]
    early = replace(world, records=(replace(lost, speech=Speech(((632.0, 640.0),), ((0.0, 3600.0),))),))
    assert early.paper(interruptions=(stop,)).judged().verdict == "suspicion"


def test_a_place_is_needed() -> None:
    nowhere = WHOLE.record(placement=None, clocks=())
    report = nowhere.judged()
    assert report.verdict == "not_examinable"
    assert report.reason == "no_clock"
    assert report.lanes[0].span is None
    assert place(at("9:30"), at("9:31")).uncertainty_s == 1.0

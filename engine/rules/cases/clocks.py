"""Device clocks against the reference, and recordings whose clocks lie outside the activity (Art. 11, 15)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from engine.findings import Evidence, Source, Value
from engine.rules.cases.coverage import clock_source
from engine.rules.cases.record import Placement, RecordFacts
from engine.rules.cases.timeline import SAME_CLOCK_S, utc
from engine.rules.cases.view import Answer, CaseView, Limits, Remark, clear, nothing, unexaminable, values

HOUR_S = 3600.0
HEADERS = frozenset({"container", "quicktime"})
"""Clocks of which makers differ whether they tell a recording's beginning or its end."""
ZONES_H = 14
"""Zones lie at most so many hours from UTC."""


def clocks(view: CaseView, limits: Limits) -> Answer:
    """Device clock against reference clock, the file's clocks against each other, and the clock's rate."""
    remarks = _once_a_device(remark for r in view.present for remark in _of_record(view, r, limits))
    asked = sum(_comparable(view, r) for r in view.present)
    if not view.present:
        return nothing(view)
    if not asked:
        return unexaminable("one_clock_only", *remarks)
    return clear("clocks_agree", *remarks, files=asked)


def _once_a_device(remarks: Iterable[Remark]) -> list[Remark]:
    """A register's offset is one fact about a device, however many files it has."""
    found, told = list[Remark](), set[Value]()
    for remark in remarks:
        if remark.fact == "known_offset":
            if remark.params["device"] in told:
                continue
            told.add(remark.params["device"])
        found.append(remark)
    return found


def _comparable(view: CaseView, record: RecordFacts) -> bool:
    checked = record.listed is not None and record.listed.clock_check is not None
    return checked or len(record.clocks) > 1 or record.clock_rate_ppm is not None


def _of_record(view: CaseView, record: RecordFacts, limits: Limits) -> Iterable[Remark]:
    yield from _against_reference(view, record, limits["clock_tolerance_s"])
    yield from _among_themselves(view, record, limits["clock_tolerance_s"])
    yield from _rate(record, limits)


def _against_reference(view: CaseView, record: RecordFacts, tolerance: float) -> Iterable[Remark]:
    device = view.devices.get(record.device or "")
    known = device.clock_offset_s if device is not None else 0.0
    check = record.listed.clock_check if record.listed is not None else None
    offset = known if check is None else (check.device - check.reference).total_seconds()
    fact = "wrong" if abs(offset - known) > tolerance else "known_offset" if abs(offset) > tolerance else None
    if fact is None:
        return
    at = None if check is None else check.reference
    params = values(offset_s=round(offset, 3), known_s=known, device=record.device, limit_s=tolerance)
    evidence = (Evidence(Source.PAPERWORK, "clock_offset_s", round(offset, 3), tolerance),)
    yield Remark(fact, at, None, record.path, params, evidence)


def _among_themselves(view: CaseView, record: RecordFacts, tolerance: float) -> Iterable[Remark]:
    """The best clock against each other one: the largest disagreement."""
    if len(record.clocks) < 2:
        return
    best, *others = record.clocks
    apart_of = {c: _apart(best, c, record.duration_s) for c in others}
    other = max(others, key=lambda c: abs(apart_of[c][0][0]) - apart_of[c][1])
    (apart, *readings), uncertainty = apart_of[other]
    allowed = tolerance + best.uncertainty_s + uncertainty
    if abs(apart) <= allowed:
        return
    in_hours = next((a for a in (apart, *readings) if _is_zone(a, allowed)), None)
    apart = apart if in_hours is None else in_hours
    params = values(
        apart_s=round(apart, 3),
        hours=abs(round(apart / HOUR_S)),
        first=best.basis,
        first_at=view.clock(best.start),
        second=other.basis,
        second_at=view.clock(other.start),
    )
    evidence = (
        Evidence(clock_source(best), best.basis, view.clock(best.start)),
        Evidence(clock_source(other), other.basis, view.clock(other.start), round(allowed, 3)),
    )
    fact = "disagree" if in_hours is None else "whole_hours"
    yield Remark(fact, view.local(best.start), view.local(best.end), record.path, params, evidence)


def _apart(one: Placement, other: Placement, duration_s: float) -> tuple[list[float], float]:
    """Seconds between two clocks, the likeliest reading first, and how far the other may be off.

    Some devices write the container's time when they begin a file, others when they close it. One that
    was put into the middle because nobody knows which is as exact as it is written: it is one of both.
    """
    apart = (other.start - one.start).total_seconds()
    if other.basis not in HEADERS:
        return [apart], other.uncertainty_s
    half = duration_s / 2
    if other.uncertainty_s > half:
        return sorted([apart + half, apart - half], key=abs), other.uncertainty_s - half
    return sorted([apart, apart - duration_s], key=abs), other.uncertainty_s


def _is_zone(apart: float, allowed: float) -> bool:
    """Whether clocks are a whole number of hours apart, as with a zone that is set wrong."""
    hours = round(apart / HOUR_S)
    return 1 <= abs(hours) <= ZONES_H and abs(apart - hours * HOUR_S) <= allowed


def _rate(record: RecordFacts, limits: Limits) -> Iterable[Remark]:
    ppm = record.clock_rate_ppm
    if ppm is None or abs(ppm) <= limits["clock_normal_ppm"]:
        return
    alarm = abs(ppm) > limits["clock_alarm_ppm"]
    limit = limits["clock_alarm_ppm" if alarm else "clock_normal_ppm"]
    evidence = (Evidence(Source.CAMERA_CLOCK, "rate_ppm", round(ppm, 3), limit),)
    params = values(ppm=round(ppm, 1), limit_ppm=limit)
    yield Remark("rate_alarm" if alarm else "rate_high", None, None, record.path, params, evidence)


def after_the_fact(view: CaseView, limits: Limits) -> Answer:
    """Whether all clocks of a recording lie after the activity, or on another day."""
    if view.timeline is None:
        return unexaminable("times_contradict")
    if not view.present:
        return nothing(view)
    placed = [r for r in view.present if all_clocks(r)]
    running = _running_on(view, placed, limits)
    remarks = [remark for r in placed if (remark := _outside(view, r, r.path in running, limits)) is not None]
    if len(placed) < len(view.present):
        return unexaminable("no_clock", *remarks, files=len(view.present) - len(placed))
    return clear("within_activity", *remarks, files=len(placed))


def all_clocks(record: RecordFacts) -> tuple[Placement, ...]:
    """The placements by every clock; the best one where no others are known."""
    return record.clocks or ((record.placement,) if record.placement is not None else ())


def certainly_after(view: CaseView, record: RecordFacts, tolerance: float) -> bool:
    """Whether every clock of a recording lies after the activity."""
    end = utc(view.case.end) + timedelta(seconds=tolerance)
    found = all_clocks(record)
    return bool(found) and all(c.start - timedelta(seconds=c.uncertainty_s) > end for c in found)


def certainly_before(view: CaseView, record: RecordFacts, tolerance: float) -> bool:
    """Whether every clock of a recording lies before the activity."""
    start = utc(view.case.start) - timedelta(seconds=tolerance)
    found = all_clocks(record)
    return bool(found) and all(c.end + timedelta(seconds=c.uncertainty_s) < start for c in found)


def _running_on(view: CaseView, records: Iterable[RecordFacts], limits: Limits) -> frozenset[str]:
    """Paths of files that follow without a break on one that shows the activity: the recorder was left running."""
    allowed = max(limits["join_tolerance_s"], SAME_CLOCK_S)
    running, last = set[str](), dict[str, datetime]()
    for record in sorted((r for r in records if r.device), key=lambda r: all_clocks(r)[0].start):
        start, end = all_clocks(record)[0].start, all_clocks(record)[0].end
        shows = start < view.case.end and end > view.case.start
        before = last.get(record.device or "")
        if shows or (before is not None and (start - before).total_seconds() <= allowed):
            running.add(record.path)
            last[record.device or ""] = end if before is None else max(end, before)
    return frozenset(running)


def _outside(view: CaseView, record: RecordFacts, running_on: bool, limits: Limits) -> Remark | None:
    tolerance = limits["coverage_tolerance_s"]
    found = all_clocks(record)
    day = view.local(found[0].start).date()
    sources = {clock_source(c) for c in found if c.basis != "declared"}
    other_day = not view.local(view.case.start).date() <= day <= view.local(view.case.end).date()
    if certainly_after(view, record, tolerance):
        fact = "ran_on" if running_on else "after_activity_confirmed" if len(sources) > 1 else "after_activity"
        by = min((c.start - view.case.end).total_seconds() for c in found)
    elif certainly_before(view, record, tolerance):
        fact = "other_day" if other_day else "before_activity"
        by = min((view.case.start - c.end).total_seconds() for c in found)
    else:
        return None
    params = values(
        seconds=round(by, 3),
        start=view.clock(found[0].start),
        end=view.clock(found[0].end),
        ended=view.clock(view.case.end),
        began=view.clock(view.case.start),
        clocks=len(sources) if fact == "after_activity_confirmed" else len(found),
    )
    evidence = tuple(Evidence(clock_source(c), c.basis, view.clock(c.start), view.clock(view.case.end)) for c in found)
    return Remark(fact, view.local(found[0].start), view.local(found[0].end), record.path, params, evidence)

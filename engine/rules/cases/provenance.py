"""Whose recordings these are: listed, by a registered device, of this case alone (Art. 5, 15)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from engine.findings import Evidence, Source
from engine.rules.cases.clocks import all_clocks, certainly_after, certainly_before
from engine.rules.cases.coverage import clock_source
from engine.rules.cases.record import RecordFacts, Reuse
from engine.rules.cases.timeline import SAME_CLOCK_S
from engine.rules.cases.view import Answer, CaseView, Limits, Remark, clear, nothing, unexaminable, values


def unlisted(view: CaseView, limits: Limits) -> Answer:
    """Whether each file that is there is listed."""
    there = [r for r in view.present if r.listed is None]
    evidence = (Evidence(Source.PAPERWORK, "listed", False, True),)
    remarks = (Remark("unlisted", *_span(view, r), r.path, values(size=r.size), evidence) for r in there)
    return clear("all_listed", *remarks, files=len(view.present))


def devices(view: CaseView, limits: Limits) -> Answer:
    """Whether each recording is of a device of the register."""
    if not view.present:
        return nothing(view)
    if not view.devices:
        return unexaminable("no_register")
    remarks = list[Remark]()
    for record in view.present:
        if record.device in view.devices:
            continue
        fact = "no_device" if record.device is None else "unknown_device"
        evidence = (Evidence(Source.PAPERWORK, "device", record.device),)
        remarks.append(Remark(fact, *_span(view, record), record.path, values(device=record.device), evidence))
    return clear("all_registered", *remarks, files=len(view.present))


def reuse(view: CaseView, limits: Limits) -> Answer:
    """Whether a recording also stands in another case."""
    remarks = list[Remark]()
    for record in view.present:
        others = [c for c in view.surroundings.listed_elsewhere.get(record.path, ()) if c != view.case.id]
        if others:
            evidence = (Evidence(Source.PAPERWORK, "cases", 1 + len(others), 1),)
            params = values(cases="、".join(others))
            remarks.append(Remark("listed_twice", *_span(view, record), record.path, params, evidence))
        own = {r.path: r for r in view.records}
        foreign = tuple(r for r in record.reuse if r.path not in own)
        remarks += [_reused(view, record, other, limits) for other in _worst_of_each(foreign, others)]
        again = (r for r in record.reuse if r.path in own and _comes_back(record, own[r.path], r))
        remarks += [_reused(view, record, other, limits) for other in again]
    remarks += _twice(view)
    return clear("not_reused", *remarks, files=len(view.present))


def _comes_back(record: RecordFacts, other: RecordFacts, found: Reuse) -> bool:
    """Whether pictures of this case stand in two of its files for two times; a copy for its own time does not."""
    one, two = record.placement, other.placement
    if one is None or two is None or found.offset_s is None:
        return False
    apart = abs((two.start - one.start).total_seconds() + found.offset_s)
    return apart > SAME_CLOCK_S + one.uncertainty_s + two.uncertainty_s


def _twice(view: CaseView) -> Iterable[Remark]:
    """Files of this case with the same content that stand for different times: one of the times is wrong."""
    first: dict[str, RecordFacts] = {}
    for record in view.present:
        place, kept = record.placement, first.setdefault(record.blake3 or record.path, record)
        if kept is record or place is None or kept.placement is None:
            continue
        apart = abs((place.start - kept.placement.start).total_seconds())
        allowed = SAME_CLOCK_S + place.uncertainty_s + kept.placement.uncertainty_s
        if apart <= allowed:
            continue
        params = values(start=view.clock(place.start), path=kept.path, other_start=view.clock(kept.placement.start))
        evidence = (Evidence(clock_source(place), "apart_s", round(apart, 3), round(allowed, 3)),)
        yield Remark("twice_in_case", *_span(view, record), record.path, params, evidence)


def _worst_of_each(found: tuple[Reuse, ...], known: list[str]) -> list[Reuse]:
    """One for each other case: the same content goes before a likeness, the larger share first."""
    best: dict[str, Reuse] = {}
    for item in sorted(found, key=lambda r: (r.how == "near_duplicate", -r.share, r.path)):
        if item.case not in known:
            best.setdefault(item.case, item)
    return list(best.values())


def _reused(view: CaseView, record: RecordFacts, other: Reuse, limits: Limits) -> Remark:
    tolerance = limits["coverage_tolerance_s"]
    foreign = certainly_after(view, record, tolerance) or certainly_before(view, record, tolerance)
    fact = "same_content_foreign" if foreign else "same_content"
    if other.how == "near_duplicate":
        fact = "near_duplicate"
    evidence = [Evidence(Source.CONTAINER if other.how != "near_duplicate" else Source.PICTURE, "share", other.share)]
    evidence += [Evidence(Source.CAMERA_CLOCK, c.basis, view.clock(c.start)) for c in all_clocks(record)[:1]]
    params = values(case=other.case, path=other.path, how=other.how, percent=round(100 * other.share, 1))
    return Remark(
        fact,
        *_span(view, record),
        record.path,
        params,
        tuple(evidence),
        about=f"{other.case} {other.path}" if other.case == view.case.id else other.case,
    )


def _span(view: CaseView, record: RecordFacts) -> tuple[datetime | None, datetime | None]:
    place = record.placement
    return (None, None) if place is None else (view.local(place.start), view.local(place.end))

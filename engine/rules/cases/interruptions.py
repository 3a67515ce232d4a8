"""The interruption ledger (Art. 15, first paragraph): each break against what the paperwork declares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from engine.findings import Evidence, Source
from engine.rules.cases.coverage import no_overlap, side_clocks
from engine.rules.cases.intervals import clip, covered, longest, meets, seconds, subtract, widen
from engine.rules.cases.manifest import Interruption
from engine.rules.cases.result import Span
from engine.rules.cases.timeline import Gap, Timeline, gaps, in_utc, pieces_of, utc
from engine.rules.cases.view import Answer, CaseView, JudgedGap, Limits, Remark, clear, unexaminable, values


def assess(view: CaseView, limits: Limits) -> tuple[JudgedGap, ...]:
    """All interruptions of a case, judged.

    A gap between two recordings is one where it is longer than a join may be. A gap before the
    first or after the last is one only where the paperwork declares it and coverage does not
    allow for it; else it is a matter of coverage.
    """
    timeline = view.timeline
    if timeline is None or not timeline.pieces or not view.required:
        return ()
    allowed = {True: limits["join_tolerance_s"], False: limits["coverage_tolerance_s"]}
    broken = [gap for gap in timeline.gaps if gap.seconds > allowed[gap.inside]]
    meant = [(item, _meant(view, item, broken, limits)) for item in view.case.interruptions if not _backwards(item)]
    judged = list[JudgedGap]()
    for gap in broken:
        declared = tuple(item for item, found in meant if any(g is gap for g in found))
        if declared or gap.inside:
            judged.append(_judge(view, timeline, gap, declared, limits))
    return tuple(judged)


def _meant(view: CaseView, item: Interruption, broken: Sequence[Gap], limits: Limits) -> list[Gap]:
    """The gaps that a declared interruption speaks of: those that it meets.

    Paperwork is to the minute: where it meets none, the nearest within the tolerance. One that has
    its gap says nothing of another beside it.
    """
    start, end = span = declared_span(view, item)
    own = [gap for gap in broken if _same_device(gap, item)]
    met = [gap for gap in own if meets(gap.span, span)]
    if met:
        return met
    near = [gap for gap in own if meets(gap.span, widen(span, limits["coverage_tolerance_s"]))]
    return sorted(near, key=lambda gap: max(gap.start - end, start - gap.end))[:1]


def interruptions(view: CaseView, limits: Limits) -> Answer:
    """Whether each break is explained, and each declared one is there."""
    timeline = view.timeline
    if timeline is None:
        return unexaminable("times_contradict", *_contradictory(view))
    if not view.required:
        return clear("not_required")
    if not timeline.pieces:
        return unexaminable("no_clock") if timeline.unplaced else no_overlap(view)
    found = [remark for judged in view.ledger for remark in judged.remarks]
    undetected, unsure = _undetected(view, timeline, limits)
    remarks = (*found, *_several(view, timeline, limits), *undetected, *_contradictory(view))
    unknown = unsure or next((j.open for j in view.ledger if j.open), "")
    elsewhere = covered_breaks(timeline, limits)
    if unknown:
        return unexaminable(unknown, *remarks)
    if elsewhere:
        return clear("covered_by_other", *remarks, breaks=len(elsewhere), seconds=round(seconds(elsewhere), 3))
    if any(j.excused for j in view.ledger):
        return clear("all_excused", *remarks, breaks=sum(j.excused for j in view.ledger))
    return clear("no_break", *remarks)


def covered_breaks(timeline: Timeline, limits: Limits) -> tuple[Span, ...]:
    """Breaks of one device's recordings that another device's view covers altogether."""
    own = (gap for gap in device_gaps(timeline) if gap.inside)
    long = (g.span for g in own if g.seconds > limits["join_tolerance_s"] and g.certain)
    return covered(long, (p.span for p in timeline.pieces))


def device_gaps(timeline: Timeline) -> tuple[Gap, ...]:
    """Gaps of each device's own recordings, by time."""
    devices = dict.fromkeys(p.record.device for p in timeline.pieces)
    per_device = (gaps(timeline.required, (p for p in timeline.pieces if p.record.device == d)) for d in devices)
    return tuple(sorted((g for found in per_device for g in found), key=lambda g: g.span))


def declared_span(view: CaseView, item: Interruption) -> Span:
    """A declared interruption in UTC; one without an end lasts to the end of the activity."""
    end = item.end if item.end is not None else max(view.case.end, item.start)
    return utc(item.start), utc(end)


def _same_device(gap: Gap, item: Interruption) -> bool:
    return item.device is None or not gap.devices or item.device in gap.devices


def _judge(
    view: CaseView, timeline: Timeline, gap: Gap, declared: tuple[Interruption, ...], limits: Limits
) -> JudgedGap:
    rollover = at_rollover(view, gap, limits)
    if not gap.certain:
        return JudgedGap(gap, open="clock_uncertainty", rollover=rollover)
    if not declared:
        if rollover and gap.seconds <= limits["coverage_tolerance_s"]:
            return JudgedGap(gap, rollover=True)
        if timeline.unplaced:
            return JudgedGap(gap, open="no_clock", rollover=rollover)
        fact = "undeclared" if gap.seconds > limits["coverage_tolerance_s"] else "undeclared_short"
        return JudgedGap(gap, (_remark(view, gap, fact, limits),), rollover=rollover)
    remarks, unknown = list[Remark](), ""
    for item in declared:
        missing, why = _missing(view, timeline, gap, item, limits)
        unknown = unknown or why
        remarks += [_remark(view, gap, fact, limits, item) for fact in missing]
    rest = _undeclared_rest(view, gap, declared, limits)
    if rest and gap.inside:
        remarks.append(_remark(view, gap, "longer_than_declared", limits, seconds=seconds(rest)))
    broken = [r for r in remarks if r.fact != "reported_late"]
    return JudgedGap(gap, tuple(remarks), excused=not broken and not unknown, open=unknown, rollover=rollover)


def _undeclared_rest(view: CaseView, gap: Gap, declared: Iterable[Interruption], limits: Limits) -> tuple[Span, ...]:
    """What of a gap is declared by nothing, where that is longer than the tolerance."""
    rest = subtract((gap.span,), (declared_span(view, item) for item in declared))
    return rest if longest(rest) > max(limits["coverage_tolerance_s"], gap.uncertainty_s) else ()


def _missing(
    view: CaseView, timeline: Timeline, gap: Gap, item: Interruption, limits: Limits
) -> tuple[tuple[str, ...], str]:
    """What a declared interruption lacks to be excused, and why that cannot be said, if so."""
    missing, unknown = list[str](), ""
    if item.reason == "other":
        missing.append("reason_other")
    if gap.right is None:
        if not _report_exists(view, item):
            missing.append("no_report")
    else:
        spoken = spoke(timeline, gap.end, limits["speech_within_s"], limits["speech_min_s"])
        if spoken is False:
            missing.append("no_speech")
        unknown = "speech_not_examined" if spoken is None else ""
    if item.reported is not None and (item.reported - item.start).total_seconds() > limits["report_within_s"]:
        missing.append("reported_late")
    return tuple(missing), unknown


def _report_exists(view: CaseView, item: Interruption) -> bool:
    found = view.attachments.get(item.report) if item.report is not None else None
    return found is not None and bool(found.size)


def spoke(timeline: Timeline, at: datetime, within_s: float, least_s: float) -> bool | None:
    """Whether somebody speaks within so many seconds of an instant, in any device's sound.

    Parameters
    ----------
    timeline
        The case's recordings.
    at
        The instant, UTC.
    within_s, least_s
        Length of the window behind it, and of the speech that must lie in it, seconds.

    Returns
    -------
    bool or None
        None where no speech was found and not the whole window could be examined.
    """
    window = (at, at + timedelta(seconds=within_s))
    speech, examined, recorded = list[Span](), list[Span](), list[Span]()
    for record in (r for extent, r in timeline.audible if meets(extent, window)):
        recorded += clip((p.span for p in pieces_of(record)), window)
        if record.speech is not None:
            speech += clip(in_utc(record, record.speech.intervals), window)
            examined += clip(in_utc(record, record.speech.examined), window)
    if seconds(speech) >= least_s:
        return True
    missing = subtract(recorded, examined)
    return False if examined and seconds(missing) < least_s else None


def at_rollover(view: CaseView, gap: Gap, limits: Limits) -> bool:
    """Whether a device ended its file at its own length before a gap, and wrote on in the next one."""
    if gap.left is None or gap.right is None or gap.left.record is gap.right.record:
        return False
    one, other = gap.left.record, gap.right.record
    device = view.devices.get(one.device or "")
    if device is None or device.segment_s is None or one.device != other.device:
        return False
    follows = one.sequence is None or other.sequence is None or other.sequence == one.sequence + 1
    return follows and abs(one.duration_s - device.segment_s) <= limits["join_tolerance_s"]


def _undetected(view: CaseView, timeline: Timeline, limits: Limits) -> tuple[tuple[Remark, ...], str]:
    """Declared interruptions that no recording shows, and why that cannot be said, if so."""
    remarks, unknown = list[Remark](), ""
    breaks = [g for g in timeline.gaps if g.seconds > limits["join_tolerance_s"]]
    own = [g for g in device_gaps(timeline) if g.left is not None and g.seconds > limits["join_tolerance_s"]]
    for item in view.case.interruptions:
        if _backwards(item):
            continue
        span = declared_span(view, item)
        window = widen(span, limits["coverage_tolerance_s"])
        if any(meets(g.span, window) for g in breaks):
            continue
        if any(meets(g.span, window) and item.device in (None, g.left.record.device) for g in own if g.left):
            continue
        if timeline.unplaced:
            unknown = "no_clock"
            continue
        params = values(start=view.clock(item.start), end=view.clock(span[1]), reason=item.reason)
        evidence = (Evidence(Source.PAPERWORK, "declared_s", round(seconds((span,)), 3), 0.0),)
        remarks.append(Remark("undetected", item.start, view.local(span[1]), None, params, evidence))
    return tuple(remarks), unknown


def _several(view: CaseView, timeline: Timeline, limits: Limits) -> Iterable[Remark]:
    """Declared interruptions that stand for several breaks: each has its own reason, at its own restart."""
    for item in (i for i in view.case.interruptions if not _backwards(i)):
        span = declared_span(view, item)
        met = [j.gap for j in view.ledger if meets(j.gap.span, span) and _same_device(j.gap, item)]
        if len(met) < 2:
            continue
        between = subtract(((met[0].end, met[-1].start),), (g.span for g in met))
        recorded = seconds(between)
        if recorded <= limits["coverage_tolerance_s"]:
            continue
        params = values(
            start=view.clock(item.start), end=view.clock(span[1]), reason=item.reason, breaks=len(met),
            seconds=round(recorded, 3),
        )  # fmt: skip
        evidence = (
            Evidence(Source.PAPERWORK, "declared_s", round(seconds((span,)), 3)),
            Evidence(Source.CONTAINER, "recorded_s", round(recorded, 3), limits["coverage_tolerance_s"]),
        )
        yield Remark("several_breaks", item.start, view.local(span[1]), None, params, evidence)


def _backwards(item: Interruption) -> bool:
    return item.end is not None and item.end < item.start


def _contradictory(view: CaseView) -> tuple[Remark, ...]:
    """Declared interruptions that end before they begin, or meet one another."""
    items = view.case.interruptions
    wrong = [item for item in items if _backwards(item)]
    ordered = sorted((i for i in items if not _backwards(i)), key=lambda i: i.start)
    for one, other in pairwise(ordered):
        same_device = one.device is None or other.device is None or one.device == other.device
        if same_device and one.end is not None and other.start < one.end:
            wrong.append(other)
    return tuple(
        Remark(
            "contradictory",
            item.start,
            None,
            None,
            values(start=view.clock(item.start), end=view.clock(item.end) if item.end else None, reason=item.reason),
            (Evidence(Source.PAPERWORK, "start", view.clock(item.start)),),
        )
        for item in wrong
    )


def _remark(
    view: CaseView,
    gap: Gap,
    fact: str,
    limits: Limits,
    item: Interruption | None = None,
    seconds: float | None = None,
) -> Remark:
    length = round(gap.seconds if seconds is None else seconds, 3)
    right = gap.right.record if gap.right is not None else None
    left = gap.left.record if gap.left is not None else None
    file = right or left
    evidence = [
        Evidence(side_clocks(gap), "gap_s", round(gap.seconds, 3), limits["join_tolerance_s"]),
        Evidence(side_clocks(gap), "clock_uncertainty_s", round(gap.uncertainty_s, 3)),
    ]
    if item is not None:
        evidence.append(Evidence(Source.PAPERWORK, "reason", item.reason))
    params = values(
        seconds=length,
        start=view.clock(gap.start),
        end=view.clock(gap.end),
        before=left.path if left else None,
        after=right.path if right else None,
        reason=item.reason if item else None,
        report=item.report if item else None,
        within_s=limits["speech_within_s"],
    )
    path = file.path if file else None
    return Remark(fact, view.local(gap.start), view.local(gap.end), path, params, tuple(evidence))

"""Whether the recordings show the activity from its start to its end (Art. 13)."""

from __future__ import annotations

from datetime import datetime

from engine.findings import Evidence, Source
from engine.rules.cases.intervals import longest, meets, seconds, subtract, union, widen
from engine.rules.cases.record import Placement
from engine.rules.cases.result import Coverage, Span
from engine.rules.cases.timeline import Gap, Timeline, utc
from engine.rules.cases.view import Answer, CaseView, Limits, Remark, clear, nothing, unexaminable, values

MOST = 1 / 2
"""Share of an activity from which explained interruptions are pointed out."""


def clock_source(place: Placement | None) -> Source:
    """The independent source that a placement rests on."""
    if place is None or place.basis == "declared":
        return Source.PAPERWORK
    return Source.GPS if place.basis == "gps" else Source.CAMERA_CLOCK


def side_clocks(gap: Gap) -> Source:
    """The source of the clocks at a gap's sides."""
    side = gap.right or gap.left
    return clock_source(side.record.placement if side is not None else None)


def coverage(view: CaseView, limits: Limits) -> Answer:
    """Whether recording began with the activity and went on to its end. Breaks inside are the ledger's."""
    timeline = view.timeline
    if timeline is None:
        return unexaminable("times_contradict")
    if not view.required:
        return clear("not_required")
    if not view.present:
        return nothing(view)
    if view.case.exemptions and all(r.kind == "photo" for r in view.present):
        return clear("exempt")
    tolerance = limits["coverage_tolerance_s"]
    remarks, unknown = _mostly_excused(view, timeline), ""
    for gap in _asked(view, timeline):
        open_ = _open(view, gap)
        if longest(open_) <= (tolerance if _near(timeline, tolerance) else 0.0):
            continue
        if not gap.certain:
            unknown = "clock_uncertainty"
        elif timeline.unplaced:
            unknown = "no_clock"
        else:
            remarks.append(_remark(view, timeline, gap, open_, tolerance))
    share = round(100 * measured(view, timeline, limits).share, 2)
    if unknown:
        return unexaminable(unknown, *remarks, percent=share)
    reason = "interruptions_apart" if view.ledger else "covered"
    return clear(reason, *remarks, percent=share, interruptions=len(view.ledger))


def _near(timeline: Timeline, tolerance: float) -> bool:
    """Whether anything was recorded at the time of the activity: the tolerance is for its ends, not for all of it."""
    window = widen(timeline.required, tolerance)
    return any(meets(p.span, window) for p in timeline.pieces)


def no_overlap(view: CaseView) -> Answer:
    """What is said where no moving picture lies on the time axis of the activity."""
    return clear("no_picture_then") if view.present else nothing(view)


def _asked(view: CaseView, timeline: Timeline) -> list[Gap]:
    """Gaps before the first and after the last recording; those inside only where no ledger judges them."""
    return [gap for gap in timeline.gaps if not gap.inside or not view.ledger_kept]


def _open(view: CaseView, gap: Gap) -> tuple[Span, ...]:
    """What of a gap no declared interruption speaks of; nothing where the ledger counts it as not gone on with."""
    judged = next((j for j in view.ledger if j.gap is gap), None)
    if judged is None:
        return (gap.span,)
    if any(remark.fact == "no_report" for remark in judged.remarks):
        return ()
    ends = ((i.start, i.end if i.end is not None else max(view.case.end, i.start)) for i in view.case.interruptions)
    return subtract((gap.span,), ((utc(start), utc(end)) for start, end in ends))


def _remark(view: CaseView, timeline: Timeline, gap: Gap, spans: tuple[Span, ...], tolerance: float) -> Remark:
    heard = seconds(spans) - seconds(subtract(spans, timeline.sound))
    silent = longest(subtract(spans, timeline.sound))
    fact = "sound_only" if silent <= tolerance and silent < longest(spans) else "uncovered"
    photos = _photos(view, timeline, tolerance)
    if photos and not timeline.pieces and not timeline.audible:
        fact = "photos_only"
    if view.case.exemptions:
        fact = "partly_exempt"
    source = side_clocks(gap)
    length = round(seconds(spans), 3)
    start, end = spans[0][0], spans[-1][1]
    return Remark(
        fact,
        view.local(start),
        view.local(end),
        params=values(
            seconds=length,
            sound_s=round(heard, 3),
            start=view.clock(start),
            end=view.clock(end),
            photos=len(photos),
            first=view.clock(photos[0]) if photos else None,
            last=view.clock(photos[-1]) if photos else None,
            side="throughout" if gap.left is gap.right else "start" if gap.left is None else "end",
        ),
        evidence=(
            Evidence(source, "uncovered_s", length, tolerance),
            Evidence(source, "clock_uncertainty_s", round(gap.uncertainty_s, 3)),
        ),
    )


def _photos(view: CaseView, timeline: Timeline, tolerance: float) -> list[datetime]:
    """When photos of the activity were taken. Still cameras too are devices that records are made with (Art. 5)."""
    start, end = widen(timeline.required, tolerance)
    taken = (r.placement.start for r in view.present if r.kind == "photo" and r.placement is not None)
    return sorted(utc(t) for t in taken if start <= utc(t) <= end)


def _mostly_excused(view: CaseView, timeline: Timeline) -> list[Remark]:
    """An activity most of which is explained away: worth a look, though each break has its reason."""
    start, end = timeline.required
    excused, whole = seconds(j.gap.span for j in view.ledger if j.excused), (end - start).total_seconds()
    if excused <= MOST * whole:
        return []
    evidence = (Evidence(Source.PAPERWORK, "excused_s", round(excused, 3), round(MOST * whole, 3)),)
    params = values(percent=round(100 * excused / whole, 1))
    return [Remark("mostly_excused", view.local(start), view.local(end), params=params, evidence=evidence)]


def agreement(view: CaseView, limits: Limits) -> Answer:
    """Whether recording begins and ends when the paperwork says; starting late is a matter of coverage."""
    timeline = view.timeline
    if timeline is None:
        return unexaminable("times_contradict")
    near = [p for p in timeline.pieces if p.end > timeline.required[0] and p.start < timeline.required[1]]
    if not near:
        return unexaminable("no_clock") if timeline.unplaced else no_overlap(view)
    first, last = min(near, key=lambda p: p.start), max(near, key=lambda p: p.end)
    tolerance = limits["coverage_tolerance_s"]
    remarks = list[Remark]()
    early = (timeline.required[0] - first.start).total_seconds()
    late = (last.end - timeline.required[1]).total_seconds()
    for fact, piece, by, recorded, paper in (
        ("earlier", first, early, first.start, timeline.required[0]),
        ("later", last, late, last.end, timeline.required[1]),
    ):
        place = piece.record.placement
        if by > tolerance + (place.uncertainty_s if place is not None else 0.0):
            start, end = sorted((recorded, paper))
            params = values(seconds=round(by, 3), recorded=view.clock(recorded), paper=view.clock(paper))
            evidence = (Evidence(clock_source(place), "seconds", round(by, 3), tolerance),)
            path = piece.record.path
            remarks.append(Remark(fact, view.local(start), view.local(end), path, params, evidence))
    return clear("agrees", *remarks)


def measured(view: CaseView, timeline: Timeline, limits: Limits) -> Coverage:
    """The coverage as a report shows it, in the paperwork's zone.

    Where two files join within the tolerance of a join and closer than their clocks can tell, nothing is shown as
    missing.
    """
    start, end = timeline.required
    open_ = [g for g in timeline.gaps if not _joined(g, limits)]
    whole = union((*timeline.picture, *(g.span for g in timeline.gaps if _joined(g, limits))))
    excused = [j.gap.span for j in view.ledger if j.excused]
    tolerance = limits.get("coverage_tolerance_s", 0.0)
    uncertain = [g.span for g in timeline.gaps if not g.certain and g.seconds > tolerance]
    uncertain += [j.gap.span for j in view.ledger if j.open == "clock_uncertainty"]
    local = view.local

    def shown(spans: tuple[Span, ...] | list[Span]) -> tuple[Span, ...]:
        return tuple((local(a), local(b)) for a, b in dict.fromkeys(spans))

    return Coverage(
        required=(view.case.start, view.case.end),
        covered=shown(whole),
        uncovered=shown([g.span for g in open_]),
        excused=shown(excused),
        uncertain=shown(uncertain),
        share=seconds(whole) / (end - start).total_seconds(),
        silent=shown(timeline.silent),
        sound_only=shown(timeline.sound_only),
    )


def _joined(gap: Gap, limits: Limits) -> bool:
    """Whether a gap is where one file follows another, as closely as clocks can tell."""
    return gap.inside and not gap.certain and gap.seconds <= limits.get("join_tolerance_s", 0.0)

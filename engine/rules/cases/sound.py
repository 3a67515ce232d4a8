"""Sound beside the picture, the opening of the recording, and the moments that must be on record (Art. 2, 12, 14)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from engine.findings import Evidence, Source
from engine.rules.cases.coverage import no_overlap
from engine.rules.cases.interruptions import spoke
from engine.rules.cases.intervals import intersect, seconds, union, widen
from engine.rules.cases.manifest import KeyMoment
from engine.rules.cases.record import RecordFacts
from engine.rules.cases.result import Span
from engine.rules.cases.timeline import Timeline, moves, pieces_of, utc
from engine.rules.cases.view import Answer, CaseView, Limits, Remark, clear, nothing, unexaminable, values


def sound(view: CaseView, limits: Limits) -> Answer:
    """Whether each recording of pictures has sound. Photos need none; sound alone has nothing to lack."""
    pictures = [r for r in view.present if moves(r)]
    remarks = [_silent(view, r) for r in pictures if not r.has_sound and not r.sound_unknown and r.examined]
    unknown = [r for r in pictures if r.sound_unknown]
    if unknown:
        return unexaminable("sound_unknown", *remarks, files=len(unknown))
    if not pictures:
        return clear("no_picture_to_go_with", *remarks)
    return clear("sound_throughout", *remarks, files=len(pictures))


def _silent(view: CaseView, record: RecordFacts) -> Remark:
    own = union(p.span for p in pieces_of(record))
    heard = seconds(intersect(own, view.timeline.sound)) if view.timeline is not None else 0.0
    fact = "no_sound_other_device" if own and heard >= seconds(own) else "no_sound"
    place = record.placement
    return Remark(
        fact,
        None if place is None else view.local(place.start),
        None if place is None else view.local(place.end),
        record.path,
        values(seconds=round(record.duration_s, 3), heard_s=round(heard, 3)),
        (Evidence(Source.SOUND, "sound", False, True), Evidence(Source.SOUND, "other_device_s", round(heard, 3))),
    )


def announcement(view: CaseView, limits: Limits) -> Answer:
    """Whether somebody speaks when recording begins. What is said is not looked at."""
    if not view.required:
        return clear("not_required")
    timeline = view.timeline
    if timeline is None:
        return unexaminable("times_contradict")
    if not timeline.pieces:
        return unexaminable("no_clock") if timeline.unplaced else no_overlap(view)
    first = next((p for p in timeline.pieces if p.end > timeline.required[0]), timeline.pieces[0])
    spoken = spoke(timeline, first.start, limits["opening_s"], limits["speech_min_s"])
    if spoken is None:
        return unexaminable("speech_not_examined")
    if spoken:
        return clear("spoken")
    params = values(within_s=limits["opening_s"], start=view.clock(first.start))
    evidence = (Evidence(Source.SOUND, "speech_s", 0.0, limits["speech_min_s"]),)
    start, end = view.local(first.start), view.local(first.end)
    return clear("not_spoken", Remark("unannounced", start, end, first.record.path, params, evidence))


def moments(view: CaseView, limits: Limits) -> Answer:
    """Whether each listed moment lies inside a recording with picture and sound."""
    timeline = view.timeline
    if not view.case.moments:
        return clear("none_listed")
    if not view.required:
        return clear("not_required")
    if not view.present:
        return nothing(view)
    if timeline is None:
        return unexaminable("times_contradict")
    judged = [_moment(view, timeline, m, limits) for m in view.case.moments]
    remarks = [j for j in judged if isinstance(j, Remark)]
    unknown = next((j for j in judged if isinstance(j, str)), "")
    if unknown:
        return unexaminable(unknown, *remarks)
    return clear("moments_recorded", *remarks, moments=len(judged))


def _moment(view: CaseView, timeline: Timeline, moment: KeyMoment, limits: Limits) -> Remark | str | None:
    """What is wrong with a moment, or why it cannot be said. Paperwork is to the minute: the tolerance widens."""
    at, tolerance = utc(moment.at), limits["coverage_tolerance_s"]
    start, end = widen(timeline.required, tolerance)
    if not start <= at <= end:
        return _remark(view, moment, "outside", tolerance)
    pictures = [p.span for p in timeline.pieces]
    heard = intersect(pictures, timeline.sound)
    if _near(heard, at, tolerance):
        return None
    if _near(pictures, at, tolerance):
        unknown = any(r.sound_unknown for r in view.present if moves(r))
        return "sound_unknown" if unknown else _remark(view, moment, "silent", tolerance)
    judged = next((j for j in view.ledger if j.gap.start <= at < j.gap.end), None)
    if judged is not None and judged.excused:
        return _remark(view, moment, "in_interruption", tolerance)
    if timeline.unplaced:
        return "no_clock"
    gap = next((g for g in timeline.gaps if g.start <= at < g.end), None)
    if gap is not None and not gap.certain:
        return "clock_uncertainty"
    return _remark(view, moment, "missed", tolerance)


def _near(spans: Iterable[Span], at: datetime, tolerance: float) -> bool:
    return any(start <= at <= end for start, end in (widen(s, tolerance) for s in spans))


def _remark(view: CaseView, moment: KeyMoment, fact: str, tolerance: float) -> Remark:
    photos = sum(
        r.kind == "photo"
        and r.placement is not None
        and abs((r.placement.start - moment.at).total_seconds()) <= tolerance
        for r in view.present
    )
    params = values(moment=moment.kind, when=view.clock(moment.at), photos=photos)
    evidence = (
        Evidence(Source.PAPERWORK, "at", view.clock(moment.at)),
        Evidence(Source.CAMERA_CLOCK, "photos", photos),
    )
    return Remark(fact, moment.at, None, None, params, evidence)

"""One device's files on a day: how they join, and whether numbers are missing (Art. 13, 15)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from itertools import groupby, pairwise

from engine.findings import Evidence, Source
from engine.rules.cases.coverage import no_overlap, side_clocks
from engine.rules.cases.record import RecordFacts
from engine.rules.cases.timeline import SAME_CLOCK_S, Gap, Piece, placed
from engine.rules.cases.view import Answer, CaseView, Limits, Remark, clear, nothing, unexaminable, values


def joins(view: CaseView, limits: Limits) -> Answer:
    """Whether files that a device split by itself follow without loss, and none overlaps the next."""
    timeline = view.timeline
    if timeline is None:
        return unexaminable("times_contradict")
    lost = [j.gap for j in view.ledger if j.rollover and not j.remarks and not j.excused and not j.open]
    remarks = [_rollover(view, gap, limits) for gap in lost]
    by_device = groupby(
        sorted(timeline.pieces, key=lambda p: (p.record.device or "", p.start)), key=lambda p: p.record.device
    )
    files = 0
    for device, found in by_device:
        pieces = list(found)
        files += len(pieces)
        if device is not None:
            remarks += _overlaps(view, pieces, limits)
    if not files:
        return unexaminable("no_clock") if timeline.unplaced else no_overlap(view)
    return clear("joined", *remarks, files=files)


def _rollover(view: CaseView, gap: Gap, limits: Limits) -> Remark:
    source = side_clocks(gap)
    params = values(
        seconds=round(gap.seconds, 3),
        before=gap.left.record.path if gap.left else None,
        after=gap.right.record.path if gap.right else None,
        limit_s=limits["join_tolerance_s"],
    )
    evidence = (
        Evidence(source, "gap_s", round(gap.seconds, 3), limits["join_tolerance_s"]),
        Evidence(source, "clock_uncertainty_s", round(gap.uncertainty_s, 3)),
    )
    file = gap.right.record.path if gap.right else None
    return Remark("rollover_loss", view.local(gap.start), view.local(gap.end), file, params, evidence)


def _overlaps(view: CaseView, pieces: list[Piece], limits: Limits) -> list[Remark]:
    """Files of one device that show the same time: it cannot have written both.

    A shorter overlap is left to how devices record: many keep the half minute before the button was
    pressed, and some begin a file before they have ended the one before.
    """
    allowed = max(limits["coverage_tolerance_s"], limits["join_tolerance_s"] + SAME_CLOCK_S)
    remarks = list[Remark]()
    last = pieces[0]
    for piece in pieces[1:]:
        length = (min(last.end, piece.end) - piece.start).total_seconds()
        one, other = last.record, piece.record
        copies = one.blake3 is not None and one.blake3 == other.blake3
        if one is not other and not copies and _one_clock(one, other) and length > allowed:
            params = values(seconds=round(length, 3), before=one.path, after=other.path, device=one.device)
            evidence = (Evidence(Source.CAMERA_CLOCK, "overlap_s", round(length, 3), allowed),)
            until = view.local(min(last.end, piece.end))
            remarks.append(Remark("overlap", view.local(piece.start), until, other.path, params, evidence))
        last = max(last, piece, key=lambda p: p.end)
    return remarks


def _one_clock(one: RecordFacts, other: RecordFacts) -> bool:
    """Whether one clock places both; what the paperwork declares is none, and often to the minute."""
    places = one.placement, other.placement
    return places[0] is not None and places[1] is not None and places[0].basis == places[1].basis != "declared"


def selective(view: CaseView, limits: Limits) -> Answer:
    """Whether numbers are missing among a device's files of one day."""
    groups = defaultdict[tuple[str, date], list[RecordFacts]](list)
    for record in view.present:
        if record.device is not None and record.day is not None and record.sequence is not None:
            groups[record.device, record.day].append(record)
    if not groups:
        return unexaminable("no_numbers") if view.present else nothing(view)
    remarks = [remark for key, records in groups.items() for remark in _holes(view, key, records, limits)]
    return clear("no_hole", *remarks, files=sum(map(len, groups.values())))


def _holes(view: CaseView, key: tuple[str, date], records: list[RecordFacts], limits: Limits) -> list[Remark]:
    """Holes after each of this case's files of one device and day, up to the next number that there is."""
    own = {r.sequence: r for r in records if r.sequence is not None}
    numbers = sorted({*own, *view.surroundings.sequences.get(key, ())})
    remarks = list[Remark]()
    for one, other in pairwise(numbers):
        if other == one + 1 or one not in own:
            continue
        before, after = own[one], own.get(other)
        fact, gap_s = _beside(before, after, limits)
        params = values(
            device=key[0],
            day=key[1].isoformat(),
            numbers=str(one + 1) if other == one + 2 else f"{one + 1}–{other - 1}",
            count=other - one - 1,
            before=before.path,
            after=None if after is None else after.path,
            seconds=gap_s,
        )
        evidence = (
            Evidence(Source.CONTAINER, "missing_numbers", other - one - 1, 0),
            Evidence(Source.CAMERA_CLOCK, "gap_s", gap_s, limits["join_tolerance_s"]),
        )
        at = before.placement.end if before.placement is not None else None
        until = after.placement.start if after is not None and after.placement is not None else None
        if at is not None and until is not None and until < at:
            at, until = until, at
        remarks.append(Remark(fact, _local(view, at), _local(view, until), before.path, params, evidence))
    return remarks


def _beside(before: RecordFacts, after: RecordFacts | None, limits: Limits) -> tuple[str, float | None]:
    """What a hole stands beside, and the seconds between the files at its sides. Between photos nothing breaks off."""
    if before.kind == "photo" and (after is None or after.kind == "photo"):
        return "hole_photos", None
    if after is None:
        return "hole_between_cases", None
    one, other = placed(before), placed(after)
    if one is None or other is None:
        return "hole_unplaced", None
    gap = (other.start - one.end).total_seconds()
    allowed = max(limits["join_tolerance_s"], SAME_CLOCK_S if one.basis == other.basis else 0.0)
    return ("hole_joined" if gap <= allowed else "hole_at_break"), round(gap, 3)


def _local(view: CaseView, moment: datetime | None) -> datetime | None:
    return None if moment is None else view.local(moment)

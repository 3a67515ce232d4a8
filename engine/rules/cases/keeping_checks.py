"""Whether records were exported and backed up in time, filed, and kept (Art. 19, 20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.findings import Evidence, Source
from engine.rules.cases.manifest import PermanentClass, first_instant
from engine.rules.cases.record import RecordFacts
from engine.rules.cases.result import Keeping
from engine.rules.cases.retention import Terms, deleted_early, filing_state, keeping_of, shortest_term
from engine.rules.cases.timeline import utc
from engine.rules.cases.view import Answer, CaseView, Limits, Remark, clear, nothing, unexaminable, values

NO_EXTENSION = frozenset({PermanentClass.CONFLICT, PermanentClass.SUDDEN_OR_MASS})
"""Art. 19 knows no extension where disputes, conflicts or emergencies arose."""


@dataclass(frozen=True, slots=True)
class Due:
    """When a recording must be exported.

    `extension`: ``none``, ``granted``, ``dispute`` (there can be none), ``approved_late``. `certain`
    False: it counts days whose holidays are not announced. `plain`: the deadline without an extension.
    """

    at: datetime
    extension: str
    certain: bool
    plain: datetime


def export_due(view: CaseView, record: RecordFacts | None, limits: Limits) -> Due:
    """The deadline of one recording, or of a case's export where there is none.

    It runs from the end of the activity or of the recording, whichever is later.
    """
    ends = [utc(view.case.end)]
    if record is not None and record.placement is not None:
        ends.append(utc(record.placement.end))
    base = max(ends)
    plain = base + timedelta(hours=limits["export_hours"])
    asked = view.case.export_extension
    if asked is None:
        return Due(plain, "none", True, plain)
    if view.case.dispute or NO_EXTENSION & set(view.case.permanent):
        return Due(plain, "dispute", True, plain)
    if first_instant(asked.approved, view.case.end) > plain:
        return Due(plain, "approved_late", True, plain)
    longer = view.days.deadline(view.local(base), int(limits["export_working_days"]))
    return Due(max(plain, utc(longer.at)), "granted", longer.certain, plain)


def export(view: CaseView, limits: Limits) -> Answer:
    """Whether each recording was exported in time, by what is declared and by its proof."""
    listed = [r for r in view.present if r.listed is not None]
    if not listed:
        return unexaminable("nothing_listed") if view.present else nothing(view)
    remarks, unknown, pending = list[Remark](), "", 0
    for record in listed:
        due = export_due(view, record, limits)
        found, why = _exported(view, record, due, limits)
        remarks += found
        unknown = unknown or why
        pending += why == "" and record.listed is not None and record.listed.imported is None
    if unknown:
        return unexaminable(unknown, *remarks)
    return clear("not_due" if pending else "in_time", *remarks, files=len(listed))


def _exported(view: CaseView, record: RecordFacts, due: Due, limits: Limits) -> tuple[list[Remark], str]:
    """What is wrong with one recording's export, and why it cannot be said, if so."""
    imported = record.listed.imported if record.listed is not None else None
    sealed_at = record.proof.sealed_at if record.proof is not None else None
    if imported is None:
        known = view.as_of < due.at or (sealed_at is not None and sealed_at <= due.at)
        return [], "" if known else "import_not_stated"
    remarks, place = list[Remark](), record.placement
    if imported > view.as_of:
        remarks.append(_export_remark(view, record, "import_in_future", due, view.as_of, imported))
    if place is not None and utc(imported) + timedelta(seconds=place.uncertainty_s) < utc(place.end):
        remarks.append(_export_remark(view, record, "import_before_end", due, place.end, imported))
    if due.extension == "granted" and utc(imported) > due.plain:
        remarks += _own_consent(view, record, due, imported, limits)
    if imported > due.at:
        if not due.certain:
            return remarks, "calendar_unknown"
        remarks.append(_export_remark(view, record, "late", due, due.at, imported))
    elif sealed_at is not None and sealed_at > due.at:
        remarks.append(_export_remark(view, record, "sealed_late", due, due.at, sealed_at))
    return remarks, ""


def _own_consent(view: CaseView, record: RecordFacts, due: Due, imported: datetime, limits: Limits) -> list[Remark]:
    """Consent to a later export by somebody who is an officer of the case."""
    asked = view.case.export_extension
    if asked is None or asked.approved_by not in view.case.officers:
        return []
    params = values(when=view.clock(imported), approved_by=asked.approved_by, limit_h=limits["export_hours"])
    evidence = (
        Evidence(Source.PAPERWORK, "approved_by", asked.approved_by),
        Evidence(Source.PAPERWORK, "imported", view.clock(imported), view.clock(due.plain)),
    )
    return [Remark("own_consent", view.local(imported), None, record.path, params, evidence)]


def _export_remark(
    view: CaseView, record: RecordFacts, fact: str, due: Due, limit: datetime, moment: datetime
) -> Remark:
    source = Source.SEAL if fact == "sealed_late" else Source.PAPERWORK
    name = "sealed" if fact == "sealed_late" else "imported"
    params = values(
        when=view.clock(moment),
        limit=view.clock(limit),
        hours=round(abs((moment - limit).total_seconds()) / 3600, 2),
        extension=due.extension,
    )
    evidence = (
        Evidence(source, name, view.clock(moment), view.clock(limit)),
        Evidence(Source.PAPERWORK, "extension", due.extension),
    )
    return Remark(fact, view.local(moment), None, record.path, params, evidence)


def backup(view: CaseView, limits: Limits) -> Answer:
    """Whether each listed recording has a backup that is equal to it."""
    listed = [r for r in view.present if r.listed is not None]
    if not listed:
        return unexaminable("nothing_listed") if view.present else nothing(view)
    remarks, unreadable, pending = list[Remark](), 0, 0
    for record in listed:
        state = record.backup.state
        if state == "unreadable":
            unreadable += 1
        elif state in ("none_declared", "missing"):
            if state == "none_declared" and view.as_of < export_due(view, record, limits).at:
                pending += 1
            else:
                remarks.append(_backup_remark(record, "none_declared" if state == "none_declared" else "not_there"))
        elif state == "differs":
            remarks.append(_backup_remark(record, "differs"))
        elif record.backup.weak:
            remarks.append(_backup_remark(record, "weak"))
    if unreadable:
        return unexaminable("backup_unreadable", *remarks, files=unreadable)
    return clear("not_due" if pending else "backed_up", *remarks, files=len(listed))


def _backup_remark(record: RecordFacts, fact: str) -> Remark:
    named = record.listed.backup if record.listed is not None else None
    params = values(
        backup=named, weak=record.backup.weak[0] if record.backup.weak else None, detail=record.backup.detail or None
    )
    evidence = (
        Evidence(Source.PAPERWORK, "backup", named),
        Evidence(Source.CONTAINER, "state", record.backup.state, "equal"),
    )
    return Remark(fact, None, None, record.path, params, evidence)


def terms_of(limits: Limits) -> Terms:
    """The pack's terms of keeping."""
    return Terms(int(limits["retention_years"]), int(limits["filing_days"]))


def last_recorded(view: CaseView) -> datetime | None:
    """End of the last recording that a clock places."""
    return max((r.placement.end for r in view.present if r.placement is not None), default=None)


def keeping(view: CaseView, limits: Limits) -> Keeping:
    """How long the case is kept."""
    return keeping_of(view.case, last_recorded(view), view.case.end.tzinfo, terms_of(limits))


def filing(view: CaseView, limits: Limits) -> Answer:
    """Whether a closed case of licence, penalty or coercion went into its case file in time."""
    kept = keeping(view, limits)
    today = view.local(view.as_of).date()
    to_come = view.case.filed is not None and view.case.filed > today
    state = filing_state(kept, view.case.model_copy(update={"filed": None}) if to_come else view.case, today)
    if state not in ("overdue", "filed_late"):
        return clear(f"filing_{state}", file_by=kept.file_by.isoformat() if kept.file_by else None)
    fact = "not_filed" if state == "overdue" else "filed_late"
    filed = view.case.filed.isoformat() if view.case.filed is not None else None
    file_by = kept.file_by.isoformat() if kept.file_by is not None else None
    closed = view.case.closed.isoformat() if view.case.closed is not None else None
    evidence = (Evidence(Source.PAPERWORK, "filed", filed, file_by),)
    params = values(filed=filed, file_by=file_by, closed=closed)
    return clear(f"filing_{state}", Remark(fact, params=params, evidence=evidence))


def lapsed(view: CaseView, limits: Limits) -> bool:
    """Whether recordings were listed and all of them are gone, each after its term; a pack without terms knows none."""
    if not view.records or view.present or not {"retention_years", "filing_days"} <= set(limits):
        return False
    return _early(view, limits) is False


def _early(view: CaseView, limits: Limits) -> bool | None:
    """Whether what is gone of a case is gone before its term; None where nobody can tell."""
    terms = terms_of(limits)
    shortest = shortest_term(view.case, last_recorded(view), view.case.end.tzinfo, terms)
    return deleted_early(keeping(view, limits), shortest, view.local(view.as_of).date())


def kept(view: CaseView, limits: Limits) -> Answer:
    """Whether each listed recording is still there, or may be gone."""
    gone = [r for r in view.records if r.listed is not None and not r.present]
    if not gone:
        return clear("all_there", files=len(view.records))
    term, early = keeping(view, limits), _early(view, limits)
    if early is None:
        return unexaminable("term_unknown", files=len(gone))
    if not early:
        return clear("may_be_gone", files=len(gone))
    until = term.until.isoformat() if term.until is not None else None
    evidence = (Evidence(Source.PAPERWORK, "kept_until", until), Evidence(Source.PAPERWORK, "class", term.reason))
    remarks = (
        Remark("gone", None, None, r.path, values(until=until, term=term.reason, why=r.why_not or None), evidence)
        for r in gone
    )
    return clear("all_there", *remarks)

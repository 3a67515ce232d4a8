"""Which activities must be recorded, whether anything was, and whether an exemption holds (Art. 8, 9, 25)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from difflib import get_close_matches
from typing import Final

from engine.findings import Evidence, Source
from engine.rules.calendar import Deadline
from engine.rules.cases.keeping_checks import export_due
from engine.rules.cases.manifest import Exemption
from engine.rules.cases.view import Answer, CaseView, Limits, Remark, clear, unexaminable, values

A_SLIP: Final = 0.75
"""Likeness from which a name is taken for another one written wrong: one character of four."""


def items(view: CaseView, limits: Limits) -> Answer:
    """Whether the activity is one of those that must be recorded; one that is not is never silently exempt."""
    if view.required:
        return clear("on_list")
    evidence = (Evidence(Source.PAPERWORK, "activity", view.case.activity),)
    meant = _meant(view.case.activity, view.items)
    params = values(activity=view.case.activity, meant=meant)
    fact = "not_on_list" if meant is None else "nearly_on_list"
    return clear("not_on_list", Remark(fact, params=params, evidence=evidence))


def _meant(activity: str, items: Sequence[str]) -> str | None:
    """The listed activity that a name holds, or from which it differs by a slip of the pen; None if there is none."""
    held = max((i for i in items if i in activity), key=len, default=None)
    return held or next(iter(get_close_matches(activity, items, n=1, cutoff=A_SLIP)), None)


def recorded(view: CaseView, limits: Limits) -> Answer:
    """Whether a listed activity has any recording, or a signed exemption."""
    if view.present:
        kinds = {r.kind for r in view.present}
        only = "photos_only" if kinds == {"photo"} else "sound_only" if "video" not in kinds else "recorded"
        return clear(only, files=len(view.present))
    if not view.required:
        return clear("not_required")
    if view.case.exemptions:
        return clear("exempt")
    if view.lapsed:
        return clear("may_be_gone", files=len(view.records))
    signing = exemption_due(view, limits)
    due = max(export_due(view, None, limits).at, signing.at)
    if view.as_of < due:
        return unexaminable("not_due", due=view.clock(due))
    if not signing.certain:
        return unexaminable("calendar_unknown", due=view.clock(due))
    evidence = (Evidence(Source.PAPERWORK, "recordings", len(view.present), 1),)
    params = values(activity=view.case.activity, due=view.clock(due), listed=len(view.records))
    remark = Remark("nothing_recorded", view.case.start, view.case.end, params=params, evidence=evidence)
    return clear("nothing_recorded", remark)


def exemptions(view: CaseView, limits: Limits) -> Answer:
    """Whether an exemption was signed after the activity, in time, and by somebody else."""
    if not view.case.exemptions:
        return clear("none_claimed")
    wrong = [(item, _fault(view, item, limits)) for item in view.case.exemptions]
    if any(fault is None for _, fault in wrong):
        return clear("exemption_holds")
    known = [(item, fault) for item, fault in wrong if fault not in (None, "calendar_unknown")]
    remarks = [_remark(view, item, str(fault), limits) for item, fault in known]
    return unexaminable("calendar_unknown") if len(known) < len(wrong) else clear("exemption_faulty", *remarks)


def exemption_due(view: CaseView, limits: Limits) -> Deadline:
    """When an exemption must have been signed."""
    return view.days.deadline(view.case.end, int(limits["exemption_days"]))


def _day(view: CaseView, moment: datetime | date) -> date:
    return view.local(moment).date() if isinstance(moment, datetime) else moment


def _fault(view: CaseView, item: Exemption, limits: Limits) -> str | None:
    """What is wrong with an exemption. A date without a time is that whole day."""
    approved, ended = item.approved, view.case.end
    if approved < ended if isinstance(approved, datetime) else approved < view.local(ended).date():
        return "before_end"
    if _day(view, approved) > _day(view, view.as_of):
        return "in_future"
    due = exemption_due(view, limits)
    if not due.kept_by(approved):
        return "too_late" if due.certain else "calendar_unknown"
    return "own_officer" if item.approved_by in view.case.officers else None


def _remark(view: CaseView, item: Exemption, fault: str, limits: Limits) -> Remark:
    approved = view.clock(item.approved) if isinstance(item.approved, datetime) else item.approved.isoformat()
    deadline = exemption_due(view, limits).last_day.isoformat()
    params = values(
        approved=approved,
        approved_by=item.approved_by,
        reason=item.reason,
        ended=view.clock(view.case.end),
        deadline=deadline,
        days=int(limits["exemption_days"]),
    )
    evidence = (
        Evidence(Source.PAPERWORK, "approved", approved, deadline),
        Evidence(Source.PAPERWORK, "approved_by", item.approved_by),
    )
    at = item.approved if isinstance(item.approved, datetime) else None
    return Remark(fault, at, params=params, evidence=evidence)

"""Which activities must be recorded, whether anything was, and whether an exemption holds (Art. 8, 9, 25)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from engine.findings import Evidence, Source
from engine.rules.cases.manifest import Exemption
from engine.rules.cases.view import Answer, CaseView, Limits, Remark, clear, unexaminable, values


def items(view: CaseView, limits: Limits) -> Answer:
    """Whether the activity is one of those that must be recorded; one that is not is never silently exempt."""
    if view.required:
        return clear("on_list")
    evidence = (Evidence(Source.PAPERWORK, "activity", view.case.activity),)
    params = values(activity=view.case.activity)
    return clear("not_on_list", Remark("not_on_list", params=params, evidence=evidence))


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
    due = max(_export_end(view, limits), exemption_deadline(view, limits))
    if view.local(view.as_of).date() <= due:
        return unexaminable("not_due", due=due.isoformat())
    evidence = (Evidence(Source.PAPERWORK, "recordings", len(view.present), 1),)
    params = values(activity=view.case.activity, due=due.isoformat(), listed=len(view.records))
    remark = Remark("nothing_recorded", view.case.start, view.case.end, params=params, evidence=evidence)
    return clear("nothing_recorded", remark)


def exemptions(view: CaseView, limits: Limits) -> Answer:
    """Whether an exemption was signed after the activity, in time, and by somebody else."""
    if not view.case.exemptions:
        return clear("none_claimed")
    wrong = [(item, _fault(view, item, limits)) for item in view.case.exemptions]
    if any(fault is None for _, fault in wrong):
        return clear("exemption_holds")
    return clear("exemption_faulty", *(_remark(view, item, fault, limits) for item, fault in wrong if fault))


def exemption_deadline(view: CaseView, limits: Limits) -> date:
    """The last day on which an exemption may be signed."""
    return view.days.add(view.local(view.case.end).date(), int(limits["exemption_days"]))


def _export_end(view: CaseView, limits: Limits) -> date:
    return (view.local(view.case.end) + timedelta(hours=limits["export_hours"])).date()


def _day(view: CaseView, moment: datetime | date) -> date:
    return view.local(moment).date() if isinstance(moment, datetime) else moment


def _fault(view: CaseView, item: Exemption, limits: Limits) -> str | None:
    """What is wrong with an exemption. A date without a time is that whole day."""
    approved, ended = item.approved, view.case.end
    if approved < ended if isinstance(approved, datetime) else approved < view.local(ended).date():
        return "before_end"
    if _day(view, approved) > _day(view, view.as_of):
        return "in_future"
    if _day(view, approved) > exemption_deadline(view, limits):
        return "too_late"
    return "own_officer" if item.approved_by in view.case.officers else None


def _remark(view: CaseView, item: Exemption, fault: str, limits: Limits) -> Remark:
    approved = view.clock(item.approved) if isinstance(item.approved, datetime) else item.approved.isoformat()
    deadline = exemption_deadline(view, limits).isoformat()
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

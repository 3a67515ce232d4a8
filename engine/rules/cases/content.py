"""What was found in the files themselves, their proofs, and the access register (Art. 15, 19, 21, 22)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.findings import Evidence, Finding, Kind, Level, Severity, Source
from engine.rules.cases.intervals import meets, subtract
from engine.rules.cases.record import RecordFacts
from engine.rules.cases.timeline import instant, lost_spans, moves
from engine.rules.cases.view import Answer, Carried, CaseView, Limits, Remark, clear, nothing, unexaminable, values

EXCUSABLE: frozenset[str] = frozenset({Kind.GAP, Kind.CLOCK_JUMP, Kind.AUDIO_GAP})
"""Kinds that a recorder which stopped and went on leaves behind; an explained interruption explains them.
It never explains that something was deleted, inserted or edited."""


def content(view: CaseView, limits: Limits) -> Answer:
    """Whether anything was found in the files: deleted, inserted, edited, cut off."""
    carried = tuple(c for r in view.present for c in _carried(view, r))
    failed = [r for r in view.present if not r.examined]
    if failed:
        return unexaminable(
            "file_not_examinable", *carried, file=failed[0].path, why=failed[0].why_not, files=len(failed)
        )
    if not view.present:
        return nothing(view)
    return clear("files_whole", *carried, files=len(view.present))


def _carried(view: CaseView, record: RecordFacts) -> Iterable[Carried]:
    for finding in record.findings:
        if finding.severity <= Severity.NOTICE or _told_elsewhere(record, finding):
            continue
        excuse = _excuse(view, record, finding)
        severity = Severity.NOTICE if excuse else finding.severity
        start = None if finding.start_s is None else instant(record, finding.start_s)
        end = None if finding.end_s is None else instant(record, finding.end_s)
        at, until = (None if t is None else view.local(t) for t in (start, end))
        params = {**finding.params, "in_case": excuse} if excuse else finding.params
        settles = "explained_break" if excuse else "look_at_place"
        yield Carried(replace(finding, file=record.path, at=at, until=until, params=params), severity, settles)


def _told_elsewhere(record: RecordFacts, finding: Finding) -> bool:
    """Whether a check of its own says the same of the recording."""
    if finding.kind == Kind.AUDIO_MISSING:
        return moves(record) and not record.has_sound
    return finding.kind == Kind.TAMPERED and record.proof is not None and record.proof.status == "NOT_OK"


def _excuse(view: CaseView, record: RecordFacts, finding: Finding) -> str:
    """Why a break inside a file weighs nothing in its case, if so."""
    span = lost_spans(record).get(finding.id)
    if span is None or finding.kind not in EXCUSABLE or finding.impossible or view.timeline is None:
        return ""
    judged = view.interruption_in(span)
    if judged is not None and not judged.open:
        return "excused" if judged.excused else "judged_as_interruption" if judged.remarks else ""
    near = (p for p in view.timeline.pieces if meets(p.span, span))
    others = [p.span for p in near if p.record is not record]
    return "covered_by_other" if not subtract((span,), others) else ""


def tampered(view: CaseView, limits: Limits) -> Answer:
    """Whether files fit their proofs."""
    remarks = list[Remark]()
    for record in view.present:
        proof = record.proof
        if proof is None or proof.status not in ("NOT_OK", "OK_WITH_MISSING_INFO"):
            continue
        fact = "not_ok" if proof.status == "NOT_OK" else "missing_info"
        level = None if fact == "missing_info" else Level.E5 if proof.anchored else Level.E4
        evidence = (Evidence(Source.SEAL, "verification", proof.status, "OK"),)
        params = values(detail=proof.detail or None, sealed=view.clock(proof.sealed_at) if proof.sealed_at else None)
        remarks.append(Remark(fact, None, None, record.path, params, evidence, level))
    verified = sum(r.proof is not None and r.proof.status != "NOT_SEALED" for r in view.present)
    if not view.present:
        return nothing(view)
    if not verified:
        return unexaminable("not_sealed", *remarks)
    return clear("proofs_fit", *remarks, files=verified)


def sealed(view: CaseView, limits: Limits) -> Answer:
    """Whether files of devices that must be sealed or signed are."""
    remarks, unknown, asked = list[Remark](), 0, 0
    for record in view.present:
        device = view.devices.get(record.device or "")
        if device is None or device.sealed == "optional":
            continue
        asked += 1
        proof = record.proof
        if proof is None:
            unknown += 1
            continue
        fact = "unsealed" if proof.status == "NOT_SEALED" else "unsigned" if device.sealed == "signed" else None
        if fact is None or (fact == "unsigned" and is_trusted(proof.signature)):
            continue
        evidence = (
            Evidence(Source.SEAL, "signature", proof.signature),
            Evidence(Source.PAPERWORK, "sealed", device.sealed),
        )
        params = values(device=device.serial, signature=proof.signature)
        remarks.append(Remark(fact, None, None, record.path, params, evidence))
    if unknown:
        return unexaminable("not_verified", *remarks, files=unknown)
    return clear("sealed_as_required" if asked else "none_required", *remarks, files=asked)


def is_trusted(signature: str) -> bool:
    """Whether one of the signatures that `verify` names is trusted."""
    return any(part.strip().startswith("trusted") for part in signature.split(";"))


def access(view: CaseView, limits: Limits) -> Answer:
    """Whether the access register has anything against this case."""
    problems = view.surroundings.access
    if problems is None:
        return unexaminable("no_access_register")
    remarks = (
        Remark(
            p.problem,
            p.at,
            None,
            p.path,
            values(detail=p.detail or None, when=view.clock(p.at) if p.at else None),
            (Evidence(Source.PAPERWORK, "register", p.problem),),
            about=p.detail,
        )
        for p in problems
    )
    return clear("access_in_order", *remarks)

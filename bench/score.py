"""Scores findings against ground truth, event by event.

A finding **hits** a local event if its kind is accepted, its severity is at least the event's own,
it overlaps the event's interval widened by 0.2 s on both sides, and it does not reach more than a
further 0.5 s out of that. Events of scope ``file`` are hit by an accepted kind anywhere. A **lenient
hit** needs the place only and any finding above notice. A **false alarm** is a finding above notice
that is of no allowed kind and lies at no event (0.5 s instead of 0.2 s) and not in side damage;
findings of one kind that touch within 0.5 s are one alarm. What cannot be examined counts as missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

TOLERANCE_S = 0.2
MARGIN_S = 0.5
EDGE_S = 1e-6
"""A finding on the very edge of the tolerance is inside."""
VISIBLE_STEP = 2.0
RANK: Mapping[str, int] = {"notice": 0, "suspicion": 1, "violation": 2}

Record = Mapping[str, Any]
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class EventScore:
    """What became of one true event."""

    hit: bool
    lenient: bool
    group: str
    step: float | None
    frames_off: int | None
    examinable: bool


@dataclass(frozen=True, slots=True)
class FileScore:
    """What became of one file."""

    id: str
    op: str
    negative: bool
    duration_s: float
    verdict: str | None
    events: tuple[EventScore, ...]
    false_alarms: int
    false_kinds: tuple[str, ...]
    flagged: bool
    """A finding above notice of a kind that is not allowed, wherever it lies."""


def interval(finding: Record) -> Span | None:
    """Start and end of a finding, seconds, in order; None where it names no place."""
    known = [float(t) for t in (finding.get("start_s"), finding.get("end_s")) if t is not None]
    return (min(known), max(known)) if known else None


def fits(span: Span, found: Span | None, near: float) -> bool:
    """Whether `found` overlaps `span` widened by `near`, and stays within a further margin."""
    if found is None:
        return False
    near += EDGE_S
    low, high = span[0] - near, span[1] + near
    return found[0] <= high and found[1] >= low and found[0] >= low - MARGIN_S and found[1] <= high + MARGIN_S


def spans(event: Record) -> list[Span]:
    """Every interval that is right for `event`."""
    return [(event["start_s"], event["end_s"]), *((a, b) for a, b in event.get("also") or ())]


def rank(finding: Record) -> int:
    """Severity as a number; unknown words are notices."""
    return RANK.get(str(finding.get("severity")), 0)


def at_event(event: Record, finding: Record) -> bool:
    """Whether `finding` is at the place of `event`."""
    if event.get("scope") == "file":
        return finding["kind"] in event["kinds"]
    return any(fits(s, interval(finding), TOLERANCE_S) for s in spans(event))


def frames_off(event: Record, finding: Record) -> int | None:
    """Frames between the reported and the true interval: its worse end, or the nearer boundary."""
    if event.get("scope") == "file" or finding.get("start_frame") is None:
        return None
    a, b, x = int(event["start_frame"]), int(event["end_frame"]), int(finding["start_frame"])
    y = x if finding.get("end_frame") is None else int(finding["end_frame"])
    return min(max(abs(x - a), abs(y - b)), *(max(abs(x - e), abs(y - e)) for e in (a, b)))


def examinable(event: Record, examined: Iterable[Record]) -> bool:
    """Whether any question about a kind of `event` could be answered at its place."""
    for answer in examined:
        if answer["question"] in event["kinds"] and float(answer.get("seconds", 0)) > 0:
            middle = (event["start_s"] + event["end_s"]) / 2
            holes = answer.get("not_examinable") or ()
            if not any(h["start_s"] <= middle <= h["end_s"] for h in holes):
                return True
    return False


def alarms(findings: Sequence[Record]) -> int:
    """Distinct alarms: one kind at one place counts once."""
    count = 0
    for kind in {f["kind"] for f in findings}:
        reach: float | None = None
        for start, end in sorted(interval(f) or (-np.inf, np.inf) for f in findings if f["kind"] == kind):
            fresh = reach is None or start > reach + MARGIN_S
            count += fresh
            reach = end if fresh or reach is None else max(reach, end)
    return count


def _event(event: Record, findings: Sequence[Record], verdict: str | None, examined: Sequence[Record]) -> EventScore:
    least = RANK[event.get("min_severity", "suspicion")]
    right = [f for f in findings if f["kind"] in event["kinds"] and rank(f) >= least and at_event(event, f)]
    hit = bool(right) or (verdict is not None and verdict in (event.get("verdicts") or ()))
    lenient = hit or any(rank(f) >= 1 and at_event(event, f) for f in findings)
    off = [e for e in (frames_off(event, f) for f in right) if e is not None]
    group, step = event.get("group", "content"), event.get("step")
    return EventScore(hit, lenient, group, step, min(off, default=None), examinable(event, examined))


def score_file(truth: Record, report: Record | None) -> FileScore:
    """Score one file; a file without a report has no findings."""
    report = report or {}
    findings, verdict = list(report.get("findings") or ()), report.get("verdict")
    events = tuple(_event(e, findings, verdict, report.get("examined") or ()) for e in truth["expect"])
    allowed = set(truth.get("allow") or ())
    local = [e for e in truth["expect"] if e.get("scope") != "file"]
    places = [s for e in local for s in spans(e)] + [(a, b) for a, b in truth.get("ripple") or ()]
    anywhere = {k for e in truth["expect"] if e.get("scope") == "file" for k in e["kinds"]}
    loud = [f for f in findings if rank(f) >= 1 and f["kind"] not in allowed]
    false = [
        f for f in loud if f["kind"] not in anywhere and not any(fits(p, interval(f), MARGIN_S) for p in places)
    ]  # fmt: skip
    return FileScore(
        truth["id"], truth["op"], bool(truth.get("negative")), float(truth.get("duration_s") or 0), verdict, events,
        alarms(false), tuple(sorted({f["kind"] for f in false})), bool(loud),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over files. Rates are None where nothing was to be counted."""

    files: int
    events: int
    hits: int
    lenient: int
    false_alarms: int
    hours: float
    off_median: float | None
    off_p95: float | None

    @property
    def precision(self) -> float | None:
        return self.hits / (self.hits + self.false_alarms) if self.hits + self.false_alarms else None

    @property
    def recall(self) -> float | None:
        return self.hits / self.events if self.events else None

    @property
    def f1(self) -> float:
        p, r = self.precision, self.recall
        return 2 * p * r / (p + r) if p and r else 0.0

    @property
    def alarms_per_hour(self) -> float | None:
        return self.false_alarms / self.hours if self.hours else None


def total(files: Sequence[FileScore], groups: Iterable[str] = ("content", "trace", "damage")) -> Totals:
    """Sums over `files`, counting events of `groups`."""
    wanted = set(groups)
    events = [e for f in files for e in f.events if e.group in wanted]
    off = [e.frames_off for e in events if e.frames_off is not None]
    return Totals(
        len(files), len(events), sum(e.hit for e in events), sum(e.lenient for e in events),
        sum(f.false_alarms for f in files), sum(f.duration_s for f in files) / 3600,
        float(np.median(off)) if off else None, float(np.percentile(off, 95)) if off else None,
    )  # fmt: skip


def share(hits: Sequence[bool]) -> float | None:
    """Share of True; None of nothing."""
    return sum(hits) / len(hits) if hits else None


def score(truths: Iterable[Record], reports: Mapping[str, Record]) -> list[FileScore]:
    """Score every file of `truths`; `reports` maps a file's name to its entry in the report."""
    return [score_file(t, reports.get(t["file"])) for t in truths]

"""A case's time axis as shapes for a template: paperwork, a lane for each device, coverage. No drawing here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from engine.report.cases_words import CaseWords, span_text
from engine.report.summary import ORDER
from engine.report.terminal import safe
from engine.rules.cases.result import CaseReport, Coverage, Lane, Span

LEFT: Final = 150.0
"""Units before the axis, for names."""
WIDTH: Final = 780.0
"""Units of the axis itself."""
LANE: Final = 30.0
BAR: Final = 14.0
TOP: Final = 26.0
MARGIN: Final = 0.04
"""Share of the activity that the axis shows before and after it."""
AROUND: Final = timedelta(minutes=10)
"""Recordings that begin or end this close to the activity, or within its own length, stretch the axis."""
LEAST: Final = 1.5
"""Units that the smallest shape has: a break of a second must be seen on an axis of hours."""
MOST_LANES: Final = 24
"""Devices with a row of their own; a row says how many more there are."""
MOST_TICKS: Final = 7
STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Seconds between ticks."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle on a lane, with what a pointer over it says."""

    x: float
    width: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """One lane: a name, its bars, and what does not fit on the axis."""

    name: str
    y: float
    bars: tuple[Bar, ...]
    marks: tuple[Bar, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Axis:
    """All shapes of one case. Units are those of the SVG's view box."""

    width: float
    height: float
    left: float
    right: float
    bar: float
    ticks: tuple[tuple[float, str], ...]
    rows: tuple[Row, ...]
    moments: tuple[Bar, ...]
    required: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Scale:
    start: datetime
    end: datetime

    def x(self, time: datetime) -> float:
        share = (time - self.start) / (self.end - self.start)
        return round(LEFT + WIDTH * min(max(share, 0.0), 1.0), 2)

    def shows(self, span: Span) -> bool:
        return span[1] >= self.start and span[0] <= self.end

    def bar(self, span: Span, kind: str, title: str) -> Bar:
        a, b = self.x(span[0]), self.x(span[1])
        wide = max(b - a, LEAST)
        return Bar(round(min(a, LEFT + WIDTH - wide), 2), round(wide, 2), kind, title)


def axis_of(case: CaseReport, words: CaseWords) -> Axis | None:
    """The time axis of a case; None where its paperwork gives no interval."""
    coverage = case.coverage
    if coverage is None or coverage.required[0] >= coverage.required[1]:
        return None
    scale = _scale(coverage.required, case.lanes)
    rows = [_paperwork(case, scale, words), *_device_rows(case.lanes, scale, words)]
    rows.append(_coverage_row(coverage, scale, words))
    placed = tuple(Row(r.name, TOP + n * LANE, r.bars, r.marks, r.note) for n, r in enumerate(rows))
    return Axis(
        width=LEFT + WIDTH + 20,
        height=TOP + len(rows) * LANE + 4,
        left=LEFT,
        right=LEFT + WIDTH,
        bar=BAR,
        ticks=tuple(_ticks(scale)),
        rows=placed,
        moments=tuple(_moments(case, scale, words)),
        required=(scale.x(coverage.required[0]), scale.x(coverage.required[1])),
    )


def _scale(required: Span, lanes: Iterable[Lane]) -> _Scale:
    start, end = required
    near = max(AROUND, end - start)
    low, high = start - near, end + near
    inside = [s for lane in lanes if (s := lane.span) is not None and s[1] >= low and s[0] <= high]
    first = min([start, *(max(s[0], low) for s in inside)])
    last = max([end, *(min(s[1], high) for s in inside)])
    margin = (last - first) * MARGIN
    return _Scale(first - margin, last + margin)


def _ticks(scale: _Scale) -> Iterable[tuple[float, str]]:
    length = (scale.end - scale.start).total_seconds()
    step = next((s for s in STEPS if length / s <= MOST_TICKS), STEPS[-1])
    midnight = scale.start.replace(hour=0, minute=0, second=0, microsecond=0)
    number = -(-(scale.start - midnight).total_seconds() // step)
    form = "%H:%M:%S" if step % 60 else "%H:%M"
    while (time := midnight + timedelta(seconds=number * step)) <= scale.end:
        yield scale.x(time), f"{time:{form}}" if step < 86400 else f"{time:%m-%d}"
        number += max(1, length // (step * MOST_TICKS * 2))


def _paperwork(case: CaseReport, scale: _Scale, words: CaseWords) -> Row:
    assert case.coverage is not None
    required = case.coverage.required
    declared = []
    for entry in case.paperwork.get("interruptions", ()):
        span = _declared_span(entry, required)
        if span is not None:
            reason = words.texts.get("interruption_reason", str(entry.get("reason")))
            declared.append(scale.bar(span, "declared", words.say("declared", reason=reason, span=span_text(*span))))
    bar = scale.bar(required, "required", span_text(*required))
    return Row(words.say("lane_paperwork"), 0.0, (bar,), tuple(declared))


def _declared_span(entry: Mapping[str, Any], required: Span) -> Span | None:
    """When a declared interruption was; one without an end lasts until the end of the activity."""
    start, end = _aware(entry.get("start")), _aware(entry.get("end"))
    if start is None:
        return None
    return start, max(required[1], start) if end is None else end


def _aware(value: object) -> datetime | None:
    """A time of the paperwork; None where it is none, or has no offset."""
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return time if time.utcoffset() is not None else None


def _device_rows(lanes: Sequence[Lane], scale: _Scale, words: CaseWords) -> list[Row]:
    devices: defaultdict[str, list[Lane]] = defaultdict(list)
    for lane in lanes:
        devices[lane.device or ""].append(lane)
    names = sorted(devices, key=lambda d: (not d, d))
    rows = [_device_row(safe(d), devices[d], scale, words) for d in names[:MOST_LANES]]
    if len(names) > MOST_LANES:
        rows.append(Row(words.say("more_devices", count=len(names) - MOST_LANES), 0.0, ()))
    return rows


def _device_row(device: str, lanes: Sequence[Lane], scale: _Scale, words: CaseWords) -> Row:
    shown = sorted((lane for lane in lanes if _on(lane, scale)), key=_placed)
    off = [lane for lane in lanes if not _on(lane, scale)]
    breaks = [
        scale.bar(span, "break", words.say("key_break") + words.texts.ui("colon") + span_text(*span))
        for lane in shown
        for span in lane.breaks
    ]
    return Row(
        device or words.say("lane_unknown"),
        0.0,
        tuple(_recordings(shown, scale, words)),
        tuple(_merged(breaks)),
        _note(off, lanes, words),
    )


def _on(lane: Lane, scale: _Scale) -> bool:
    return lane.span is not None and scale.shows(lane.span)


def _placed(lane: Lane) -> Span:
    """When a lane is, of one that some clock places."""
    assert lane.span is not None
    return lane.span


def _recordings(lanes: Sequence[Lane], scale: _Scale, words: CaseWords) -> Iterable[Bar]:
    """Bars of recordings; neighbours that cannot be told apart on the axis are one bar."""
    group: list[Lane] = []
    for lane in lanes:
        if group and not _indistinct(group, lane, scale):
            yield _group_bar(group, scale, words)
            group = []
        group.append(lane)
    if group:
        yield _group_bar(group, scale, words)


def _indistinct(group: Sequence[Lane], lane: Lane, scale: _Scale) -> bool:
    last, span = group[-1], _placed(lane)
    narrow = scale.x(span[1]) - scale.x(span[0]) < 3 * LEAST
    touching = scale.x(span[0]) - scale.x(_placed(last)[1]) < LEAST / 2
    return narrow and touching and lane.verdict is last.verdict and lane.kind == last.kind


def _group_bar(group: Sequence[Lane], scale: _Scale, words: CaseWords) -> Bar:
    spans = [_placed(lane) for lane in group]
    span = spans[0][0], max(s[1] for s in spans)
    worst = min((lane.verdict for lane in group), key=ORDER.index)
    kind = f"{worst.value} {group[0].kind}"
    if len(group) > 1:
        return scale.bar(span, kind, words.say("bar_many", count=len(group), span=span_text(*span)))
    lane = group[0]
    title = words.say("bar", path=safe(lane.path), span=span_text(*span))
    verdict = words.texts.get("verdict", lane.verdict.value)
    basis = words.texts.get("clock_basis", lane.basis) if lane.basis else ""
    return scale.bar(span, kind, "\n".join(p for p in (title, verdict, basis) if p))


def _merged(bars: Iterable[Bar]) -> Iterable[Bar]:
    """Bars in order of place; of those that would lie on one spot only the first."""
    last: Bar | None = None
    for bar in sorted(bars, key=lambda b: b.x):
        if last is None or bar.x + bar.width > last.x + last.width + 0.2:
            yield bar
            last = bar


def _note(off: Sequence[Lane], lanes: Sequence[Lane], words: CaseWords) -> str:
    notes = []
    placed = sorted(lane.span[0] for lane in off if lane.span is not None)
    if placed:
        what = span_text(placed[0], placed[-1])
        notes.append(words.say("lane_off", what=what))
    unplaced = sum(lane.span is None for lane in off)
    if unplaced:
        notes.append(words.say("lane_unplaced", count=unplaced))
    imports = sorted(lane.imported for lane in lanes if lane.imported is not None)
    if imports:
        notes.append(words.say("lane_imported", when=f"{imports[-1]:%Y-%m-%d %H:%M}"))
    return words.texts.ui("sentence_break").join(notes)


def _coverage_row(coverage: Coverage, scale: _Scale, words: CaseWords) -> Row:
    excused, uncertain = set(coverage.excused), set(coverage.uncertain)
    bars = [scale.bar(s, "covered", span_text(*s)) for s in coverage.covered]
    marks = [scale.bar(s, "silent", words.say("key_silent")) for s in coverage.silent]
    bare = [s for s in coverage.uncovered if s not in excused and s not in uncertain]
    bars += [scale.bar(s, "uncovered", words.say("break_uncovered", span=span_text(*s))) for s in bare]
    bars += [scale.bar(s, "excused", words.say("break_excused", span=span_text(*s))) for s in coverage.excused]
    bars += [scale.bar(s, "uncertain", words.say("break_uncertain", span=span_text(*s))) for s in coverage.uncertain]
    return Row(words.say("lane_coverage"), 0.0, tuple(bars), tuple(marks))


def _moments(case: CaseReport, scale: _Scale, words: CaseWords) -> Iterable[Bar]:
    for entry in case.paperwork.get("moments", ()):
        at = _aware(entry.get("at"))
        if at is not None and scale.shows((at, at)):
            kind = safe(str(entry.get("kind", "")))
            yield Bar(scale.x(at), 0.0, "moment", f"{words.texts.get('moment', kind)} {at:%H:%M:%S}")

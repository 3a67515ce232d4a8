"""Where a case's recordings lie on one time axis, and what they leave open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from engine.rules.cases.intervals import clip, intersect, subtract, union
from engine.rules.cases.record import Break, Placement, RecordFacts
from engine.rules.cases.result import Span

SAME_CLOCK_S = 2.0
"""Two readings of one clock of one device: its offset cancels, what is left is that each reading is
to the second."""


YEARS = range(1900, 2200)
"""Years in which a clock can be said to tell a time; others (a field full of zeros or nines) tell none."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one recording without a break, in UTC."""

    start: datetime
    end: datetime
    record: RecordFacts

    @property
    def span(self) -> Span:
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch that no recording shows, with the pieces at its sides.

    `left` None: nothing was recorded before it; `right` None: nothing afterwards. `uncertainty_s`:
    half-width of its length, from the clocks at its sides.
    """

    start: datetime
    end: datetime
    left: Piece | None
    right: Piece | None
    uncertainty_s: float

    @property
    def span(self) -> Span:
        return self.start, self.end

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()

    @property
    def inside(self) -> bool:
        """Whether recording went on afterwards and had begun before."""
        return self.left is not None and self.right is not None

    @property
    def certain(self) -> bool:
        """Whether the gap is longer than the clocks can err."""
        return self.seconds > self.uncertainty_s

    @property
    def devices(self) -> frozenset[str]:
        sides = (p.record.device for p in (self.left, self.right) if p is not None)
        return frozenset(d for d in sides if d)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A case's recordings against the interval of its paperwork, in UTC.

    Parameters
    ----------
    required
        Start and end by the paperwork.
    pieces
        Moving pictures, of all devices, sorted.
    sound
        Stretches with sound, of any device, united.
    gaps
        What the pictures leave open of `required`.
    audible
        From where to where each file with sound reaches.
    unplaced
        Recordings of pictures or sound that no clock places, or that could not be examined: they
        might lie anywhere.
    """

    required: Span
    pieces: tuple[Piece, ...]
    sound: tuple[Span, ...]
    gaps: tuple[Gap, ...]
    audible: tuple[tuple[Span, RecordFacts], ...]
    unplaced: tuple[RecordFacts, ...]

    @property
    def picture(self) -> tuple[Span, ...]:
        """Stretches of `required` with pictures."""
        return clip((p.span for p in self.pieces), self.required)

    @property
    def silent(self) -> tuple[Span, ...]:
        """Stretches with pictures, but without sound of any device."""
        return subtract(self.picture, self.sound)

    @property
    def sound_only(self) -> tuple[Span, ...]:
        """Stretches with sound, but without pictures."""
        return intersect((g.span for g in self.gaps), self.sound)


def utc(moment: datetime) -> datetime:
    """The same instant in UTC."""
    return moment.astimezone(UTC)


def with_sane_clocks(record: RecordFacts) -> RecordFacts:
    """The record without clocks that tell no time; the best of the others places it."""
    clocks = tuple(c for c in record.clocks if _tells(c))
    best = record.placement
    if best is not None and not _tells(best):
        best = clocks[0] if clocks else None
    if best is record.placement and len(clocks) == len(record.clocks):
        return record
    return replace(record, clocks=clocks, placement=best)


def _tells(place: Placement) -> bool:
    return place.start.year in YEARS and place.end.year in YEARS and place.start <= place.end


def placed(record: RecordFacts) -> Placement | None:
    """Where a recording lies, if it is there and can be relied on."""
    return record.placement if record.present and record.examined else None


def moves(record: RecordFacts) -> bool:
    """Whether a file holds moving pictures. A photo is an instant and covers nothing of an activity."""
    return record.kind == "video" and record.has_picture


def build(required: Span, records: Sequence[RecordFacts]) -> Timeline:
    """The time axis of a case.

    Parameters
    ----------
    required
        Start and end by the paperwork, aware, start before end.
    records
        All recordings of the case, in any order.
    """
    window = utc(required[0]), utc(required[1])
    pieces = sorted((p for r in records if moves(r) for p in pieces_of(r)), key=lambda p: (p.start, p.end))
    heard = [(pieces_of(r), r) for r in records if r.has_sound and r.kind != "photo"]
    sound = union(p.span for found, _ in heard for p in found)
    audible = tuple(((found[0].start, found[-1].end), r) for found, r in heard if found)
    unplaced = tuple(r for r in records if r.present and r.kind != "photo" and placed(r) is None)
    return Timeline(window, tuple(pieces), sound, gaps(window, pieces), audible, unplaced)


def pieces_of(record: RecordFacts) -> tuple[Piece, ...]:
    """The unbroken stretches of a recording; none where no clock places it.

    Where time is missing at a break, what follows lies later by what the file's own timeline does
    not show of it.
    """
    place = placed(record)
    if place is None:
        return ()
    start, length = utc(place.start), max(record.duration_s, 0.0)
    if not length:
        length = (utc(place.end) - start).total_seconds()
    runs = _runs(record, length)
    found = (Piece(_after(start, a + shift), _after(start, b + shift), record) for a, b, shift in runs)
    return tuple(p for p in found if p.start < p.end)


def in_utc(record: RecordFacts, spans: Iterable[tuple[float, float]]) -> tuple[Span, ...]:
    """Stretches of a recording's presentation on the time axis; none where no clock places it."""
    place = placed(record)
    if place is None:
        return ()
    start, asked = utc(place.start), list(spans)
    return tuple(
        (_after(start, max(a, first) + shift), _after(start, min(b, last) + shift))
        for first, last, shift in _runs(record, float("inf"))
        for a, b in asked
        if max(a, first) < min(b, last)
    )


def instant(record: RecordFacts, seconds: float) -> datetime | None:
    """A presentation time on the time axis; what a break lost before it counts."""
    place = placed(record)
    if place is None:
        return None
    shift = next(s for _, last, s in _runs(record, float("inf")) if seconds <= last)
    return _after(utc(place.start), seconds + shift)


def _runs(record: RecordFacts, length: float) -> list[tuple[float, float, float]]:
    """(start, end, shift): unbroken stretches of the presentation, and how much later they lie than it says."""
    runs, at, shift = list[tuple[float, float, float]](), 0.0, 0.0
    for stop, lost in _stops(record):
        runs.append((at, stop.start_s, shift))
        at, shift = stop.end_s, shift + lost - (stop.end_s - stop.start_s)
    return [*runs, (at, max(length, at), shift)]


def lost_spans(record: RecordFacts) -> dict[str, Span]:
    """Finding -> the stretch that a recording lost at its break, in UTC; breaks that lost nothing have none."""
    place = placed(record)
    if place is None:
        return {}
    start, shift, spans = utc(place.start), 0.0, dict[str, Span]()
    for stop, lost in _stops(record):
        begin = stop.start_s + shift
        spans[stop.finding] = _after(start, begin), _after(start, begin + lost)
        shift += lost - (stop.end_s - stop.start_s)
    return spans


def _stops(record: RecordFacts) -> list[tuple[Break, float]]:
    """Breaks at which time was lost, in order, with the seconds; one inside another counts once."""
    found, at = list[tuple[Break, float]](), 0.0
    for stop in sorted(record.breaks, key=lambda b: (b.start_s, b.end_s)):
        shown = stop.end_s - stop.start_s
        lost = shown if stop.lost_s is None else max(stop.lost_s, 0.0)
        if lost > 0 and shown >= 0 and stop.start_s >= at:
            found.append((stop, lost))
            at = stop.end_s
    return found


def gaps(window: Span, pieces: Iterable[Piece]) -> tuple[Gap, ...]:
    """What sorted `pieces` leave open of a window, in UTC."""
    found = list[Gap]()
    at: datetime = window[0]
    left: Piece | None = None
    for piece in pieces:
        if piece.end <= window[0]:
            continue
        if piece.start >= window[1]:
            break
        if piece.start > at:
            found.append(Gap(at, piece.start, left, piece, _uncertainty(left, piece)))
        if piece.end > at:
            at, left = piece.end, piece
    if at < window[1]:
        found.append(Gap(at, window[1], left, None, _uncertainty(left, None)))
    return tuple(found)


def _uncertainty(left: Piece | None, right: Piece | None) -> float:
    """How far the length of a gap between two pieces may be off, in seconds."""
    sides = [p.record.placement for p in (left, right) if p is not None]
    total = sum(place.uncertainty_s for place in sides if place is not None)
    if left is None or right is None:
        return total
    if left.record is right.record:
        return 0.0
    one, other = left.record.placement, right.record.placement
    same_device = left.record.device is not None and left.record.device == right.record.device
    same_clock = one is not None and other is not None and one.basis == other.basis != "declared"
    if same_device and same_clock:
        return min(total, SAME_CLOCK_S)
    return total


def _after(start: datetime, seconds: float) -> datetime:
    return start + timedelta(seconds=seconds)

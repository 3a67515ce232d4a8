"""Losses and joins in a transport stream's own packets.

What it finds
    Each packet of a stream carries a counter of four bits, and the multiplexer writes its clock a few times
    a second. Where the counters of several streams skip at one place, or the clock leaps or falls back
    unannounced, packets were cut out or another file goes on (kind ``splice``); where one stream's counter
    skips, packets of it are missing (kind ``gap``), at least as many as are told, modulo 16.
Looks like it but is not
    Discontinuities that the stream announces, duplicates of one packet (which the standard allows) and bytes
    between packets are notices. Reception over the air or a network loses packets again and again: from
    `habit` places on there is one notice for the file.
Limits
    Whoever lets a program write the stream anew, or cuts sixteen packets of each stream at once, leaves
    nothing here. Places are those of the units of the examined stream around the packet.
Source
    ISO/IEC 13818-1, 2.4.3.3 (continuity_counter), 2.4.3.5 (discontinuity_indicator), 2.7.2 (frequency of
    the program clock reference).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.detectors.contract import Detector, Proposal
from engine.detectors.units import Units, units_of
from engine.features.tables import Features
from engine.findings import Evidence, Examined, Finding, Kind, Level, Severity, Source
from engine.media.transport import MAX_EVENTS, EventKind, TransportEvent, TransportFacts

NAME = "transport"
BREAKS = ("lost", "clock_jump")
TOLD: tuple[EventKind, ...] = ("signalled", "duplicate", "unsynchronised", "damaged")


@dataclass(frozen=True, slots=True)
class TransportOptions:
    """Thresholds of `transport`."""

    together_packets: int = 2_000
    """Events of several streams this close, packets (at 8 Mb/s 0.4 s), are about one place ..."""
    together_units: int = 13
    """... or within so many units of the examined stream."""
    habit: int = 6
    """Places from which loss is this reception's habit."""


@dataclass(frozen=True, slots=True)
class Break:
    """Events about one place.

    Parameters
    ----------
    lost
        Lost packets, at least.
    pids
        Streams whose counter skips.
    steps
        Steps of program clocks, seconds.
    unit
        Units of the examined stream that began before it.
    """

    lost: int
    pids: frozenset[int]
    steps: tuple[float, ...]
    unit: int

    @property
    def joined(self) -> bool:
        """Whether the whole multiplex breaks, not one stream of it."""
        return len(self.pids) > 1 or bool(self.steps)


def propose(features: Features, options: TransportOptions) -> Proposal:
    """Findings for breaks, or one notice where they are a habit; notices for what the stream says itself."""
    facts = features.coded.transport if features.coded is not None else None
    if facts is None:
        return Proposal()
    breaks = breaks_of(facts, options)
    units = units_of(features)
    found = [*_loud(breaks, facts, units, options), *_told(facts)]
    examined = (Examined("splice", "container", units.end_s),) if len(units.seconds) else ()
    return Proposal(tuple(found), examined=examined)


def breaks_of(facts: TransportFacts, options: TransportOptions) -> list[Break]:
    """Lost packets and leaps of the clock, by place."""
    groups: list[list[TransportEvent]] = []
    for event in facts.events:
        if event.kind not in BREAKS:
            continue
        last = groups[-1][-1] if groups else None
        near = last is not None and (
            event.packet - last.packet <= options.together_packets or event.unit - last.unit <= options.together_units
        )
        # a second break of one stream is another place
        if near and (event.pid, event.kind) not in {(e.pid, e.kind) for e in groups[-1]}:
            groups[-1].append(event)
        else:
            groups.append([event])
    return [_break(group) for group in groups]


def _break(group: Sequence[TransportEvent]) -> Break:
    lost = [e for e in group if e.kind == "lost"]
    steps = tuple(e.step_s for e in group if e.kind == "clock_jump")
    return Break(sum(e.count for e in lost), frozenset(e.pid for e in lost), steps, group[0].unit)


def _loud(
    breaks: Sequence[Break],
    facts: TransportFacts,
    units: Units,
    options: TransportOptions,
) -> Iterator[Finding]:
    if not breaks:
        return
    cut_short = facts.count("lost") + facts.count("clock_jump") > len(facts.events) and len(facts.events) == MAX_EVENTS
    if len(breaks) >= options.habit or cut_short:
        lost = sum(b.lost for b in breaks)
        evidence = (
            Evidence(Source.CONTAINER, "lost_packets", lost, 0),
            Evidence(Source.CONTAINER, "places", len(breaks), options.habit),
        )
        yield _notice("transport_habit", len(breaks), lost, evidence)
        return
    yield from (_finding(b, facts, units) for b in breaks)


def _finding(broken: Break, facts: TransportFacts, units: Units) -> Finding:
    frame = _frame_after(broken.unit, facts, units)
    before = None if frame is None else frame - 1
    start, end = (None, None) if frame is None else units.between(frame)
    step = min(broken.steps, key=lambda s: (s >= 0, -abs(s))) if broken.steps else None
    evidence = [Evidence(Source.CONTAINER, "lost_packets", broken.lost, 0)] if broken.pids else []
    evidence += [Evidence(Source.CONTAINER, "streams_broken", len(broken.pids), 1)] if broken.pids else []
    evidence += [Evidence(Source.CONTAINER, "clock_step_s", s, 1.0) for s in broken.steps]
    return Finding(
        kind=Kind.SPLICE if broken.joined else Kind.GAP,
        severity=Severity.SUSPICION,
        level=Level.E1,
        stream="container",
        start_s=start,
        end_s=end,
        start_frame=before,
        end_frame=frame,
        score=0.9 if broken.joined else 0.7,
        template="transport_clock" if step is not None else "transport_lost",
        params={"lost": broken.lost, "streams": len(broken.pids), "step_s": step},
        evidence=tuple(evidence),
        detector=NAME,
    )


def _frame_after(unit: int, facts: TransportFacts, units: Units) -> int | None:
    """The first shown picture from a unit on; units and packets may not be the same in number."""
    count = len(units.number)
    if len(units.seconds) < 2 or not count:
        return None
    scale = count / facts.units if facts.units else 1.0
    # what is lost belongs to the unit that was under way
    at = min(max(round(unit * scale) - 1, 0), count - 1)
    frame = units.first_shown(at)
    return len(units.seconds) - 1 if frame is None else frame


def _told(facts: TransportFacts) -> Iterator[Finding]:
    """What the stream itself says, or what standard and practice allow."""
    for kind in TOLD:
        count = facts.count(kind)
        if count:
            total = sum(e.count for e in facts.events if e.kind == kind)
            evidence = (Evidence(Source.CONTAINER, kind, count),)
            yield _notice(f"transport_{kind}", count, total, evidence)


def _notice(template: str, count: int, total: int, evidence: tuple[Evidence, ...]) -> Finding:
    return Finding(
        kind=Kind.GAP if template != "transport_duplicate" else Kind.DUPLICATION,
        severity=Severity.NOTICE,
        level=Level.E1,
        stream="container",
        start_s=None,
        end_s=None,
        score=0.2,
        template=template,
        params={"count": count, "total": total},
        evidence=evidence,
        detector=NAME,
    )


DETECTOR = Detector(NAME, "stable", TransportOptions(), propose, None, __doc__ or "")
"""Counters and clocks of transport streams: pure, on what `engine.media.transport` read."""

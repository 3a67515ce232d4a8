"""What a clock panel says about a whole file: an offset, a rate, a clock that was never set. Notices only.

Steps are findings of their own place and come from detectors (`screen_clock`, `telemetry_clock`). Whether a device
was set rightly is judged where its register is known, in an audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from engine.detectors.telemetry_clock import shown
from engine.findings import Evidence, Finding, Kind, Level, Severity, Source, Value
from engine.rules.clocks import ClockLine, ClockPanel

DETECTOR: Final = "clock_panel"
TOLERANCE_S: Final = 5.0
"""Seconds beside the clocks' own uncertainties by which they may be apart."""
ALARM_PPM: Final = 500.0
"""No quartz runs so wrong, at any temperature: those of devices keep 20 to 100 ppm."""
SURE: Final = 3.0
"""How many times its uncertainty a rate must be."""
STATED_TWICE: Final = frozenset({"container", "quicktime"})
"""Dates that a container states side by side: what they say of each other is `edit_trace`'s."""


def panel_findings(panel: ClockPanel, others: Iterable[Finding] = ()) -> tuple[Finding, ...]:
    """Notices about the file's clocks, one of each kind at most.

    Parameters
    ----------
    panel
        The file's clocks.
    others
        What is said already: a rate that the clock in the picture shows is not said twice.
    """
    said = {f.template for f in others}
    found = [next(_unset(panel), None), _apart(panel)]
    if "screen_clock_rate" not in said:
        found.append(_rate(panel))
    return tuple(f for f in found if f is not None)


def _unset(panel: ClockPanel) -> Iterator[Finding]:
    for line in panel.lines:
        if "unset" in line.notes:
            evidence = (Evidence(line.source, line.clock, shown(line.time)),)
            yield _notice("clock_unset", line, Level.E1, {"clock": line.clock, "shown": shown(line.time)}, evidence)


def _apart(panel: ClockPanel) -> Finding | None:
    """The clock that is furthest from the reference, if that is too far."""
    reference = next((line for line in panel.lines if line.clock == panel.reference), None)
    if reference is None:
        return None
    far = [line for line in panel.lines if line.plausible and _excess(line) > 0 and not _stated_twice(line, reference)]
    if not far:
        return None
    line = max(far, key=lambda found: (_excess(found), found.clock))
    assert line.offset_s is not None
    level = Level.E3 if line.source is not reference.source else Level.E1
    allowed = round(TOLERANCE_S + line.offset_s.width, 3)
    evidence = (
        Evidence(line.source, line.clock, shown(line.time)),
        Evidence(reference.source, reference.clock, shown(reference.time)),
        Evidence(line.source, "offset_s", round(line.offset_s.value, 3), allowed),
    )
    params: dict[str, Value] = {
        "clock": line.clock,
        "offset_s": round(line.offset_s.value, 3),
        "reference": reference.clock,
    }
    return _notice("clock_apart", line, level, params, evidence)


def _excess(line: ClockLine) -> float:
    return -1.0 if line.offset_s is None else abs(line.offset_s.value) - line.offset_s.width - TOLERANCE_S


def _stated_twice(one: ClockLine, other: ClockLine) -> bool:
    return {one.clock, other.clock} <= STATED_TWICE


def _rate(panel: ClockPanel) -> Finding | None:
    rates = ((line, line.rate_ppm) for line in panel.lines)
    wrong = ((line, r) for line, r in rates if r is not None and abs(r.value) > max(ALARM_PPM, SURE * r.width))
    first = next(wrong, None)
    if first is None:
        return None
    line, rate = first
    ppm, width = round(rate.value, 1), round(rate.width, 1)
    evidence = (
        Evidence(line.source, "rate_ppm", ppm, ALARM_PPM),
        Evidence(line.source, "rate_uncertainty_ppm", width),
    )
    return _notice("clock_rate", line, Level.E3, {"clock": line.clock, "ppm": ppm, "width": width}, evidence)


def _notice(
    template: str, line: ClockLine, level: Level, params: Mapping[str, Value], evidence: tuple[Evidence, ...]
) -> Finding:
    return Finding(
        kind=Kind.CLOCK_OFFSET,
        severity=Severity.NOTICE,
        level=level,
        stream="video" if line.source is not Source.GPS and line.clock == "on_screen" else "container",
        start_s=None,
        end_s=None,
        score=0.9,
        template=template,
        params=params,
        evidence=evidence,
        detector=DETECTOR,
    )

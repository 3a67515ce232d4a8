"""The clock panel: every clock that a recording carries, on the one axis of its presentation.

A pure function of readings. Each clock is fitted by itself (`engine.detectors.clockfit`), then held against the best
one: satellite time where there is any, else the clock of the file that is known most exactly. Clocks of one
oscillator (file name, container, EXIF, the clock in the picture) are one witness and are told apart only by what
they show. Offsets of a clock whose zone is not known are what is left after whole quarters of an hour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.detectors.clockfit import ClockFit, ClockStep, Measured, fit
from engine.findings import Source

DAY_S: Final = 86_400.0
QUARTER_S: Final = 900.0
"""All zones in use lie at whole quarters of an hour from UTC (IANA time zone database)."""
ZONES_S: Final = (-12 * 3600.0, 14 * 3600.0)
UNSET_DAYS: Final = frozenset({"1904-01-01", "1970-01-01", "1980-01-01", "1980-01-06", "2000-01-01", "2001-01-01"})
"""Days at which clocks begin that were never set: the epochs of MP4, Unix, FAT, GPS, and firmware defaults."""
FIRST_YEAR: Final = 1995
"""Earlier than any camera that writes the files of today."""
MOST_VAGUE_PPM: Final = 5_000.0
"""A rate that is known less exactly is none."""
MOST_STEPS: Final = 20
_Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ClockSeries:
    """What one clock showed.

    Parameters
    ----------
    clock
        Which: a name of the texts' section ``clock_basis``.
    source
        The oscillator behind it.
    seconds
        (N,) presentation seconds of the readings, first picture 0; N >= 1.
    times
        (N,) what it showed, seconds since 1970 by its own zone; without a date, seconds since midnight, days
        counted on.
    uncertainty_s
        Half-width of a single reading, with what is not known of the moment that it belongs to.
    zone_s
        Seconds east of UTC; None where the clock does not say.
    dated
        Whether it shows a date.
    """

    clock: str
    source: Source
    seconds: _Times
    times: _Times
    uncertainty_s: float
    zone_s: float | None = None
    dated: bool = True


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One clock of the panel.

    Parameters
    ----------
    clock, source, readings, dated
        See `ClockSeries`.
    at_s
        Presentation second of its first reading, and what it showed there: `time`, seconds as in the series.
    uncertainty_s
        Half-width of a reading.
    zone_s, zone_assumed
        Seconds east of UTC, and whether they follow only from the comparison with another clock.
    offset_s
        This clock minus the reference at the same moment; None where there is none to compare with.
    fit
        Rate, steps and stops.
    notes
        ``unset``: shows a day at which clocks begin. ``implausible``: a year before such files.
    """

    clock: str
    source: Source
    at_s: float
    time: float
    uncertainty_s: float
    readings: int
    dated: bool
    zone_s: float | None
    zone_assumed: bool
    offset_s: Measured | None
    fit: ClockFit
    notes: tuple[str, ...] = ()

    @property
    def plausible(self) -> bool:
        """Whether it can be a clock that was set."""
        return not self.notes

    @property
    def rate_ppm(self) -> Measured | None:
        """Its rate, where the readings tell one at all."""
        rate = self.fit.rate_ppm
        return rate if rate is not None and rate.width <= MOST_VAGUE_PPM else None


@dataclass(frozen=True, slots=True)
class ClockPanel:
    """All clocks of one recording.

    Parameters
    ----------
    lines
        Best first.
    reference
        The clock that offsets are against; None where there is only one.
    independent
        Whether the reference has another oscillator than the camera's.
    start
        The clock that tells best when the first picture was taken; None without a dated one.
    """

    lines: tuple[ClockLine, ...] = ()
    reference: str | None = None
    independent: bool = False
    start: ClockLine | None = None

    @property
    def sources(self) -> frozenset[Source]:
        """The independent oscillators among the clocks."""
        return frozenset(line.source for line in self.lines)


def panel(series: Sequence[ClockSeries]) -> ClockPanel:
    """Hold all clocks of one recording against the best of them.

    Parameters
    ----------
    series
        In any order; clocks without a reading are left out.
    """
    fitted = [(s, fit(s.seconds, s.times, s.uncertainty_s)) for s in series if len(s.seconds)]
    fitted.sort(key=lambda item: _worth(item[0]))
    best = next(((s, f) for s, f in fitted if s.dated and not _notes(s)), None)
    lines = tuple(_line(s, f, best) for s, f in fitted)
    start = next((line for line in lines if line.dated and line.plausible), None)
    if best is None or len(fitted) < 2:
        return ClockPanel(lines, None, False, start)
    return ClockPanel(lines, best[0].clock, best[0].source is not Source.CAMERA_CLOCK, start)


def start_of(line: ClockLine) -> tuple[float, float]:
    """What a clock showed at the first picture, in its own zone, and half-width of that; seconds."""
    return line.time - line.at_s, line.uncertainty_s


def _worth(series: ClockSeries) -> tuple[bool, bool, bool, float, str]:
    """Order of clocks: satellites, then those that show a date, then the more exact."""
    unset = bool(_notes(series))
    return unset, series.source is not Source.GPS, not series.dated, series.uncertainty_s, series.clock


def _line(series: ClockSeries, fitted: ClockFit, best: tuple[ClockSeries, ClockFit] | None) -> ClockLine:
    offset = zone = None
    if best is not None and best[0] is not series:
        apart, zone = _against(series, fitted, *best)
        offset = Measured(apart, series.uncertainty_s + best[0].uncertainty_s)
    first = int(np.argmin(series.seconds))
    return ClockLine(
        clock=series.clock,
        source=series.source,
        at_s=float(series.seconds[first]),
        time=float(series.times[first]),
        uncertainty_s=series.uncertainty_s,
        readings=len(series.seconds),
        dated=series.dated,
        zone_s=series.zone_s if series.zone_s is not None else zone,
        zone_assumed=series.zone_s is None and zone is not None,
        offset_s=offset,
        fit=fitted,
        notes=_notes(series),
    )


def _against(
    series: ClockSeries, fitted: ClockFit, best: ClockSeries, best_fit: ClockFit
) -> tuple[float, float | None]:
    """Offset from the best clock, and the zone that this one then has, where neither says so itself."""
    apart = fitted.ahead_s - best_fit.ahead_s
    if not series.dated:
        apart = _within(apart, DAY_S)
    if series.zone_s is not None and best.zone_s is not None:
        return apart - (series.zone_s - best.zone_s), None
    rest = _within(apart, QUARTER_S)
    shift = apart - rest
    if not series.dated:  # a day more or less does not show
        return rest, None if best.zone_s is None else _zone(shift + best.zone_s, folded=True)
    if best.zone_s is None:
        same_zone = shift == 0 or not ZONES_S[0] <= shift <= ZONES_S[1]
        return (apart, None) if same_zone else (rest, None)
    zone = _zone(shift + best.zone_s, folded=False)
    return (apart, None) if zone is None else (rest, zone)


def _within(value: float, period: float) -> float:
    """`value` less whole periods, nearest to zero."""
    return value - round(value / period) * period


def _zone(seconds: float, folded: bool) -> float | None:
    """A difference as a zone, if zones reach so far."""
    if folded and seconds > ZONES_S[1]:
        seconds -= DAY_S
    if folded and seconds < ZONES_S[0]:
        seconds += DAY_S
    return seconds if ZONES_S[0] <= seconds <= ZONES_S[1] else None


def _notes(series: ClockSeries) -> tuple[str, ...]:
    if not series.dated:
        return ()
    day = moment(float(series.times[0]))
    if day[:10] in UNSET_DAYS:
        return ("unset",)
    return ("implausible",) if day[:1] == "-" or day[:4] < str(FIRST_YEAR) else ()


# ---- as JSON ----------------------------------------------------------------------------------


def plain_panel(found: ClockPanel, sound_ppm: Measured | None = None) -> dict[str, Any]:
    """The panel as the report has it, with the rate of the sound's samples; empty where there is no clock."""
    heard = sound_ppm if sound_ppm is not None and sound_ppm.width <= MOST_VAGUE_PPM else None
    if not found.lines and heard is None:
        return {}
    start = None
    if found.start is not None:
        time, width = start_of(found.start)
        start = {
            "clock": found.start.clock,
            "time": moment(time),
            "zone_s": found.start.zone_s,
            "uncertainty_s": round(width, 3),
        }
    return {
        "clocks": [_plain_line(line) for line in found.lines],
        "reference": found.reference,
        "independent": found.independent,
        "sources": sorted(source.value for source in found.sources),
        "start": start,
        "sound_rate_ppm": None if heard is None else _plain(heard, 1),
    }


def _plain_line(line: ClockLine) -> dict[str, Any]:
    return {
        "clock": line.clock,
        "source": line.source.value,
        "at_s": round(line.at_s, 6),
        "time": moment(line.time) if line.dated else moment(line.time)[11:],
        "dated": line.dated,
        "zone_s": line.zone_s,
        "zone_assumed": line.zone_assumed,
        "readings": line.readings,
        "uncertainty_s": round(line.uncertainty_s, 3),
        "offset_s": None if line.offset_s is None else _plain(line.offset_s, 3),
        "rate_ppm": None if line.rate_ppm is None else _plain(line.rate_ppm, 1),
        "steps": [_plain_step(s) for s in line.fit.steps[:MOST_STEPS]],
        "stuck": [{"start_s": round(a, 6), "end_s": round(b, 6)} for a, b in line.fit.stuck[:MOST_STEPS]],
        "notes": list(line.notes),
    }


def _plain_step(step: ClockStep) -> Mapping[str, Any]:
    return {"start_s": round(step.from_s, 6), "end_s": round(step.to_s, 6), "jump_s": round(step.jump_s, 3)}


def _plain(measured: Measured, digits: int) -> dict[str, float]:
    return {"value": round(measured.value, digits) + 0.0, "uncertainty": round(measured.width, digits)}


def moment(time: float) -> str:
    """Seconds since 1970 as ISO 8601 without a zone, to the millisecond where there are parts of a second.

    Examples
    --------
    >>> moment(1700000000.0), moment(0.25), moment(-9e12)
    ('2023-11-14T22:13:20', '1970-01-01T00:00:00.250', '-9e+12')
    """
    if not -6e10 < time < 2.5e11:
        return f"{time:g}"
    part = "milliseconds" if round(time, 3) % 1 else "seconds"
    return datetime.fromtimestamp(round(time, 3), UTC).replace(tzinfo=None).isoformat("T", part)

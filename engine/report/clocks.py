"""The clock panel in words: a row a clock for the page, a line a clock for the terminal. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.report.texts import Texts, clock

COLUMNS: Final = (
    "clock",
    "clock_shows",
    "clock_zone",
    "clock_uncertainty",
    "clock_offset",
    "clock_rate",
    "clock_remarks",
)
"""Texts of the columns of `rows`."""


def rows(panel: Mapping[str, Any], texts: Texts) -> list[tuple[str, ...]]:
    """A row a clock, by `COLUMNS`; the sound's samples stand last. Empty where there is no clock."""
    found = [_row(line, panel, texts) for line in panel.get("clocks", ())]
    heard = panel.get("sound_rate_ppm")
    if heard is not None:
        found.append((texts.ui("clock_samples"), "", "", "", "", _measured(heard, 0, "ppm"), ""))
    return found


def lines(panel: Mapping[str, Any], texts: Texts) -> list[str]:
    """A line a clock, for a terminal."""
    told = []
    for line in panel.get("clocks", ()):
        parts = [f"{line['time'].replace('T', ' ')}{_zone(line, texts)} ± {width_text(line['uncertainty_s'])} s"]
        if line["offset_s"] is not None:
            parts.append(_measured(line["offset_s"], 1, "s"))
        if line["rate_ppm"] is not None:
            parts.append(_measured(line["rate_ppm"], 0, "ppm"))
        remarks = _remarks(line, panel, texts)
        told.append(_name(line, texts) + texts.ui("colon") + texts.ui("list_break").join([*parts, *remarks]))
    return told


def start(panel: Mapping[str, Any], texts: Texts) -> str:
    """When the first picture was taken, by the best clock; empty where none tells."""
    best = panel.get("start")
    if not best:
        return ""
    return texts.ui(
        "clock_start",
        time=best["time"].replace("T", " "),
        zone=zone_text(best["zone_s"]),
        uncertainty=width_text(best["uncertainty_s"]),
        clock=texts.get("clock_basis", best["clock"]),
    )


def zone_text(seconds: float | None) -> str:
    """A zone as ``+08:00``; empty where it is not known.

    Examples
    --------
    >>> zone_text(28800.0), zone_text(-12600), zone_text(None)
    ('+08:00', '-03:30', '')
    """
    if seconds is None:
        return ""
    hours, minutes = divmod(round(abs(seconds) / 60), 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}:{minutes:02d}"


def width_text(seconds: float) -> str:
    """An uncertainty with two digits.

    Examples
    --------
    >>> width_text(6.271), width_text(0.02), width_text(123.4)
    ('6.3', '0.02', '123')
    """
    return f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.2g}"


def _row(line: Mapping[str, Any], panel: Mapping[str, Any], texts: Texts) -> tuple[str, ...]:
    zone = zone_text(line["zone_s"])
    if zone and line["zone_assumed"]:
        zone = texts.ui("clock_zone_assumed", zone=zone)
    at = "" if line["at_s"] == 0 else texts.ui("clock_at", at=clock(line["at_s"]))
    return (
        _name(line, texts),
        line["time"].replace("T", " ") + at,
        zone,
        f"± {width_text(line['uncertainty_s'])} s",
        "" if line["offset_s"] is None else _measured(line["offset_s"], 1, "s"),
        "" if line["rate_ppm"] is None else _measured(line["rate_ppm"], 0, "ppm"),
        texts.ui("list_break").join(_remarks(line, panel, texts)),
    )


def _name(line: Mapping[str, Any], texts: Texts) -> str:
    return texts.get("clock_basis", line["clock"])


def _zone(line: Mapping[str, Any], texts: Texts) -> str:
    zone = zone_text(line["zone_s"])
    return texts.ui("clock_zone_assumed", zone=f" {zone}") if zone and line["zone_assumed"] else f" {zone}".rstrip()


def _remarks(line: Mapping[str, Any], panel: Mapping[str, Any], texts: Texts) -> list[str]:
    remarks = [texts.ui(f"clock_{note}") for note in line["notes"]]
    if line["clock"] == panel.get("reference"):
        remarks.append(texts.ui("clock_reference"))
    for name in ("steps", "stuck"):
        found: Sequence[Any] = line[name]
        if found:
            remarks.append(texts.ui(f"clock_{name}", count=len(found)))
    return remarks


def _measured(value: Mapping[str, float], digits: int, unit: str) -> str:
    return f"{value['value']:+.{digits}f} ± {value['uncertainty']:.{digits}f} {unit}"

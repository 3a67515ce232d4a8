"""Where a record lies on the reference time axis, by each clock that it carries, best first.

Clocks used: those of the file's clock panel (satellites, the clock in the picture, the container, subtitles), the
time in the file name as the device register describes it, a photo's EXIF time, and the start that the paperwork
declares. All but satellites and the last are the device's clock, and are corrected by its known offset.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Final

from engine.archive.audit.content import Content
from engine.findings import Source
from engine.rules.cases.device_clocks import NEAR_S, DatedAt
from engine.rules.cases.manifest import CaseRecording, Device
from engine.rules.cases.record import Placement
from engine.rules.clocksources import NAME_DELAY_S

WHOLE_SECOND_S: Final = 1.0
"""Uncertainty of a time that is written in whole seconds."""
REGISTER_S: Final = 0.5
"""A register states a device's offset to the second."""
WELL_KNOWN_PPM: Final = 100.0
"""A rate that is known less exactly says nothing about a device: good ones drift by 20, bad ones by 500."""
OTHERWISE: Final = frozenset({"file_name", "exif"})
"""Clocks of a report's panel that are read in a way of their own here."""
INDEPENDENT: Final = frozenset({"gps"})
"""Clocks that are not the device's own."""
TO_THE_MINUTE_S: Final = 30.0
"""Uncertainty of a declared time without seconds."""
MAX_NAME: Final = 255
"""Characters of a file name that a register's pattern is tried on."""

_OFFSET: Final = re.compile(r"([+-])(\d{2}):?(\d{2})")


@dataclass(frozen=True, slots=True)
class Named:
    """What a file name says by a device's pattern; None where it says nothing."""

    device: str | None = None
    day: date | None = None
    clock: time | None = None
    sequence: int | None = None


def placements(
    content: Content,
    panel: Mapping[str, Any],
    named: Named,
    device: Device | None,
    listed: CaseRecording | None,
    zone: tzinfo,
    dated_at: DatedAt | None = None,
) -> tuple[Placement, ...]:
    """Where a record lies, by each clock, best first; empty where no clock tells.

    Parameters
    ----------
    content
        Its length and what EXIF says.
    panel
        The clocks of its report; see `engine.rules.clocks.plain_panel`.
    named
        What its name says.
    device
        Its device in the register: the offset and the zone of its clock.
    listed
        What the paperwork declares: its start, and two clocks read at the same moment (which
        overrule the register's offset).
    zone
        Zone of clocks that state none.
    dated_at
        Where in a recording this device dates its containers, if the archive teaches it.
    """
    length = timedelta(seconds=content.duration_s)
    shown = [
        *_of_panel(panel, device, zone, dated_at, content.duration_s),
        *_of_name(named, zone),
        *_of_photo(content, zone),
    ]
    offset = clock_offset(device, listed)
    found = [
        Placement(begin, begin + length, c.uncertainty_s, c.basis)
        for c in sorted(shown, key=lambda c: (c.basis not in INDEPENDENT, c.uncertainty_s))
        for begin in (c.start - (timedelta() if c.basis in INDEPENDENT else offset),)
    ]
    return tuple(found) if listed is None or listed.start is None else _declared(found, listed.start, length)


def _declared(found: Sequence[Placement], start: datetime, length: timedelta) -> tuple[Placement, ...]:
    """With the start that the paperwork declares: last, but before a clock that is vaguer and agrees with it."""
    uncertainty = WHOLE_SECOND_S if start.second or start.microsecond else TO_THE_MINUTE_S
    declared = Placement(start, start + length, uncertainty, "declared")
    vaguer = [p for p in found if p.uncertainty_s > uncertainty and _agree(p, declared)]
    return (*(p for p in found if p not in vaguer), declared, *vaguer)


def _agree(one: Placement, other: Placement) -> bool:
    return abs((one.start - other.start).total_seconds()) <= one.uncertainty_s + other.uncertainty_s


def rate_ppm(panel: Mapping[str, Any]) -> float | None:
    """Rate of the device's clock against the media timeline, where the panel knows it well; parts in a million."""
    for line in panel.get("clocks", ()):
        rate = line.get("rate_ppm")
        if line["source"] == Source.CAMERA_CLOCK and rate is not None and rate["uncertainty"] <= WELL_KNOWN_PPM:
            return float(rate["value"])
    return None


def clock_offset(device: Device | None, listed: CaseRecording | None) -> timedelta:
    """Device clock minus reference: read at the recording, else as the register says, else zero."""
    if listed is not None and listed.clock_check is not None:
        return listed.clock_check.device - listed.clock_check.reference
    return timedelta(seconds=device.clock_offset_s if device is not None else 0.0)


@dataclass(frozen=True, slots=True)
class _Shown:
    """When a record began, by one clock, before its offset is taken off."""

    basis: str
    start: datetime
    uncertainty_s: float


def _of_panel(
    panel: Mapping[str, Any], device: Device | None, zone: tzinfo, dated_at: DatedAt | None, length_s: float
) -> Iterator[_Shown]:
    """Clocks that show a date and were ever set, but for those that are read otherwise: a name, by the register."""
    for line in panel.get("clocks", ()):
        if not line["dated"] or line["notes"] or line["clock"] in OTHERWISE:
            continue
        at_s, uncertainty = float(line["at_s"]), float(line["uncertainty_s"])
        if line["clock"] == "container" and at_s > 0 and dated_at is not None:
            at_s, uncertainty = (0.0 if dated_at == "start" else length_s), NEAR_S
        try:
            first = datetime.fromisoformat(line["time"]) - timedelta(seconds=at_s)
        except (ValueError, OverflowError):
            continue
        place = first.replace(tzinfo=_zone_of(line, device, zone))
        extra = 0.0 if line["clock"] in INDEPENDENT else REGISTER_S
        yield _Shown(line["clock"], place, uncertainty + extra)


def _zone_of(line: Mapping[str, Any], device: Device | None, zone: tzinfo) -> tzinfo:
    """The register says in which zone a device writes its containers, whatever they claim; else the clock itself."""
    if line["clock"] == "container" and device is not None:
        return UTC if device.clock_zone == "utc" else zone
    return zone if line["zone_s"] is None else timezone(timedelta(seconds=line["zone_s"]))


def _of_name(named: Named, zone: tzinfo) -> Iterator[_Shown]:
    if named.day is not None and named.clock is not None:
        yield _Shown("file_name", datetime.combine(named.day, named.clock, zone), NAME_DELAY_S)


def _of_photo(content: Content, zone: tzinfo) -> Iterator[_Shown]:
    taken = _exif(content, zone)
    if taken is not None:
        yield _Shown("exif", taken, WHOLE_SECOND_S)


def _exif(content: Content, zone: tzinfo) -> datetime | None:
    if content.taken is None:
        return None
    stated = _OFFSET.fullmatch(content.taken_offset or "")
    if stated is not None:
        size = timedelta(hours=int(stated[2]), minutes=int(stated[3]))
        zone = timezone(-size if stated[1] == "-" else size) if size < timedelta(hours=24) else zone
    try:
        return datetime.strptime(content.taken[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        return None


def read_name(name: str, device: Device) -> Named | None:
    """What a file name says by the pattern of `device`; None where it is not that device's.

    The pattern is matched from the start of the name. A group ``device`` must give the serial.
    """
    pattern = _pattern(device.filename)
    match = None if pattern is None else pattern.match(name[:MAX_NAME])
    if match is None:
        return None
    groups = match.groupdict()
    if groups.get("device") not in (None, device.serial):
        return None
    number = _digits(groups.get("seq"))
    return Named(device.serial, _day(groups.get("date")), _clock(groups.get("time")), int(number) if number else None)


@lru_cache(maxsize=4096)
def _pattern(text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text)
    except re.error:
        return None


def _digits(text: str | None) -> str:
    return "".join(c for c in text or "" if c in "0123456789")[:14]


def _day(text: str | None) -> date | None:
    digits = _digits(text)
    digits = f"20{digits}" if len(digits) == 6 else digits
    try:
        return datetime.strptime(digits, "%Y%m%d").date() if len(digits) == 8 else None
    except ValueError:
        return None


def _clock(text: str | None) -> time | None:
    digits = _digits(text)
    try:
        return datetime.strptime(digits.ljust(6, "0"), "%H%M%S").time() if len(digits) in (4, 6) else None
    except ValueError:
        return None

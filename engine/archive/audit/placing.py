"""Where a record lies on the reference time axis, by each clock that it carries, best first.

Clocks used: the time in the file name as the device register describes it, the container's creation
time, a photo's EXIF time, and the start that the paperwork declares. All but the last are the device's
clock, and are corrected by its known offset.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from engine.archive.audit.content import Content
from engine.rules.cases.manifest import CaseRecording, Device
from engine.rules.cases.record import Placement

WHOLE_SECOND_S: Final = 1.0
"""Uncertainty of a clock that is written in whole seconds."""
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
    content: Content, named: Named, device: Device | None, listed: CaseRecording | None, zone: tzinfo
) -> tuple[Placement, ...]:
    """Where a record lies, by each clock, best first; empty where no clock tells.

    Parameters
    ----------
    content
        Its length and what its container or EXIF says.
    named
        What its name says.
    device
        Its device in the register: the offset and the zone of its clock.
    listed
        What the paperwork declares: its start, and two clocks read at the same moment (which
        overrule the register's offset).
    zone
        Zone of clocks that state none.
    """
    offset = clock_offset(device, listed)
    length = timedelta(seconds=content.duration_s)
    found: list[Placement] = []
    for basis, start in _device_clocks(content, named, device, zone):
        begin = start - offset
        found.append(Placement(begin, begin + length, WHOLE_SECOND_S, basis))
    if listed is not None and listed.start is not None:
        begin = listed.start
        uncertainty = WHOLE_SECOND_S if begin.second or begin.microsecond else TO_THE_MINUTE_S
        found.append(Placement(begin, begin + length, uncertainty, "declared"))
    return tuple(found)


def clock_offset(device: Device | None, listed: CaseRecording | None) -> timedelta:
    """Device clock minus reference: read at the recording, else as the register says, else zero."""
    if listed is not None and listed.clock_check is not None:
        return listed.clock_check.device - listed.clock_check.reference
    return timedelta(seconds=device.clock_offset_s if device is not None else 0.0)


def _device_clocks(content: Content, named: Named, device: Device | None, zone: tzinfo) -> list[tuple[str, datetime]]:
    found: list[tuple[str, datetime | None]] = []
    if named.day is not None and named.clock is not None:
        found.append(("file_name", datetime.combine(named.day, named.clock, zone)))
    found.append(("exif", _exif(content, zone)))
    in_utc = device is not None and device.clock_zone == "utc"
    found.append(("container", _container(content.created, UTC if in_utc else zone)))
    return [(basis, start) for basis, start in found if start is not None]


def _container(created: str | None, zone: tzinfo) -> datetime | None:
    """Creation time by the zone that the device writes in, whatever zone the container claims."""
    if created is None:
        return None
    try:
        return datetime.fromisoformat(created).replace(tzinfo=zone)
    except ValueError:
        return None


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

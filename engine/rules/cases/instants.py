"""How declared times and dates are read: with their offset, or in a stated zone, never guessed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any, Final, TypeVar

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

_Moment = TypeVar("_Moment", bound=date)

ZONE: Final = "zone"
"""Key of the validation context: the zone (`datetime.tzinfo`) of times that carry no offset."""
YEARS: Final = range(2000, 2100)
"""Years that a declared time may lie in; others are slips of the pen."""

_WRITTEN: Final = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"(?:[T\s]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,6})\d*)?)?"
    r"\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
"""ISO 8601 (RFC 3339), and as spreadsheets write it: ``2026/3/5 9:30``."""


def as_time(value: Any, info: ValidationInfo) -> Any:
    """A point in time from a declared value; a date without a time is refused."""
    read = _read(value)
    if isinstance(read, datetime):
        return _placed(read, info)
    if isinstance(read, date):
        raise PydanticCustomError("date_without_time", "a date without a time")
    raise PydanticCustomError("not_a_time", "not a time")


def as_day(value: Any) -> Any:
    """A whole day from a declared value; a point in time is refused."""
    read = _read(value)
    if isinstance(read, datetime):
        raise PydanticCustomError("time_for_date", "a time where a date belongs")
    if isinstance(read, date):
        return _sane(read)
    raise PydanticCustomError("not_a_date", "not a date")


def as_instant(value: Any, info: ValidationInfo) -> Any:
    """A point in time or a whole day from a declared value."""
    read = _read(value)
    if isinstance(read, datetime):
        return _placed(read, info)
    if isinstance(read, date):
        return _sane(read)
    raise PydanticCustomError("not_a_time", "not a time")


def _read(value: Any) -> datetime | date | None:
    if isinstance(value, date):  # datetime is one, too
        return value
    match = _WRITTEN.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
        if match["hour"] is None:
            return day
        clock = (int(match["hour"]), int(match["minute"]), int(match["second"] or 0))
        micros = int((match["fraction"] or "0").ljust(6, "0"))
        return datetime(day.year, day.month, day.day, *clock, micros, tzinfo=_offset(match["offset"]))
    except ValueError:
        return None


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text in "Zz":
        return UTC
    size = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-size if text[0] == "-" else size)


def _placed(time: datetime, info: ValidationInfo) -> datetime:
    if time.utcoffset() is None:
        zone = (info.context or {}).get(ZONE)
        if zone is None:
            raise PydanticCustomError("time_without_offset", "a time without an offset")
        time = time.replace(tzinfo=zone)
    return _sane(time)


def _sane(moment: _Moment) -> _Moment:
    if moment.year not in YEARS:
        raise PydanticCustomError("year_out_of_range", "year out of range")
    return moment

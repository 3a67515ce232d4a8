"""Working days: which days are worked, and when a period of working days ends.

Holidays and make-up days of China are those of the notices of the General Office of the State
Council (国务院办公厅关于……年部分节假日安排的通知), as the library `holidays` holds them. A notice
comes out late in the year before; for later years only weekends and the statutory days of
《全国年节及纪念日放假办法》 are known, and what is computed from them is called uncertain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from engine.rules.cases.manifest import ArchiveSettings

NOTICE_REACH: Final = timedelta(days=3)
"""How far a year's notice reaches back into the year before: that of 2019 moved days from 29 December."""
WEEKEND: Final = (5, 6)
"""Saturday and Sunday, as `date.weekday` counts."""


class CalendarError(ValueError):
    """A calendar that there is not."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a period of working days.

    Parameters
    ----------
    last_day
        The last day on which the period is kept.
    at
        The first instant after it: midnight at its end, aware.
    certain
        False where days count in whose holidays have not been announced.
    """

    last_day: date
    at: datetime
    certain: bool

    def kept_by(self, moment: datetime | date) -> bool:
        """Whether something done at a moment, or on a whole day, was in time."""
        return moment < self.at if isinstance(moment, datetime) else moment <= self.last_day


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """A calendar of working days: a country's, with what an archive lists itself.

    Parameters
    ----------
    name
        ``cn``.
    holidays, make_up_days
        Days off and working days that go before the country's. A year for which an archive lists
        make-up days counts as known: every notice has some.
    """

    name: str = "cn"
    holidays: frozenset[date] = field(default_factory=frozenset)
    make_up_days: frozenset[date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if self.name != "cn":
            raise CalendarError(f"no calendar {self.name!r}; there is: cn")

    @property
    def known_until(self) -> date:
        """The last day of which it is known whether it is worked, without a gap before it."""
        listed = {d.year for d in self.make_up_days}
        year = announced_years()[-1]
        while year + 1 in listed:
            year += 1
        return date(year, 12, 31) - NOTICE_REACH

    def is_working_day(self, day: date) -> bool:
        """Whether a day is worked."""
        if day in self.make_up_days:
            return True
        return day not in self.holidays and _worked_in_china(day)

    def is_known(self, day: date) -> bool:
        """Whether holidays of a day's year have been announced."""
        return date(announced_years()[0], 1, 1) <= day <= self.known_until

    def add(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`; the day itself does not count.

        Raises
        ------
        ValueError
            If `count` is negative.
        """
        if count < 0:
            raise ValueError(f"working days are counted forward, not by {count}")
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_working_day(day)
        return day

    def between(self, first: date, last: date) -> int:
        """Working days after `first`, up to and with `last`; 0 where `last` is not later."""
        days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
        return sum(map(self.is_working_day, days))

    def deadline(self, event: datetime, days: int, zone: tzinfo | None = None) -> Deadline:
        """When a period of `days` working days ends that an event sets going.

        The day of the event does not count, and the last day counts to its end (Civil Code of
        the PRC, Art. 201 and 203).

        Parameters
        ----------
        event
            Aware.
        days
            At least 0.
        zone
            Whose midnight counts; the event's own if None.

        Raises
        ------
        ValueError
            If the event has no offset, or `days` is negative.
        """
        if event.utcoffset() is None:
            raise ValueError("a deadline needs an event with an offset")
        zone = zone or event.tzinfo
        day = event.astimezone(zone).date()
        last = self.add(day, days)
        at = datetime.combine(last + timedelta(days=1), time(), zone)
        return Deadline(last, at, self.is_known(day) and self.is_known(last))


def calendar_of(settings: ArchiveSettings) -> WorkingCalendar:
    """The calendar that an archive's settings name, with the days that they list.

    Raises
    ------
    CalendarError
        If there is none of this name.
    """
    return WorkingCalendar(settings.calendar, frozenset(settings.holidays), frozenset(settings.make_up_days))


def announced_years() -> range:
    """Years whose notice the library holds, first to last."""
    years = sorted(_china().special_public_holidays)
    return range(years[0], years[-1] + 1)


def _worked_in_china(day: date) -> bool:
    china = _china()
    if day.weekday() in WEEKEND:
        return day in china.weekend_workdays
    return day not in china


@lru_cache(maxsize=1)
def _china() -> Any:
    """China's days; all announced years at once, because a notice moves days of the year before, too."""
    import holidays

    announced = holidays.country_holidays("CN", years=2026).special_public_holidays
    return holidays.country_holidays("CN", years=range(min(announced), max(announced) + 1))

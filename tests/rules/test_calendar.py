"""Working days against calendars written out by hand from the State Council's notices."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.calendar import CalendarError, WorkingCalendar, announced_years, calendar_of
from engine.rules.cases.manifest import ArchiveSettings

CHINA = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkingCalendar()

# 国务院办公厅关于2025年部分节假日安排的通知（国办发明电〔2024〕12号，2024年11月12日）: (first, last) of each holiday
NOTICE_2025 = (
    ("01-01", "01-01"),
    ("01-28", "02-04"),
    ("04-04", "04-06"),
    ("05-01", "05-05"),
    ("05-31", "06-02"),
    ("10-01", "10-08"),
)
WORKED_2025 = ("01-26", "02-08", "04-27", "09-28", "10-11")
# 国务院办公厅关于2026年部分节假日安排的通知（2025年11月4日）
NOTICE_2026 = (
    ("01-01", "01-03"),
    ("02-15", "02-23"),
    ("04-04", "04-06"),
    ("05-01", "05-05"),
    ("06-19", "06-21"),
    ("09-25", "09-27"),
    ("10-01", "10-07"),
)
WORKED_2026 = ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10")
# 2027: no notice is known; the days of 《全国年节及纪念日放假办法》 (2024) themselves, which are certain.
STATUTORY_2027 = (
    "01-01",  # 元旦
    *("02-05", "02-06", "02-07", "02-08"),  # 除夕至初三: 春节 is 6 February 2027
    "04-05",  # 清明
    *("05-01", "05-02"),  # 劳动节
    "06-09",  # 端午
    "09-15",  # 中秋
    *("10-01", "10-02", "10-03"),  # 国庆节
)


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


def by_hand(year: int, off: tuple[tuple[str, str], ...], worked: tuple[str, ...]) -> dict[date, bool]:
    def day(text: str) -> date:
        return date.fromisoformat(f"{year}-{text}")

    table = {d: d.weekday() < 5 for d in days_of(year)}
    for first, last in off:
        table |= {d: False for d in table if day(first) <= d <= day(last)}
    return table | {day(text): True for text in worked}


HAND = by_hand(2025, NOTICE_2025, WORKED_2025) | by_hand(2026, NOTICE_2026, WORKED_2026)


def test_every_day_of_2025_and_2026_is_as_the_notices_say() -> None:
    assert {d: CALENDAR.is_working_day(d) for d in HAND} == HAND


@pytest.mark.parametrize(("year", "count"), [(2025, 248), (2026, 248)])
def test_working_days_of_a_year(year: int, count: int) -> None:
    # 365 days less weekends and holidays, plus make-up days, counted by hand from the notices
    assert sum(HAND[d] for d in days_of(year)) == count
    assert CALENDAR.between(date(year - 1, 12, 31), date(year, 12, 31)) == count


def test_2027_has_its_statutory_days_off_and_is_uncertain() -> None:
    for text in STATUTORY_2027:
        assert not CALENDAR.is_working_day(date.fromisoformat(f"2027-{text}")), text
    if announced_years()[-1] == 2026:  # until the library knows the notice for 2027
        assert CALENDAR.known_until == date(2026, 12, 28)
        assert CALENDAR.is_known(date(2026, 12, 28))
        assert not CALENDAR.is_known(date(2026, 12, 29))
        # no make-up days are guessed: all other weekdays are worked, all weekends are not
        assert not any(CALENDAR.is_working_day(d) for d in days_of(2027) if d.weekday() > 4)


def test_a_notice_moves_days_of_the_year_before() -> None:
    # 国务院办公厅关于2019年部分节假日安排的通知: 29 December 2018, a Saturday, is worked; 31 December, a Monday, is not
    assert CALENDAR.is_working_day(date(2018, 12, 29))
    assert not CALENDAR.is_working_day(date(2018, 12, 31))
    assert CALENDAR.known_until.day <= 28


@given(st.sampled_from(sorted(HAND)), st.integers(0, 40))
def test_adding_working_days_is_what_counting_on_the_hand_made_calendar_gives(day: date, count: int) -> None:
    later = [d for d in HAND if d > day and HAND[d]]
    if count == 0:
        assert CALENDAR.add(day, 0) == day
    elif count <= len(later):
        assert CALENDAR.add(day, count) == later[count - 1]


@given(st.dates(date(2003, 1, 1), date(2030, 12, 31)), st.integers(1, 30), st.integers(0, 30))
def test_adding_is_additive_and_undone_by_counting(day: date, first: int, second: int) -> None:
    once = CALENDAR.add(day, first)
    assert CALENDAR.is_working_day(once)
    assert CALENDAR.between(day, once) == first
    assert CALENDAR.add(once, second) == CALENDAR.add(day, first + second)
    assert CALENDAR.between(once, day) == 0


@given(
    st.dates(date(2025, 1, 1), date(2026, 12, 1)),
    st.frozensets(st.dates(date(2025, 1, 1), date(2026, 12, 31)), max_size=5),
    st.frozensets(st.dates(date(2025, 1, 1), date(2026, 12, 31)), max_size=5),
)
def test_days_that_an_archive_lists_go_first(day: date, off: frozenset[date], worked: frozenset[date]) -> None:
    calendar = WorkingCalendar("cn", off, worked)
    expected = True if day in worked else False if day in off else HAND[day]
    assert calendar.is_working_day(day) is expected


def test_two_working_days_over_the_spring_festival_of_2026() -> None:
    # Friday 13 February: Saturday 14 is worked, 15 to 23 are off, Tuesday 24 is worked
    deadline = CALENDAR.deadline(datetime(2026, 2, 13, 17, 0, tzinfo=CHINA), 2)
    assert deadline.last_day == date(2026, 2, 24)
    assert deadline.at == datetime(2026, 2, 25, tzinfo=CHINA)
    assert deadline.certain
    assert deadline.kept_by(datetime(2026, 2, 24, 23, 59, 59, tzinfo=CHINA))
    assert not deadline.kept_by(datetime(2026, 2, 25, tzinfo=CHINA))
    assert deadline.kept_by(date(2026, 2, 24))
    assert not deadline.kept_by(date(2026, 2, 25))


def test_the_zone_decides_which_day_an_event_is_of() -> None:
    event = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)  # Friday morning in China, Thursday in Greenwich
    assert CALENDAR.deadline(event, 1, CHINA).last_day == date(2026, 3, 9)
    assert CALENDAR.deadline(event, 1).last_day == date(2026, 3, 6)
    assert CALENDAR.deadline(event, 1, CHINA).at == datetime(2026, 3, 9, 16, 0, tzinfo=UTC)


def test_a_deadline_beyond_the_last_notice_is_uncertain() -> None:
    last = CALENDAR.known_until
    near = CALENDAR.deadline(datetime(last.year, 12, 21, 12, 0, tzinfo=CHINA), 2)
    beyond = CALENDAR.deadline(datetime(last.year, 12, 28, 12, 0, tzinfo=CHINA), 5)
    assert near.certain
    assert not beyond.certain
    assert beyond.last_day > date(last.year, 12, 31)


def test_a_year_whose_make_up_days_an_archive_lists_is_known() -> None:
    year = announced_years()[-1] + 1
    listed = WorkingCalendar("cn", frozenset(), frozenset({date(year, 2, 13)}))
    assert listed.known_until == date(year, 12, 28)
    # a year further on, with a gap before it, is not
    assert WorkingCalendar("cn", frozenset(), frozenset({date(year + 1, 2, 13)})).known_until.year == year - 1


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(CalendarError):
        WorkingCalendar("xx")
    with pytest.raises(ValueError, match="forward"):
        CALENDAR.add(date(2026, 1, 5), -1)
    with pytest.raises(ValueError, match="offset"):
        CALENDAR.deadline(datetime(2026, 1, 5, 12, 0), 1)


def test_settings_make_the_calendar() -> None:
    settings = ArchiveSettings(holidays=(date(2026, 5, 6),), make_up_days=(date(2026, 5, 16),))
    calendar = calendar_of(settings)
    assert not calendar.is_working_day(date(2026, 5, 6))
    assert calendar.is_working_day(date(2026, 5, 16))
    assert CALENDAR.is_working_day(date(2026, 5, 6))
    assert not CALENDAR.is_working_day(date(2026, 5, 16))

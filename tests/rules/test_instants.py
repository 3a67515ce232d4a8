"""Declared times: read with their offset or in a stated zone, and nothing is guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.rules.cases.instants import ZONE
from engine.rules.cases.manifest import Case, Exemption, KeyMoment, first_instant

CHINA = ZoneInfo("Asia/Shanghai")
YEARS = {"min_value": datetime(2000, 1, 2), "max_value": datetime(2099, 12, 30)}
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m)))


def at(value: Any, zone: Any = None) -> datetime:
    return KeyMoment.model_validate({"kind": "x", "at": value}, context={ZONE: zone}).at


def approved(value: Any) -> datetime | date:
    return Exemption.model_validate({"reason": "urgent", "basis": "x", "approved_by": "y", "approved": value}).approved


def refused(value: Any, zone: Any = None) -> str:
    with pytest.raises(ValidationError) as caught:
        at(value, zone)
    (error,) = caught.value.errors()
    return error["type"]


@given(st.datetimes(**YEARS, timezones=OFFSETS))
def test_iso_times_come_back(time: datetime) -> None:
    assert at(time) == time
    assert at(time.isoformat()) == time
    assert at(time.isoformat(sep=" ")) == time


@given(st.datetimes(**YEARS), st.booleans())
def test_what_spreadsheets_write_is_read_in_the_zone(time: datetime, seconds: bool) -> None:
    time = time.replace(microsecond=0, second=time.second if seconds else 0)
    text = f"{time.year}/{time.month}/{time.day} {time.hour}:{time.minute:02}" + f":{time.second:02}" * seconds
    assert at(text, CHINA) == time.replace(tzinfo=CHINA)
    assert refused(text) == "time_without_offset"
    assert at(f"{text} +08:00") == time.replace(tzinfo=timezone(timedelta(hours=8)))


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (datetime(2026, 3, 5, 9, 30), "time_without_offset"),
        ("2026-03-05", "date_without_time"),
        (date(2026, 3, 5), "date_without_time"),
        ("2026-02-30T09:30:00Z", "not_a_time"),
        ("2026-03-05T25:00:00Z", "not_a_time"),
        ("2026-03-05T09:30:00+99:00", "not_a_time"),
        ("2026/3-5 9:30Z", "not_a_time"),
        ("5.3.2026 9:30Z", "not_a_time"),
        ("２０２６-03-05T09:30:00Z", "not_a_time"),
        ("9:30", "not_a_time"),
        ("", "not_a_time"),
        (1772674200, "not_a_time"),
        (True, "not_a_time"),
        (None, "not_a_time"),
        ("1999-12-31T23:59:59Z", "year_out_of_range"),
        ("2100-01-01T00:00:00Z", "year_out_of_range"),
    ],
)
def test_what_is_no_time_is_refused(value: Any, problem: str) -> None:
    assert refused(value) == problem


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = at(text, CHINA)
    except ValidationError:
        return
    assert read.utcoffset() is not None


def test_a_whole_day_stays_one() -> None:
    assert approved("2026-03-06") == date(2026, 3, 6)
    assert type(approved("2026-03-06")) is date
    assert approved("2026-03-06T00:00:00+08:00") == datetime(2026, 3, 5, 16, tzinfo=UTC)
    assert first_instant(date(2026, 3, 6), datetime(2026, 3, 5, tzinfo=CHINA)) == datetime(2026, 3, 6, tzinfo=CHINA)


@pytest.mark.parametrize(
    "wrong",
    [
        {"dispute": "true"},
        {"dispute": 1},
        {"officers": "330101"},
        {"officers": [330101]},
        {"closed": "2026-03-06T00:00Z"},
    ],
)
def test_nothing_is_converted_silently(wrong: dict[str, Any]) -> None:
    right = {"id": "a", "activity": "x", "start": "2026-03-05T09:30Z", "end": "2026-03-05T10:30Z", "outcome": "guided"}
    Case.model_validate(right)
    with pytest.raises(ValidationError):
        Case.model_validate(right | wrong)

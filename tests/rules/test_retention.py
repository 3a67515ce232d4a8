"""Terms of keeping (Art. 20): each class, its dates, and its near miss."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.cases.manifest import Case, Outcome, PermanentClass
from engine.rules.cases.result import Keeping
from engine.rules.cases.retention import (
    Terms,
    deleted_early,
    filing_state,
    keeping_of,
    shortest_term,
    years_later,
)

CHINA = ZoneInfo("Asia/Shanghai")
OLD = datetime(2020, 1, 1, 9, tzinfo=CHINA)
END = datetime(2026, 3, 5, 10, 12, tzinfo=CHINA)


def case(**fields: Any) -> Case:
    return Case(**{"id": "a", "activity": "行政检查", "start": END - timedelta(minutes=40), "end": END, **fields})


def test_guidance_without_dispute_is_kept_two_years_from_the_last_recording() -> None:
    assert keeping_of(case(outcome="guided"), END + timedelta(minutes=5)) == Keeping(False, date(2028, 3, 5), "guided")


def test_without_a_clock_the_end_of_the_activity_counts() -> None:
    assert keeping_of(case(outcome="guided"), None).until == date(2028, 3, 5)


def test_a_dispute_is_a_conflict_and_kept_for_ever() -> None:
    disputed = case(outcome="guided", dispute=True)
    assert keeping_of(disputed, END) == Keeping(True, None, "dispute")


@pytest.mark.parametrize("permanent", list(PermanentClass))
def test_each_of_the_six_classes_is_kept_for_ever(permanent: PermanentClass) -> None:
    assert keeping_of(case(outcome="guided", permanent=[permanent]), END) == Keeping(True, None, "permanent")


@pytest.mark.parametrize("outcome", ["licence", "penalty", "coercion"])
def test_case_files_take_thirty_days_from_closing(outcome: str) -> None:
    assert keeping_of(case(outcome=outcome, closed=date(2026, 3, 6)), END) == Keeping(
        False, None, "case_file", date(2026, 4, 5)
    )
    assert keeping_of(case(outcome=outcome), END) == Keeping(False, None, "case_file", None)
    # what is kept for ever still goes into the case file
    kept = keeping_of(case(outcome=outcome, closed=date(2026, 3, 6), permanent=["evidence"]), END)
    assert kept == Keeping(True, None, "permanent", date(2026, 4, 5))


@pytest.mark.parametrize("outcome", ["guided", "other", None])
def test_no_other_case_has_a_date_for_filing(outcome: str | None) -> None:
    assert keeping_of(case(outcome=outcome, closed=date(2026, 3, 6)), END).file_by is None


@pytest.mark.parametrize("outcome", ["other", None])
def test_what_the_paperwork_does_not_decide_is_undecided(outcome: str | None) -> None:
    keeping = keeping_of(case(outcome=outcome), END)
    assert keeping == Keeping(False, None, "undecided")


def test_a_pack_may_have_other_terms() -> None:
    terms = Terms(guided_years=3, filing_days=10)
    assert keeping_of(case(outcome="guided"), END, terms=terms).until == date(2029, 3, 5)
    assert keeping_of(case(outcome="penalty", closed=date(2026, 3, 6)), END, terms=terms).file_by == date(2026, 3, 16)


def test_the_day_is_that_of_the_zone() -> None:
    late = datetime(2026, 3, 5, 16, 30, tzinfo=UTC)  # half past midnight of 6 March in China
    guided = case(outcome="guided")
    assert keeping_of(guided, late, CHINA).until == date(2028, 3, 6)
    assert keeping_of(guided, late, UTC).until == date(2028, 3, 5)
    assert keeping_of(guided, late).until == date(2028, 3, 6)  # of the paperwork's times


def test_leap_days() -> None:
    assert years_later(date(2028, 2, 29), 2) == date(2030, 2, 28)
    assert years_later(date(2028, 2, 29), 4) == date(2032, 2, 29)
    assert years_later(date(2026, 2, 28), 2) == date(2028, 2, 28)
    assert years_later(date(2028, 2, 29), 1_000_000) == date(9999, 2, 28)


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)), st.integers(0, 9))
def test_years_later_is_the_same_day_or_the_end_of_its_february(day: date, years: int) -> None:
    later = years_later(day, years)
    assert later.year == day.year + years
    assert (later.month, later.day) in ((day.month, day.day), (2, 28))
    assert later.month == day.month


def test_what_is_gone_went_early_or_not() -> None:
    guided = case(outcome="guided")
    shortest = shortest_term(guided, END)
    keeping = keeping_of(guided, END)
    assert deleted_early(keeping, shortest, date(2028, 3, 5)) is True
    assert deleted_early(keeping, shortest, date(2028, 3, 6)) is False
    for_ever = keeping_of(case(outcome="guided", dispute=True), END)
    assert deleted_early(for_ever, shortest, date(2090, 1, 1)) is True
    # whatever the class, nothing may go within the shortest term; after it nobody can tell
    for undecided in (keeping_of(case(), END), keeping_of(case(outcome="penalty"), END)):
        assert deleted_early(undecided, shortest, date(2027, 1, 1)) is True
        assert deleted_early(undecided, shortest, date(2028, 3, 6)) is None


@pytest.mark.parametrize(
    ("closed", "filed", "as_of", "state"),
    [
        ("2026-03-06", None, "2026-04-05", "due"),
        ("2026-03-06", None, "2026-04-06", "overdue"),
        ("2026-03-06", "2026-04-05", "2026-05-01", "filed"),
        ("2026-03-06", "2026-04-06", "2026-05-01", "filed_late"),
        (None, None, "2026-05-01", "not_closed"),
        (None, "2026-04-06", "2026-05-01", "filed"),
    ],
)
def test_filing(closed: str | None, filed: str | None, as_of: str, state: str) -> None:
    penalty = case(outcome="penalty", closed=closed, filed=filed)
    assert filing_state(keeping_of(penalty, END), penalty, date.fromisoformat(as_of)) == state
    guided = case(outcome="guided", closed=closed, filed=filed)
    assert filing_state(keeping_of(guided, END), guided, date.fromisoformat(as_of)) == "not_required"


@given(
    st.sampled_from([*Outcome, None]),
    st.booleans(),
    st.lists(st.sampled_from(list(PermanentClass)), max_size=2, unique=True),
    st.none() | st.dates(date(2026, 3, 5), date(2027, 12, 31)),
    st.dates(date(2026, 3, 5), date(2040, 12, 31)),
)
def test_what_is_kept_for_ever_never_went_in_time_and_else_only_guidance_ends(
    outcome: Outcome | None, dispute: bool, permanent: list[PermanentClass], closed: date | None, as_of: date
) -> None:
    one = case(outcome=outcome, dispute=dispute, permanent=permanent, closed=closed)
    keeping = keeping_of(one, END)
    assert keeping.forever == bool(permanent or dispute)
    early = deleted_early(keeping, shortest_term(one, END), as_of)
    if keeping.forever:
        assert early is True
    if early is False:
        assert outcome is Outcome.GUIDED
        assert keeping.until is not None
        assert as_of > keeping.until

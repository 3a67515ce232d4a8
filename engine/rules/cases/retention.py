"""How long records are kept (Art. 20): class, dates, filing, and what was deleted early."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final, Literal

from engine.rules.cases.manifest import Case, Outcome
from engine.rules.cases.result import Keeping

CASE_FILE_OUTCOMES: Final = frozenset({Outcome.LICENCE, Outcome.PENALTY, Outcome.COERCION})
"""Cases whose records become part of a case file."""

FilingState = Literal["not_required", "not_closed", "due", "overdue", "filed", "filed_late"]


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of a rule pack.

    Parameters
    ----------
    guided_years
        Years that records are kept of a case in which nothing but guidance was given.
    filing_days
        Days from the closing of a case within which its records go into the case file.
    """

    guided_years: int = 2
    filing_days: int = 30


def keeping_of(
    case: Case, last_recorded: datetime | None, zone: tzinfo | None = None, terms: Terms | None = None
) -> Keeping:
    """Retention class and dates of a case.

    Parameters
    ----------
    case
        Its paperwork.
    last_recorded
        End of its last recording, aware; None where no clock tells: then the end of the activity.
    zone
        Whose midnight counts; that of the paperwork's times if None.
    terms
        Those of the rule pack; the regulation's if None.

    Returns
    -------
    Keeping
        `reason`: ``permanent`` (one of the six classes), ``dispute`` (a conflict on site is one of
        them, listed or not), ``case_file``, ``guided``, ``undecided``. `until` is the last day on
        which records must be there; `file_by` the last day for filing, None while the case is open.
    """
    terms = terms or Terms()
    file_by = None
    if case.outcome in CASE_FILE_OUTCOMES and case.closed is not None:
        file_by = case.closed + timedelta(days=terms.filing_days)
    if case.permanent:
        return Keeping(True, None, "permanent", file_by)
    if case.dispute:
        return Keeping(True, None, "dispute", file_by)
    if case.outcome in CASE_FILE_OUTCOMES:
        return Keeping(False, None, "case_file", file_by)
    if case.outcome is Outcome.GUIDED:
        return Keeping(False, shortest_term(case, last_recorded, zone, terms), "guided")
    return Keeping(False, None, "undecided")


def shortest_term(
    case: Case, last_recorded: datetime | None, zone: tzinfo | None = None, terms: Terms | None = None
) -> date:
    """The last day on which records of a case must be there under the shortest term there is."""
    end = last_recorded or case.end
    return years_later(end.astimezone(zone or case.end.tzinfo).date(), (terms or Terms()).guided_years)


def years_later(day: date, years: int) -> date:
    """The same day some years later; where there is none (29 February), the last of its month.

    Civil Code of the PRC, Art. 202.
    """
    year = min(day.year + years, date.max.year)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def filing_state(keeping: Keeping, case: Case, as_of: date) -> FilingState:
    """Where a case stands with its case file."""
    if case.outcome not in CASE_FILE_OUTCOMES:
        return "not_required"
    if keeping.file_by is None:
        return "filed" if case.filed is not None else "not_closed"
    if case.filed is not None:
        return "filed" if case.filed <= keeping.file_by else "filed_late"
    return "due" if as_of <= keeping.file_by else "overdue"


def deleted_early(keeping: Keeping, shortest: date, as_of: date) -> bool | None:
    """Whether records that are gone went too early.

    Parameters
    ----------
    keeping
        How long they had to be kept.
    shortest
        The last day under the shortest term (`shortest_term`): before it is over nothing may go.
    as_of
        The day of the examination; when they went nobody knows, but they are gone on this day.

    Returns
    -------
    bool or None
        None where the term is not known: kept with the case file, or the paperwork says too little.
    """
    if keeping.forever or as_of <= shortest:
        return True
    if keeping.until is None:
        return None
    return as_of <= keeping.until

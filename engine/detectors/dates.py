"""Dates of a container that contradict each other; pure functions over `Structure`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from engine.media.model import Structure

SINCE_1904: Final = datetime(1904, 1, 1, tzinfo=UTC)
SINCE_2001: Final = datetime(2001, 1, 1, tzinfo=UTC)
STATED: Final = (
    "mdta.com.apple.quicktime.creationdate",
    "mdta.creation_time",
    "mkv.tag._STATISTICS_WRITING_DATE_UTC",
)
"""Metadata that say a second time when the file was made."""

Contradiction = Literal["levels", "modified", "stated"]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two dates that should be one.

    Parameters
    ----------
    how
        ``levels``: headers of one file state different creation times. ``modified``: changed
        long after the recording ended. ``stated``: the header's date is not that of the
        metadata beside it.
    first, first_at, second, second_at
        What states which time, ISO 8601, UTC.
    apart_s
        Seconds from the first to the second.
    """

    how: Contradiction
    first: str
    first_at: str
    second: str
    second_at: str
    apart_s: int


def disagreements(
    structure: Structure, duration_s: float, level_slack_s: float, later_s: float
) -> tuple[Disagreement, ...]:
    """Dates of a file that disagree, one of each kind at most.

    Parameters
    ----------
    structure
        Dates and facts.
    duration_s
        Length of the recording: some recorders date one header at its start, another at its end.
    level_slack_s
        Seconds beside the duration by which headers may differ.
    later_s
        Seconds after the end of the recording from which a change counts as later, and by which
        other statements of the date may differ.
    """
    found = (
        _levels(structure, duration_s + level_slack_s),
        _modified(structure, duration_s + later_s),
        _stated(structure, duration_s + later_s),
    )
    return tuple(d for d in found if d is not None)


def erased(structure: Structure) -> bool:
    """Whether the file has headers with dates and all of them are empty."""
    return bool(structure.dates) and not any(d.created or d.modified for d in structure.dates)


def _levels(structure: Structure, slack_s: float) -> Disagreement | None:
    dated = [d for d in structure.dates if d.created]
    if not dated:
        return None
    first, last = min(dated, key=lambda d: d.created), max(dated, key=lambda d: d.created)
    if last.created - first.created <= slack_s:
        return None
    return _between("levels", first.where, _mp4(first.created), last.where, _mp4(last.created))


def _modified(structure: Structure, slack_s: float) -> Disagreement | None:
    dated = [d for d in structure.dates if d.created and d.modified - d.created > slack_s]
    if not dated:
        return None
    most = max(dated, key=lambda d: d.modified - d.created)
    here = most.where
    return _between("modified", f"{here}.created", _mp4(most.created), f"{here}.modified", _mp4(most.modified))


def _stated(structure: Structure, slack_s: float) -> Disagreement | None:
    """A header's date against what the metadata say, for the kinds of metadata that programs leave alone."""
    header = next((("mvhd", _mp4(d.created)) for d in structure.dates if d.where == "mvhd" and d.created), None)
    other: tuple[str, datetime | None] | None = None
    for fact in structure.facts:
        if fact.name in STATED:
            other = fact.name, _iso(fact.value)
        elif fact.name == "mkv.date_ns":
            header = "DateUTC", _later(SINCE_2001, int(fact.value) / 1e9)
    if header is None or other is None or other[1] is None or header[1] is None:
        return None
    if abs((other[1] - header[1]).total_seconds()) <= slack_s:
        return None
    return _between("stated", other[0], other[1], header[0], header[1])


def _between(
    how: Contradiction, first: str, first_at: datetime | None, second: str, second_at: datetime | None
) -> Disagreement | None:
    if first_at is None or second_at is None:
        return None
    apart = round((second_at - first_at).total_seconds())
    return Disagreement(how, first, _text(first_at), second, _text(second_at), apart)


def _mp4(seconds: int) -> datetime | None:
    return _later(SINCE_1904, seconds)


def _later(origin: datetime, seconds: float) -> datetime | None:
    try:
        return origin + timedelta(seconds=seconds)
    except OverflowError:  # a field that holds no date
        return None


def _iso(text: str) -> datetime | None:
    """A time with its zone; without one it is UTC, as both kinds of metadata define."""
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        return None


def _text(moment: datetime) -> str:
    """UTC; a zone that leads out of the calendar is left as it is."""
    try:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return moment.isoformat()

"""Instants as proofs spell them: RFC 3339, always with an offset from UTC."""

from __future__ import annotations

import datetime
import re
from typing import Final

_SPELLING: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)


def instant(text: str) -> datetime.datetime | None:
    """The instant that a text names, or None."""
    if _SPELLING.match(text) is None:
        return None
    try:
        return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return None


def spelled(at: datetime.datetime | None) -> str | None:
    """The text of an instant, in UTC; None stays None."""
    return None if at is None else at.astimezone(datetime.UTC).isoformat()


def now() -> datetime.datetime:
    """The present second, in UTC."""
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)

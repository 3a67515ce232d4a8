"""When clocks are set an hour on or back by law: pure, on a date and a time of day.

Source: Directive 2000/84/EC, articles 2 and 3 (last Sundays of March and October); 15 U.S.C. 260a (second Sunday of
March, first of November); Daylight Saving Act 1987 (New South Wales) and its like elsewhere in Australia (first
Sundays of April and October); New Zealand Daylight Time Order 2007 (last Sunday of September, first of April).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

SUNDAY: Final = 6
ON: Final = frozenset({(3, -1), (3, 2), (9, -1), (10, 1)})
"""(month, which Sunday of it; -1 the last): an hour on ..."""
BACK: Final = frozenset({(10, -1), (11, 1), (4, 1)})
"""... and back."""
HOURS: Final = range(1, 5)
"""Full hours that clocks show after the change: 1 (west of Europe, America in autumn) to 4 (east of Europe)."""


def changes(day: date, hour: int, forward: bool) -> bool:
    """Whether somewhere clocks are set to that full hour on that day.

    Examples
    --------
    >>> changes(date(2026, 3, 29), 3, forward=True), changes(date(2026, 3, 28), 3, forward=True)
    (True, False)
    """
    if day.weekday() != SUNDAY or hour not in HOURS:
        return False
    last = (day + timedelta(days=7)).month != day.month
    which = {(day.month, (day.day + 6) // 7)} | ({(day.month, -1)} if last else set())
    return bool(which & (ON if forward else BACK))

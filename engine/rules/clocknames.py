"""The time that a file's name states, by the patterns that recorders are known to use."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

MAX_NAME: Final = 255

_DATE: Final = r"(?P<y>(?:19|20)\d\d)(?P<s1>[-_.]?)(?P<mo>\d\d)(?P=s1)(?P<d>\d\d)"
_CLOCK: Final = r"(?P<h>[01]\d|2[0-3])(?P<s2>[-_.:]?)(?P<mi>[0-5]\d)(?P=s2)(?P<se>[0-5]\d)"
_BETWEEN: Final = r"(?:[-_. T]{1,3}|(?<=\d{8}))"
_NAME: Final = re.compile(rf"(?<!\d){_DATE}{_BETWEEN}{_CLOCK}(?!\d{{5,}})")


def time_in_name(name: str) -> float | None:
    """The time of day that a file name states, seconds since 1970 as if the device's zone were UTC.

    Body cameras (``DSJ0457_20260305_092950_0001``), phones (``VID_20240305_093000``, ``PXL_20240305_093000123``),
    screen and dash cameras (``2024-03-05_09-30-00``, ``20240305093000_0001``). Names with a number only (GoPro,
    digital cameras) state none.

    Examples
    --------
    >>> time_in_name("VID_20240305_093000.mp4") == time_in_name("2024-03-05 09.30.00.mov") == 1709631000.0
    True
    >>> time_in_name("GX010042.MP4") is None
    True
    """
    match = _NAME.search(name[:MAX_NAME])
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match[g]) for g in ("y", "mo", "d", "h", "mi", "se"))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None

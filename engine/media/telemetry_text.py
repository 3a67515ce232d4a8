"""Times that text states: NMEA sentences, and the date and time that cameras write into subtitles.

Sources: NMEA 0183, sentences RMC and ZDA and the checksum; the layout of subtitles is what cameras were seen to
write, ``2026-03-05 09:30:00`` and its variants.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from engine.media.telemetry_gpmf import Stated

NMEA_UNCERTAINTY_S: Final = 1.0
"""Receivers report a second at its beginning, and up to a second late."""
TEXT_UNCERTAINTY_S: Final = 1.0
MAX_BYTES: Final = 64 << 10
MAX_SENTENCES: Final = 256

_SENTENCE: Final = re.compile(rb"\$(G[A-Z](?:RMC|ZDA)),([\x20-\x29\x2b-\x7e]{0,120})\*([0-9A-Fa-f]{2})")
_WRITTEN: Final = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-/.年](\d\d?)[-/.月](\d\d?)日?[ T_]{1,3}(\d\d?):(\d\d):(\d\d)(?:[.,](\d{1,6}))?(?!\d)"
)
_DIGITS: Final = re.compile(rb"\d{6}(?:\.\d{1,6})?")


def nmea_times(data: bytes) -> list[Stated]:
    """Times of the sentences with a valid checksum and a fix, in order; UTC."""
    found: list[Stated] = []
    for number, match in enumerate(_SENTENCE.finditer(data[:MAX_BYTES])):
        if number >= MAX_SENTENCES:
            break
        moment = _sentence(match[1], match[2], match[3])
        if moment is not None:
            found.append(Stated(moment.timestamp(), 0.0, NMEA_UNCERTAINTY_S))
    return found


def _sentence(name: bytes, body: bytes, stated: bytes) -> datetime | None:
    check = 0
    for byte in name + b"," + body:
        check ^= byte
    fields = body.split(b",")
    if check != int(stated, 16) or not _DIGITS.fullmatch(fields[0]):
        return None
    if name.endswith(b"ZDA"):
        date = b"".join(fields[1:4]) if len(fields) >= 4 else b""
        return _moment(date, "%d%m%Y", fields[0])
    if len(fields) < 9 or fields[1] != b"A":
        return None
    return _moment(fields[8], "%d%m%y", fields[0])


def _moment(date: bytes, form: str, clock: bytes) -> datetime | None:
    whole, _, part = clock.decode("ascii").partition(".")
    try:
        found = datetime.strptime(date.decode("ascii", "replace") + whole, form + "%H%M%S")
    except ValueError:
        return None
    return found.replace(microsecond=int((part or "0").ljust(6, "0")), tzinfo=UTC)


def written_times(data: bytes) -> list[Stated]:
    """The first date with a time of day in a subtitle; seconds since 1970 as if it were UTC.

    Which zone it is written in, it does not say: it is the device's own clock.
    """
    match = _WRITTEN.search(data[:MAX_BYTES].decode("utf-8", "replace"))
    if match is None:
        return []
    year, month, day, hour, minute, second = (int(match[n]) for n in range(1, 7))
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return []
    part = float(f"0.{match[7]}") if match[7] else 0.0
    return [Stated(moment.timestamp() + part, 0.0, 0.1 if match[7] else TEXT_UNCERTAINTY_S)]

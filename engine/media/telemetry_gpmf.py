"""Times that GoPro's telemetry states, from one payload of a ``gpmd`` track.

Source: GoPro, "GPMF Introduction" (https://github.com/gopro/gpmf-parser): KLV structure, types, ``GPSU``,
``GPSF``, ``GPS9`` (HERO11 and later). Malformed payloads give what stands before the fault.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

MAX_ITEMS: Final = 4_096
"""Items of one payload that are visited: a second of all of a camera's sensors has some hundreds."""
MAX_DEPTH: Final = 4
GPSU_UNCERTAINTY_S: Final = 1.5
"""The time is written once a payload of a second, by a clock of its own: steps of 0.99 to 2.47 s seen on one clip."""
GPS9_UNCERTAINTY_S: Final = 0.3
_SINCE_2000: Final = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_GPS9: Final = struct.Struct(">7l2H")
_LEAST_FIX: Final = 2


@dataclass(frozen=True, slots=True)
class Stated:
    """A time that a payload states: seconds since 1970 UTC, and where in the payload (0..1) it belongs."""

    time: float
    within: float
    uncertainty_s: float


def is_gpmf(data: bytes) -> bool:
    """Whether a packet is a payload of this format: it begins with a device."""
    return data[:5] == b"DEVC\x00"


def gpmf_times(data: bytes) -> list[Stated]:
    """Times by satellite of one payload, those with a fix only; the finer form where both are there."""
    left = [MAX_ITEMS]
    coarse: list[Stated] = []
    fine: list[Stated] = []
    for stream in _streams(data, left, 0):
        items = list(_items(stream, left))
        fine += _gps9(items)
        coarse += _gpsu(items)
    return fine or coarse


def _items(data: bytes, left: list[int]) -> Iterator[tuple[bytes, bytes, int, bytes]]:
    """Key, type, bytes of one sample, and data of each item, padded to four bytes in the file."""
    at = 0
    while at + 8 <= len(data) and left[0] > 0:
        left[0] -= 1
        key, kind = data[at : at + 4], data[at + 4 : at + 5]
        size, repeat = data[at + 5], int.from_bytes(data[at + 6 : at + 8], "big")
        end = at + 8 + size * repeat
        if end > len(data):
            return
        yield key, kind, size, data[at + 8 : end]
        at = (end + 3) & ~3


def _streams(data: bytes, left: list[int], depth: int) -> Iterator[bytes]:
    """The contents of each ``STRM``, wherever it is nested."""
    for key, kind, _, value in _items(data, left):
        if key == b"STRM":
            yield value
        elif kind == b"\x00" and depth < MAX_DEPTH:
            yield from _streams(value, left, depth + 1)


def _gpsu(items: list[tuple[bytes, bytes, int, bytes]]) -> list[Stated]:
    values = {key: value for key, _, _, value in items}
    fix = values.get(b"GPSF")
    if fix is not None and int.from_bytes(fix[:4], "big") < _LEAST_FIX:
        return []
    text = values.get(b"GPSU", b"")
    try:
        moment = datetime.strptime("20" + text[:16].decode("ascii"), "%Y%m%d%H%M%S.%f")
    except ValueError:
        return []
    return [Stated(moment.replace(tzinfo=UTC).timestamp(), 0.0, GPSU_UNCERTAINTY_S)]


def _gps9(items: list[tuple[bytes, bytes, int, bytes]]) -> list[Stated]:
    found: list[Stated] = []
    for key, _, size, value in items:
        if key != b"GPS9" or size != _GPS9.size:
            continue
        count = len(value) // size
        for number in range(count):
            *_, days, milliseconds, _, fix = _GPS9.unpack_from(value, number * size)
            if fix >= _LEAST_FIX and 0 <= days < 40_000 and 0 <= milliseconds < 86_401_000:
                time = _SINCE_2000 + days * 86_400 + milliseconds / 1000
                found.append(Stated(time, number / count, GPS9_UNCERTAINTY_S))
    return found

"""Times of two binary telemetries: Google's camera motion metadata, and the GPS boxes of Novatek dash cameras.

Sources: Google, "Camera Motion Metadata Spec" (https://developers.google.com/streetview/publish/camm-spec), case 6;
for the boxes no publication of the maker is known, but two independent descriptions of the layout: Sergei Franco,
"Extracting GPS data from Viofo A119 and other Novatek powered cameras", and ExifTool's QuickTimeStream.pl.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO, Final

from engine.media.boxes import Box, Walk
from engine.media.telemetry_gpmf import Stated

CAMM_UNCERTAINTY_S: Final = 0.5
BOX_UNCERTAINTY_S: Final = 1.0
"""A fix a second, in whole seconds."""
MAX_GPS_BLOCKS: Final = 100_000
"""A day has 86,400 seconds."""
BLOCK_BYTES: Final = 256

_CAMM_SIZE: Final = {0: 12, 1: 8, 2: 12, 3: 12, 4: 12, 5: 24, 6: 56, 7: 12}
"""Bytes behind the header, by type of packet."""
_GPS_EPOCH: Final = datetime(1980, 1, 6, tzinfo=UTC).timestamp()
_LEAPS: Final = tuple(
    datetime(year, month, 1, tzinfo=UTC).timestamp()
    for year, month in (
        (1981, 7), (1982, 7), (1983, 7), (1985, 7), (1988, 1), (1990, 1), (1991, 1), (1992, 7), (1993, 7), (1994, 7),
        (1996, 1), (1997, 7), (1999, 1), (2006, 1), (2009, 1), (2012, 7), (2015, 7), (2017, 1),
    )
)  # fmt: skip
"""When UTC fell another second behind GPS time: IERS Bulletin C; none has been announced since 2017."""
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


def is_camm(data: bytes) -> bool:
    """Whether a packet is exactly one of the eight that the specification has."""
    return len(data) >= 4 and data[:2] == b"\x00\x00" and _CAMM_SIZE.get(data[2] | data[3] << 8) == len(data) - 4


def camm_times(data: bytes) -> list[Stated]:
    """The time of a packet of type 6 with a fix; other types state none."""
    if not is_camm(data) or data[2:4] != b"\x06\x00":
        return []
    since, fix = struct.unpack_from("<di", data, 4)
    if fix not in (2, 3) or not 0 < since < 4e9:  # refuses what is no number, too
        return []
    return [Stated(utc_of_gps(since), 0.0, CAMM_UNCERTAINTY_S)]


def utc_of_gps(seconds: float) -> float:
    """Seconds since 1970 UTC of seconds since the beginning of GPS time, 1980-01-06.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> datetime.fromtimestamp(utc_of_gps(1_400_000_018.0), UTC).isoformat()
    '2024-05-17T16:53:20+00:00'
    """
    uncorrected = _GPS_EPOCH + seconds
    leaps = bisect_right(_LEAPS, uncorrected)
    if leaps and uncorrected - leaps < _LEAPS[leaps - 1]:  # within the seconds around the last one
        leaps -= 1
    return uncorrected - leaps


@dataclass(frozen=True, slots=True)
class Placed:
    """A time that stands at a place in the file: byte offset, seconds since 1970 UTC."""

    position: int
    time: float


def gps_boxes(file: BinaryIO, size: int) -> list[Placed]:
    """The times of a file's GPS blocks, in the order of its index; nothing where it has none."""
    walk = Walk(file)
    movies = [box for box in walk.top_level(size) if box.kind == b"moov"]
    for movie in movies[:1]:
        for box in walk.boxes(movie.start, movie.end):
            if box.kind == b"gps ":
                return list(_blocks(file, walk, box, size))
    return []


def _blocks(file: BinaryIO, walk: Walk, index: Box, size: int) -> Iterator[Placed]:
    data = walk.payload(index, 8 + 8 * MAX_GPS_BLOCKS)
    for at in range(8, len(data) - 7, 8):
        position, length = struct.unpack_from(">II", data, at)
        if not 0 < position < size or length < 48:
            continue
        file.seek(position)
        time = _block(file.read(min(length, BLOCK_BYTES)))
        if time is not None:
            yield Placed(position, time)


def _block(data: bytes) -> float | None:
    """The time of one ``free`` box with GPS data: six numbers and the letter A, at one of three places."""
    if data[4:12] != b"freeGPS ":
        return None
    for at in (48, 16, 12):
        if len(data) >= at + 27 and data[at + 24 : at + 25] == b"A":
            hour, minute, second, year, month, day = struct.unpack_from("<6I", data, at)
            year += 2000 if year < 100 else 0
            if _FIRST_YEAR <= year <= _LAST_YEAR:
                try:
                    return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
                except (ValueError, OverflowError):
                    continue
    return None

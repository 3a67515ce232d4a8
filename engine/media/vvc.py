"""VVC: units and their kinds, parameter sets, and the decoder configuration record.

Sources: ITU-T H.266, 7.3 (units, parameter sets); ISO/IEC 14496-15:2022, 11.2.4.2 (record).
"""

from __future__ import annotations

from typing import Final

from engine.media.bitstream import (
    Bits,
    BitstreamError,
    Configuration,
    UnitKinds,
    split_start_codes,
    unescaped,
)

_VPS, _SPS, _PPS = 14, 15, 16
_DECODING, _OPERATING_POINT = 13, 12

VVC: Final = UnitKinds(
    dropped=frozenset({20, 21, 22, 25}),
    sets=frozenset({_OPERATING_POINT, _DECODING, _VPS, _SPS, _PPS}),
    sei=frozenset({23, 24}),
    ends=frozenset({21, 22}),
    pictures=frozenset(range(12)),
    restarts=frozenset({9, 10}),
)
"""AUD, EOS, EOB, filler; OPI, DCI, VPS, SPS, PPS; SEI; CRA and GDR pictures restart (8.1.1). Adaptation
parameter sets change with the pictures and are content."""


def kind_of(unit: bytes) -> int:
    """The unit's type, from the second byte of its header; −1 for a unit that has none."""
    return unit[1] >> 3 if len(unit) > 1 else -1


def set_number(unit: bytes) -> int:
    """The number by which other units refer to a parameter set: sections 7.3.2.2 to 7.3.2.5.

    Raises
    ------
    BitstreamError
        If the set ends early.
    """
    kind = kind_of(unit)
    if kind in (_DECODING, _OPERATING_POINT):
        return 0
    return Bits(unescaped(unit[2:])).read(6 if kind == _PPS else 4)


def configuration(extradata: bytes) -> Configuration:
    """Read ``vvcC`` (without version and flags of its box) or annex B units.

    Raises
    ------
    BitstreamError
        If a record ends early.
    """
    if not extradata or extradata[0] & 0xF8 != 0xF8:
        return Configuration(0, tuple(split_start_codes(extradata)) if extradata else ())
    try:
        return Configuration((extradata[0] >> 1 & 3) + 1, tuple(u for u in _units(extradata) if u))
    except IndexError as error:
        raise BitstreamError("the decoder configuration ends early") from error


def _units(data: bytes) -> list[bytes]:
    at = 1
    if data[0] & 1:
        layers = data[2] >> 4 & 7  # behind ols_idx, 9 bits
        at = _after_profile(data, 4, layers) + 6  # 4: behind the bit depth; 6: largest size, rate
    units: list[bytes] = []
    count, at = data[at], at + 1
    for _ in range(count):
        kind, at = data[at] & 31, at + 1
        several = 1
        if kind not in (_DECODING, _OPERATING_POINT):
            several, at = data[at] << 8 | data[at + 1], at + 2
        for _ in range(several):
            stop = at + 2 + (data[at] << 8 | data[at + 1])
            if stop > len(data):
                raise BitstreamError("the decoder configuration ends early")
            units.append(data[at + 2 : stop].rstrip(b"\x00"))
            at = stop
    return units


def _after_profile(data: bytes, at: int, layers: int) -> int:
    """Where VvcPTLRecord ends that begins at `at`."""
    at += 3 + (data[at] & 63)  # profile and tier, level, constraints with their two flags
    if layers > 1:
        at += 1 + (data[at] >> (9 - layers)).bit_count()
    return at + 1 + 4 * data[at]

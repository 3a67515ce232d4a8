"""The units of coded pictures, and what decoders are configured with, as far as proofs need.

Containers wrap the same coded picture differently: length-prefixed units with the parameter
sets beside them (MP4, Matroska), or start codes with everything in the stream (transport
streams, raw files). Here both become the same units.

Sources: ISO/IEC 14496-15 (configuration records), ITU-T H.264 and H.265, section 7.3 and
annex B (units, parameter sets, slice headers).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

START_CODE: Final = b"\x00\x00\x01"


class BitstreamError(ValueError):
    """Bytes that do not have the structure their codec demands."""


class Bits:
    """Reads bits from the payload of a unit, from the most significant on.

    Parameters
    ----------
    data
        Payload with emulation prevention bytes already removed.

    Raises
    ------
    BitstreamError
        By every read that goes beyond the end.
    """

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def read(self, count: int) -> int:
        """The next `count` bits as an unsigned number; requires count >= 0."""
        if count > self._left:
            raise BitstreamError("the unit ends early")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    @property
    def left(self) -> int:
        """Bits that were not read yet."""
        return self._left

    def exp_golomb(self) -> int:
        """ue(v): H.264, section 9.1."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > 32:
                raise BitstreamError("no number is that long")
        return (1 << zeros) - 1 + self.read(zeros)


def unescaped(data: bytes, limit: int = 256) -> bytes:
    """The first `limit` bytes of a payload without emulation prevention (00 00 03 -> 00 00)."""
    out = bytearray()
    zeros = 0
    for byte in data[:limit]:
        if zeros >= 2 and byte == 3:
            zeros = 0
            continue
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


# ---- units ------------------------------------------------------------------------------------


def split_start_codes(data: bytes) -> list[bytes]:
    """Units between start codes (annex B), trailing zero bytes removed, empty ones left out.

    Bytes before the first start code are a unit of their own: nothing is dropped unseen.
    """
    codes = start_codes(data)
    starts, ends = [0, *(c + 3 for c in codes)], [*codes, len(data)]
    units = (data[a:b].rstrip(b"\x00") for a, b in zip(starts, ends, strict=True))
    return [u for u in units if u]


_LARGE: Final = 8192
_FEW: Final = 64


def start_codes(data: bytes) -> list[int]:
    """Offsets of all start codes, rising.

    Of the two 16-bit words that a code touches, the one at an even offset is 00 00 or 00 01:
    in large units only what follows such words is looked at, in half the time of a search.
    """
    if len(data) >= _LARGE:
        words = np.frombuffer(data, "<u2", len(data) // 2)
        places = np.flatnonzero((words & 0xFEFF) == 0)
        if len(places) <= _FEW:
            near = sorted({at for p in places.tolist() for at in (2 * p - 1, 2 * p) if at >= 0})
            return [at for at in near if data.startswith(START_CODE, at)]
    codes: list[int] = []
    end = len(data)
    while (end := data.rfind(START_CODE, 0, end)) >= 0:  # backwards is twice as fast in CPython
        codes.append(end)
    return codes[::-1]


def split_lengths(data: bytes, prefix: int) -> list[bytes]:
    """Units behind length prefixes of `prefix` bytes, cut where a start code stands inside them.

    No unit may hold a start code; recorders that write one anyway have put several units behind
    one length, and every start code container will tell them apart. Trailing zeros are removed.

    Raises
    ------
    BitstreamError
        If a length reaches beyond the end.
    """
    units: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        start = at + prefix
        stop = start + int.from_bytes(data[at:start], "big")
        if start > end or stop > end:
            raise BitstreamError("a unit is longer than its packet")
        units += split_start_codes(data[start:stop])
        at = stop
    return units


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a container says to a decoder of H.264 or HEVC before the first picture.

    Parameters
    ----------
    prefix
        Bytes of a length prefix; 0 where units follow start codes.
    units
        Parameter sets and SEI of the record, trailing zeros removed.
    """

    prefix: int
    units: tuple[bytes, ...] = ()


def configuration(codec: str, extradata: bytes) -> Configuration:
    """Read ``avcC``, ``hvcC`` or annex B units.

    Raises
    ------
    BitstreamError
        If a record ends early.
    """
    if codec == "h264" and extradata[:1] == b"\x01":
        return _avcc(extradata)
    if codec == "hevc" and len(extradata) >= 23 and (extradata[0] or extradata[1] or extradata[2] > 1):
        return _hvcc(extradata)
    return Configuration(0, tuple(split_start_codes(extradata)) if extradata else ())


def _avcc(data: bytes) -> Configuration:
    """AVCDecoderConfigurationRecord: ISO/IEC 14496-15, 5.3.3.1."""
    if len(data) < 7:
        raise BitstreamError("the decoder configuration ends early")
    units: list[bytes] = []
    at = 5
    for mask in (0x1F, 0xFF):
        count, at = data[at] & mask, at + 1
        for _ in range(count):
            unit, at = _sized(data, at)
            units.append(unit)
        if at >= len(data):
            break
    if at + 4 <= len(data) and data[1] in (100, 110, 122, 144):
        count, at = data[at + 3], at + 4
        for _ in range(count):
            unit, at = _sized(data, at)
            units.append(unit)
    return Configuration((data[4] & 3) + 1, tuple(u for u in units if u))


def _hvcc(data: bytes) -> Configuration:
    """HEVCDecoderConfigurationRecord: ISO/IEC 14496-15, 8.3.3.1."""
    units: list[bytes] = []
    at = 23
    for _ in range(data[22]):
        if at + 3 > len(data):
            raise BitstreamError("the decoder configuration ends early")
        count, at = int.from_bytes(data[at + 1 : at + 3], "big"), at + 3
        for _ in range(count):
            unit, at = _sized(data, at)
            units.append(unit)
    return Configuration((data[21] & 3) + 1, tuple(u for u in units if u))


def _sized(data: bytes, at: int) -> tuple[bytes, int]:
    stop = at + 2 + int.from_bytes(data[at : at + 2], "big")
    if at + 2 > len(data) or stop > len(data):
        raise BitstreamError("the decoder configuration ends early")
    return data[at + 2 : stop].rstrip(b"\x00"), stop


# ---- kinds of units ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitKinds:
    """The unit types of a codec that a muxer may add or drop, and those of parameter sets and SEI.

    Attributes
    ----------
    ends
        Of those dropped, the ends of a sequence or of the whole.
    pictures
        Slices.
    restarts
        Of these, pictures that are decoded otherwise behind an end: what leads them is not shown then.
    """

    dropped: frozenset[int]
    sets: frozenset[int]
    sei: frozenset[int]
    ends: frozenset[int] = frozenset()
    pictures: frozenset[int] = frozenset()
    restarts: frozenset[int] = frozenset()


H264: Final = UnitKinds(frozenset({9, 10, 11, 12}), frozenset({7, 8, 13, 15}), frozenset({6}))
"""Access unit delimiter, end of sequence, end of stream, filler; SPS, PPS, extension, subset SPS; SEI."""

HEVC: Final = UnitKinds(
    frozenset({35, 36, 37, 38}),
    frozenset({32, 33, 34}),
    frozenset({39, 40}),
    ends=frozenset({36, 37}),
    pictures=frozenset(range(32)),
    restarts=frozenset({21}),
)
"""The same of HEVC: AUD, EOS, EOB, filler; VPS, SPS, PPS; prefix and suffix SEI; CRA pictures restart (8.1.3)."""


def kind_of(codec: str, unit: bytes) -> int:
    """The unit's type; requires a unit that is not empty."""
    return unit[0] & 0x1F if codec == "h264" else (unit[0] >> 1) & 0x3F


def set_number(codec: str, unit: bytes) -> int:
    """The number by which other units refer to a parameter set.

    Raises
    ------
    BitstreamError
        If the set ends early.
    """
    if codec == "h264":
        skip = 3 if unit[0] & 0x1F in (7, 15) else 0
        return Bits(unescaped(unit[1:])[skip:]).exp_golomb()
    bits = Bits(unescaped(unit[2:]))
    kind = (unit[0] >> 1) & 0x3F
    if kind == 32:
        return bits.read(4)
    if kind == 33:
        bits.read(4)
        _profile_tier_level(bits, bits.read(3))
    return bits.exp_golomb()


def _profile_tier_level(bits: Bits, sub_layers: int) -> None:
    """Skip it: H.265, section 7.3.3. `sub_layers` is sps_max_sub_layers_minus1."""
    bits.read(1 + 88 + 8)
    present = [(bits.read(1), bits.read(1)) for _ in range(sub_layers)]
    if sub_layers:
        bits.read(2 * (8 - sub_layers))
    for profile, level in present:
        bits.read(88 * profile + 8 * level)


# ---- field pictures of H.264 ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpsFacts:
    """What a slice header needs to know of its SPS."""

    frame_num_bits: int
    frames_only: bool
    separate_planes: bool


_CHROMA_PROFILES: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


def sps_facts(unit: bytes) -> SpsFacts:
    """Read an H.264 SPS up to frame_mbs_only_flag: section 7.3.2.1.1.

    Raises
    ------
    BitstreamError
        If the set ends early.
    """
    bits = Bits(unescaped(unit[1:], 1024))
    profile = bits.read(24) >> 16
    bits.exp_golomb()
    separate = False
    if profile in _CHROMA_PROFILES:
        chroma = bits.exp_golomb()
        separate = bool(bits.read(1)) if chroma == 3 else False
        bits.exp_golomb()
        bits.exp_golomb()
        bits.read(1)
        if bits.read(1):
            for number in range(12 if chroma == 3 else 8):
                if bits.read(1):
                    _scaling_list(bits, 16 if number < 6 else 64)
    frame_num_bits = bits.exp_golomb() + 4
    order = bits.exp_golomb()
    if order == 0:
        bits.exp_golomb()
    elif order == 1:
        bits.read(1)
        bits.exp_golomb()
        bits.exp_golomb()
        for _ in range(min(bits.exp_golomb(), 255)):
            bits.exp_golomb()
    bits.exp_golomb()
    bits.read(1)
    bits.exp_golomb()
    bits.exp_golomb()
    return SpsFacts(frame_num_bits, bool(bits.read(1)), separate)


def _scaling_list(bits: Bits, size: int) -> None:
    last, following = 8, 8
    for _ in range(size):
        if following:
            code = bits.exp_golomb()
            delta = (code + 1) // 2 if code % 2 else -(code // 2)
            following = (last + delta + 256) % 256
        last = following or last


def pps_numbers(unit: bytes) -> tuple[int, int]:
    """Number of an H.264 PPS and of the SPS that it refers to: section 7.3.2.2.

    Raises
    ------
    BitstreamError
        If the set ends early.
    """
    bits = Bits(unescaped(unit[1:]))
    return bits.exp_golomb(), bits.exp_golomb()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a picture: its frame_num, and which of the two."""

    number: int
    bottom: bool

    def completes(self, first: Field) -> bool:
        """Whether this is the second field of the picture that `first` began: section 7.4.1.2.4."""
        return self.number == first.number and self.bottom != first.bottom


def lone_field(units: list[bytes], sps_of: Mapping[int, SpsFacts]) -> Field | None:
    """The field that an H.264 packet holds, if it holds one and no more: section 7.3.3.

    Parameters
    ----------
    units
        Of the packet.
    sps_of
        PPS number -> facts of the SPS it refers to.

    Raises
    ------
    BitstreamError
        If a slice ends early or refers to a set that is not there.
    """
    fields = {_field(unit, sps_of) for unit in units if unit[0] & 0x1F in (1, 2, 5)}
    return fields.pop() if len(fields) == 1 else None


def _field(unit: bytes, sps_of: Mapping[int, SpsFacts]) -> Field | None:
    bits = Bits(unescaped(unit[1:], 32))
    bits.exp_golomb()
    bits.exp_golomb()
    sps = sps_of.get(bits.exp_golomb())
    if sps is None:
        raise BitstreamError("a parameter set is missing")
    if sps.frames_only:
        return None
    if sps.separate_planes:
        bits.read(2)
    number = bits.read(sps.frame_num_bits)
    return Field(number, bool(bits.read(1))) if bits.read(1) else None

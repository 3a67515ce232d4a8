"""AAC: what it is decoded with, and the raw data blocks behind an ADTS header.

Source: ISO/IEC 14496-3, 1.6.2.1 (AudioSpecificConfig), 1.A.2.2 (ADTS), 4.4.1.1 (program config element).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from engine.media.bitstream import Bits, BitstreamError

AAC_RATES: Final = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)

_GENERAL: Final = (1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23)
"""Object types that are configured by a GASpecificConfig."""

_PROGRAM_CONFIG: Final = 5
"""id_syn_ele of a program config element."""


@dataclass(frozen=True, slots=True)
class AacConfiguration:
    """What AAC is decoded with, told the same way by ADTS, LATM and AudioSpecificConfig.

    Parameters
    ----------
    object_type
        Of the core (2: low complexity), without explicitly signalled extensions.
    rate
        Of the core, Hz.
    channels
        channelConfiguration; 0 means that a program config element tells.
    flags
        frameLengthFlag, dependsOnCoreCoder and extensionFlag as a number 0..7; ADTS knows 0 only.
    program
        The program config element from its object type to its comment, bits filled up with zeros
        to whole bytes before the comment; empty without one.
    """

    object_type: int
    rate: int
    channels: int
    flags: int = 0
    program: bytes = b""


def audio_specific_config(data: bytes) -> AacConfiguration:
    """Read an AudioSpecificConfig: ISO/IEC 14496-3, 1.6.2.1.

    Raises
    ------
    BitstreamError
        If it ends early or uses a reserved rate.
    """
    return read_configuration(Bits(data[:512]))


def read_configuration(bits: Bits) -> AacConfiguration:
    """The same from the place where `bits` stands, up to the end of the core's own part.

    Raises
    ------
    BitstreamError
        If it ends early or uses a reserved rate.
    """
    began = bits.left
    kind, rate = _object_type(bits), _rate(bits)
    channels = bits.read(4)
    if kind in (5, 29):
        _rate(bits)
        kind = _object_type(bits)
        if kind == 22:
            bits.read(4)
    if kind not in _GENERAL:
        return AacConfiguration(kind, rate, channels)
    flags = bits.read(2) << 1
    if flags & 2:
        bits.read(14)  # coreCoderDelay
    flags |= bits.read(1)
    program = _program(bits, began) if channels == 0 else b""
    if kind in (6, 20):
        bits.read(3)
    if flags & 1:
        _extension(bits, kind)
    return AacConfiguration(kind, rate, channels, flags, program)


def _extension(bits: Bits, kind: int) -> None:
    """Skip what extensionFlag announces: table 4.1."""
    if kind == 22:
        bits.read(16)
    elif kind in (17, 19, 20, 23):
        bits.read(3)
    bits.read(1)


def _object_type(bits: Bits) -> int:
    kind = bits.read(5)
    return 32 + bits.read(6) if kind == 31 else kind


def _rate(bits: Bits) -> int:
    index = bits.read(4)
    if index == 15:
        return bits.read(24)
    if index >= len(AAC_RATES):
        raise BitstreamError("a reserved sampling rate")
    return AAC_RATES[index]


# ---- program config elements ------------------------------------------------------------------


def _program(bits: Bits, began: int) -> bytes:
    """Read a program config element without its identifier: table 4.2.

    `began` is `bits.left` at the place from which whole bytes are counted. The element's own
    number (4 bits) is left out.
    """
    bits.read(4)
    value, width = 0, 0

    def take(count: int) -> int:
        nonlocal value, width
        found = bits.read(count)
        value, width = value << count | found, width + count
        return found

    take(6)
    counts = [take(n) for n in (4, 4, 4, 2, 3, 4)]
    for length in (4, 4, 3):  # mixdowns
        if take(1):
            take(length)
    for count, length in zip(counts, (5, 5, 5, 4, 4, 5), strict=True):
        take(count * length)
    bits.read((bits.left - began) % 8)
    comment = bits.read(8)
    text = bits.read(8 * comment).to_bytes(comment, "big")
    return (value << -width % 8).to_bytes((width + 7) // 8, "big") + text


def split_program(block: bytes) -> tuple[bytes, bytes]:
    """The program config element with which a raw data block begins, and what follows it.

    Containers with an AudioSpecificConfig keep the element there; ADTS has no other place for it.
    Both parts are empty and the block itself where it begins with anything else.
    """
    if not block or block[0] >> 5 != _PROGRAM_CONFIG:
        return b"", block
    bits = Bits(block[:512])
    whole = bits.left
    try:
        bits.read(3)
        found = _program(bits, whole)
    except BitstreamError:
        return b"", block
    return found, block[(whole - bits.left) // 8 :]


# ---- ADTS -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AdtsFrame:
    """What an ADTS frame holds.

    Parameters
    ----------
    configuration
        As its header tells it; of `program` nothing, which stands in the blocks.
    blocks
        Raw data blocks. Several without an error check are not told apart by any header: one piece.
    """

    configuration: AacConfiguration
    blocks: tuple[bytes, ...]


def read_adts(data: bytes) -> AdtsFrame:
    """Read an ADTS frame: ISO/IEC 14496-3, 1.A.2.2. Bytes behind it stay with its last block.

    Raises
    ------
    BitstreamError
        If this is no ADTS frame, or a damaged one.
    """
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        raise BitstreamError("no ADTS header")
    length = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    checked, more = not data[1] & 1, data[6] & 3
    header = 7 + (2 + 2 * more if checked else 0)
    index = data[2] >> 2 & 15
    if length < header or length > len(data) or index >= len(AAC_RATES):
        raise BitstreamError("a damaged ADTS header")
    channels = (data[2] & 1) << 2 | data[3] >> 6
    found = AacConfiguration((data[2] >> 6) + 1, AAC_RATES[index], channels)
    if not more or not checked:
        return AdtsFrame(found, (data[header:length] + data[length:],))
    positions = [int.from_bytes(data[7 + 2 * n : 9 + 2 * n], "big") for n in range(more)]
    edges = [0, *positions, length - header]
    if any(b - a < 2 for a, b in pairwise(edges)):
        raise BitstreamError("a damaged ADTS header")
    blocks = [data[header + a : header + b - 2] for a, b in pairwise(edges)]
    return AdtsFrame(found, (*blocks[:-1], blocks[-1] + data[length:]))

"""AAC: what it is decoded with, and the raw data block behind an ADTS header.

Source: ISO/IEC 14496-3, 1.6.2.1 (AudioSpecificConfig) and 1.A.2.2 (ADTS).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.media.bitstream import Bits, BitstreamError

AAC_RATES: Final = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


@dataclass(frozen=True, slots=True)
class AacConfiguration:
    """What AAC is decoded with, told the same way by ADTS headers and by AudioSpecificConfig.

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
    """

    object_type: int
    rate: int
    channels: int
    flags: int = 0


def audio_specific_config(data: bytes) -> AacConfiguration:
    """Read an AudioSpecificConfig: ISO/IEC 14496-3, 1.6.2.1.

    Raises
    ------
    BitstreamError
        If it ends early or uses a reserved rate.
    """
    bits = Bits(data[:32])
    kind, rate = _object_type(bits), _rate(bits)
    channels = bits.read(4)
    if kind in (5, 29):
        _rate(bits)
        kind = _object_type(bits)
    flags = bits.read(3) if kind in (1, 2, 3, 4, 6, 7) else 0
    return AacConfiguration(kind, rate, channels, flags)


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


def strip_adts(data: bytes) -> tuple[AacConfiguration, bytes]:
    """An ADTS frame's configuration and its one raw data block: ISO/IEC 14496-3, 1.A.2.2.

    Raises
    ------
    BitstreamError
        If this is no ADTS frame, or one of several blocks.
    """
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        raise BitstreamError("no ADTS header")
    length = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    header = 7 if data[1] & 1 else 9
    index = data[2] >> 2 & 15
    if length < header or length > len(data) or index >= len(AAC_RATES):
        raise BitstreamError("a damaged ADTS header")
    if data[6] & 3:
        raise BitstreamError("several blocks in one ADTS frame")
    channels = (data[2] & 1) << 2 | data[3] >> 6
    return AacConfiguration((data[2] >> 6) + 1, AAC_RATES[index], channels), data[header:length] + data[length:]

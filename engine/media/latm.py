"""LATM in LOAS: the raw data blocks of AAC as transport streams and broadcast recorders carry them.

Source: ISO/IEC 14496-3, 1.7.2 (AudioSyncStream) and 1.7.3 (AudioMuxElement, StreamMuxConfig).
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.media.aac import AacConfiguration, read_configuration
from engine.media.bitstream import Bits, BitstreamError

_SYNC = 0x2B7


@dataclass(frozen=True, slots=True)
class StreamMux:
    """What an AudioMuxElement is read with.

    Parameters
    ----------
    configuration
        Of the decoder.
    blocks
        Raw data blocks in an element.
    """

    configuration: AacConfiguration
    blocks: int


def read_loas(data: bytes, mux: StreamMux | None) -> tuple[StreamMux, list[bytes]]:
    """One AudioSyncStream frame: what it was read with, and its raw data blocks.

    Parameters
    ----------
    data
        From the sync word on.
    mux
        As the element before left it; None at the start of a stream.

    Raises
    ------
    BitstreamError
        If this is no such frame, if it is damaged or refers to a configuration that is not there,
        or multiplexes several programs, layers or streams (recorders do not).
    """
    if len(data) < 3 or int.from_bytes(data[:2], "big") >> 5 != _SYNC:
        raise BitstreamError("no LOAS header")
    length = int.from_bytes(data[1:3], "big") & 0x1FFF
    if len(data) != 3 + length:
        raise BitstreamError("a damaged LOAS header")
    bits = Bits(data[3:])
    if not bits.read(1):
        mux = _stream_mux(bits)
    if mux is None:
        raise BitstreamError("the configuration is not there")
    blocks: list[bytes] = []
    for _ in range(mux.blocks):
        count = 0
        while (part := bits.read(8)) == 255:
            count += part
        count += part
        blocks.append(bits.read(8 * count).to_bytes(count, "big"))
    return mux, blocks


def _stream_mux(bits: Bits) -> StreamMux:
    """StreamMuxConfig: table 1.42."""
    version = bits.read(1)
    if version and bits.read(1):
        raise BitstreamError("a version of LATM that is reserved")
    if version:
        _number(bits)  # taraBufferFullness
    same_time, more = bits.read(1), bits.read(6)
    if not same_time or bits.read(4) or bits.read(3):
        raise BitstreamError("several programs or layers")
    configuration = _sized(bits) if version else read_configuration(bits)
    if bits.read(3):
        raise BitstreamError("frames of fixed length")
    bits.read(8)  # latmBufferFullness
    if bits.read(1):
        _other_data(bits, version)
    if bits.read(1):
        bits.read(8)  # crcCheckSum
    return StreamMux(configuration, more + 1)


def _sized(bits: Bits) -> AacConfiguration:
    count = _number(bits)
    before = bits.left
    found = read_configuration(bits)
    bits.read(max(count - (before - bits.left), 0))
    return found


def _other_data(bits: Bits, version: int) -> None:
    """Its length; the data itself stands behind the blocks of each element and is no sound."""
    if version:
        _number(bits)
        return
    while bits.read(1):
        bits.read(8)
    bits.read(8)


def _number(bits: Bits) -> int:
    """LatmGetValue."""
    return bits.read(8 * (bits.read(2) + 1))

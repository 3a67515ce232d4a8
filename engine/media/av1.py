"""AV1: open bitstream units without what containers add. Source: AV1 specification, section 5.3."""

from __future__ import annotations

from collections.abc import Iterator

from engine.media.bitstream import BitstreamError


def open_bitstream_units(data: bytes) -> Iterator[bytes]:
    """OBUs without their size field, temporal delimiters left out: AV1 specification, 5.3.

    Raises
    ------
    BitstreamError
        If a unit reaches beyond the end.
    """
    at = 0
    while at < len(data):
        header, extension = data[at], data[at] >> 2 & 1
        body = at + 1 + extension
        size, body = _leb128(data, body) if header & 2 else (len(data) - body, body)
        if size < 0 or body + size > len(data):
            raise BitstreamError("a unit is longer than its packet")
        if header >> 3 & 15 != 2:
            yield bytes([header & 0xFD]) + data[at + 1 : at + 1 + extension] + data[body : body + size]
        at = body + size


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for number in range(8):
        if at + number >= len(data):
            break
        byte = data[at + number]
        value |= (byte & 0x7F) << (7 * number)
        if not byte & 0x80:
            return value, at + number + 1
    raise BitstreamError("a length ends early")

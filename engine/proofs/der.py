"""As much of DER (ITU-T X.690) as taking a timestamp token out of its response needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SEQUENCE: Final = 0x30
INTEGER: Final = 0x02
CONTEXT_0: Final = 0xA0


class DerError(ValueError):
    """Bytes that are no DER, or not of the structure that was looked for."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value: its tag, what it holds, and all its bytes."""

    tag: int
    content: bytes
    whole: bytes


def values(data: bytes) -> list[Value]:
    """The values that follow each other in `data`, to its end.

    Raises
    ------
    DerError
        If they do not end where `data` ends.
    """
    found: list[Value] = []
    at = 0
    while at < len(data):
        start, end = _span(data, at)
        if end > len(data):
            raise DerError("a value is longer than its file")
        found.append(Value(data[at], data[start:end], data[at:end]))
        at = end
    return found


def only(data: bytes, tag: int) -> Value:
    """The one value that `data` is.

    Raises
    ------
    DerError
        If there is another number of values, or one of another kind.
    """
    found = values(data)
    if len(found) != 1 or found[0].tag != tag:
        raise DerError(f"not one value of kind {tag:#x}")
    return found[0]


def encoded(tag: int, content: bytes) -> bytes:
    """A value of a kind."""
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def _span(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the value at `at` begins and ends."""
    if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
        raise DerError("cut short, or a tag of several bytes")
    length, start = data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or start + count > len(data):
            raise DerError("a length that is not of DER")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    return start, start + length

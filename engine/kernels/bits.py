"""Reading units and bits of H.264 and HEVC: bounded, and never an exception.

A reader is an int64 array of three: bit position, end, and whether a read went beyond the end.
After that every read gives 0, and whoever reads looks at `failed` once, at the end.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

POSITION: Final = 0
END: Final = 1
FAILED: Final = 2

HEADER_BYTES: Final = 160
"""Bytes of a slice header or SEI message that are looked at."""
SET_BYTES: Final = 4096
"""Bytes of a parameter set that are looked at."""

SAMPLED: Final = 32
"""Bytes of each of the places of a packet that its digest is made of."""

_FNV_START: Final = 0x811C9DC5
_FNV_PRIME: Final = 0x01000193


def reader() -> NDArray[np.int64]:
    """A reader that stands nowhere yet."""
    return np.zeros(3, np.int64)


@njit(cache=True, nogil=True)
def start_code(data, at):  # type: ignore[no-untyped-def]
    """Index just behind the next 00 00 01 from `at` on, or -1."""
    end = data.size
    i = at + 2
    while i < end:
        byte = data[i]
        if byte > 1:
            i += 3
        elif byte == 1:
            if data[i - 1] == 0 and data[i - 2] == 0:
                return i + 1
            i += 3
        else:
            i += 1
    return -1


@njit(cache=True, nogil=True)
def next_unit(data, at, prefix, span):  # type: ignore[no-untyped-def]
    """Where the next unit that is not empty lies; whether there is one.

    Parameters
    ----------
    data
        uint8, a packet.
    at
        Where to look from: 0, or what `span[2]` was left at.
    prefix
        Bytes of a length prefix, 0 for start codes.
    span
        int64, (3,): start, end, and where the following one is looked for. With start codes the
        end is that of the packet until `unit_end` says where it really is.
    """
    size = data.size
    while at < size:
        if prefix == 0:
            start = start_code(data, at)
            if start < 0 or start >= size:
                return False
            span[0], span[1], span[2] = start, size, start
            return True
        start = at + prefix
        if start >= size:
            return False
        length = np.int64(0)
        for i in range(at, start):
            length = length << 8 | data[i]
        at = start + length
        if length > 0:
            span[0], span[1], span[2] = start, min(at, size), at
            return True
    return False


@njit(cache=True, nogil=True)
def unit_end(data, prefix, span):  # type: ignore[no-untyped-def]
    """Find the end of the unit at `span`; trailing zeros are left out."""
    if prefix == 0:
        code = start_code(data, span[0])
        span[1] = data.size if code < 0 else code - 3
        span[2] = data.size if code < 0 else code - 3
    while span[1] > span[0] and data[span[1] - 1] == 0:
        span[1] -= 1


@njit(cache=True, nogil=True)
def unescape(data, start, end, out, state):  # type: ignore[no-untyped-def]
    """Copy a payload into `out` without emulation prevention, as far as it fits; start reading there."""
    zeros, count = 0, 0
    for i in range(start, end):
        if count == out.size:
            break
        byte = data[i]
        if zeros >= 2 and byte == 3:
            zeros = 0
            continue
        out[count] = byte
        count += 1
        zeros = zeros + 1 if byte == 0 else 0
    state[POSITION], state[END], state[FAILED] = 0, count * 8, 0


@njit(cache=True, nogil=True)
def u(buffer, state, count):  # type: ignore[no-untyped-def]
    """u(n): the next `count` bits, 0..32, as an unsigned number; 0 beyond the end."""
    at = state[POSITION]
    if at + count > state[END]:
        state[FAILED] = 1
        state[POSITION] = state[END]
        return np.int64(0)
    value = np.int64(0)
    for i in range(at, at + count):
        value = value << 1 | (buffer[i >> 3] >> (7 - (i & 7)) & 1)
    state[POSITION] = at + count
    return value


@njit(cache=True, nogil=True)
def ue(buffer, state):  # type: ignore[no-untyped-def]
    """ue(v): H.264 and H.265, section 9.1 / 9.2; no number has more than 32 leading zeros."""
    zeros = 0
    while u(buffer, state, 1) == 0:
        zeros += 1
        if state[FAILED] or zeros > 32:
            state[FAILED] = 1
            return np.int64(0)
    return (np.int64(1) << zeros) - 1 + u(buffer, state, zeros)


@njit(cache=True, nogil=True)
def se(buffer, state):  # type: ignore[no-untyped-def]
    """se(v): the signed number behind ue(v)."""
    code = ue(buffer, state)
    return (code + 1) // 2 if code & 1 else -(code // 2)


@njit(cache=True, nogil=True)
def digest(data, start, end, seed):  # type: ignore[no-untyped-def]
    """FNV-1a, 32 bits, of at most `SET_BYTES` bytes and of their number; never 0."""
    value = np.int64(seed if seed else _FNV_START)
    for i in range(start, min(end, start + SET_BYTES)):
        value = ((value ^ data[i]) * _FNV_PRIME) & 0xFFFFFFFF
    value = ((value ^ ((end - start) & 0xFFFF)) * _FNV_PRIME) & 0xFFFFFFFF
    return value if value else np.int64(1)


@njit(cache=True, nogil=True)
def sample_digest(data):  # type: ignore[no-untyped-def]
    """FNV-1a, 32 bits, of `SAMPLED` bytes each at the start, middle and end of a packet, and of its size.

    Coded pictures are as good as random there: two that differ hardly ever agree in all of it.
    """
    size = data.size
    value = np.int64(_FNV_START)
    for part in range(3):
        start = (size - SAMPLED) * part // 2
        for i in range(max(start, 0), min(max(start, 0) + SAMPLED, size)):
            value = ((value ^ data[i]) * _FNV_PRIME) & 0xFFFFFFFF
    for shift in (0, 8, 16, 24):
        value = ((value ^ (size >> shift & 255)) * _FNV_PRIME) & 0xFFFFFFFF
    return value


@njit(cache=True, nogil=True)
def holds(data, start, end, word):  # type: ignore[no-untyped-def]
    """Whether the first `HEADER_BYTES` bytes of data[start:end] hold the bytes `word`."""
    last = min(end, start + HEADER_BYTES) - word.size
    for i in range(start, last + 1):
        same = True
        for j in range(word.size):
            if data[i + j] != word[j]:
                same = False
                break
        if same:
            return True
    return False

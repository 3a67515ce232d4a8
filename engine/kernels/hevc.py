"""HEVC as far as its numbering and its references go.

Every slice names the pictures that must still be there (the reference picture set). Of the packets
seen so far it is known which are: a picture that needs one which never came tells of the loss.

Source: ITU-T H.265, sections 7.3.2 (parameter sets), 7.3.6 and 7.3.7 (slice header, short-term
reference picture set), 7.4.8, 8.3.1 (picture order count), 8.3.2 (reference picture set).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.kernels import columns as c
from engine.kernels.bits import (
    FAILED,
    HEADER_BYTES,
    SET_BYTES,
    digest,
    holds,
    next_unit,
    sample_digest,
    u,
    ue,
    unescape,
    unit_end,
)
from engine.kernels.hevc_quantiser import (
    CHROMA,
    EXTRA_BITS,
    LONG_TERM,
    MOTION,
    OFFSETS,
    ORDER_BITS,
    OUTPUT_FLAG,
    SEPARATE,
    SET_COUNT,
    SPS,
    VALID,
    read_pps_on,
    read_quantiser,
    skip_scaling,
)

SPS_NUMBERS: Final = 16
PPS_NUMBERS: Final = 64
SETS: Final = 65
"""Reference picture sets of an SPS, and one for the slice's own."""
HELD: Final = 16
"""Pictures that a decoder holds at most."""

# a reference picture set: how many before and after, then differences of order, then whether used
_BEFORE, _AFTER, _DELTA, _USED = 0, 1, 2, 2 + HELD
_SET_WIDTH: Final = 2 + 2 * HELD
# what is remembered: order of the last picture of the lowest layer, whether leading pictures are
# skipped, whether anything came, how many are held, which
_LAST, _SKIP_LEADING, _READY, _HELD, _FIRST = range(5)

BANNER: Final = np.frombuffer(b"x265 (build", np.uint8)


def tables() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Empty tables of SPS, PPS and reference picture sets, and a memory of nothing."""
    sets = np.zeros((SPS_NUMBERS, SETS, _SET_WIDTH), np.int64)
    memory = np.zeros(5 + HELD, np.int64)
    return np.zeros((SPS_NUMBERS, 8), np.int64), np.zeros((PPS_NUMBERS, 12), np.int64), sets, memory


@njit(cache=True, nogil=True)
def _skip_profile(buffer, state, sub_layers):  # type: ignore[no-untyped-def]
    """profile_tier_level: section 7.3.3."""
    for _ in range(3):
        u(buffer, state, 32)
    profiles, levels = 0, 0
    for _ in range(sub_layers):
        profiles += u(buffer, state, 1)
        levels += u(buffer, state, 1)
    if sub_layers:
        u(buffer, state, 2 * (8 - sub_layers))
    for _ in range(profiles):
        u(buffer, state, 32)
        u(buffer, state, 32)
        u(buffer, state, 24)
    for _ in range(levels):
        u(buffer, state, 8)


@njit(cache=True, nogil=True)
def _read_set(buffer, state, sets, number, count):  # type: ignore[no-untyped-def]
    """st_ref_pic_set(number): section 7.3.7 and 7.4.8; whether it could be read."""
    target = sets[number]
    target[:] = 0
    if number > 0 and u(buffer, state, 1):
        return _read_predicted(buffer, state, sets, number, count)
    before, after = ue(buffer, state), ue(buffer, state)
    if state[FAILED] or before + after > HELD:
        return False
    target[_BEFORE], target[_AFTER] = before, after
    delta = np.int64(0)
    for i in range(before + after):
        if i == before:
            delta = np.int64(0)
        step = ue(buffer, state) + 1
        if step > 32768:
            return False
        delta += -step if i < before else step
        target[_DELTA + i] = delta
        target[_USED + i] = u(buffer, state, 1)
    return state[FAILED] == 0


@njit(cache=True, nogil=True)
def _read_predicted(buffer, state, sets, number, count):  # type: ignore[no-untyped-def]
    """A set told as the difference to another: equations 7-59 to 7-62."""
    back = 1 + (ue(buffer, state) if number == count else 0)
    if state[FAILED] or back > number:
        return False
    sign = u(buffer, state, 1)
    shift = (1 - 2 * sign) * (ue(buffer, state) + 1)
    other, target = sets[number - back], sets[number]
    known = other[_BEFORE] + other[_AFTER]
    deltas, used, kept = np.zeros(HELD + 1, np.int64), np.zeros(HELD + 1, np.int64), 0
    for i in range(known + 1):
        in_use = u(buffer, state, 1)
        if in_use or u(buffer, state, 1):
            delta = shift + (other[_DELTA + i] if i < known else 0)
            if delta != 0:
                deltas[kept], used[kept] = delta, in_use
                kept += 1
    if state[FAILED] or kept > HELD or abs(shift) > 32768:
        return False
    place = 0
    for sign in (-1, 1):  # nearest first, those before the picture, then those after it
        ranks = np.argsort(sign * deltas[:kept])
        for rank in ranks:
            if sign * deltas[rank] > 0:
                target[_DELTA + place], target[_USED + place] = deltas[rank], used[rank]
                target[_BEFORE if sign < 0 else _AFTER] += 1
                place += 1
    return True


@njit(cache=True, nogil=True)
def read_sps(data, start, end, table, sets, state):  # type: ignore[no-untyped-def]
    """Enter an SPS (unit header included) into the tables, unless it ends early: section 7.3.2.2."""
    buffer = np.empty(SET_BYTES, np.uint8)
    unescape(data, start + 2, end, buffer, state)
    u(buffer, state, 4)
    sub_layers = u(buffer, state, 3)
    u(buffer, state, 1)
    _skip_profile(buffer, state, sub_layers)
    number = ue(buffer, state)
    separate, chroma = np.int64(0), ue(buffer, state)
    if chroma == 3:
        separate = u(buffer, state, 1)
    ue(buffer, state)
    ue(buffer, state)
    if u(buffer, state, 1):
        for _ in range(4):
            ue(buffer, state)
    ue(buffer, state)
    ue(buffer, state)
    order_bits = ue(buffer, state) + 4
    every = u(buffer, state, 1)
    for _ in range(sub_layers + 1 if every else 1):
        for _ in range(3):
            ue(buffer, state)
    for _ in range(6):
        ue(buffer, state)
    if u(buffer, state, 1) and u(buffer, state, 1):
        skip_scaling(buffer, state)
    u(buffer, state, 1)
    offsets = u(buffer, state, 1)
    if u(buffer, state, 1):
        u(buffer, state, 8)
        ue(buffer, state)
        ue(buffer, state)
        u(buffer, state, 1)
    count = ue(buffer, state)
    if state[FAILED] or number >= SPS_NUMBERS or order_bits > 16 or count >= SETS:
        return
    row = table[number]
    row[VALID] = 0
    for i in range(count):
        if not _read_set(buffer, state, sets[number], i, count):
            return
    long_term = u(buffer, state, 1)
    if state[FAILED] == 0:
        row[VALID], row[ORDER_BITS], row[SEPARATE], row[SET_COUNT], row[LONG_TERM] = (
            1, order_bits, separate, count, long_term,
        )  # fmt: skip
        # behind long-term references, which are not read, nothing is known
        motion = u(buffer, state, 1) if long_term == 0 else np.int64(0)
        row[CHROMA], row[OFFSETS], row[MOTION] = 0 if separate else chroma, offsets, motion


@njit(cache=True, nogil=True)
def read_pps(data, start, end, table, state):  # type: ignore[no-untyped-def]
    """Enter a PPS (unit header included) into the table, unless it ends early: section 7.3.2.3."""
    buffer = np.empty(SET_BYTES, np.uint8)
    unescape(data, start + 2, end, buffer, state)
    number, sps = ue(buffer, state), ue(buffer, state)
    u(buffer, state, 1)
    output_flag, extra = u(buffer, state, 1), u(buffer, state, 3)
    if state[FAILED] == 0 and number < PPS_NUMBERS and sps < SPS_NUMBERS:
        row = table[number]
        row[0], row[SPS], row[OUTPUT_FLAG], row[EXTRA_BITS] = 1, sps, output_flag, extra
        read_pps_on(buffer, state, row)


@njit(cache=True, nogil=True)
def read_set(data, start, end, sps_table, pps_table, sets, state):  # type: ignore[no-untyped-def]
    """Enter a parameter set of either kind."""
    kind = data[start] >> 1 & 63
    if kind == 33:
        read_sps(data, start, end, sps_table, sets, state)
    elif kind == 34:
        read_pps(data, start, end, pps_table, state)


@njit(cache=True, nogil=True)
def _read_slice(data, start, end, sps_table, pps_table, sets, memory, state, out):  # type: ignore[no-untyped-def]
    """Header of the first slice segment: section 7.3.6.1, up to the reference picture set."""
    kind = data[start] >> 1 & 63
    out[c.TYPE] = kind
    out[c.REFERENCE] = 0 if kind < 15 and kind & 1 == 0 else 1
    out[c.RANDOM_ACCESS] = (1 if kind == 21 else 2) if 16 <= kind <= 23 else 0
    buffer = np.empty(HEADER_BYTES, np.uint8)
    unescape(data, start + 2, end, buffer, state)
    first = u(buffer, state, 1)
    if 16 <= kind <= 23:
        u(buffer, state, 1)
    number = ue(buffer, state)
    if state[FAILED] or first == 0 or number >= PPS_NUMBERS or pps_table[number, 0] == 0:
        return
    pps = pps_table[number]
    sps = sps_table[pps[SPS]]
    if sps[VALID] == 0:
        return
    u(buffer, state, pps[EXTRA_BITS])
    slice_type = ue(buffer, state)
    if state[FAILED] or slice_type > 2:
        return
    out[c.SLICE] = (1, 0, 2)[slice_type]
    if pps[OUTPUT_FLAG]:
        u(buffer, state, 1)
    if sps[SEPARATE]:
        u(buffer, state, 2)
    out[c.ORDER_BITS] = sps[ORDER_BITS]
    if kind in (19, 20):
        out[c.ORDER] = 0
        _forget(memory, 0, False)
        read_quantiser(buffer, state, sps, pps, slice_type, 0, 0, out)
        return
    lsb = u(buffer, state, sps[ORDER_BITS])
    if state[FAILED]:
        return
    chosen = _choose(buffer, state, sps, sets[pps[SPS]])
    restart = 16 <= kind <= 18 or memory[_READY] == 0
    order = lsb if restart and 16 <= kind <= 23 else _order(lsb, sps[ORDER_BITS], memory[_LAST])
    out[c.ORDER] = order
    if chosen >= 0:
        used = _in_use(sets[pps[SPS], chosen])
        read_quantiser(buffer, state, sps, pps, slice_type, used, sps[MOTION], out)
    if restart:
        _forget(memory, order, True)
        return
    layer = data[start + 1] & 7
    if layer == 1 and not 6 <= kind <= 9 and out[c.REFERENCE]:
        memory[_LAST] = order
    if kind in (8, 9) and memory[_SKIP_LEADING]:
        return
    if not 6 <= kind <= 9:
        memory[_SKIP_LEADING] = 0
    if chosen < 0:
        out[c.MISSING] = -1
    else:
        _hold(sets[pps[SPS], chosen], memory, order, out)


@njit(cache=True, nogil=True)
def _order(lsb, bits, last):  # type: ignore[no-untyped-def]
    """Picture order count: section 8.3.1."""
    limit = np.int64(1) << bits
    last_lsb = last & (limit - 1)
    msb = last - last_lsb
    if lsb < last_lsb and last_lsb - lsb >= limit // 2:
        msb += limit
    elif lsb > last_lsb and lsb - last_lsb > limit // 2:
        msb -= limit
    return msb + lsb


@njit(cache=True, nogil=True)
def _forget(memory, order, skip_leading):  # type: ignore[no-untyped-def]
    """Begin anew with a picture of this order."""
    memory[_LAST], memory[_SKIP_LEADING], memory[_READY] = order, 1 if skip_leading else 0, 1
    memory[_HELD], memory[_FIRST] = 1, order


@njit(cache=True, nogil=True)
def _choose(buffer, state, sps, sets):  # type: ignore[no-untyped-def]
    """Number of the slice's reference picture set in `sets`; -1 where it cannot be told."""
    count = sps[SET_COUNT]
    number = count
    if u(buffer, state, 1) == 0:
        if not _read_set(buffer, state, sets, number, count):
            return -1
    elif count > 1:
        bits = 0
        while (1 << bits) < count:
            bits += 1
        number = u(buffer, state, bits)
    else:
        number = np.int64(0)
    if state[FAILED] or (number >= count and number != count) or (count == 0 and number != count):
        return -1
    return -1 if sps[LONG_TERM] else number  # pictures kept for long are named in another way


@njit(cache=True, nogil=True)
def _in_use(chosen):  # type: ignore[no-untyped-def]
    """NumPicTotalCurr: pictures of a set that this picture refers to."""
    count = 0
    for i in range(min(chosen[_BEFORE] + chosen[_AFTER], HELD)):
        if chosen[_USED + i]:
            count += 1
    return count


@njit(cache=True, nogil=True)
def _hold(wanted, memory, order, out):  # type: ignore[no-untyped-def]
    held = np.empty(HELD, np.int64)
    count, missing = 0, 0
    for i in range(min(wanted[_BEFORE] + wanted[_AFTER], HELD)):
        target = order + wanted[_DELTA + i]
        there = False
        for j in range(memory[_HELD]):
            if memory[_FIRST + j] == target:
                there = True
                break
        if there:
            held[count] = target
            count += 1
        elif wanted[_USED + i]:
            missing += 1
    out[c.MISSING] = missing
    for i in range(min(count, HELD - 1)):
        memory[_FIRST + i] = held[i]
    memory[_FIRST + min(count, HELD - 1)] = order
    memory[_HELD] = min(count, HELD - 1) + 1


@njit(cache=True, nogil=True)
def scan(data, prefix, sps_table, pps_table, sets, memory, state, banner, out):  # type: ignore[no-untyped-def]
    """Facts of one packet, up to its first slice; parameters as of `engine.kernels.avc.scan`."""
    out[:] = -1
    out[c.ORDER] = c.NO_ORDER
    out[c.SETS] = out[c.UNITS] = out[c.BANNER] = out[c.RANDOM_ACCESS] = out[c.MISSING] = 0
    out[c.CONTENT] = sample_digest(data)
    span = np.zeros(3, np.int64)
    while next_unit(data, span[2], prefix, span):
        if span[1] - span[0] < 2:
            continue
        kind = data[span[0]] >> 1 & 63
        upper_layer = (data[span[0]] & 1) << 5 | data[span[0] + 1] >> 3
        if kind < 32 and upper_layer == 0:
            _read_slice(data, span[0], span[1], sps_table, pps_table, sets, memory, state, out)
            return
        unit_end(data, prefix, span)
        if upper_layer or span[1] - span[0] < 2:
            continue
        out[c.UNITS] |= np.int64(1) << kind
        if 32 <= kind <= 34:
            out[c.SETS] = digest(data, span[0], span[1], out[c.SETS])
            read_set(data, span[0], span[1], sps_table, pps_table, sets, state)
        elif kind == 39 and holds(data, span[0], span[1], banner):
            out[c.BANNER] = 1

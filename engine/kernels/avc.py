"""H.264 as far as its numbering goes: parameter sets, and the header of a packet's first slice.

Source: ITU-T H.264, sections 7.3.2 (parameter sets), 7.3.3 (slice header), 7.4.1.2.4 (first unit of
a picture), 8.2.1 (picture order count).
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
    se,
    u,
    ue,
    unescape,
    unit_end,
)

SPS_NUMBERS: Final = 32
PPS_NUMBERS: Final = 256

# columns of the table of SPS
_VALID, _FRAME_NUM_BITS, _ORDER_TYPE, _ORDER_BITS, _GAPS, _FRAMES_ONLY, _SEPARATE, _CHROMA, _NO_DELTA = range(9)
# columns of the table of PPS; those behind _READ count where the whole set could be read
_SPS, _READ, _CABAC, _ORDER_PRESENT, _REFERENCES, _BACKWARD, _WEIGHTED, _BIPRED, _INIT_QP, _REDUNDANT = range(1, 11)
MOST_OPERATIONS: Final = 66
"""Operations on lists of references that a slice header may hold; more, and it is not read on."""

# what is remembered from picture to picture
_MSB, _LSB, _READY = range(3)

BANNER: Final = np.frombuffer(b"x264 - core", np.uint8)


def tables() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Empty tables of SPS and PPS, and a memory of nothing."""
    return np.zeros((SPS_NUMBERS, 9), np.int64), np.zeros((PPS_NUMBERS, 11), np.int64), np.zeros(3, np.int64)


@njit(cache=True, nogil=True)
def _has_chroma(profile):  # type: ignore[no-untyped-def]
    return profile in (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135)


@njit(cache=True, nogil=True)
def _skip_scaling(buffer, state, size):  # type: ignore[no-untyped-def]
    last, following = np.int64(8), np.int64(8)
    for _ in range(size):
        if following:
            following = (last + se(buffer, state) + 256) % 256
        if following:
            last = following


@njit(cache=True, nogil=True)
def read_sps(data, start, end, table, state):  # type: ignore[no-untyped-def]
    """Enter an SPS (unit header included) into the table, unless it ends early."""
    buffer = np.empty(SET_BYTES, np.uint8)
    unescape(data, start + 1, end, buffer, state)
    profile = u(buffer, state, 8)
    u(buffer, state, 16)
    number = ue(buffer, state)
    separate, chroma, no_delta = np.int64(0), np.int64(1), np.int64(0)
    if _has_chroma(profile):
        chroma = ue(buffer, state)
        if chroma == 3:
            separate = u(buffer, state, 1)
        ue(buffer, state)
        ue(buffer, state)
        u(buffer, state, 1)
        if u(buffer, state, 1):
            for i in range(12 if chroma == 3 else 8):
                if u(buffer, state, 1):
                    _skip_scaling(buffer, state, 16 if i < 6 else 64)
    frame_num_bits = ue(buffer, state) + 4
    order_type = ue(buffer, state)
    order_bits = np.int64(0)
    if order_type == 0:
        order_bits = ue(buffer, state) + 4
    elif order_type == 1:
        no_delta = u(buffer, state, 1)
        se(buffer, state)
        se(buffer, state)
        for _ in range(min(ue(buffer, state), 255)):
            se(buffer, state)
    ue(buffer, state)
    gaps = u(buffer, state, 1)
    ue(buffer, state)
    ue(buffer, state)
    frames_only = u(buffer, state, 1)
    if state[FAILED] or number >= SPS_NUMBERS or frame_num_bits > 16 or order_bits > 16 or order_type > 2:
        return
    row = table[number]
    row[_VALID], row[_FRAME_NUM_BITS], row[_ORDER_TYPE], row[_ORDER_BITS] = 1, frame_num_bits, order_type, order_bits
    row[_GAPS], row[_FRAMES_ONLY], row[_SEPARATE] = gaps, frames_only, separate
    row[_CHROMA], row[_NO_DELTA] = 0 if separate else chroma, no_delta


@njit(cache=True, nogil=True)
def read_pps(data, start, end, table, state):  # type: ignore[no-untyped-def]
    """Enter a PPS (unit header included) into the table, unless it ends early."""
    buffer = np.empty(HEADER_BYTES, np.uint8)
    unescape(data, start + 1, end, buffer, state)
    number = ue(buffer, state)
    sps = ue(buffer, state)
    if state[FAILED] or number >= PPS_NUMBERS or sps >= SPS_NUMBERS:
        return
    row = table[number]
    row[0], row[_SPS] = 1, sps
    row[_CABAC], row[_ORDER_PRESENT] = u(buffer, state, 1), u(buffer, state, 1)
    groups = ue(buffer, state)
    row[_REFERENCES], row[_BACKWARD] = ue(buffer, state), ue(buffer, state)
    row[_WEIGHTED], row[_BIPRED] = u(buffer, state, 1), u(buffer, state, 2)
    row[_INIT_QP] = 26 + se(buffer, state)
    se(buffer, state)
    se(buffer, state)
    u(buffer, state, 2)
    row[_REDUNDANT] = u(buffer, state, 1)
    row[_READ] = 1 if state[FAILED] == 0 and groups == 0 else 0


@njit(cache=True, nogil=True)
def _read_slice(data, start, end, sps_table, pps_table, memory, state, out):  # type: ignore[no-untyped-def]
    """Header of the first slice: section 7.3.3, up to the picture order count."""
    kind, reference = data[start] & 31, data[start] >> 5 & 3
    out[c.TYPE], out[c.REFERENCE] = kind, 1 if reference else 0
    if kind == 5:
        out[c.RANDOM_ACCESS] = 2
    buffer = np.empty(HEADER_BYTES, np.uint8)
    unescape(data, start + 1, end, buffer, state)
    first = ue(buffer, state)
    slice_type = ue(buffer, state)
    pps = ue(buffer, state)
    if state[FAILED] or slice_type > 9 or pps >= PPS_NUMBERS:
        return
    slice_type %= 5
    out[c.SLICE] = slice_type - 3 if slice_type >= 3 else slice_type
    if slice_type == 4:
        out[c.SLICE] = 2
    sps = sps_table[pps_table[pps, _SPS]]
    if first != 0 or pps_table[pps, 0] == 0 or sps[_VALID] == 0:
        return
    if sps[_SEPARATE]:
        u(buffer, state, 2)
    frame_num = u(buffer, state, sps[_FRAME_NUM_BITS])
    field = np.int64(0)
    if sps[_FRAMES_ONLY] == 0 and u(buffer, state, 1):
        field = 1 + u(buffer, state, 1)
    idr_id = ue(buffer, state) if kind == 5 else np.int64(-1)
    if state[FAILED] or idr_id > 65535:
        return
    out[c.FRAME_NUM], out[c.FIELD], out[c.IDR_ID] = frame_num, field, idr_id
    out[c.FRAME_NUM_BITS], out[c.GAPS_ALLOWED], out[c.ORDER_BITS] = sps[_FRAME_NUM_BITS], sps[_GAPS], sps[_ORDER_BITS]
    if sps[_ORDER_TYPE] == 0:
        lsb = u(buffer, state, sps[_ORDER_BITS])
        if state[FAILED] == 0:
            out[c.ORDER] = _order(lsb, sps[_ORDER_BITS], kind == 5, reference > 0, memory)
    if pps_table[pps, _READ]:
        _read_quantiser(buffer, state, sps, pps_table[pps], slice_type, field, kind == 5, reference > 0, out)


@njit(cache=True, nogil=True)
def _read_quantiser(buffer, state, sps, pps, slice_type, field, idr, reference, out):  # type: ignore[no-untyped-def]
    """The rest of a slice header up to slice_qp_delta: section 7.3.3."""
    if pps[_ORDER_PRESENT] and field == 0 and sps[_ORDER_TYPE] == 0:
        se(buffer, state)
    elif sps[_ORDER_TYPE] == 1 and sps[_NO_DELTA] == 0:
        se(buffer, state)
        if pps[_ORDER_PRESENT] and field == 0:
            se(buffer, state)
    if pps[_REDUNDANT]:
        ue(buffer, state)
    inter, both = slice_type in (0, 1, 3), slice_type == 1
    if both:
        u(buffer, state, 1)
    references, backward = pps[_REFERENCES], pps[_BACKWARD]
    if inter and u(buffer, state, 1):
        references = ue(buffer, state)
        if both:
            backward = ue(buffer, state)
    if references > 31 or backward > 31:
        return
    for _ in range(2 if both else (1 if inter else 0)):
        _skip_modification(buffer, state)
    if (pps[_WEIGHTED] and inter and not both) or (pps[_BIPRED] == 1 and both):
        _skip_weights(buffer, state, sps[_CHROMA] != 0, references, backward if both else -1)
    if reference:
        _skip_marking(buffer, state, idr)
    if pps[_CABAC] and inter:
        ue(buffer, state)
    quantiser = pps[_INIT_QP] + se(buffer, state)
    if state[FAILED] == 0 and 0 <= quantiser <= 51:
        out[c.QP] = quantiser


@njit(cache=True, nogil=True)
def _skip_modification(buffer, state):  # type: ignore[no-untyped-def]
    """One list of ref_pic_list_modification: section 7.3.3.1."""
    if u(buffer, state, 1) == 0:
        return
    for _ in range(MOST_OPERATIONS):
        if state[FAILED] or ue(buffer, state) == 3:
            return
        ue(buffer, state)
    state[FAILED] = 1


@njit(cache=True, nogil=True)
def _skip_weights(buffer, state, chroma, references, backward):  # type: ignore[no-untyped-def]
    """pred_weight_table: section 7.3.3.2; `backward` is -1 where there is no second list."""
    ue(buffer, state)
    if chroma:
        ue(buffer, state)
    for _ in range(references + 1 + backward + 1):
        if u(buffer, state, 1):
            se(buffer, state)
            se(buffer, state)
        if chroma and u(buffer, state, 1):
            for _ in range(4):
                se(buffer, state)


@njit(cache=True, nogil=True)
def _skip_marking(buffer, state, idr):  # type: ignore[no-untyped-def]
    """dec_ref_pic_marking: section 7.3.3.3."""
    if idr:
        u(buffer, state, 2)
        return
    if u(buffer, state, 1) == 0:
        return
    for _ in range(MOST_OPERATIONS):
        operation = ue(buffer, state)
        if state[FAILED] or operation == 0:
            return
        if operation != 5:
            ue(buffer, state)
        if operation == 3:
            ue(buffer, state)
    state[FAILED] = 1


@njit(cache=True, nogil=True)
def _order(lsb, bits, idr, reference, memory):  # type: ignore[no-untyped-def]
    """Picture order count of type 0: section 8.2.1.1."""
    limit = np.int64(1) << bits
    if idr:
        memory[_MSB] = memory[_LSB] = 0
    msb = memory[_MSB]
    if lsb < memory[_LSB] and memory[_LSB] - lsb >= limit // 2:
        msb += limit
    elif lsb > memory[_LSB] and lsb - memory[_LSB] > limit // 2:
        msb -= limit
    if reference:
        memory[_MSB], memory[_LSB] = msb, lsb
    return msb + lsb


@njit(cache=True, nogil=True)
def read_set(data, start, end, sps_table, pps_table, state):  # type: ignore[no-untyped-def]
    """Enter a parameter set of either kind."""
    kind = data[start] & 31
    if kind == 7:
        read_sps(data, start, end, sps_table, state)
    elif kind == 8:
        read_pps(data, start, end, pps_table, state)


@njit(cache=True, nogil=True)
def _is_recovery_point(data, start, end):  # type: ignore[no-untyped-def]
    """Whether the first SEI message is of type 6; others behind it are not looked for."""
    return end - start > 1 and data[start + 1] == 6


@njit(cache=True, nogil=True)
def scan(data, prefix, sps_table, pps_table, memory, state, banner, out):  # type: ignore[no-untyped-def]
    """Facts of one packet, up to its first slice.

    Parameters
    ----------
    data
        uint8, the packet.
    prefix
        Bytes of a length prefix, 0 for start codes.
    sps_table, pps_table, memory
        See `tables`; sets in the packet are entered.
    state
        A reader.
    banner
        The bytes by which an encoder signs.
    out
        int64, (COUNT,), filled.
    """
    out[:] = -1
    out[c.ORDER] = c.NO_ORDER
    out[c.SETS] = out[c.UNITS] = out[c.BANNER] = out[c.RANDOM_ACCESS] = out[c.MISSING] = 0
    out[c.CONTENT] = sample_digest(data)
    span = np.zeros(3, np.int64)
    while next_unit(data, span[2], prefix, span):
        kind = data[span[0]] & 31
        if kind in (1, 2, 5):
            _read_slice(data, span[0], span[1], sps_table, pps_table, memory, state, out)
            return
        unit_end(data, prefix, span)
        out[c.UNITS] |= np.int64(1) << kind
        if kind in (7, 8):
            out[c.SETS] = digest(data, span[0], span[1], out[c.SETS])
            read_set(data, span[0], span[1], sps_table, pps_table, state)
        elif kind == 6:
            if _is_recovery_point(data, span[0], span[1]):
                out[c.RANDOM_ACCESS] = 1
            if holds(data, span[0], span[1], banner):
                out[c.BANNER] = 1

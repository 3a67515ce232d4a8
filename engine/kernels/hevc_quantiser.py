"""HEVC parameter sets and slice headers behind what numbering needs, as far as the quantiser.

Source: ITU-T H.265, sections 7.3.2.3 (picture parameter set), 7.3.4 (scaling lists), 7.3.6 (slice header).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from engine.kernels import columns as c
from engine.kernels.bits import FAILED, se, u, ue

# columns of the table of SPS
VALID, ORDER_BITS, SEPARATE, SET_COUNT, LONG_TERM, CHROMA, OFFSETS, MOTION = range(8)
# columns of the table of PPS; those behind READ count where the whole set could be read
SPS, OUTPUT_FLAG, EXTRA_BITS, READ, CABAC_INIT, REFERENCES, BACKWARD = range(1, 8)
INIT_QP, WEIGHTED, BIPRED, LISTS = range(8, 12)


@njit(cache=True, nogil=True)
def skip_scaling(buffer, state):  # type: ignore[no-untyped-def]
    """scaling_list_data: section 7.3.4."""
    for size in range(4):
        for _ in range(2 if size == 3 else 6):
            if u(buffer, state, 1) == 0:
                ue(buffer, state)
                continue
            if size > 1:
                ue(buffer, state)
            for _ in range(min(64, 1 << (4 + 2 * size))):
                ue(buffer, state)


@njit(cache=True, nogil=True)
def read_pps_on(buffer, state, row):  # type: ignore[no-untyped-def]
    """A PPS from sign_data_hiding_enabled_flag up to lists_modification_present_flag."""
    u(buffer, state, 1)
    row[CABAC_INIT] = u(buffer, state, 1)
    row[REFERENCES], row[BACKWARD] = ue(buffer, state), ue(buffer, state)
    row[INIT_QP] = 26 + se(buffer, state)
    u(buffer, state, 2)
    if u(buffer, state, 1):
        ue(buffer, state)
    se(buffer, state)
    se(buffer, state)
    u(buffer, state, 1)
    row[WEIGHTED], row[BIPRED] = u(buffer, state, 1), u(buffer, state, 1)
    u(buffer, state, 1)
    tiles = u(buffer, state, 1)
    u(buffer, state, 1)
    if tiles:
        columns, rows = ue(buffer, state), ue(buffer, state)
        if u(buffer, state, 1) == 0:
            for _ in range(min(columns + rows, 64)):
                ue(buffer, state)
        u(buffer, state, 1)
    u(buffer, state, 1)
    if u(buffer, state, 1):
        u(buffer, state, 1)
        if u(buffer, state, 1) == 0:
            se(buffer, state)
            se(buffer, state)
    if u(buffer, state, 1):
        skip_scaling(buffer, state)
    row[LISTS] = u(buffer, state, 1)
    row[READ] = 1 if state[FAILED] == 0 else 0


@njit(cache=True, nogil=True)
def read_quantiser(buffer, state, sps, pps, slice_type, used, motion, out):  # type: ignore[no-untyped-def]
    """The rest of a slice header up to slice_qp_delta: section 7.3.6.1; slice_type 0 B, 1 P, 2 I."""
    if pps[READ] == 0:
        return
    temporal = motion and u(buffer, state, 1)
    if sps[OFFSETS]:
        u(buffer, state, 2 if sps[CHROMA] else 1)
    if slice_type != 2:
        both = slice_type == 0
        references, backward = pps[REFERENCES], pps[BACKWARD]
        if u(buffer, state, 1):
            references = ue(buffer, state)
            if both:
                backward = ue(buffer, state)
        if references > 14 or backward > 14:
            return
        if pps[LISTS] and used > 1:
            _skip_lists(buffer, state, used, references, backward if both else -1)
        if both:
            u(buffer, state, 1)
        if pps[CABAC_INIT]:
            u(buffer, state, 1)
        if temporal:
            forward = u(buffer, state, 1) if both else np.int64(1)
            if (references if forward else backward) > 0:
                ue(buffer, state)
        if (pps[BIPRED] if both else pps[WEIGHTED]) != 0:
            _skip_weights(buffer, state, sps[CHROMA] != 0, references, backward if both else -1)
        ue(buffer, state)
    quantiser = pps[INIT_QP] + se(buffer, state)
    if state[FAILED] == 0 and 0 <= quantiser <= 51:
        out[c.QP] = quantiser


@njit(cache=True, nogil=True)
def _skip_lists(buffer, state, used, references, backward):  # type: ignore[no-untyped-def]
    """ref_pic_lists_modification: section 7.3.6.2."""
    bits = 0
    while (1 << bits) < used:
        bits += 1
    for count in (references, backward):
        if count >= 0 and u(buffer, state, 1):
            for _ in range(count + 1):
                u(buffer, state, bits)


@njit(cache=True, nogil=True)
def _skip_weights(buffer, state, chroma, references, backward):  # type: ignore[no-untyped-def]
    """pred_weight_table: section 7.3.6.3; `backward` is -1 where there is no second list."""
    ue(buffer, state)
    if chroma:
        se(buffer, state)
    for count in (references, backward):
        if count < 0:
            continue
        luma, colour = np.int64(0), np.int64(0)
        for i in range(count + 1):
            luma |= u(buffer, state, 1) << i
        for i in range(count + 1 if chroma else 0):
            colour |= u(buffer, state, 1) << i
        for i in range(count + 1):
            for _ in range((2 if luma >> i & 1 else 0) + (4 if colour >> i & 1 else 0)):
                se(buffer, state)

"""Columns of a row of coded facts, as the kernels write them; -1 stands for "not there, not readable"."""

from __future__ import annotations

from typing import Final

TYPE: Final = 0
"""Unit type of the first slice."""
REFERENCE: Final = 1
"""1 where other pictures may refer to this one, 0 where none may."""
RANDOM_ACCESS: Final = 2
"""2 where everything is forgotten (IDR, BLA), 1 where decoding may begin (recovery point, CRA), else 0."""
SLICE: Final = 3
"""Slice type: 0 P, 1 B, 2 I, as in H.264; SP and SI count as P and I."""
FIELD: Final = 4
"""0 a frame, 1 a top field, 2 a bottom field."""
FRAME_NUM: Final = 5
IDR_ID: Final = 6
"""idr_pic_id of an IDR picture."""
ORDER: Final = 7
"""Picture order count since the last IDR, most significant bits derived; `NO_ORDER` where there is none."""
SETS: Final = 8
"""Digest of the parameter sets in the packet; 0 without."""
UNITS: Final = 9
"""Bit t is set where a unit of type t stands before the first slice."""
BANNER: Final = 10
"""1 where an encoder signs with its name in user data (x264, x265), else 0."""
MISSING: Final = 11
"""References that the picture needs and that did not come (HEVC)."""
FRAME_NUM_BITS: Final = 12
GAPS_ALLOWED: Final = 13
"""gaps_in_frame_num_value_allowed_flag of the SPS in force."""
ORDER_BITS: Final = 14
CONTENT: Final = 15
"""Digest of some bytes of the packet and of their number: equal packets have equal ones."""
QP: Final = 16
"""Quantiser of the first slice: 26 + init_qp_minus26 + slice_qp_delta."""
COUNT: Final = 17

NO_ORDER: Final = -(1 << 30)

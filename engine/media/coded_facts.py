"""What coded pictures and sound say of their own numbering: the table.

One row a packet of the examined video stream, for H.264 and HEVC: numbers that an encoder counts
(frame_num, picture order count, idr_pic_id), references that must be there, parameter sets and
encoder names in the stream. For AAC: the packets that FFmpeg's encoder marks with its name, which
it does every 256 packets. `engine.media.slices` fills it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.media.headers import HeaderFacts
from engine.media.riff_index import IndexFacts
from engine.media.transport import TransportFacts

MARK_PERIOD: Final = 256
"""Packets from mark to mark: ``put_bitstream_info`` in FFmpeg's aacenc.c."""

PICTURE: Final = np.dtype(
    [
        ("row", np.int32),
        ("type", np.int8),
        ("reference", np.int8),
        ("random_access", np.int8),
        ("slice", np.int8),
        ("field", np.int8),
        ("frame_num", np.int32),
        ("idr_id", np.int32),
        ("order", np.int32),
        ("sets", np.uint32),
        ("units", np.uint64),
        ("banner", np.bool_),
        ("missing", np.int8),
        ("frame_num_bits", np.int8),
        ("gaps_allowed", np.int8),
        ("order_bits", np.int8),
        ("content", np.uint32),
        ("qp", np.int8),
    ]
)
"""A row of `CodedFacts.pictures`; 50 bytes. Columns after ``row`` are those of `engine.kernels.columns`."""


@dataclass(frozen=True, slots=True, eq=False)
class CodedFacts:
    """Coded facts of the examined streams.

    Attributes
    ----------
    codec
        ``h264``, ``hevc``, or empty where pictures are coded otherwise and `pictures` has no rows.
    pictures
        (N,), dtype `PICTURE`, in decode order; ``row`` is the row of the PacketTable. -1 stands
        for what is not there or cannot be read.
    marks
        int32, (M,). Positions, among the packets of the examined sound stream, of those that
        carry the encoder's mark.
    names
        What encoders sign with in the packets, the first of each, at most 1,000 characters.
    transport
        What the packets of a transport stream say; None for other containers.
    headers
        What the headers of pictures of MPEG-1, MPEG-2, MPEG-4 part 2 and JPEG say; None for others.
    index
        How the index of an AVI file agrees with its chunks; None for others.
    stated_sets
        Digest of the parameter sets in the configuration record, as that of the column ``sets``; 0 without.
    """

    codec: str
    pictures: NDArray[Any]
    marks: NDArray[np.int32]
    names: tuple[str, ...] = ()
    transport: TransportFacts | None = None
    headers: HeaderFacts | None = None
    index: IndexFacts | None = None
    stated_sets: int = 0

    def __len__(self) -> int:
        return len(self.pictures)

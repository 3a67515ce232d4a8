"""The decoded tables that detectors read: `FrameTable` and `AudioTable`.

Scalars live in memory, one row a presented picture, at most 96 bytes. Wide columns (block
grids, histograms) live in a scratch file and are memory-mapped: a detector reads them by
window, and a day of footage needs no more memory than a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.media.model import MediaInfo, PacketTable

if TYPE_CHECKING:
    from engine.media.coded_facts import CodedFacts
    from engine.media.telemetry import TimeTrack

FRAME_SCHEMA: Final = "unbroken.frames/1"
AUDIO_SCHEMA: Final = "unbroken.audio/2"

GRID_ROWS: Final = 22
GRID_COLUMNS: Final = 40

KEY: Final = 1
"""Flag: the picture is a key frame."""
CORRUPT: Final = 2
"""Flag: the decoder marked the picture as damaged or concealed."""
DAMAGED: Final = 4
"""Flag: lies between a damaged picture and the next random-access point."""
INTERLACED: Final = 8
CONVERTED: Final = 16
"""Flag: the picture was converted to grey before it was measured."""
RECHECKED_MOTION: Final = 32
"""Flag: `residual`, `lasting` and `gap_residual` were computed for this picture."""

SCALARS: Final[Mapping[str, DTypeLike]] = MappingProxyType(
    {
        "pts": np.int64,  # ticks of the stream's time base, as presented
        "packet": np.int32,  # row in the PacketTable, -1 where unknown
        "size": np.int32,  # bytes of the coded picture
        "flags": np.uint8,
        "picture": np.uint8,  # 0 unknown, 1 I, 2 P, 3 B
        "mean": np.float32,  # grey levels, 8-bit scale, like all levels below
        "difference": np.float32,  # mean absolute difference to the picture before
        "second_difference": np.float32,  # mean absolute second difference, in time, of block means
        "block_change": np.float32,  # mean over blocks of |change of block mean - its mean over blocks|
        "high_pass": np.float32,  # mean absolute horizontal high-pass on a subsample: noise and detail
        "dark": np.float32,  # share of samples below 24
        "saturated": np.float32,  # share of samples above 235
        "residual_top": np.float32,  # mean of the top tenth of `residual`: k-1 -> k, block-matched
        "gap_residual_top": np.float32,  # same for k-2 -> k
        "lasting_top": np.float32,  # mean of the top tenth of `lasting`
        "residual": np.float32,  # mean of the block-matched residual
        "motion_x": np.float32,  # median motion, picture widths a frame
        "motion_y": np.float32,
        "motion_spread": np.float32,  # mean absolute deviation of block motion, picture widths
        "vector_mean": np.float32,  # mean length of the codec's motion vectors, pixels; see below
        "intra_share": np.float32,  # share of the area without a motion vector
        "qp_mean": np.float32,  # mean quantiser of the blocks
        "qp_spread": np.float32,
    }
)
"""Scalar columns of the FrameTable: name -> dtype. NaN stands for "not measured".

The last four are measured for MPEG-1 and MPEG-2 only: what FFmpeg exports with frame threads
depends on their timing (`engine.media.frames.EXACT_SIDE_DATA`). Where they are wanted,
`engine.media.rows.decode_rows` decodes chosen pictures with one thread.
"""

BLOCK_ROWS: Final = 30
BLOCK_COLUMNS: Final = 30
"""Largest grid of the motion search; smaller pictures leave the rest zero.

The grid of a picture is ``block_grid(width, height)``: 16 x 30 at 1920 x 1080, 30 x 16 upright.
"""


def block_grid(width: int, height: int) -> tuple[int, int]:
    """Rows and columns of `residual` and `lasting` that a picture of this size fills."""
    factor = max(1, -(-max(width, height) // 240))
    return height // factor // 8, width // factor // 8


WIDE: Final[Mapping[str, tuple[tuple[int, ...], DTypeLike]]] = MappingProxyType(
    {
        "means": ((GRID_ROWS, GRID_COLUMNS), np.uint16),  # block means, 1/256 grey level
        "differences": ((GRID_ROWS, GRID_COLUMNS), np.uint16),  # block mean absolute difference, 1/256
        "histogram": ((64,), np.uint16),  # shares, 1/65535, of bins of 4 grey levels
        "profile": ((64,), np.uint16),  # means of 64 bands of rows, 1/256 grey level
        "residual": ((BLOCK_ROWS, BLOCK_COLUMNS), np.uint16),  # block-matched residual k-1 -> k, 1/256
        "lasting": ((BLOCK_ROWS, BLOCK_COLUMNS), np.uint16),  # lasting change, 1/256
        "hash": ((), np.uint64),  # 64-bit perceptual hash
    }
)
"""Wide columns of the FrameTable: name -> (shape of a row, dtype)."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameTable:
    """One row a presented picture of the examined video stream, in presentation order.

    Attributes
    ----------
    time_base
        Seconds a tick of `pts`.
    origin
        Ticks: the presentation time of the first presented picture.
    nominal
        Ticks of one frame at the recording's usual rate (median interval).
    timed
        False where the container carries no timestamps: `pts` then count frames at the
        nominal rate, and nothing can be said about gaps.
    width, height
        Pixels of the decoded picture.
    depth
        Bits a sample as stored (8, 10, ...). Levels in the table are on the 8-bit scale.
    columns
        The scalar columns of `SCALARS`, each (N,).
    wide
        The columns of `WIDE`, each (N, *shape); memory-mapped, read-only.
    undecodable
        Packets of the stream from which no picture came, as rows of the PacketTable.
    converted
        Number of pictures converted to grey before they were measured.
    hidden
        Number of decoded pictures that an edit list keeps from being presented.
    """

    time_base: Fraction
    origin: int
    nominal: int
    timed: bool
    width: int
    height: int
    depth: int
    columns: Mapping[str, NDArray[np.generic]]
    wide: Mapping[str, NDArray[np.generic]]
    undecodable: NDArray[np.int32]
    converted: int = 0
    hidden: int = 0
    first_number: int = 0

    def __len__(self) -> int:
        return len(self.columns["pts"])

    def __getitem__(self, name: str) -> NDArray[np.generic]:
        return self.columns[name]

    @property
    def seconds(self) -> NDArray[np.float64]:
        """(N,) presentation time of each picture, seconds, first picture 0."""
        base = float(self.time_base)
        return np.asarray((self.columns["pts"].astype(np.int64) - self.origin) * base, dtype=np.float64)

    @property
    def rate(self) -> float:
        """Nominal frames a second."""
        return float(1 / (self.nominal * self.time_base)) if self.nominal > 0 else 25.0

    def time(self, frame: int) -> float:
        """Presentation time of picture `frame` in seconds, exact until the last division."""
        return float((int(self.columns["pts"][frame]) - self.origin) * self.time_base)


AUDIO_FRAME_S: Final = 0.01
"""Seconds of one row of the AudioTable."""

AUDIO_COLUMNS: Final[Mapping[str, DTypeLike]] = MappingProxyType(
    {
        "rms": np.float32,  # of 16-bit samples, mixed to one channel, 0..32768
        "peak": np.uint16,  # largest absolute sample
        "zeros": np.float32,  # share of samples that are exactly 0
        "step": np.uint16,  # largest absolute difference of neighbouring samples
        "high": np.float32,  # rms of the first difference: where the energy lies
        "present": np.bool_,  # False where the timestamps leave a hole
        "speech": np.uint8,  # likelihood of speech, per cent; 255 where it was not looked for
        "voiced": np.uint8,  # 100 where it sounds like voice to a coarse judge, else 0; 255 as above
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class AudioTable:
    """One row each 10 ms of the examined sound stream.

    Attributes
    ----------
    start_s
        Seconds on the presentation timeline (first presented picture 0) of row 0.
    end_s
        Where the last sample ends by the timestamps. Rows count samples and holes: a sound clock
        that runs slow or fast shows as a difference between the two, not as holes.
    sample_rate
        Samples a second, as decoded.
    columns
        The columns of `AUDIO_COLUMNS`, each (M,).
    undecodable
        Packets from which no sound came, as rows of the PacketTable.
    """

    start_s: float
    end_s: float
    sample_rate: int
    channels: int
    columns: Mapping[str, NDArray[np.generic]]
    undecodable: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.columns["rms"])

    def __getitem__(self, name: str) -> NDArray[np.generic]:
        return self.columns[name]


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """All that one pass over a file yields."""

    media: MediaInfo
    packets: PacketTable
    frames: FrameTable | None
    audio: AudioTable | None
    blake3: str | None = None
    """Digest of the whole file, 64 hexadecimal digits, where it was asked for."""
    coded: CodedFacts | None = None
    """What coded pictures and sound say of their own numbering."""
    telemetry: tuple[TimeTrack, ...] = ()
    """Times of day that tracks beside the pictures state."""

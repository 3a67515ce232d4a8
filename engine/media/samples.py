"""Decoded sound: 16-bit samples, whatever the decoder delivers."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.media.model import NO_TIME

_TYPES: Final = MappingProxyType(
    {
        name + suffix: (np.dtype(dtype), suffix == "p")
        for suffix in ("", "p")
        for name, dtype in (
            ("u8", np.uint8), ("s16", np.int16), ("s32", np.int32), ("s64", np.int64), ("flt", np.float32),
            ("dbl", np.float64),
        )
    }
)  # fmt: skip
"""FFmpeg's sample format -> dtype, and whether channels lie in planes of their own."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A run of decoded samples.

    Attributes
    ----------
    values
        (N, channels) interleaved, or (channels, N) where `planar`: the decoder's own type, one of
        uint8 (silence at 128), int16, int32, int64, float32 or float64 (full scale 1).
    planar
        How `values` lie.
    rate
        Samples a second.
    pts
        Ticks of the stream's time base; `NO_TIME` if there is none.
    packet
        Row of the PacketTable, -1 where unknown.
    """

    values: NDArray[Any]
    planar: bool
    rate: int
    pts: int
    packet: int

    @property
    def channels(self) -> int:
        return int(self.values.shape[0 if self.planar else 1])

    def __len__(self) -> int:
        return int(self.values.shape[1 if self.planar else 0])


def samples_of(frame: Any) -> Samples | None:
    """Wrap one decoded sound frame; None where it is empty or of a type that is not sound."""
    rate, count = frame.sample_rate, frame.samples
    if rate <= 0 or count <= 0:
        return None
    kind = _TYPES.get(frame.format.name)
    if kind is None:
        return None
    dtype, planar = kind
    # a plane's buffer may be longer than its samples
    if planar:
        values = np.stack([np.frombuffer(plane, dtype, count) for plane in frame.planes])
    else:
        channels = frame.layout.nb_channels
        values = np.frombuffer(frame.planes[0], dtype, count * channels).reshape(count, channels).copy()
    row, pts = frame.opaque, frame.pts
    if isinstance(row, tuple):
        row = row[0]
    return Samples(values, planar, rate, NO_TIME if pts is None else pts, row if isinstance(row, int) else -1)


def prepare_sound_decoder(codec: Any) -> None:
    """Set a sound codec context up before its first packet."""
    codec.copy_opaque = True

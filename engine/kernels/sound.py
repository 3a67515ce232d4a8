"""Measures of 10 ms frames of sound, from 16-bit samples mixed to one channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class SoundRows:
    """One value a frame, each (M,).

    Attributes
    ----------
    energy
        int64. Sum of squares.
    peak
        uint16. Largest absolute sample.
    zeros
        int32. Samples that are exactly 0.
    step
        uint16. Largest absolute difference of neighbouring samples, the last sample of the
        frame before included.
    change
        int64. Sum of squares of those differences.
    """

    energy: NDArray[np.int64]
    peak: NDArray[np.uint16]
    zeros: NDArray[np.int32]
    step: NDArray[np.uint16]
    change: NDArray[np.int64]


def frames(samples: NDArray[np.int16], bounds: NDArray[np.int64], before: int) -> SoundRows:
    """Measure frames of samples.

    Parameters
    ----------
    samples
        int16, (N,).
    bounds
        int64, (M + 1,), ascending, within 0..N: frame m is ``samples[bounds[m]:bounds[m + 1]]``.
    before
        The sample before the first of the first frame (the first itself where there is none).

    Raises
    ------
    ValueError
        Bounds that do not lie in the samples or do not ascend.
    """
    if len(bounds) and (bounds[0] < 0 or bounds[-1] > len(samples) or (np.diff(bounds) < 0).any()):
        raise ValueError("bounds do not lie in the samples")
    count = max(len(bounds) - 1, 0)
    out = SoundRows(
        energy=np.zeros(count, np.int64),
        peak=np.zeros(count, np.uint16),
        zeros=np.zeros(count, np.int32),
        step=np.zeros(count, np.uint16),
        change=np.zeros(count, np.int64),
    )
    if count:
        _frames(samples, bounds, before, out.energy, out.peak, out.zeros, out.step, out.change)
    return out


def mono(values: NDArray[Any], planar: bool) -> NDArray[np.int16]:
    """Any decoded sound to 16-bit samples of one channel.

    Parameters
    ----------
    values
        (N, channels), or (channels, N) where `planar`; uint8 (silence at 128), int16, int32,
        int64, float32 or float64 (full scale 1; what is beyond is held, NaN is silence).
    planar
        How `values` lie.

    Returns
    -------
    int16, (N,)
        Each channel is taken as 16 bits first (integers lose their low bits, floating point is
        rounded to even), then the channels' mean is rounded down.

    Raises
    ------
    TypeError
        Another dtype.
    """
    across = np.ascontiguousarray(values if planar else values.T)
    out = np.empty(across.shape[1], np.int16)
    if values.dtype.kind == "f":
        _mix_real(across, out)
    elif values.dtype == np.uint8:
        _mix_whole(across, 128, 8, 0, out)
    elif values.dtype in (np.int16, np.int32, np.int64):
        _mix_whole(across, 0, 0, 8 * values.dtype.itemsize - 16, out)
    else:
        raise TypeError(f"no sound samples: {values.dtype}")
    return out


@njit(cache=True, nogil=True)
def _mix_whole(values, silence, up, down, out):  # type: ignore[no-untyped-def]
    channels = values.shape[0]
    for n in range(out.shape[0]):
        total = np.int64(0)
        for c in range(channels):
            total += ((np.int64(values[c, n]) - silence) << up) >> down
        out[n] = np.int16(total // channels)


@njit(cache=True, nogil=True)
def _mix_real(values, out):  # type: ignore[no-untyped-def]
    channels = values.shape[0]
    for n in range(out.shape[0]):
        total = np.int64(0)
        for c in range(channels):
            scaled = np.float64(values[c, n]) * 32768.0
            if scaled >= 32767.0:
                total += 32767
            elif scaled <= -32768.0:
                total -= 32768
            elif scaled == scaled:
                total += np.int64(np.rint(scaled))
        out[n] = np.int16(total // channels)


@njit(cache=True, nogil=True)
def _frames(samples, bounds, before, energy, peak, zeros, step, change):  # type: ignore[no-untyped-def]
    last = np.int32(before)
    for m in range(bounds.shape[0] - 1):
        power, moved = np.int64(0), np.int64(0)
        top, jump, none = np.int32(0), np.int32(0), np.int32(0)
        for n in range(bounds[m], bounds[m + 1]):
            value = np.int32(samples[n])
            delta = value - last
            last = value
            power += np.int64(value) * value
            moved += np.int64(delta) * delta
            top = max(top, abs(value))
            jump = max(jump, abs(delta))
            none += value == 0
        energy[m], change[m], peak[m], step[m], zeros[m] = power, moved, top, jump, none

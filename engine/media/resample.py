"""Sound at another rate: FFmpeg's resampler on 16-bit samples of one channel."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from numpy.typing import NDArray


class Resampler:
    """Converts a run of samples piece by piece; its own delay is made up for at the end.

    Parameters
    ----------
    rate_in, rate_out
        Samples a second.
    """

    def __init__(self, rate_in: int, rate_out: int) -> None:
        self._rate_in = rate_in
        self._graph = av.AudioResampler(format="s16", layout="mono", rate=rate_out)

    def add(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """What comes out for `samples`, (N,); may be shorter or longer by the delay."""
        if not len(samples):
            return np.zeros(0, np.int16)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples)[None, :], format="s16", layout="mono")
        frame.sample_rate = self._rate_in
        return _joined(self._graph.resample(frame))

    def finish(self) -> NDArray[np.int16]:
        """What is left; the resampler cannot be used again."""
        return _joined(self._graph.resample(None))


def _joined(frames: list[Any]) -> NDArray[np.int16]:
    if not frames:
        return np.zeros(0, np.int16)
    return np.concatenate([f.to_ndarray()[0] for f in frames])

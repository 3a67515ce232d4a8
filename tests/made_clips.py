"""Small clips made on the spot with PyAV's own encoders."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def scene(number: int, width: int = 160, height: int = 120, seed: int = 0) -> NDArray[np.uint8]:
    """Grey picture `number` of a moving texture with noise of its own."""
    rng = np.random.default_rng([seed, number])
    y, x = np.mgrid[0:height, 0:width]
    waves = np.sin((x + 2 * number) / 9) * 40 + np.sin((y + number) / 7) * 40 + 120
    return np.clip(waves + rng.normal(0, 3, waves.shape), 16, 235).astype(np.uint8)


def scenes(count: int, width: int = 160, height: int = 120, seed: int = 0) -> list[NDArray[np.uint8]]:
    return [scene(n, width, height, seed) for n in range(count)]


def tone(seconds: float, rate: int = 48000, level: float = 0.3) -> NDArray[np.float32]:
    """(1, N) float samples of a 440 Hz tone."""
    return (level * np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * 440 / rate)).astype(np.float32)[None]


def write_clip(
    path: Path,
    pictures: Sequence[NDArray[np.uint8]],
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    rate: int = 25,
    options: dict[str, str] | None = None,
    pts: Sequence[int] | None = None,
    sound: NDArray[np.float32] | None = None,
    sound_codec: str = "pcm_s16le",
    container: str | None = None,
) -> Path:
    """Encode grey pictures (and sound at 48 kHz); `pts` in frames, at a time base of 1/rate."""
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = pictures[0].shape
        stream.pix_fmt = pixel_format
        stream.time_base = Fraction(1, rate)
        audio = out.add_stream(sound_codec, rate=48000, layout="mono") if sound is not None else None
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, "gray").reformat(format=pixel_format)
            frame.pts = number if pts is None else pts[number]
            frame.time_base = Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if audio is not None and sound is not None:
            samples = (sound * 32767).astype(np.int16)
            for first in range(0, samples.shape[1], 1024):
                frame = av.AudioFrame.from_ndarray(samples[:, first : first + 1024], "s16", "mono")
                frame.sample_rate, frame.pts, frame.time_base = 48000, first, Fraction(1, 48000)
                out.mux(audio.encode(frame))
            out.mux(audio.encode(None))
    return path

"""Motion vectors and quantisers from raw records."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from engine.kernels import codec


def record(x: int, y: int, w: int, h: int, mx: int, my: int, scale: int = 4, source: int = -1) -> bytes:
    """An AVMotionVector as FFmpeg lays it out; x and y are the block's centre."""
    packed = struct.pack("<iBBhhhhxxQiiHxxxxxx", source, w, h, x, y, x, y, 0, mx, my, scale)
    assert len(packed) == codec.VECTOR_BYTES
    return packed


def records(*parts: bytes) -> np.ndarray:
    return np.frombuffer(b"".join(parts), np.int32).reshape(-1, 10)


def test_mean_length_is_weighted_by_area() -> None:
    mean, _ = codec.vectors(records(record(8, 8, 16, 16, 12, 16), record(20, 4, 8, 8, 0, 0)), 32, 16)
    # 5 samples over 256 of 320 samples
    assert mean == pytest.approx(5 * 256 / 320)


def test_area_with_two_vectors_counts_once() -> None:
    both = records(record(8, 8, 16, 16, 4, 0), record(8, 8, 16, 16, -4, 0, source=1))
    assert codec.vectors(both, 32, 32)[1] == pytest.approx(0.75)


def test_blocks_beyond_the_picture_are_cut() -> None:
    mean, uncovered = codec.vectors(records(record(-4, 0, 16, 16, 4, 0), record(500, -500, 16, 16, 0, 0)), 20, 20)
    assert 0 < uncovered < 1
    assert mean > 0


def test_no_vectors() -> None:
    mean, uncovered = codec.vectors(np.zeros((0, 10), np.int32), 100, 50)
    assert np.isnan(mean)
    assert uncovered == 1.0


def test_hostile_records_do_no_harm() -> None:
    rng = np.random.default_rng(0)
    wild = rng.integers(-(2**31), 2**31, (500, 10)).astype(np.int32)
    mean, uncovered = codec.vectors(wild, 64, 64)
    assert np.isfinite(mean)
    assert 0 <= uncovered <= 1


def test_quantisers() -> None:
    mean, spread = codec.quantisers(26, np.array([-2, 0, 2, 4], np.int32))
    assert (mean, spread) == (27.0, 2.0)
    # as every fifth word of a buffer, the way they lie in memory
    words = np.arange(50, dtype=np.int32)
    assert codec.quantisers(0, words[4::5])[0] == pytest.approx(words[4::5].mean())

"""Sound measures against their plain twin."""

from __future__ import annotations

import itertools

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels import sound


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from([np.uint8, np.int16, np.int32, np.int64, np.float32, np.float64]),
    st.integers(1, 6), st.integers(1, 50), st.booleans(), st.integers(0, 1000),
)  # fmt: skip
def test_mono_equals_the_plain_twin(dtype: type, channels: int, count: int, planar: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (channels, count) if planar else (count, channels)
    if np.dtype(dtype).kind == "f":
        values = rng.normal(0, 0.7, shape).astype(dtype)
        values.flat[0] = rng.choice([1.0, -1.0, np.nan, np.inf, -np.inf, 0.5 / 32768])
    else:
        limits = np.iinfo(dtype)
        values = rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    assert sound.mono(values, planar).tolist() == naive.mono(values, planar)


def test_other_types_are_no_sound() -> None:
    with pytest.raises(TypeError, match="no sound"):
        sound.mono(np.zeros((4, 1), np.complex64), False)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(-32768, 32767), min_size=0, max_size=120),
    st.lists(st.integers(0, 120), min_size=2, max_size=8),
    st.integers(-32768, 32767),
)
def test_frames_equal_the_plain_twin(samples: list[int], cuts: list[int], before: int) -> None:
    bounds = np.array(sorted(min(c, len(samples)) for c in cuts), np.int64)
    got = sound.frames(np.array(samples, np.int16), bounds, before)
    last = before
    for m, (first, end) in enumerate(itertools.pairwise(bounds)):
        part = samples[first:end]
        expected = naive.sound_frame(part, last)
        assert (got.energy[m], got.peak[m], got.zeros[m], got.step[m], got.change[m]) == expected
        last = part[-1] if part else last


def test_bounds_are_checked() -> None:
    samples = np.zeros(10, np.int16)
    for bounds in ([0, 11], [-1, 5], [5, 3]):
        with pytest.raises(ValueError, match="bounds"):
            sound.frames(samples, np.array(bounds, np.int64), 0)
    assert len(sound.frames(samples, np.array([0], np.int64), 0).energy) == 0

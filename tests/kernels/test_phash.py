"""The hash against the library that defines it."""

from __future__ import annotations

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from engine.kernels import phash


def scene(rows: int, columns: int, seed: int) -> NDArray[np.uint16]:
    """Edges and gradients of many sizes, quarter grey levels."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((rows, columns))
    for _ in range(30):
        y, x = rng.integers(0, rows), rng.integers(0, columns)
        h, w = rng.integers(1, rows + 1), rng.integers(1, columns + 1)
        picture[y : y + h, x : x + w] += rng.normal(0, 60)
    picture += rng.normal(0, 3, picture.shape)
    return np.clip((picture + 128) * 4, 0, 1020).astype(np.uint16)


def reference(reduced: NDArray[np.uint16]) -> int:
    return int(str(imagehash.phash(Image.fromarray(((reduced + 2) // 4).clip(0, 255).astype(np.uint8)))), 16)


def distance(a: int, b: int) -> int:
    return (a ^ b).bit_count()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([(135, 240), (240, 135), (120, 160), (60, 80), (32, 32), (30, 53), (16, 16), (240, 240)]),
    st.integers(0, 10**6),
)
def test_is_the_hash_of_the_library_but_for_rounding(size: tuple[int, int], seed: int) -> None:
    """The library rounds the shrunk picture to whole levels; up to 4 of 64 bits near the median may turn."""
    reduced = scene(*size, seed)
    got = phash.perceptual_hash(reduced, phash.plan(*size))
    assert distance(got, reference(reduced)) <= 4


def test_most_hashes_are_equal_bit_for_bit() -> None:
    distances = []
    for seed in range(40):
        reduced = scene(135, 240, seed)
        distances.append(distance(phash.perceptual_hash(reduced, phash.plan(135, 240)), reference(reduced)))
    assert np.mean(distances) < 1


def test_light_changes_little_and_content_changes_much() -> None:
    plan = phash.plan(135, 240)
    dim = scene(135, 240, 1) // 2
    assert distance(phash.perceptual_hash(dim, plan), phash.perceptual_hash(dim + 100, plan)) <= 4
    other = phash.perceptual_hash(scene(135, 240, 2), plan)
    assert distance(phash.perceptual_hash(dim, plan), other) > 12


def test_size_must_fit() -> None:
    with pytest.raises(ValueError, match="another size"):
        phash.perceptual_hash(np.zeros((10, 11), np.uint16), phash.plan(10, 10))
    assert phash.perceptual_hash(np.zeros((0, 10), np.uint16), phash.plan(0, 10)) == 0

"""Footage in two cases: a later, smaller, recompressed copy is found; another walk and a fixed view are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_clips import write_clip
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

from engine.archive.reuse import shared_footage
from engine.features.onepass import extract
from engine.features.videoprint import VideoPrint, quiet, videoprint

RATE = 10


def world(seed: int) -> NDArray[np.float64]:
    """A long wall of large shapes to walk along."""
    rough = gaussian_filter(np.random.default_rng(seed).normal(size=(120, 1600)), 12)
    return np.asarray(128 + rough / rough.std() * 40)


def walk(seed: int, seconds: int, stand: bool = False) -> list[NDArray[np.uint8]]:
    """Pictures of a walk along the wall, now slower, now faster; or of standing before it."""
    wall, noise = world(seed), np.random.default_rng([seed, 1])
    pictures, at = [], 0.0
    for n in range(seconds * RATE):
        at += 0 if stand else 3 + 2.5 * np.sin(n / 4)
        view = wall[:, round(at) : round(at) + 160] + noise.normal(0, 3, (120, 160))
        pictures.append(np.clip(view, 16, 235).astype(np.uint8))
    return pictures


def smaller(pictures: list[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    """Three quarters of the size, with a white band where an editor would write."""
    out = []
    for picture in pictures:
        small = np.clip(zoom(picture.astype(float), (90 / 120, 120 / 160), order=1), 0, 255).astype(np.uint8)
        small[:9] = 235
        out.append(small)
    return out


def fingerprint(folder: Path, name: str, pictures: list[NDArray[np.uint8]], crf: int = 20) -> VideoPrint:
    path = write_clip(folder / name, pictures, rate=RATE, options={"crf": str(crf)})
    frames = extract(path).frames
    assert frames is not None
    return videoprint(frames)


def test_a_copy_that_begins_later_is_found_at_its_offset(tmp_path: Path) -> None:
    original = walk(1, 40)
    prints = {
        "original.mp4": fingerprint(tmp_path, "original.mp4", original),
        "copy.mp4": fingerprint(tmp_path, "copy.mp4", smaller(original[85:330]), crf=32),
        "another.mp4": fingerprint(tmp_path, "another.mp4", walk(2, 40)),
    }
    found = {(s.path, s.other): s for s in shared_footage(prints)}
    assert set(found) == {("original.mp4", "copy.mp4"), ("copy.mp4", "original.mp4")}
    there = found["copy.mp4", "original.mp4"]
    assert there.offset_s == pytest.approx(8.5, abs=0.15)
    assert there.share > 0.5
    assert found["original.mp4", "copy.mp4"].start_s >= 8.0


def test_one_view_all_day_says_nothing(tmp_path: Path) -> None:
    morning, evening = walk(3, 30, stand=True), walk(3, 30, stand=True)[::-1]
    prints = {
        "morning.mp4": fingerprint(tmp_path, "m.mp4", morning),
        "evening.mp4": fingerprint(tmp_path, "e.mp4", evening),
    }
    assert len(prints["morning.mp4"]) > 10
    assert shared_footage(prints) == ()


def test_a_covered_lens_has_no_fingerprint(tmp_path: Path) -> None:
    dark = [np.full((120, 160), 17, np.uint8) for _ in range(60)]
    assert len(fingerprint(tmp_path, "dark.mp4", dark)) == 0


def made(hashes: list[int], start: float = 0.0) -> VideoPrint:
    return VideoPrint((start + np.arange(len(hashes))).astype(np.float32), np.array(hashes, np.uint64))


def test_five_views_are_the_least() -> None:
    rng = np.random.default_rng(4)
    views = [int(v) for v in rng.integers(0, 2**63, 9)]
    other = [int(v) for v in rng.integers(0, 2**63, 9)]
    assert shared_footage({"a": made(views[:5]), "b": made(other[:3] + views[:5])})
    assert not shared_footage({"a": made(views[:4]), "b": made(other[:3] + views[:4])})
    assert not shared_footage({"a": made(views[:4] + views[:1]), "b": made(other[:3] + views[:4] + views[:1])})


def test_a_few_bits_do_not_hide_a_copy_and_many_do() -> None:
    rng = np.random.default_rng(5)
    views = rng.integers(0, 2**63, 8).astype(np.uint64)

    def flipped(bits: int) -> list[int]:
        return [int(v) ^ sum(1 << int(b) for b in rng.choice(64, bits, replace=False)) for v in views]

    assert shared_footage({"a": made([int(v) for v in views]), "b": made(flipped(6))})
    assert not shared_footage({"a": made([int(v) for v in views]), "b": made(flipped(20))})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 50, width=32), min_size=0, max_size=60), st.sampled_from([10, 25, 30]))
def test_quiet_pictures_are_least_around_them(changes: list[float], rate: int) -> None:
    difference, seconds = np.array(changes), np.arange(len(changes)) / rate
    expected = []
    for n, change in enumerate(changes):
        around = [m for m in range(len(changes)) if abs(m - n) / rate <= 0.25 + 1e-9 and changes[m] > 0]
        if change > 0 and all(changes[m] > change or (changes[m] == change and m >= n) for m in around):
            expected.append(n)
    assert quiet(difference, seconds).tolist() == expected

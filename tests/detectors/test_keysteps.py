"""Steps at key pictures: an encoder's pulse in a scene that stands still is none, a cut there is."""

from __future__ import annotations

import numpy as np
import pytest

from engine.detectors.copy_cut import Options
from engine.detectors.keysteps import key_steps
from fixtures import shots

KEYS = tuple(range(0, 200, 25))


def best(pictures: list[shots.Luma]) -> tuple[int, float]:
    steps = key_steps(shots.tables(pictures).frames, KEYS)
    assert steps is not None
    at = int(np.argmax(steps.score))
    return int(steps.frame[at]), float(steps.margin[at])


def pulsing(scene: shots.Luma, strength: int) -> list[shots.Luma]:
    """The same picture throughout; from one key picture on coded a little differently."""
    rng = np.random.default_rng(5)
    pulse = rng.integers(-strength, strength + 1, (scene.shape[0] // 8, scene.shape[1] // 8)).repeat(8, 0).repeat(8, 1)
    other = scene.astype(np.int16)
    other[: pulse.shape[0], : pulse.shape[1]] += pulse
    return [scene] * 100 + [np.clip(other, 0, 255).astype(np.uint8)] * 100


def test_a_pulse_in_a_still_scene_is_no_step_and_another_scene_is() -> None:
    scene, elsewhere = shots.shot(1, seed=3)[0], shots.shot(1, seed=9)[0]
    steps = key_steps(shots.tables(pulsing(scene, 3)).frames, KEYS)
    assert steps is not None
    assert steps.score.max() == -np.inf
    assert best([scene] * 100 + [elsewhere] * 100)[0] == 100


@pytest.mark.parametrize("gone", [25, 50])
def test_missing_pictures_in_a_moving_scene_step(gone: int) -> None:
    walk = shots.shot(200 + gone, seed=3)
    frame, margin = best(walk[:100] + walk[100 + gone :])
    assert frame == 100
    assert margin > 1.0


def test_the_step_is_also_told_in_grey_levels() -> None:
    """An encoder's pulse stays below what counts alone, a cut in a moving scene far above."""
    scene, walk = shots.shot(1, seed=3)[0], shots.shot(225, seed=3)
    pulse = key_steps(shots.tables(pulsing(scene, 3)).frames, KEYS)
    cut = key_steps(shots.tables(walk[:100] + walk[125:]).frames, KEYS)
    assert pulse is not None
    assert cut is not None
    assert 0 < pulse.grey.max() < Options().alone_grey < cut.grey[list(KEYS[1:]).index(100)]

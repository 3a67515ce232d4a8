"""Held pictures and covered lenses: silent on recorders that repeat and scenes that rest."""

from __future__ import annotations

import numpy as np
import pytest

from engine.detectors import freeze, obstruction
from engine.features.tables import KEY
from engine.findings import Severity
from fixtures import shots

Shot = list[shots.Luma]
Places = list[tuple[int | None, int | None]]


def holds(pictures: Shot) -> Places:
    found = freeze.propose(shots.tables(pictures), freeze.Options()).findings
    assert all(f.severity is Severity.SUSPICION for f in found)
    return [(f.start_frame, f.end_frame) for f in found]


def covers(pictures: Shot) -> Places:
    found = obstruction.propose(shots.tables(pictures), obstruction.Options()).findings
    return [(f.start_frame, f.end_frame) for f in found]


@pytest.fixture(scope="module")
def walk() -> Shot:
    return shots.shot(160, seed=3)


def test_an_untouched_shot_is_silent(walk: Shot) -> None:
    assert holds(walk) == []
    assert covers(walk) == []


@pytest.mark.parametrize("count", [25, 75])
def test_a_held_picture(walk: Shot, count: int) -> None:
    assert holds(walk[:50] + walk[49:50] * count + walk[50 + count :]) == [(50, 49 + count)]


def test_a_held_picture_whose_key_picture_pulses(walk: Shot) -> None:
    held = walk[49:50] * 40
    pulse = (np.arange(shots.WIDTH) % 3 == 0).astype(np.uint8)
    held[20:] = [np.minimum(p, 254) + pulse for p in held[20:]]
    assert holds(walk[:50] + held + walk[90:]) == [(50, 89)]


@pytest.mark.parametrize(("flags", "found"), [({70: KEY}, [(50, 89)]), ({}, [])])
def test_a_strong_pulse_is_bridged_at_a_key_picture_only(walk: Shot, flags: dict[int, int], found: Places) -> None:
    held = walk[49:50] * 40
    held[20:] = [np.clip(p.astype(np.int16) + 2, 0, 255).astype(np.uint8) for p in held[20:]]
    tables = shots.tables(walk[:50] + held + walk[90:], flags=flags)
    long = [f for f in freeze.propose(tables, freeze.Options()).findings if f.end_frame - f.start_frame > 20]
    assert [(f.start_frame, f.end_frame) for f in long] == found


@pytest.mark.parametrize("count", [25, 75])
def test_a_covered_lens_stands_still_and_is_no_held_picture(walk: Shot, count: int) -> None:
    dark = [np.full_like(walk[0], 24)] * count
    covered = walk[:50] + dark + walk[50 + count :]
    assert covers(covered) == [(50, 49 + count)]
    assert holds(covered) == []
    assert holds(walk[:50] + dark[:10] + walk[60:90] + walk[89:90] * 25 + walk[115:]) == [(90, 114)]


def test_a_recorder_that_repeats_is_silent_and_a_hold_in_another_is_not(walk: Shot) -> None:
    padded = [p for p in walk[:60] for _ in range(3)]
    assert holds(padded) == []
    stalls = walk[:20] + walk[19:20] * 17 + walk[20:22] + walk[21:22] * 18 + walk[22:24] + walk[23:24] * 16 + walk[24:]
    assert holds(stalls[:75]) == []
    assert holds(walk[:50] + walk[49:50] * 30 + walk[80:]) == [(50, 79)]


def test_a_stall_after_which_nothing_is_missing_does_not_jump(walk: Shot) -> None:
    assert holds(walk[:50] + walk[49:50] * 25 + walk[50:]) == []


def test_a_still_scene_without_noise_is_silent() -> None:
    still = shots.shot(1, seed=3)
    moving = shots.shot(60, seed=3, noise=0.0)
    assert holds(still * 120) == []
    assert holds(moving[:30] + [moving[29]] * 60) == []


@pytest.mark.parametrize("level", [16, 24, 128])
def test_a_covered_lens(walk: Shot, level: int) -> None:
    rng = np.random.default_rng(1)
    cover = [(level + rng.normal(0, 0.4, walk[0].shape)).round().astype(np.uint8) for _ in range(50)]
    assert covers(walk[:50] + cover + walk[100:]) == [(50, 99)]


def test_night_and_fades_are_no_cover(walk: Shot) -> None:
    rng = np.random.default_rng(1)
    night = [np.clip(20 + rng.normal(0, 4, p.shape), 0, 255).astype(np.uint8) for p in walk]
    assert covers(night) == []

    def faded(cover: float) -> Shot:
        away, back = np.linspace(1, 0, 20), np.linspace(0, 1, 20)
        shares = np.concatenate((np.ones(40), away, np.full(40, cover), back, np.ones(40)))
        return [np.asarray(20 + (p.astype(np.float32) - 20) * s, np.uint8) for p, s in zip(walk, shares, strict=True)]

    assert covers(faded(0.0)) == []


def test_one_dark_picture_is_no_cover(walk: Shot) -> None:
    assert covers([*walk[:50], np.full_like(walk[0], 16), *walk[51:]]) == []

"""Repeated stretches: silent on what repeats in nature, firing on copies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.detectors import duplication
from engine.findings import Finding, Level, Severity
from engine.kernels.search import collisions, projections
from fixtures import shots
from fixtures.stream import stream

Shot = list[shots.Luma]


def said(pictures: Shot) -> list[Finding]:
    return list(duplication.propose(shots.tables(pictures), duplication.Options()).findings)


def noisy(pictures: Shot, seed: int) -> Shot:
    """The same pictures as another encoding would show them."""
    rng = np.random.default_rng(seed)
    return [np.clip(p + rng.normal(0, 1.5, p.shape), 0, 255).astype(np.uint8) for p in pictures]


@pytest.fixture(scope="module")
def walk() -> Shot:
    return shots.shot(220, seed=3)


def test_an_untouched_shot_is_silent(walk: Shot) -> None:
    assert said(walk) == []


@pytest.mark.parametrize("count", [25, 75])
def test_a_loop_names_the_repeat(walk: Shot, count: int) -> None:
    looped = walk[:100] + noisy(walk[100 - count : 100], 1) + walk[100 + count :]
    (finding,) = said(looped)
    assert finding.start_frame is not None
    assert finding.end_frame is not None
    assert abs(finding.start_frame - 100) <= 2
    assert abs(finding.end_frame - (99 + count)) <= 2
    assert finding.params["lag_frames"] == count
    assert finding.severity is Severity.SUSPICION


def test_a_copy_from_far_away(walk: Shot) -> None:
    copied = walk[:150] + noisy(walk[20:60], 1) + walk[190:]
    (finding,) = said(copied)
    assert finding.params["lag_frames"] == 130


def machine(count: int, seed: int, period: int = 30) -> Shot:
    """A body that goes round and round; nothing else moves, the noise differs."""
    rng = np.random.default_rng(seed)
    scene, body = shots.texture(rng, shots.HEIGHT, shots.WIDTH), shots.texture(rng, 60, 40, 90.0) + 40
    pictures = []
    for k in range(count):
        angle = 2 * np.pi * k / period
        picture = scene.copy()
        y, x = int(60 + 40 * np.sin(angle)), int(140 + 90 * np.cos(angle))
        picture[y : y + 60, x : x + 40] = body
        picture += rng.normal(0, 1.5, picture.shape).astype(np.float32)
        pictures.append(np.asarray(np.clip(picture, 0, 255), np.uint8))
    return pictures


def test_a_machine_is_silent_and_a_loop_before_it_is_not(walk: Shot) -> None:
    assert said(machine(160, 5)) == []
    turning = machine(len(walk), 5)
    natural = [np.concatenate((a[:90], b[90:])) for a, b in zip(walk, turning, strict=True)]
    looped = natural[:100] + noisy(natural[55:100], 1) + natural[145:]
    assert [f.params["lag_frames"] for f in said(looped)] == [45]


def test_a_still_scene_repeats_always_and_is_not_examinable() -> None:
    still = shots.shot(160, seed=3, speed=0.0)
    proposal = duplication.propose(shots.tables(still), duplication.Options())
    assert proposal.findings == ()


def test_equal_coded_pictures_are_found_by_digest(walk: Shot) -> None:
    packets = stream("25fps: I11P I11P I11P I11P")
    rows = packets.rows(0)
    rng = np.random.default_rng(0)
    digest = rng.integers(0, 256, (len(packets), 32)).astype(np.uint8)
    features = shots.tables(walk[: len(rows)])
    assert features.frames is not None
    columns = {**features.frames.columns, "packet": rows.astype(np.int32)}
    features = replace(features, frames=replace(features.frames, columns=columns))
    options = duplication.Options()
    clean = replace(features, packets=replace(packets, digest=digest))
    assert duplication.propose(clean, options).findings == ()
    copied = digest.copy()
    copied[rows[24:36]] = copied[rows[0:12]]
    tampered = replace(features, packets=replace(packets, digest=copied))
    (finding,) = duplication.propose(tampered, options).findings
    assert (finding.start_frame, finding.end_frame, finding.level) == (24, 35, Level.E1)


def test_empty_pictures_that_are_all_alike_are_no_copy(walk: Shot) -> None:
    packets = stream("25fps: I11P I11P I11P I11P")
    rows = packets.rows(0)
    features = shots.tables(walk[: len(rows)])
    assert features.frames is not None
    columns = {**features.frames.columns, "packet": rows.astype(np.int32)}
    features = replace(features, frames=replace(features.frames, columns=columns))
    same = replace(packets, digest=np.zeros((len(packets), 32), np.uint8))
    assert duplication.propose(replace(features, packets=same), duplication.Options()).findings == ()


def test_projections_equal_their_naive_twin() -> None:
    rng = np.random.default_rng(2)
    means = rng.integers(0, 65536, (23, 22, 40)).astype(np.uint16)
    matrix = rng.standard_normal((880, 64)).astype(np.float32)
    step = np.diff(means.reshape(23, -1).astype(np.float64), axis=0)
    expected = (step - step.mean(axis=1, keepdims=True)) @ matrix.astype(np.float64)
    for rows in (4, 7, 4096):
        got = projections(means, matrix, rows)
        assert not got[0].any()
        assert np.allclose(got[1:], expected, rtol=1e-3, atol=40)


def test_collisions_equal_their_naive_twin() -> None:
    keys = np.random.default_rng(3).integers(0, 6, 50)
    order = np.argsort(keys, kind="stable")
    lag, at = np.empty(50 * 50, np.int64), np.empty(50 * 50, np.int64)
    count = collisions(order, keys[order], 50, 4, lag, at)
    expected = {(b - a, a) for a in range(50) for b in range(a + 4, 50) if keys[a] == keys[b]}
    assert set(zip(lag[:count].tolist(), at[:count].tolist(), strict=True)) == expected

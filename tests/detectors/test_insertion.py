"""Foreign pictures: silent on what comes and goes in nature, firing on the same with pictures inserted."""

from __future__ import annotations

import numpy as np
import pytest

from engine.detectors import insertion
from engine.detectors.structure import displaced, lit, structure
from engine.findings import Finding, Severity
from fixtures import shots

Shot = list[shots.Luma]


def said(pictures: Shot) -> list[Finding]:
    """What both steps say; the pictures stand in for the footage."""
    options = insertion.Options()
    proposal = insertion.propose(shots.tables(pictures), options)
    rechecks = {k: pictures[k] for c in proposal.candidates for k in c.frames}
    return list(insertion.confirm(proposal.candidates, rechecks, options))


def loud(pictures: Shot) -> list[tuple[int | None, int | None]]:
    return [(f.start_frame, f.end_frame) for f in said(pictures) if f.severity > Severity.NOTICE]


@pytest.fixture(scope="module")
def walk() -> Shot:
    return shots.shot(120, seed=3)


@pytest.fixture(scope="module")
def other() -> Shot:
    return shots.shot(60, seed=11)


def test_an_untouched_shot_is_silent(walk: Shot) -> None:
    assert said(walk) == []


@pytest.mark.parametrize("count", [1, 5, 25, 50])
def test_foreign_pictures_are_named_first_and_last(walk: Shot, other: Shot, count: int) -> None:
    assert loud(walk[:50] + other[:count] + walk[50:]) == [(50, 49 + count)]


def test_a_still_picture_for_a_second(walk: Shot, other: Shot) -> None:
    assert loud(walk[:50] + other[:1] * 25 + walk[50:]) == [(50, 74)]


def test_pictures_of_the_same_recording(walk: Shot) -> None:
    later = shots.shot(400, seed=3)[330:335]
    assert loud(walk[:50] + later + walk[50:]) == [(50, 54)]


@pytest.mark.parametrize("count", [1, 4])
def test_a_flash_is_a_notice_and_foreign_pictures_in_its_place_are_not(walk: Shot, other: Shot, count: int) -> None:
    slope = np.linspace(1.2, 1.6, shots.WIDTH)

    def flash(p: shots.Luma) -> shots.Luma:
        return np.asarray(np.clip(p * slope + 10, 0, 255), np.uint8)

    natural = walk[:50] + [flash(p) for p in walk[50 : 50 + count]] + walk[50 + count :]
    assert [f.severity for f in said(natural)] == [Severity.NOTICE]
    tampered = walk[:50] + [flash(p) for p in other[:count]] + walk[50:]
    assert loud(tampered) == [(50, 49 + count)]


def test_a_torn_picture_is_a_notice_and_a_foreign_one_is_not(walk: Shot, other: Shot) -> None:
    def torn(p: shots.Luma) -> shots.Luma:
        return np.concatenate((p[:60], p[: shots.HEIGHT - 60]))

    assert loud([*walk[:50], torn(walk[50]), *walk[51:]]) == []
    assert loud([*walk[:50], torn(other[0]), *walk[51:]]) == [(50, 50)]


def test_a_hand_that_takes_its_time_is_silent(walk: Shot) -> None:
    hand = shots.shot(1, seed=21)[0]
    natural = list(walk)
    for k in range(40, 70):
        width = int(shots.WIDTH * min(k - 39, 70 - k, 12) / 12)
        natural[k] = natural[k].copy()
        natural[k][:, :width] = hand[:, :width]
    assert loud(natural) == []


def test_a_cover_without_structure_is_left_to_the_other_detector(walk: Shot) -> None:
    black = np.full_like(walk[0], 18)
    assert said(walk[:50] + [black] * 25 + walk[50:]) == []


def test_a_cut_does_not_return(walk: Shot, other: Shot) -> None:
    assert said(walk[:60] + other) == []


def test_without_the_footage_it_stays_a_notice(walk: Shot, other: Shot) -> None:
    options = insertion.Options()
    proposal = insertion.propose(shots.tables(walk[:50] + other[:5] + walk[50:]), options)
    (unseen,) = insertion.confirm(proposal.candidates, {}, options)
    assert unseen.severity is Severity.NOTICE
    assert unseen.params["rechecked"] is False


def test_structure_light_and_tears_are_told_apart(walk: Shot, other: Shot) -> None:
    a, b = walk[0].astype(np.float32), other[0].astype(np.float32)
    assert structure(a, a * 1.5 + 20) == pytest.approx(1, abs=1e-3)
    assert structure(a, b) < 0.5
    assert lit(a, a * 1.5 + 20) == pytest.approx(1, abs=1e-3)
    assert displaced(a, np.concatenate((a[:60], a[:120]))) >= 0.6
    assert displaced(a, b) == 0.0
    assert displaced(a, a) == 0.0


def test_a_change_of_size_is_not_measured_across(walk: Shot) -> None:
    smaller = [np.ascontiguousarray(p[:90, :160]) for p in walk]
    proposal = insertion.propose(shots.tables(walk[:50] + smaller[50:60] + walk[60:]), insertion.Options())
    assert proposal.candidates == ()

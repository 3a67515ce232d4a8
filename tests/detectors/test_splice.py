"""Joins: silent on what cameras do, firing on the same with pictures missing inside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.detectors import splice
from engine.detectors.scores import neighbour_max
from engine.features.tables import DAMAGED, Features
from engine.findings import Finding, Severity
from engine.kernels.search import changes
from fixtures import shots
from fixtures.scene import Scene


def found(features: Features, pictures: list[shots.Luma] | None) -> list[Finding]:
    """What both steps say; the pictures stand in for the footage."""
    proposal = splice.propose(features, splice.Options())
    if pictures is None:
        return [c.finding for c in proposal.candidates]
    rechecks = {k: pictures[k] for c in proposal.candidates for k in c.frames}
    said = splice.confirm(proposal.candidates, rechecks, splice.Options())
    return [f for f in said if f.severity > Severity.NOTICE]


@pytest.fixture(scope="module")
def walk() -> list[shots.Luma]:
    return shots.shot(140, seed=3)


def test_an_untouched_shot_is_silent(walk: list[shots.Luma]) -> None:
    assert found(shots.tables(walk), walk) == []


@pytest.mark.parametrize("missing", [10, 25])
def test_missing_pictures_are_found_between_the_right_frames(walk: list[shots.Luma], missing: int) -> None:
    cut = walk[:60] + walk[60 + missing :]
    (finding,) = found(shots.tables(cut), cut)
    assert (finding.kind, finding.start_frame, finding.end_frame) == ("deletion", 59, 60)
    assert finding.severity is Severity.SUSPICION
    assert finding.start_s == pytest.approx(59 / 25)
    assert finding.end_s == pytest.approx(60 / 25)


def test_another_scene_is_a_splice(walk: list[shots.Luma]) -> None:
    joined = walk[:60] + shots.shot(50, seed=9)
    (finding,) = found(shots.tables(joined), joined)
    assert (finding.kind, finding.start_frame) == ("splice", 59)


def test_an_exposure_step_is_silent_and_a_cut_under_it_is_not(walk: list[shots.Luma]) -> None:
    def brighter(pictures: list[shots.Luma]) -> list[shots.Luma]:
        return [np.clip(p * 1.15 + 6, 0, 255).astype(np.uint8) for p in pictures]

    natural = walk[:60] + brighter(walk[60:])
    assert found(shots.tables(natural), natural) == []
    cut = walk[:60] + brighter(walk[85:])
    assert [f.start_frame for f in found(shots.tables(cut), cut)] == [59]


@pytest.fixture(scope="module")
def street() -> list[shots.Luma]:
    scene = Scene(16, 240, 320, "walk", 3.0)
    return [np.asarray(scene.picture(i, i / 25)[0], np.uint8) for i in range(120)]


@pytest.mark.parametrize("gain", [0.12, 0.2, 0.3])
def test_a_lamp_that_is_switched_on_is_a_notice_and_a_cut_under_it_is_more(
    street: list[shots.Luma], gain: float
) -> None:
    rng = np.random.default_rng(2)

    def dim(pictures: list[shots.Luma]) -> list[shots.Luma]:
        lit = [p * gain + 16 * (1 - gain) + rng.normal(0, 2, p.shape) for p in pictures]
        return [np.clip(p, 0, 255).astype(np.uint8) for p in lit]

    natural = dim(street[:60]) + street[60:]
    tables = shots.tables(natural)
    (candidate,) = splice.propose(tables, splice.Options()).candidates
    (notice,) = splice.confirm([candidate], {k: natural[k] for k in candidate.frames}, splice.Options())
    assert (notice.severity, notice.template, notice.start_frame) == (Severity.NOTICE, "light_picture", 59)
    cut = dim(street[:60]) + street[85:]
    assert [f.start_frame for f in found(shots.tables(cut), cut)] == [59]


def test_what_moved_is_left_once_all_is_in_one_light(walk: list[shots.Luma]) -> None:
    """A fixed camera: structure and light alone would take the cut for a lamp."""
    loose = replace(splice.Options(), lit=0.0, stays=0.0)
    for bright, expected in ((walk[60:], []), (walk[85:], [59])):
        pictures = walk[:60] + [np.clip(p * 1.15 + 6, 0, 255).astype(np.uint8) for p in bright]
        proposal = splice.propose(shots.tables(pictures), loose)
        said = splice.confirm(proposal.candidates, dict(enumerate(pictures)), replace(loose, relit=1.1))
        assert [f.start_frame for f in said if f.severity > Severity.NOTICE] == expected


def test_a_flash_is_silent_and_a_cut_in_it_is_not(walk: list[shots.Luma]) -> None:
    flash = [np.clip(p.astype(np.int16) + 70, 0, 255).astype(np.uint8) for p in walk]
    natural = walk[:60] + flash[60:61] + walk[61:]
    assert found(shots.tables(natural), natural) == []
    cut = walk[:60] + flash[60:61] + walk[86:]
    assert len(found(shots.tables(cut), cut)) == 1


def test_shake_of_the_whole_picture_is_silent_and_a_cut_in_it_is_not(walk: list[shots.Luma]) -> None:
    def shaken(pictures: list[shots.Luma]) -> list[shots.Luma]:
        rng = np.random.default_rng(4)
        return [np.roll(p, tuple(rng.integers(-2, 3, 2)), (0, 1)) for p in pictures]

    natural = shaken(walk)
    assert found(shots.tables(natural), natural) == []
    cut = shaken(walk[:60] + shots.shot(50, seed=9))
    assert [f.start_frame for f in found(shots.tables(cut), cut)] == [59]


@pytest.mark.parametrize("by", [(2, 4), (8, 16), (10, 30)])
def test_a_pushed_camera_is_silent_and_another_scene_is_not(walk: list[shots.Luma], by: tuple[int, int]) -> None:
    natural = walk[:60] + [np.roll(p, by, (0, 1)) for p in walk[60:]]
    assert found(shots.tables(natural), natural) == []
    joined = walk[:60] + [np.roll(p, by, (0, 1)) for p in shots.shot(50, seed=9)]
    assert [f.start_frame for f in found(shots.tables(joined), joined)] == [59]


def test_a_drop_that_the_recorder_tells_is_no_join(walk: list[shots.Luma]) -> None:
    cut = walk[:60] + walk[85:]
    times = [100 * k for k in range(60)] + [100 * (k + 25) for k in range(60, len(cut))]
    assert found(shots.tables(cut, pts=times), cut) == []
    assert len(found(shots.tables(cut), cut)) == 1


def test_damage_and_its_repair_are_no_joins(walk: list[shots.Luma]) -> None:
    cut = walk[:60] + walk[85:]
    assert found(shots.tables(cut, flags=dict.fromkeys(range(58, 62), DAMAGED)), cut) == []


def test_without_the_footage_it_stays_a_notice(walk: list[shots.Luma]) -> None:
    cut = walk[:60] + walk[85:]
    (finding,) = found(shots.tables(cut), None)
    assert finding.severity is Severity.NOTICE
    proposal = splice.propose(shots.tables(cut), splice.Options())
    (unseen,) = splice.confirm(proposal.candidates, {}, splice.Options())
    assert unseen.severity is Severity.NOTICE
    assert unseen.params["rechecked"] is False


def test_a_scene_in_which_nothing_moves_is_not_examinable() -> None:
    still = shots.shot(140, seed=3, speed=0.0)
    cut = still[:60] + still[85:]
    proposal = splice.propose(shots.tables(cut), splice.Options())
    (examined,) = proposal.examined
    assert proposal.candidates == ()
    assert (examined.question, examined.by) == ("deletion", "picture")
    assert examined.seconds == 0
    assert "no_motion" in {s.reason for s in examined.not_examinable}


def test_stretches_cover_the_recording_without_overlap(walk: list[shots.Luma]) -> None:
    (examined,) = splice.propose(shots.tables(walk, flags={70: DAMAGED}), splice.Options()).examined
    assert examined.seconds > 0
    assert examined.seconds + sum(s.end_s - s.start_s for s in examined.not_examinable) == pytest.approx(140 / 25)
    assert {"damaged", "too_short"} <= {s.reason for s in examined.not_examinable}
    ends = [s.end_s for s in examined.not_examinable]
    assert all(a <= s.start_s for a, s in zip(ends, examined.not_examinable[1:], strict=False))


def test_tiny_pictures_are_not_examined() -> None:
    tiny = [p[:60, :80].copy() for p in shots.shot(60, seed=3)]
    proposal = splice.propose(shots.tables(tiny), splice.Options())
    assert proposal.candidates == ()
    assert proposal.examined[0].seconds == 0


def test_changes_equal_their_naive_twin() -> None:
    means = np.random.default_rng(5).integers(0, 65536, (9, 22, 40)).astype(np.uint16)
    means[4] = means[3]
    got = changes(means)
    for k in range(1, 9):
        assert got.mean[k] == pytest.approx(_step(means, k - 1, k).mean(), abs=0.02)
        assert got.top[k] == pytest.approx(np.sort(_step(means, k - 1, k))[-88:].mean(), abs=0.1)
    for k in range(2, 8):
        lasting = np.minimum(np.minimum(_step(means, k - 1, k), _step(means, k - 2, k)), _step(means, k - 1, k + 1))
        assert got.lasting[k] == pytest.approx(lasting.mean(), abs=0.02)
        assert got.lasting_top[k] == pytest.approx(np.sort(lasting)[-88:].mean(), abs=0.1)
        pairs = ((k - 1, k), (k - 2, k), (k - 1, k + 1))
        unlike = [1 - np.corrcoef(means[a].ravel(), means[b].ravel())[0, 1] for a, b in pairs]
        assert got.unlike[k] == pytest.approx(unlike[0], abs=1e-3)
        assert got.lasting_unlike[k] == pytest.approx(min(unlike), abs=1e-3)
    assert got.lasting[0] == got.lasting[8] == 0


def _step(means: NDArray[np.uint16], before: int, after: int) -> NDArray[np.float64]:
    a, b = means[after].ravel() / 256, means[before].ravel() / 256
    gain = np.clip(np.polyfit(b, a, 1)[0], 0.5, 2.0)
    return np.abs((a - a.mean()) - gain * (b - b.mean()))


def test_neighbour_max_leaves_the_place_itself_out() -> None:
    x = np.random.default_rng(6).random(40)
    for k, value in enumerate(neighbour_max(x, 6)):
        assert value == max(np.delete(x[max(0, k - 6) : k + 7], min(k, 6)))


def test_the_real_join_of_a_real_camera_is_found(footage: Path) -> None:
    from engine.detectors.runner import examine
    from engine.features import extract

    path = footage / "video" / "static_plaza_vtest.avi"
    if not path.is_file():
        pytest.skip(f"{path.name} is not there")
    said = examine(extract(path), None, [splice.DETECTOR]).findings
    assert (403, 404) in {(f.start_frame, f.end_frame) for f in said}

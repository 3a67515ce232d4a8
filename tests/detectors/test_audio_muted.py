"""Sound that was switched off: digital silence that a recorder makes by itself, and that it does not."""

from __future__ import annotations

import numpy as np
import pytest

from engine.detectors.audio_muted import DETECTOR
from engine.features.tables import Features
from engine.findings import Kind, Severity


def room(seconds: float, level: float = 300.0, seed: int = 1) -> np.ndarray:
    """Peaks of 10 ms rows of room tone that is never quite still."""
    return np.random.default_rng(seed).uniform(0.5 * level, 2 * level, round(seconds * 100))


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * 100))


def severities(features: Features) -> list[Severity]:
    return [f.severity for f in DETECTOR.propose(features, DETECTOR.options).findings]


def test_room_tone_is_silent(sound_of) -> None:
    assert severities(sound_of(room(12))) == []


def test_a_second_of_digital_silence_in_room_tone(sound_of) -> None:
    (finding,) = DETECTOR.propose(sound_of(np.r_[room(5), silence(1), room(6)]), DETECTOR.options).findings
    assert (finding.kind, finding.severity) == (Kind.AUDIO_MUTED, Severity.SUSPICION)
    assert (finding.start_s, finding.end_s) == (pytest.approx(5.0), pytest.approx(6.0))


def test_a_second_far_below_the_floor_is_dead_too(sound_of) -> None:
    assert severities(sound_of(np.r_[room(5, 3000), np.full(100, 20), room(6, 3000)])) == [Severity.SUSPICION]
    assert severities(sound_of(np.r_[room(5, 3000), np.full(100, 700), room(6, 3000)])) == []


@pytest.mark.parametrize(
    "peaks",
    [np.r_[silence(1), room(10)], np.r_[room(10), silence(1)]],
    ids=["the microphone starts late", "padding at the end"],
)
def test_silence_at_the_ends_is_a_notice(sound_of, peaks: np.ndarray) -> None:
    assert severities(sound_of(peaks)) == [Severity.NOTICE]


def test_silence_throughout_is_one_notice_and_not_examinable(sound_of) -> None:
    proposal = DETECTOR.propose(sound_of(silence(10)), DETECTOR.options)
    assert [f.template for f in proposal.findings] == ["audio_silent"]
    assert proposal.examined[0].not_examinable[0].reason == "no_sound_throughout"


def test_a_noise_gate_falls_silent_again_and_again(sound_of) -> None:
    gated = np.concatenate([np.r_[room(1, seed=i), silence(0.6)] for i in range(6)])
    assert severities(sound_of(np.r_[gated, room(1)])) == [Severity.NOTICE]
    once = np.concatenate([room(1, seed=i) for i in range(6)])
    assert severities(sound_of(np.r_[once, silence(0.6), room(1)])) == [Severity.SUSPICION]


def test_a_fade_is_not_abrupt(sound_of) -> None:
    down = np.linspace(300, 2, 200)
    assert Severity.SUSPICION not in severities(sound_of(np.r_[room(5), down, silence(1), down[::-1], room(5)]))


def test_where_silence_is_natural_nothing_is_said(sound_of) -> None:
    quiet = np.random.default_rng(2).choice([0, 2, 3], 1200)
    proposal = DETECTOR.propose(sound_of(np.r_[quiet, silence(1), quiet]), DETECTOR.options)
    assert proposal.findings == ()
    assert proposal.examined[0].not_examinable[0].reason == "silence_is_natural_here"


def test_a_hole_in_the_timestamps_is_another_detectors(sound_of) -> None:
    present = np.ones(1200, np.bool_)
    present[500:600] = False
    assert severities(sound_of(np.r_[room(5), silence(1), room(6)], present=present)) == []

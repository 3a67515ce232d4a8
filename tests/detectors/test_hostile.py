"""Absurd timestamps, flags and sound: every detector answers, and what it says can be written down."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.detectors import (
    audio_gap,
    audio_missing,
    audio_muted,
    av_desync,
    clock_jump,
    gap,
    hidden,
    unreadable,
)
from engine.detectors.runner import examine
from engine.features.tables import Features
from engine.media.model import NO_TIME
from engine.rules.judge import judge
from engine.rules.pack import load

DETECTORS = tuple(
    m.DETECTOR for m in (gap, clock_jump, hidden, unreadable, audio_gap, audio_missing, audio_muted, av_desync)
)
COUNT = 60

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

time = st.one_of(
    st.integers(-(2**62), 2**62),
    st.integers(-10, 5000),
    st.sampled_from([NO_TIME, 0, 2**33 - 1, 2**33, -1, 2**62, np.iinfo(np.int64).max, np.iinfo(np.int64).min + 1]),
)
times = st.lists(time, min_size=COUNT, max_size=COUNT).map(lambda v: np.array(v, np.int64))
marks = st.lists(st.booleans(), min_size=COUNT, max_size=COUNT).map(lambda v: np.array(v, np.bool_))
bases = st.sampled_from(
    [Fraction(1, 90_000), Fraction(1, 1), Fraction(1001, 30_000), Fraction(1, 10**9), Fraction(10**6)]
)


def absurd(
    features: Features, pts: np.ndarray, dts: np.ndarray, hide: np.ndarray, streams: np.ndarray, base: Fraction
) -> Features:
    media = replace(features.media, streams=tuple(replace(s, time_base=base) for s in features.media.streams))
    packets = replace(
        features.packets, media=media, stream=streams.astype(np.int16), pts=pts, dts=dts,
        duration=np.abs(pts % 5000), hidden=hide,
        index=np.arange(COUNT, dtype=np.int32), key=~hide, corrupt=hide, size=np.ones(COUNT, np.int32),
        position=np.arange(COUNT, dtype=np.int64),
    )  # fmt: skip
    return replace(features, media=media, packets=packets)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pts=times, dts=times, hide=marks, streams=marks, base=bases)
def test_no_timestamps_break_a_detector(
    packets_of: Callable[[str], Features],
    pts: np.ndarray,
    dts: np.ndarray,
    hide: np.ndarray,
    streams: np.ndarray,
    base: Fraction,
) -> None:
    tables = absurd(packets_of("25fps sound: I24P I24P"), pts, dts, hide, streams, base)
    result = examine(tables, None, DETECTORS)
    assert result.failed == ()
    for finding in result.findings:
        for second in (finding.start_s, finding.end_s):
            assert second is None or math.isfinite(second)
    judge(tables, result, load("zj-rf-2019"))


def test_sound_whose_ticks_are_longer_than_a_second(packets_of: Callable[[str], Features]) -> None:
    pts, nothing = np.zeros(COUNT, np.int64), np.zeros(COUNT, np.bool_)
    pts[-1] = -3126
    sound = np.arange(COUNT) >= COUNT - 2
    tables = absurd(
        packets_of("25fps sound: I24P I24P"), pts, np.zeros(COUNT, np.int64), nothing, sound, Fraction(10**6)
    )
    assert examine(tables, None, DETECTORS).failed == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(peaks=st.lists(st.sampled_from([0, 1, 5, 300, 32_768]), min_size=1, max_size=300))
def test_no_sound_breaks_a_detector(sound_of: Callable[..., Features], peaks: list[int]) -> None:
    assert examine(sound_of(np.repeat(peaks, 7)), None, DETECTORS).failed == ()

"""Sound on the timeline: starts, holes, drift, clocks that fall back."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.features.soundtrack import SoundTrack
from engine.features.tables import AudioTable
from engine.media.model import NO_TIME
from engine.media.samples import Samples

MILLI = Fraction(1, 1000)
NONE = np.zeros(0, np.int32)


def run(pts: int, count: int, rate: int = 8000, value: int = 100) -> Samples:
    return Samples(np.full((count, 1), value, np.int16), False, rate, pts, 0)


def table(
    *runs: Samples, base: Fraction = MILLI, origin: Fraction | None = None, place: Callable[[int], int | None] = int
) -> AudioTable:
    track = SoundTrack(base, place)
    for samples in runs:
        track.add(samples)
    out = track.finish(origin, NONE)
    assert out is not None
    return out


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 3000), min_size=1, max_size=20), st.sampled_from([8000, 11024, 44100, 48000]))
def test_rows_do_not_depend_on_how_samples_are_cut(lengths: list[int], rate: int) -> None:
    rng = np.random.default_rng(1)
    samples = rng.integers(-9000, 9000, (sum(lengths), 1)).astype(np.int16)
    parts, at = [], 0
    for length in lengths:
        parts.append(Samples(samples[at : at + length], False, rate, at, 0))
        at += length
    base = Fraction(1, rate)
    cut, whole = table(*parts, base=base), table(Samples(samples, False, rate, 0, 0), base=base)
    assert len(cut) == -(-at * 100 // rate)
    for name in cut.columns:
        assert cut.columns[name].tobytes() == whole.columns[name].tobytes(), name
    assert cut.end_s == pytest.approx(at / rate)
    edges = [m * rate // 100 for m in range(len(cut))] + [at]
    flat = samples[:, 0].astype(np.int64)
    expected = [np.sqrt((flat[a:b] ** 2).mean()) for a, b in itertools.pairwise(edges)]
    assert cut["rms"] == pytest.approx(expected, rel=1e-6)


def test_a_hole_becomes_rows_that_are_not_present() -> None:
    got = table(run(0, 800), run(600, 800))  # 100 ms, a hole of 500 ms, 100 ms
    assert got["present"].tolist() == [True] * 10 + [False] * 50 + [True] * 10
    assert got["rms"][:10].tolist() == [100] * 10
    assert not got["rms"][10:60].any()
    assert got["step"].max() == 0  # a run that begins anew has no step from the one before
    assert (got.start_s, got.end_s) == (0, pytest.approx(0.7))
    even = table(run(0, 800), run(100, 800))
    assert even["present"].all()
    assert len(even) == 20


def test_rows_after_a_hole_within_a_row_stay_within_a_row() -> None:
    runs, at = [], 0
    for _ in range(30):  # 55 ms of sound and 33 ms of hole in turn
        runs.append(run(at, 440))
        at += 88
    got = table(*runs)
    assert len(got) == pytest.approx(at / 10 - 3, abs=2)


def test_rounding_of_timestamps_is_no_hole() -> None:
    rate, length = 44100, 1024
    runs = [run(round(k * length * 1000 / rate), length, rate) for k in range(400)]
    got = table(*runs)
    assert got["present"].all()
    assert len(got) == -(-400 * length * 100 // rate)


def test_a_slow_clock_has_no_holes_but_another_end() -> None:
    """Each run of 20 ms is stamped 20.2 ms after the last."""
    runs = [run(round(k * 20.2 * 10), 160) for k in range(1000)]
    got = table(*runs, base=Fraction(1, 10000))
    assert got["present"].all()
    assert len(got) == 2000
    assert got.end_s == pytest.approx(20.2, abs=0.01)


def test_a_clock_that_falls_back_or_jumps_by_days_adds_no_rows() -> None:
    assert len(table(run(0, 8000), run(200, 8000))) == 200
    assert len(table(run(0, 8000), run(9 * 86_400_000, 8000))) == 200


def test_sound_starts_where_it_is_presented() -> None:
    assert table(run(250, 800), origin=Fraction(1, 10)).start_s == pytest.approx(0.15)
    assert table(run(250, 800), origin=Fraction(1)).start_s == pytest.approx(-0.75)
    assert table(run(250, 800)).start_s == 0
    # priming that an edit list hides is not heard
    got = table(run(0, 800, value=9), run(100, 800), place=lambda t: None if t < 100 else t - 100)
    assert len(got) == 10
    assert got["peak"].tolist() == [100] * 10


def test_sound_without_times_follows_on() -> None:
    got = table(run(NO_TIME, 800), run(NO_TIME, 800))
    assert len(got) == 20
    assert got["present"].all()


def test_a_change_of_rate_begins_a_new_run() -> None:
    got = table(run(0, 8000, 8000), run(1000, 16000, 16000))
    assert len(got) == 200
    assert got["present"].all()
    assert got.sample_rate == 16000


def test_no_sound_no_table() -> None:
    assert SoundTrack(MILLI, lambda _: None).finish(None, NONE) is None

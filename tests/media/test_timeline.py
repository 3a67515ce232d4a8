"""Edit lists applied: what is presented, when, and what is hidden."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.media.model import NO_TIME, Edit
from engine.media.timeline import IDENTITY, of_edits

BASE = Fraction(1, 12800)  # 512 ticks a frame at 25 fps
ONE = Fraction(1)


def test_without_edits_everything_is_presented_as_stored() -> None:
    assert of_edits((), 1000, BASE) is IDENTITY
    assert IDENTITY.place(-5) == -5
    assert IDENTITY.trivial


def test_reordering_delay_is_taken_off_and_hides_nothing() -> None:
    line = of_edits((Edit(4000, 1024, ONE),), 1000, BASE)
    stored = 1024 + 512 * np.arange(100)
    assert not line.hidden(stored).any()
    assert line.place(1024) == 0
    assert line.place(1024 + 99 * 512) == 99 * 512


def test_an_empty_edit_delays() -> None:
    line = of_edits((Edit(1000, -1, ONE), Edit(9000, 0, ONE)), 1000, BASE)
    assert line.place(0) == 12800


def test_a_forged_duration_hides_the_end() -> None:
    line = of_edits((Edit(11000, 0, ONE),), 1000, BASE)
    hidden = line.hidden(512 * np.arange(375))
    assert hidden.sum() == 100
    assert hidden[275:].all()


def test_a_hole_in_the_middle_is_hidden_and_closed_up() -> None:
    line = of_edits((Edit(4000, 0, ONE), Edit(4000, 12800 * 6, ONE)), 1000, BASE)
    hidden = line.hidden(512 * np.arange(250))
    assert np.flatnonzero(hidden).tolist() == list(range(100, 150))
    assert line.place(12800 * 6) == 12800 * 4
    assert not line.reorders


@pytest.mark.parametrize("second", [0, 12800])
def test_edits_that_show_twice_or_backwards_are_known(second: int) -> None:
    line = of_edits((Edit(4000, 12800, ONE), Edit(1000, second, ONE)), 1000, BASE)
    assert line.reorders


@pytest.mark.parametrize("edits", [[(2**64 - 1, -1), (4000, 0)], [(2**64 - 1, 2**63 - 1)], [(2**63, 5), (2**63, 7)]])
def test_absurd_edits_stay_within_what_timestamps_hold(edits: list[tuple[int, int]]) -> None:
    line = of_edits([Edit(d, t, ONE) for d, t in edits], 1, BASE)
    assert all(abs(v) < 2**63 for s in line.segments for v in (s.start, s.end, s.shift))
    assert len(line.hidden(np.arange(5))) == 5


def test_no_duration_spans_the_rest_of_a_fragmented_file() -> None:
    line = of_edits((Edit(0, 512, ONE),), 1000, BASE)
    assert line.place(10**9) == 10**9 - 512
    assert line.place(0) is None


def test_samples_without_time_are_not_called_hidden() -> None:
    line = of_edits((Edit(1000, 0, ONE),), 1000, BASE)
    assert not line.hidden(np.array([NO_TIME])).any()
    assert line.place(NO_TIME) is None


@given(
    frames=st.integers(1, 400),
    rate=st.sampled_from([7, 12, 25, 30, 60]),
    scale=st.sampled_from([600, 1000, 90000]),
    delay=st.integers(0, 4),
)
def test_a_writer_that_rounds_down_hides_no_picture(frames: int, rate: int, scale: int, delay: int) -> None:
    base = Fraction(1, rate * 512)
    duration = int(frames * 512 * base * scale)
    line = of_edits((Edit(max(duration, 1), delay * 512, ONE),), scale, base)
    assert not line.hidden(512 * (delay + np.arange(frames))).any()


@given(
    spans=st.lists(st.tuples(st.integers(0, 200), st.integers(1, 50)), min_size=1, max_size=6), pts=st.integers(0, 400)
)
def test_place_and_hidden_agree(spans: list[tuple[int, int]], pts: int) -> None:
    line = of_edits(tuple(Edit(d, s, ONE) for s, d in spans), 100, Fraction(1, 100))
    assert (line.place(pts) is None) == bool(line.hidden(np.array([pts]))[0])

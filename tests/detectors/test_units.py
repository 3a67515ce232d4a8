"""Picture numbers of packets: in order of time, hidden ones left out, on where the clock falls back."""

from __future__ import annotations

import numpy as np

from engine.detectors.units import units_of


def test_numbers_follow_the_order_of_showing(packets_of) -> None:
    features = packets_of("25fps h264: I2BP2B2P I9P")
    units = units_of(features)
    rows = features.packets.rows(0)
    pts = features.packets.pts[rows]
    assert units.number.tolist() == [int(np.count_nonzero(pts < t)) for t in pts]
    assert np.allclose(np.diff(units.seconds), 0.04)
    assert np.isclose(units.end_s, len(rows) * 0.04)


def test_hidden_pictures_have_no_number(packets_of) -> None:
    units = units_of(packets_of("25fps h264: ~I4~P I9P"))
    assert units.number.tolist() == [-1] * 5 + list(range(10))
    assert units.first_shown(0) == 1


def test_a_clock_that_falls_back_goes_on_in_the_order_of_the_file(packets_of) -> None:
    units = units_of(packets_of("25fps h264: I49P jump(-1s) I49P"))
    assert units.number.tolist() == list(range(100))
    start, end = units.between(50)
    assert start == end == units.second(49)
    assert units.second(50) < units.second(49)


def test_decoded_pictures_are_numbered_as_they_were_decoded(recording) -> None:
    units = units_of(recording("25fps h264: I9P", lost=(3,)))
    assert units.number.tolist() == [0, 1, 2, -1, 3, 4, 5, 6, 7, 8]


def test_without_pictures_there_are_none(packets_of) -> None:
    units = units_of(packets_of("25fps h264: I"))
    assert (units.number.tolist(), units.first_shown(0)) == ([0], None)

"""Which clock to believe."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from engine.features.timing import clock_of, median_interval, nominal_of_rate
from engine.media.model import NO_TIME, MediaInfo, PacketTable, StreamInfo

STREAM = StreamInfo(
    index=0, id=1, kind="video", codec="h264", time_base=Fraction(1, 1000), start=0, duration=None, rate=Fraction(25)
)


def packets(container: str, pts: list[int], dts: list[int]) -> PacketTable:
    count = len(pts)
    flags = np.zeros(count, np.bool_)
    return PacketTable(
        media=MediaInfo("x", 1, container, (STREAM,)),
        stream=np.zeros(count, np.int16),
        index=np.arange(count, dtype=np.int32),
        pts=np.array(pts, np.int64),
        dts=np.array(dts, np.int64),
        duration=np.zeros(count, np.int64),
        position=np.full(count, NO_TIME, np.int64),
        size=np.full(count, 100, np.int32),
        key=flags,
        corrupt=flags,
        hidden=flags,
    )


def clock(container: str, pts: list[int], dts: list[int], shown: list[int], rows: list[int]) -> tuple[list[int], bool]:
    table = packets(container, pts, dts)
    got = clock_of(table, table.rows(0), np.array(shown, np.int64), np.array(rows, np.int32), STREAM)
    return got.pts.tolist(), got.timed


def test_times_in_the_file_are_believed_even_where_they_fall_back() -> None:
    assert clock("mpegts", [0, 80, 40, 20], [0, 1, 2, 3], [0, 40, 80, 20], [0, 2, 1, 3]) == ([0, 40, 80, 20], True)


def test_avi_is_dated_by_decoding_times_with_their_holes() -> None:
    # decoded I P B B, a hole of two, then again; the demuxer's own guess is pts = dts + 1
    dts = [0, 1, 2, 3, 6, 7, 8, 9]
    shown = [1, 3, 4, 2, 7, 9, 10, 8]
    assert clock("avi", [d + 1 for d in dts], dts, shown, [0, 2, 3, 1, 4, 6, 7, 5]) == (dts, True)


def test_an_avi_picture_that_was_not_decoded_leaves_a_hole() -> None:
    assert clock("avi", [0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 3], [0, 1, 3]) == ([0, 1, 3], True)


@pytest.mark.parametrize("container", ["h264", "hevc"])
def test_raw_streams_are_counted(container: str) -> None:
    assert clock(container, [5, 9, 7], [5, 6, 7], [5, 7, 9], [0, 2, 1]) == ([0, 40, 80], False)


def test_no_times_at_all_are_counted() -> None:
    assert clock("avi", [NO_TIME] * 3, [NO_TIME] * 3, [0, 40, 80], [0, 1, 2]) == ([0, 40, 80], False)


def test_median_interval_and_rate() -> None:
    assert median_interval(np.array([0, 40, 80, 200, 240])) == 40
    assert median_interval(np.array([5])) == 0
    assert median_interval(np.array([9, 5, 5])) == 0
    assert nominal_of_rate(STREAM) == 40
    assert nominal_of_rate(replace(STREAM, rate=None)) == 40

"""Cutting joins a stream's packets and takes units out of them, whatever the packets' borders."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.media.cutting import Access, _Joint, container_for, decoding_times


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.data())
def test_units_do_not_depend_on_packets(sizes, data):
    whole = bytes(range(sum(sizes)))
    cuts = sorted(data.draw(st.sets(st.integers(1, max(len(whole) - 1, 1)), max_size=10)))
    packets = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True) if a < b]
    wanted = data.draw(st.integers(0, len(sizes)))
    joint, found = _Joint(np.array(sizes, np.int64)), []
    for number, packet in enumerate(packets):
        found += joint.feed(SimpleNamespace(data=memoryview(packet), key=number == 0), wanted)
    ends = np.cumsum(sizes)
    expected = [whole[e - s : e] for e, s in zip(ends.tolist(), sizes, strict=True)]
    assert [n for n, _, _ in found] == list(range(len(sizes)))
    assert [d for n, d, _ in found if n >= wanted] == expected[wanted:]
    assert joint.complete
    begins = [
        int(np.searchsorted(np.cumsum([len(p) for p in packets]), e - s, "right"))
        for e, s in zip(ends, sizes, strict=True)
    ]
    assert [key for _, _, key in found] == [b == 0 for b in begins]


@settings(max_examples=100, deadline=None)
@given(st.permutations(list(range(12))))
def test_decoding_times_rise_and_are_never_late(order):
    pts = [n * 3 for n in order]
    dts = decoding_times(pts)
    assert all(a < b for a, b in pairwise(dts))
    assert all(d <= p for d, p in zip(dts, pts, strict=True))
    assert any(d == p for d, p in zip(dts, pts, strict=True))


def test_decoding_begins_before_everything_that_is_wanted():
    """An open group: its key picture is decoded before pictures that are presented before it."""
    pts = np.array([0, 3, 1, 2, 6, 4, 5, 9, 7, 8])
    access = Access(np.isin(np.arange(10), [0, 4]), ())
    assert access.before(5, pts, 4) == 0  # 4 and 5 lean on what came before the second key picture
    assert access.before(4, pts, 6) == 4
    assert access.before(8, pts, 7) == 4
    assert Access(np.zeros(10, np.bool_), ()).before(8, pts, 7) == 0


@pytest.mark.parametrize(
    ("name", "container"), [("a.MP4", "mp4"), ("a.b.mkv", "matroska"), ("a.avi", None), ("a", None)]
)
def test_containers_by_name(name, container):
    assert container_for(name) == container

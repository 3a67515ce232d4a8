"""Long recordings: rows in a scratch file are those that memory would hold, and memory does not grow with them."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.media.model import NO_TIME
from engine.media.timeline import IDENTITY, Segment, StreamTimeline
from engine.proofs import rowstore, tree
from engine.proofs.leaves import COLUMNS, HIDDEN, LeafStream, order_of
from engine.proofs.parquet import group_hashes
from engine.proofs.problems import ProofProblem
from engine.proofs.rowstore import StoredLeaves, StreamRows

TWO = StreamTimeline((Segment(0, 500, 100), Segment(700, 900, -50)))


def stream(index: int, kind: str, timeline: StreamTimeline) -> LeafStream:
    return LeafStream(index, kind, "x", Fraction(1, 1000), (b"c" * 32, b"d" * 32), timeline=timeline)


row = st.tuples(
    st.one_of(st.integers(0, 1000), st.just(NO_TIME)),
    st.integers(0, 40),
    st.one_of(st.integers(0, 1 << 40), st.just(NO_TIME)),
    st.integers(1, 1 << 20),
    st.sampled_from([b"c" * 32, b"d" * 32]),
)


def stored(rows: list[list[tuple]], timeline: StreamTimeline) -> StoredLeaves:
    streams = tuple(stream(n, "video" if n == 0 else "audio", timeline) for n in range(len(rows)))
    held = {}
    for number, mine in enumerate(rows):
        held[number] = StreamRows()
        for at, (pts, duration, position, size, configuration) in enumerate(mine):
            held[number].append(pts, duration, position, size, bytes([number, at % 256] * 16), configuration)
    return StoredLeaves(streams, held)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(row, max_size=40), min_size=1, max_size=3), st.sampled_from([IDENTITY, TWO]), st.data())
def test_a_scratch_file_makes_no_difference(rows, timeline, data):
    """The twin holds everything in memory; a chunk of a few rows sends most of them to the file."""
    twin = stored(rows, timeline)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rowstore, "_CHUNK", data.draw(st.integers(1, 9)))
        found = stored(rows, timeline)
        whole, expected = found.load(), twin.load()
        for name in COLUMNS:
            assert getattr(whole, name).tolist() == getattr(expected, name).tolist(), name
        assert (found.summaries, found.repeats, len(found)) == (twin.summaries, twin.repeats, len(expected))
        size = 1 << data.draw(st.integers(0, 5))
        parts = list(found.batches(size))
        assert [len(p) for p in parts[:-1]] == [size] * (len(parts) - 1)
        assert [h for p in parts for h in p.hashes()] == expected.hashes()
    pts = [r[0] for r in rows[0] if r[0] != NO_TIME]
    told = found.summaries[0]
    assert (told.first, told.last) == ((min(pts), max(pts)) if pts else (None, None))
    assert told.presented == int((expected.order[expected.rows(0)] != HIDDEN).sum())


def test_runs_of_a_tree_are_those_of_all_leaves_at_once():
    rows = [[(n, 1, n * 7, 5, b"c" * 32) for n in range(5000)], [(n, 1, n * 7, 5, b"c" * 32) for n in range(4300)]]
    found = stored(rows, IDENTITY)
    assert group_hashes(found) == tree.groups(found.load().hashes()) == group_hashes(found.load())


@given(st.lists(st.tuples(st.one_of(st.integers(-20, 20), st.just(NO_TIME)), st.booleans()), max_size=30))
def test_presentation_order_like_the_naive_twin(units):
    ticks, shown = np.array([t for t, _ in units], np.int64), np.array([s for _, s in units], np.bool_)
    last, times = NO_TIME, []
    unknown = any(t == NO_TIME and s for t, s in units)
    for time, visible in units:  # a unit without time stands where the latest before it does
        known = time if visible else NO_TIME
        last = max(last, known)
        times.append(last if unknown else known)
    chosen = sorted((n for n, (_, s) in enumerate(units) if s), key=lambda n: (times[n], n))
    expected = [HIDDEN] * len(units)
    for place, number in enumerate(chosen):
        expected[number] = place
    assert order_of(ticks, shown).tolist() == expected


def test_no_room_for_the_scratch_file(monkeypatch):
    monkeypatch.setattr(rowstore, "_CHUNK", 2)
    monkeypatch.setattr(rowstore.tempfile, "TemporaryFile", _no_room)
    rows = StreamRows()
    rows.append(0, 1, 0, 1, bytes(32), bytes(32))
    with pytest.raises(ProofProblem, match="cannot_write"):
        rows.append(1, 1, 0, 1, bytes(32), bytes(32))


def _no_room(**_options):
    raise OSError(28, "No space left on device")


LONG = """
import resource, sys
from fractions import Fraction
from pathlib import Path
from engine.proofs.leaves import LeafStream
from engine.proofs.parquet import group_hashes, write_leaves
from engine.proofs.rowstore import StoredLeaves, StreamRows

streams, rows = [], {}
for index, kind in enumerate(("video", "audio")):
    rows[index] = StreamRows()
    for n in range(int(sys.argv[1])):
        pts = n + (n % 3 == 1) - (n % 3 == 2)
        rows[index].append(pts, 1, n * 500, 500, n.to_bytes(4, "big") * 8, b"c" * 32)
    streams.append(LeafStream(index, kind, "x", Fraction(1, 25), (b"c" * 32,)))
found = StoredLeaves(tuple(streams), rows)
hashes = group_hashes(found)
write_leaves(found, Path(sys.argv[2]))
print(len(found), len(hashes), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts memory as Linux does")
def test_memory_does_not_grow_with_the_recording(tmp_path):
    """Ten times the leaves in 20 MB more at most; held in memory, 360,000 more took 68 MB (measured)."""
    peaks = []
    for count in (20_000, 200_000):
        command = [sys.executable, "-c", textwrap.dedent(LONG), str(count), str(tmp_path / "leaves.parquet")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        leaves, groups, peak = map(int, done.stdout.split())
        assert (leaves, groups) == (2 * count, -(-2 * count // tree.GROUP))
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 20

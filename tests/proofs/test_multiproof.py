"""Runs of leaves against a root, beside a naive twin that keeps every node of the tree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.proofs import tree
from engine.proofs.hashing import leaf_hash, node_hash, root_hash
from engine.proofs.multiproof import Run, outside, root_from_runs, well_formed


def naive(hashes: list[bytes], start: int, end: int, shown: set[int], path: list[bytes]) -> bytes:
    """Topmost hash of leaves `start` to `end` - 1; on the way the nodes that hold nothing shown."""
    if end - start == 1:
        top, below = hashes[start], []
    else:
        k = 1
        while k * 2 < end - start:
            k *= 2
        below = []
        left = naive(hashes, start, start + k, shown, below)
        top = node_hash(left, naive(hashes, start + k, end, shown, below))
    path += below if any(n in shown for n in range(start, end)) else [top]
    return top


@st.composite
def trees(draw):
    count = draw(st.integers(1, 70))
    shown = draw(st.sets(st.integers(0, count - 1), min_size=1))
    runs: list[Run] = []
    for n in sorted(shown):
        if runs and runs[-1].end == n and draw(st.booleans()):  # runs may also stand side by side
            runs[-1] = replace(runs[-1], end=n + 1)
        else:
            runs.append(Run(n, n + 1))
    return count, shown, runs


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(n.to_bytes(4, "big")) for n in range(count)]


@settings(max_examples=150, deadline=None)
@given(trees())
def test_as_the_naive_twin(made):
    count, shown, runs = made
    hashes = leaves(count)
    path: list[bytes] = []
    top = naive(hashes, 0, count, shown, path)
    given_path = [tree.subtree(hashes[r.start : r.end]) for r in outside(runs, count)]
    assert given_path == path
    found = root_from_runs(runs, count, {n: hashes[n] for n in shown}, path)
    assert found == root_hash(count, top) == tree.root(count, tree.groups(hashes))


@settings(max_examples=100, deadline=None)
@given(trees(), st.data())
def test_nothing_else_leads_to_the_root(made, data):
    count, shown, runs = made
    hashes = leaves(count)
    path = [tree.subtree(hashes[r.start : r.end]) for r in outside(runs, count)]
    shown_hashes = {n: hashes[n] for n in shown}
    root = tree.root(count, tree.groups(hashes))
    wrong = [
        (runs, count + 1, shown_hashes, path),
        (runs, count, shown_hashes, [*path, bytes(32)]),
        (runs, count, {**shown_hashes, data.draw(st.sampled_from(sorted(shown))): bytes(32)}, path),
    ]
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        wrong.append((runs, count, shown_hashes, path[:at] + path[at + 1 :]))
        wrong.append((runs, count, shown_hashes, [*path[:at], bytes(32), *path[at + 1 :]]))
    if runs[-1].end < count:
        moved = [Run(r.start + 1, r.end + 1) for r in runs]
        wrong.append((moved, count, {n + 1: h for n, h in shown_hashes.items()}, path))
    for case in wrong:
        assert root_from_runs(*case) != root


def test_a_leaf_left_out_of_a_run_does_not_lead_to_the_root():
    """A run with a hole is two runs; passed off as one, the place after the hole is wrong."""
    hashes = leaves(20)
    root = tree.root(20, tree.groups(hashes))
    short = {n: hashes[n + (n >= 8)] for n in range(5, 11)}
    for runs in ([Run(5, 11)], [Run(5, 12)]):
        path = [tree.subtree(hashes[r.start : r.end]) for r in outside(runs, 20)]
        assert root_from_runs(runs, 20, short, path) != root


@pytest.mark.parametrize(
    "runs",
    [[], [Run(3, 3)], [Run(4, 6), Run(5, 7)], [Run(6, 7), Run(2, 3)], [Run(-1, 2)], [Run(8, 11)]],
)
def test_runs_that_are_none(runs):
    assert not well_formed(runs, 10)
    assert root_from_runs(runs, 10, dict(enumerate(leaves(10))), []) is None

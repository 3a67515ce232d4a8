"""Runs of leaves against a root: the topmost hashes of what lies outside them, from left to right.

One proof serves any number of runs. That a run is proved means that nothing within it is missing:
every leaf between its first and its last has its own place in the tree.

Source: the audit paths of RFC 9162, section 2.1.3, for more leaves than one at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.proofs.hashing import node_hash, root_hash


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """Consecutive leaf numbers: `start` to `end` - 1."""

    start: int
    end: int


def well_formed(runs: Sequence[Run], leaves: int) -> bool:
    """Whether runs are not empty, rising, apart or side by side, and within a tree of `leaves` leaves."""
    at = 0
    for run in runs:
        if not at <= run.start < run.end:
            return False
        at = run.end
    return bool(runs) and at <= leaves


def outside(runs: Sequence[Run], leaves: int) -> Iterator[Run]:
    """The largest subtrees that hold no leaf of any run, from left to right; requires `well_formed`."""
    yield from _outside(runs, Run(0, leaves))


def _outside(runs: Sequence[Run], node: Run) -> Iterator[Run]:
    within = _within(runs, node)
    if not within:
        yield node
    elif not _covered(within, node):
        for half in _halves(node):
            yield from _outside(within, half)


def root_from_runs(
    runs: Sequence[Run], leaves: int, hashes: Mapping[int, bytes], path: Sequence[bytes]
) -> bytes | None:
    """Root that runs of leaf hashes and the hashes outside them lead to; None if they do not fit together.

    Parameters
    ----------
    runs
        As of `well_formed`.
    leaves
        Leaves of the whole tree.
    hashes
        Leaf number -> leaf hash, of every leaf in `runs`.
    path
        One hash for each of `outside`, in that order.
    """
    if not well_formed(runs, leaves):
        return None
    rest = iter(path)
    try:
        top = _top(runs, Run(0, leaves), hashes.__getitem__, rest)
    except (StopIteration, KeyError):
        return None
    return root_hash(leaves, top) if next(rest, None) is None else None


def _top(runs: Sequence[Run], node: Run, leaf: Callable[[int], bytes], path: Iterator[bytes]) -> bytes:
    within = _within(runs, node)
    if not within:
        return next(path)
    if node.end - node.start == 1:
        return leaf(node.start)
    left, right = _halves(node)
    hashed = _top(within, left, leaf, path)
    return node_hash(hashed, _top(within, right, leaf, path))


def _within(runs: Sequence[Run], node: Run) -> Sequence[Run]:
    return [r for r in runs if r.start < node.end and r.end > node.start]


def _covered(runs: Sequence[Run], node: Run) -> bool:
    """Whether runs side by side hold every leaf of a subtree."""
    held = sum(min(r.end, node.end) - max(r.start, node.start) for r in runs)
    return held == node.end - node.start


def _halves(node: Run) -> tuple[Run, Run]:
    """Split at the largest power of two below the number of leaves."""
    middle = node.start + (1 << (node.end - node.start - 1).bit_length() - 1)
    return Run(node.start, middle), Run(middle, node.end)

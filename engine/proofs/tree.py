"""The Merkle tree over leaf hashes: shape of RFC 9162, section 2.1, hashes of `hashing`.

A tree of n > 1 leaves splits at the largest power of two below n. Therefore every aligned run
of `GROUP` leaves is a subtree, and the tree over the roots of such runs is the top of the
whole tree: what lets a frame's path be computed from one row group and the list of roots.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.proofs.hashing import node_hash, root_hash

GROUP: Final = 4096
"""Leaves in a row group; a power of two."""


def subtree(hashes: Sequence[bytes]) -> bytes:
    """Topmost hash over `hashes`; requires at least one."""
    level = list(hashes)
    if not level:
        raise ValueError("a tree has at least one leaf")
    while len(level) > 1:
        above = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        # a last node without a neighbour rises as it is: the shape that splitting at powers of two gives
        level = above + level[len(above) * 2 :]
    return level[0]


def groups(hashes: Sequence[bytes]) -> list[bytes]:
    """Topmost hash of every aligned run of `GROUP` leaves."""
    return [subtree(hashes[i : i + GROUP]) for i in range(0, len(hashes), GROUP)]


def root(leaves: int, group_hashes: Sequence[bytes]) -> bytes:
    """Root of a tree of `leaves` leaves whose runs have the hashes `group_hashes`."""
    return root_hash(leaves, subtree(group_hashes))


def path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """Audit path of leaf `index`, from its neighbour upwards; requires 0 <= index < len(hashes)."""
    if not 0 <= index < len(hashes):
        raise IndexError(index)
    found: list[bytes] = []
    level, at = list(hashes), index
    while len(level) > 1:
        if at ^ 1 < len(level):
            found.append(level[at ^ 1])
        above = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = above + level[len(above) * 2 :]
        at >>= 1
    return found


def group_path(index: int, leaves: int, group: Sequence[bytes], group_hashes: Sequence[bytes]) -> list[bytes]:
    """Audit path of leaf `index` of `leaves` from its own run and the hashes of all runs.

    Parameters
    ----------
    index
        0 <= index < leaves.
    leaves
        Leaves of the whole tree.
    group
        Leaf hashes of the run that holds `index`.
    group_hashes
        Topmost hash of every run.
    """
    if not 0 <= index < leaves:
        raise IndexError(index)
    return path(index % GROUP, group) + path(index // GROUP, group_hashes)


def root_from_path(index: int, leaves: int, leaf: bytes, audit: Sequence[bytes]) -> bytes | None:
    """Root that a leaf hash and its audit path lead to; None if the path's length does not fit.

    Source: the verification of RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < leaves:
        return None
    current, at, last, used = leaf, index, leaves - 1, 0
    while last:
        if at % 2 or at < last:
            if used == len(audit):
                return None
            other, used = audit[used], used + 1
            current = node_hash(other, current) if at % 2 else node_hash(current, other)
        at, last = at >> 1, last >> 1
    return root_hash(leaves, current) if used == len(audit) else None

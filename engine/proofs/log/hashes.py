"""The log's Merkle tree: SHA-256 with the prefixes of RFC 6962, proofs of inclusion and of consistency.

The tree of a log is not that of a proof (`engine.proofs.tree`): this one has to be what every
other implementation of C2SP logs computes.

Source: RFC 6962, section 2.1; proofs and their checking, RFC 9162, sections 2.1.3 and 2.1.4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

HASH_SIZE: Final = 32

EMPTY: Final = hashlib.sha256(b"").digest()
"""Root of a tree without leaves."""

Nodes = Callable[[int, int], bytes]
"""(level, index) -> hash of the whole subtree of leaves index << level to (index + 1) << level."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of an entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(count: int) -> int:
    """Largest power of two below `count`; requires count > 1."""
    return 1 << (count - 1).bit_length() - 1


def tree_hash(start: int, end: int, nodes: Nodes) -> bytes:
    """Hash over the leaves start <= i < end; `start` is a multiple of the power of two that spans them."""
    count = end - start
    if count == 0:
        return EMPTY
    level = count.bit_length() - 1
    if count == 1 << level:
        return nodes(level, start >> level)
    middle = start + split(count)
    return node_hash(tree_hash(start, middle, nodes), tree_hash(middle, end, nodes))


def inclusion(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Audit path of leaf `index` in the tree of the first `size` leaves; requires 0 <= index < size."""
    if not 0 <= index < size:
        raise IndexError(index)
    return _path(index, 0, size, nodes)


def _path(index: int, start: int, end: int, nodes: Nodes) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + split(end - start)
    if index < middle:
        return [*_path(index, start, middle, nodes), tree_hash(middle, end, nodes)]
    return [*_path(index, middle, end, nodes), tree_hash(start, middle, nodes)]


def consistency(old: int, size: int, nodes: Nodes) -> list[bytes]:
    """Proof that the tree of `size` leaves begins with that of `old`; requires 0 <= old <= size."""
    if not 0 <= old <= size:
        raise IndexError(old)
    return [] if old in (0, size) else _subproof(old, 0, size, nodes)


def _subproof(old: int, start: int, end: int, nodes: Nodes) -> list[bytes]:
    """Proof for the leaves from `start` on; the old root itself is known and left out."""
    if old == end:
        return [] if start == 0 else [tree_hash(start, end, nodes)]
    middle = start + split(end - start)
    if old <= middle:
        return [*_subproof(old, start, middle, nodes), tree_hash(middle, end, nodes)]
    return [*_subproof(old, middle, end, nodes), tree_hash(start, middle, nodes)]


def root_of_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes | None:
    """Root that a leaf hash and its path lead to; None if the path cannot be one."""
    if not 0 <= index < size or any(len(h) != HASH_SIZE for h in (leaf, *proof)):
        return None
    at, last, current = index, size - 1, leaf
    for other in proof:
        if last == 0:
            return None
        if at & 1 or at == last:
            current = node_hash(other, current)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            current = node_hash(current, other)
        at, last = at >> 1, last >> 1
    return current if last == 0 else None


def check_consistency(old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree with `root` begins with the one with `old_root`."""
    if not 0 <= old <= size or any(len(h) != HASH_SIZE for h in (old_root, root, *proof)):
        return False
    if old == size:
        return old_root == root and not proof
    if old == 0:
        return old_root == EMPTY and not proof
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(other, first), node_hash(other, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, other)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == root

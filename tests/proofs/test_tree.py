"""The tree against vectors of b3sum, a naive twin, and the laws of audit paths."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.proofs import hashing, tree

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())


def leaves(count: int) -> list[bytes]:
    return [hashing.leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def naive(hashes: list[bytes]) -> bytes:
    """RFC 9162, section 2.1, word for word."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashing.node_hash(naive(hashes[:split]), naive(hashes[split:]))


def test_hashes_are_those_of_b3sum():
    assert VECTORS["format"] == hashing.FORMAT
    assert hashing.content_digest(b"abc").hex() == VECTORS["content_of_abc"]
    assert hashing.configuration_digest(b"abc").hex() == VECTORS["configuration_of_abc"]
    assert leaves(1)[0].hex() == VECTORS["leaf_0"]
    assert hashing.node_hash(*leaves(2)).hex() == VECTORS["node_of_leaves_0_and_1"]


@pytest.mark.parametrize(("count", "root"), VECTORS["roots"].items())
def test_roots_are_those_of_b3sum(count, root):
    hashes = leaves(int(count))
    assert tree.root(len(hashes), [tree.subtree(hashes)]).hex() == root


@given(st.integers(1, 300))
def test_like_the_naive_twin(count):
    hashes = leaves(count)
    assert tree.subtree(hashes) == naive(hashes)


@settings(max_examples=20)
@given(st.integers(1, 40), st.data())
def test_groups_are_subtrees(count, data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tree, "GROUP", 4)
        hashes = leaves(count)
        groups = tree.groups(hashes)
        assert tree.subtree(groups) == naive(hashes)
        index = data.draw(st.integers(0, count - 1))
        group = hashes[index // 4 * 4 :][:4]
        audit = tree.group_path(index, count, group, groups)
        assert audit == tree.path(index, hashes)
        assert tree.root_from_path(index, count, hashes[index], audit) == tree.root(count, groups)


@given(st.integers(1, 200), st.data())
def test_a_path_proves_its_leaf_and_no_other(count, data):
    hashes = leaves(count)
    root = tree.root(count, [tree.subtree(hashes)])
    index = data.draw(st.integers(0, count - 1))
    audit = tree.path(index, hashes)
    assert tree.root_from_path(index, count, hashes[index], audit) == root
    other = data.draw(st.integers(0, count))
    if other != index:
        assert tree.root_from_path(other, count, hashes[index], audit) != root
    assert tree.root_from_path(index, count + 1, hashes[index], audit) != root
    assert tree.root_from_path(index, count, hashes[index], [*audit, root]) is None
    if audit:
        assert tree.root_from_path(index, count, hashes[index], audit[:-1]) is None
        place = data.draw(st.integers(0, len(audit) - 1))
        wrong = [*audit[:place], bytes(32), *audit[place + 1 :]]
        assert tree.root_from_path(index, count, hashes[index], wrong) != root


def test_an_inner_node_is_no_leaf():
    hashes = leaves(4)
    inner = [hashing.node_hash(*hashes[:2]), hashing.node_hash(*hashes[2:])]
    full = tree.root(4, [tree.subtree(hashes)])
    assert tree.root(2, [tree.subtree(inner)]) != full
    as_leaves = [hashing.leaf_hash(hashes[0] + hashes[1]), hashing.leaf_hash(hashes[2] + hashes[3])]
    assert tree.root(4, [tree.subtree(as_leaves)]) != full


def test_requires_leaves_and_an_index_inside():
    with pytest.raises(ValueError, match="at least one"):
        tree.subtree([])
    with pytest.raises(IndexError):
        tree.path(3, leaves(3))
    assert tree.root_from_path(3, 3, bytes(32), []) is None

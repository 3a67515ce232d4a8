"""The log's tree against published figures of other implementations, and against a naive twin."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.proofs.log.hashes import (
    EMPTY,
    check_consistency,
    consistency,
    inclusion,
    leaf_hash,
    node_hash,
    root_of_inclusion,
    split,
    tree_hash,
)

# The test vectors that implementations of RFC 6962 share; as printed in
# github.com/transparency-dev/merkle, proof/verify_test.go.
LEAVES = [
    bytes.fromhex(d)
    for d in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
G = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
INCLUSION = [
    (1, 8, [A, B, C]),
    (6, 8, [D, E, ROOTS[3]]),
    (3, 3, [ROOTS[1]]),
    (2, 5, [ROOTS[0], B, D]),
]
CONSISTENCY = [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [F, E, ROOTS[3]]), (2, 5, [B, D]), (6, 7, [F, G, ROOTS[3]])]


def naive_root(entries: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while 2 * k < len(entries):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(entries[:k]) + naive_root(entries[k:])).digest()


def nodes_of(entries: list[bytes]):
    return lambda level, index: naive_root(entries[index << level : (index + 1) << level])


def numbered(count: int) -> list[bytes]:
    return [f"leaf {i}".encode() for i in range(count)]


@pytest.mark.parametrize("count", range(1, 9))
def test_published_roots(count):
    nodes = nodes_of(LEAVES)
    assert tree_hash(0, count, nodes).hex() == ROOTS[count - 1]


def test_the_empty_tree():
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("leaf", "size", "proof"), INCLUSION)
def test_published_inclusion_proofs(leaf, size, proof):
    found = inclusion(leaf - 1, size, nodes_of(LEAVES[:size]))
    assert [h.hex() for h in found] == proof
    root = root_of_inclusion(leaf - 1, size, leaf_hash(LEAVES[leaf - 1]), found)
    assert root is not None
    assert root.hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("old", "size", "proof"), CONSISTENCY)
def test_published_consistency_proofs(old, size, proof):
    found = consistency(old, size, nodes_of(LEAVES[:size]))
    assert [h.hex() for h in found] == proof
    assert check_consistency(old, size, bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[size - 1]), found)


@pytest.mark.parametrize(("old", "size", "proof"), [c for c in CONSISTENCY if c[2]])
def test_no_corrupted_consistency_proof_is_believed(old, size, proof):
    """The corruptions of the same file of transparency-dev/merkle."""
    good = [bytes.fromhex(h) for h in proof]
    first, second = bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[size - 1])
    cases = [
        (old - 1, size, first, second, good),
        (old + 1, size, first, second, good),
        (old ^ 2, size, first, second, good),
        (old, size * 2, first, second, good),
        (old, size // 2, first, second, good),
        (old, size, b"WrongRoot", second, good),
        (old, size, first, b"WrongRoot", good),
        (old, size, second, first, good),
        (old, size, first, second, []),
        (old, size, first, second, [*good, b""]),
        (old, size, first, second, [*good, first]),
        (old, size, first, second, [*good, second]),
        (old, size, first, second, [b"", *good]),
        (old, size, first, second, [first, *good]),
        (old, size, first, second, [second, *good]),
        (old, size, first, second, [good[0], *good]),
        (old, size, first, second, good[:-1]),
    ]
    for i in range(len(good)):
        changed = list(good)
        changed[i] = bytes([changed[i][0] ^ 16]) + changed[i][1:]
        cases.append((old, size, first, second, changed))
    assert check_consistency(old, size, first, second, good)
    assert [c for c in cases if check_consistency(*c)] == []


@pytest.mark.parametrize(("leaf", "size", "proof"), INCLUSION)
def test_no_corrupted_inclusion_proof_is_believed(leaf, size, proof):
    good, root = [bytes.fromhex(h) for h in proof], bytes.fromhex(ROOTS[size - 1])
    index, found = leaf - 1, leaf_hash(LEAVES[leaf - 1])
    cases = [
        (index - 1, size, found, good),
        (index + 1, size, found, good),
        (index ^ 2, size, found, good),
        (index, size * 2, found, good),
        (index, size // 2, found, good),
        (index, size, b"WrongLeaf", good),
        (index, size, found, [*good, b""]),
        (index, size, found, [*good, root]),
        (index, size, found, [b"", *good]),
        (index, size, found, [root, *good]),
        (index, size, found, good[:-1]),
    ]
    for i in range(len(good)):
        changed = list(good)
        changed[i] = bytes([changed[i][0] ^ 8]) + changed[i][1:]
        cases.append((index, size, found, changed))
    assert root_of_inclusion(index, size, found, good) == root
    assert [c for c in cases if root_of_inclusion(*c) == root] == []


@pytest.mark.parametrize(
    ("old", "size", "roots", "proof", "holds"),
    [
        (0, 0, ("a", "b"), 0, False),
        (1, 1, ("a", "b"), 0, False),
        (0, 0, ("e", "e"), 0, True),
        (0, 1, ("e", "b"), 0, True),
        (1, 1, ("b", "b"), 0, True),
        (1, 0, ("a", "b"), 0, False),
        (2, 1, ("a", "b"), 0, False),
        (1, 2, ("a", "b"), 0, False),
        (0, 0, ("e", "e"), 1, False),
        (0, 1, ("e", "e"), 1, False),
        (1, 1, ("e", "e"), 1, False),
        (0, 1, ("a", "b"), 0, False),  # only the empty tree has no entries
    ],
)
def test_degenerate_consistency_proofs(old, size, roots, proof, holds):
    known = {"a": b"a" * 32, "b": b"b" * 32, "e": EMPTY}
    assert check_consistency(old, size, known[roots[0]], known[roots[1]], [EMPTY] * proof) is holds


@given(st.integers(1, 70), st.data())
def test_every_inclusion_proof_leads_to_the_naive_root(size, data):
    index = data.draw(st.integers(0, size - 1))
    entries = numbered(size)
    proof, root = inclusion(index, size, nodes_of(entries)), naive_root(entries)
    assert root_of_inclusion(index, size, leaf_hash(entries[index]), proof) == root
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert root_of_inclusion(other, size, leaf_hash(entries[index]), proof) != root
        assert root_of_inclusion(index, size, leaf_hash(entries[other]), proof) != root


@given(st.integers(0, 70), st.integers(0, 70), st.data())
def test_consistency_holds_for_prefixes_and_for_nothing_else(old, more, data):
    size = old + more
    entries = numbered(size)
    proof = consistency(old, size, nodes_of(entries))
    root = naive_root(entries)
    assert check_consistency(old, size, naive_root(entries[:old]), root, proof)
    if old:
        forged = list(entries[:old])
        forged[data.draw(st.integers(0, old - 1))] = b"forged"
        assert not check_consistency(old, size, naive_root(forged), root, proof)
        forged += entries[old:]
        shown = consistency(old, size, nodes_of(forged))
        assert not check_consistency(old, size, naive_root(entries[:old]), naive_root(forged), shown)


def test_no_node_passes_for_an_entry():
    """Two entries whose hashes are written as one entry of 64 bytes: the prefixes keep them apart."""
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(left, right) != leaf_hash(left + right)
    assert root_of_inclusion(0, 1, leaf_hash(left + right), []) != naive_root([b"a", b"b"])


@pytest.mark.parametrize(("count", "half"), [(2, 1), (3, 2), (4, 2), (5, 4), (256, 128), (257, 256)])
def test_split(count, half):
    assert split(count) == half

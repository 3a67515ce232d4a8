"""Known answers of what proofs rest on: tree, signatures, log. A self-test runs them.

Each returns "" or what is wrong. They take some 20 ms of processor time together, most of it for loading.
"""

from __future__ import annotations

from typing import Final

TREE_ROOTS: Final = {
    1: "e6b4b2dd4be28768895315b39f715f9d573ad81a4fadf3d7bb8f8c886719bb75",
    7: "72dd911fea3d21915ecb914531f66aa93f2166e36e1943672d83c5226631ec55",
    33: "10e4874f6b04bb4fd447d485b4a6f5d43b639c6f6eb0eb6bc55d66c35f69bebb",
}
"""Roots over leaves of four bytes, their numbers. Source: made with ``b3sum`` alone, tests/proofs/vectors.sh."""

RFC_8032: Final = (
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
)
"""Secret, public key, message, signature. Source: RFC 8032, section 7.1, test 2."""

LOG_ENTRIES: Final = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
LOG_ROOTS: Final = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""Roots over the first of these entries. Source: what implementations of RFC 6962 share; proof/verify_test.go
of github.com/transparency-dev/merkle."""


def tree() -> str:
    """Roots of trees of leaves, and one leaf's way to the root."""
    from engine.proofs.hashing import leaf_hash
    from engine.proofs.tree import path, root, root_from_path, subtree

    leaves = [leaf_hash(number.to_bytes(4, "big")) for number in range(max(TREE_ROOTS))]
    for count, known in TREE_ROOTS.items():
        if root(count, [subtree(leaves[:count])]).hex() != known:
            return f"the root over {count} leaves differs from that of b3sum"
    found = root_from_path(32, 33, leaves[32], path(32, leaves))
    return "" if found is not None and found.hex() == TREE_ROOTS[33] else "a leaf does not lead to its root"


def signature() -> str:
    """A published signature is made and verified again, and one for another message is refused."""
    from engine.proofs.signing import Signer

    secret, public, message, sig = map(bytes.fromhex, RFC_8032)
    signer = Signer.of(secret)
    if signer.public.der[-32:] != public or signer.sign(message) != sig:
        return "the signature differs from that of RFC 8032"
    if not signer.public.verifies(message, sig):
        return "the signature of RFC 8032 does not verify"
    return "a signature verifies for another message" if signer.public.verifies(message + b"\0", sig) else ""


def log() -> str:
    """Roots of a log, an entry's way to the root, and how one log continues another."""
    from engine.proofs.log.hashes import (
        check_consistency,
        consistency,
        inclusion,
        leaf_hash,
        node_hash,
        root_of_inclusion,
        tree_hash,
    )

    leaves = [leaf_hash(bytes.fromhex(entry)) for entry in LOG_ENTRIES]

    def nodes(level: int, index: int) -> bytes:
        return leaves[index] if level == 0 else node_hash(nodes(level - 1, 2 * index), nodes(level - 1, 2 * index + 1))

    roots = {count: tree_hash(0, count, nodes) for count in LOG_ROOTS}
    wrong = next((count for count, known in LOG_ROOTS.items() if roots[count].hex() != known), None)
    if wrong is not None:
        return f"the root over {wrong} entries differs from the published one"
    if root_of_inclusion(5, 8, leaves[5], inclusion(5, 8, nodes)) != roots[8]:
        return "an entry does not lead to the root"
    return "" if check_consistency(5, 8, roots[5], roots[8], consistency(5, 8, nodes)) else "a log does not continue"

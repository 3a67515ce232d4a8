"""Trees whose root, subtrees or count do not belong together, and proofs of one frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from vectors.bases import Base, long_clip, remuxed
from vectors.proof import (
    derive,
    frame_proof,
    node,
    root,
    top,
)
from vectors.shape import Vector, vector


def tree_vectors(base: Base) -> Iterator[Vector]:
    proof, data, hashes = base.proof, base.made.data, base.proof.hashes()
    tree = proof.header["tree"]

    def changed(name: str, attack: str, done: str, reason: str, **new: Any) -> Vector:
        made = proof.edited(lambda h: h["tree"].update(new))
        return vector(name, "tree", attack, done, data, made, "NOT_OK", reason)

    other = derive("node", bytes(64)).hex()
    yield changed("root-replaced", "root replaced without re-signing", "another root", "seal_differs", root=other)
    for name, groups in (("more", [*tree["groups"], other]), ("fewer", [])):
        yield changed(
            f"subtrees-{name}",
            "subtree roots that do not match the count",
            f"one subtree {name}",
            "seal_differs",
            groups=groups,
            root=root(11, list(map(bytes.fromhex, groups or [other]))).hex(),
        )
    counted = root(12, [top(hashes)]).hex()
    yield changed(
        "count-more",
        "truncated leaf list with a recomputed subtree",
        "twelve leaves, the root made to fit",
        "seal_unreadable",
        leaves=12,
        root=counted,
    )
    yield from frame_vectors(base)
    long = long_clip()
    yield vector(
        "two-subtrees",
        "none",
        "",
        "more than 4,096 leaves, re-muxed",
        remuxed(long),
        long.proof,
        "OK_WITH_MISSING_INFO",
        "content_whole",
    )
    groups = list(reversed(long.proof.header["tree"]["groups"]))
    moved = long.proof.edited(
        lambda h: h["tree"].update(groups=groups, root=root(4101, list(map(bytes.fromhex, groups))).hex())
    )
    yield vector(
        "subtrees-swapped",
        "tree",
        "subtree roots that do not match the count",
        "two subtrees changed places, the root made to fit",
        remuxed(long),
        moved,
        "NOT_OK",
        "leaves_differ",
    )


def frame_vectors(base: Base) -> Iterator[Vector]:
    """Proofs of one frame against an honest seal."""
    proof = base.proof
    hashes, honest = proof.hashes(), frame_proof(proof, 3)

    def changed(name: str, attack: str, done: str, klass: str = "tree", **new: Any) -> Vector:
        status = "NOT_OK" if new else "OK"
        return vector(name, klass, attack, done, b"", proof, status, "", frame={**honest, **new})

    yield changed("frame", "none", "the proof of picture 3", "none")
    inner = (node(hashes[2], hashes[3]), node(hashes[0], hashes[1]))
    yield changed(
        "frame-node-as-leaf",
        "node passed as leaf",
        "the two hashes below a node in the place of a leaf",
        leaf=(hashes[2] + hashes[3]).hex(),
        path=honest["path"][1:],
        leaf_number=1,
    )
    yield changed(
        "frame-leaf-as-node",
        "leaf passed as node",
        "a leaf's bytes as two hashes in the path",
        path=[honest["leaf"][:64], *honest["path"][1:]],
    )
    yield changed(
        "frame-path-longer",
        "leaf passed as node",
        "a path that begins one level too low",
        path=[inner[0].hex(), *honest["path"]],
    )
    yield changed(
        "frame-path-shorter", "node passed as leaf", "a path that ends one level too early", path=honest["path"][:-1]
    )
    yield changed("frame-of-another-place", "reordered leaves", "the number of another leaf", leaf_number=2)
    yield changed("frame-of-more-leaves", "duplicated last leaf", "the tree is said to have twelve leaves", leaves=12)
    yield changed(
        "frame-other-time", "a frame's proof that says something else", "pts that is not the leaf's", "leaf", pts="1"
    )
    row = replace(proof.rows[3], digest=bytes(32))
    forged = replace(proof, rows=[*proof.rows[:3], row, *proof.rows[4:]])
    yield changed(
        "frame-forged",
        "a frame's proof that says something else",
        "another content",
        "leaf",
        content=row.digest.hex(),
        leaf=frame_proof(forged, 3)["leaf"],
    )

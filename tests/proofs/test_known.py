"""The self-test's known answers: they hold, are those of their sources, and a broken library shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.archive import selftest
from engine.proofs import hashing, known, signing, tree
from engine.proofs.log import hashes

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())


def test_they_hold():
    assert [known.tree(), known.signature(), known.log()] == ["", "", ""]


def test_the_roots_are_those_of_b3sum():
    assert {str(count): root for count, root in known.TREE_ROOTS.items()}.items() <= VECTORS["roots"].items()


@pytest.mark.parametrize(
    ("name", "module", "function", "broken"),
    [
        ("proof_tree", tree, "node_hash", lambda left, right: hashing.node_hash(right, left)),
        ("proof_tree", tree, "root_hash", lambda leaves, top: top),
        ("proof_tree", hashing, "leaf_hash", hashing.content_digest),
        ("log", hashes, "node_hash", lambda left, right: hashes.leaf_hash(left + right)),
        ("log", hashes, "split", lambda count: count // 2),
    ],
)
def test_a_broken_tree_shows(monkeypatch, name, module, function, broken):
    monkeypatch.setattr(module, function, broken)
    checks = {c.name: c.result for c in selftest.vectors().checks}
    assert checks[name] == "failed"
    assert [n for n, result in checks.items() if result != "passed"] == [name]


@pytest.mark.parametrize("broken", [lambda *_: True, lambda *_: False])
def test_broken_signatures_show(monkeypatch, broken):
    """A library that takes every signature for good is as broken as one that takes none."""
    monkeypatch.setattr(signing.PublicKey, "verifies", broken)
    assert {c.name for c in selftest.vectors().checks if c.result == "failed"} == {"signature"}


def test_a_missing_library_is_a_failed_check(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.asymmetric.ed25519", None)
    assert {c.name for c in selftest.vectors().checks if c.result == "failed"} == {"signature"}

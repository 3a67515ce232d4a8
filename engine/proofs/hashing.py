"""How proofs hash: BLAKE3 in derive_key mode, one context for each purpose.

The contexts take the place of the prefixes of RFC 9162: no leaf can pass for a node, no root
for a leaf, and nothing of one format version for another's.
"""

from __future__ import annotations

from typing import Final

from blake3 import blake3

FORMAT: Final = "1"
"""Format version of the proofs that are written and read."""

DIGEST_SIZE: Final = 32

_CONTEXT: Final = "unbroken proof " + FORMAT + " {}"


def _keyed(purpose: str) -> blake3:
    return blake3(derive_key_context=_CONTEXT.format(purpose))


# Copies of a keyed state cost half of keying it anew for each of the many short buffers.
_CONTENT: Final = _keyed("content")
_CONFIGURATION: Final = _keyed("configuration")
_LEAF: Final = _keyed("leaf")
_NODE: Final = _keyed("node")
_ROOT: Final = _keyed("root")


def content_digest(data: bytes | memoryview) -> bytes:
    """Digest of an access unit in its normal form, 32 bytes."""
    return _CONTENT.copy().update(data).digest()


def configuration_digest(data: bytes) -> bytes:
    """Digest of a codec configuration in its normal form, 32 bytes."""
    return _CONFIGURATION.copy().update(data).digest()


def leaf_hash(data: bytes | memoryview) -> bytes:
    """Hash of a leaf's 100 bytes, 32 bytes."""
    return _LEAF.copy().update(data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node, 32 bytes; requires two hashes of 32 bytes."""
    return _NODE.copy().update(left + right).digest()


def root_hash(leaves: int, top: bytes) -> bytes:
    """Root of a tree: how many leaves it has, and its topmost hash, 32 bytes."""
    return _ROOT.copy().update(leaves.to_bytes(8, "big") + top).digest()

"""Both files of a recording under another digest, for the day on which BLAKE3 and SHA-256 lapse.

RFC 4998, section 5.3, calls this hash-tree renewal: the data are digested anew, and the new
digests are stamped together with all evidence that was there.
"""

from __future__ import annotations

import hashlib
import os
from typing import Final

from engine.proofs.evidence import Rehash
from engine.proofs.files import FileState, blocks, file_state

ALGORITHMS: Final = ("sha512", "sha3-512")
"""What files may be digested with anew."""


def digest_by(algorithm: str, path: str | os.PathLike[str], expected: FileState) -> str:
    """Digest of a whole file in hexadecimal, by one of `ALGORITHMS`; errors as of `blocks`."""
    hasher = hashlib.new(algorithm.replace("-", "_") if algorithm.startswith("sha3") else algorithm)
    for block in blocks(path, expected):
        hasher.update(block)
    return hasher.hexdigest()


def holds(rehash: Rehash, recording: str | os.PathLike[str] | None, leaves: str | os.PathLike[str] | None) -> bool:
    """Whether the files that are named have the digests of a renewal; its algorithm is one of `ALGORITHMS`."""
    wanted = ((recording, rehash.recording), (leaves, rehash.leaves))
    return all(digest_by(rehash.algorithm, p, file_state(p)) == digest for p, digest in wanted if p is not None)

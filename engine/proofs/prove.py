"""One frame's proof: a small JSON that leads from the frame's leaf to the root in the header."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.proofs import envelope, tree
from engine.proofs.files import digest_blake3, file_state, proof_paths
from engine.proofs.header import Header
from engine.proofs.leaves import Leaves
from engine.proofs.parquet import read_group, read_leaves
from engine.proofs.problems import ProofProblem
from engine.proofs.verify import leaves_beside

SCHEMA: Final = "unbroken.frame/1"


def prove(path: str | os.PathLike[str], frame: int, proof: str | os.PathLike[str] | None = None) -> dict[str, Any]:
    """The proof that a frame belongs to the sealed recording.

    Parameters
    ----------
    path
        The recording; only its proof is read.
    frame
        Number of a video frame in presentation order, from 0. Of a recording without
        pictures: of a sound frame.
    proof
        The seal; by default the one beside the recording.

    Returns
    -------
    dict
        Plain JSON: the header's digest and root, the leaf's fields, the hexadecimal leaf and
        its audit path.

    Raises
    ------
    ProofProblem
        ``no_seal``, ``seal_unreadable``, …, ``leaves_differ``, ``frame_unknown``.
    """
    seal_path = Path(proof) if proof is not None else proof_paths(path)[0]
    header = envelope.read(seal_path)
    leaves_path = leaves_beside(seal_path)
    _check_covered(leaves_path, header)
    leaves = read_leaves(leaves_path, header)
    row = _row(leaves, frame)
    group = row // tree.GROUP
    hashes = read_group(leaves_path, header, group).hashes()
    audit = tree.group_path(row, len(leaves), hashes, header.groups)
    leaf = leaves.encoded()[row]
    if tree.root_from_path(row, len(leaves), hashes[row % tree.GROUP], audit) != bytes.fromhex(header.root):
        raise ProofProblem("leaves_differ", "the leaf does not lead to the root")
    return _as_json(header, leaves, row, frame, leaf.tobytes(), audit)


def _check_covered(path: Path, header: Header) -> None:
    try:
        covered = digest_blake3(path, file_state(path)) == header.payload["leaves"]["blake3"]
    except ProofProblem as problem:
        raise ProofProblem("leaves_unreadable", problem.reason) from problem
    if not covered:
        raise ProofProblem("leaves_differ")


def _row(leaves: Leaves, frame: int) -> int:
    stream = next((s for s in leaves.streams if s.examined), leaves.streams[0])
    rows = leaves.rows(stream.index)
    found = rows[leaves.order[rows] == frame] if frame >= 0 else rows[:0]
    if len(found) != 1:
        raise ProofProblem("frame_unknown", f"{frame}; frames are 0 to {int(np.max(leaves.order[rows], initial=-1))}")
    return int(found[0])


def _as_json(header: Header, leaves: Leaves, row: int, frame: int, leaf: bytes, audit: list[bytes]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "format": header.payload["format"],
        "recording": {"name": header.name, "blake3": header.blake3},
        "root": header.root,
        "leaves": len(leaves),
        "leaf_number": row,
        "frame": frame,
        "stream": int(leaves.stream[row]),
        "decode_index": int(leaves.index[row]),
        "pts": str(int(leaves.pts[row])),
        "content": leaves.digest[row].tobytes().hex(),
        "leaf": leaf.hex(),
        "path": [h.hex() for h in audit],
    }

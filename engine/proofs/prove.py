"""One frame's proof: a small JSON that leads from the frame's leaf to the root in the header."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from engine.proofs import envelope, tree
from engine.proofs.files import digest_blake3, file_state, proof_paths
from engine.proofs.header import Header
from engine.proofs.leaves import Leaves
from engine.proofs.parquet import find_order, read_group
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
    row = _row(leaves_path, header, frame)
    group = read_group(leaves_path, header, row // tree.GROUP)
    hashes = group.hashes()
    audit = tree.group_path(row, header.leaves, hashes, header.groups)
    if tree.root_from_path(row, header.leaves, hashes[row % tree.GROUP], audit) != bytes.fromhex(header.root):
        raise ProofProblem("leaves_differ", "the leaf does not lead to the root")
    return _as_json(header, group, row, frame, audit)


def _check_covered(path: Path, header: Header) -> None:
    try:
        covered = digest_blake3(path, file_state(path)) == header.payload["leaves"]["blake3"]
    except ProofProblem as problem:
        raise ProofProblem("leaves_unreadable", problem.reason) from problem
    if not covered:
        raise ProofProblem("leaves_differ")


def _row(path: Path, header: Header, frame: int) -> int:
    streams = [s for s in header.streams if s["bound"]]
    stream = next((s for s in streams if s["examined"]), streams[0])
    found = find_order(path, header, stream["index"], frame) if frame >= 0 else []
    if len(found) != 1:
        raise ProofProblem("frame_unknown", f"{frame}; frames are 0 to {stream['presented'] - 1}")
    return found[0]


def _as_json(header: Header, group: Leaves, row: int, frame: int, audit: list[bytes]) -> dict[str, Any]:
    at = row % tree.GROUP
    return {
        "schema": SCHEMA,
        "format": header.payload["format"],
        "recording": {"name": header.name, "blake3": header.blake3},
        "root": header.root,
        "leaves": header.leaves,
        "leaf_number": row,
        "frame": frame,
        "stream": int(group.stream[at]),
        "decode_index": int(group.index[at]),
        "pts": str(int(group.pts[at])),
        "content": group.digest[at].tobytes().hex(),
        "leaf": group.encoded()[at].tobytes().hex(),
        "path": [h.hex() for h in audit],
    }

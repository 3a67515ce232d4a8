"""Leaves read at the places where they were sealed: works on a file whose index is lost."""

from __future__ import annotations

import os
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from engine.proofs.content import reader_at
from engine.proofs.header import Header
from engine.proofs.leaves import LeafStream, Leaves
from engine.proofs.problems import ProofProblem
from engine.proofs.reading import ContentReader

Found = dict[int, tuple[NDArray[np.intp], NDArray[np.intp]]]
"""Stream index -> rows that are altered, rows that lie beyond the end of the file."""

MAX_UNIT: Final = 256 << 20


def at_positions(name: str, header: Header, sealed: Leaves) -> Found | None:
    """Check the content of every leaf at its stored position.

    Parameters
    ----------
    name
        The file, of any state.
    header, sealed
        Of the proof.

    Returns
    -------
    Found or None
        None where the sealed file had no exact positions, or where nothing is at its place any
        more. PCM blocks that lie in two packets
        have none and are not checked.
    """
    placed = int((sealed.position >= 0).sum())
    try:
        size = os.path.getsize(name)
        with open(name, "rb") as file:
            found = {s.index: _stream(file, size, header.sealed_sei, sealed, s) for s in sealed.streams}
    except OSError as error:
        raise ProofProblem("denied", error.strerror or str(error)) from error
    return found if sum(len(a) + len(b) for a, b in found.values()) < placed else None


def _stream(
    file: BinaryIO, size: int, dropped_sei: tuple[bytes, ...], sealed: Leaves, stream: LeafStream
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    reader = reader_at(stream.codec, stream.framing, dropped_sei)
    rows = sealed.rows(stream.index)
    altered: list[int] = []
    gone: list[int] = []
    for number, row in enumerate(rows.tolist()):
        position, length = int(sealed.position[row]), int(sealed.size[row])
        if position < 0:
            continue
        if position + length > size:
            gone.append(number)
        elif not same_content(file, reader, position, length, sealed.digest[row].tobytes()):
            altered.append(number)
    return np.array(altered, np.intp), np.array(gone, np.intp)


def same_content(file: BinaryIO, reader: ContentReader, position: int, length: int, digest: bytes) -> bool:
    """Whether the unit at a place has the content that was sealed."""
    if length > MAX_UNIT:
        return False
    file.seek(position)
    data = file.read(length)
    try:
        return len(data) == length and reader.read(memoryview(data)).digest == digest
    except ProofProblem:
        return False

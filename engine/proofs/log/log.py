"""A log on disk: append entries, prove that they are in it, check all of it.

What is read to append or to prove is the right edge of the tree and the tiles on one path: their
number grows with the logarithm of the number of entries.

Writing is safe against ending at any point: tiles and bundles first, each whole under a temporary
name, synced and renamed; the checkpoint last. A tile that no checkpoint promises yet may be there
with other content; it is written again by the next append. One writer at a time holds the lock.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.proofs.files import sync_folder
from engine.proofs.locking import locked, replace_file, replace_files
from engine.proofs.log.checkpoint import Checkpoint, Signed, check_origin, open_checkpoint
from engine.proofs.log.edge import Edge
from engine.proofs.log.hashes import (
    EMPTY,
    check_consistency,
    consistency,
    inclusion,
    leaf_hash,
    root_of_inclusion,
    tree_hash,
)
from engine.proofs.log.note import MAX_NOTE, Note, Signer, VerifierKey, sign
from engine.proofs.log.tiles import WIDTH, Tile, TileReader, leaf_hashes, tiles_of, top
from engine.proofs.problems import ProofProblem

CHECKPOINT: Final = "checkpoint"
COSIGNED: Final = "checkpoint.cosigned"
"""The newest checkpoint that a witness has cosigned: the current one may have no cosignature yet."""
VKEY: Final = "log.vkey"
_LOCK: Final = ".lock"
_AT_A_TIME: Final = 100
"""Files that are open at the same time."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is in a log, as of one checkpoint.

    Parameters
    ----------
    index
        Of the entry, from 0.
    path
        Audit path, from the entry's neighbour upwards.
    signed
        The checkpoint.
    """

    index: int
    path: tuple[bytes, ...]
    signed: Signed

    def holds(self, entry: bytes) -> bool:
        """Whether the path leads from the entry to the checkpoint's root."""
        checkpoint = self.signed.checkpoint
        found = root_of_inclusion(self.index, checkpoint.size, leaf_hash(entry), self.path)
        return found == checkpoint.root


@dataclass(frozen=True, slots=True)
class Log:
    """A log's folder.

    Parameters
    ----------
    folder
        Plain files, laid out as C2SP tlog-tiles.
    key
        Its public key; the key's name is the log's origin.
    """

    folder: Path
    key: VerifierKey

    @staticmethod
    def open(folder: str | os.PathLike[str], key: VerifierKey | None = None) -> Log:
        """A log that is there.

        Parameters
        ----------
        folder
            The log's.
        key
            Its public key, where it is known from elsewhere: a folder's own word for whose it is
            is good enough to append, not to trust.

        Raises
        ------
        ProofProblem
            ``no_log``; ``vkey_malformed``.
        """
        path = Path(folder)
        if not (path / CHECKPOINT).is_file():
            raise ProofProblem("no_log", str(path))
        if key is None:
            key = VerifierKey.parse(_text(path / VKEY).strip())
        return Log(path, key)

    @staticmethod
    def create(folder: str | os.PathLike[str], signer: Signer) -> Log:
        """Make an empty log, and its folder if that is not there; the folder's name may hold nothing but this log.

        Raises
        ------
        ProofProblem
            ``log_exists``, ``origin_malformed``, ``cannot_write``.
        """
        check_origin(signer.name)
        path = Path(folder)
        log = Log(path, signer.key)
        with _writing(path):
            path.mkdir(parents=True, exist_ok=True)
        with log._locked():
            if (path / CHECKPOINT).exists():
                raise ProofProblem("log_exists", str(path))
            replace_file(path / VKEY, f"{signer.key}\n".encode())
            log._publish(sign(Checkpoint(signer.name, 0, EMPTY).text(), signer))
        return log

    def checkpoint(self) -> Signed:
        """The current checkpoint, its signature checked.

        Raises
        ------
        ProofProblem
            As of `open_checkpoint`; ``no_log``.
        """
        return open_checkpoint(_bytes(self.folder / CHECKPOINT), self.key)

    def cosigned(self) -> Signed | None:
        """The newest checkpoint that came back from a witness; None before the first."""
        path = self.folder / COSIGNED
        return open_checkpoint(_bytes(path), self.key) if path.exists() else None

    def append(self, entries: Sequence[bytes], signer: Signer) -> list[int]:
        """Add entries at the end; one that the last bundle, not full yet, holds already is not added again.

        Parameters
        ----------
        entries
            Each of at most 65,535 bytes.
        signer
            The log's.

        Returns
        -------
        list of int
            The number of each entry.

        Raises
        ------
        ProofProblem
            ``log_key`` if it is not this log's key; ``log_differs`` if the tiles do not give the
            checkpoint's root: nothing is written; ``entry_too_long``, ``busy``, ``cannot_write``.
        """
        if signer.key != self.key:
            raise ProofProblem("log_key", signer.name)
        with self._locked():
            signed = self.checkpoint()
            size = signed.checkpoint.size
            edge = Edge.read(TileReader(self.folder, size), signed.checkpoint)
            known = {e: size - len(edge.bundle) + i for i, e in enumerate(edge.bundle)}
            numbers = []
            for entry in entries:
                if entry not in known:
                    known[entry] = size + len(edge.added)
                    edge.add(entry)
                numbers.append(known[entry])
            if edge.added:
                self._write(edge, signer)
            return numbers

    def prove(self, index: int, entry: bytes, signed: Signed | None = None) -> Proof:
        """The proof that `entry` is the one with number `index`.

        Parameters
        ----------
        index, entry
            Which.
        signed
            As of which checkpoint; by default the current one.

        Raises
        ------
        ProofProblem
            ``not_logged`` if it is another entry, or the checkpoint is older than it;
            ``log_differs``, ``tile_missing``, ``tile_damaged``.
        """
        signed = signed or self.checkpoint()
        size = signed.checkpoint.size
        if not 0 <= index < size:
            raise ProofProblem("not_logged")
        reader = TileReader(self.folder, size)
        proof = Proof(index, tuple(inclusion(index, size, reader.node)), signed)
        if not proof.holds(entry):
            if reader.hashes(0, index // WIDTH)[index % WIDTH] == leaf_hash(entry):
                raise ProofProblem("log_differs", "tiles and checkpoint")
            raise ProofProblem("not_logged")
        return proof

    def find(self, entry: bytes) -> int | None:
        """Number of an entry, searched through the whole log, the newest first; None if it is not there."""
        size = self.checkpoint().checkpoint.size
        reader, wanted = TileReader(self.folder, size), leaf_hash(entry)
        for index in range(-(-size // WIDTH) - 1, -1, -1):
            row = reader.hashes(0, index)
            if wanted in row:
                return index * WIDTH + row.index(wanted)
        return None

    def consistency(self, old: int, signed: Signed | None = None) -> list[bytes]:
        """Proof that the checkpoint's tree begins with the one of `old` entries.

        Raises
        ------
        ProofProblem
            ``log_rollback`` if the log is smaller; ``tile_missing``, ``tile_damaged``.
        """
        size = (signed or self.checkpoint()).checkpoint.size
        if old > size:
            raise ProofProblem("log_rollback", f"{old} > {size}")
        return consistency(old, size, TileReader(self.folder, size).node)

    def continues(self, old: Checkpoint) -> None:
        """Make sure that this log continues an older checkpoint of it.

        Raises
        ------
        ProofProblem
            ``log_rollback`` if it is smaller, ``log_fork`` if it is another; as of `consistency`.
        """
        signed = self.checkpoint()
        proof = self.consistency(old.size, signed)
        if not check_consistency(old.size, signed.checkpoint.size, old.root, signed.checkpoint.root, proof):
            raise ProofProblem("log_fork", f"{old.size}")

    def add_cosignatures(self, note: Note) -> None:
        """Keep a checkpoint of this log that came back from a witness.

        Raises
        ------
        ProofProblem
            ``checkpoint_foreign``; ``log_fork`` if this log never had that tree;
            ``cosignature_stale`` if one that is kept is newer; ``busy``.
        """
        signed = open_checkpoint(str(note).encode(), self.key)
        with self._locked():
            current, kept = self.checkpoint(), self.cosigned()
            self._check_past(signed, current)
            if kept is not None and kept.checkpoint.size > signed.checkpoint.size:
                raise ProofProblem("cosignature_stale", f"{signed.checkpoint.size} < {kept.checkpoint.size}")
            merged = signed.note
            if kept is not None and kept.note.text == merged.text:
                merged = kept.note.with_lines(merged.signatures)
            replace_file(self.folder / COSIGNED, str(merged).encode())
            if current.note.text == merged.text:
                self._publish(current.note.with_lines(merged.signatures))

    def _check_past(self, signed: Signed, current: Signed) -> None:
        size = signed.checkpoint.size
        if size > current.checkpoint.size:
            raise ProofProblem("log_rollback", f"{size} > {current.checkpoint.size}")
        if tree_hash(0, size, TileReader(self.folder, current.checkpoint.size).node) != signed.checkpoint.root:
            raise ProofProblem("log_fork", f"{size}")

    def check(self) -> Signed:
        """Hash every entry and every tile, and compare with the checkpoint.

        Raises
        ------
        ProofProblem
            ``tile_missing`` or ``tile_damaged`` with the first tile that is not what it must be;
            ``log_differs`` if all tiles fit together and not with the checkpoint.
        """
        signed = self.checkpoint()
        size, reader = signed.checkpoint.size, TileReader(self.folder, signed.checkpoint.size)
        for tile in tiles_of(size):  # one after another: a checkpoint may claim any size
            if tile.level is None:
                found, other = leaf_hashes(reader.entries(tile.index)), reader.hashes(0, tile.index)
                tile = Tile(0, tile.index, tile.width)
            elif tile.level == 0:
                continue
            else:
                first = tile.index * WIDTH
                found = [top(reader.hashes(tile.level - 1, first + i)) for i in range(tile.width)]
                other = reader.hashes(tile.level, tile.index)
            if found != other:
                raise ProofProblem("tile_damaged", tile.path)
        if tree_hash(0, size, reader.node) != signed.checkpoint.root:
            raise ProofProblem("log_differs", "tiles and checkpoint")
        return signed

    # ---- writing ------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with _writing(self.folder), locked(self.folder / _LOCK):
            yield

    def _write(self, edge: Edge, signer: Signer) -> None:
        size = edge.size + len(edge.added)
        files = [(self.folder / tile.path, edge.content(tile)) for tile in tiles_of(size, edge.size)]
        for folder in dict.fromkeys(path.parent for path, _ in files):
            _make_folder(folder, self.folder)
        for first in range(0, len(files), _AT_A_TIME):
            replace_files(files[first : first + _AT_A_TIME])
        root = tree_hash(0, size, edge.node)
        self._publish(sign(Checkpoint(signer.name, size, root).text(), signer))
        self._tidy(edge.size, size)

    def _publish(self, note: Note) -> None:
        replace_file(self.folder / CHECKPOINT, str(note).encode())

    def _tidy(self, before: int, size: int) -> None:
        """Remove partial tiles whose full ones are there now; what cannot be removed does no harm."""
        for tile in tiles_of(size, before):
            if tile.width == WIDTH:
                shutil.rmtree(self.folder / f"{tile.path}.p", ignore_errors=True)


def _make_folder(folder: Path, root: Path) -> None:
    """Make a folder below `root` so that its name lasts."""
    missing = []
    while folder != root and not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        sync_folder(new.parent)


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ProofProblem("cannot_write", f"{error.filename or folder}: {error.strerror or error}") from error


def _bytes(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(MAX_NOTE + 1)
    except FileNotFoundError as error:
        raise ProofProblem("no_log", str(path)) from error
    except OSError as error:
        raise ProofProblem("denied", f"{path}: {error.strerror or error}") from error


def _text(path: Path) -> str:
    return _bytes(path).decode("utf-8", "replace")

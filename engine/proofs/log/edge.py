"""The right edge of a log's tree while entries are added to it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.proofs.log.checkpoint import Checkpoint
from engine.proofs.log.hashes import leaf_hash, tree_hash
from engine.proofs.log.tiles import HEIGHT, WIDTH, Tile, TileReader, bundle, leaf_hashes, top
from engine.proofs.problems import ProofProblem


@dataclass(slots=True)
class Edge:
    """For each level, the hashes from the last partial tile on.

    Parameters
    ----------
    size
        Entries before anything was added.
    bundle
        Those of the last partial bundle.
    rows, firsts
        For each level of tiles the hashes at the edge, and the number of the first of them.
    added
        Entries that were added.
    reader
        Of the tree as it was.
    """

    size: int
    bundle: list[bytes]
    rows: list[list[bytes]]
    firsts: list[int]
    added: list[bytes]
    reader: TileReader

    @staticmethod
    def read(reader: TileReader, checkpoint: Checkpoint) -> Edge:
        """The edge of a log as it stands.

        Raises
        ------
        ProofProblem
            ``log_differs`` if it does not give the checkpoint's root; as of `TileReader.hashes`.
        """
        size, rows, firsts, level = reader.size, [], [], 0
        while size >> HEIGHT * level:
            count = size >> HEIGHT * level
            index = count // WIDTH
            rows.append(list(reader.hashes(level, index)) if count % WIDTH else [])
            firsts.append(index * WIDTH)
            level += 1
        entries = list(reader.entries(size // WIDTH)) if size % WIDTH else []
        edge = Edge(size, entries, rows, firsts, [], reader)
        fits = leaf_hashes(entries) == (rows[0] if rows else []) and tree_hash(0, size, edge.node) == checkpoint.root
        if not fits:
            raise ProofProblem("log_differs", "tiles and checkpoint")
        return edge

    def add(self, entry: bytes) -> None:
        """Add an entry; `ProofProblem` ``entry_too_long``."""
        bundle([entry])
        self.added.append(entry)
        carried: bytes | None = leaf_hash(entry)
        level = 0
        while carried is not None:
            if level == len(self.rows):
                self.rows.append([])
                self.firsts.append(0)
            self.rows[level].append(carried)
            full = len(self.rows[level]) % WIDTH == 0
            carried = top(self.rows[level][-WIDTH:]) if full else None
            level += 1

    def content(self, tile: Tile) -> bytes:
        """Bytes of a tile or bundle at the edge."""
        if tile.level is None:
            first = tile.index * WIDTH - (self.size // WIDTH) * WIDTH
            return bundle([*self.bundle, *self.added][first : first + tile.width])
        first = tile.index * WIDTH - self.firsts[tile.level]
        return b"".join(self.rows[tile.level][first : first + tile.width])

    def node(self, level: int, index: int) -> bytes:
        """As `TileReader.node`, from the edge where it holds the hash."""
        height, above = level // HEIGHT, level % HEIGHT
        first = (index << above) - (self.firsts[height] if height < len(self.firsts) else 0)
        if first < 0 or height >= len(self.rows):
            return self.reader.node(level, index)
        row = self.rows[height][first : first + (1 << above)]
        return top(row) if row else self.reader.node(level, index)

"""Where the hashes and the entries of a log lie, and how they are read: plain files, any web server serves them.

Source: https://c2sp.org/tlog-tiles. A tile holds up to 256 hashes; those of level L + 1 are the
topmost hashes of full tiles of level L.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.proofs.log.hashes import HASH_SIZE, leaf_hash, node_hash
from engine.proofs.problems import ProofProblem

WIDTH: Final = 256
"""Hashes of a full tile, entries of a full bundle."""
HEIGHT: Final = 8
MAX_ENTRY: Final = 0xFFFF
"""Bytes of an entry: its length stands in two bytes."""
MAX_LEVEL: Final = 63
_MOST: Final = WIDTH * (MAX_ENTRY + 2)
"""Bytes of a bundle; no tile has more."""

_PATH: Final = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(x[0-9]{3}/)*[0-9]{3})(\.p/(?P<width>[1-9][0-9]{0,2}))?\Z"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """Coordinates of a tile, or of a bundle of entries.

    Parameters
    ----------
    level
        0 to 63; None for entries.
    index
        Within the level.
    width
        1 to 256; below 256 the tile is partial.
    """

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it lies, from the log's folder."""
        level = "entries" if self.level is None else str(self.level)
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        name = "/".join([f"x{p}" for p in parts[:-1]] + parts[-1:])
        return f"tile/{level}/{name}" + (f".p/{self.width}" if self.width < WIDTH else "")

    @staticmethod
    def parse(path: str) -> Tile:
        """Read a path; `ValueError` unless it is the one spelling of a tile's."""
        match = _PATH.match(path)
        if match is None:
            raise ValueError(path)
        level = None if match["level"] == "entries" else int(match["level"])
        index = int(match["index"].replace("x", "").replace("/", ""))
        tile = Tile(level, index, int(match["width"] or WIDTH))
        if tile.path != path or (level or 0) > MAX_LEVEL:
            raise ValueError(path)
        return tile


def tile_at(level: int | None, index: int, size: int) -> Tile:
    """The tile `index` of a level, as wide as it is in a tree of `size` entries; requires that it is not empty."""
    count = size >> HEIGHT * (level or 0)
    return Tile(level, index, min(count - index * WIDTH, WIDTH))


def tiles_of(size: int, since: int = 0) -> Iterator[Tile]:
    """Tiles and bundles that a tree of `size` entries has and one of `since` entries has not."""
    level: int | None
    for level in (None, *range(MAX_LEVEL + 1)):
        shift = HEIGHT * (level or 0)
        before, count = since >> shift, size >> shift
        if not count:
            return
        if before < count:
            for index in range(before // WIDTH, -(-count // WIDTH)):
                yield tile_at(level, index, size)


def bundle(entries: list[bytes]) -> bytes:
    """Entries as a bundle's bytes.

    Raises
    ------
    ProofProblem
        ``entry_too_long``.
    """
    if any(len(e) > MAX_ENTRY for e in entries):
        raise ProofProblem("entry_too_long")
    return b"".join(len(e).to_bytes(2, "big") + e for e in entries)


def unbundle(data: bytes) -> list[bytes] | None:
    """Entries of a bundle; None if its bytes are none."""
    entries, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        end = at + 2 + length
        if at + 2 > len(data) or end > len(data):
            return None
        entries.append(data[at + 2 : end])
        at = end
    return entries


@dataclass(frozen=True, slots=True)
class TileReader:
    """Reads what a checkpoint of `size` entries promises; each tile once.

    Parameters
    ----------
    folder
        Of the log.
    size
        Entries.
    """

    folder: Path
    size: int
    _tiles: dict[tuple[int, int], list[bytes]] = field(default_factory=dict)

    def hashes(self, level: int, index: int) -> list[bytes]:
        """Hashes of a tile.

        Raises
        ------
        ProofProblem
            ``tile_missing`` or ``tile_damaged`` with its path.
        """
        known = self._tiles.get((level, index))
        if known is None:
            tile = tile_at(level, index, self.size)
            data = self._read(tile)
            if len(data) % HASH_SIZE or len(data) < tile.width * HASH_SIZE:
                raise ProofProblem("tile_damaged", tile.path)
            known = [data[i : i + HASH_SIZE] for i in range(0, tile.width * HASH_SIZE, HASH_SIZE)]
            self._tiles[level, index] = known
        return known

    def entries(self, index: int) -> list[bytes]:
        """Entries of a bundle, raised as `hashes` does."""
        tile = tile_at(None, index, self.size)
        entries = unbundle(self._read(tile))
        if entries is None or len(entries) < tile.width:
            raise ProofProblem("tile_damaged", tile.path)
        return entries[: tile.width]

    def entry(self, number: int) -> bytes:
        """One entry; requires 0 <= number < size."""
        return self.entries(number // WIDTH)[number % WIDTH]

    def node(self, level: int, index: int) -> bytes:
        """Hash of the subtree of the leaves index << level to (index + 1) << level; see `hashes.Nodes`."""
        height, above = level // HEIGHT, level % HEIGHT
        first = index << above
        row = self.hashes(height, first // WIDTH)[first % WIDTH :][: 1 << above]
        return top(row)

    def _read(self, tile: Tile) -> bytes:
        """A partial tile may have been removed once the full one is there."""
        for path in dict.fromkeys((tile.path, Tile(tile.level, tile.index).path)):
            try:
                with open(self.folder / path, "rb") as file:
                    return file.read(_MOST + 1)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise ProofProblem("tile_missing", f"{path}: {error.strerror or error}") from error
        raise ProofProblem("tile_missing", tile.path)


def top(row: list[bytes]) -> bytes:
    """Topmost hash over a power of two of hashes."""
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


def leaf_hashes(entries: list[bytes]) -> list[bytes]:
    """Hashes of entries."""
    return [leaf_hash(e) for e in entries]

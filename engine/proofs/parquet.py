"""Leaves to and from Parquet. A file that is read is hostile until it is checked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.media.model import NO_TIME
from engine.proofs.hashing import DIGEST_SIZE
from engine.proofs.header import Header
from engine.proofs.leaves import HIDDEN, Leaves, presentation_order, shown_count
from engine.proofs.parquet_form import check_footer, check_pages
from engine.proofs.problems import ProofProblem
from engine.proofs.tree import GROUP, subtree

SCHEMA: Final = pa.schema(
    [
        pa.field("stream", pa.uint16(), nullable=False),
        pa.field("index", pa.uint32(), nullable=False),
        pa.field("order", pa.int64(), nullable=False),
        pa.field("pts", pa.int64(), nullable=False),
        pa.field("position", pa.int64(), nullable=False),
        pa.field("size", pa.uint32(), nullable=False),
        pa.field("configuration", pa.uint16(), nullable=False),
        pa.field("digest", pa.binary(DIGEST_SIZE), nullable=False),
    ]
)
_NUMBERS: Final = SCHEMA.names[:-1]

MAX_LEAVES: Final = 64 << 20
"""Leaves of one recording: some 250 hours of video with sound."""


class Batches(Protocol):
    """Leaves that come in parts, in the order of the tree."""

    def batches(self, size: int = GROUP) -> Iterator[Leaves]: ...


def write_leaves(leaves: Batches, path: str | os.PathLike[str]) -> None:
    """Write all leaves, a row group for every `GROUP` of them.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    with pq.ParquetWriter(
        path,
        SCHEMA,
        use_dictionary=False,
        column_encoding={**dict.fromkeys(_NUMBERS, "DELTA_BINARY_PACKED"), "digest": "PLAIN"},
        compression={**dict.fromkeys(_NUMBERS, "zstd"), "digest": "none"},
        write_statistics=False,
        store_schema=False,
    ) as writer:
        for part in leaves.batches():
            writer.write_table(_table(part), row_group_size=GROUP)


def _table(leaves: Leaves) -> pa.Table:
    columns = [pa.array(getattr(leaves, name)) for name in _NUMBERS]
    data = pa.py_buffer(np.ascontiguousarray(leaves.digest).tobytes())
    columns.append(pa.Array.from_buffers(SCHEMA.field("digest").type, len(leaves), [None, data]))
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def group_hashes(leaves: Batches) -> list[bytes]:
    """Topmost hash of every run of `GROUP` leaves."""
    return [subtree(part.hashes()) for part in leaves.batches()]


def read_leaves(path: str | os.PathLike[str], header: Header) -> Leaves:
    """Read all leaves and check that they have the form and the numbers that the header gives.

    Raises
    ------
    ProofProblem
        ``leaves_unreadable`` if this is no Parquet file of this form; ``leaves_differ`` if its
        rows are not those that the header speaks of. Whether they hash to the root is not
        checked here.
    """
    leaves = Leaves.empty(header.leaves, header.leaf_streams())
    at = 0
    for _, part in read_groups(path, header, range(-(-header.leaves // GROUP))):
        leaves.put(at, part)
        at += len(part)
    _check_order(leaves)
    _check_streams(leaves, header)
    return leaves


def read_group(path: str | os.PathLike[str], header: Header, group: int) -> Leaves:
    """Read one row group; everything else as of `read_leaves`."""
    return next(leaves for _, leaves in read_groups(path, header, [group]))


def read_groups(path: str | os.PathLike[str], header: Header, groups: Iterable[int]) -> Iterator[tuple[int, Leaves]]:
    """Row groups one after the other, each with its number; everything else as of `read_leaves`."""
    with _opened(path, header) as file:
        for group in groups:
            yield group, _leaves(_whole(file.read_row_group(group, use_threads=False)), header)


def find_order(path: str | os.PathLike[str], header: Header, stream: int, order: int) -> list[int]:
    """Numbers (in the tree) of the leaves of a stream that have one place in the presentation's order.

    Raises
    ------
    ProofProblem
        As of `read_leaves`.
    """
    found: list[int] = []
    with _opened(path, header) as file:
        for group in range(file.num_row_groups):
            table = _whole(file.read_row_group(group, ["stream", "order"]))
            same = (table.column(0).to_numpy() == stream) & (table.column(1).to_numpy() == order)
            found += (np.flatnonzero(same) + group * GROUP).tolist()
    return found


@contextmanager
def _opened(path: str | os.PathLike[str], header: Header) -> Iterator[pq.ParquetFile]:
    """The file after its form was checked; what the library says of damage inside becomes a problem."""
    try:
        check_footer(path, -(-header.leaves // GROUP))
        with pq.ParquetFile(path, page_checksum_verification=False) as file:
            _check_form(file, header)
            check_pages(path, file.metadata)
            yield file
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise ProofProblem("leaves_unreadable", str(error).split("\n")[0][:200]) from error


def _whole(table: pa.Table) -> pa.Table:
    if any(column.null_count for column in table.columns):
        raise ProofProblem("leaves_differ", "empty values")
    return table.combine_chunks()


def _check_form(file: pq.ParquetFile, header: Header) -> None:
    """Everything that can be told from the footer, before a column is read."""
    meta = file.metadata
    found = [(f.name, f.type) for f in file.schema_arrow]
    if found != [(f.name, f.type) for f in SCHEMA]:
        raise ProofProblem("leaves_differ", "columns")
    if meta.num_rows != header.leaves or meta.num_rows > MAX_LEAVES:
        raise ProofProblem("leaves_differ", f"{meta.num_rows} rows, {header.leaves} sealed")
    wanted = [min(GROUP, header.leaves - at) for at in range(0, header.leaves, GROUP)]
    if [meta.row_group(i).num_rows for i in range(meta.num_row_groups)] != wanted:
        raise ProofProblem("leaves_differ", "row groups")


def _leaves(table: pa.Table, header: Header) -> Leaves:
    numbers = {name: table.column(name).to_numpy() for name in _NUMBERS}
    digest = table.column("digest").combine_chunks()
    chunk = digest.chunk(0) if isinstance(digest, pa.ChunkedArray) else digest
    raw = np.frombuffer(chunk.buffers()[1], np.uint8, len(table) * DIGEST_SIZE, chunk.offset * DIGEST_SIZE)
    leaves = Leaves(**numbers, digest=raw.reshape(-1, DIGEST_SIZE), streams=header.leaf_streams())
    _check_numbers(leaves)
    return leaves


def _check_numbers(leaves: Leaves) -> None:
    counted = 0
    for stream in leaves.streams:
        mine = leaves.rows(stream.index)
        counted += len(mine)
        if len(mine) and int(leaves.configuration[mine].max()) >= len(stream.configurations):
            raise ProofProblem("leaves_differ", "configuration")
    if counted != len(leaves):
        raise ProofProblem("leaves_differ", "stream")


def _check_order(leaves: Leaves) -> None:
    """Leaves stand by stream, in the header's order, and by decode index from 0."""
    places = [leaves.rows(s.index) for s in leaves.streams]
    if not np.array_equal(np.concatenate(places), np.arange(len(leaves))):
        raise ProofProblem("leaves_differ", "order of the streams")
    if not all(np.array_equal(leaves.index[mine], np.arange(len(mine))) for mine in places):
        raise ProofProblem("leaves_differ", "decode indexes")


def _check_streams(leaves: Leaves, header: Header) -> None:
    """What the header says of each stream must follow from its leaves."""
    said = {s["index"]: s for s in header.streams}
    for stream in leaves.streams:
        pts, order = leaves.pts[mine := leaves.rows(stream.index)], leaves.order[mine]
        timed, entry = pts[pts != NO_TIME], said[stream.index]
        ends = [str(timed.min()), str(timed.max())] if len(timed) else [None, None]
        if (entry["leaves"], entry["presented"]) != (len(mine), int(np.count_nonzero(order != HIDDEN))):
            raise ProofProblem("seal_differs", "number of a stream's leaves")
        if [entry["first"], entry["last"]] != ends:
            raise ProofProblem("seal_differs", "times of a stream's leaves")
        shown = order != HIDDEN  # of sound that depends on each unit's length, which no row holds
        if stream.kind == "video":
            shown = shown_count(pts, np.ones_like(pts), stream.timeline, stream.kind) > 0
        if not np.array_equal(presentation_order(pts, shown, stream), order):
            raise ProofProblem("seal_differs", "edits")

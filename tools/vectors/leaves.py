"""Leaves that are not those of the tree, in Parquet files of every odd kind; the seal is made to cover them.

Whoever cannot sign can still do that to an unsigned proof. The recording is re-muxed, so that the
leaves have to be read: an untouched file is checked without them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from vectors.proof import GROUP, NUMBERS, Json, Proof, Row, derive, leaf, parquet, root, table, top, tree_of
from vectors.shape import Vector, vector


def leaf_vectors(proof: Proof, data: bytes, again: bytes, hiding: tuple[bytes, int]) -> Iterator[Vector]:
    """All of them: of an honest proof, its recording, that re-muxed, and a file that hides the sealed media."""
    yield from row_vectors(proof, again)
    yield from list_vectors(proof, again)
    yield from position_vectors(proof, hiding)
    yield from parquet_vectors(proof, again)
    other = bytearray(proof.leaves)
    other[len(other) // 2] ^= 1
    yield vector(
        "leaves-bit",
        "leaf",
        "leaves changed under a seal",
        "one bit of the leaves",
        data,
        proof,
        "NOT_OK",
        "leaves_differ",
        leaves=bytes(other),
    )


def with_rows(proof: Proof, rows: Sequence[Row]) -> Proof:
    return replace(proof.covering(parquet(table(rows))), rows=rows)


def row_vectors(proof: Proof, again: bytes) -> Iterator[Vector]:
    """One value of one row."""
    changes = {
        "stream": {"stream": 1},
        "index": {"index": 4},
        "order": {"order": 4},
        "pts": {"pts": 1537},
        "configuration": {"configuration": 1},
        "digest": {"digest": bytes(32)},
    }
    for name, change in changes.items():
        rows = list(proof.rows)
        rows[3] = replace(rows[3], **change)  # type: ignore[arg-type]
        made = with_rows(proof, rows)
        yield vector(
            f"row-{name}",
            "leaf",
            "leaves changed under a seal",
            f"another {name} in row 3",
            again,
            made,
            "NOT_OK",
            "seal_differs" if name == "order" else "leaves_differ",
        )


def list_vectors(proof: Proof, again: bytes) -> Iterator[Vector]:
    """Rows missing, added, in another order: with the old tree, and with one that was made to fit."""
    rows = list(proof.rows)
    lists = {
        "reordered": ("reordered leaves", [*rows[:2], rows[3], rows[2], *rows[4:]]),
        "duplicated": ("duplicated last leaf", [*rows, rows[-1]]),
        "truncated": ("truncated leaf list with a recomputed subtree", rows[:-1]),
        "extended": (
            "extended leaf list with a recomputed subtree",
            [*rows, replace(rows[-1], index=3, order=3, pts=3072)],
        ),
    }
    for name, (attack, changed) in lists.items():
        made = with_rows(proof, changed)
        yield vector(
            f"leaves-{name}", "tree", attack, f"rows {name}, the tree as it was", again, made, "NOT_OK", "leaves_differ"
        )
        streams = proof.header["streams"]
        hashes = [derive("leaf", leaf(r, streams[r.stream])) for r in changed]
        subtree = {"groups": [top(hashes).hex()], "root": root(11, [top(hashes)]).hex()}
        half = made.edited(lambda h, new=subtree: h["tree"].update(new))  # type: ignore[misc]
        yield vector(
            f"leaves-{name}-subtree",
            "tree",
            attack,
            f"rows {name}, the subtree made to fit, the number kept",
            again,
            half,
            "NOT_OK",
            "leaves_differ",
        )
        whole = made.edited(lambda h, new=hashes, now=changed: fit(h, new, now))  # type: ignore[misc]
        yield vector(
            f"leaves-{name}-fitting",
            "tree",
            attack,
            f"rows {name}, everything else made to fit",
            again,
            whole,
            "NOT_OK",
            FITTING[name],
        )


FITTING = {
    "reordered": "leaves_differ",
    "duplicated": "leaves_differ",
    "truncated": "content_differs",
    "extended": "content_differs",
}
"""What is left to see when header and tree were made for the new rows: the rows themselves, or the recording."""


def fit(header: Json, hashes: list[bytes], rows: Sequence[Row]) -> None:
    header["tree"] = tree_of(hashes)
    for stream in header["streams"]:
        mine = [r for r in rows if r.stream == stream["index"]]
        times = [r.pts for r in mine]
        stream.update(leaves=len(mine), presented=len(mine), first=str(min(times)), last=str(max(times)))


def position_vectors(proof: Proof, hiding: tuple[bytes, int]) -> Iterator[Vector]:
    """Positions are in no leaf: whoever covers other ones may lead a verifier to other bytes."""
    data, free = hiding
    shift = free - proof.rows[0].position
    places: dict[str, tuple[str, str, Callable[[Row], int]]] = {
        "free": ("positions into `free` boxes", "at the sealed media in a free box", lambda r: r.position + shift),
        "outside": ("positions outside the file", "behind the end of the file", lambda r: 1 << 40),
        "negative": ("positions outside the file", "before the beginning of the file", lambda r: -(1 << 40)),
        "overlapping": ("positions overlapping", "all the same", lambda r: proof.rows[0].position),
    }
    for name, (attack, done, place) in places.items():
        made = with_rows(proof, [replace(r, position=place(r)) for r in proof.rows])
        yield vector(
            f"position-{name}",
            "leaf",
            attack,
            f"picture 3 altered; positions are {done}",
            data,
            made,
            "NOT_OK",
            "frames_differ",
            frames=[["altered", 3, 3]],
        )
    made = with_rows(proof, [replace(r, size=0xFFFFFFFF) for r in proof.rows])
    yield vector(
        "size-huge",
        "leaf",
        "positions outside the file",
        "picture 3 altered; units of four gigabytes",
        data,
        made,
        "NOT_OK",
        "frames_differ",
        frames=[["altered", 3, 3]],
    )


def parquet_vectors(proof: Proof, again: bytes) -> Iterator[Vector]:
    """The right rows, or wrong ones, in a file of another form than the format's."""
    good = table(proof.rows)

    def made(name: str, attack: str, done: str, leaves: bytes, reason: str = "leaves_differ") -> Vector:
        return vector(f"parquet-{name}", "leaf", attack, done, again, proof.covering(leaves), "NOT_OK", reason)

    position = good.schema.get_field_index("pts")
    nulls = pa.array([None, *good["pts"].to_pylist()[1:]], pa.int64())
    yield made("nulls", "Parquet with nulls", "a time is missing", parquet(good.set_column(position, "pts", nulls)))
    for name, kind in (("floats", pa.float64()), ("narrow", pa.int32()), ("text", pa.string())):
        column = good["pts"].cast(kind)
        plain = {"column_encoding": None, "use_dictionary": False}
        yield made(
            f"types-{name}",
            "Parquet with wrong types",
            f"times are {name}",
            parquet(good.set_column(position, "pts", column), **plain),
        )
    yield made(
        "column-twice",
        "Parquet with duplicate columns",
        "two columns `pts`",
        parquet(good.append_column(pa.field("pts", pa.int64(), nullable=False), good["pts"])),
    )
    yield made(
        "column-missing",
        "Parquet with missing columns",
        "no positions",
        parquet(
            good.drop_columns(["position"]),
            column_encoding={k: "DELTA_BINARY_PACKED" for k in NUMBERS if k != "position"},
        ),
    )
    yield made(
        "row-groups", "Parquet with millions of row groups", "a row group for each row", parquet(good, row_group_size=1)
    )
    yield made(
        "many-row-groups",
        "Parquet with millions of row groups",
        "2,000 empty row groups",
        many_groups(good),
        "leaves_unreadable",
    )
    yield made("dictionary", "Parquet with a huge dictionary", "digests by a dictionary", dictionary(good))
    yield made("statistics", "Parquet that lies in its statistics", "statistics of other rows", lying(proof))
    yield made(
        "hidden-rows", "Parquet with hidden rows", "a row more in the pages than the footer counts", hidden(good)
    )
    yield made("no-parquet", "leaves changed under a seal", "no Parquet at all", b"PAR1" * 100, "leaves_unreadable")
    huge = b"PAR1" + bytes(64) + (0x7FFFFFF0).to_bytes(4, "little") + b"PAR1"
    yield made(
        "footer-huge", "Parquet with millions of row groups", "a footer longer than the file", huge, "leaves_unreadable"
    )


def many_groups(good: pa.Table) -> bytes:
    out = io.BytesIO()
    with pq.ParquetWriter(out, good.schema, use_dictionary=False, write_statistics=False, store_schema=False) as writer:
        writer.write_table(good, row_group_size=GROUP)
        for _ in range(2_000):
            writer.write_table(good.slice(0, 0))
    return out.getvalue()


def dictionary(good: pa.Table) -> bytes:
    return parquet(good, use_dictionary=["digest"], column_encoding=dict.fromkeys(NUMBERS, "DELTA_BINARY_PACKED"))


def lying(proof: Proof) -> bytes:
    """The rows with statistics, in which the largest time of pictures is another."""
    data = parquet(table(proof.rows), write_statistics=True)
    footer = int.from_bytes(data[-8:-4], "little") + 8
    largest = max(r.pts for r in proof.rows).to_bytes(8, "little")
    return data[:-footer] + data[-footer:].replace(largest, (1 << 40).to_bytes(8, "little"))


def hidden(good: pa.Table) -> bytes:
    """Twelve rows in the pages; every count of the footer that says so is made to say eleven."""
    more = pa.concat_tables([good, good.slice(len(good) - 1)])
    data = parquet(more)
    footer = int.from_bytes(data[-8:-4], "little") + 8
    # thrift's compact protocol writes 12 as 24 and 11 as 22; field headers before counts are 0x16
    tail = data[-footer:].replace(b"\x16\x18", b"\x16\x16")
    return data[:-footer] + tail

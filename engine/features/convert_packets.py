"""Packets, and what is coded in them, to and from Parquet, Arrow and pandas."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from zlib import compress, decompress
from zlib import error as zlib_error

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import DTypeLike, NDArray

from engine.features.arrow import check_columns, column_of, facts_of, field_of, frozen, read_table, refusal, table_of
from engine.features.plain import from_plain, to_plain
from engine.media.coded_facts import PICTURE, CodedFacts
from engine.media.headers import HEADER, HeaderFacts
from engine.media.model import PACKET_SCHEMA, MediaInfo, PacketTable
from engine.media.riff_index import IndexFacts
from engine.media.transport import TransportFacts

if TYPE_CHECKING:
    import pandas as pd

CODED_SCHEMA: Final = "unbroken.coded/2"

_COLUMNS: Final[Mapping[str, DTypeLike]] = MappingProxyType(
    {
        "stream": np.int16,
        "index": np.int32,
        "pts": np.int64,
        "dts": np.int64,
        "duration": np.int64,
        "position": np.int64,
        "size": np.int32,
        "key": np.bool_,
        "corrupt": np.bool_,
        "hidden": np.bool_,
    }
)
_DIGEST: Final = 32


def packets_to_arrow(packets: PacketTable) -> pa.Table:
    """Packets as an Arrow table; the schema's metadata holds file and streams as JSON.

    `digest` is there as a fixed-size list where the packets have one.
    """
    fields = _packet_fields()
    columns: dict[str, NDArray[Any]] = {n: getattr(packets, n) for n in _COLUMNS}
    if packets.digest is not None:
        fields.append(_digest_field())
        columns["digest"] = packets.digest
    facts = {"media": to_plain(packets.media), "cut_short": packets.cut_short}
    return table_of(fields, columns, PACKET_SCHEMA, facts)


def packets_from_arrow(table: pa.Table) -> PacketTable:
    """The opposite of `packets_to_arrow`.

    Raises
    ------
    ValueError
        The table is not a PacketTable of this schema version, or a column is missing.
    """
    facts = facts_of(table.schema, PACKET_SCHEMA)
    check_columns(table.schema, _packet_fields())
    digest = column_of(table, "digest", (_DIGEST,), np.uint8) if "digest" in table.column_names else None
    return PacketTable(
        media=from_plain(MediaInfo, facts.get("media")),
        digest=digest,
        cut_short=bool(facts.get("cut_short")),
        **{n: column_of(table, n, (), d) for n, d in _COLUMNS.items()},
    )


def coded_to_arrow(coded: CodedFacts) -> pa.Table:
    """Coded pictures as an Arrow table; codec, marks and names are in the schema's metadata."""
    columns: dict[str, NDArray[Any]] = {f.name: coded.pictures[f.name] for f in _coded_fields()}
    facts: dict[str, Any] = {"codec": coded.codec, "marks": coded.marks.tolist(), "names": list(coded.names)}
    facts["transport"] = to_plain(coded.transport)
    facts["index"] = to_plain(coded.index)
    facts["stated_sets"] = coded.stated_sets
    facts["headers"] = None if coded.headers is None else _packed(coded.headers)
    return table_of(_coded_fields(), columns, CODED_SCHEMA, facts)


def coded_from_arrow(table: pa.Table) -> CodedFacts:
    """The opposite of `coded_to_arrow`.

    Raises
    ------
    ValueError
        The table does not hold CodedFacts of this schema version, or a column is missing.
    """
    facts = facts_of(table.schema, CODED_SCHEMA)
    check_columns(table.schema, _coded_fields())
    pictures = np.zeros(len(table), PICTURE)
    for field in _coded_fields():
        pictures[field.name] = column_of(table, field.name, (), PICTURE[field.name])
    transport = facts.get("transport")
    return CodedFacts(
        codec=str(facts.get("codec", "")),
        pictures=frozen(pictures),
        marks=frozen(np.asarray(facts.get("marks", []), np.int32)),
        names=tuple(facts.get("names", ())),
        stated_sets=int(facts.get("stated_sets", 0)),
        transport=None if transport is None else from_plain(TransportFacts, transport),
        index=None if facts.get("index") is None else from_plain(IndexFacts, facts["index"]),
        headers=None if facts.get("headers") is None else _unpacked(facts["headers"]),
    )


def _packed(headers: HeaderFacts) -> dict[str, Any]:
    """Headers of pictures as text: a few bytes a picture, of codecs that have no rows in the table."""
    rows = b64encode(compress(headers.rows.tobytes())).decode()
    return {"codec": headers.codec, "resolution": headers.resolution, "rows": rows}


def _unpacked(plain: Mapping[str, Any]) -> HeaderFacts:
    try:
        rows = np.frombuffer(decompress(b64decode(plain["rows"], validate=True)), HEADER)
        return HeaderFacts(str(plain["codec"]), int(plain["resolution"]), frozen(rows))
    except (KeyError, TypeError, zlib_error) as error:
        raise ValueError("no headers of pictures") from error


def write_packets(packets: PacketTable, path: Path) -> None:
    """Write a PacketTable as Parquet."""
    pq.write_table(packets_to_arrow(packets), path, compression="zstd")


def read_packets(path: Path) -> PacketTable:
    """Read a PacketTable from Parquet.

    Raises
    ------
    MediaError
        ``not_a_table``: another schema version, or no Parquet file of ours. ``missing``, ``denied``.
    """
    with refusal(path):
        return packets_from_arrow(read_table(path))


def write_coded(coded: CodedFacts, path: Path) -> None:
    """Write CodedFacts as Parquet."""
    pq.write_table(coded_to_arrow(coded), path, compression="zstd")


def read_coded(path: Path) -> CodedFacts:
    """Read CodedFacts from Parquet; raises as `read_packets`."""
    with refusal(path):
        return coded_from_arrow(read_table(path))


def packets_to_pandas(packets: PacketTable) -> pd.DataFrame:
    """Packets as a DataFrame, one row each, without digests."""
    import pandas as pd

    return pd.DataFrame({n: getattr(packets, n) for n in _COLUMNS})


def coded_to_pandas(coded: CodedFacts) -> pd.DataFrame:
    """Coded pictures as a DataFrame, in decode order."""
    import pandas as pd

    return pd.DataFrame({f.name: coded.pictures[f.name] for f in _coded_fields()})


def _packet_fields() -> list[pa.Field]:
    return [field_of(n, (), d) for n, d in _COLUMNS.items()]


def _digest_field() -> pa.Field:
    return field_of("digest", (_DIGEST,), np.uint8)


def _coded_fields() -> list[pa.Field]:
    return [field_of(n, (), PICTURE[n]) for n in PICTURE.names or ()]

"""Tables to and from Parquet, Arrow and pandas, so that detectors can run again without decoding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from engine.features.tables import (
    AUDIO_COLUMNS,
    AUDIO_SCHEMA,
    FRAME_SCHEMA,
    SCALARS,
    WIDE,
    AudioTable,
    FrameTable,
)
from engine.media.errors import MediaError

if TYPE_CHECKING:
    import pandas as pd

META_KEY: Final = b"unbroken"
BATCH: Final = 4096
"""Rows of a row group: what is held in memory at a time when wide columns are written."""


def frames_to_arrow(frames: FrameTable, first: int = 0, end: int | None = None) -> pa.Table:
    """Pictures `first` to `end` (all, unless told) as an Arrow table.

    Wide columns are named ``wide.NAME`` and become fixed-size lists, flattened row by row. The
    schema's metadata holds what the columns do not.
    """
    columns = {**frames.columns, **{_wide(n): values for n, values in frames.wide.items()}}
    arrays = [_array(columns[field.name][first:end], field.type) for field in _frame_fields()]
    facts = {
        "schema": FRAME_SCHEMA,
        "time_base": str(frames.time_base),
        "undecodable": frames.undecodable.tolist(),
        **{n: getattr(frames, n) for n in _FRAME_FACTS},
    }
    return pa.Table.from_arrays(arrays, schema=_schema(_frame_fields(), facts))


def frames_from_arrow(table: pa.Table) -> FrameTable:
    """The opposite of `frames_to_arrow`.

    Raises
    ------
    ValueError
        The table is not a FrameTable of this schema version, or a column is missing.
    """
    facts = _facts(table.schema, FRAME_SCHEMA)
    _check_columns(table, [*SCALARS, *map(_wide, WIDE)])
    return FrameTable(
        time_base=Fraction(facts["time_base"]),
        undecodable=_frozen(np.asarray(facts["undecodable"], np.int32)),
        columns={n: _numpy(table[n], (), d) for n, d in SCALARS.items()},
        wide={n: _numpy(table[_wide(n)], s, d) for n, (s, d) in WIDE.items()},
        **{n: facts[n] for n in _FRAME_FACTS},
    )


def audio_to_arrow(audio: AudioTable) -> pa.Table:
    """Sound rows as an Arrow table; the schema's metadata holds what the columns do not."""
    facts = {
        "schema": AUDIO_SCHEMA,
        "undecodable": audio.undecodable.tolist(),
        **{n: getattr(audio, n) for n in _AUDIO_FACTS},
    }
    arrays = [_array(audio.columns[field.name], field.type) for field in _audio_fields()]
    return pa.Table.from_arrays(arrays, schema=_schema(_audio_fields(), facts))


def audio_from_arrow(table: pa.Table) -> AudioTable:
    """The opposite of `audio_to_arrow`.

    Raises
    ------
    ValueError
        The table is not an AudioTable of this schema version, or a column is missing.
    """
    facts = _facts(table.schema, AUDIO_SCHEMA)
    _check_columns(table, list(AUDIO_COLUMNS))
    return AudioTable(
        undecodable=_frozen(np.asarray(facts["undecodable"], np.int32)),
        columns={n: _numpy(table[n], (), d) for n, d in AUDIO_COLUMNS.items()},
        **{n: facts[n] for n in _AUDIO_FACTS},
    )


def write_frames(frames: FrameTable, path: Path) -> None:
    """Write a FrameTable as Parquet, 4,096 pictures at a time."""
    empty = frames_to_arrow(frames, 0, 0)
    with pq.ParquetWriter(path, empty.schema, compression="zstd") as writer:
        for first in range(0, len(frames), BATCH):
            writer.write_table(frames_to_arrow(frames, first, first + BATCH))


def read_frames(path: Path) -> FrameTable:
    """Read a FrameTable from Parquet.

    Raises
    ------
    MediaError
        ``not_a_table``: another schema version, or no Parquet file of ours.
    """
    try:
        return frames_from_arrow(pq.read_table(path))
    except (ValueError, pa.ArrowException) as error:
        raise MediaError(path, "not_a_table", str(error)) from error


def write_audio(audio: AudioTable, path: Path) -> None:
    """Write an AudioTable as Parquet."""
    pq.write_table(audio_to_arrow(audio), path, compression="zstd")


def read_audio(path: Path) -> AudioTable:
    """Read an AudioTable from Parquet; raises as `read_frames`."""
    try:
        return audio_from_arrow(pq.read_table(path))
    except (ValueError, pa.ArrowException) as error:
        raise MediaError(path, "not_a_table", str(error)) from error


def frames_to_pandas(frames: FrameTable) -> pd.DataFrame:
    """Scalar columns as a DataFrame, indexed by seconds of presentation."""
    import pandas as pd

    return pd.DataFrame(dict(frames.columns), index=pd.Index(frames.seconds, name="seconds"))


def audio_to_pandas(audio: AudioTable) -> pd.DataFrame:
    """Sound rows as a DataFrame, indexed by seconds of presentation."""
    import pandas as pd

    seconds = audio.start_s + np.arange(len(audio)) / 100
    return pd.DataFrame(dict(audio.columns), index=pd.Index(seconds, name="seconds"))


_FRAME_FACTS: Final = (
    "origin", "nominal", "timed", "width", "height", "depth", "converted", "hidden", "first_number",
)  # fmt: skip
_AUDIO_FACTS: Final = ("start_s", "end_s", "sample_rate", "channels")


def _wide(name: str) -> str:
    """Name of a wide column outside: scalars and wide columns share some names."""
    return f"wide.{name}"


def _type(shape: tuple[int, ...], dtype: Any) -> pa.DataType:
    value = pa.from_numpy_dtype(np.dtype(dtype))
    return pa.list_(value, int(np.prod(shape))) if shape else value


def _frame_fields() -> list[pa.Field]:
    scalars = [pa.field(n, _type((), d), nullable=False) for n, d in SCALARS.items()]
    return scalars + [pa.field(_wide(n), _type(s, d), nullable=False) for n, (s, d) in WIDE.items()]


def _audio_fields() -> list[pa.Field]:
    return [pa.field(n, _type((), d), nullable=False) for n, d in AUDIO_COLUMNS.items()]


def _schema(fields: list[pa.Field], facts: Mapping[str, Any]) -> pa.Schema:
    return pa.schema(fields, metadata={META_KEY: json.dumps(facts, sort_keys=True).encode()})


def _facts(schema: pa.Schema, wanted: str) -> dict[str, Any]:
    raw = (schema.metadata or {}).get(META_KEY)
    facts = json.loads(raw) if raw else {}
    if not isinstance(facts, dict) or facts.get("schema") != wanted:
        found = facts.get("schema") if isinstance(facts, dict) else None
        raise ValueError(f"schema {found or 'unknown'}, this version reads {wanted}")
    return facts


def _check_columns(table: pa.Table, wanted: list[str]) -> None:
    missing = [n for n in wanted if n not in table.column_names]
    if missing:
        raise ValueError(f"columns missing: {', '.join(missing)}")


def _array(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, type=kind) if pa.types.is_fixed_size_list(kind) else flat


def _numpy(column: pa.ChunkedArray, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    parts = [c.flatten() if shape else c for c in column.chunks]
    values = [np.asarray(p.to_numpy(zero_copy_only=False), dtype) for p in parts]
    joined = np.concatenate(values) if values else np.zeros(0, dtype)
    return _frozen(joined.reshape(len(column), *shape))


def _frozen(values: NDArray[Any]) -> NDArray[Any]:
    values.flags.writeable = False
    return values

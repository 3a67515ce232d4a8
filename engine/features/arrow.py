"""NumPy columns to and from Arrow, and what of a table stands beside its columns."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from engine.media.errors import MediaError

META_KEY: Final = b"unbroken"
"""Key of the schema's metadata under which the facts of a table stand, as JSON."""


def field_of(name: str, shape: tuple[int, ...], dtype: Any) -> pa.Field:
    """A column without nulls; rows with a shape become fixed-size lists, flattened."""
    value = pa.from_numpy_dtype(np.dtype(dtype))
    return pa.field(name, pa.list_(value, int(np.prod(shape))) if shape else value, nullable=False)


def table_of(
    fields: Sequence[pa.Field], columns: Mapping[str, NDArray[Any]], schema: str, facts: Mapping[str, Any]
) -> pa.Table:
    """An Arrow table of the `columns` that `fields` names; `schema` and `facts` go into its metadata."""
    words = json.dumps({"schema": schema, **facts}, sort_keys=True, default=_plain_number)
    arrays = [_array(columns[field.name], field.type) for field in fields]
    return pa.Table.from_arrays(arrays, schema=pa.schema(list(fields), metadata={META_KEY: words.encode()}))


def facts_of(schema: pa.Schema, wanted: str) -> dict[str, Any]:
    """The facts that `table_of` put into the metadata.

    Raises
    ------
    ValueError
        They are those of another table or version, or there are none.
    """
    raw = (schema.metadata or {}).get(META_KEY)
    facts = json.loads(raw) if raw else {}
    found = facts.get("schema") if isinstance(facts, dict) else None
    if found != wanted:
        raise ValueError(f"schema {found or 'unknown'}, this version reads {wanted}")
    return dict(facts)


def check_columns(schema: pa.Schema, wanted: Sequence[pa.Field]) -> None:
    """Raise ValueError where a column is missing."""
    missing = [f.name for f in wanted if f.name not in schema.names]
    if missing:
        raise ValueError(f"columns missing: {', '.join(missing)}")


def column_of(table: pa.Table, name: str, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Column `name` as a read-only array of (N, *shape).

    Raises
    ------
    ValueError
        A value is missing, or rows are of another shape.
    """
    column = table[name]
    if column.null_count:
        raise ValueError(f"column {name} has empty rows")
    parts = [c.flatten() if shape else c for c in column.chunks]
    values = [np.asarray(p.to_numpy(zero_copy_only=False), dtype) for p in parts]
    joined = np.concatenate(values) if values else np.zeros(0, dtype)
    return frozen(joined.reshape(len(column), *shape))


def frozen(values: NDArray[Any]) -> NDArray[Any]:
    """The array itself, from now on read-only."""
    values.flags.writeable = False
    return values


@contextmanager
def refusal(path: Path) -> Iterator[None]:
    """What is wrong with the table at `path`, as a MediaError that names it."""
    try:
        yield
    except OSError as error:
        raise MediaError(path, _reason(error), error.strerror or str(error)) from error
    except (ValueError, TypeError, KeyError, pa.ArrowException) as error:
        raise MediaError(path, "not_a_table", str(error)) from error


def read_table(path: Path) -> pa.Table:
    """The whole Parquet file, and nothing of the folders above it: their names are no columns."""
    with pq.ParquetFile(path) as file:
        return file.read()


def _reason(error: OSError) -> str:
    """Arrow reports damaged pages as OSError too, without an errno."""
    reasons = {errno.ENOENT: "missing", errno.EACCES: "denied", errno.ENOSPC: "scratch_full"}
    return reasons.get(error.errno or 0, "not_a_table")


def _plain_number(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be kept as JSON")


def _array(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, type=kind) if pa.types.is_fixed_size_list(kind) else flat

"""Pictures and sound to and from Parquet, Arrow and pandas.

Packets are in `engine.features.convert_packets`, whole folders in `engine.features.folder`.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from engine.features.arrow import (
    META_KEY,
    check_columns,
    column_of,
    facts_of,
    field_of,
    frozen,
    read_table,
    refusal,
    table_of,
)
from engine.features.scratch import ScratchColumns
from engine.features.tables import (
    AUDIO_COLUMNS,
    AUDIO_SCHEMA,
    FRAME_SCHEMA,
    SCALARS,
    WIDE,
    AudioTable,
    FrameTable,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "BATCH",
    "META_KEY",
    "audio_from_arrow",
    "audio_to_arrow",
    "audio_to_pandas",
    "frames_from_arrow",
    "frames_to_arrow",
    "frames_to_pandas",
    "read_audio",
    "read_frames",
    "write_audio",
    "write_frames",
]

BATCH: Final = 4096
"""Rows of a row group: what is held in memory at a time of wide columns."""


def frames_to_arrow(frames: FrameTable, first: int = 0, end: int | None = None) -> pa.Table:
    """Pictures `first` to `end` (all, unless told) as an Arrow table.

    Wide columns are named ``wide.NAME`` and become fixed-size lists, flattened row by row. The
    schema's metadata holds what the columns do not.
    """
    columns: dict[str, NDArray[Any]] = {n: values[first:end] for n, values in frames.columns.items()}
    columns |= {_wide(n): values[first:end] for n, values in frames.wide.items()}
    facts = {
        "time_base": str(frames.time_base),
        "undecodable": frames.undecodable.tolist(),
        **{n: getattr(frames, n) for n in _FRAME_FACTS},
    }
    return table_of(_frame_fields(), columns, FRAME_SCHEMA, facts)


def frames_from_arrow(table: pa.Table) -> FrameTable:
    """The opposite of `frames_to_arrow`.

    Raises
    ------
    ValueError
        The table is not a FrameTable of this schema version, or a column is missing.
    """
    facts = facts_of(table.schema, FRAME_SCHEMA)
    check_columns(table.schema, _frame_fields())
    return _frames(facts, _scalar_columns(table), _wide_columns(table))


def audio_to_arrow(audio: AudioTable) -> pa.Table:
    """Sound rows as an Arrow table; the schema's metadata holds what the columns do not."""
    facts = {"undecodable": audio.undecodable.tolist(), **{n: getattr(audio, n) for n in _AUDIO_FACTS}}
    return table_of(_audio_fields(), audio.columns, AUDIO_SCHEMA, facts)


def audio_from_arrow(table: pa.Table) -> AudioTable:
    """The opposite of `audio_to_arrow`.

    Raises
    ------
    ValueError
        The table is not an AudioTable of this schema version, or a column is missing.
    """
    facts = facts_of(table.schema, AUDIO_SCHEMA)
    check_columns(table.schema, _audio_fields())
    return AudioTable(
        undecodable=frozen(np.asarray(facts["undecodable"], np.int32)),
        columns={n: column_of(table, n, (), d) for n, d in AUDIO_COLUMNS.items()},
        **{n: facts[n] for n in _AUDIO_FACTS},
    )


def write_frames(frames: FrameTable, path: Path) -> None:
    """Write a FrameTable as Parquet, 4,096 pictures at a time."""
    empty = frames_to_arrow(frames, 0, 0)
    with pq.ParquetWriter(path, empty.schema, compression="zstd") as writer:
        for first in range(0, len(frames), BATCH):
            writer.write_table(frames_to_arrow(frames, first, first + BATCH))


def read_frames(path: Path) -> FrameTable:
    """Read a FrameTable from Parquet; wide columns go to scratch files, as when they were measured.

    Raises
    ------
    MediaError
        ``not_a_table``: another schema version, or no Parquet file of ours. ``missing``,
        ``denied``, and ``scratch_full`` where there is no room for the wide columns.
    """
    with refusal(path), pq.ParquetFile(path) as file:
        facts = facts_of(file.schema_arrow, FRAME_SCHEMA)
        check_columns(file.schema_arrow, _frame_fields())
        scalars = file.read([*SCALARS])
        wide = ScratchColumns(WIDE)
        try:
            for batch in file.iter_batches(BATCH, columns=[_wide(n) for n in WIDE]):
                wide.extend(_wide_columns(pa.Table.from_batches([batch])), len(batch))
        except BaseException:
            wide.close()
            raise
        return _frames(facts, _scalar_columns(scalars), wide.finish())


def write_audio(audio: AudioTable, path: Path) -> None:
    """Write an AudioTable as Parquet."""
    pq.write_table(audio_to_arrow(audio), path, compression="zstd")


def read_audio(path: Path) -> AudioTable:
    """Read an AudioTable from Parquet; raises as `read_frames`."""
    with refusal(path):
        return audio_from_arrow(read_table(path))


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


def _frame_fields() -> list[pa.Field]:
    scalars = [field_of(n, (), d) for n, d in SCALARS.items()]
    return scalars + [field_of(_wide(n), s, d) for n, (s, d) in WIDE.items()]


def _audio_fields() -> list[pa.Field]:
    return [field_of(n, (), d) for n, d in AUDIO_COLUMNS.items()]


def _scalar_columns(table: pa.Table) -> dict[str, NDArray[Any]]:
    return {n: column_of(table, n, (), d) for n, d in SCALARS.items()}


def _wide_columns(table: pa.Table) -> dict[str, NDArray[Any]]:
    return {n: column_of(table, _wide(n), s, d) for n, (s, d) in WIDE.items()}


def _frames(facts: dict[str, Any], columns: dict[str, NDArray[Any]], wide: dict[str, NDArray[Any]]) -> FrameTable:
    return FrameTable(
        time_base=Fraction(facts["time_base"]),
        undecodable=frozen(np.asarray(facts["undecodable"], np.int32)),
        columns=columns,
        wide=wide,
        **{n: facts[n] for n in _FRAME_FACTS},
    )

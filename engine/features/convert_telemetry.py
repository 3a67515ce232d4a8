"""Times of day that tracks state, to and from Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.features.arrow import check_columns, column_of, facts_of, field_of, read_table, refusal, table_of
from engine.media.telemetry import TimeTrack

TELEMETRY_SCHEMA: Final = "unbroken.telemetry/1"


def telemetry_to_arrow(tracks: Sequence[TimeTrack]) -> pa.Table:
    """All tracks as one Arrow table, a row a time; what each track is stands in the schema's metadata."""
    columns: dict[str, Any] = {
        "track": np.repeat(np.arange(len(tracks), dtype=np.int16), [len(t) for t in tracks]),
        "seconds": np.concatenate([t.seconds for t in tracks]) if tracks else np.zeros(0),
        "times": np.concatenate([t.times for t in tracks]) if tracks else np.zeros(0),
    }
    described = [{"form": t.form, "stream": t.stream, "uncertainty_s": t.uncertainty_s} for t in tracks]
    return table_of(_fields(), columns, TELEMETRY_SCHEMA, {"tracks": described})


def telemetry_from_arrow(table: pa.Table) -> tuple[TimeTrack, ...]:
    """The opposite of `telemetry_to_arrow`.

    Raises
    ------
    ValueError
        The table is none of this schema version, or a column is missing.
    """
    facts = facts_of(table.schema, TELEMETRY_SCHEMA)
    check_columns(table.schema, _fields())
    track = column_of(table, "track", (), np.int16)
    seconds, times = column_of(table, "seconds", (), np.float64), column_of(table, "times", (), np.float64)
    return tuple(
        TimeTrack(
            str(said["form"]), int(said["stream"]), seconds[track == n], times[track == n], float(said["uncertainty_s"])
        )
        for n, said in enumerate(facts.get("tracks", ()))
    )


def write_telemetry(tracks: Sequence[TimeTrack], path: Path) -> None:
    """Write tracks as Parquet."""
    pq.write_table(telemetry_to_arrow(tracks), path, compression="zstd")


def read_telemetry(path: Path) -> tuple[TimeTrack, ...]:
    """Read tracks from Parquet.

    Raises
    ------
    MediaError
        ``not_a_table``: another schema version, or no Parquet file of ours. ``missing``, ``denied``.
    """
    with refusal(path):
        return telemetry_from_arrow(read_table(path))


def _fields() -> list[pa.Field]:
    return [field_of("track", (), np.int16), field_of("seconds", (), np.float64), field_of("times", (), np.float64)]

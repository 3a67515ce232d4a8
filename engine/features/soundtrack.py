"""Decoded sound to the rows of the AudioTable: 10 ms each, holes in the timestamps kept."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.features.scratch import ScratchColumns
from engine.features.speech import NOT_MEASURED, SpeechMeter
from engine.features.tables import AUDIO_COLUMNS, AudioTable
from engine.kernels import sound
from engine.media.model import NO_TIME
from engine.media.samples import Samples

ROWS_A_SECOND: Final = 100
_HEARD: Final = frozenset({"speech", "voiced"})
_MEASURED: Final = {name: dtype for name, dtype in AUDIO_COLUMNS.items() if name not in _HEARD}
"""Columns that are written row by row; those of speech come at the end."""
GAP_S: Final = 0.005
"""A step of the timestamps beyond this (and two ticks) is a hole; less is a muxer's rounding."""
LONGEST_HOLE_S: Final = 6 * 3600
"""A longer hole is taken for a wrong clock: the rows go on without it."""


class SoundTrack:
    """Collects sound in decoding order.

    Parameters
    ----------
    time_base
        Seconds a tick of the stream.
    place
        Stored ticks -> presentation ticks, None for sound that is never presented.
    meter
        Listens for speech; without one it is not looked for.
    """

    def __init__(
        self, time_base: Fraction, place: Callable[[int], int | None], meter: SpeechMeter | None = None
    ) -> None:
        self._meter = meter
        self._base = time_base
        self._tick = float(time_base)
        self._place = place
        self._rows = ScratchColumns({name: ((), dtype) for name, dtype in _MEASURED.items()})
        self._start: int | None = None  # presentation ticks of row 0
        self._last = 0  # presentation ticks of the last run of samples
        self._length = 0.0  # and its length, ticks
        self._counted = 0.0  # seconds of samples and holes since row 0
        self._run: list[NDArray[np.int16]] = []  # samples since the last whole row
        self._held = 0
        self._run_rows = 0  # rows written since the run began
        self._before: int | None = None
        self.rate = 0
        self.channels = 0

    def add(self, samples: Samples) -> None:
        """Add a run of samples that follows the last one."""
        at = self._time(samples.pts)
        if at is None:
            return
        if samples.rate != self.rate:
            self._end_run()
            self.rate = samples.rate
            self.channels = self.channels or samples.channels
        if self._start is None:
            self._start = self._last = at
        self._fill(at)
        values = sound.mono(samples.values, samples.planar)
        self._run.append(values)
        if self._meter is not None:
            self._meter.add(values, samples.rate)
        self._held += len(values)
        self._counted += len(values) / samples.rate
        self._last, self._length = at, len(values) / samples.rate / self._tick
        if self._held >= self.rate:
            self._write_rows()

    def finish(self, origin: Fraction | None, undecodable: NDArray[np.int32]) -> AudioTable | None:
        """The table; None where no sound was presented.

        Parameters
        ----------
        origin
            Presentation time of the first picture, seconds; None without one: then the sound's
            own beginning is 0.
        undecodable
            Rows of the PacketTable from which no sound came.
        """
        self._end_run()
        columns = dict(self._rows.finish())
        if self._start is None:
            return None
        columns.update(self._speech(len(columns["rms"])))
        zero = self._start * self._base if origin is None else origin
        return AudioTable(
            start_s=float(self._start * self._base - zero),
            end_s=float(self._last * self._base - zero) + self._length * self._tick,
            sample_rate=self.rate,
            channels=self.channels,
            columns=columns,
            undecodable=undecodable,
        )

    def close(self) -> None:
        """Give up, for a pass that failed."""
        self._rows.close()

    def _time(self, pts: int) -> int | None:
        """Presentation ticks; without a timestamp the samples follow the last ones."""
        return round(self._last + self._length) if pts == NO_TIME else self._place(pts)

    def _fill(self, at: int) -> None:
        """Rows for a hole before `at`.

        Small steps are not filled, even where they add up: a sound clock that runs 1 % slow has no
        holes. Then `end_s` differs from `start_s` and the number of rows.
        """
        step = (at - self._last - self._length) * self._tick
        if not GAP_S + 2 * self._tick < step <= LONGEST_HOLE_S:
            return
        self._end_run()
        self._counted += step
        wanted = int(self._counted * ROWS_A_SECOND) - len(self._rows)
        if wanted > 0:
            self._rows.extend({n: np.zeros(wanted, d) for n, d in _MEASURED.items()}, wanted)
        if self._meter is not None:
            self._meter.begin(len(self._rows))

    def _write_rows(self) -> None:
        """All whole rows of the run so far."""
        first = self._run_rows * self.rate // ROWS_A_SECOND
        count = self._held * ROWS_A_SECOND // self.rate
        edges = (np.arange(self._run_rows, self._run_rows + count + 1) * self.rate) // ROWS_A_SECOND - first
        edges = edges[edges <= self._held]
        self._measure(edges.astype(np.int64))
        self._run_rows += len(edges) - 1

    def _measure(self, edges: NDArray[np.int64]) -> None:
        """Write the rows between `edges` and drop their samples."""
        values = np.concatenate(self._run)
        before = int(values[0]) if self._before is None else self._before
        measured = sound.frames(values, edges, before)
        self._rows.extend(_columns(measured, np.diff(edges)), len(edges) - 1)
        if edges[-1] > 0:
            self._before = int(values[edges[-1] - 1])
        rest = values[edges[-1] :]
        self._run = [rest] if len(rest) else []
        self._held = len(rest)

    def _end_run(self) -> None:
        """Write what is held, its last row shorter; the next samples begin a new run."""
        if self._held:
            self._write_rows()
        if self._held:
            self._measure(np.array([0, self._held], np.int64))
        self._run_rows = 0
        self._before = None
        if self._meter is not None:
            self._meter.begin(len(self._rows))

    def _speech(self, rows: int) -> dict[str, NDArray[np.uint8]]:
        if self._meter is not None:
            return self._meter.finish(rows)
        return {name: np.full(rows, NOT_MEASURED, np.uint8) for name in _HEARD}


def _columns(rows: sound.SoundRows, counts: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    safe = np.maximum(counts, 1)
    return {
        "rms": np.sqrt(rows.energy / safe),
        "peak": rows.peak,
        "zeros": rows.zeros / safe,
        "step": rows.step,
        "high": np.sqrt(rows.change / safe),
        "present": counts > 0,
    }

"""Peak memory of `inspect` on a short and a long recording."""

from __future__ import annotations

from typing import Final

from bench import samples, usage
from bench.results import Budget, Row, Settings, Suite
from bench.samples import Sample
from bench.stats import Spread

HOW = """\
Largest resident memory of any one process of `unbroken inspect`, one run each: all of it, and that without mapped
files (libraries, and the wide columns of the tables in their scratch files), which the system can take back whenever it
likes. The long recording is of 2 h (20 min in a quick run), nothing in it repeats; the last rows are for the 1080p
recording, whose pictures are the largest."""

SHORT_S: Final = 120
LONG_S: Final = 7200
QUICK_LONG_S: Final = 1200


def measure(settings: Settings) -> tuple[Row, ...]:
    """Short, long, and large pictures."""
    long = QUICK_LONG_S if settings.quick else LONG_S
    recordings = (_recording(SHORT_S), _recording(long), samples.FULL_HD)
    return tuple(row for sample in recordings for row in _rows(sample, settings))


def _recording(seconds: int) -> Sample:
    return Sample(f"memory-{seconds}s", 320, 180, seconds, samples.H264_CHEAP)


def _rows(sample: Sample, settings: Settings) -> list[Row]:
    path = sample.file(settings.cache)
    used = usage.watched([*usage.unbroken(), "inspect", str(path)], accept=(0, 1))
    what = f"{sample.name}, {sample.width} × {sample.height}, {sample.seconds} s"
    command = f"unbroken inspect {path}"
    return [
        Row(f"{what}: peak", "MB", _once(used.peak_mb), command, budget=Budget(400.0, "at most", "own")),
        Row(f"{what}: peak without mapped files", "MB", _once(used.own_mb), command),
    ]


def _once(value: float) -> Spread:
    return Spread(value, value, value, 1)


SUITE = Suite("memory", "Memory", HOW, measure)

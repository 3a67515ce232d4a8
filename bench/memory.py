"""Peak memory of `inspect` on a short and a long recording."""

from __future__ import annotations

from typing import Final

from bench import samples, usage
from bench.results import Budget, Row, Settings, Suite
from bench.samples import Sample
from bench.stats import Spread

HOW = """\
Largest resident memory of any one process of `unbroken inspect`, one run each. The long recording is of 2 h (20 min in
a quick run), nothing in it repeats; the third row is the 1080p recording, whose pictures are the largest."""

SHORT_S: Final = 120
LONG_S: Final = 7200
QUICK_LONG_S: Final = 1200


def measure(settings: Settings) -> tuple[Row, ...]:
    """Short, long, and large pictures."""
    long = QUICK_LONG_S if settings.quick else LONG_S
    short_row, long_row = (_row(_recording(seconds), settings) for seconds in (SHORT_S, long))
    return (short_row, long_row, _row(samples.FULL_HD, settings))


def _recording(seconds: int) -> Sample:
    return Sample(f"memory-{seconds}s", 320, 180, seconds, samples.H264_CHEAP)


def _row(sample: Sample, settings: Settings) -> Row:
    path = sample.file(settings.cache)
    peak = usage.process([*usage.unbroken(), "inspect", str(path)], accept=(0, 1)).peak_mb
    return Row(
        what=f"{sample.name}, {sample.width} × {sample.height}, {sample.seconds} s, peak of a process",
        unit="MB",
        own=Spread(peak, peak, peak, 1),
        budget=Budget(400.0, "at most", "own"),
        command=f"unbroken inspect {path}",
    )


SUITE = Suite("memory", "Memory", HOW, measure)

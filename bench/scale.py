"""Proofs of a recording of a day: memory of every command, and how long changes take to be located."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from bench import day, proofs, usage
from bench.results import Budget, Row, Settings, Suite
from bench.samples import RATE
from bench.stats import Spread

HOW = """\
A recording of 24 h with sound (2 h in a quick run): 2.16 million pictures and 4.05 million sound frames, whose packets
are numbered repeats of those of a short recording, no two alike, and small, because their size does not enter the
proof. Largest resident memory of any one process of each command, one run each, and its processor time; of the memory
some 260 MB are FFmpeg's own index of such a file while it is open. `located`: a copy of an hour with thousands of
edits all over pictures and sound; the time from the last packet's digest to the answer, in process."""

DAY_S: Final = 86_400
QUICK_S: Final = 7_200
HOUR_S: Final = 3_600
EDITS: Final = 4_000
SAMPLE: Final = 500


def measure(settings: Settings) -> tuple[Row, ...]:
    """Commands on the day, then locating in the hour."""
    settings.cache.mkdir(parents=True, exist_ok=True)
    seconds = QUICK_S if settings.quick else DAY_S
    with proofs.scratch(settings.cache) as folder:
        path = proofs.linked(day.recording(settings.cache, seconds), folder)
        rows = commands(path, seconds)
        changed = day.altered(settings.cache, seconds, EDITS)
        return (*rows, compared(changed, path, seconds), located(settings.cache, folder))


def commands(path: Path, seconds: int) -> list[Row]:
    """Memory of sealing, verifying, proving a frame, and of a sample."""
    frame = str(seconds * RATE * 9 // 10)
    runs = (
        ("seal", ["seal", str(path)]),
        ("verify, untouched", ["verify", str(path)]),
        ("prove one frame", ["prove", str(path), "--frame", frame]),
        (f"verify --sample {SAMPLE}", ["verify", str(path), "--sample", str(SAMPLE)]),
    )
    rows: list[Row] = []
    for what, arguments in runs:
        used = usage.process([*usage.unbroken(), *arguments])
        command = f"unbroken {' '.join(arguments)}"
        named = f"{seconds // 3600} h with sound, {what}"
        rows.append(Row(f"{named}: peak", "MB", _once(used.peak_mb), command, budget=Budget(400.0, "at most", "own")))
        rows.append(Row(f"{named}: processor time", "s", _once(used.cpu_s), command))
    return rows


def compared(copy: Path, source: Path, seconds: int) -> Row:
    """Memory of comparing a changed copy leaf by leaf: the one thing that holds both sides' leaves."""
    arguments = ["verify", str(copy), "--proof", f"{source}.unbroken.json"]
    used = usage.process([*usage.unbroken(), *arguments], accept=(1,))
    what = f"{seconds // 3600} h with sound, verify of a copy with {EDITS} edits: peak"
    return Row(what, "MB", _once(used.peak_mb), f"unbroken {' '.join(arguments)}")


def located(cache: Path, folder: Path) -> Row:
    """From the last packet to the answer."""
    source = proofs.linked(day.recording(cache, HOUR_S), folder)
    proofs.seal(source)
    copy = day.altered(cache, HOUR_S, EDITS)
    seconds, runs = _locate(copy, source.with_name(f"{source.name}.unbroken.json"))
    return Row(
        what=f"located: {EDITS} edits in {HOUR_S * RATE} pictures with sound, {runs} runs of changed pictures",
        unit="s",
        own=_once(seconds),
        budget=Budget(5.0, "at most", "own"),
        command=f"unbroken verify {copy.name} --proof {source.name}.unbroken.json",
    )


def _locate(copy: Path, proof: Path) -> tuple[float, int]:
    """Wall time from the last tick of the packets' pass to the answer, and how many runs it names.

    Raises
    ------
    RunError
        If the copy is not found to differ.
    """
    from engine.proofs.verify import Status, verify

    last = time.perf_counter()

    def tick(_done: float, _total: float) -> None:
        nonlocal last
        last = time.perf_counter()

    result = verify(copy, proof, tick=tick)
    if result.status is not Status.NOT_OK:
        raise usage.RunError(f"verify {copy}: {result.status} {result.reason}")
    return time.perf_counter() - last, len(result.frames)


def _once(value: float) -> Spread:
    return Spread(value, value, value, 1)


SUITE = Suite("scale", "Proofs of a day", HOW, measure)

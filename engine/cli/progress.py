"""How a batch shows how far it is: a bar on a terminal, JSON lines, or nothing."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from engine.archive.pool import Standing
from engine.cli.common import ProgressMode, bilingual

Watch = Callable[[Standing], None]
JSON_EVERY_S: Final = 0.5
BAR_AFTER_S: Final = 0.5
"""Shorter work shows no bar, and does not pay for what draws it."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What the ticks of a task count, as a JSON event and as a bar tell it."""

    facts: Callable[[Standing], dict[str, Any]]
    pace: Callable[[Standing], str]


def _footage_facts(standing: Standing) -> dict[str, Any]:
    running = [{"path": os.fsdecode(p), "at_s": round(a, 2), "of_s": round(t, 2)} for p, a, t in standing.running]
    return {"seconds_done": round(standing.seconds_done, 2), "running": running}


def _footage_pace(standing: Standing) -> str:
    return bilingual(f"{speed(standing):.1f}× real time", f"{speed(standing):.1f} 倍速")


def _bytes_facts(standing: Standing) -> dict[str, Any]:
    running = [
        {"path": os.fsdecode(p), "share": round(min(1.0, a / t), 4) if t else 0.0} for p, a, t in standing.running
    ]
    return {"bytes_done": round(standing.share * standing.size), "bytes": standing.size, "running": running}


def _bytes_pace(standing: Standing) -> str:
    done, whole = standing.share * standing.size / 1e9, standing.size / 1e9
    return f"{done:.2f}/{whole:.2f} GB  {done / max(standing.elapsed_s, 1e-3):.2f} GB/s"


FOOTAGE: Final = Measure(_footage_facts, _footage_pace)
"""Ticks are seconds of footage."""
BYTES: Final = Measure(_bytes_facts, _bytes_pace)
"""Ticks are bytes, of all passes that a file needs."""


@contextmanager
def watching(mode: ProgressMode, measure: Measure = FOOTAGE) -> Iterator[Watch | None]:
    """What to hand to `engine.archive.pool.run` as `watch`. Everything goes to standard error."""
    if mode is ProgressMode.JSON:
        yield _json_lines(measure)
    elif mode is ProgressMode.AUTO and sys.stderr.isatty():
        with ExitStack() as stack:
            yield _late_bar(stack, measure)
    else:
        yield None


def _late_bar(stack: ExitStack, measure: Measure) -> Watch:
    bars: list[Watch] = []

    def watch(standing: Standing) -> None:
        if not bars and standing.elapsed_s >= BAR_AFTER_S:
            bars.append(stack.enter_context(_bar(measure)))
        for bar in bars:
            bar(standing)

    return watch


def _json_lines(measure: Measure) -> Watch:
    last: list[float] = [-JSON_EVERY_S]

    def watch(standing: Standing) -> None:
        now = time.monotonic()
        at_end = standing.files_done == standing.files
        if math.isinf(last[0]) or (now - last[0] < JSON_EVERY_S and not at_end):
            return
        last[0] = math.inf if at_end else now
        print(json.dumps(facts(standing, measure)), file=sys.stderr, flush=True)

    return watch


def facts(standing: Standing, measure: Measure = FOOTAGE) -> dict[str, Any]:
    """A progress event."""
    return {
        "event": "progress",
        "files_done": standing.files_done,
        "files": standing.files,
        "elapsed_s": round(standing.elapsed_s, 2),
        "share": round(standing.share, 4),
        **measure.facts(standing),
    }


def speed(standing: Standing) -> float:
    """Seconds of footage a second."""
    return standing.seconds_done / max(standing.elapsed_s, 1e-3)


def time_left(standing: Standing) -> float | None:
    """Seconds left, by share of bytes; None while nothing can be said."""
    if standing.share < 0.01 or standing.elapsed_s < 1:
        return None
    return standing.elapsed_s * (1 - standing.share) / standing.share


@contextmanager
def _bar(measure: Measure) -> Iterator[Watch]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=1.0, note="")

        def watch(standing: Standing) -> None:
            progress.update(task, completed=standing.share, description=_head(standing), note=_note(standing, measure))

        yield watch


def _head(standing: Standing) -> str:
    return bilingual(f"{standing.files_done}/{standing.files} files", f"{standing.files_done}/{standing.files} 个文件")


def _note(standing: Standing, measure: Measure) -> str:
    left = time_left(standing)
    name = os.path.basename(standing.running[0][0]) if standing.running else ""
    name = "".join(c if c.isprintable() and c not in "[]" else "?" for c in name)[:32]
    remaining = "" if left is None else bilingual(f"{_short(left)} left", f"剩余 {_short(left)}")
    return "  ".join(part for part in (measure.pace(standing), remaining, name) if part)


def _short(seconds: float) -> str:
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"

"""What a run costs: wall time, processor time, peak memory; of a call, or of a whole process."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.starter import WATCH

_STARTER: Final = str(Path(__file__).with_name("starter.py"))


@dataclass(frozen=True, slots=True)
class Usage:
    """Cost of one run.

    Attributes
    ----------
    wall_s, cpu_s
        Wall time; processor time of all threads, and of child processes where it is a process.
    peak_mb
        Largest resident memory (10^6 bytes) of any one process of the run, mapped files included; 0
        for a call.
    own_mb
        The same without mapped files, which the system can take back; 0 unless it was watched.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float = 0.0
    own_mb: float = 0.0


class RunError(Exception):
    """A measured command ended otherwise than it should."""


def call(work: Callable[[], object]) -> Usage:
    """Cost of calling `work` in this process."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Usage(time.perf_counter() - wall, time.process_time() - cpu)


def process(command: Sequence[str], accept: Sequence[int] = (0,)) -> Usage:
    """Cost of running `command` to its end, its output thrown away."""
    return _started(list(command), command, accept)


def watched(command: Sequence[str], accept: Sequence[int] = (0,)) -> Usage:
    """`process`, with an eye on the memory, which takes a little time of its own."""
    return _started([WATCH, *command], command, accept)


def _started(arguments: list[str], command: Sequence[str], accept: Sequence[int]) -> Usage:
    """Run by the starter.

    A starter of a few MB stands between: a child's peak memory starts with that of the process it
    was forked from, and this one may be large.

    Raises
    ------
    RunError
        If the exit code is not one of `accept`.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-S", _STARTER, *arguments], capture_output=True, text=True, check=False
    )
    try:
        told = json.loads(done.stdout)
    except ValueError as error:
        raise RunError(f"{' '.join(command)}: could not be started: {done.stderr.strip()[-400:]}") from error
    if told["code"] not in accept:
        raise RunError(f"{' '.join(command)}: exit code {told['code']}: {done.stderr.strip()[-400:]}")
    return Usage(told["wall_s"], told["cpu_s"], told["peak_mb"], told["own_mb"])


def unbroken() -> list[str]:
    """The command line of the engine that belongs to this interpreter."""
    script = Path(sys.executable).with_name("unbroken")
    return [str(script)] if script.exists() else [sys.executable, "-m", "engine.cli.main"]

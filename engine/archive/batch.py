"""Many files examined, several at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from engine.archive.guarding import DEFAULTS, Inspected, Options, failed
from engine.archive.inspect import inspect_with_exhibits
from engine.archive.pool import Standing, Tick, plan, run
from engine.findings import FileReport


def inspect_many(
    paths: Iterable[str | os.PathLike[str]],
    options: Options = DEFAULTS,
    jobs: int | None = None,
    watch: Callable[[Standing], None] | None = None,
) -> tuple[FileReport, ...]:
    """Examine files, each in a worker process; a file that breaks its worker harms no other.

    Parameters
    ----------
    paths
        Files; `engine.archive.inputs.resolve` makes them from folders and globs.
    options
        See `Options`; `threads` is chosen so that all workers together fill the processors.
    jobs
        Files at a time; by processors if None.
    watch
        Called in this thread with how far the batch has come.

    Returns
    -------
    tuple of FileReport
        In the order of `paths`.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, after the workers have ended.
    """
    names = [os.fspath(p) for p in paths]
    at_a_time, threads = plan(len(names), jobs)
    batch = run(partial(work, options=replace(options, threads=threads)), names, lost, at_a_time, watch)
    if batch.interrupted:
        raise KeyboardInterrupt
    return tuple(result.report for result in batch.results)


def work(path: str, tick: Tick, options: Options) -> Inspected:
    """What a worker does with a file."""
    return inspect_with_exhibits(path, options, tick)


def lost(path: str, reason: str, detail: str) -> Inspected:
    """The result of a file whose worker gave none."""
    return Inspected(failed(path, reason, detail))

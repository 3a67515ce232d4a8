"""A run over several files: what is done with each, and what all views are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine._version import __version__
from engine.archive.batch import work
from engine.archive.guarding import Inspected, Options
from engine.archive.pool import Task, Tick
from engine.archive.selftest import SelfTest, vectors
from engine.findings import FileReport
from engine.report.entry import EngineInfo, document, entry_bytes
from engine.report.summary import exit_facts


def task(options: Options) -> Task[Inspected]:
    """What a worker does with a file: examine it."""
    return partial(work, options=options)


def sealing_task(options: Options, out_dir: str | None) -> Task[Inspected]:
    """What a worker does with a file: examine and seal it; the proof binds the report's entry."""
    return partial(_examine_and_seal, options=options, out_dir=out_dir)


def _examine_and_seal(path: str, tick: Tick, options: Options, out_dir: str | None) -> Inspected:
    from engine.archive.sealing import Sealing, inspect_and_seal

    return inspect_and_seal(path, Sealing(entry_bytes, out_dir), options, tick)


@dataclass(frozen=True, slots=True)
class Run:
    """Results in the order of the input, and what they hold for."""

    results: tuple[Inspected, ...]
    engine: EngineInfo
    interrupted: bool = False

    @staticmethod
    def of(results: Sequence[Inspected], options: Options, interrupted: bool = False) -> Run:
        """A run of this engine, with its self-test by known vectors."""
        return Run(tuple(results), engine_info(options, vectors()), interrupted)

    @property
    def reports(self) -> tuple[FileReport, ...]:
        return tuple(r.report for r in self.results)

    def document(self) -> dict[str, Any]:
        """The report as JSON values."""
        return document(self.reports, self.engine)

    def exit_facts(self) -> tuple[bool, bool]:
        """(something found, something not examined)."""
        return exit_facts(self.reports)


def engine_info(options: Options, selftest: SelfTest) -> EngineInfo:
    """What results hold for. Threads and views bear on no result and are left out."""
    pack = options.pack
    bearing: Mapping[str, Any] = {"level": options.level}
    return EngineInfo(__version__, pack.name, pack.blake3, bearing, selftest)

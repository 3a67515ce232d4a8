"""Plain decode of picture and sound, beside `inspect`."""

from __future__ import annotations

import sys
from pathlib import Path

import engine
from bench import samples, usage
from bench.plain_decode import decode
from bench.results import Budget, Row, Settings, Suite
from bench.samples import Sample
from bench.stats import interleave, ratios, spread
from bench.usage import Usage

HOW = """\
The peer decodes the same picture and sound streams with as many threads and does nothing with them (the
program stands below). *In process*: `engine.inspect(path)` with its kernels compiled, after one run of each
that does not count. *Whole process*: `unbroken inspect`, from start to exit, against `python
bench/plain_decode.py`: start, worker process and loading of compiled kernels included."""


def measure(settings: Settings) -> tuple[Row, ...]:
    """Three recordings in process, the first of them also as whole processes."""
    rows: list[Row] = []
    kept = Budget(1.25, "at most")
    for sample in (samples.FULL_HD, samples.HD, samples.FULL_HD_HEVC):
        path = recording(sample, settings)
        budget = kept if sample is samples.FULL_HD else None
        rows += in_process(sample, path, settings.rounds(7), budget)
        if sample is samples.FULL_HD:
            rows += whole_process(sample, path, settings.rounds(5))
    return tuple(rows)


def recording(sample: Sample, settings: Settings) -> Path:
    """The sample, in a quick run its first 8 seconds."""
    path = sample.file(settings.cache)
    return samples.cut(path, 8) if settings.quick else path


def in_process(sample: Sample, path: Path, rounds: int, budget: Budget | None) -> list[Row]:
    """Wall and processor time of `engine.inspect` against plain decode."""
    examine(path)
    peers, owns = interleave(
        rounds, lambda: usage.call(lambda: decode(str(path))), lambda: usage.call(lambda: examine(path))
    )
    commands = (f'bench.plain_decode.decode("{path}")', f'engine.inspect("{path}")')
    return pair_rows(f"{sample.name}, in process", peers, owns, commands, budget)


def examine(path: Path) -> None:
    """`engine.inspect`, which must have examined the recording: a fast failure is no result."""
    report = engine.inspect(path)
    if report.verdict is engine.Verdict.NOT_EXAMINABLE:
        raise usage.RunError(f"engine.inspect({path}): {report.reason} {report.error or ''}")


def whole_process(sample: Sample, path: Path, rounds: int) -> list[Row]:
    """Wall and processor time of the command against the peer's program."""
    peer = [sys.executable, str(Path(__file__).with_name("plain_decode.py")), str(path)]
    own = [*usage.unbroken(), "inspect", str(path)]
    peers, owns = interleave(rounds, lambda: usage.process(peer), lambda: usage.process(own, accept=(0, 1)))
    return pair_rows(
        f"{sample.name}, whole process",
        peers,
        owns,
        (f"python bench/plain_decode.py {path}", f"unbroken inspect {path}"),
        None,
    )


def pair_rows(
    what: str, peers: list[Usage], owns: list[Usage], commands: tuple[str, str], budget: Budget | None
) -> list[Row]:
    """Two rows of the same pairs, wall time and processor time."""
    rows = []
    for kind, field in (("wall time", "wall_s"), ("processor time", "cpu_s")):
        peer, own = ([float(getattr(u, field)) for u in side] for side in (peers, owns))
        rows.append(
            Row(
                what=f"{what}, {kind}",
                unit="s",
                own=spread(own),
                peer=spread(peer),
                ratio=ratios(peer, own),
                budget=budget,
                peer_command=commands[0],
                command=commands[1],
            )
        )
    return rows


SUITE = Suite("decode", "`inspect` against plain decode", HOW, measure)

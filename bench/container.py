"""`ffprobe -show_packets` and MediaInfo, beside ``inspect --level container``: nothing is decoded."""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median
from typing import Final

import engine
from bench import proofs, samples, usage
from bench.decode import pair_rows
from bench.results import Budget, Row, Settings, Suite
from bench.stats import interleave, ratios, slope, spread
from engine.archive.guarding import Options

HOW = """\
Files in a warm page cache. `ffprobe` lists every packet; MediaInfo reads the container and, with `--ParseSpeed=1`,
every packet; `inspect --level container` reads every packet, what coded pictures count, and the container's structure,
runs the detectors, and hashes the file with BLAKE3. Its start (interpreter, worker process, kernels) is part of
a whole process and paid once a call, however many files; *between two sizes* it cancels. *In process*: after one run
that does not count. The recordings are looped."""

FFPROBE: Final = ("ffprobe", "-v", "error", "-show_packets", "-of", "csv")
MEDIAINFO: Final = ("mediainfo", "--Full", "--ParseSpeed=1")


def measure(settings: Settings) -> tuple[Row, ...]:
    """Two codecs: pairs of whole processes on a small and a large file, then bytes a second in process."""
    rows: list[Row] = []
    for sample in (samples.FULL_HD, samples.FULL_HD_HEVC):
        base = sample.file(settings.cache)
        with proofs.scratch(settings.cache) as folder:
            times = (6, 36) if settings.quick else (6, 60)
            small, large = (proofs.linked(samples.looped(base, n), folder) for n in times)
            for path in (small, large):
                proofs.warm(path)
            rows += _beside("ffprobe", FFPROBE, small, large, sample.name, settings)
            if shutil.which("mediainfo"):
                rows += _beside("mediainfo", MEDIAINFO, small, large, sample.name, settings)
            rows.append(_per_core(large, sample.name, settings))
    return tuple(rows)


def _beside(
    peer: str, command: tuple[str, ...], small: Path, large: Path, name: str, settings: Settings
) -> list[Row]:  # fmt: skip
    """Whole processes in turn on the large file, and what a byte more costs: starting up cancels."""
    pairs = {path: _pairs(command, path, settings.rounds(5)) for path in (small, large)}
    size = {path: path.stat().st_size / 1e6 for path in (small, large)}
    commands = (f"{' '.join(command)} {large.name}", f"unbroken inspect {large.name} --level container")
    what = f"{name}, {size[large]:.0f} MB, against {peer}"
    rows = pair_rows(f"{what}, whole process", *pairs[large], commands, None)
    peers, owns = (
        slope(
            (size[small], median(u.cpu_s for u in pairs[small][n])),
            (size[large], median(u.cpu_s for u in pairs[large][n])),
        )
        for n in (0, 1)
    )
    more = f"{name}, against {peer}, bytes by processor time between {size[small]:.0f} and {size[large]:.0f} MB"
    rows.append(
        Row(what=more, unit="MB/s a core", own=spread([owns]), peer=spread([peers]), ratio=ratios([peers], [owns]),
            peer_command=commands[0], command=commands[1])
    )  # fmt: skip
    return rows


def _pairs(command: tuple[str, ...], path: Path, rounds: int) -> tuple[list[usage.Usage], list[usage.Usage]]:
    own = [*usage.unbroken(), "inspect", str(path), "--level", "container"]
    return interleave(
        rounds, lambda: usage.process([*command, str(path)]), lambda: usage.process(own, accept=(0, 1))
    )  # fmt: skip


def _per_core(path: Path, name: str, settings: Settings) -> Row:
    """MB by processor time, after one run that does not count."""
    _examine(path)
    size = path.stat().st_size / 1e6
    values = [size / usage.call(lambda: _examine(path)).cpu_s for _ in range(settings.rounds(7))]
    return Row(
        what=f"{name}, {size:.0f} MB, in process, bytes by processor time",
        unit="MB/s a core",
        own=spread(values),
        budget=Budget(500.0, "at least", "own"),
        command=f'engine.inspect("{path.name}", Options(level="container"))',
    )


def _examine(path: Path) -> None:
    """Must have examined the recording: a fast failure is no result."""
    report = engine.inspect(path, Options(level="container"))
    if report.verdict is engine.Verdict.NOT_EXAMINABLE:
        raise usage.RunError(f"engine.inspect({path}): {report.reason} {report.error or ''}")


SUITE = Suite("container", "Triage without decoding, against `ffprobe` and MediaInfo", HOW, measure)

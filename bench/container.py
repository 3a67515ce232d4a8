"""`ffprobe -show_packets` and MediaInfo, beside ``inspect --level container``: nothing is decoded."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import engine
from bench import proofs, samples, usage
from bench.decode import pair_rows
from bench.results import Budget, Row, Settings, Suite
from bench.stats import interleave, spread
from engine.archive.guarding import Options

HOW = """\
Files in a warm page cache. `ffprobe` lists every packet; MediaInfo reads the container and, with `--ParseSpeed=1`,
every packet; `inspect --level container` reads every packet, what coded pictures count, and the container's structure,
runs the detectors, and hashes the file with BLAKE3. MB/s a core are bytes by processor time, in process. The recordings
are looped, so their length is that of an archive's file."""

FFPROBE: Final = ("ffprobe", "-v", "error", "-show_packets", "-of", "csv")
MEDIAINFO: Final = ("mediainfo", "--Full", "--ParseSpeed=1")


def measure(settings: Settings) -> tuple[Row, ...]:
    """Two codecs: pairs of whole processes, then bytes a second in process."""
    rows: list[Row] = []
    for sample in (samples.FULL_HD, samples.FULL_HD_HEVC):
        source = samples.looped(sample.file(settings.cache), 6 if settings.quick else 48)
        with proofs.scratch(settings.cache) as folder:
            path = proofs.linked(source, folder)
            proofs.warm(path)
            rows += _beside("ffprobe", FFPROBE, path, sample.name, settings)
            if shutil.which("mediainfo"):
                rows += _beside("mediainfo", MEDIAINFO, path, sample.name, settings)
            rows.append(_per_core(path, sample.name, settings))
    return tuple(rows)


def _beside(peer: str, command: tuple[str, ...], path: Path, name: str, settings: Settings) -> list[Row]:
    """Whole processes in turn."""
    own = [*usage.unbroken(), "inspect", str(path), "--level", "container"]
    peers, owns = interleave(
        settings.rounds(7),
        lambda: usage.process([*command, str(path)]),
        lambda: usage.process(own, accept=(0, 1)),
    )
    commands = (f"{' '.join(command)} {path.name}", f"unbroken inspect {path.name} --level container")
    size = path.stat().st_size / 1e6
    return pair_rows(f"{name}, {size:.0f} MB, against {peer}, whole process", peers, owns, commands, None)


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

"""`ffmpeg -f framehash -c copy`, beside `seal`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bench import proofs, samples, usage
from bench.decode import pair_rows
from bench.results import Budget, Row, Settings, Suite
from bench.samples import Sample
from bench.stats import interleave, spread

HOW = """\
Files in a warm page cache. `ffmpeg` hashes each packet with SHA-256; `seal` reads the packets' units, hashes
each with BLAKE3, and the whole file with BLAKE3 and SHA-256, builds the tree, and writes the proof. GB/s a core are
bytes by processor time, in process, the proof written and removed each time."""

LOW_RATE: Final = Sample("h264-low-rate", 320, 180, 600, samples.H264_CHEAP)


def measure(settings: Settings) -> tuple[Row, ...]:
    """The pair on a recording of 8 Mb/s, then the cost a byte and a packet in process."""
    base = samples.FULL_HD.file(settings.cache)
    high = samples.looped(base, 6 if settings.quick else 24)
    low = LOW_RATE.file(settings.cache)
    with proofs.scratch(settings.cache) as folder:
        files = [proofs.linked(p, folder) for p in (high, low)]
        for file in files:
            proofs.warm(file)
        return (
            *beside_ffmpeg(files[0], settings),
            per_core(files[0], settings),
            per_packet(files[1], settings),
        )


def beside_ffmpeg(path: Path, settings: Settings) -> list[Row]:
    """Whole processes."""
    peer = [*samples.FFMPEG, "-i", str(path), "-map", "0", "-c", "copy", "-f", "framehash", "-"]
    peers, owns = interleave(settings.rounds(7), lambda: usage.process(peer), lambda: _seal_process(path))
    size = path.stat().st_size / 1e6
    commands = (f"ffmpeg -i {path.name} -map 0 -c copy -f framehash -", f"unbroken seal {path.name}")
    return pair_rows(f"h264-1080p-8M, {size:.0f} MB, whole process", peers, owns, commands, None)


def _seal_process(path: Path) -> usage.Usage:
    proofs.unseal(path)
    return usage.process([*usage.unbroken(), "seal", str(path)])


def _seal_call(path: Path) -> usage.Usage:
    proofs.unseal(path)
    return usage.call(lambda: proofs.seal(path))


def per_core(path: Path, settings: Settings) -> Row:
    """GB/s a core at 8 Mb/s."""
    _seal_call(path)
    size = path.stat().st_size / 1e9
    values = [size / _seal_call(path).cpu_s for _ in range(settings.rounds(7))]
    return Row(
        what="h264-1080p-8M, in process, bytes by processor time",
        unit="GB/s a core",
        own=spread(values),
        budget=Budget(0.5, "at least", "own"),
        command=f'engine.seal("{path.name}")',
    )


def per_packet(path: Path, settings: Settings) -> Row:
    """Microseconds of processor time a packet where packets are small."""
    packets = count_packets(path)
    _seal_call(path)
    values = [_seal_call(path).cpu_s / packets * 1e6 for _ in range(settings.rounds(7))]
    return Row(
        what=f"{LOW_RATE.name}, {packets} packets at {samples.megabits(path, LOW_RATE.seconds):.2f} Mb/s, in process",
        unit="µs a packet",
        own=spread(values),
        budget=Budget(30.0, "at most", "own"),
        command=f'engine.seal("{path.name}")',
    )


def count_packets(path: Path) -> int:
    """Packets of all streams."""
    from engine.media.reader import open_recording

    with open_recording(path) as recording:
        return sum(1 for _ in recording.packets())


SUITE = Suite("seal", "`seal` against `ffmpeg -f framehash`", HOW, measure)

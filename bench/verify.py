"""`b3sum`, beside `verify`: throughput by slope, and the fixed cost."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from bench import proofs, samples, usage
from bench.results import Budget, Row, Settings, Suite
from bench.stats import interleave, ratios, slope, spread

HOW = """\
Untouched files in a warm page cache, as whole processes. Throughput is the slope between a small and a large
recording in the same round, so that what a start costs cancels; the larger ratio is the better one. The fixed cost is
that of verifying a recording of a second, less a bare interpreter's start."""

SMALL_MB: Final = 64
LARGE_MB: Final = 2048
QUICK_LARGE_MB: Final = 1024
TINY: Final = samples.Sample("h264-tiny", 320, 180, 1, samples.H264_CHEAP)


def measure(settings: Settings) -> tuple[Row, ...]:
    """Slope and fixed cost."""
    base = samples.FULL_HD.file(settings.cache)
    size = base.stat().st_size / 1e6
    large_mb = QUICK_LARGE_MB if settings.quick else LARGE_MB
    small, large = (samples.looped(base, max(2, round(mb / size))) for mb in (SMALL_MB, large_mb))
    with proofs.scratch(settings.cache) as folder:
        files = [proofs.linked(p, folder) for p in (small, large, TINY.file(settings.cache))]
        for file in files:
            proofs.seal(file)
            proofs.warm(file)
        return (throughput(files[0], files[1], settings), fixed(files[2], settings))


def throughput(small: Path, large: Path, settings: Settings) -> Row:
    """GB/s by slope, pair by pair."""
    own = [*usage.unbroken(), "verify"]
    peers, owns = interleave(
        5 if settings.quick else 11,
        lambda: _slope(["b3sum"], small, large),
        lambda: _slope(own, small, large),
    )
    return Row(
        what=f"throughput between {small.stat().st_size / 1e6:.0f} MB and {large.stat().st_size / 1e6:.0f} MB",
        unit="GB/s",
        own=spread(owns),
        peer=spread(peers),
        ratio=ratios(peers, owns),
        budget=Budget(0.95, "at least"),
        peer_command=f"b3sum {large.name}",
        command=f"unbroken verify {large.name}",
    )


def _slope(command: list[str], small: Path, large: Path) -> float:
    points = [(p.stat().st_size / 1e9, usage.process([*command, str(p)]).wall_s) for p in (small, large)]
    return slope(points[0], points[1])


def fixed(tiny: Path, settings: Settings) -> Row:
    """Wall time of verifying a tiny recording above a bare interpreter."""
    bare, own = [sys.executable, "-c", "pass"], [*usage.unbroken(), "verify", str(tiny)]
    peers, owns = interleave(
        5 if settings.quick else 15, lambda: usage.process(bare).wall_s, lambda: usage.process(own).wall_s
    )
    return Row(
        what="fixed cost: a recording of one second, less a bare interpreter",
        unit="s",
        own=spread([o - p for o, p in zip(owns, peers, strict=True)]),
        budget=Budget(0.4, "at most", "own"),
        peer_command="python -c pass",
        command=f"unbroken verify {tiny.name}",
    )


SUITE = Suite("verify", "`verify` against `b3sum`", HOW, measure)

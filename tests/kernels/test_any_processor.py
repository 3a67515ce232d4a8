"""The same bytes from every processor: the kernels compiled for the plainest one agree with this one."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from engine.kernels import codec, grids, luma, motion, phash, sound


def digest() -> str:
    """Everything that the kernels say about a few made pictures and sounds."""
    rng = np.random.default_rng(7)
    seen = hashlib.sha256()
    for width, height, depth in ((320, 180, 8), (333, 250, 10), (90, 60, 8)):
        plan = luma.Plan(width, height, depth)
        base = rng.integers(0, 1 << depth, (height + 8, width + 40))
        means: list[np.ndarray] = []
        small: list[np.ndarray] = []
        previous = None
        for k in range(4):
            moved = np.ascontiguousarray(base[k : k + height, 2 * k : 2 * k + width + 7])
            plane = moved.astype(np.uint8 if depth == 8 else np.uint16)
            visit = luma.measure(plane, previous, plan)
            got = grids.summarise(visit, plan, *([*means[::-1], None, None])[:2])
            for part in (got.means, got.differences, got.profile, got.histogram, got.measures, visit.reduced):
                seen.update(part.tobytes())
            for earlier in small:
                match = motion.search(visit.reduced, earlier)
                spread = motion.median_motion(match, visit.reduced.shape[1])
                seen.update(match.residual.tobytes() + match.dx.tobytes() + match.dy.tobytes())
                seen.update(np.array([*spread, motion.top_tenth(match.residual)]).tobytes())
            seen.update(str(phash.perceptual_hash(visit.reduced, phash.plan(*visit.reduced.shape))).encode())
            means, small, previous = [*means[-1:], got.means], [*small[-1:], visit.reduced], plane
    records = rng.integers(-999, 999, (200, 10)).astype(np.int32)
    seen.update(np.array([*codec.vectors(records, 64, 64), *codec.quantisers(26, records[:, 4])]).tobytes())
    samples = sound.mono(rng.normal(0, 0.4, (2, 4410)).astype(np.float32), True)
    frames = sound.frames(samples, np.arange(0, 4411, 441), 0)
    for part in (samples, frames.energy, frames.peak, frames.zeros, frames.step, frames.change):
        seen.update(part.tobytes())
    return seen.hexdigest()


def test_the_plainest_processor_gives_the_same_bytes(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "NUMBA_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
    }
    run = subprocess.run(
        [sys.executable, __file__], env=environment, capture_output=True, text=True, check=True, timeout=300
    )
    assert run.stdout.strip() == digest()


if __name__ == "__main__":
    print(digest())

"""Milliseconds a 1080p picture, from the pytest-benchmark suite of the kernels."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bench.results import Budget, Row, Settings, Suite
from bench.stats import spread
from bench.usage import RunError

HOW = """\
Processor time of one thread for a picture of 1920 × 1080, on decoded pictures, means of 24 calls, 15 times. A whole
row is everything that the picture part of the tables needs: the visit of the luma plane, grids, two motion searches,
hash and writing. There is no peer."""

BUDGETS: Final[Mapping[str, float]] = MappingProxyType(
    {"test_whole_row[8 bit]": 0.5, "test_vectors_and_quantisers": 0.2}
)
SUITE_FILE: Final = Path(__file__).with_name("suites") / "test_kernels.py"


def measure(_: Settings) -> tuple[Row, ...]:
    """One row a test of the suite."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "kernels.json"
        command = [
            sys.executable, "-m", "pytest", str(SUITE_FILE), f"--benchmark-json={target}",
            "--benchmark-timer=time.process_time",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RunError(f"{' '.join(command)}: {done.stdout.strip()[-800:]}")
        return rows(json.loads(target.read_text(encoding="utf-8"))["benchmarks"])


def rows(benchmarks: Sequence[Mapping[str, Any]]) -> tuple[Row, ...]:
    """Rows from pytest-benchmark's own records (seconds a call, a value a round)."""
    return tuple(
        Row(
            what=b["name"].removeprefix("test_").replace("_", " ").replace("[", ", ").rstrip("]"),
            unit="ms",
            own=spread([1e3 * seconds for seconds in b["stats"]["data"]]),
            budget=Budget(BUDGETS[b["name"]], "at most", "own") if b["name"] in BUDGETS else None,
            command=f"pytest {SUITE_FILE.parent.parent.name}/suites/{SUITE_FILE.name} -k {b['name'].split('[')[0]}",
        )
        for b in benchmarks
    )


SUITE = Suite("kernels", "Cost of a picture", HOW, measure)

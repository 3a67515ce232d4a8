"""The machine and the versions that a figure belongs to."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("av", "numpy", "numba", "blake3", "pyarrow", "scikit-image", "scenedetect", "opencv-python-headless")
TOOLS = {"ffmpeg": ["ffmpeg", "-version"], "b3sum": ["b3sum", "--version"]}


def circumstances(quick: bool) -> dict[str, str]:
    """Machine, versions, time and load, in words."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "run": "quick (short recordings, 3 rounds: a trial)" if quick else "full",
        "load before": f"{os.getloadavg()[0]:.2f}",
        "processor": f"{_processor()}, {len(os.sched_getaffinity(0))} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "versions": ", ".join([f"Python {platform.python_version()}", *_libraries(), *_tools()]),
    }


def missing_tools() -> list[str]:
    """Names of the programs the benchmarks compare with that are not installed."""
    return [name for name in TOOLS if shutil.which(name) is None]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _libraries() -> list[str]:
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found


def _tools() -> list[str]:
    found = []
    for name, command in TOOLS.items():
        if shutil.which(name):
            words = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
            found.append(f"{name} {words[2] if words[1:2] == ['version'] else words[1]}")
    return found

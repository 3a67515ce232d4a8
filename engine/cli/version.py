"""`unbroken --version`: the engine's version and those of the libraries that results rest on."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Final

from engine._version import __version__

LIBRARIES: Final = ("av", "numpy", "numba", "scikit-image", "blake3", "pyarrow")


def version_lines() -> list[str]:
    """One line for the engine, then one a library."""
    lines = [f"unbroken {__version__}", f"python {platform.python_version()}"]
    for name in LIBRARIES:
        try:
            lines.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            lines.append(f"{name} -")
    return lines

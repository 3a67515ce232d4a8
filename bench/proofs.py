"""What suites about proofs share: sealing a recording into a folder of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import engine
from bench import usage


@contextmanager
def scratch(cache: Path) -> Iterator[Path]:
    """A folder on the cache's own disk, removed afterwards."""
    cache.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=cache))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def linked(path: Path, folder: Path) -> Path:
    """`path` under the same name in `folder`, without a copy: proofs beside it stay out of the cache."""
    target = folder / path.name
    target.hardlink_to(path)
    return target


def seal(path: Path) -> None:
    """Seal a recording that has no proof yet.

    Raises
    ------
    RunError
        If there was anything else to do: a refusal or an old proof is no measurement.
    """
    result = engine.seal(path)
    if result.status != "sealed":
        raise usage.RunError(f"engine.seal({path}): {result.status} {result.reason} {result.detail}")


def proof_files(path: Path) -> list[Path]:
    """The files of a recording's proof."""
    return sorted(p for p in path.parent.iterdir() if p.name.startswith(f"{path.name}.unbroken."))


def unseal(path: Path) -> None:
    """Remove a recording's proof."""
    for file in proof_files(path):
        file.unlink()


def warm(path: Path) -> None:
    """Read a file once, so that it lies in the page cache."""
    with open(path, "rb", buffering=0) as file:
        buffer = bytearray(4 << 20)
        while file.readinto(buffer):
            pass

"""BLAKE3 of a large file through a memory map, in a process that may die of it.

A memory map saves the copy out of the page cache. But a file that shrinks kills whoever reads its
map (SIGBUS), so the map lives in a child process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Final

LEAST: Final = 32 << 20
"""Bytes from which a process is started; below, the file is read."""

_CHILD: Final = """
import mmap, sys
from blake3 import blake3
step = 64 << 20
hasher = blake3(max_threads=blake3.AUTO)
with open(sys.argv[1], "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
    view = memoryview(mapped)
    for start in range(0, len(view), step):
        if start + step < len(view):
            mapped.madvise(mmap.MADV_WILLNEED, start + step, min(step, len(view) - start - step))
        part = view[start : start + step]
        hasher.update(part)
        print(len(part), flush=True)
        part.release()
        mapped.madvise(mmap.MADV_DONTNEED, start, min(step, len(view) - start))  # stays in the page cache
    view.release()
print(hasher.hexdigest())
"""


class ShrankError(Exception):
    """The file lost bytes while its map was read."""


def mapped_blake3(path: str | os.PathLike[str], progress: Callable[[int], None]) -> str | None:
    """BLAKE3 in hexadecimal; None where no such process can be had, and the file is to be read.

    Parameters
    ----------
    path
        A regular file that is not empty.
    progress
        Told the bytes of each piece.

    Raises
    ------
    ShrankError
        The child died of a map whose file is gone from underneath.
    """
    if os.name != "posix" or not sys.executable:
        return None
    command = [sys.executable, "-P", "-c", _CHILD, os.path.abspath(path)]
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return None
    digest = None
    with child:
        assert child.stdout is not None
        for line in child.stdout:
            word = line.decode("ascii", "replace").strip()
            if len(word) == 64:
                digest = word
            elif word.isdigit():
                progress(int(word))
    if child.returncode == -signal.SIGBUS:
        raise ShrankError
    return digest if child.returncode == 0 else None

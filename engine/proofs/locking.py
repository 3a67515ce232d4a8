"""One writer at a time, and writes that survive the power going off."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from engine.proofs.files import sync_folder
from engine.proofs.problems import ProofProblem

WAIT_S: Final = 30.0
"""Seconds that a writer waits for another one before it gives up."""


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path` (made if it is not there); the kernel frees it when the process dies.

    Raises
    ------
    ProofProblem
        ``busy`` if another writer keeps it; ``cannot_write`` if the lock file cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise ProofProblem("cannot_write", f"{path}: {error.strerror or error}") from error
    try:
        _take(descriptor, path, time.monotonic() + WAIT_S)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path, until: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= until:
                raise ProofProblem("busy", str(path)) from error
            time.sleep(0.02)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`; one `write` may take less than it is given."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def replace_file(path: Path, data: bytes) -> None:
    """Write a file whole under a temporary name, sync, rename, sync the folder: old or new, never half.

    The temporary name is fixed, so that what a killed writer left is written over by the next;
    call it only while holding the lock of whatever the file belongs to.
    """
    replace_files([(path, data)])


def replace_files(files: Sequence[tuple[Path, bytes]]) -> None:
    """The same for several files, each old or new by itself; one after another syncing less often."""
    drafts = [(path.with_name(f".{path.name}.tmp"), path) for path, _ in files]
    try:
        with contextlib.ExitStack() as stack:
            opened = [_opened(temporary, stack) for temporary, _ in drafts]
            for descriptor, (_, data) in zip(opened, files, strict=True):
                write_all(descriptor, data)
            for descriptor in opened:
                os.fsync(descriptor)
        for temporary, path in drafts:
            os.replace(temporary, path)
    except BaseException:
        for temporary, _ in drafts:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise
    for folder in dict.fromkeys(path.parent for path, _ in files):
        sync_folder(folder)


def _opened(path: Path, stack: contextlib.ExitStack) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o644)
    stack.callback(os.close, descriptor)
    return descriptor

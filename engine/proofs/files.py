"""Files around proofs: where they lie, whole-file digests, and writing that leaves nothing half-done."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from blake3 import blake3

from engine.proofs.problems import ProofProblem

SEAL_SUFFIX: Final = ".unbroken.json"
LEAVES_SUFFIX: Final = ".unbroken.parquet"

BLOCK: Final = 4 << 20
"""Bytes of a read: bounded, so that a file which shrinks is an error and not a killed process."""


@dataclass(frozen=True, slots=True)
class FileDigests:
    """A whole file: bytes, and digests in hexadecimal."""

    size: int
    blake3: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells that a file was touched: size, time of change in ns, and identity."""

    size: int
    modified: int
    device: int
    inode: int


def file_state(path: str | os.PathLike[str]) -> FileState:
    """The state of a regular file, links followed.

    Raises
    ------
    ProofProblem
        ``missing``, ``not_a_file`` or ``denied``.
    """
    try:
        status = os.stat(path)
    except FileNotFoundError as error:
        raise ProofProblem("missing") from error
    except (OSError, ValueError) as error:
        raise ProofProblem("denied", getattr(error, "strerror", None) or str(error)) from error
    if not stat.S_ISREG(status.st_mode):
        raise ProofProblem("not_a_file")
    return FileState(status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino)


def blocks(path: str | os.PathLike[str], expected: FileState) -> Iterator[memoryview]:
    """A file's bytes in views of one buffer, each valid until the next is asked for.

    Raises
    ------
    ProofProblem
        ``changed_while_read`` if it is not the file that `expected` describes, before or
        after; ``denied`` if it cannot be read.
    """
    buffer = memoryview(bytearray(min(BLOCK, max(expected.size, 1))))
    seen = 0
    try:
        with open(path, "rb", buffering=0) as file:
            while count := file.readinto(buffer):
                seen += count
                if seen > expected.size:
                    break
                yield buffer[:count]
    except OSError as error:
        raise ProofProblem("denied", error.strerror or str(error)) from error
    if seen != expected.size or file_state(path) != expected:
        raise ProofProblem("changed_while_read")


def digest_blake3(path: str | os.PathLike[str], expected: FileState) -> str:
    """BLAKE3 of a whole file in hexadecimal, with as many threads as BLAKE3 wants.

    Raises
    ------
    ProofProblem
        As of `blocks`.
    """
    hasher = blake3(max_threads=blake3.AUTO)
    for block in blocks(path, expected):
        hasher.update(block)
    return hasher.hexdigest()


def digest_both(path: str | os.PathLike[str], expected: FileState) -> FileDigests:
    """BLAKE3 and SHA-256 of a whole file in one reading; the two run side by side.

    Raises
    ------
    ProofProblem
        As of `blocks`.
    """
    fast, slow = blake3(), hashlib.sha256()
    with ThreadPoolExecutor(1) as pool:
        for block in blocks(path, expected):
            other = pool.submit(slow.update, block)
            fast.update(block)
            other.result()
    return FileDigests(expected.size, fast.hexdigest(), slow.hexdigest())


def proof_paths(recording: str | os.PathLike[str], out_dir: str | os.PathLike[str] | None = None) -> tuple[Path, Path]:
    """Where the seal and the leaves of a recording lie: beside it, or in `out_dir`."""
    path = Path(recording)
    folder = Path(out_dir) if out_dir is not None else path.parent
    return folder / (path.name + SEAL_SUFFIX), folder / (path.name + LEAVES_SUFFIX)


@dataclass(frozen=True, slots=True)
class Draft:
    """A file under a temporary name beside its place; `publish` gives it its name."""

    temporary: Path
    target: Path

    def publish(self) -> None:
        """Rename to the final name and sync the folder."""
        os.replace(self.temporary, self.target)
        descriptor = os.open(self.target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def draft(target: Path, write: Callable[[str], None]) -> Iterator[Draft]:
    """A synced file under a temporary name, removed on the way out unless it was published.

    Parameters
    ----------
    target
        The final name.
    write
        Writes the whole content to the path that it is given.

    Raises
    ------
    ProofProblem
        ``cannot_write``: no space, no permission, no such folder.
    """
    name = ""
    try:
        descriptor, name = tempfile.mkstemp(prefix=".unbroken-", suffix=".tmp", dir=target.parent)
        os.close(descriptor)
        write(name)
        with open(name, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        yield Draft(Path(name), target)
    except OSError as error:
        raise ProofProblem("cannot_write", f"{target}: {error.strerror or error}") from error
    finally:
        if name:
            with contextlib.suppress(OSError):
                os.unlink(name)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

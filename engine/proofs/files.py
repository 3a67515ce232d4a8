"""Files around proofs: where they lie, whole-file digests, and writing that leaves nothing half-done."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from blake3 import blake3

from engine.proofs.mapped import LEAST, ShrankError, mapped_blake3
from engine.proofs.problems import ProofProblem

if TYPE_CHECKING:  # loaded only where its digest is asked for
    from cryptography.hazmat.primitives import hashes

SEAL_SUFFIX: Final = ".unbroken.json"
LEAVES_SUFFIX: Final = ".unbroken.parquet"
EXCERPT_SUFFIX: Final = ".unbroken-excerpt.json"

BLOCK: Final = 4 << 20
"""Bytes of a read: bounded, so that a file which shrinks is an error and not a killed process."""


Tick = Callable[[float, float], None]
"""Called as work goes on: (bytes done, bytes in all, as far as they are known by then)."""


def no_tick(_done: float, _total: float) -> None:
    """A tick that nobody listens to."""


@dataclass(slots=True)
class Meter:
    """Bytes worked through over all passes that a file turns out to need."""

    tick: Tick = no_tick
    done: int = 0
    total: int = 0

    def expect(self, count: int) -> None:
        """So many bytes more are to be gone through."""
        self.total += count

    def add(self, count: int) -> None:
        """So many bytes more were gone through."""
        self.done += count
        self.tick(self.done, self.total)


@dataclass(frozen=True, slots=True)
class FileDigests:
    """A whole file: bytes, and digests in hexadecimal."""

    size: int
    blake3: str
    sha256: str | None = None
    sm3: str | None = None


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
    """A file's bytes, each view valid until the next is asked for; the next is read meanwhile.

    Reading ahead lets the copy out of the page cache run beside the hashing of the block before.
    Reads are bounded: a file that shrinks is an error, not a killed process.

    Raises
    ------
    ProofProblem
        ``changed_while_read`` if it is not the file that `expected` describes, before or
        after; ``denied`` or ``io_error`` if it cannot be read.
    """
    block = min(BLOCK, max(expected.size, 1))
    full, empty = memoryview(bytearray(block)), memoryview(bytearray(block))
    seen = 0
    try:
        with open(path, "rb", buffering=0) as file, ThreadPoolExecutor(1) as reader:
            ahead = reader.submit(file.readinto, full)
            while (count := ahead.result()) and seen + count <= expected.size:
                ahead = reader.submit(file.readinto, empty)
                yield full[:count]
                full, empty = empty, full
                seen += count
            seen += count
    except OSError as error:
        reason = "denied" if isinstance(error, PermissionError) else "io_error"
        raise ProofProblem(reason, error.strerror or str(error)) from error
    if seen != expected.size or file_state(path) != expected:
        raise ProofProblem("changed_while_read")


def digest_blake3(path: str | os.PathLike[str], expected: FileState, meter: Meter | None = None) -> str:
    """BLAKE3 of a whole file in hexadecimal, with as many threads as BLAKE3 wants.

    Parameters
    ----------
    path, expected
        As of `blocks`.
    meter
        Told as the file goes by.

    Raises
    ------
    ProofProblem
        As of `blocks`.
    """
    seen = meter or Meter()
    if expected.size >= LEAST:
        began = seen.done
        digest = _mapped(path, expected, seen)
        if digest is not None:
            return digest
        seen.done = began
    hasher = blake3(max_threads=blake3.AUTO)
    for block in blocks(path, expected):
        hasher.update(block)
        seen.add(len(block))
    return hasher.hexdigest()


def _mapped(path: str | os.PathLike[str], expected: FileState, meter: Meter) -> str | None:
    if file_state(path) != expected:
        raise ProofProblem("changed_while_read")
    try:
        digest = mapped_blake3(path, meter.add)
    except ShrankError as error:
        raise ProofProblem("changed_while_read") from error
    if digest is not None and file_state(path) != expected:
        raise ProofProblem("changed_while_read")
    return digest


def digest_both(
    path: str | os.PathLike[str], expected: FileState, meter: Meter | None = None, also: Sequence[str] = ()
) -> FileDigests:
    """BLAKE3 and SHA-256 of a whole file in one reading; they run side by side.

    Parameters
    ----------
    path, expected
        As of `blocks`.
    meter
        Told as the file goes by.
    also
        ``sm3``: that digest too (GB/T 32905—2016).

    Raises
    ------
    ProofProblem
        As of `blocks`.
    """
    fast, slow = blake3(), hashlib.sha256()
    national = _sm3() if "sm3" in also else None
    updates = [slow.update, *([national.update] if national else [])]
    with ThreadPoolExecutor(len(updates)) as pool:
        for block in blocks(path, expected):
            others = [pool.submit(update, block) for update in updates]
            fast.update(block)
            for other in others:
                other.result()
            if meter is not None:
                meter.add(len(block))
    return FileDigests(
        expected.size, fast.hexdigest(), slow.hexdigest(), national.finalize().hex() if national else None
    )


def _sm3() -> hashes.Hash:
    from cryptography.hazmat.primitives import hashes

    return hashes.Hash(hashes.SM3())


def proof_paths(recording: str | os.PathLike[str], out_dir: str | os.PathLike[str] | None = None) -> tuple[Path, Path]:
    """Where the seal and the leaves of a recording lie: beside it, or in `out_dir`."""
    path = Path(recording)
    folder = Path(out_dir) if out_dir is not None else path.parent
    return folder / (path.name + SEAL_SUFFIX), folder / (path.name + LEAVES_SUFFIX)


def excerpt_proof(clip: str | os.PathLike[str]) -> Path:
    """Where the proof of an excerpt lies: beside the clip."""
    path = Path(clip)
    return path.with_name(path.name + EXCERPT_SUFFIX)


STALE_S: Final = 3600.0
"""A temporary file that nothing wrote to for so long belongs to a program that was killed."""

_TEMPORARY: Final = ".tmp"


def temporary_prefix(target: Path) -> str:
    """How names of temporary files of one target begin, and of no other: 27 characters, whatever its name."""
    return f".unbroken-{blake3(os.fsencode(target.name)).hexdigest(8)}-"


def remove_temporaries(folder: Path, targets: Iterable[Path], before: float) -> None:
    """Remove what writings left that were killed before they could tidy up.

    Parameters
    ----------
    folder
        Where the targets lie.
    targets
        What was to be written; temporary files of other targets stay.
    before
        Seconds since the epoch: what was written to later stays.
    """
    mine = {temporary_prefix(t) for t in targets}
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_TEMPORARY) and entry.name[:_PREFIX_LENGTH] in mine:
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime <= before:
                        os.unlink(entry.path)


_PREFIX_LENGTH: Final = len(temporary_prefix(Path("x")))


@dataclass(frozen=True, slots=True)
class Draft:
    """A file under a temporary name beside its place; `publish` gives it its name."""

    temporary: Path
    target: Path

    def publish(self) -> None:
        """Rename to the final name and sync the folder."""
        os.replace(self.temporary, self.target)
        sync_folder(self.target.parent)


@contextlib.contextmanager
def draft(target: Path, write: Callable[[str], None]) -> Iterator[Draft]:
    """As `unpublished`, for proofs.

    Raises
    ------
    ProofProblem
        ``cannot_write``: no space, no permission, no such folder.
    """
    try:
        with unpublished(target, write) as made:
            yield made
    except OSError as error:
        raise ProofProblem("cannot_write", f"{target}: {error.strerror or error}") from error


@contextlib.contextmanager
def unpublished(target: Path, write: Callable[[str], None]) -> Iterator[Draft]:
    """A synced file under a temporary name, removed on the way out unless it was published.

    Parameters
    ----------
    target
        The final name.
    write
        Writes the whole content to the path that it is given.

    Raises
    ------
    OSError
        No space, no permission, no such folder.
    """
    name = ""
    try:
        descriptor, name = tempfile.mkstemp(prefix=temporary_prefix(target), suffix=_TEMPORARY, dir=target.parent)
        os.close(descriptor)
        write(name)
        with open(name, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        yield Draft(Path(name), target)
    finally:
        if name:
            with contextlib.suppress(OSError):
                os.unlink(name)


def sync_folder(folder: Path) -> None:
    """Make names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file against others who rewrite it through this function; they wait.

    A file is rewritten by renaming, so whoever waited may hold one that has lost its name:
    the file under the name is then locked anew. Where locks do not exist nothing is held.

    Raises
    ------
    ProofProblem
        ``no_seal`` if there is no such file; ``seal_unreadable`` if it cannot be opened.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    while True:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError as error:
            raise ProofProblem("no_seal") from error
        except OSError as error:
            raise ProofProblem("seal_unreadable", error.strerror or str(error)) from error
        try:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _still(path, descriptor):
                yield
                return
        finally:
            os.close(descriptor)


def _still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False

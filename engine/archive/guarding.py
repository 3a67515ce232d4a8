"""One file guarded: what it is asked, and its report whatever happens to it meanwhile.

Stands apart from `engine.archive.inspect`, whose detectors take a while to load: an audit in which every file
is known already needs none of them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from engine.archive.exhibits import Exhibits
from engine.findings import FileReport, Opinion, Outcome, Verdict
from engine.media.errors import MediaError
from engine.proofs.files import digest_blake3, file_state
from engine.proofs.problems import ProofProblem
from engine.rules.pack import PurposeName, RulePack, load

DEFAULT_PACK: Final = "zj-rf-2019"


@dataclass(frozen=True, slots=True)
class Options:
    """What bears on how files are examined.

    Parameters
    ----------
    rule_pack
        Name of a rule pack that comes with the engine, or a pack.
    threads
        Decoder threads a file; 0 leaves it to the decoder. No result depends on it.
    purpose
        What findings weigh: ``inspect`` looks at a file for itself, ``audit`` at a record of an archive.
    exhibits
        What is kept beside the report for a page with plots and pictures.
    level
        ``full``, or ``container``: nothing is decoded, and container and bitstream alone are read.
    """

    rule_pack: str | RulePack = DEFAULT_PACK
    threads: int = 0
    purpose: PurposeName = "inspect"
    exhibits: Literal["none", "plots", "pictures"] = "none"
    level: Literal["container", "full"] = "full"

    @property
    def pack(self) -> RulePack:
        """The rule pack itself."""
        return load(self.rule_pack) if isinstance(self.rule_pack, str) else self.rule_pack


DEFAULTS: Final = Options()


@dataclass(frozen=True, slots=True)
class Inspected:
    """A report and what a page shows beside it."""

    report: FileReport
    exhibits: Exhibits | None = None


def no_tick(_done: float, _total: float) -> None:
    """Progress that nobody watches."""


def guarded(path: str, work: Callable[[], Inspected]) -> Inspected:
    """What `work` gives; whatever it raises becomes a report that says why."""
    try:
        return work()
    except MediaError as error:
        return Inspected(failed(path, error.reason, error.detail))
    except MemoryError:
        return Inspected(failed(path, "out_of_memory", ""))
    except OSError as error:
        return Inspected(failed(path, *_os_reason(error)))
    except Exception as error:  # one file's fault must not end the batch
        return Inspected(failed(path, "internal", f"{type(error).__name__}: {error}"))


def failed(path: str, reason: str, detail: str) -> FileReport:
    """The report of a file that could not be examined."""
    return FileReport(
        path=path,
        blake3=None,
        size=_size(path),
        media={},
        verdict=Verdict.NOT_EXAMINABLE,
        reason=reason,
        integrity=Opinion(Outcome.NOT_EXAMINABLE, reason),
        originality=Opinion(Outcome.NOT_EXAMINABLE, reason),
        error=detail or reason,
    )


def known(digest: str, result: Inspected) -> Inspected:
    """`result` with the file's digest also where it could not be examined, unless it changed meanwhile."""
    report = result.report
    if report.blake3 is not None or report.reason == "changed":
        return result
    return replace(result, report=replace(report, blake3=digest))


Stamp = tuple[int, int, int, int]
"""Device, inode, size, and time of modification of a file."""


def stamp(path: str) -> Stamp:
    """What tells that a file is still the same.

    Raises
    ------
    MediaError
        If there is no such file, it may not be looked at, or it is no ordinary file: reading
        from a pipe could wait for ever.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        raise MediaError(path, *_os_reason(error)) from error
    if stat.S_ISDIR(status.st_mode):
        raise MediaError(path, "folder")
    if not stat.S_ISREG(status.st_mode):
        raise MediaError(path, "not_a_file")
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def hash_file(path: str) -> str:
    """BLAKE3 of a whole file, 64 hexadecimal digits, in bounded reads.

    Raises
    ------
    MediaError
        If the file cannot be read, or is shorter or longer than its size says.
    """
    try:
        return digest_blake3(path, file_state(path))
    except ProofProblem as problem:
        reason = "changed" if problem.reason == "changed_while_read" else problem.reason
        raise MediaError(path, reason, problem.detail) from problem


def _os_reason(error: OSError | ValueError) -> tuple[str, str]:
    detail = getattr(error, "strerror", None) or str(error)
    if isinstance(error, FileNotFoundError | NotADirectoryError | ValueError):  # a NUL in a name is a ValueError
        return "missing", detail
    if isinstance(error, PermissionError):
        return "denied", detail
    if isinstance(error, IsADirectoryError):
        return "folder", detail
    return "io_error", detail


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size
    except OSError:
        return None

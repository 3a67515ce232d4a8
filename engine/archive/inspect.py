"""Examine one file: hash, one decode pass, detectors, second look, rules. Never raises for a bad file."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal

from engine.archive.exhibits import THUMBNAIL, Exhibits, gather
from engine.archive.pool import Tick
from engine.detectors.contract import RecheckTable
from engine.detectors.runner import Examination, examine
from engine.features.onepass import PacketObserver, extract
from engine.features.survey import survey
from engine.features.tables import Features
from engine.findings import FileReport, Opinion, Outcome, Verdict
from engine.media.errors import MediaError
from engine.media.reader import open_recording
from engine.media.rows import colour_at, luma_at
from engine.proofs.files import digest_blake3, file_state
from engine.proofs.problems import ProofProblem
from engine.rules.judge import judge
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


def inspect(path: str | os.PathLike[str], options: Options = DEFAULTS, tick: Tick = no_tick) -> FileReport:
    """Examine one file.

    Parameters
    ----------
    path
        The file.
    options
        See `Options`.
    tick
        Called with (seconds of footage done, seconds in all or 0).

    Returns
    -------
    FileReport
        Also for a file that is missing, broken, or changes while it is read: its verdict is
        then ``not_examinable``, with the reason.
    """
    return inspect_with_exhibits(os.fspath(path), options, tick).report


def inspect_with_exhibits(path: str, options: Options = DEFAULTS, tick: Tick = no_tick) -> Inspected:
    """`inspect`, and the plots and pictures that `options.exhibits` asks for."""
    return guarded(path, lambda: _inspect(path, options, tick))


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


def _inspect(path: str, options: Options, tick: Tick) -> Inspected:
    before = stamp(path)
    digest = hash_file(path)

    def examine_whole() -> Inspected:
        features = tables(path, options, tick)
        return conclude(path, before, replace(features, blake3=digest), options)

    return known(digest, guarded(path, examine_whole))


def tables(path: str, options: Options, tick: Tick, observers: Sequence[PacketObserver] = ()) -> Features:
    """The tables of a file, as deep as `options.level` asks."""
    if options.level == "container":
        return survey(path, observers=observers)
    return extract(path, observers=observers, threads=options.threads, progress=progress_of(path, tick))


def known(digest: str, result: Inspected) -> Inspected:
    """`result` with the file's digest also where it could not be examined, unless it changed meanwhile."""
    report = result.report
    if report.blake3 is not None or report.reason == "changed":
        return result
    return replace(result, report=replace(report, blake3=digest))


def progress_of(path: str, tick: Tick) -> Callable[[int, float], None]:
    """What `extract` calls, in terms of a batch: with the length that the header promises."""
    with open_recording(path) as recording:
        total = recording.media.duration_s or 0.0
    return lambda _pictures, seconds: tick(seconds, max(total, seconds))


def conclude(path: str, before: Stamp, features: Features, options: Options) -> Inspected:
    """From the tables of a file to its report; the file must still be what it was."""
    luma = _luma_reader(path, features)
    with logged_where_asked():
        examination = examine(features, luma)
    report = _judge(features, examination, options)
    exhibits = gather(partial(colour_of, path, features), features, report, options.exhibits)
    if stamp(path) != before:
        raise MediaError(path, "changed")
    return Inspected(report, exhibits)


@contextmanager
def logged_where_asked() -> Iterator[None]:
    """Under UNBROKEN_DEBUG the details of a detector's fault stand on stderr; else nothing does."""
    if not os.environ.get("UNBROKEN_DEBUG"):
        yield
        return
    handler, log = logging.StreamHandler(), logging.getLogger("engine.detectors")
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


def _judge(features: Features, examination: Examination, options: Options) -> FileReport:
    return judge(features, examination, options.pack, options.purpose)


def _luma_reader(path: str, features: Features) -> Callable[[Sequence[int]], RecheckTable] | None:
    if features.frames is None or features.media.video is None:
        return None
    return partial(luma_of, path, features)


def luma_of(path: str, features: Features, numbers: Sequence[int]) -> RecheckTable:
    """Full-size luma of pictures by their number in presentation order; those that fail are absent."""
    stream, rows = _rows(features, numbers)
    return {rows[row]: luma for row, luma in luma_at(path, features.packets, stream, rows).items()}


def colour_of(path: str, features: Features, numbers: Sequence[int]) -> RecheckTable:
    """Small colour versions of pictures by their number, (height, width, 3); those that fail are absent."""
    stream, rows = _rows(features, numbers)
    return {rows[row]: rgb for row, rgb in colour_at(path, features.packets, stream, rows, THUMBNAIL).items()}


def _rows(features: Features, numbers: Sequence[int]) -> tuple[int, dict[int, int]]:
    """The examined video stream, and the packet row of each picture number for which it is known."""
    frames, video = features.frames, features.media.video
    if frames is None or video is None:
        return -1, {}
    rows = {int(frames["packet"][n]): n for n in numbers if 0 <= n < len(frames)}
    return video.index, {row: n for row, n in rows.items() if row >= 0}


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

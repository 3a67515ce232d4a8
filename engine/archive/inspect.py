"""Examine one file: hash, one decode pass, detectors, second look, rules. Never raises for a bad file."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from engine.archive.exhibits import THUMBNAIL, gather
from engine.archive.guarding import DEFAULTS, Inspected, Options, Stamp, guarded, hash_file, known, no_tick, stamp
from engine.archive.pool import Tick
from engine.detectors.contract import RecheckTable
from engine.detectors.runner import Examination, examine
from engine.features.onepass import PacketObserver, extract
from engine.features.survey import survey
from engine.features.tables import Features
from engine.findings import FileReport
from engine.media.errors import MediaError
from engine.media.reader import open_recording
from engine.media.rows import colour_at, luma_at
from engine.rules.judge import judge


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

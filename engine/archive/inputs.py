"""From what a user names (files, folders, globs, names on standard input) to a list of recordings."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

MEDIA_EXTENSIONS: Final = frozenset(
    {
        "264", "265", "3g2", "3gp", "asf", "avc", "avi", "dav", "divx", "f4v", "flv", "h264", "h265", "hevc", "m1v",
        "m2ts", "m2v", "m4v", "mjpeg", "mjpg", "mkv", "mod", "mov", "mp4", "mpeg", "mpg", "mts", "mxf", "ogv", "ps",
        "ts", "vob", "webm", "wmv",
        "aac", "ac3", "amr", "flac", "m4a", "mka", "mp2", "mp3", "oga", "ogg", "opus", "wav", "wma",
    }
)  # fmt: skip
"""File name extensions, without the dot, that a folder is searched for; case does not matter."""


class UsageError(Exception):
    """Nothing that could be examined was named; the command line is wrong, not a file.

    Parameters
    ----------
    reason
        ``no_names``, ``no_recording`` (in a folder) or ``no_match`` (of a glob).
    word
        What the user gave.
    """

    def __init__(self, reason: str, word: str = "") -> None:
        self.reason = reason
        self.word = word
        super().__init__(f"{word}: {reason}" if word else reason)


def natural_key(name: str) -> tuple[tuple[int, int | str], ...]:
    """Sort key under which ``seg-2`` stands before ``seg-10``.

    Examples
    --------
    >>> sorted(["seg-10", "seg-2", "Seg-1"], key=natural_key)
    ['Seg-1', 'seg-2', 'seg-10']
    """
    pieces = re.split(r"([0-9]+)", name)
    folded = tuple((1, int(p)) if p.isdigit() and p.isascii() else (0, p.casefold()) for p in pieces)
    return (*folded, (0, name))


def resolve(names: Iterable[str], read_stdin: Callable[[], bytes] | None = None) -> list[str]:
    """The recordings that a user's words stand for.

    Parameters
    ----------
    names
        Files (taken as they are, whatever their extension, and even if missing), folders
        (searched for `MEDIA_EXTENSIONS`, hidden entries left out), globs (``**`` works),
        or ``-``: names on standard input, one a line or NUL-separated.
    read_stdin
        Gives the bytes of standard input; for tests.

    Returns
    -------
    list of str
        In the order of the words; natural order within a folder or glob. A file that is
        reached twice, also through links, is listed once.

    Raises
    ------
    UsageError
        If nothing is named, or a folder or glob holds no recording.
    """
    words = list(_expand_stdin(names, read_stdin or sys.stdin.buffer.read))
    if not words:
        raise UsageError("no_names")
    paths: list[str] = []
    seen: set[str] = set()
    for word in words:
        for path in _resolve_one(word):
            key = _identity(path)
            if key not in seen:
                seen.add(key)
                paths.append(path)
    return paths


def _expand_stdin(names: Iterable[str], read: Callable[[], bytes]) -> Iterator[str]:
    for name in names:
        if name != "-":
            yield name
            continue
        data = read()
        separator = b"\0" if b"\0" in data else b"\n"
        for piece in data.split(separator):
            line = piece.rstrip(b"\r") if separator == b"\n" else piece
            if line:
                yield os.fsdecode(line)


def _resolve_one(word: str) -> list[str]:
    if os.path.isdir(word):
        found = sorted(_walk(word), key=natural_key)
        if not found:
            raise UsageError("no_recording", word)
        return found
    if os.path.lexists(word) or not glob.has_magic(word):
        return [word]
    matches = [m for m in glob.glob(word, recursive=True) if not _is_proof(m)]
    files = [m for m in matches if not os.path.isdir(m)]
    inside = [path for m in matches if os.path.isdir(m) and "**" not in word for path in _walk(m)]
    if not files and not inside:
        raise UsageError("no_match", word)
    return sorted({*files, *inside}, key=natural_key)


def _walk(folder: str) -> Iterator[str]:
    """Recordings under `folder`. Linked folders are followed once each, so that loops end."""
    visited: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            status = os.stat(current)
            entries = list(os.scandir(current))
        except OSError:
            yield current  # it is reported as unreadable, not passed over
            continue
        if (status.st_dev, status.st_ino) in visited:
            continue
        visited.add((status.st_dev, status.st_ino))
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _is_folder(entry):
                waiting.append(entry.path)
            elif is_media_name(entry.name) and _is_regular(entry):
                yield entry.path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_regular(entry: os.DirEntry[str]) -> bool:
    """A file, or a link whose end is missing: that one is reported, not passed over."""
    try:
        return entry.is_file() or entry.is_symlink()
    except OSError:
        return True


def is_media_name(name: str) -> bool:
    """Whether a file of this name is taken from a folder."""
    return Path(name).suffix.lower().lstrip(".") in MEDIA_EXTENSIONS and not _is_proof(name)


def _is_proof(name: str) -> bool:
    return name.endswith((".unbroken.json", ".unbroken.parquet", ".unbroken-excerpt.json"))


def _identity(path: str) -> str:
    """Where a path ends after all links; two hard links are two recordings, each with its own name."""
    return os.path.realpath(path)

"""The files of an archive, as they lie there: recordings and photos, links seen but not followed out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from engine.archive.inputs import is_media_name, natural_key

PHOTO_EXTENSIONS: Final = frozenset({"jpg", "jpeg", "png", "heic", "heif", "tif", "tiff", "webp", "bmp"})
"""File name extensions of photos, without the dot; case does not matter."""

Standing = Literal["file", "missing", "outside", "not_a_file", "denied"]


@dataclass(frozen=True, slots=True)
class Found:
    """One name in an archive.

    Parameters
    ----------
    path
        Relative to the archive, with ``/``; names that are no UTF-8 with surrogate escapes.
    real
        Where it ends after all links, absolute.
    standing
        ``file`` where it can be read; ``outside`` where it leads out of the archive.
    identity
        (device, inode) of the file; two names of one file share it.
    size
        Bytes.
    """

    path: str
    real: str
    standing: Standing
    identity: tuple[int, int] | None = None
    size: int | None = None


def is_photo_name(name: str) -> bool:
    """Whether a file of this name is taken for a photo."""
    return Path(name).suffix.lower().lstrip(".") in PHOTO_EXTENSIONS


def is_record_name(name: str) -> bool:
    """Whether a file of this name is taken for a record: video, sound or photo."""
    return is_media_name(name) or is_photo_name(name)


def look(root: str, path: str) -> Found:
    """What stands under a name.

    Parameters
    ----------
    root
        The archive, absolute and without links.
    path
        Relative to it, or absolute.
    """
    full = os.path.normpath(os.path.join(root, path))
    relative = os.path.relpath(full, root).replace(os.sep, "/")
    try:
        real = os.path.realpath(full)
    except (OSError, ValueError):
        return Found(relative, full, "missing")
    if not within(root, full) or not within(root, real):
        return Found(relative, real, "outside")
    try:
        status = os.stat(real)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return Found(relative, real, "missing")
    except OSError:
        return Found(relative, real, "denied")
    if not stat.S_ISREG(status.st_mode):
        return Found(relative, real, "not_a_file")
    return Found(relative, real, "file", (status.st_dev, status.st_ino), status.st_size)


def within(root: str, path: str) -> bool:
    """Whether an absolute path without ``..`` lies below `root`."""
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def walk(root: str) -> list[Found]:
    """All records below `root`, in natural order.

    Hidden entries are left out. A linked folder is not entered: what it leads to inside the
    archive is found at its own place, and what lies outside is no part of the archive.
    """
    return [look(root, p) for p in sorted(_names(root), key=natural_key)]


def _names(root: str) -> Iterator[str]:
    waiting = [root]
    while waiting:
        current = waiting.pop()
        try:
            entries = list(os.scandir(current))
        except OSError:
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif is_record_name(entry.name) and _file_or_link(entry):
                yield entry.path


def _file_or_link(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) or (entry.is_symlink() and not os.path.isdir(entry.path))

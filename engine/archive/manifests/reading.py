"""From a declared file to its text or its TOML tables, with every way that it can fail as a problem."""

from __future__ import annotations

import codecs
import os
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.archive.manifests.positions import Lines, find_lines
from engine.archive.manifests.problems import ManifestProblem, shortened
from engine.archive.manifests.words import syntax_zh

MAX_BYTES: Final = 8 << 20
"""Largest TOML file that is read; 10,000 recordings take about 2 MB."""
MAX_TABLE_BYTES: Final = 64 << 20
"""Largest CSV file that is read."""
MAX_PARTS: Final = 20
"""Parts of a dotted key; `tomllib` takes time that grows with their square, and four are needed."""

_KEY: Final = r"(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')"
_LONG_KEY: Final = re.compile(rf"(?:^|[\[{{,])[ \t]*{_KEY}(?:[ \t]*\.[ \t]*{_KEY}){{{MAX_PARTS}}}", re.MULTILINE)
_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file: its tables, and where their keys stand."""

    name: str
    tables: dict[str, Any]
    lines: Lines


def read_text(path: Path, name: str, limit: int = MAX_BYTES) -> str | ManifestProblem:
    """The text of a declared file; UTF-8 with or without mark, else GB 18030."""
    data = read_bytes(path, name, limit)
    return data if isinstance(data, ManifestProblem) else decoded(data, name)


def read_bytes(path: Path, name: str, limit: int = MAX_BYTES) -> bytes | ManifestProblem:
    """The bytes of a declared file: a plain one of at most `limit` bytes.

    Parameters
    ----------
    path
        The file.
    name
        What messages call it: its path relative to the archive.
    """
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            return ManifestProblem(name, None, "", "linked_file")
        if not stat.S_ISREG(found.st_mode):
            return ManifestProblem(name, None, "", "not_a_file")
        if found.st_size > limit:
            return _too_large(name, found.st_size, limit)
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return ManifestProblem(name, None, "", "unreadable", {"why": why})
    return _too_large(name, len(data), limit) if len(data) > limit else data


def decoded(data: bytes, name: str) -> str | ManifestProblem:
    """Bytes as text."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ManifestProblem(name, None, "", "not_text")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ManifestProblem(name, None, "", "not_text")


def read_toml(path: Path, name: str) -> Document | ManifestProblem:
    """The tables of a TOML file."""
    text = read_text(path, name)
    return text if isinstance(text, ManifestProblem) else parsed(text, name)


def parsed(text: str, name: str) -> Document | ManifestProblem:
    """The tables of a TOML text."""
    text = text.replace("\r\n", "\n")
    if deep := _LONG_KEY.search(text):
        line = text.count("\n", 0, deep.end()) + 1
        return _not_toml(name, line, "a key has too many parts")
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        return _not_toml(name, None, "nested too deeply")
    except ValueError as error:  # syntax, and numbers with more digits than Python reads
        message = str(error)
        where = _LINE.search(message)
        line = int(where.group(1)) if where else text.count("\n") + 1
        return _not_toml(name, line, shortened(_LINE.sub("", message).strip()))
    return Document(name, tables, find_lines(text))


def _not_toml(name: str, line: int | None, why: str) -> ManifestProblem:
    return ManifestProblem(name, line, "", "not_toml", {"why": why, "why_zh": syntax_zh(why)})


def _too_large(name: str, size: int, limit: int) -> ManifestProblem:
    return ManifestProblem(name, None, "", "too_large", {"size": str(size), "limit": str(limit)})


def relative_name(path: Path, root: Path) -> str:
    """A path as messages and reports call it: relative to the archive, with ``/``."""
    return os.fspath(path.relative_to(root)).replace(os.sep, "/")

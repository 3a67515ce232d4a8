"""On which line a key of a TOML document stands; `tomllib` does not say.

Works on documents that `tomllib` has accepted, so that it needs to know only where strings,
brackets and comments begin and end (TOML 1.0.0). Anything else cannot make it fail: a key that
it does not see has the line of the table around it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

Path = tuple[str | int, ...]

_KEY: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|[^\s.=\]"\']+')
_STRING: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_PLAIN: Final = re.compile(r"[^\"'#\[\]{},\n]+")


class Lines:
    """Lines of keys.

    Parameters
    ----------
    known
        Path of a key -> its line, 1-based. The root is the empty path.
    """

    def __init__(self, known: Mapping[Path, int]) -> None:
        self._known = known

    def of(self, path: Path) -> int:
        """Line of the key, or of the innermost table around it that is known."""
        while path and path not in self._known:
            path = path[:-1]
        return self._known.get(path, 1)


def find_lines(text: str) -> Lines:
    """Lines of all keys of a document, in one pass."""
    known: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    at, line = 0, 1
    while at < len(text):
        character = text[at]
        if character in " \t\r\n":
            line += character == "\n"
            at += 1
        elif character == "#":
            at = _line_end(text, at)
        elif character == "[":
            end = _header_end(text, at)
            table = _header(text[at:end], known, counts, line)
            at = end
        else:
            at, keys = _keys(text, at)
            for n in range(1, len(keys) + 1):
                known.setdefault(table + keys[:n], line)
            at, line = _value(text, at, line, table + keys, known)
    return Lines(known)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _header_end(text: str, at: int) -> int:
    """Past the closing bracket; brackets inside quoted keys do not count."""
    end = _line_end(text, at)
    while at < end and text[at] != "]":
        quoted = _STRING.match(text, at) if text[at] in "\"'" else None
        at = quoted.end() if quoted else at + 1
    while at < end and text[at] == "]":
        at += 1
    return max(at, 1)


def _header(header: str, known: dict[Path, int], counts: dict[Path, int], line: int) -> Path:
    _, names = _keys(header, 2 if header.startswith("[[") else 1)
    path: Path = ()
    for n, name in enumerate(names):
        path = (*path, name)
        if header.startswith("[[") and n == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
            known.setdefault(path, line)
        if path in counts:  # inside an array of tables: its last one
            path = (*path, counts[path])
    known.setdefault(path, line)
    return path


def _keys(text: str, at: int) -> tuple[int, tuple[str, ...]]:
    """A dotted key from `at`: where it ends (at the ``=`` or ``]``), and its parts."""
    parts: list[str] = []
    while at < len(text) and text[at] not in "=]\n":
        match = _KEY.match(text, at)
        if match is None:
            at += 1
            continue
        parts.append(_unquoted(match.group()))
        at = match.end()
    return at, tuple(parts)


def _unquoted(key: str) -> str:
    if key[0] == "'":
        return key[1:-1]
    if key[0] != '"':
        return key
    import tomllib

    try:
        return str(next(iter(tomllib.loads(f"{key} = 0"))))
    except tomllib.TOMLDecodeError:
        return key[1:-1]


def _value(text: str, at: int, line: int, path: Path, known: dict[Path, int]) -> tuple[int, int]:
    """Past a value; notes the lines of the elements of an array."""
    depth, index, fresh = 0, 0, False
    at += text[at : at + 1] == "="
    while at < len(text):
        character = text[at]
        if character == "\n":
            if depth == 0:
                break
            line, at = line + 1, at + 1
            continue
        if character == "#":
            at = _line_end(text, at)
            continue
        if fresh and depth == 1 and not character.isspace() and character != "]":
            known.setdefault((*path, index), line)
            fresh = False
        match = _STRING.match(text, at) if character in "\"'" else _PLAIN.match(text, at)
        if match:
            if fresh and depth == 1 and match.group().strip():
                known.setdefault((*path, index), line)
                fresh = False
            line += match.group().count("\n")
            at = match.end()
            continue
        if character in "[{":
            depth += 1
            fresh = fresh or (depth == 1 and character == "[")
        elif character in "]}":
            depth -= 1
        elif character == "," and depth == 1:
            index, fresh = index + 1, True
        at += 1
    return at, line

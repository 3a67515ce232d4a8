"""File name patterns of the device register: what can be accepted.

Python's matcher tries alternatives one after the other, so that some patterns take time that
doubles with each character of a name. A pattern is refused where that could happen: where a
group that itself can match in several ways is repeated, where more than `MAX_VARIABLE` parts
may have any length, or where there are more than `MAX_WAYS` ways to combine the rest.
Names are at most `MAX_NAME` characters.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.archive.manifests.problems import listed, nearest, shortened

GROUPS: Final = ("device", "date", "time", "seq")
"""Named groups that are used."""
MAX_PATTERN: Final = 300
"""Characters of a pattern."""
MAX_NAME: Final = 255
"""Characters of a name that a pattern is run on; file systems allow no more bytes."""
MAX_VARIABLE: Final = 4
"""Parts of a pattern that may have any length."""
MAX_WAYS: Final = 4096
"""Ways in which the alternatives and short repetitions of a pattern can be combined."""
WIDE: Final = 16
"""A repetition whose bounds are further apart counts as one of any length."""

_QUANTIFIER: Final = re.compile(r"[*+?]|\{(\d*)(,?)(\d*)\}")
_GROUP: Final = re.compile(r"\((?:\?P<\w+>|\?:)?")


def pattern_fault(pattern: str) -> tuple[str, Mapping[str, str]] | None:
    """What is wrong with a pattern: identifier and parameters; None where it can be used."""
    if len(pattern) > MAX_PATTERN:
        return "pattern_too_long", {"limit": str(MAX_PATTERN)}
    if slow := _slow(pattern):
        return "slow_pattern", {"why": slow[0], "why_zh": slow[1]}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of patterns that a later Python will read otherwise
            compiled = re.compile(pattern)
    except (re.error, Warning, RecursionError, OverflowError, ValueError) as error:
        position = getattr(error, "pos", None)
        where = "无法解析" if position is None else f"第 {position + 1} 个字符处有误"
        return "bad_pattern", {"why": shortened(error), "why_zh": where}
    for name in compiled.groupindex:
        if name not in GROUPS:
            return "unknown_group", {"value": name, "known": listed(GROUPS), **nearest(name, GROUPS)}
    return None if compiled.groupindex else ("no_group", {"known": listed(GROUPS)})


def _slow(pattern: str) -> tuple[str, str] | None:
    """Why a pattern could be slow, in English and Chinese; None if it cannot."""
    groups = [_Group()]
    variable, ways, at, several = 0, 1, 0, False
    while at < len(pattern):
        quantifier = _QUANTIFIER.match(pattern, at)
        if pattern[at] == "(":
            opened = _GROUP.match(pattern, at)
            if opened is None or (pattern.startswith("(?", at) and opened.end() == at + 1):
                part = pattern[at : at + 3]
                return f"{part} is not allowed", f"不允许使用 {part}"
            groups.append(_Group())
            at, several = opened.end(), False
        elif pattern[at] == ")" and len(groups) > 1:
            inner = groups.pop()
            ways *= inner.branches
            several = inner.several or inner.branches > 1
            groups[-1].several |= several
            at += 1
        elif quantifier:
            spread = _spread(quantifier)
            if several and quantifier.group() != "?":
                part = pattern[: quantifier.end()][-10:]
                return f"it repeats what itself can match in several ways, at {part}", f"{part} 处重复嵌套"
            variable += spread > WIDE
            ways *= 1 if spread > WIDE else spread + 1
            groups[-1].several |= spread > 0
            at = quantifier.end()
            at += pattern[at : at + 1] in ("?", "+")
        elif re.match(r"\\[1-9]", pattern[at : at + 2]):
            return "references to groups are not allowed", "不允许引用命名组"
        else:
            groups[-1].branches += pattern[at] == "|"
            at, several = _atom_end(pattern, at), False
        if variable > MAX_VARIABLE or ways > MAX_WAYS:
            return "too many parts that may vary", "可变部分过多"
    return None if ways * groups[0].branches <= MAX_WAYS else ("too many alternatives", "备选分支过多")


@dataclass(slots=True)
class _Group:
    several: bool = False
    branches: int = 1


def _spread(quantifier: re.Match[str]) -> int:
    """Lengths between the bounds of a repetition."""
    if quantifier.group() == "?":
        return 1
    low, comma, high = quantifier.groups()
    if low is None:
        return MAX_NAME
    if not comma:
        return 0
    return (int(high) if high else MAX_NAME) - (int(low) if low else 0)


def _atom_end(pattern: str, at: int) -> int:
    """Past an escape, a class or one character."""
    if pattern[at] == "\\":
        return min(at + 2, len(pattern))
    if pattern[at] != "[":
        return at + 1
    end = at + 1
    end += pattern[end : end + 1] == "^"
    end += pattern[end : end + 1] == "]"
    while end < len(pattern) and pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    return min(end + 1, len(pattern))

"""A line of the access register: its fields, their checked reading, its hash."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import rfc8785
from blake3 import blake3

SCHEMA: Final = "unbroken.register/1"
CONTEXT: Final = "unbroken register 1 entry"
"""BLAKE3's `derive_key` context of a line's hash."""
MAX_LINE: Final = 32768
"""Bytes of a line without its line feed."""
_TEXT: Final = 1024
_LIMIT: Final = (1 << 53) - 1
_HEX: Final = re.compile(r"[0-9a-f]{64}\Z")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00\Z")


class Action(StrEnum):
    """What is done with a recording."""

    VIEW = "view"
    COPY = "copy"
    EXCERPT = "excerpt"
    EXPORT = "export"


class Kind(StrEnum):
    """What an entry says: allowed, done, or that a crash left bytes that are no entry."""

    APPROVAL = "approval"
    USE = "use"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a recording; both None: the whole.

    Parameters
    ----------
    frames
        First and last video frame in presentation order, both included, from 0.
    ms
        From and to in milliseconds of the presentation timeline.
    """

    frames: tuple[int, int] | None = None
    ms: tuple[int, int] | None = None

    def covers(self, wanted: Span) -> bool:
        """Whether `wanted` lies within this part, by every measure that this part is limited by."""
        return _within(self.frames, wanted.frames) and _within(self.ms, wanted.ms)


def _within(limit: tuple[int, int] | None, wanted: tuple[int, int] | None) -> bool:
    return limit is None or (wanted is not None and limit[0] <= wanted[0] and wanted[1] <= limit[1])


WHOLE: Final = Span()


@dataclass(frozen=True, slots=True)
class Target:
    """A file, or a part of it: name, BLAKE3 in hexadecimal, span."""

    name: str
    blake3: str
    span: Span = WHOLE

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "blake3": self.blake3,
            "frames": None if self.span.frames is None else list(self.span.frames),
            "ms": None if self.span.ms is None else list(self.span.ms),
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it stands in the register.

    Parameters
    ----------
    line
        From 1; 0 where it was not read in its place.
    hash
        Of its line, hexadecimal.
    sequence, previous
        Its place from 1, and the hash of the entry before it.
    kind, time, who
        What it says; ISO 8601 in UTC; a person.
    approver, reason, action, what
        None in a recovery.
    approval, result
        Of a use: hash of the approval that allows it, and the file that was made.
    torn
        Of a recovery: ``bytes`` and ``blake3`` of the line before it.
    """

    line: int
    hash: str
    sequence: int
    previous: str | None
    kind: Kind
    time: str
    who: str
    approver: str | None = None
    reason: str | None = None
    action: Action | None = None
    what: Target | None = None
    approval: str | None = None
    result: Target | None = None
    torn: Mapping[str, Any] | None = None

    @property
    def id(self) -> str:
        """What people refer to it by: the first 16 digits of its hash, which binds all that it says."""
        return self.hash[:16]


def line_hash(line: bytes) -> str:
    """Hash of a line without its line feed, hexadecimal."""
    return blake3(line, derive_key_context=CONTEXT).hexdigest()


def parse(line: bytes, number: int) -> Entry | None:
    """The entry of a line without its line feed; None if it is not exactly what this program writes."""
    if len(line) > MAX_LINE:
        return None
    try:
        content = json.loads(line.decode("utf-8"))
        if not isinstance(content, dict) or rfc8785.dumps(content) != line or wrong_field(content) is not None:
            return None
    except (ValueError, RecursionError, rfc8785.CanonicalizationError):
        return None
    return _entry(content, line, number)


def _entry(content: Mapping[str, Any], line: bytes, number: int) -> Entry:
    what, result = content.get("what"), content.get("result")
    return Entry(
        line=number,
        hash=line_hash(line),
        sequence=content["sequence"],
        previous=content["previous"],
        kind=Kind(content["kind"]),
        time=content["time"],
        who=content["who"],
        approver=content.get("approver"),
        reason=content.get("reason"),
        action=Action(content["action"]) if "action" in content else None,
        what=_target(what) if what else None,
        approval=content.get("approval"),
        result=_target(result) if result else None,
        torn=content.get("torn"),
    )


def _target(content: Mapping[str, Any]) -> Target:
    frames, ms = content.get("frames"), content.get("ms")
    span = Span((frames[0], frames[1]) if frames else None, (ms[0], ms[1]) if ms else None)
    return Target(content["name"], content["blake3"], span)


# ---- checking ---------------------------------------------------------------------------------

Check = Callable[[Any], bool]


def _number(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LIMIT


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= _TEXT and value.isprintable()


def _name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _TEXT


def _digest(value: Any) -> bool:
    return isinstance(value, str) and _HEX.match(value) is not None


def _time(value: Any) -> bool:
    return isinstance(value, str) and _TIME.match(value) is not None


def _pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_number, value)) and value[0] <= value[1]


def _maybe(check: Check) -> Check:
    return lambda v: v is None or check(v)


def _object(fields: Mapping[str, Check]) -> Check:
    return lambda v: isinstance(v, dict) and v.keys() == fields.keys() and all(c(v[k]) for k, c in fields.items())


_COMMON: Final[Mapping[str, Check]] = {
    "schema": lambda v: v == SCHEMA,
    "sequence": lambda v: _number(v) and v > 0,
    "previous": _maybe(_digest),
    "time": _time,
    "kind": lambda v: v in list(Kind),
    "who": _text,
}
_APPROVED: Final[Mapping[str, Check]] = {
    "approver": _text,
    "reason": _text,
    "action": lambda v: v in list(Action),
    "what": _object({"name": _name, "blake3": _digest, "frames": _maybe(_pair), "ms": _maybe(_pair)}),
}
_FIELDS: Final[Mapping[str, Mapping[str, Check]]] = {
    "approval": {**_COMMON, **_APPROVED},
    "use": {
        **_COMMON,
        **_APPROVED,
        "approval": _digest,
        "result": _maybe(_object({"name": _name, "blake3": _digest})),
    },
    "recovery": {**_COMMON, "torn": _object({"bytes": _number, "blake3": _digest})},
}


def wrong_field(content: Mapping[str, Any]) -> str | None:
    """The first field that is missing, foreign, or not as it must be; None if there is none."""
    kind = content.get("kind")
    fields = _FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None:
        return "kind"
    if content.keys() != fields.keys():
        return min(content.keys() ^ fields.keys())
    return next((name for name, check in fields.items() if not check(content[name])), None)

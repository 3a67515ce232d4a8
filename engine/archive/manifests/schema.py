"""Tables of declared files against their schema: every fault becomes a problem with line and nearest known name."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import Enum
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from engine.archive.manifests.positions import Path
from engine.archive.manifests.problems import ManifestProblem, listed, nearest, shortened
from engine.rules.cases.instants import ZONE

M = TypeVar("M", bound=BaseModel)

EXPECTED: Final[Mapping[str, tuple[str, str]]] = {
    "string_type": ("a text", "文本"),
    "bool_type": ("true or false", "布尔值 true 或 false"),
    "float_type": ("a number", "数值"),
    "int_type": ("a whole number", "整数"),
    "tuple_type": ("a list", "列表"),
    "mapping_type": ("a table", "表"),
    "dict_type": ("a table", "表"),
    "date_type": ("a date", "日期"),
    "model_type": ("a table", "表"),
    "model_attributes_type": ("a table", "表"),
}
"""Pydantic's type errors -> what belongs there."""

_WRAPPERS: Final = (typing.Union, types.UnionType, typing.Annotated, tuple)
_SAME: Final = frozenset(
    {"time_without_offset", "date_without_time", "time_for_date", "not_a_time", "not_a_date", "year_out_of_range"}
)
_RENAMED: Final = {
    "string_too_short": "empty_text",
    "string_too_long": "too_long",
    "string_pattern_mismatch": "control_characters",
    "string_unicode": "control_characters",
    "greater_than": "not_positive",
    "greater_than_equal": "negative_value",
    "finite_number": "not_finite",
    "missing": "missing_field",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where values come from: the file's name, and how a path in the model is found in the file.

    Parameters
    ----------
    name
        The file, relative to the archive.
    line
        Line of a path.
    label
        A path as the file spells it.
    """

    name: str
    line: Callable[[Path], int]
    label: Callable[[Path], str]

    def place(self, path: Path) -> tuple[str, int, str]:
        """File, line and field of a path of the model."""
        return self.name, self.line(path), self.label(path)

    def problem(self, path: Path, problem: str, **params: str) -> ManifestProblem:
        """A problem at a path of the model."""
        return ManifestProblem(*self.place(path), problem, params)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its path in the model, and the problem that it is."""

    path: Path
    problem: ManifestProblem


def validated(
    model: type[M], values: Mapping[str, Any], source: Source, zone: tzinfo | None
) -> tuple[M | None, list[Fault]]:
    """The model, or all faults of its values."""
    try:
        return model.model_validate(dict(values), context={ZONE: zone}), []
    except ValidationError as error:
        return None, [_fault(model, e, source) for e in error.errors(include_url=False)]


def dotted(path: Path) -> str:
    """A path as people write it: ``recordings[0].imported`` is the first recording's."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def fields_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Field names as files spell them."""
    return tuple(f.alias or name for name, f in model.model_fields.items())


def model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model of the table at a path below a model; None where something else stands there."""
    core = _core(_annotation_at(model, path))
    return core if isinstance(core, type) and issubclass(core, BaseModel) else None


def _annotation_at(model: type[BaseModel], path: Path) -> Any:
    annotation: Any = model
    for part in path:
        if isinstance(part, int):
            continue  # `_core` sees through lists
        core = _core(annotation)
        if typing.get_origin(core) is Mapping:
            annotation = typing.get_args(core)[1]
        elif isinstance(core, type) and issubclass(core, BaseModel):
            field = next((f for name, f in core.model_fields.items() if part in (name, f.alias)), None)
            annotation = field.annotation if field else None
        else:
            return None
    return annotation


def _core(annotation: Any) -> Any:
    """What stands inside options, annotations and lists: a model, a mapping, or a plain type."""
    while typing.get_origin(annotation) in _WRAPPERS:
        annotation = next(a for a in typing.get_args(annotation) if a is not type(None))
    return annotation


def _fault(model: type[BaseModel], error: Any, source: Source) -> Fault:
    path = _in_file(model, error["loc"])
    return Fault(path, _problem(model, path, error, source))


def _problem(model: type[BaseModel], path: Path, error: Any, source: Source) -> ManifestProblem:
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        return _unknown(model, path, source)
    if kind in _SAME:
        return source.problem(path, kind, value=_written(value))
    if kind in ("enum", "literal_error"):
        words = _words(model, path)
        return source.problem(
            path, "unknown_word", value=_written(value), known=listed(words), **nearest(str(value), words)
        )
    if kind in EXPECTED:
        en, zh = EXPECTED[kind]
        return source.problem(path, "wrong_type", expected_en=en, expected_zh=zh, value=_written(value))
    if kind == "string_pattern_mismatch" and str(value).isprintable():
        return source.problem(path, "wrong_form", value=_written(value), pattern=error["ctx"]["pattern"])
    if kind in _RENAMED:
        return source.problem(path, _RENAMED[kind], value=_written(value))
    return source.problem(path, "invalid", why=shortened(error["msg"]))


def _unknown(model: type[BaseModel], path: Path, source: Source) -> ManifestProblem:
    here = model_at(model, path[:-1])
    known = fields_of(here) if here else ()
    word = str(path[-1])
    return source.problem(path, "unknown_field", known=listed(known), **nearest(word, known))


def _in_file(model: type[BaseModel], loc: Sequence[str | int]) -> Path:
    """The part of pydantic's location that is in the file: without its tags for unions."""
    path: Path = ()
    for part in loc:
        if (isinstance(part, str) and "[" in part and _annotation_at(model, (*path, part)) is None) or part == "[key]":
            break
        path = (*path, part)
    return path


def _words(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    return words_of(_annotation_at(model, path))


def words_of(annotation: Any) -> tuple[str, ...]:
    """The words that a field may have; none where it may have any."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(str(e.value) for e in annotation)
    if typing.get_origin(annotation) is typing.Literal:
        return tuple(map(str, typing.get_args(annotation)))
    if typing.get_origin(annotation) in _WRAPPERS:
        return tuple(w for a in typing.get_args(annotation) for w in words_of(a))
    return ()


def _written(value: Any) -> str:
    """A value as the file would write it, shortened."""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return f"{type(value).__name__} ({len(value)})"
    try:
        return shortened(value)
    except ValueError:  # an integer of more digits than Python prints
        return "…"

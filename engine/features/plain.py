"""Frozen dataclasses to and from what JSON can hold, without loss.

Fractions become ``"1/25"``, bytes base64. Pydantic could do it, but does not write strings that
are not valid Unicode, and a path on a disk written elsewhere may be one (PEP 383).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """`value` as dicts, lists, strings and numbers.

    Raises
    ------
    TypeError
        Something in it is of a kind that is not foreseen.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {k: to_plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [to_plain(v) for v in value]
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise TypeError(f"{type(value).__name__} cannot be kept as JSON")


def from_plain(kind: type[T], value: Any) -> T:
    """The opposite of `to_plain`; `kind` is a dataclass.

    Raises
    ------
    ValueError
        `value` does not describe one.
    """
    made: T = _dataclass(kind, value)
    return made


def _dataclass(kind: Any, value: Any) -> Any:
    hints = get_type_hints(kind)
    if not isinstance(value, dict) or value.keys() != hints.keys():
        raise ValueError(f"no {kind.__name__}: {str(value)[:60]}")
    return kind(**{name: _typed(hint, value[name]) for name, hint in hints.items()})


def _typed(kind: Any, value: Any) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        (inner,) = (a for a in args if a is not NoneType)
        return None if value is None else _typed(inner, value)
    if is_dataclass(kind):
        return _dataclass(kind, value)
    if origin is tuple:
        return tuple(_typed(args[0], v) for v in _of(list, value))
    if origin is Mapping:
        return {k: _typed(args[1], v) for k, v in _of(dict, value).items()}
    if kind is Fraction:
        return _fraction(_of(str, value))
    if kind is bytes:
        return b64decode(_of(str, value), validate=True)
    return float(_of((int, float), value)) if kind is float else _of(kind, value)


def _of(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"{str(value)[:60]} is not of type {kind}")
    return value


def _fraction(text: str) -> Fraction:
    try:
        return Fraction(text)
    except ZeroDivisionError as error:
        raise ValueError(f"{text} is no number") from error

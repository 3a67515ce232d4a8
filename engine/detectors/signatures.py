"""Signatures of programs and devices: data in `signatures.toml`, and how they are held against a file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from engine.media.model import Fact

KEPT: Final = re.compile(r"^(ftyp|handler|compressor|vendor|entry|mdta\..*|mkv\.tag\..*)$")
"""Fields whose words often survive when another program writes the container anew."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One field and what is searched in its value."""

    field: str
    match: re.Pattern[str]

    def found(self, facts: Iterable[Fact]) -> tuple[Fact, ...]:
        """The facts that show it."""
        return tuple(f for f in facts if f.name == self.field and self.match.search(f.value))


@dataclass(frozen=True, slots=True)
class Signature:
    """A program or device: any of `signs` names it; all of `layout` together are its way of writing."""

    name: str
    source: str
    signs: tuple[Sign, ...]
    layout: tuple[Sign, ...] = ()
    hides: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A signature and the facts that show it."""

    signature: Signature
    facts: tuple[Fact, ...]
    named: bool = True
    """False where only the layout is like it."""

    @property
    def name(self) -> str:
        return self.signature.name

    def kept_only(self, also: frozenset[str] = frozenset()) -> bool:
        """Whether all of it may have been carried along from an earlier file: in `KEPT` or `also`."""
        return all(KEPT.match(f.name) or f.name in also for f in self.facts)


@lru_cache(maxsize=1)
def signatures() -> Mapping[str, tuple[Signature, ...]]:
    """``writer``, ``changer``, ``device``, ``encoder`` -> signatures, in the order of the file."""
    text = files("engine.detectors").joinpath("signatures.toml").read_text(encoding="utf-8")
    return {group: tuple(_signature(item) for item in items) for group, items in tomllib.loads(text).items()}


def _signature(item: Mapping[str, Any]) -> Signature:
    return Signature(
        name=item["name"],
        source=item["source"],
        signs=tuple(_sign(s) for s in item["signs"]),
        layout=tuple(_sign(s) for s in item.get("layout", ())),
        hides=tuple(item.get("hides", ())),
        keeps=tuple(item.get("keeps", ())),
    )


def _sign(item: Mapping[str, str]) -> Sign:
    return Sign(item["field"], re.compile(item["match"]))


def matches(group: str, facts: tuple[Fact, ...]) -> tuple[Match, ...]:
    """The signatures of a group that name themselves in `facts`; those that another hides are left out."""
    found = [
        Match(signature, shown)
        for signature in signatures()[group]
        if (shown := tuple(f for sign in signature.signs for f in sign.found(facts)))
    ]
    hidden = {name for m in found for name in m.signature.hides}
    return tuple(m for m in found if m.name not in hidden)


def layouts(group: str, facts: tuple[Fact, ...]) -> tuple[Match, ...]:
    """The signatures of a group whose whole layout is in `facts`."""
    found = []
    for signature in signatures()[group]:
        shown = [sign.found(facts) for sign in signature.layout]
        if shown and all(shown):
            found.append(Match(signature, tuple(f for s in shown for f in s), named=False))
    return tuple(found)

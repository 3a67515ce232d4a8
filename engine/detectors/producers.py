"""Known producers of containers: data in `producers.toml`, and which of them a structure fits."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from engine.detectors.signatures import Sign
from engine.media.model import Structure


@dataclass(frozen=True, slots=True)
class Producer:
    """A device, program or library, and what a container by it is built like.

    Parameters
    ----------
    what
        ``camera``, ``software``, ``library`` or ``service``.
    evidence
        ``measured`` or ``published``.
    lines
        All must be found in the structure's text.
    signs
        All must be found among the facts.
    """

    name: str
    what: str
    evidence: str
    source: str
    lines: tuple[re.Pattern[str], ...]
    signs: tuple[Sign, ...] = ()

    def fits(self, structure: Structure) -> bool:
        """Whether a container is built like this."""
        return all(line.search(structure.text) for line in self.lines) and all(
            sign.found(structure.facts) for sign in self.signs
        )


@lru_cache(maxsize=1)
def producers() -> tuple[Producer, ...]:
    """All that are known, in the order of the file."""
    text = files("engine.detectors").joinpath("producers.toml").read_text(encoding="utf-8")
    return tuple(_producer(item) for item in tomllib.loads(text)["producer"])


def _producer(item: Mapping[str, Any]) -> Producer:
    return Producer(
        name=item["name"],
        what=item["what"],
        evidence=item["evidence"],
        source=item["source"],
        lines=tuple(re.compile(line, re.MULTILINE) for line in item["structure"]),
        signs=tuple(Sign(s["field"], re.compile(s["match"])) for s in item.get("facts", ())),
    )


def producer_of(structure: Structure) -> Producer | None:
    """The first known producer that a container fits, None where it fits none."""
    if not structure.text:
        return None
    return next((p for p in producers() if p.fits(structure)), None)

"""One case as it was read, before it is held against its schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.archive.manifests.problems import ManifestProblem
from engine.archive.manifests.schema import Source


@dataclass(slots=True)
class Declaration:
    """Values of one case, and where they stand.

    Parameters
    ----------
    id
        As declared, or what stands for it in messages.
    line
        Line that the case begins on.
    values
        Fields by name, tables as lists.
    source
        Places of the values.
    problems
        Faults that are known already.
    """

    id: str
    line: int
    values: dict[str, Any]
    source: Source
    problems: list[ManifestProblem] = field(default_factory=list)

"""What suites hand back: rows with their budgets, and how they are kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from bench.stats import Spread


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit that a figure should keep.

    Parameters
    ----------
    limit
        In the unit of the figure that is judged.
    sense
        ``at most`` or ``at least``.
    on
        Which figure is judged: the ``ratio``, or the engine's ``own``.
    """

    limit: float
    sense: Literal["at most", "at least"]
    on: Literal["ratio", "own"] = "ratio"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured.

    Parameters
    ----------
    what
        What was measured, for a reader.
    unit
        Of `own` and `peer`.
    own, peer
        The engine's figure, and that of the program beside it, if there is one.
    ratio
        own / peer, pair by pair.
    budget
        None where there is none.
    command
        How to run the engine's side; `peer_command` the other.
    """

    what: str
    unit: str
    own: Spread
    command: str
    peer: Spread | None = None
    peer_command: str = ""
    ratio: Spread | None = None
    budget: Budget | None = None

    @property
    def kept(self) -> bool | None:
        """Whether the median keeps the budget; None without one.

        Raises
        ------
        ValueError
            If the budget is on a ratio and there is none.
        """
        if self.budget is None:
            return None
        judged = self.ratio if self.budget.on == "ratio" else self.own
        if judged is None:
            raise ValueError(f"{self.what}: a budget on a ratio that was not measured")
        if self.budget.sense == "at most":
            return judged.median <= self.budget.limit
        return judged.median >= self.budget.limit


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is made: `quick` takes shorter recordings and fewer rounds; `cache` holds the recordings."""

    quick: bool
    cache: Path

    def rounds(self, full: int) -> int:
        """Rounds of pairs: `full`, or 3 at most in a quick run."""
        return min(3, full) if self.quick else full


@dataclass(frozen=True, slots=True)
class Suite:
    """A set of rows measured together; `how` says how, for a reader."""

    name: str
    title: str
    how: str
    run: Callable[[Settings], tuple[Row, ...]]


@dataclass(frozen=True, slots=True)
class Measured:
    """The rows of one suite, and the circumstances they were measured in."""

    suite: str
    rows: tuple[Row, ...]
    circumstances: Mapping[str, str]


def to_json(measured: Mapping[str, Measured]) -> str:
    """All suites' rows as JSON, by suite."""
    return json.dumps({name: asdict(m) for name, m in measured.items()}, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> dict[str, Measured]:
    """What `to_json` wrote."""
    return {
        name: Measured(entry["suite"], tuple(_row(r) for r in entry["rows"]), entry["circumstances"])
        for name, entry in json.loads(text).items()
    }


def _row(entry: Mapping[str, Any]) -> Row:
    spreads = {k: Spread(**entry[k]) if entry[k] else None for k in ("own", "peer", "ratio")}
    budget = Budget(**entry["budget"]) if entry["budget"] else None
    return Row(**{**entry, **spreads, "budget": budget})

"""What importing the engine and asking for help cost above a bare interpreter."""

from __future__ import annotations

import sys

from bench import usage
from bench.results import Budget, Row, Settings, Suite
from bench.stats import interleave, spread

HOW = "Whole processes, in pairs with `python -c pass`; the figure is what comes on top of it."


def measure(settings: Settings) -> tuple[Row, ...]:
    """Import and help."""
    rounds = 7 if settings.quick else 21
    bare = [sys.executable, "-c", "pass"]
    rows = []
    for what, command in (
        ("import engine", [sys.executable, "-c", "import engine"]),
        ("unbroken --help", [*usage.unbroken(), "--help"]),
    ):
        peers, owns = interleave(
            rounds,
            lambda: usage.process(bare).wall_s,
            lambda c=command: usage.process(c).wall_s,  # type: ignore[misc]
        )
        rows.append(
            Row(
                what=f"`{what}`, less a bare interpreter",
                unit="s",
                own=spread([o - p for o, p in zip(owns, peers, strict=True)]),
                budget=Budget(0.25, "at most", "own"),
                peer_command="python -c pass",
                command=what if what.startswith("unbroken") else f'python -c "{what}"',
            )
        )
    return tuple(rows)


SUITE = Suite("startup", "Start", HOW, measure)

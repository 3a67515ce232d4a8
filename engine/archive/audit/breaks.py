"""Breaks inside a recording, from what detectors found in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.findings import Finding, Kind, Severity
from engine.rules.cases.record import Break

KINDS: Final = frozenset({Kind.GAP, Kind.DELETION, Kind.SPLICE, Kind.CLOCK_JUMP})
"""Kinds that say that the recording did not run on."""
LOST: Final = ("missing_s", "lost_s")
"""Parameters of a finding that say how much is missing, seconds."""


def breaks(findings: Iterable[Finding]) -> tuple[Break, ...]:
    """Breaks in order of time. Notices make none: a recorder that drops single pictures runs on."""
    found = [
        Break(f.start_s, f.end_s, _lost(f), f.id)
        for f in findings
        if f.kind in KINDS and f.severity > Severity.NOTICE and f.start_s is not None and f.end_s is not None
    ]
    return tuple(sorted(found, key=lambda b: (b.start_s, b.end_s)))


def _lost(finding: Finding) -> float | None:
    """Seconds missing, as the finding or one that was merged into it says; None where none does."""
    for one in (finding, *finding.parts):
        for name in LOST:
            value = one.params.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
                return float(value)
    return None

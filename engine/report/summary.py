"""Counts over a run, and what of a file could not be examined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.findings import Examined, FileReport, Severity, Stretch, Verdict

ORDER = (Verdict.VIOLATION, Verdict.SUSPICION, Verdict.NOT_EXAMINABLE, Verdict.CLEAR)
"""Worst first."""


def summarise(reports: Sequence[FileReport]) -> Mapping[str, Any]:
    """Counts of verdicts, and of findings by kind and severity."""
    verdicts = Counter(r.verdict for r in reports)
    kinds = Counter(str(f.kind) for r in reports for f in r.findings if f.severity > Severity.NOTICE)
    severities = Counter(f.severity.label for r in reports for f in r.findings)
    return {
        "files": len(reports),
        "verdicts": {v.value: verdicts.get(v, 0) for v in ORDER},
        "findings": {s.label: severities.get(s.label, 0) for s in sorted(Severity, reverse=True)},
        "kinds": dict(sorted(kinds.items())),
    }


def worst_first(reports: Iterable[FileReport]) -> list[FileReport]:
    """Worst verdict first, else in the order given."""
    return sorted(reports, key=lambda r: ORDER.index(r.verdict))


def uncovered_seconds(stretches: Iterable[Stretch]) -> float:
    """Seconds that `stretches` cover together; where they overlap they count once."""
    total, reached = 0.0, float("-inf")
    for stretch in sorted(stretches, key=lambda s: s.start_s):
        start = max(stretch.start_s, reached)
        if stretch.end_s > start:
            total += stretch.end_s - start
            reached = stretch.end_s
    return total


def not_examinable(examined: Iterable[Examined]) -> list[tuple[str, str, float, float]]:
    """(question, by, seconds that could not be examined, of how many), largest first, zeros left out."""
    sums = [(e, uncovered_seconds(e.not_examinable)) for e in examined]
    found = [(e.question, e.by, missing, e.seconds + missing) for e, missing in sums if missing > 0]
    return sorted(found, key=lambda s: (-s[2], s[0], s[1]))


def exit_facts(reports: Iterable[FileReport]) -> tuple[bool, bool]:
    """(something found, something not examined), from the stored verdicts."""
    verdicts = {r.verdict for r in reports}
    return bool(verdicts & {Verdict.VIOLATION, Verdict.SUSPICION}), Verdict.NOT_EXAMINABLE in verdicts

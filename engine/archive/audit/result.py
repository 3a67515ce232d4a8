"""What an audit comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.archive.exhibits import Exhibits
from engine.archive.manifests import ManifestProblem
from engine.findings import FileReport, Verdict
from engine.rules.cases.result import CaseReport
from engine.rules.pack import RulePack


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """Everything that is said about an archive. Paths in it are relative to the archive, with ``/``.

    Parameters
    ----------
    path
        The archive, as it was named.
    department
        As `archive.toml` says.
    pack
        The rules that it was held against; None where `archive.toml` names none that can be used:
        then nothing was judged.
    as_of
        The moment that date checks were made for.
    cases
        In the order of their declarations.
    files
        Every record that was examined, by path.
    problems
        Faults of the archive's own declarations; those of a case stand in its report.
    options
        What else results depend on.
    exhibits
        Path -> plots and pictures, where they were asked for.
    left
        Records that were not examined because the audit was interrupted; the cases that need them
        are not in `cases`.
    cases_left
        Those cases.
    version
        The engine's version.
    """

    path: str
    department: str | None
    pack: RulePack | None
    as_of: datetime
    cases: tuple[CaseReport, ...]
    files: tuple[FileReport, ...]
    version: str
    problems: tuple[ManifestProblem, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    exhibits: Mapping[str, Exhibits] = field(default_factory=dict)
    left: int = 0
    cases_left: int = 0

    @property
    def interrupted(self) -> bool:
        """Whether it was broken off."""
        return self.left > 0 or self.cases_left > 0

    @property
    def summary(self) -> Mapping[str, Any]:
        """Counts: cases and files by verdict, findings of cases by kind."""
        kinds = Counter(str(f.kind) for c in self.cases for f in c.findings if f.severity > 0)
        return {
            "cases": {v.value: sum(c.verdict is v for c in self.cases) for v in Verdict},
            "files": {v.value: sum(f.verdict is v for f in self.files) for v in Verdict},
            "kinds": dict(sorted(kinds.items())),
        }

    def exit_facts(self) -> tuple[bool, bool]:
        """(something found, something not examined), from the stored verdicts and what could not be read."""
        verdicts = {c.verdict for c in self.cases} | {f.verdict for f in self.files}
        found = bool(verdicts & {Verdict.VIOLATION, Verdict.SUSPICION})
        faulty = self.pack is None or any(p.grade == "error" for p in self.problems)
        return found, faulty or Verdict.NOT_EXAMINABLE in verdicts

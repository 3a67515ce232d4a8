"""`audit --check`: everything that can be said of an archive's declarations without reading footage."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from engine.archive.manifests.load import load_archive
from engine.archive.manifests.problems import ManifestProblem, nearest
from engine.archive.manifests.records import LoadedArchive, LoadedCase


@dataclass(frozen=True, slots=True)
class Check:
    """What a check came to.

    Parameters
    ----------
    archive
        As loaded.
    problems
        All of them, each with file, line and field: those of the archive first, then case by case.
    """

    archive: LoadedArchive
    problems: tuple[ManifestProblem, ...]

    @property
    def errors(self) -> int:
        """How many problems keep a case or a file from being used."""
        return sum(p.grade == "error" for p in self.problems)


def check(root: str | os.PathLike[str]) -> Check:
    """Read all declarations, and look whether the files that they name are there."""
    archive = load_archive(root)
    known = None
    if archive.pack is not None:
        known = frozenset((*(i.name for i in archive.pack.content.items), *archive.settings.items))
    problems = list(archive.problems)
    for case in archive.cases:
        problems += [*case.problems, *_absent(case, Path(root)), *_unlisted(case, known)]
    return Check(archive, tuple(problems))


def _absent(loaded: LoadedCase, root: Path) -> list[ManifestProblem]:
    """Named files that are not there; their contents are not looked at."""
    case = loaded.case
    if case is None:
        return []
    named = [("absent_recording", r.path) for r in case.recordings]
    named += [("absent_backup", r.backup) for r in case.recordings if r.backup]
    named += [("absent_report", i.report) for i in case.interruptions if i.report]
    absent = [
        ManifestProblem(*loaded.places[path], problem, {"value": path}, "warning")
        for problem, path in named
        if not os.path.exists(root / loaded.folder / path)
    ]
    return sorted(absent, key=lambda p: (p.file, p.line or 0))


def _unlisted(loaded: LoadedCase, known: frozenset[str] | None) -> list[ManifestProblem]:
    case = loaded.case
    if case is None or known is None or case.activity in known:
        return []
    params = {"value": case.activity, **nearest(case.activity, known)}
    return [ManifestProblem(loaded.file, loaded.line, "activity", "unlisted_activity", params, "warning")]

"""What reading an archive's declarations comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.archive.manifests.problems import ManifestProblem
from engine.rules.cases.manifest import ArchiveSettings, Case, Device
from engine.rules.pack import RulePack


@dataclass(frozen=True, slots=True)
class LoadedCase:
    """One case, or why there is none.

    Parameters
    ----------
    id
        As declared; the folder or file's place where it could not be read.
    file, line
        The file that declares it, relative to the archive, and the line it begins on.
    folder
        Folder of that file, relative to the archive with ``/``; empty for the archive's root.
        Paths of the case are relative to it.
    case
        None where a problem of grade ``error`` keeps it from being judged.
    problems
        Its faults, errors first.
    spreadsheet
        Whether it comes from `cases.csv`: then its folder is shared with other cases.
    paths
        Listed path as written -> path relative to the archive, for the recordings that lie in it.
    places
        Path of a recording, backup or report as written -> file, line and field that name it first.
    """

    id: str
    file: str
    line: int
    folder: str
    case: Case | None
    problems: tuple[ManifestProblem, ...] = ()
    spreadsheet: bool = False
    paths: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, tuple[str, int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoadedArchive:
    """All declarations of an archive.

    Parameters
    ----------
    root
        The archive's folder.
    settings
        Of `archive.toml`; of its parts that are right, where it has faults.
    pack
        The rule pack that it names; None where there is none that can be used.
    devices
        The register, without entries that have faults.
    cases
        In natural order of their folders, then those of `cases.csv` in its order.
    problems
        Faults of the archive as a whole: settings, register, spreadsheets, folders. Those of a
        case stand with it.
    """

    root: str
    settings: ArchiveSettings
    pack: RulePack | None
    devices: tuple[Device, ...]
    cases: tuple[LoadedCase, ...]
    problems: tuple[ManifestProblem, ...]

    def all_problems(self) -> tuple[ManifestProblem, ...]:
        """Those of the archive, then those of each case."""
        return (*self.problems, *(p for case in self.cases for p in case.problems))

    @property
    def sound(self) -> bool:
        """Whether nothing of grade ``error`` was found anywhere."""
        return all(p.grade != "error" for p in self.all_problems())

"""Which records an archive's cases are judged on: those that are listed, and those that lie there."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.archive.audit.walk import Found, look, walk
from engine.archive.manifests import LoadedArchive, LoadedCase
from engine.rules.cases.manifest import CaseRecording


@dataclass(frozen=True, slots=True)
class Holding:
    """The records of one case.

    Parameters
    ----------
    loaded
        The case and what it declares.
    listed
        Path relative to the archive -> what the paperwork says of it. A path that leads out of
        the archive stands as it was written.
    unlisted
        Paths of records that lie in its folder and are not listed by it.
    """

    loaded: LoadedCase
    listed: Mapping[str, CaseRecording] = field(default_factory=dict)
    unlisted: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        return (*self.listed, *self.unlisted)


@dataclass(frozen=True, slots=True)
class Inventory:
    """What lies in an archive, and which case holds what.

    Parameters
    ----------
    root
        The archive, absolute and without links.
    found
        Path -> what stands there: every record that lies in the archive or is listed.
    holdings
        In the order of the cases.
    homeless
        Records that lie there and belong to no case.
    """

    root: str
    found: Mapping[str, Found]
    holdings: tuple[Holding, ...]
    homeless: tuple[str, ...]


def take_inventory(archive: LoadedArchive) -> Inventory:
    """Find all records, and whose they are. Nothing is opened.

    A record that no case lists belongs to the case whose folder it lies in: the nearest folder above
    it with a ``case.toml``, or, for cases of a spreadsheet, with recordings that one case alone
    lists. A declared backup belongs to none.
    """
    root = os.path.realpath(archive.root)
    found = {f.path: f for f in walk(root)}
    for loaded in archive.cases:
        for path in _listed(loaded):
            if path not in found:
                found[path] = look(root, path)
    spoken_for = {path for loaded in archive.cases for path in _listed(loaded)}
    spoken_for |= _backups(root, archive.cases)
    at_home: defaultdict[int | None, list[str]] = defaultdict(list)
    folders = _folders(archive.cases)
    for path in found:
        if path not in spoken_for:
            at_home[_home(path, folders)].append(path)
    holdings = tuple(Holding(c, _listed(c), tuple(at_home.get(n, ()))) for n, c in enumerate(archive.cases))
    return Inventory(root, found, holdings, tuple(at_home.get(None, ())))


def _folders(cases: Sequence[LoadedCase]) -> dict[str, int | None]:
    """Folder -> the case (its number) whose files lie there; None where several cases share it."""
    folders: dict[str, int | None] = {}
    for number, loaded in enumerate(cases):
        if loaded.spreadsheet:
            for path in _listed(loaded):
                folder = path.rpartition("/")[0]
                folders[folder] = number if folders.get(folder, number) == number else None
    return folders | {c.folder: n for n, c in enumerate(cases) if not c.spreadsheet}


def _listed(loaded: LoadedCase) -> dict[str, CaseRecording]:
    if loaded.case is None:
        return {}
    return {loaded.paths.get(r.path, r.path): r for r in loaded.case.recordings}


def _backups(root: str, cases: Sequence[LoadedCase]) -> set[str]:
    """Declared backups, relative to the archive where they lie in it."""
    inside: set[str] = set()
    for loaded in cases:
        folder = os.path.join(root, loaded.folder)
        for recording in loaded.case.recordings if loaded.case is not None else ():
            if recording.backup is not None:
                full = os.path.normpath(os.path.join(folder, recording.backup))
                inside.add(os.path.relpath(full, root).replace(os.sep, "/"))
    return inside


def _home(path: str, folders: Mapping[str, int | None]) -> int | None:
    """The case of the nearest case folder above a path; None where there is none."""
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if folder in folders:
            return folders[folder]
    return None

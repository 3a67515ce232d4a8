"""What a case declares against itself, the device register and the archive's folder."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.archive.manifests.positions import Path as KeyPath
from engine.archive.manifests.problems import ManifestProblem, nearest
from engine.archive.manifests.schema import Source
from engine.rules.cases.manifest import Case

_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]|\\\\")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case is declared.

    Parameters
    ----------
    root
        The archive.
    folder
        That of the declaring file, relative to the archive.
    serials
        Of the device register; None where there is none.
    source
        Places in the declaring file.
    original
        A path in the case that is looked at -> the path in the file.
    """

    root: Path
    folder: str
    serials: frozenset[str] | None
    source: Source
    original: Callable[[KeyPath], KeyPath]

    def line(self, path: KeyPath) -> int:
        """Line of a path in the case."""
        return self.source.line(self.original(path))

    def problem(self, path: KeyPath, problem: str, **params: str) -> ManifestProblem:
        """A problem at a path in the case."""
        return self.source.problem(self.original(path), problem, **params)


def contradictions(case: Case, place: Place) -> list[ManifestProblem]:
    """All contradictions of a case in itself and with the register."""
    return [
        *_activity(case, place),
        *_interruptions(case, place),
        *_devices(case, place),
    ]


def listed_paths(case: Case, place: Place) -> tuple[dict[str, str], list[ManifestProblem]]:
    """Listed path -> path relative to the archive; and what is wrong with the others."""
    paths: dict[str, str] = {}
    first: dict[str, int] = {}
    problems: list[ManifestProblem] = []
    linked = _links(place.root)
    for n, recording in enumerate(case.recordings):
        where = ("recordings", n, "path")
        inside = inner_path(recording.path, place.folder)
        if inside is None:
            problems.append(place.problem(where, _outside(recording.path), value=recording.path))
        elif link := linked(inside):
            problems.append(place.problem(where, "linked_recording", value=recording.path, link=link))
        elif inside in first:
            line = str(place.line(("recordings", first[inside], "path")))
            problems.append(place.problem(where, "listed_twice", value=recording.path, line=line))
        else:
            paths[recording.path] = inside
            first[inside] = n
    return paths, problems


def named_files(case: Case, place: Place) -> dict[str, tuple[str, int, str]]:
    """File, line and field of every path that a case names, by the path as written; the first where it is repeated."""
    named: list[tuple[str | None, KeyPath]] = []
    for n, recording in enumerate(case.recordings):
        named += [(recording.path, ("recordings", n, "path")), (recording.backup, ("recordings", n, "backup"))]
    named += [(i.report, ("interruptions", n, "report")) for n, i in enumerate(case.interruptions)]
    places: dict[str, tuple[str, int, str]] = {}
    for written, path in named:
        if written is not None and written not in places:
            places[written] = place.source.place(place.original(path))
    return places


def inner_path(path: str, folder: str) -> str | None:
    """A listed path relative to the archive; None where it is absolute or leads out of it.

    Judged by the words alone: whether a part of it is a link, the folder must say.
    """
    if path.startswith("/") or "\\" in path or _DRIVE.match(path):
        return None
    whole = posixpath.normpath(posixpath.join(folder, path))
    return None if whole in (".", "..") or whole.startswith("../") else whole


def _outside(path: str) -> str:
    if path.startswith("/") or _DRIVE.match(path):
        return "absolute_path"
    return "backslash" if "\\" in path else "outside_archive"


def _links(root: Path) -> Callable[[str], str | None]:
    """Tells the first part of an inner path that is a link; asks the file system once for each."""
    known: dict[str, bool] = {}

    def is_link(inner: str) -> bool:
        if inner not in known:
            known[inner] = os.path.islink(root / inner)
        return known[inner]

    def first_link(inner: str) -> str | None:
        parts = inner.split("/")
        return next((p for n in range(1, len(parts) + 1) if is_link(p := "/".join(parts[:n]))), None)

    return first_link


def _activity(case: Case, place: Place) -> list[ManifestProblem]:
    problems = []
    if case.end <= case.start:
        return [place.problem(("end",), "end_before_start", start=case.start.isoformat())]
    for n, moment in enumerate(case.moments):
        if not case.start <= moment.at <= case.end:
            problems.append(_outside_activity(case, place, ("moments", n, "at"), moment.at.isoformat()))
    return problems


def _interruptions(case: Case, place: Place) -> list[ManifestProblem]:
    problems = []
    for n, interruption in enumerate(case.interruptions):
        end = interruption.end
        if end is not None and end <= interruption.start:
            problems.append(
                place.problem(("interruptions", n, "end"), "end_before_start", start=interruption.start.isoformat())
            )
        for name, time in (("start", interruption.start), ("end", end)):
            if time is not None and case.start < case.end and not case.start <= time <= case.end:
                problems.append(_outside_activity(case, place, ("interruptions", n, name), time.isoformat()))
    order = sorted(range(len(case.interruptions)), key=lambda n: (case.interruptions[n].start, n))
    latest: dict[str | None, int] = {}
    for n in order:
        interruption = case.interruptions[n]
        before = latest.get(interruption.device)
        if before is not None and (case.interruptions[before].end or case.end) > interruption.start:
            line = str(place.line(("interruptions", before)))
            problems.append(place.problem(("interruptions", n, "start"), "overlapping", line=line))
        if before is None or (case.interruptions[before].end or case.end) < (interruption.end or case.end):
            latest[interruption.device] = n
    return problems


def _outside_activity(case: Case, place: Place, path: KeyPath, value: str) -> ManifestProblem:
    return place.problem(path, "outside_activity", value=value, start=case.start.isoformat(), end=case.end.isoformat())


def _devices(case: Case, place: Place) -> list[ManifestProblem]:
    if place.serials is None:
        return []
    named = [(("recordings", n, "device"), r.device) for n, r in enumerate(case.recordings)]
    named += [(("interruptions", n, "device"), i.device) for n, i in enumerate(case.interruptions)]
    return [
        place.problem(path, "unknown_device", value=serial, **nearest(serial, place.serials))
        for path, serial in named
        if serial is not None and serial not in place.serials
    ]

"""An archive's declarations, all read in one run: a fault in one place does not hide the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path

from engine.archive.manifests.casefile import belonging, read_case
from engine.archive.manifests.contradictions import Place, contradictions, listed_paths, named_files
from engine.archive.manifests.declaration import Declaration
from engine.archive.manifests.discovery import case_files
from engine.archive.manifests.positions import Path as KeyPath
from engine.archive.manifests.problems import ManifestProblem
from engine.archive.manifests.reading import read_toml, relative_name
from engine.archive.manifests.records import LoadedArchive, LoadedCase
from engine.archive.manifests.salvage import salvage
from engine.archive.manifests.schema import validated
from engine.archive.manifests.settings import Register, read_pack, read_register, read_settings, zone_of
from engine.archive.manifests.spreadsheets import CASES_FILE, read_sheets
from engine.rules.cases.manifest import Case


@dataclass(frozen=True, slots=True)
class _Around:
    root: Path
    zone: tzinfo | None
    register: Register


def load_archive(root: str | os.PathLike[str]) -> LoadedArchive:
    """Read `archive.toml`, `devices.toml`, every `case.toml` below, and the tables at the root.

    Parameters
    ----------
    root
        The archive's folder. Footage in it is not opened.

    Returns
    -------
    LoadedArchive
        With all problems of all files. Never raises for what a file contains.
    """
    folder = Path(root)
    settings, problems = read_settings(folder)
    if not os.path.isdir(folder):
        missing = ManifestProblem(os.fspath(root), None, "", "no_archive")
        return LoadedArchive(os.fspath(root), settings, None, (), (), (missing,))
    pack, pack_problems = read_pack(folder, settings)
    register = read_register(folder)
    around = _Around(folder, zone_of(settings), register)
    files, folder_problems = case_files(folder)
    sheets = read_sheets(folder)
    cases = [_from_file(path, around) for path in files]
    cases += [_from_sheet(case, around) for case in sheets.cases]
    problems = [*problems, *pack_problems, *register.problems, *folder_problems, *sheets.problems]
    if not cases:
        problems.append(ManifestProblem(".", None, "", "no_cases", {}, "warning"))
    return LoadedArchive(
        root=os.fspath(root),
        settings=settings,
        pack=pack,
        devices=register.devices,
        cases=tuple(_shared_files(_distinct(cases))),
        problems=tuple(problems),
    )


def _from_file(path: Path, around: _Around) -> LoadedCase:
    name = relative_name(path, around.root)
    folder = name.rpartition("/")[0]
    document = read_toml(path, name)
    if isinstance(document, ManifestProblem):
        return LoadedCase(folder or name, name, document.line or 1, folder, None, (document,))
    declaration = read_case(document, folder or name)
    return _checked(declaration, LoadedCase(declaration.id, name, declaration.line, folder, None), around)


def _from_sheet(declaration: Declaration, around: _Around) -> LoadedCase:
    empty = LoadedCase(declaration.id, CASES_FILE, declaration.line, "", None, spreadsheet=True)
    return _checked(declaration, empty, around)


def _checked(declaration: Declaration, loaded: LoadedCase, around: _Around) -> LoadedCase:
    """The case held against its schema, itself, the register and the folder, all in one run."""
    source = declaration.source
    case, faults = validated(Case, declaration.values, source, around.zone)
    problems = [*declaration.problems, *(belonging(f.problem) for f in faults)]
    original: Callable[[KeyPath], KeyPath] = _same
    if case is None:
        rest = salvage(declaration.values, [f.path for f in faults], around.zone)
        if rest is None:
            return _with(loaded, problems)
        case, original = rest.case, rest.original
    place = Place(around.root, loaded.folder, around.register.serials, source, original)
    paths, path_problems = listed_paths(case, place)
    problems += [*contradictions(case, place), *path_problems]
    complete = replace(loaded, case=None if faults else case, paths=paths, places=named_files(case, place))
    return _with(complete, problems)


def _same(path: KeyPath) -> KeyPath:
    return path


def _with(loaded: LoadedCase, more: Iterable[ManifestProblem]) -> LoadedCase:
    problems = (*loaded.problems, *more)
    faulty = any(p.grade == "error" for p in problems)
    case: Case | None = None if faulty else loaded.case
    ordered = sorted(problems, key=lambda p: (p.grade != "error", p.file, p.line or 0))
    return replace(loaded, case=case, problems=tuple(ordered))


def _distinct(cases: list[LoadedCase]) -> list[LoadedCase]:
    """Of several cases of one id all but the first have an error."""
    first: dict[str, LoadedCase] = {}
    out = []
    for loaded in cases:
        other = first.setdefault(loaded.id, loaded)
        if other is loaded:
            out.append(loaded)
            continue
        params = {"value": loaded.id, "place": f"{other.file}:{other.line}"}
        out.append(_with(loaded, [ManifestProblem(loaded.file, loaded.line, "id", "duplicate_case", params)]))
    return out


def _shared_files(cases: list[LoadedCase]) -> list[LoadedCase]:
    """Name recordings that more than one case lists; the cases are judged nonetheless."""
    owners: dict[str, list[LoadedCase]] = {}
    for loaded in cases:
        for inside in loaded.paths.values():
            owners.setdefault(inside, []).append(loaded)
    return [_with(loaded, notes) if (notes := _also_elsewhere(loaded, owners)) else loaded for loaded in cases]


def _also_elsewhere(loaded: LoadedCase, owners: Mapping[str, list[LoadedCase]]) -> list[ManifestProblem]:
    notes = []
    for written, inside in loaded.paths.items():
        other = next((o for o in owners[inside] if o is not loaded), None)  # one is enough
        if other is not None:
            params = {"value": written, "other": other.id, "place": f"{other.file}:{other.line}"}
            notes.append(ManifestProblem(*loaded.places[written], "listed_in_two_cases", params, "warning"))
    return notes

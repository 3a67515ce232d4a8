"""cases.csv, recordings.csv, interruptions.csv, exemptions.csv, moments.csv: many cases in tables.

Field names are those of case.toml; a field of a table within a table has both names joined by
``_`` or ``.`` (``export_extension_approved_by``). Empty cells are fields left out, rows whose
first cell begins with ``#`` are comments.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from engine.archive.manifests.declaration import Declaration
from engine.archive.manifests.positions import Path as KeyPath
from engine.archive.manifests.problems import ManifestProblem, listed, nearest, shortened
from engine.archive.manifests.reading import MAX_TABLE_BYTES, read_text
from engine.archive.manifests.schema import Source, fields_of
from engine.rules.cases.manifest import (
    Case,
    CaseRecording,
    ClockCheck,
    Declared,
    Exemption,
    ExportExtension,
    Interruption,
    KeyMoment,
)

CASES_FILE: Final = "cases.csv"
PARTS: Final[Mapping[str, type[Declared]]] = {
    "recordings": CaseRecording,
    "interruptions": Interruption,
    "exemptions": Exemption,
    "moments": KeyMoment,
}
"""Tables of a case -> their rows; each in a file of its name."""
NESTED: Final[Mapping[str, type[Declared]]] = {"clock_check": ClockCheck, "export_extension": ExportExtension}
LISTS: Final = frozenset({"officers", "permanent"})
"""Columns that hold several words, separated by ``;`` ``；`` ``、`` ``|`` or ``,``."""
YES: Final = frozenset({"true", "yes", "1", "是"})
NO: Final = frozenset({"false", "no", "0", "否"})
SEPARATORS: Final = "；、|，,"
SPOILING: Final = frozenset(
    {"unreadable", "not_a_file", "linked_file", "too_large", "not_text", "not_csv", "no_header", "missing_column"}
    | {"unknown_field", "duplicate_column"}
)
"""Faults of a table that leave what cases declare unknown: judging them would accuse without ground."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line, its case, its fields, its faults."""

    line: int
    case: str
    values: dict[str, Any]
    problems: tuple[ManifestProblem, ...] = ()


@dataclass(slots=True)
class Sheets:
    """All cases of the tables, and faults that belong to none of them."""

    cases: list[Declaration] = field(default_factory=list)
    problems: list[ManifestProblem] = field(default_factory=list)


def read_sheets(root: Path) -> Sheets:
    """The cases of an archive's tables; none where there are no tables."""
    sheets = Sheets()
    present = [name for name in PARTS if os.path.lexists(root / f"{name}.csv")]
    if not os.path.lexists(root / CASES_FILE):
        sheets.problems += [
            ManifestProblem(f"{name}.csv", None, "", "no_rows_for_lack_of_cases", {}, "warning") for name in present
        ]
        return sheets
    own = tuple(n for n in Case.model_fields if n not in PARTS)
    heads = _read(root, CASES_FILE, own, ("activity", "start", "end"), sheets.problems)
    rows = {name: _read(root, f"{name}.csv", *_columns(PARTS[name]), sheets.problems) for name in present}
    faulty = sorted({p.file for p in sheets.problems if p.problem in SPOILING})
    parts, strays = _joined(rows, {row.case for row in heads})
    sheets.problems += [problem for _, problem in strays]
    for row in heads:
        sheet = _case(row, parts.pop(row.case, {}))  # of two rows of one case the first has its recordings
        spoilt = faulty + [p.place() for case, p in strays if case == row.case]
        sheet.problems += [sheet.source.problem((), "spoilt", value=place) for place in spoilt]
        sheets.cases.append(sheet)
    return sheets


def _joined(
    rows: Mapping[str, list[Row]], ids: set[str]
) -> tuple[dict[str, dict[str, list[Row]]], list[tuple[str | None, ManifestProblem]]]:
    """Case -> table -> rows; and rows of no case, each with the case that was probably meant."""
    parts: dict[str, dict[str, list[Row]]] = {}
    strays: list[tuple[str | None, ManifestProblem]] = []
    for name, table in rows.items():
        for row in table:
            if row.case in ids:
                parts.setdefault(row.case, {}).setdefault(name, []).append(row)
                continue
            meant = nearest(row.case, ids)
            params = {"value": row.case, **meant}
            strays.append(
                (meant.get("nearest"), ManifestProblem(f"{name}.csv", row.line, "case", "unknown_case", params))
            )
    return parts, strays


def _columns(model: type[Declared]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = fields_of(model)
    return names, tuple(n for n in names if model.model_fields[n].is_required())


def _case(head: Row, parts: Mapping[str, list[Row]]) -> Declaration:
    values: dict[str, Any] = {**head.values, "id": head.case}
    for name, rows in parts.items():
        values[name] = [row.values for row in rows]

    def row_of(path: KeyPath) -> tuple[str, int]:
        if len(path) > 1 and path[0] in parts:
            return f"{path[0]}.csv", parts[str(path[0])][int(path[1])].line
        return CASES_FILE, head.line

    source = SheetSource(CASES_FILE, lambda p: row_of(p)[1], _column, lambda p: row_of(p)[0])
    problems = [p for row in (head, *(r for rows in parts.values() for r in rows)) for p in row.problems]
    return Declaration(head.case, head.line, values, source, problems)


def _column(path: KeyPath) -> str:
    names = [str(p) for p in path if isinstance(p, str)]
    return "_".join(names[1:] if names and names[0] in PARTS else names)


@dataclass(frozen=True, slots=True)
class SheetSource(Source):
    """Places in several tables."""

    file_of: Callable[[KeyPath], str] = lambda _: CASES_FILE

    def place(self, path: KeyPath) -> tuple[str, int, str]:
        """File, line and column."""
        return self.file_of(path), self.line(path), self.label(path)


def _read(
    root: Path, name: str, known: tuple[str, ...], required: tuple[str, ...], problems: list[ManifestProblem]
) -> list[Row]:
    """Rows of one table; faults of the table go to `problems`."""
    text = read_text(root / name, name, MAX_TABLE_BYTES)
    if isinstance(text, ManifestProblem):
        problems.append(text)
        return []
    rows: list[Row] = []
    columns: list[str] | None = None
    try:
        for line, cells in _cells(text):
            if columns is None:
                columns = _header(name, line, cells, known, required, problems)
                if columns is None:
                    return []
            elif row := _row(name, line, cells, columns, problems):
                rows.append(row)
    except csv.Error as error:
        problems.append(ManifestProblem(name, None, "", "not_csv", {"why": str(error)}))
    if columns is None:
        problems.append(ManifestProblem(name, 1, "", "no_header", {"known": listed(("case", *known))}))
    return rows


def _cells(text: str) -> list[tuple[int, list[str]]]:
    """(line of its beginning, cells) of each row that says something."""
    head = next((r for r in text.splitlines() if r.strip() and not r.startswith("#")), "")
    mark = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    found, line = [], 1
    for cells in reader:
        stripped = [c.strip() for c in cells]
        if any(stripped) and not stripped[0].startswith("#"):
            found.append((line, stripped))
        line = reader.line_num + 1
    return found


def _header(
    name: str,
    line: int,
    cells: list[str],
    known: tuple[str, ...],
    required: tuple[str, ...],
    problems: list[ManifestProblem],
) -> list[str] | None:
    """Column names; None where rows cannot be read for lack of some."""
    nested = {f"{n}{mark}{f}": f"{n}.{f}" for n in NESTED if n in known for f in fields_of(NESTED[n]) for mark in "._"}
    usable = ("case", *(n for n in known if n not in NESTED), *(n for n in nested if "." not in n))
    columns: list[str] = []
    for cell in cells:
        column = nested.get(cell, cell)
        if cell and cell not in usable and cell not in nested:
            params = {"known": listed(usable), **nearest(cell, usable)}
            problems.append(ManifestProblem(name, line, shortened(cell), "unknown_field", params))
            column = ""  # said once, not in each row
        elif column and column in columns:
            problems.append(ManifestProblem(name, line, cell, "duplicate_column"))
        columns.append(column if column not in columns else "")
    has_case = "case" in columns or (name == CASES_FILE and "id" in columns)
    missing = [n for n in ("case", *required) if n not in columns and not (n == "case" and has_case)]
    problems += [ManifestProblem(name, line, n, "missing_column") for n in missing]
    return None if missing else columns


def _row(name: str, line: int, cells: list[str], columns: list[str], problems: list[ManifestProblem]) -> Row | None:
    """A row; None where it names no case: then the fault goes to the table's `problems`."""
    named = {c: v for c, v in zip(columns, cells, strict=False) if c and v}
    case, other = named.pop("case", None), named.pop("id", None)
    if case is None and other is None:
        problems.append(ManifestProblem(name, line, "case", "missing_field"))
        return None
    faults = []
    if case and other and case != other:
        faults.append(ManifestProblem(name, line, "case", "two_names", {"value": case, "other": other}))
    if any(cells[len(columns) :]):
        params = {"count": str(len(cells)), "known": str(len(columns))}
        faults.append(ManifestProblem(name, line, "", "too_many_cells", params))
    if (dispute := named.get("dispute")) and dispute.lower() not in YES | NO:
        faults.append(ManifestProblem(name, line, "dispute", "not_yes_or_no", {"value": named.pop("dispute")}))
    return Row(line, case or other or "", _fields(named), tuple(faults))


def _fields(named: Mapping[str, str]) -> dict[str, Any]:
    """Fields as case.toml would have them."""
    values: dict[str, Any] = {}
    for column, cell in named.items():
        table, dot, inner = column.partition(".")
        if dot:
            values.setdefault(table, {})[inner] = cell
        elif column == "dispute":
            values[column] = cell.lower() in YES
        else:
            values[column] = _words(cell) if column in LISTS else cell
    return values


def _words(cell: str) -> list[str]:
    for mark in SEPARATORS:
        cell = cell.replace(mark, ";")
    return [word.strip() for word in cell.split(";") if word.strip()]

"""case.toml: one case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from engine.archive.manifests.declaration import Declaration
from engine.archive.manifests.positions import Path as KeyPath
from engine.archive.manifests.problems import ManifestProblem, listed, nearest, shortened
from engine.archive.manifests.reading import Document
from engine.archive.manifests.schema import EXPECTED, Source, dotted
from engine.archive.manifests.settings import schema_problems
from engine.rules.cases.manifest import Case

CASE_FILE: Final = "case.toml"
TABLES: Final = ("recordings", "interruptions", "exemptions", "moments", "export_extension")
"""Tables beside ``[case]``."""
OWN: Final = tuple(name for name in Case.model_fields if name not in TABLES)
"""Fields of ``[case]``."""


def case_source(document: Document) -> Source:
    """Places in a case file: the case's own fields stand in ``[case]``."""

    def placed(path: KeyPath) -> KeyPath:
        return path if not path or path[0] in TABLES else ("case", *path)

    return Source(document.name, lambda p: document.lines.of(placed(p)), lambda p: dotted(placed(p)))


def read_case(document: Document, label: str) -> Declaration:
    """The case of a file, not yet held against its schema.

    Parameters
    ----------
    document
        The file.
    label
        What stands for the case's id where it has none.
    """
    problems = schema_problems(document, "unbroken.case/1", ("case", *TABLES))
    plain = Source(document.name, document.lines.of, dotted)
    values: dict[str, Any] = {}
    for key, value in document.tables.items():
        if key in TABLES:
            values[key] = value
        elif key in OWN:
            problems.append(plain.problem((key,), "outside_case_table"))
        elif key not in ("schema", "case"):
            known = ("case", *TABLES)
            problems.append(plain.problem((key,), "unknown_field", known=listed(known), **nearest(key, known)))
    own = document.tables.get("case", {})
    if not isinstance(own, dict):
        en, zh = EXPECTED["dict_type"]
        problems.append(plain.problem(("case",), "wrong_type", expected_en=en, expected_zh=zh, value=shortened(own)))
        own = {}
    nested = [key for key in own if key in TABLES]
    problems += [plain.problem(("case", key), "inside_case_table") for key in nested]
    values |= {k: v for k, v in own.items() if k not in nested}
    identifier = declared_id(document.tables) or label
    return Declaration(identifier, document.lines.of(("case",)), values, case_source(document), problems)


def declared_id(tables: Mapping[str, Any]) -> str | None:
    """The id that a file gives its case, however faulty the rest is."""
    own = tables.get("case")
    value = own.get("id") if isinstance(own, dict) else None
    return value.strip() or None if isinstance(value, str) else None


def belonging(problem: ManifestProblem) -> ManifestProblem:
    """Say of a case's own field that stands in a table further down where it belongs."""
    name = problem.field.rsplit(".", 1)[-1]
    if problem.problem != "unknown_field" or "." not in problem.field or name not in OWN:
        return problem
    if problem.field.startswith("case."):
        return problem
    return ManifestProblem(problem.file, problem.line, problem.field, "misplaced_field", {"table": "[case]"})

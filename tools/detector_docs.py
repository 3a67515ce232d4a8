"""Write docs/detectors.md from the docstrings of the detectors and of their options.

Run without arguments to write it; with ``--check`` it exits with 1 if the page is not current.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

from engine.detectors.contract import Detector
from engine.detectors.registry import BUILT_IN

TARGET = Path(__file__).resolve().parent.parent / "docs" / "detectors.md"

HEAD = """# Detectors

Generated from the docstrings by `tools/detector_docs.py`; do not edit. How findings combine stands in
`engine/findings.py`, how to add a detector in `docs/architecture.md`.

| detector | what it finds | stability | looks again at full size |
|---|---|---|---|
"""


def document() -> str:
    """The whole page."""
    rows = "".join(_row(d) for d in BUILT_IN)
    return HEAD + rows + "".join(_section(d) for d in BUILT_IN)


def _row(detector: Detector) -> str:
    again = "no" if detector.confirm is None else "yes"
    return f"| [`{detector.name}`](#{detector.name}) | {_summary(detector)} | {detector.stability} | {again} |\n"


def _summary(detector: Detector) -> str:
    return " ".join(detector.doc.strip().split("\n\n")[0].split()).rstrip(".")


def _section(detector: Detector) -> str:
    parts = [f"\n## {detector.name}\n\n{_summary(detector)}.\n"]
    parts += [f"\n**{name}.** {text}\n" for name, text in _parts(detector.doc)]
    options = list(_options(detector.options))
    if options:
        parts.append("\n| option | default | what it is |\n|---|---|---|\n")
        parts += [f"| `{name}` | {default} | {text} |\n" for name, default, text in options]
    return "".join(parts)


def _parts(doc: str) -> Iterator[tuple[str, str]]:
    """The named parts of a docstring: a heading at the margin, its text indented below."""
    body = doc.strip().split("\n\n", 1)
    heading, lines = "", list[str]()
    for line in [*(body[1].splitlines() if len(body) > 1 else []), "end"]:
        if line and not line[0].isspace():
            if heading and lines:
                yield heading, " ".join(" ".join(lines).split())
            heading, lines = line.strip(), []
        else:
            lines.append(line)


def _options(options: Any) -> Iterator[tuple[str, str, str]]:
    """Name, default and docstring of each threshold; the string below a field documents it."""
    tree = ast.parse(dedent(inspect.getsource(type(options))))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    texts: dict[str, str] = {}
    for field, after in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
            text = after.value.value if isinstance(after.value, ast.Constant) else ""
            texts[field.target.id] = " ".join(str(text).split())
    for field_ in fields(options):
        value = getattr(options, field_.name)
        if isinstance(value, int | float | str):
            yield field_.name, f"`{value}`", texts.get(field_.name, "").replace("|", "\\|")


def main(arguments: list[str]) -> int:
    """Write the page, or say whether it is current."""
    page = document()
    if "--check" in arguments:
        current = TARGET.exists() and TARGET.read_text(encoding="utf-8") == page
        if not current:
            print(f"{TARGET} is not current; run: python tools/detector_docs.py", file=sys.stderr)
        return 0 if current else 1
    TARGET.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""Choosing a view. All of them render the one stored result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TextIO

from engine.findings import Severity, Verdict
from engine.report.entry import to_json
from engine.report.run import Run


@dataclass(frozen=True, slots=True)
class View:
    """How a run is shown.

    Parameters
    ----------
    form
        ``text``, ``json`` or ``html``.
    language
        ``en`` or ``zh``; JSON carries both.
    only_found
        Leave out clear files. Counts still tell of all.
    least
        Findings below this severity are only counted in the text; the page folds them, JSON has all.
    """

    form: str
    language: str
    only_found: bool = False
    least: Severity = Severity.SUSPICION


def render(run: Run, view: View) -> str:
    """The whole view as text."""
    if view.form == "json":
        return to_json(_document(run, view))
    if view.form == "html":
        from engine.report.html import page

        return page(run, view.language, view.only_found)
    from engine.report.terminal import render as table

    return table(run.reports, view.language, run.engine.selftest.result, view.only_found, view.least)


def show(run: Run, view: View, stream: TextIO) -> None:
    """The text view on a terminal, coloured and as wide as it is."""
    from engine.report.terminal import show as table

    table(run.reports, view.language, stream, run.engine.selftest.result, view.only_found, view.least)


def _document(run: Run, view: View) -> dict[str, Any]:
    document = run.document()
    if view.only_found:
        clear = Verdict.CLEAR.value
        document["files"] = [f for f in document["files"] if f["verdict"] != clear]
    return document

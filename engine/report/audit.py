"""Choosing a view of an audit. All of them render the one stored result."""

from __future__ import annotations

from typing import Any, TextIO

from engine.archive.audit.result import ArchiveReport
from engine.archive.selftest import SelfTest
from engine.findings import Verdict
from engine.report.cases_entry import audit_document
from engine.report.entry import to_json
from engine.report.views import View


def render(report: ArchiveReport, view: View, selftest: SelfTest) -> str:
    """The whole view as text."""
    if view.form == "json":
        return to_json(_document(report, view, selftest))
    if view.form == "html":
        from engine.report.cases_html import page

        return page(report, view.language, selftest, view.only_found)
    from engine.report.cases_terminal import render as table

    return table(report, view.language, selftest.result, view.only_found)


def show(report: ArchiveReport, view: View, selftest: SelfTest, stream: TextIO) -> None:
    """The text view on a terminal, coloured and as wide as it is."""
    from engine.report.cases_terminal import show as table

    table(report, view.language, stream, selftest.result, view.only_found)


def _document(report: ArchiveReport, view: View, selftest: SelfTest) -> dict[str, Any]:
    document = audit_document(report, selftest)
    if view.only_found:
        for name in ("files", "cases"):
            document[name] = [one for one in document[name] if one["verdict"] != Verdict.CLEAR.value]
    return document

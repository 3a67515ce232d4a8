"""The report as a table for people: coloured on a terminal, plain text in a pipe."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.findings import FileReport, Finding, Kind, Severity, Verdict
from engine.report import clocks
from engine.report.entry import printable
from engine.report.summary import ORDER, summarise, worst_first
from engine.report.texts import Texts

COLOURS: Final[Mapping[str, str]] = {
    "violation": "bold red",
    "suspicion": "yellow",
    "not_examinable": "magenta",
    "clear": "green",
    "notice": "dim",
}
MARKS: Final[Mapping[str, str]] = {"violation": "✗", "suspicion": "!", "not_examinable": "?", "clear": "✓"}
WHERE_WIDTH: Final = 23
"""Columns for a place: ``1:02:03.500–1:02:04.500``; its frames stand below."""
WIDE: Final = 100
"""Columns from which a terminal is wide enough for a column of places."""
CLOCK_KINDS: Final = frozenset({Kind.CLOCK_JUMP, Kind.CLOCK_OFFSET})
"""Findings beside which the file's clocks are listed; else they are where notices are."""
PLAIN_WIDTH: Final = 160
"""Columns of a table that goes to a pipe or a file."""


def render(
    reports: Sequence[FileReport],
    language: str,
    selftest: str = "",
    only_found: bool = False,
    least: Severity = Severity.SUSPICION,
) -> str:
    """The report as plain text, for pipes and files. Findings below `least` are counted, not listed."""
    buffer = io.StringIO()
    console = Console(file=buffer, width=PLAIN_WIDTH, no_color=True, highlight=False, force_terminal=False)
    _print(console, reports, Texts.load(language), selftest, only_found, least)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def show(
    reports: Sequence[FileReport],
    language: str,
    stream: TextIO,
    selftest: str = "",
    only_found: bool = False,
    least: Severity = Severity.SUSPICION,
) -> None:
    """The report on a terminal, as wide as it is. Honours ``NO_COLOR``."""
    console = Console(file=stream, highlight=False)
    _print(console, reports, Texts.load(language), selftest, only_found, least)


def comparison(reports: Sequence[FileReport], done: Mapping[str, str], language: str) -> str:
    """A table of what was done to files of known truth, and what is said of them.

    Parameters
    ----------
    reports
        What is said.
    done
        Path -> the operation that was done to it.
    language
        ``en`` or ``zh``.
    """
    texts = Texts.load(language)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("file", "what_was_done", "verdict", "why"):
        table.add_column(texts.ui(column))
    for report in reports:
        verdict = report.verdict.value
        loud = [f for f in by_weight(report.findings) if f.severity > Severity.NOTICE]
        found = "\n".join(f"{texts.get('kind', str(f.kind))} {texts.where(f)}" for f in loud)
        why = found or texts.answer(report)
        operation = texts.get("operation", done.get(report.path, ""))
        table.add_row(PurePath(report.path).name, operation, _badge(verdict, texts), Text(why))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def _badge(verdict: str, texts: Texts) -> Text:
    return Text(f"{MARKS[verdict]} {texts.get('verdict', verdict)}", style=COLOURS[verdict])


def _print(
    console: Console,
    reports: Sequence[FileReport],
    texts: Texts,
    selftest: str,
    only_found: bool,
    least: Severity,
) -> None:
    shown = [r for r in worst_first(reports) if not only_found or r.verdict is not Verdict.CLEAR]
    folder = common_folder([r.path for r in reports])
    if folder:
        console.print(Text(texts.ui("in_folder", folder=safe(folder)), style="dim"))
    if shown:
        console.print(table(shown, texts, console.width, folder, least))
    console.print(_counts(summarise(reports), texts))
    if any(_kept_back(r, least) for r in shown):
        console.print(texts.ui("notices_note"), style="dim")
    if any(r.verdict is Verdict.CLEAR for r in reports):
        console.print(texts.ui("clear_note"), style="dim")
    if selftest:
        console.print(texts.ui("selftest_line", result=texts.get("selftest", selftest)), style="dim")


def common_folder(paths: Sequence[str]) -> str:
    """The folder that all of several files lie under, as it was named; empty where there is none.

    Examples
    --------
    >>> common_folder(["a/b/1.mp4", "a/c/2.mp4"]), common_folder(["a/1.mp4"])
    ('a', '')
    """
    if len(paths) < 2:
        return ""
    try:
        folder = os.path.commonpath([os.path.dirname(p) for p in paths])
    except ValueError:  # absolute and relative names together
        return ""
    return "" if folder in ("", os.sep) else folder


def table(reports: Sequence[FileReport], texts: Texts, width: int, folder: str, least: Severity) -> Table:
    """A table of at least one file, `width` columns wide; names are shown relative to `folder`."""
    wide = width >= WIDE
    longest = max(cell_len(_name(r, folder)) for r in reports)
    rows = [_rows(r, texts, least) for r in reports]
    if not wide:
        rows = [[_under_one_another(*line) for line in lines] for lines in rows]
    placed = any(where.plain for lines in rows for where, _ in lines)
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", width=width)
    found.add_column(texts.ui("verdict"), no_wrap=True)
    found.add_column(texts.ui("file"), overflow="fold", width=max(12, min(longest, width * (3 if wide else 2) // 10)))
    if placed:
        found.add_column(texts.ui("where"), overflow="fold", width=WHERE_WIDTH)
    found.add_column(texts.ui("why"), overflow="fold", ratio=1)
    for report, lines in zip(reports, rows, strict=True):
        heads = [(_badge(report.verdict.value, texts), Text(_name(report, folder)))]
        heads += [(Text(""), Text(""))] * (len(lines) - 1)
        for head, (where, why) in zip(heads, lines, strict=True):
            found.add_row(*head, *((where, why) if placed else (why,)))
    return found


def _name(report: FileReport, folder: str) -> str:
    return safe(os.path.relpath(report.path, folder) if folder else report.path.removeprefix(f".{os.sep}"))


def _under_one_another(where: Text, why: Text) -> tuple[Text, Text]:
    """For a narrow terminal: the place above what was found there, in one column."""
    place = where.plain.replace("\n", " ")
    return Text(""), Text.assemble(place + "\n", why) if place else why


def _kept_back(report: FileReport, least: Severity) -> list[Finding]:
    """Findings that are counted but not listed. What makes a file not examinable is always listed."""
    explains = report.verdict is Verdict.NOT_EXAMINABLE
    return [f for f in report.findings if f.severity < least and not (explains and f.kind == Kind.UNREADABLE)]


def _rows(report: FileReport, texts: Texts, least: Severity) -> list[tuple[Text, Text]]:
    hidden = _kept_back(report, least)
    rows = [_finding_row(f, texts) for f in by_weight(report.findings) if f not in hidden]
    notes = []
    if report.verdict is Verdict.NOT_EXAMINABLE:
        rows.insert(0, (Text(""), Text(safe(texts.failure(report)))))
    elif report.verdict is Verdict.CLEAR:
        notes.append(texts.answer(report))
    elif report.examined:
        notes.append(texts.uncovered(report))
    if hidden:
        notes.append(texts.ui("notice_count", count=len(hidden)))
    if notes:
        rows.append((Text(""), Text(texts.ui("sentence_break").join(notes), "dim")))
    if least is Severity.NOTICE or any(f.kind in CLOCK_KINDS for f in report.findings if f not in hidden):
        rows += [(Text(""), Text(safe(line), "dim")) for line in clocks.lines(report.clocks, texts)]
    if report.proof is not None and report.reason != "proof_not_written":
        rows.append((Text(""), Text(safe(texts.proof(report)), "dim")))
    return rows or [(Text(""), Text(""))]


def by_weight(findings: Iterable[Finding]) -> list[Finding]:
    """Weightiest first, else in the order of place."""
    return sorted(findings, key=lambda f: -int(f.severity))


def _finding_row(finding: Finding, texts: Texts) -> tuple[Text, Text]:
    style = COLOURS[finding.severity.label]
    what = texts.get("kind", str(finding.kind))
    articles = texts.ui("articles", articles=texts.ui("list_break").join(finding.articles)) if finding.articles else ""
    why = Text.assemble((what + texts.ui("colon"), style), safe(texts.message(finding)), (articles, "dim"))
    if finding.severity is Severity.NOTICE:
        why.stylize("dim")
    return Text("\n".join(part for part in (texts.span(finding), texts.frames(finding)) if part)), why


def _counts(summary: Mapping[str, Any], texts: Texts) -> Text:
    verdicts = summary["verdicts"]
    line = Text(texts.ui("file_count", count=summary["files"]))
    said = [(v.value, verdicts[v.value]) for v in ORDER if verdicts[v.value]]
    for number, (verdict, count) in enumerate(said):
        line.append(texts.ui("count_break") if number else texts.ui("colon"))
        line.append(texts.ui("verdict_count", verdict=texts.get("verdict", verdict), count=count), COLOURS[verdict])
    return line


def safe(text: str) -> str:
    """Text without control characters: a file name must not steer the terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in printable(text))

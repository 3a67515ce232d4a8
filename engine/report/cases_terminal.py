"""An audit as a table for people: cases, worst first, then each failed check with just the fact that failed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.archive.audit.result import ArchiveReport
from engine.findings import FileReport, Outcome, Severity, Verdict
from engine.report import terminal
from engine.report.cases_entry import DueLists, due_lists
from engine.report.cases_words import CaseWords, Fact, FailedCheck, files_to_show, worst_cases_first
from engine.report.summary import ORDER
from engine.report.terminal import COLOURS, MARKS, PLAIN_WIDTH, WIDE, safe
from engine.report.texts import Texts
from engine.report.wrapping import wrapped
from engine.rules.cases.result import CaseReport

MOST_PLACES = 5
"""Findings of one check, and files or places of one finding, that are named; the JSON report has all."""
MOST_DUE = 10
"""Cases named in each due list; the JSON report and the page have all."""


def render(report: ArchiveReport, language: str, selftest: str = "", only_found: bool = False) -> str:
    """The audit as plain text, for pipes and files."""
    buffer = io.StringIO()
    console = Console(file=buffer, width=PLAIN_WIDTH, no_color=True, highlight=False, force_terminal=False)
    _print(console, report, language, selftest, only_found)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def show(report: ArchiveReport, language: str, stream: TextIO, selftest: str = "", only_found: bool = False) -> None:
    """The audit on a terminal, as wide as it is. Honours ``NO_COLOR``."""
    _print(Console(file=stream, highlight=False), report, language, selftest, only_found)


def _print(console: Console, report: ArchiveReport, language: str, selftest: str, only_found: bool) -> None:
    texts = Texts.load(language)
    words = CaseWords(texts, report.pack)
    console.print(_head(report, words))
    for problem in report.problems:
        style = COLOURS["violation"] if problem.grade == "error" else COLOURS["suspicion"]
        line = problem.as_line("en" if language == "en" else "zh")
        console.print(Text(safe(line), style))
    cases = [c for c in worst_cases_first(report.cases) if not only_found or c.verdict is not Verdict.CLEAR]
    if cases:
        console.print()
        console.print(_table(cases, words, console.width))
    for case in cases:
        if case.verdict is not Verdict.CLEAR:
            _print_case(console, case, words)
    _print_files(console, files_to_show(report), texts)
    _print_due(console, due_lists(report), words)
    console.print()
    console.print(_counts(report, words))
    _print_notes(console, report, words, selftest)


def _head(report: ArchiveReport, words: CaseWords) -> Text:
    pack = words.say("no_pack") if report.pack is None else report.pack.name
    head = Text(safe(report.department or report.path), "bold")
    facts = words.say("head", as_of=f"{report.as_of:%Y-%m-%d %H:%M}", pack=pack)
    return head.append("  " + facts, "dim not bold")


def _table(cases: Sequence[CaseReport], words: CaseWords, width: int) -> Table:
    wide = width >= WIDE
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", width=width)
    longest = max(cell_len(safe(c.id)) for c in cases)
    table.add_column(words.texts.ui("verdict"), no_wrap=True)
    table.add_column(words.say("case"), overflow="fold", width=max(12, min(longest, width * 3 // 10)))
    table.add_column(words.say("covered"), no_wrap=True, justify="right")
    if wide:
        table.add_column(words.say("activity_time"), no_wrap=True)
    table.add_column(words.say("failed_checks"), overflow="fold", ratio=1)
    for case in cases:
        why = Text(words.why(case), COLOURS[case.verdict.value] if case.verdict is not Verdict.CLEAR else "dim")
        when = words.activity(case)
        cells = [_badge(case.verdict, words.texts), Text(safe(case.id)), Text(words.percent(case))]
        if wide:
            cells.append(Text(when, "dim"))
        elif when:
            why = Text.assemble((when, "dim"), "\n" if why.plain else "", why)
        table.add_row(*cells, why)
    return table


def _badge(verdict: Verdict, texts: Texts) -> Text:
    return Text(f"{MARKS[verdict.value]} {texts.get('verdict', verdict.value)}", COLOURS[verdict.value])


class _Sheet:
    """Lines that are wrapped by the rules of `wrapped`, then printed at once."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._lines: list[Text] = []

    def put(self, text: Text, by: int = 2) -> None:
        """Add a text, `by` columns in."""
        self._lines += [Text(" " * by).append_text(line) for line in wrapped(text, self._width - by)]

    def print(self, console: Console) -> None:
        console.print(Text("\n").join(self._lines), no_wrap=True, overflow="ignore", crop=False, soft_wrap=True)


def _print_case(console: Console, case: CaseReport, words: CaseWords) -> None:
    """All lines of a case in one piece: printing line by line takes four times as long."""
    sheet = _Sheet(console.width)
    colour = COLOURS[case.verdict.value]
    head = Text.assemble((f"{MARKS[case.verdict.value]} ", colour), (safe(case.id), "bold"))
    activity = case.paperwork.get("activity")
    about = "  ".join(p for p in (safe(str(activity)) if activity else "", words.activity(case)) if p)
    sheet.put(head.append(f"  {about}" if about else "", "dim not bold"), 0)
    if case.error is not None:
        sheet.put(Text(words.error(case), COLOURS["not_examinable"]))
        for problem in words.problems(case, "error")[1:]:
            sheet.put(Text(problem, COLOURS["not_examinable"]))
    failed = words.failed(case)
    for check in failed:
        _print_check(sheet, check, words)
    for reason, titles in words.open_questions(failed):
        outcome = words.texts.get("outcome", Outcome.NOT_EXAMINABLE.value)
        line = Text.assemble((f"{outcome}  ", COLOURS["not_examinable"]), titles)
        sheet.put(line.append(words.texts.ui("because") + reason, "dim"))
    for problem in words.problems(case, "warning"):
        sheet.put(Text(problem, "dim"))
    notices = sum(f.severity is Severity.NOTICE for f in case.findings)
    if notices:
        sheet.put(Text(words.texts.ui("notice_count", count=notices), "dim"))
    console.print()
    sheet.print(console)


def _print_check(sheet: _Sheet, check: FailedCheck, words: CaseWords) -> None:
    for fact in check.facts[:MOST_PLACES]:
        sheet.put(_fact_line(fact, check, words))
        for place in fact.places[:MOST_PLACES]:
            if any(place):
                sheet.put(Text("  ".join(p for p in place if p), "dim"), 4)
        if len(fact.places) > MOST_PLACES:
            more = words.say("more_places", count=len(fact.places) - MOST_PLACES)
            sheet.put(Text(more, "dim"), 4)
        if fact.settles:
            settles = Text.assemble((words.say("settles") + words.texts.ui("colon"), "dim"), fact.settles)
            sheet.put(settles, 4)
        if fact.liability:
            sheet.put(Text(fact.liability, "dim"), 4)
    if len(check.facts) > MOST_PLACES:
        more = words.say("more_findings", title=check.title, count=len(check.facts) - MOST_PLACES)
        sheet.put(Text(more, "dim"), 2)


def _fact_line(fact: Fact, check: FailedCheck, words: CaseWords) -> Text:
    colour = COLOURS[fact.severity.label]
    severity = words.texts.get("severity", fact.severity.label)
    line = Text.assemble((f"{severity}  ", colour), (check.title, colour), (check.articles, "dim"))
    return line.append(words.texts.ui("colon")).append(fact.message)


def _print_files(console: Console, files: Sequence[FileReport], texts: Texts) -> None:
    if files:
        console.print()
        console.print(Text(texts.get("cases", "files_head"), "bold"))
        console.print(terminal.table(files, texts, console.width, "", Severity.SUSPICION))


def _print_due(console: Console, due: DueLists, words: CaseWords) -> None:
    if not due:
        return
    sheet = _Sheet(console.width)
    sheet.put(Text(words.say("due_head"), "bold"), 0)
    for name, rows in (("file_by", due.file_by), ("delete_after", due.delete_after)):
        for day, case in rows[:MOST_DUE]:
            line = Text(words.say(name, day=day.isoformat()))
            sheet.put(line.append("  ").append(safe(case.id), "bold"))
        if len(rows) > MOST_DUE:
            sheet.put(Text(words.say("more_cases", count=len(rows) - MOST_DUE), "dim"))
    if due.never:
        names = words.texts.ui("list_break").join(safe(c.id) for c in due.never[:MOST_DUE])
        more = len(due.never) - MOST_DUE
        tail = " " + words.say("more_cases", count=more) if more > 0 else ""
        sheet.put(Text(words.say("never") + words.texts.ui("colon") + names + tail))
    console.print()
    sheet.print(console)


def _counts(report: ArchiveReport, words: CaseWords) -> Text:
    line = Text(words.say("case_count", count=len(report.cases)))
    counted = [(v.value, sum(c.verdict is v for c in report.cases)) for v in ORDER]
    for number, (verdict, count) in enumerate((v, n) for v, n in counted if n):
        line.append(words.texts.ui("count_break") if number else words.texts.ui("colon"))
        name = words.texts.get("verdict", verdict)
        line.append(words.texts.ui("case_verdict_count", verdict=name, count=count), COLOURS[verdict])
    return line.append(words.say("file_tail", count=len(report.files)), "dim")


def _print_notes(console: Console, report: ArchiveReport, words: CaseWords, selftest: str) -> None:
    unlisted = sum(c.paperwork.get("listed") is False for c in report.cases)
    if unlisted:
        console.print(Text(words.say("unlisted_activities", count=unlisted), "dim"))
    if any(c.verdict is Verdict.CLEAR for c in report.cases):
        console.print(Text(words.texts.ui("clear_note"), "dim"))
    unchecked = words.unchecked()
    if unchecked:
        numbers = words.texts.ui("list_break").join(number for number, _ in unchecked)
        console.print(Text(words.say("unchecked", articles=numbers), "dim"))
    if selftest:
        console.print(Text(words.texts.ui("selftest_line", result=words.texts.get("selftest", selftest)), "dim"))

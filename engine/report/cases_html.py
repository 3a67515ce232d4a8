"""An audit as one page that needs nothing else: cases worst first, failures open, the rest folded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from engine.archive.audit.result import ArchiveReport
from engine.archive.guarding import Inspected
from engine.archive.selftest import SelfTest
from engine.findings import FileReport, Outcome, Verdict
from engine.report.cases_axis import BAR, axis_of
from engine.report.cases_entry import due_lists, engine_of
from engine.report.cases_words import CaseWords, Fact, FailedCheck, files_to_show, span_text, worst_cases_first
from engine.report.html import PLOTS, file_part, template
from engine.report.summary import ORDER
from engine.report.terminal import MARKS, safe
from engine.report.texts import Texts, clock
from engine.rules.cases.result import CaseReport, Keeping

IN_FULL: Final = 500
"""Cases with a time axis and all checks, worst first; the others are rows of a table: a page must open."""
MOST_PLACES: Final = 40
"""Files or places named for one fact; the JSON report has all."""


def page(report: ArchiveReport, language: str, selftest: SelfTest, only_found: bool = False) -> str:
    """The whole page.

    Parameters
    ----------
    report
        With its exhibits, if any.
    language
        ``en`` or ``zh``.
    selftest
        What stands in the footer.
    only_found
        Leave out cases and files in which nothing was found; counts still tell of all.
    """
    texts = Texts.load(language)
    words = CaseWords(texts, report.pack)
    cases = [c for c in worst_cases_first(report.cases) if not only_found or c.verdict is not Verdict.CLEAR]
    clear = [] if only_found else [f for f in report.files if f.verdict is Verdict.CLEAR]
    counts = {v: sum(c.verdict is v for c in report.cases) for v in ORDER}
    unlisted = sum(c.paperwork.get("listed") is False for c in report.cases)
    html: str = template("cases.html.j2").render(
        t=texts,
        words=words,
        axis_bar=BAR,
        most_places=MOST_PLACES,
        language="zh-CN" if language.startswith("zh") else "en",
        department=safe(report.department or ""),
        head=_head(report, words),
        engine=engine_of(report, selftest),
        selftest=texts.get("selftest", selftest.result),
        chips=[(v.value, texts.get("verdict", v.value), counts[v]) for v in ORDER],
        file_total=len(report.files),
        left=words.say("left", files=report.left, cases=report.cases_left) if report.interrupted else "",
        problems=[safe(p.as_line("zh" if language.startswith("zh") else "en")) for p in report.problems],
        unlisted=words.say("unlisted_activities", count=unlisted) if unlisted else "",
        cases=[_case(c, words) for c in cases[:IN_FULL]],
        more_cases=[_row(c, words) for c in cases[IN_FULL:]],
        due=_due(report, words),
        files=[_file(f, report, texts, n) for n, f in enumerate(files_to_show(report))],
        clear_files=[_clear_file(f, texts) for f in clear],
        unchecked=words.unchecked(),
    )
    return html


def _head(report: ArchiveReport, words: CaseWords) -> str:
    pack = words.say("no_pack") if report.pack is None else report.pack.name
    count = words.say("case_count", count=len(report.cases))
    return f"{words.say('head', as_of=f'{report.as_of:%Y-%m-%d %H:%M}', pack=pack)} · {count}"


def _case(case: CaseReport, words: CaseWords) -> dict[str, Any]:
    activity = safe(str(case.paperwork.get("activity") or ""))
    place = safe(str(case.paperwork.get("place") or ""))
    failed = words.failed(case)
    bare = FailedCheck("", "", Outcome.CLEAR, (), "")
    return {
        "id": safe(case.id),
        "verdict": case.verdict.value,
        "verdict_text": words.texts.get("verdict", case.verdict.value),
        "mark": MARKS[case.verdict.value],
        "open": case.verdict is not Verdict.CLEAR,
        "why": words.why(case) if case.error is None else words.texts.get("case_reason", case.reason),
        "error": "" if case.error is None else words.error(case),
        "problems": words.problems(case)[0 if case.error is None else 1 :],
        "percent": words.percent(case),
        "share": None
        if case.coverage is None or words.percent(case) == "—"
        else round(min(max(case.coverage.share, 0.0), 1.0) * 100, 2),
        "about": " · ".join(p for p in (activity, words.activity(case), place) if p),
        "axis": axis_of(case, words),
        "failed": [k for k in failed if k.facts],
        "open_questions": words.open_questions(failed),
        "notices": [(_titled(f, case, words) or bare, f) for f in words.notices(case)],
        "checks": [
            {
                "title": words.title(k.check),
                "articles": words.check_articles(k.check),
                "outcome": k.outcome.value,
                "outcome_text": words.texts.get("outcome", k.outcome.value),
                "answer": words.answer(k),
            }
            for k in case.checks
        ],
        "facts": list(_facts(case, words)),
    }


def _row(case: CaseReport, words: CaseWords) -> tuple[str, str, str, str, str]:
    """A case in one line: class, verdict, identifier, coverage, and what failed."""
    verdict = words.texts.get("verdict", case.verdict.value)
    return case.verdict.value, verdict, safe(case.id), words.percent(case), words.why(case)


def _titled(fact: Fact, case: CaseReport, words: CaseWords) -> FailedCheck | None:
    """The check that a notice comes from, for its heading."""
    check = next((k for k in case.checks if fact.id in k.findings), None)
    if check is None:
        return None
    return FailedCheck(words.title(check.check), words.check_articles(check.check), check.outcome, (), "")


def _facts(case: CaseReport, words: CaseWords) -> Iterable[tuple[str, str]]:
    """The paperwork, as far as views show it."""
    said = case.paperwork
    for name in ("activity", "place", "outcome", "closed", "filed"):
        if said.get(name):
            yield words.say(name), safe(words.texts.get("case_outcome", str(said[name])))
    if said.get("officers"):
        yield words.say("officers"), safe(words.texts.ui("list_break").join(map(str, said["officers"])))
    for report in said.get("attachments", ()):
        size = "—" if report["size"] is None else words.texts.ui("bytes", count=report["size"])
        yield words.say("attachment"), safe(f"{report['path']} · {size} · {report['blake3'] or '—'}")
    for lane in case.lanes:
        when = "—" if lane.span is None else span_text(*lane.span)
        basis = words.texts.get("clock_basis", lane.basis) if lane.basis else ""
        yield words.say("records"), safe(" · ".join(p for p in (lane.path, when, basis) if p))
    if case.keeping is not None:
        yield words.say("kept"), _kept(case.keeping, words)


def _kept(keeping: Keeping, words: CaseWords) -> str:
    reason = words.texts.get("keeping", keeping.reason)
    if keeping.forever:
        term = words.say("forever")
    else:
        term = words.say("undecided") if keeping.until is None else words.say("until", day=keeping.until.isoformat())
    return f"{term} ({reason})"


def _due(report: ArchiveReport, words: CaseWords) -> list[tuple[str, list[tuple[str, str]]]]:
    due = due_lists(report)
    lists = [
        (words.say("file_by_head"), [(day.isoformat(), safe(c.id)) for day, c in due.file_by]),
        (words.say("delete_after_head"), [(day.isoformat(), safe(c.id)) for day, c in due.delete_after]),
        (words.say("never"), [("", safe(c.id)) for c in due.never]),
    ]
    return [(title, rows) for title, rows in lists if rows]


def _file(file: FileReport, report: ArchiveReport, texts: Texts, number: int) -> Mapping[str, Any]:
    part = file_part(Inspected(file, report.exhibits.get(file.path)), texts, with_plot=number < PLOTS)
    part["open"] = False  # the cases above say what counts; here it can be looked at
    return part


def _clear_file(file: FileReport, texts: Texts) -> tuple[str, str, str]:
    length = file.media.get("duration_s")
    return safe(file.path), clock(float(length)) if length else "", safe(texts.proof(file))

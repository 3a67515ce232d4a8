"""The report as one page that needs nothing else: no network, no script, opens from disk, prints."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import PurePath
from typing import Any, Final

from engine.archive.exhibits import Picture
from engine.archive.guarding import Inspected
from engine.findings import FileReport, Finding, Opinion, Severity, Verdict
from engine.report import clocks
from engine.report.entry import plain
from engine.report.plot import plot
from engine.report.run import Run
from engine.report.summary import ORDER, summarise, uncovered_seconds
from engine.report.terminal import MARKS, by_weight, safe
from engine.report.texts import Texts, clock

PLOTS: Final = 60
"""Files that get a plot, worst first: a page must stay small enough to open."""


def page(run: Run, language: str, only_found: bool = False, when: datetime | None = None) -> str:
    """The whole page.

    Parameters
    ----------
    run
        Results with their exhibits, if any.
    language
        ``en`` or ``zh``.
    only_found
        Leave out clear files; counts still tell of all.
    when
        The time that stands in the page; now by default.
    """
    texts = Texts.load(language)
    ordered = sorted(run.results, key=lambda r: ORDER.index(r.report.verdict))
    shown = [r for r in ordered if not only_found or r.report.verdict is not Verdict.CLEAR]
    counts = summarise(run.reports)["verdicts"]
    html: str = template("page.html.j2").render(
        t=texts,
        language="zh-CN" if language.startswith("zh") else "en",
        chips=[(v.value, texts.get("verdict", v.value), counts[v.value]) for v in ORDER],
        total=len(run.reports),
        engine=run.engine,
        selftest=texts.get("selftest", run.engine.selftest.result),
        checks=texts.ui("list_break").join(texts.get("selftest_check", c.name) for c in run.engine.selftest.checks),
        interrupted=run.interrupted,
        when=(when or datetime.now().astimezone()).strftime("%Y-%m-%d %H:%M:%S %z"),
        files=[file_part(r, texts, with_plot=n < PLOTS) for n, r in enumerate(shown)],
    )
    return html


@lru_cache(maxsize=4)
def template(name: str) -> Any:
    """A template of this package, with the style sheet in it."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    loader = FunctionLoader(_source)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name)


def _source(name: str) -> str:
    """The text of a template. Style sheets are the project's own text, put in by plain replacement."""
    folder = files("engine.report")
    source = folder.joinpath(name).read_text(encoding="utf-8")
    for mark, sheet in (("/*style*/", "page.css"), ("/*cases*/", "cases.css")):
        if mark in source:
            source = source.replace(mark, folder.joinpath(sheet).read_text(encoding="utf-8"))
    return source


def file_part(result: Inspected, texts: Texts, with_plot: bool) -> dict[str, Any]:
    """What the page says of one file, for the template's part `file`."""
    report, exhibits = result.report, result.exhibits
    pictures = {} if exhibits is None else exhibits.pictures
    found = by_weight(report.findings)
    return {
        "name": safe(PurePath(report.path).name or report.path),
        "path": safe(report.path),
        "verdict": report.verdict.value,
        "verdict_text": texts.get("verdict", report.verdict.value),
        "mark": MARKS[report.verdict.value],
        "open": report.verdict is not Verdict.CLEAR,
        "answer": safe(texts.answer(report)),
        "uncovered": texts.uncovered(report) if report.examined else "",
        "facts": _facts(report, texts),
        "details": _details(report, texts),
        "opinions": [
            (texts.ui("integrity"), *_opinion(report.integrity, texts)),
            (texts.ui("originality"), *_opinion(report.originality, texts)),
        ],
        "findings": [_finding(f, pictures.get(f.id, ()), texts) for f in found if f.severity > Severity.NOTICE],
        "notices": [_finding(f, pictures.get(f.id, ()), texts) for f in found if f.severity == Severity.NOTICE],
        "examined": [_examined(e, texts) for e in report.examined],
        **_clocks(report, texts),
        "plot": plot(report, exhibits.series, texts) if exhibits is not None and with_plot else None,
    }


def _opinion(opinion: Opinion, texts: Texts) -> tuple[str, str]:
    outcome = texts.get("outcome", opinion.outcome.value)
    reason = texts.get("reason", opinion.reason)
    return opinion.outcome.value, outcome if reason == outcome else f"{outcome}{texts.ui('because')}{reason}"


def _clocks(report: FileReport, texts: Texts) -> dict[str, Any]:
    """The panel of clocks; several clocks are told apart by what they are held against."""
    reference = report.clocks.get("reference")
    note = texts.ui("clocks_note", reference=texts.get("clock_basis", reference)) if reference else ""
    return {
        "clocks": [[safe(cell) for cell in row] for row in clocks.rows(report.clocks, texts)],
        "clock_columns": clocks.COLUMNS,
        "clock_start": safe(clocks.start(report.clocks, texts)),
        "clock_note": note,
    }


def _facts(report: FileReport, texts: Texts) -> list[tuple[str, str]]:
    facts = [(texts.ui("path"), safe(report.path))]
    if report.size is not None:
        facts.append((texts.ui("size"), texts.ui("bytes", count=report.size)))
    if report.blake3 is not None:
        facts.append(("BLAKE3", report.blake3))
    for name in ("duration_s", "video", "audio"):
        if report.media.get(name):
            facts.append((texts.get("media", name), safe(_readable(name, report.media[name], texts))))
    if report.proof is not None:
        facts.append((texts.ui("proof"), safe(texts.proof(report))))
    return facts


def _readable(name: str, value: Any, texts: Texts) -> str:
    """The few facts of a file that everybody wants to know."""
    return clock(value) if name == "duration_s" else texts.ui(f"{name}_fact", **value)


def _details(report: FileReport, texts: Texts) -> list[tuple[str, str]]:
    """Everything that the container and the decoder said, by the names that the JSON report uses."""
    flat = ((texts.get("media", name), _flat(plain(value))) for name, value in report.media.items())
    return [(name, safe(text)) for name, text in flat if text]


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_flat(v)}" for k, v in value.items() if v not in (None, "", [], {}))
    if isinstance(value, list):
        return " · ".join(_flat(v) for v in value)
    return "" if value is None else str(value)


def _finding(finding: Finding, pictures: Sequence[Picture], texts: Texts) -> dict[str, Any]:
    return {
        "severity": finding.severity.label,
        "severity_text": texts.get("severity", finding.severity.label),
        "kind": texts.get("kind", str(finding.kind)),
        "where": texts.where(finding),
        "message": safe(texts.message(finding)),
        "level": f"{finding.level.name} {texts.get('level', finding.level.name)}",
        "articles": texts.ui("articles", articles=texts.ui("list_break").join(finding.articles)).strip()
        if finding.articles
        else "",
        "score": f"{finding.score:.2f}",
        "detector": finding.detector,
        "id": finding.id,
        "evidence": [
            (texts.get("source", e.source.value), e.name, _value(e.value), _value(e.limit)) for e in finding.evidence
        ],
        "parts": [safe(texts.get("kind", str(p.kind)) + texts.ui("colon") + texts.message(p)) for p in finding.parts],
        "pictures": [_picture(p, texts) for p in pictures],
    }


def _value(value: Any) -> str:
    rounded = plain(value)
    return "" if rounded is None else safe(str(rounded))


def _picture(picture: Picture, texts: Texts) -> dict[str, Any]:
    return {
        "source": "data:image/jpeg;base64," + base64.b64encode(picture.jpeg).decode("ascii"),
        "caption": texts.ui("picture_caption", frame=picture.frame, at=clock(picture.seconds)),
        "inside": picture.inside,
    }


def _examined(examined: Any, texts: Texts) -> dict[str, Any]:
    stretches = [
        f"{clock(s.start_s)}–{clock(s.end_s)} {texts.get('unexamined', s.reason)}" for s in examined.not_examinable
    ]
    return {
        "question": texts.question(examined.question, examined.by),
        "seconds": f"{examined.seconds:.1f}",
        "missing": f"{uncovered_seconds(examined.not_examinable):.1f}",
        "stretches": stretches[:MOST_STRETCHES],
        "more": max(0, len(stretches) - MOST_STRETCHES),
    }


MOST_STRETCHES: Final = 12
"""Stretches listed for one question; the JSON report has all."""

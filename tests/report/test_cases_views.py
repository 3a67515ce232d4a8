"""An audit for people: the same facts in each view, nothing that steers a terminal or a browser."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from importlib.resources import files
from xml.etree import ElementTree

import pytest
from rich.cells import cell_len
from rich.console import Console

from engine.archive.audit.result import ArchiveReport
from engine.archive.selftest import SelfTest
from engine.report import cases_terminal
from engine.report.audit import render
from engine.report.cases_axis import LEAST, LEFT, MOST_LANES, WIDTH, axis_of
from engine.report.cases_html import page
from engine.report.cases_words import CaseWords
from engine.report.texts import Texts, tables
from engine.report.views import View
from engine.rules.cases.result import CaseReport, Lane

NO_TEST = SelfTest(())
LANGUAGES = ("en", "zh")


def text(report: ArchiveReport, language: str = "zh", only_found: bool = False) -> str:
    return render(report, View("text", language, only_found), NO_TEST)


def failed(report: ArchiveReport) -> CaseReport:
    return report.cases[1]


def words(report: ArchiveReport) -> CaseWords:
    return CaseWords(Texts.load("zh"), report.pack)


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_has_the_worst_first_and_names_the_fact_that_failed(audited: ArchiveReport, language: str) -> None:
    shown = text(audited, language)
    assert shown.index("2号") < shown.index("3号") < shown.index("1号")
    assert "56.0 %" in shown
    assert "10:00:00–10:20:00" in shown
    assert Texts.load(language).get("settles", "other_recording") in shown
    assert ("Art. 13" if language == "en" else "第13条") in shown
    assert "\x1b" not in shown


def test_files_of_one_fact_are_counted_where_they_are_many(audited: ArchiveReport) -> None:
    shown = text(audited)
    assert "2026/2/5.mp4" in shown
    assert "2026/2/6.mp4" not in shown
    assert "另有 3 处" in shown


def test_no_line_is_wider_than_a_narrow_terminal(audited: ArchiveReport) -> None:
    buffer = io.StringIO()
    console = Console(file=buffer, width=80, no_color=True, highlight=False, force_terminal=False)
    cases_terminal._print(console, audited, "zh", "passed", only_found=False)
    assert max(cell_len(line) for line in buffer.getvalue().splitlines()) <= 80


def test_only_found_and_what_is_said_of_an_interrupted_audit(audited: ArchiveReport) -> None:
    assert "✓ 未发现痕迹" in text(audited)
    assert "✓ 未发现痕迹" not in text(audited, only_found=True)
    assert "4 个文件" in page(replace(audited, left=4, cases_left=2), "zh", NO_TEST)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_else_and_runs_nothing(audited: ArchiveReport, language: str) -> None:
    parsed = Page(page(audited, language, NO_TEST))
    assert not [t for t, _ in parsed.tags if t in ("script", "iframe", "link", "object")]
    links = [v for _, a in parsed.tags for k, v in a.items() if k in ("src", "href", "action", "onerror", "onload")]
    assert all((v or "").startswith("data:") for v in links)
    assert "<script>alert(1)" in parsed.text


def test_failures_are_open_and_clear_cases_folded(audited: ArchiveReport) -> None:
    details = [a for t, a in Page(page(audited, "zh", NO_TEST)).tags if t == "details"]
    cases = [a for a in details if (a.get("class") or "").startswith("case ")]
    assert [("open" in a, a["class"]) for a in cases] == [
        (True, "case violation"), (True, "case not_examinable"), (False, "case clear"),
    ]  # fmt: skip


def test_a_page_of_many_cases_has_a_row_for_each_beyond_the_worst(audited: ArchiveReport) -> None:
    many = replace(audited, cases=(failed(audited), *(replace(audited.cases[0], id=f"n{n}") for n in range(1200))))
    source = page(many, "zh", NO_TEST)
    assert source.count('<details class="case ') == 500
    assert all(f"n{n}<" in source for n in range(1200))
    assert source.index("2号") < source.index(">n0<")


def test_each_axis_is_well_formed(audited: ArchiveReport) -> None:
    drawn = re.findall(r"<svg class=\"axis\".*?</svg>", page(audited, "zh", NO_TEST), re.DOTALL)
    assert len(drawn) == 2
    for svg in drawn:
        ElementTree.fromstring(svg)


def test_the_axis_shows_every_part(audited: ArchiveReport) -> None:
    axis = axis_of(failed(audited), words(audited))
    assert axis is not None
    names = [row.name for row in axis.rows]
    assert names == ["文书", "DSJ0457", "DSJ0458", "设备不明", "覆盖"]
    paperwork, device, other, unknown, covered = axis.rows
    assert [b.kind for b in paperwork.marks] == ["declared"]
    assert [b.kind for b in device.bars] == ["clear video", "suspicion video"]
    assert [b.kind for b in device.marks] == ["break"]
    assert "2026-03-05 16:40" in device.note
    assert other.bars == ()
    assert "2026-03-09" in other.note
    assert unknown.note
    assert sorted(b.kind for b in covered.bars) == ["covered", "covered", "excused", "uncovered"]
    assert [m.title for m in axis.moments] == ["签字 09:58:00"]
    left, right = axis.required
    assert covered.bars[0].x == pytest.approx(left, abs=0.1)
    ends = max(b.x + b.width for b in covered.bars)
    assert ends == pytest.approx(right, abs=0.1)


def test_bars_lie_on_the_axis_and_can_be_seen(audited: ArchiveReport) -> None:
    case = failed(audited)
    assert case.coverage is not None
    start = case.coverage.required[0]
    many = tuple(
        Lane(f"{n}.mp4", "A", (start + timedelta(seconds=n * s), start + timedelta(seconds=(n + 1) * s)), 1.0, "exif")
        for s in (0.25,)
        for n in range(10_000)
    )
    axis = axis_of(replace(case, lanes=many), words(audited))
    assert axis is not None
    bars = [b for row in axis.rows for b in (*row.bars, *row.marks)]
    assert len(bars) < 1500, "what cannot be told apart is one bar"
    assert all(b.x >= LEFT and b.x + b.width <= LEFT + WIDTH + 0.01 and b.width >= LEAST for b in bars)


def test_many_devices_have_a_limit_and_strange_paperwork_is_passed_over(audited: ArchiveReport) -> None:
    case = failed(audited)
    lanes = tuple(Lane(f"{n}.mp4", f"D{n:03d}", None) for n in range(100))
    strange = {"interruptions": [{"start": "?"}, {}, {"start": "2026-03-05T09:45:00"}], "moments": [{"at": "noon"}]}
    axis = axis_of(replace(case, lanes=lanes, paperwork=strange), words(audited))
    assert axis is not None
    assert len(axis.rows) == MOST_LANES + 3
    assert axis.rows[-2].name == "另有设备 76 台"
    assert axis.rows[0].marks == ()
    assert axis_of(replace(case, coverage=None), words(audited)) is None


@pytest.mark.parametrize("seconds", [1, 59, 3600, 86_400, 86_400 * 40])
def test_ticks_are_few_and_in_order(audited: ArchiveReport, seconds: int) -> None:
    case = failed(audited)
    assert case.coverage is not None
    start = case.coverage.required[0]
    coverage = replace(case.coverage, required=(start, start + timedelta(seconds=seconds)), covered=(), uncovered=())
    axis = axis_of(replace(case, coverage=coverage, lanes=(), paperwork={}), words(audited))
    assert axis is not None
    places = [x for x, _ in axis.ticks]
    assert 1 <= len(places) <= 16
    assert places == sorted(set(places))


def test_whole_is_said_only_of_the_whole(audited: ArchiveReport) -> None:
    case = failed(audited)
    assert case.coverage is not None
    nearly = replace(case, coverage=replace(case.coverage, share=0.99999))
    assert words(audited).percent(nearly) == "99.9 %"
    assert words(audited).percent(replace(audited.cases[0], paperwork={})) == "100 %"
    assert words(audited).percent(audited.cases[0]) == "—", "an activity that needs no recording"


def test_every_word_of_the_views_has_a_text_and_no_text_is_left_over() -> None:
    folder = files("engine.report")
    sources = [p.read_text(encoding="utf-8") for p in folder.iterdir() if p.name.startswith("cases")]
    asked = {name for source in sources for name in re.findall(r'\bsay\(\s*"([a-z_]+)"', source)}
    asked |= {name for source in sources for name in re.findall(r'get\("cases", "([a-z_]+)"', source)}
    asked |= {"key_" + kind for kind in ("covered", "uncovered", "excused", "uncertain", "break", "declared", "moment")}
    asked |= {"file_by", "delete_after", "activity", "place", "outcome", "closed", "filed"}
    assert asked - {"key_"} == set(tables()["cases"])

"""Terminal and page: what they say, and what a hostile name cannot make them do."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from engine.archive.exhibits import Exhibits, Picture, Series
from engine.archive.guarding import Inspected
from engine.archive.selftest import vectors
from engine.findings import FileReport, Severity, Verdict
from engine.report import terminal
from engine.report.entry import EngineInfo
from engine.report.html import page
from engine.report.run import Run
from engine.report.summary import exit_facts, not_examinable, summarise, uncovered_seconds, worst_first
from engine.report.texts import Texts
from engine.report.views import View, render
from fixtures.demo import EXHIBITS

ENGINE = EngineInfo("0.0.0", "zj-rf-2019", "cd" * 32, {"level": "full"}, vectors())
GOLDEN = Path(__file__).parent / "golden"
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LINE = Series("difference", (0.0, 0.04, 0.08, 4.0, 4.04), (1.0, 2.0, 1.0, 9.0, 1.0))


def run_of(reports: tuple[FileReport, ...], *, interrupted: bool = False) -> Run:
    strip = (Picture(300, 12.0, True, b"\xff\xd8jpeg"),)
    exhibits = Exhibits((LINE,), {"0123456789abcdef": strip})
    results = tuple(Inspected(r, exhibits if r.verdict is not Verdict.NOT_EXAMINABLE else None) for r in reports)
    return Run(results, ENGINE, interrupted)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_is_as_it_was(reports: tuple[FileReport, ...], language: str) -> None:
    text = terminal.render(reports, language, "passed")
    assert text == (GOLDEN / f"table.{language}.txt").read_text(encoding="utf-8")


def test_worst_first(reports: tuple[FileReport, ...]) -> None:
    order = [r.verdict.value for r in worst_first(reports)]
    assert order == ["violation", "not_examinable", "clear", "clear"]


def test_a_plain_table_has_no_control_characters(reports: tuple[FileReport, ...]) -> None:
    text = terminal.render(reports, "en", "passed")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
    assert r"\x1b[31m" in text


@pytest.mark.parametrize("no_colour", [True, False])
def test_colour_on_a_terminal_unless_forbidden(
    reports: tuple[FileReport, ...], monkeypatch: pytest.MonkeyPatch, no_colour: bool
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_colour:
        monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    terminal.show(reports, "en", stream, "passed")
    coloured = re.search(r"\x1b\[[0-9;]*3[0-9]", stream.getvalue()) is not None
    assert coloured is not no_colour
    lines = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()).splitlines()
    assert max(map(len, lines)) <= 100


def test_a_narrow_terminal_has_the_place_above_the_finding(
    reports: tuple[FileReport, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = io.StringIO()
    terminal.show(reports, "en", stream)
    lines = stream.getvalue().splitlines()
    above = next(n for n, line in enumerate(lines) if "0:12.000–0:12.040 (frames 300–301)" in line)
    assert "deletion:" in lines[above + 1]
    assert max(map(len, lines)) <= 80


def test_only_found_leaves_out_clear_files_but_counts_them(reports: tuple[FileReport, ...]) -> None:
    text = terminal.render(reports, "en", "passed", only_found=True)
    assert "clear.mp4" not in text
    assert "cut-off.mp4" in text
    assert "clear 2" in text


def test_notices_are_counted_and_listed_when_asked_for(reports: tuple[FileReport, ...]) -> None:
    text = " ".join(terminal.render(reports, "en").split())
    assert "1 notice" in text
    assert "--notices" in text
    assert "frozen picture" not in text
    all_of_it = terminal.render(reports, "en", least=Severity.NOTICE)
    assert "frozen picture" in all_of_it
    assert "notice" not in all_of_it


def test_what_makes_a_file_not_examinable_is_listed(reports: tuple[FileReport, ...]) -> None:
    damage = replace(reports[0].findings[0], kind="unreadable")
    unreadable = replace(reports[0], verdict=Verdict.NOT_EXAMINABLE, reason="too_much_unreadable", findings=(damage,))
    assert "unreadable stretch" in terminal.render((unreadable,), "en")
    assert "unreadable stretch" not in terminal.render((replace(reports[0], findings=(damage,)),), "en")


def test_the_page_folds_notices_behind_their_count(reports: tuple[FileReport, ...]) -> None:
    text = page(run_of(reports[:1]), "en", when=WHEN)
    folded = text[text.index('<details class="notices">') :]
    assert "<summary>1 notice</summary>" in folded
    assert "frozen picture" in folded
    assert "frozen picture" not in text[: text.index('<details class="notices">')]


def test_clear_is_worded_with_what_could_not_be_examined(reports: tuple[FileReport, ...]) -> None:
    assert "nothing found; not examinable: deletion by picture 12.3 of 60.0 s" in terminal.render(reports, "en")
    assert "未发现痕迹；不具备检验条件：删除（依画面）60.0 秒中的 12.3 秒" in terminal.render(reports, "zh")


def test_overlapping_stretches_count_once(reports: tuple[FileReport, ...]) -> None:
    assert uncovered_seconds(reports[0].examined[0].not_examinable) == pytest.approx(12.3)
    assert not_examinable(reports[0].examined) == [("deletion", "picture", pytest.approx(12.3), pytest.approx(60.0))]


def test_counts(reports: tuple[FileReport, ...]) -> None:
    summary = summarise(reports)
    assert summary["verdicts"] == {"violation": 1, "suspicion": 0, "not_examinable": 1, "clear": 2}
    assert summary["findings"] == {"violation": 1, "suspicion": 0, "notice": 1}
    assert summary["kinds"] == {"deletion": 1}


def test_exit_facts(reports: tuple[FileReport, ...]) -> None:
    assert exit_facts(reports) == (True, True)
    assert exit_facts(reports[2:]) == (False, True)
    assert exit_facts(reports[3:]) == (False, False)


class Page(HTMLParser):
    """Tags with their attributes, the text, and every address that a browser would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.open_files = 0
        self.files = 0
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.addresses += [values[a] or "" for a in ("src", "href", "action", "data") if a in values]
        assert not [a for a in values if a.startswith("on")]
        if tag == "details" and "file" in (values.get("class") or ""):
            self.files += 1
            self.open_files += "open" in values

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_stands_alone_and_escapes(reports: tuple[FileReport, ...], language: str) -> None:
    text = page(run_of(reports), language, when=WHEN)
    parsed = Page(text)
    assert "script" not in parsed.tags
    assert all(a.startswith("data:image/") for a in parsed.addresses)
    assert "url(" not in text
    assert "@import" not in text
    assert "<img src=x onerror=alert(1)>" in parsed.text
    assert "\x1b" not in text


def test_only_failures_are_open(reports: tuple[FileReport, ...]) -> None:
    parsed = Page(page(run_of(reports), "en", when=WHEN))
    assert (parsed.files, parsed.open_files) == (4, 2)


def test_the_page_says_what_the_table_says(reports: tuple[FileReport, ...]) -> None:
    text = Page(page(run_of(reports), "zh", when=WHEN)).text
    for words in (
        "违规",
        "不具备检验条件",
        "未发现痕迹",
        "完整性",
        "原始性",
        "巡逻 10.mp4",
        "zj-rf-2019",
        "2026-01-02",
    ):
        assert words in text


def test_pictures_and_plots_only_where_they_were_made(reports: tuple[FileReport, ...]) -> None:
    with_pictures = page(run_of(reports), "en", when=WHEN)
    assert with_pictures.count("data:image/jpeg") == 1
    assert with_pictures.count("data:image/svg+xml") == 3
    bare = Run(tuple(Inspected(r) for r in reports), ENGINE)
    assert "data:image" not in page(bare, "en", when=WHEN)


def test_an_interrupted_run_says_so(reports: tuple[FileReport, ...]) -> None:
    assert "interrupted" in Page(page(run_of(reports, interrupted=True), "en", when=WHEN)).text
    assert "interrupted" not in Page(page(run_of(reports), "en", when=WHEN)).text


def test_a_line_is_broken_at_a_hole() -> None:
    from engine.report.plot import _points

    values = [p["v"] for p in _points(LINE)]
    assert values == [1.0, 2.0, 1.0, None, 9.0, 1.0]


def test_paths_are_shown_under_their_common_folder(reports: tuple[FileReport, ...]) -> None:
    moved = tuple(replace(r, path=f"/archive/2026/{n}/x.mp4") for n, r in enumerate(reports))
    text = terminal.render(moved, "en")
    assert text.startswith("in /archive/2026\n")
    assert "0/x.mp4" in text
    assert text.count("/archive") == 1
    assert terminal.common_folder(["/a.mp4", "/b.mp4"]) == ""
    assert terminal.common_folder(["/a/b.mp4", "c.mp4"]) == ""


def test_json_of_only_found_keeps_the_counts_of_all(reports: tuple[FileReport, ...]) -> None:
    document = json.loads(render(run_of(reports), View("json", "en", only_found=True)))
    assert [f["verdict"] for f in document["files"]] == ["violation", "not_examinable"]
    assert document["summary"]["files"] == 4


def test_every_view_tells_the_same_verdicts(reports: tuple[FileReport, ...]) -> None:
    run = run_of(reports)
    stored = sorted(f["verdict"] for f in json.loads(render(run, View("json", "en")))["files"])
    on_page = sorted(re.findall(r'<details class="file (\w+)"', render(run, View("html", "en"))))
    assert stored == on_page == sorted(r.verdict.value for r in reports)


def test_a_seal_beside_its_file_is_named_without_the_folder(reports: tuple[FileReport, ...]) -> None:
    seal = {"status": "sealed", "seal": "/a/b/x.mp4.unbroken.json"}
    beside = replace(reports[3], path="/a/b/x.mp4", proof=seal)
    assert Texts.load("en").proof(beside) == "proof written: x.mp4.unbroken.json"
    assert Texts.load("en").proof(replace(beside, path="/a/x.mp4")) == "proof written: /a/b/x.mp4.unbroken.json"


def test_one_and_many() -> None:
    texts = Texts.load("en")
    assert [texts.ui("file_count", count=n) for n in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


def test_every_operation_of_the_sample_archive_has_words() -> None:
    assert all(Texts.load("zh").has("operation", e.op.partition(":")[0]) for e in EXHIBITS)

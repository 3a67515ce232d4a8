"""Figures between markers: nothing else of the page is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import page
from bench.results import Budget, Measured, Row, Settings, Suite, to_json
from bench.stats import Spread, spread

PAGE = """\
# Title

<!-- begin plain decode -->
old
<!-- end plain decode -->
between
<!-- begin budgets -->
<!-- end budgets -->
<!-- begin short -->
<!-- end short -->
<!-- begin figures -->
old figures
<!-- end figures -->
tail
"""


def no_run(_: Settings) -> tuple[Row, ...]:
    raise AssertionError("a page needs no measurement")


def suite(name: str) -> Suite:
    return Suite(name, f"Title of {name}", "How.", no_run)


def slow() -> Row:
    return Row(
        "inspect", "s", spread([2.0, 2.6, 2.7]), "unbroken inspect x", peer=spread([2.0]), peer_command="decode x",
        ratio=Spread(1.3, 1.0, 1.35, 3), budget=Budget(1.25, "at most"),
    )  # fmt: skip


def fast() -> Row:
    return Row("seal", "GB/s", spread([0.7]), "unbroken seal x", budget=Budget(0.5, "at least", "own"))


@given(st.text(), st.text(), st.text(min_size=1))
def test_only_what_stands_between_the_markers_changes(head: str, tail: str, body: str) -> None:
    if "<!--" in head + tail + body:
        return
    text = f"{head}<!-- begin a -->old<!-- end a -->{tail}"
    once = page.replaced(text, "a", body)
    assert once == f"{head}<!-- begin a -->\n{body.strip()}\n<!-- end a -->{tail}"
    assert page.replaced(once, "a", body) == once


@pytest.mark.parametrize(
    "text",
    [
        "no markers",
        "<!-- begin a -->",
        "<!-- end a --> <!-- begin a -->",
        "<!-- begin a --><!-- end a --><!-- begin a --><!-- end a -->",
        "<!-- begin b --><!-- end b -->",
    ],
)
def test_missing_or_doubled_markers_are_refused(text: str) -> None:
    with pytest.raises(page.MarkerError, match="begin a"):
        page.replaced(text, "a", "body")


def test_one_part_of_a_page_can_be_put_alone(tmp_path: Path) -> None:
    target = tmp_path / "page.md"
    target.write_text(PAGE, encoding="utf-8")
    page.put(target, "short", "All is well.")
    empty = "<!-- begin short -->\n<!-- end short -->"
    assert target.read_text(encoding="utf-8") == PAGE.replace(empty, empty.replace("\n", "\nAll is well.\n"))


def test_tables_of_another_program_are_put_below_a_heading_of_the_page(tmp_path: Path) -> None:
    from bench import __main__ as program

    target, other = tmp_path / "page.md", tmp_path / "tables.md"
    target.write_text(PAGE, encoding="utf-8")
    other.write_text("## Real footage\n\n| a | # |\n", encoding="utf-8")
    assert program.main(["--put", "short", str(other), "--write", str(target)]) == 0
    assert "<!-- begin short -->\n### Real footage\n\n| a | # |\n<!-- end short -->" in target.read_text(
        encoding="utf-8"
    )


def test_a_row_shows_peer_ratio_budget_and_whether_it_is_kept() -> None:
    _, _, missed, kept = page.table([slow(), fast()])
    assert missed == "| inspect | 2.00 s | 2.60 (2.00–2.70) s | 1.30 (1.00–1.35) | ≤ 1.25 | **not kept** |"
    assert kept == "| seal |  | 0.700 GB/s |  | ≥ 0.5 | kept |"


def test_what_falls_short_comes_from_the_figures() -> None:
    both = {"a": Measured("a", (slow(), fast()), {})}
    assert page.short(both).splitlines() == [
        "1 of 2 budgets that were measured are not kept:", "", "- inspect: 1.30 (1.00–1.35) × peer, budget ≤ 1.25",
    ]  # fmt: skip
    assert page.budgets(both).splitlines()[2:] == [
        "| inspect | 1.30 (1.00–1.35) × peer | ≤ 1.25 | **not kept** |",
        "| seal | 0.700 GB/s | ≥ 0.5 | kept |",
    ]
    assert page.short({}) == "No budget was measured."
    assert page.short({"a": Measured("a", (fast(),), {})}) == "All 1 budgets that were measured are kept."


def test_the_page_is_written_between_its_markers(tmp_path: Path) -> None:
    target = tmp_path / "benchmarks.md"
    target.write_text(PAGE, encoding="utf-8")
    measured = {"seal": Measured("seal", (fast(),), {"date": "2024-01-01", "system": "Linux 6"})}
    page.write(target, [suite("decode"), suite("seal")], measured, "print(1)\n")
    text = target.read_text(encoding="utf-8")
    assert text.startswith("# Title\n")
    assert text.endswith("<!-- end figures -->\ntail\n")
    assert "```python\nprint(1)\n```" in text
    assert "old" not in text
    assert "### Title of seal" in text
    assert "Title of decode" not in text
    assert "Measured: date: 2024-01-01; system: Linux 6." in text


def test_suites_that_were_not_run_keep_their_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench import __main__ as program

    target = tmp_path / "benchmarks.md"
    target.write_text(PAGE, encoding="utf-8")
    before = {"decode": Measured("decode", (slow(),), {"date": "earlier"})}
    target.with_suffix(".json").write_text(to_json(before), encoding="utf-8")
    program.keep(target, [suite("decode"), suite("seal")], {"seal": Measured("seal", (fast(),), {"date": "now"})})
    text = target.read_text(encoding="utf-8")
    assert text.index("Title of decode") < text.index("earlier") < text.index("Title of seal") < text.index("now")
    assert sorted(json.loads(target.with_suffix(".json").read_text())) == ["decode", "seal"]


def test_the_committed_page_has_all_markers(tmp_path: Path) -> None:
    committed = Path(__file__).parents[2] / "docs" / "benchmarks.md"
    copy = tmp_path / "benchmarks.md"
    copy.write_bytes(committed.read_bytes())
    page.write(copy, [], {}, "print(1)")


@pytest.mark.parametrize(
    ("value", "text"), [(1234.5, "1234"), (99.95, "100.0"), (12.34, "12.3"), (1.256, "1.26"), (0.0456, "0.046")]
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert page.number(value) == text

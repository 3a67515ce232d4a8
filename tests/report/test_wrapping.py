"""Lines of Chinese and Latin together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from engine.report.wrapping import NOT_FIRST, wrapped

LETTERS = st.text(alphabet="ab 执法，。（）1:;é", max_size=60)


def plain(text: str, width: int) -> list[str]:
    return [line.plain for line in wrapped(Text(text), width)]


def test_chinese_breaks_anywhere_and_words_stay_whole() -> None:
    assert plain("执法活动覆盖", 8) == ["执法活动", "覆盖"]
    assert plain("recorded whole", 9) == ["recorded", "whole"]
    assert plain("第 12 条 recorded", 8) == ["第 12 条", "recorded"]


def test_a_word_that_is_too_long_is_broken() -> None:
    assert plain("abcdefgh", 3) == ["abc", "def", "gh"]


def test_marks_stay_with_what_they_close() -> None:
    assert plain("执法活动，见下", 8) == ["执法活", "动，见下"]


def test_styles_survive() -> None:
    first, second = wrapped(Text.assemble(("执法", "red"), "活动"), 4)
    assert [s.style for s in first.spans] == ["red"]
    assert second.spans == []


@given(LETTERS, st.integers(2, 30))
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, width: int) -> None:
    lines = plain(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.lists(st.sampled_from(["执", "法", "动，", "（见）"]), max_size=40), st.integers(8, 20))
def test_no_line_begins_with_a_mark(pieces: list[str], width: int) -> None:
    assert all(line[0] not in NOT_FIRST for line in plain("".join(pieces), width) if line)

"""Whatever stands in declared files: a list of problems in two languages, never an exception."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.archive.manifests import check, load_archive
from engine.archive.manifests.packfile import read_pack_file
from engine.archive.manifests.reading import MAX_BYTES, MAX_TABLE_BYTES

FILES = ("archive.toml", "devices.toml", "x/case.toml", "cases.csv", "recordings.csv", "exemptions.csv", "pack.toml")


def loads(files: dict[str, bytes]) -> None:
    """The archive loads, and every problem can be told."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "x").mkdir()
        for name, content in files.items():
            (root / name).write_bytes(content)
        found = check(root)
        for problem in found.problems:
            assert problem.as_line("en")
            assert problem.as_line("zh")
        for case in found.archive.cases:
            assert (case.case is None) == any(p.grade == "error" for p in case.problems)
        read_pack_file(root / "pack.toml", "pack.toml")


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(FILES), st.binary(max_size=200)))
def test_arbitrary_bytes(files: dict[str, bytes]) -> None:
    loads(files)


HEADS = {
    "archive.toml": 'schema = "unbroken.archive/1"\n',
    "devices.toml": 'schema = "unbroken.devices/1"\n',
    "x/case.toml": 'schema = "unbroken.case/1"\n',
    "pack.toml": 'schema = "unbroken.rules/1"\n',
}
WORDS = st.sampled_from(
    [
        "case",
        "recordings",
        "interruptions",
        "exemptions",
        "moments",
        "export_extension",
        "devices",
        "overrides",
        "id",
        "activity",
        "start",
        "end",
        "place",
        "officers",
        "dispute",
        "outcome",
        "permanent",
        "closed",
        "filed",
        "path",
        "device",
        "imported",
        "backup",
        "clock_check",
        "reference",
        "reason",
        "report",
        "approved",
        "approved_by",
        "kind",
        "at",
        "basis",
        "serial",
        "filename",
        "segment_s",
        "clock_offset_s",
        "sealed",
        "timezone",
        "rule_pack",
        "calendar",
        "holidays",
        "make_up_days",
        "items",
        "coverage_tolerance_s",
        "articles",
        "checks",
        "tolerances",
        "unchecked",
        "kinds",
        "severity",
        "zh",
        "en",
    ]
)
SCALARS = st.one_of(
    st.integers(-(10**30), 10**30).map(str),
    st.sampled_from(["1" * 5000, "1e400", "-inf", "nan", "0x7fffffffffffffffff", "true", '""', "[]", "{}", "[[[]]]"]),
    st.sampled_from(["2026-03-05T09:30:00+08:00", "2026-03-05", "09:30:00", "0001-01-01T00:00:00+23:59", "9999-12-31"]),
    st.text(max_size=12).map(
        lambda t: '"' + "".join(f"\\U{ord(c):08x}" for c in t if not 0xD800 <= ord(c) < 0xE000) + '"'
    ),
    st.sampled_from(
        [
            '"guided"',
            '"行政检查"',
            '"../x"',
            '"/x"',
            '"a/../../b"',
            '"\\u0000"',
            "'(a+)+$'",
            '"zj-rf-2019"',
            '"pack.toml"',
        ]
    ),
)
INLINE = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda v: "[" + ", ".join(v) + "]"),
        st.dictionaries(WORDS, inner, max_size=3).map(
            lambda d: "{" + ", ".join(f"{k} = {v}" for k, v in d.items()) + "}"
        ),
    ),
    max_leaves=6,
)
LINES = st.one_of(
    st.tuples(WORDS, INLINE).map(lambda t: f"{t[0]} = {t[1]}"),
    WORDS.map(lambda w: f"[{w}]"),
    WORDS.map(lambda w: f"[[{w}]]"),
    st.tuples(WORDS, WORDS).map(lambda t: f"[{t[0]}.{t[1]}]"),
)


@settings(max_examples=200)
@given(st.sampled_from(sorted(HEADS)), st.lists(LINES, max_size=8))
@example("x/case.toml", ["[case]", "id = " + "[" * 3000 + "]" * 3000])
@example("x/case.toml", ["a." * 5000 + "b = 1"])
@example("devices.toml", ["devices = 1"])
@example("devices.toml", ["devices = [1, {}]"])
@example("archive.toml", ["overrides = 1"])
@example("x/case.toml", ["case = 1"])
@example("x/case.toml", ["recordings = 5"])
@example("x/case.toml", ["recordings = [5, {path = 5}]", "[case]", "id = 5"])
def test_odd_toml(name: str, lines: list[str]) -> None:
    loads({name: (HEADS[name] + "\n".join(lines) + "\n").encode("utf-8", "surrogatepass")})


CELLS = st.one_of(
    st.sampled_from(
        ["A1", "2026/3/5 9:30", "2026-03-05", "guided", "是", '"', "#", "", "../x", "\x00", "\udcff", "9" * 5000]
    ),
    st.text(max_size=6),
)
HEADERS = st.lists(
    st.sampled_from(["case", "id", "activity", "start", "end", "path", "dispute", "permanent", "x", ""]), max_size=8
)


@settings(max_examples=100)
@given(
    st.sampled_from(["cases.csv", "recordings.csv", "exemptions.csv"]),
    HEADERS,
    st.lists(st.lists(CELLS, max_size=9), max_size=5),
)
def test_odd_tables(name: str, header: list[str], rows: list[list[str]]) -> None:
    text = "\n".join(",".join(row) for row in [header, *rows]).encode("utf-8", "surrogatepass")
    cases = b"case,activity,start,end\nA1,x,2026-03-05T09:30Z,2026-03-05T10:30Z\n"
    loads({"cases.csv": cases} | {name: text})


@pytest.mark.parametrize("name", ["archive.toml", "devices.toml", "x/case.toml", "cases.csv"])
def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "x").mkdir()
    with open(tmp_path / name, "wb") as file:
        file.truncate((MAX_TABLE_BYTES if name.endswith(".csv") else MAX_BYTES) + 1)
    assert "too_large" in {p.problem for p in load_archive(tmp_path).all_problems()}


def test_deep_folders_and_many(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * 60)
    deep.mkdir(parents=True)
    (deep / "case.toml").write_bytes(b"")
    assert [c.folder.count("/") for c in load_archive(tmp_path).cases] == [59]


SYNTAX = [
    ("x = ", 1),
    ("x = yes", 1),
    ("\nx = 1\nx = 2", 3),
    ("[a]\n[a]", 2),
    ("x = 'a", 1),
    ('x = "a\\b\\q"', 1),
    ('x = "a\tb\x01"', 1),
    ("x = [1,\n2", 2),
    ("x = {a = 1, a = 2}", 1),
    ("x = {a = 1", 1),
    ("字段 = 1", 1),
    ("x 1", 1),
    ("[a", 1),
    ("[[a]", 1),
    ("x = 1 y = 2", 1),
    ("x = 2026-13-01", 1),
    ("x = " + "1" * 5000, 1),
    ("x = 2026-02-30", 1),
    ("x = {}\nx.y = 1", 2),
    ("a" + ".b" * 30 + " = 1", 1),
    ("x = " + "[" * 3000, None),
]


@pytest.mark.parametrize(("text", "line"), SYNTAX)
def test_syntax_errors_have_a_line_and_chinese_words(tmp_path: Path, text: str, line: int | None) -> None:
    (tmp_path / "case.toml").write_text(text, encoding="utf-8")
    (case,) = load_archive(tmp_path).cases
    (problem,) = case.problems
    assert (problem.problem, problem.line) == ("not_toml", line)
    why = problem.params["why_zh"]
    assert any("\u4e00" <= c <= "\u9fff" for c in why), why

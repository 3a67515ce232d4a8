"""Lines of keys: against a naive reader of one key a line, and never a fault."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from engine.archive.manifests.positions import Path, find_lines

DOCUMENT = '''\
# a comment with [brackets] and "quotes"
title = "a # no comment"
"quoted.key" = 1
a.b . c = 2

[table]   # trailing
x = [
  1,      # one
  [2, 3],
  { y = "]" },
]
multi = """
[not.a.table]
x = 1
"""
literal = \'\'\'
= # [
\'\'\'
after = 2026-03-05T09:30:00+08:00

[[array]]
one = 1

[[array]]
one = 2
inline = { device = 1, "reference" = 2 }

  [array.inner]
  z = 3

[["odd]name".rows]]
k = 1
'''

EXPECTED: dict[Path, int] = {
    ("title",): 2,
    ("quoted.key",): 3,
    ("a",): 4,
    ("a", "b"): 4,
    ("a", "b", "c"): 4,
    ("table",): 6,
    ("table", "x"): 7,
    ("table", "x", 0): 8,
    ("table", "x", 1): 9,
    ("table", "x", 1, 1): 9,
    ("table", "x", 2): 10,
    ("table", "x", 2, "y"): 10,
    ("table", "multi"): 12,
    ("table", "literal"): 16,
    ("table", "after"): 19,
    ("array", 0): 21,
    ("array", 0, "one"): 22,
    ("array", 1): 24,
    ("array", 1, "one"): 25,
    ("array", 1, "inline"): 26,
    ("array", 1, "inline", "device"): 26,
    ("array", 1, "inner"): 28,
    ("array", 1, "inner", "z"): 29,
    ("odd]name", "rows", 0, "k"): 32,
    # what is not there has the line of what is around it
    ("table", "missing"): 6,
    ("array", 1, "missing"): 24,
    ("array", 7, "missing"): 21,
    ("nowhere",): 1,
}


def test_lines_of_a_document_with_everything() -> None:
    tomllib.loads(DOCUMENT)
    lines = find_lines(DOCUMENT)
    assert {path: lines.of(path) for path in EXPECTED} == EXPECTED


KEYS = st.text("abcxyz-_0189", min_size=1, max_size=6)
VALUES = st.one_of(
    st.integers(-999, 999).map(str),
    st.booleans().map(lambda b: str(b).lower()),
    st.text("ab#[]{}=,' ", max_size=8).map(lambda t: f'"{t}"'),
    st.text('ab#[]{}=," ', max_size=8).map(lambda t: f"'{t}'"),
    st.lists(st.text("ab#[]'", max_size=4).map(lambda t: f'"{t}"'), max_size=4).map(lambda v: f"[ {' , '.join(v)} ]"),
    st.lists(st.text("ab#]", max_size=4).map(lambda t: f'"{t}"'), max_size=4).map(
        lambda v: "[\n" + ",\n".join(v) + "\n]"
    ),
    st.text("ab#[]\n=", max_size=12).map(lambda t: f'"""\n{t}"""'),
)


@given(st.lists(st.tuples(KEYS, st.dictionaries(KEYS, VALUES, max_size=4), st.booleans()), max_size=6))
def test_every_key_has_the_line_that_it_was_written_on(tables: list[tuple[str, dict[str, str], bool]]) -> None:
    text, line, written = "", 1, {}
    counts: dict[str, int] = {}
    kinds: dict[str, bool] = {}
    for name, values, repeated in tables:
        if kinds.setdefault(name, repeated) != repeated or (not repeated and name in counts):
            continue
        counts[name] = counts.get(name, -1) + 1
        text += f"[[{name}]]\n" if repeated else f"[{name}] # x\n"
        path: Path = (name, counts[name]) if repeated else (name,)
        written[path] = line
        line += 1
        for key, value in values.items():
            text += f"{key} = {value}\n"
            written[(*path, key)] = line
            line += value.count("\n") + 1
    tomllib.loads(text)
    found = find_lines(text)
    assert {path: found.of(path) for path in written} == written


@given(st.text("ab=[]{}\"'#\n\\,. ", max_size=60))
def test_anything_ends(text: str) -> None:
    assert find_lines(text).of(("a",)) >= 1

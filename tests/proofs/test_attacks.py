"""The table of attacks: each has a vector or a test of its own, each of these exists, and the page is up to date."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def load():
    spec = importlib.util.spec_from_file_location("attack_table", ROOT / "tools" / "attack_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TABLE = load()
TESTS = [(a["name"], t) for a in TABLE.attacks() for t in a.get("tests", [])]


def test_the_page_is_what_the_table_says():
    assert (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8") == TABLE.page(), "run tools/attack_table.py"


def test_every_attack_is_shown_and_every_vector_has_its_attack():
    named = [a["name"] for a in TABLE.attacks()]
    assert len(set(named)) == len(named)
    vectors = TABLE.vectors()
    assert set(vectors) <= set(named)
    assert [a["name"] for a in TABLE.attacks() if not a.get("tests") and a["name"] not in vectors] == []
    for attack in TABLE.attacks():
        classes = {v["class"] for v in vectors.get(attack["name"], [])}
        assert not classes or classes == set(attack["class"].split(", ")), attack["name"]


@pytest.mark.parametrize(("name", "entry"), TESTS, ids=[t["test"].split("::")[1] for _, t in TESTS])
def test_a_named_test_is_there_and_looks_for_what_is_claimed(name, entry):
    path, function = entry["test"].split("::")
    source = (ROOT / path).read_text(encoding="utf-8")
    body = next((n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef) and n.name == function), None)
    assert body is not None, entry["test"]
    first = min([body.lineno, *(d.lineno for d in body.decorator_list)])
    text = "\n".join(source.splitlines()[first - 1 : body.end_lineno])
    assert entry.get("result", "") in text
    assert entry.get("said", "") in text

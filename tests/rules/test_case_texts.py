"""Everything that is said about a case has a text in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from engine.report.texts import tables
from engine.rules.cases import judge_case
from engine.rules.cases.catalogue import CHECKS, template_of

FOLDER = Path(judge_case.__file__).parent
FACTS = [(name, fact) for name, check in CHECKS.items() for fact in check.facts]


def reasons() -> set[str]:
    """What checks give as the reason where nothing was found: names are looked up, so all that could be one."""
    found = set[str]()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("clear", "unexaminable")
            ):
                found |= (
                    {a.value for a in ast.walk(node.args[0]) if isinstance(a, ast.Constant)} if node.args else set()
                )
            if isinstance(node, ast.keyword) and node.arg == "open" and isinstance(node.value, ast.Constant):
                found.add(node.value.value)
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("unknown", "reason", "only"):
                found |= {a.value for a in ast.walk(node.value) if isinstance(a, ast.Constant)}
    return {r for r in found if isinstance(r, str) and re.fullmatch("[a-z_]+", r) and not r.endswith("_")}


@pytest.mark.parametrize(("check", "fact"), FACTS)
def test_every_fact_has_a_message_and_says_what_would_settle_it(check: str, fact: str) -> None:
    assert template_of(check, fact) in tables()["template"]
    assert CHECKS[check].facts[fact].settles in tables()["settles"]


def test_every_reason_has_a_text() -> None:
    asked = reasons() - {"photo", "video", "sound"}
    assert len(asked) > 40
    assert asked <= set(tables()["check_reason"])


def test_no_text_of_cases_is_left_over() -> None:
    said = {template_of(check, fact) for check, fact in FACTS}
    assert {t for t in tables()["template"] if t.startswith("case_")} == said
    settled = {fact.settles for check in CHECKS.values() for fact in check.facts.values()}
    assert set(tables()["settles"]) == settled | {"look_at_place", "explained_break"}

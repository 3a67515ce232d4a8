"""docs/rules.md is what the rule pack and the pairs of cases say."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from engine.rules.cases.catalogue import CHECKS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "rules.md"


def test_the_page_is_current() -> None:
    spec = spec_from_file_location("rules_docs", ROOT / "tools" / "rules_docs.py")
    assert spec is not None
    assert spec.loader is not None
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.document() == PAGE.read_text(encoding="utf-8"), "run: python tools/rules_docs.py"


def test_its_example_runs() -> None:
    code = PAGE.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    exec(compile(code, str(PAGE), "exec"), {})


def test_every_fact_stands_on_it() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, check in CHECKS.items():
        section = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert all(f"| `{fact}` |" in section for fact in check.facts)

"""Every identifier that the engine can say has a text in both languages, and the texts can be rendered."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine.detectors.runner
from engine.findings import Finding, Kind, Level, Opinion, Outcome, Severity, Source, Verdict
from engine.report.texts import Texts, clock, tables

ROOT = Path(engine.detectors.runner.__file__).parents[1]
MODULES = [
    p for part in ("detectors", "rules", "archive", "media", "features", "kernels") for p in ROOT.glob(f"{part}/*.py")
]
MISSING_ON_PURPOSE = {"template": {"selftest"}}
"""Identifiers that no reader ever sees."""


def literals(node: ast.AST | None) -> Iterator[str]:
    """What strings an expression can be; an f-string gives a pattern, `*` for its holes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(v.value if isinstance(v, ast.Constant) else "*" for v in node.values)


def passed(tree: ast.AST, name: str, makers: set[str]) -> Iterator[str]:
    """Literals that reach a parameter called `name`, of `makers` or of the module's own functions."""
    positions: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            arguments = [a.arg for a in node.args.args]
            if name in arguments:
                positions[node.name] = arguments.index(name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            yield from literals(node.value)
        if not isinstance(node, ast.Call):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        for keyword in node.keywords:
            if keyword.arg == name and (called in makers or called in positions or called == "replace"):
                yield from literals(keyword.value)
        if called in positions and len(node.args) > positions[called]:
            yield from literals(node.args[positions[called]])


def positional(tree: ast.AST, called: str, place: int) -> Iterator[str]:
    for node in ast.walk(tree):
        named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == called
        if named and len(node.args) > place:
            yield from literals(node.args[place])


def used() -> Iterator[tuple[str, str, str]]:
    """(module, section, identifier) of everything that the engine's code says."""
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = [("template", t) for t in passed(tree, "template", {"Finding"})]
        found += [("reason", r) for r in positional(tree, "MediaError", 1)]
        found += [("reason", r) for r in positional(tree, "Opinion", 1)]
        found += [("reason", r) for r in positional(tree, "failed", 1)]
        found += [("unexamined", r) for r in positional(tree, "Stretch", 2)]
        found += [("unexamined", r) for r in passed(tree, "reason", {"Stretch"}) if path.parent.name == "detectors"]
        found += [("question", q) for q in positional(tree, "Examined", 0)]
        found += [("by", b) for b in positional(tree, "Examined", 1)]
        yield from ((path.name, section, identifier) for section, identifier in found)


USED = sorted({u for u in used() if u[2] not in MISSING_ON_PURPOSE.get(u[1], set())})


def test_the_walk_finds_what_it_should() -> None:
    """The test below would pass over an empty list."""
    assert ("gap.py", "template", "gap") in USED
    assert ("reader.py", "reason", "missing") in USED
    assert len(USED) > 25


@pytest.mark.parametrize(("module", "section", "identifier"), USED)
def test_everything_said_has_a_text(module: str, section: str, identifier: str) -> None:
    pattern = re.compile(re.escape(identifier).replace(r"\*", ".+"))
    assert any(pattern.fullmatch(name) for name in tables()[section]), f"{module}: {section}.{identifier} has no text"


def test_enumerations_have_texts() -> None:
    wanted = {
        "kind": [k.value for k in Kind],
        "severity": [s.label for s in Severity],
        "verdict": [v.value for v in Verdict],
        "outcome": [o.value for o in Outcome],
        "level": [v.name for v in Level],
        "source": [s.value for s in Source],
        "selftest": ["passed", "failed", "not run"],
    }
    for section, names in wanted.items():
        assert set(names) <= set(tables()[section]), section


def test_both_languages_carry_the_same_parameters() -> None:
    for section, texts in tables().items():
        for name, pair in texts.items():
            fields = [sorted(f[1] for f in string.Formatter().parse(text) if f[1] is not None) for text in pair]
            assert fields[0] == fields[1], f"{section}.{name}"
            assert all(pair), f"{section}.{name}"


def test_no_text_of_views_is_asked_for_in_vain() -> None:
    names = set(tables()["ui"])
    for path in (ROOT / "report").iterdir():
        if path.suffix in (".py", ".j2"):
            asked = set(re.findall(r'\bui\("([a-z_]+)"', path.read_text(encoding="utf-8")))
            assert asked <= names, f"{path.name}: {asked - names}"


def finding(**changes: object) -> Finding:
    base: dict[str, object] = {
        "kind": "gap",
        "severity": Severity.SUSPICION,
        "level": Level.E1,
        "stream": "video",
        "start_s": 1.0,
        "end_s": 2.0,
        "start_frame": 25,
        "end_frame": 26,
        "template": "gap",
        "params": {"missing_s": 0.96, "missing": 24, "sound": "hole"},
        "detector": "gap",
    }
    return Finding(**{**base, **changes})  # type: ignore[arg-type]


def test_messages() -> None:
    assert "0.960 s are missing between frames 25 and 26" in Texts.load("en").message(finding())
    assert "the sound has the same gap" in Texts.load("en").message(finding())
    assert "缺失 0.960 秒" in Texts.load("zh-CN").message(finding())


def test_a_missing_or_unfit_parameter_does_not_stop_a_report() -> None:
    text = Texts.load("en").message(finding(params={"missing_s": None, "missing": "{0.__class__}"}))
    assert "— s are missing" in text
    assert "{0.__class__}" in text


def test_a_plug_in_without_texts_is_still_readable() -> None:
    text = Texts.load("zh").message(finding(kind="x_acme_flicker", template="x_acme", params={"hz": 50}))
    assert text == "x_acme_flicker (hz=50)"


def test_a_candidate_that_nobody_looked_at_again_says_so() -> None:
    params = {"missing_s": 0.96, "missing": 24, "sound": "none", "rechecked": False}
    assert "Not looked at again" in Texts.load("en").message(finding(params=params))


def test_clock() -> None:
    assert clock(59.9996) == "1:00.000"
    assert clock(-0.0004) == "0:00.000"
    assert clock(3661.25) == "1:01:01.250"


def test_where() -> None:
    english = Texts.load("en")
    assert english.where(finding()) == "0:01.000–0:02.000 (frames 25–26)"
    assert english.where(finding(start_s=None, end_s=None)) == "whole file"
    assert english.where(finding(start_frame=None)) == "0:01.000–0:02.000"


def test_unknown_language() -> None:
    with pytest.raises(ValueError, match="no texts in 'fr'"):
        Texts.load("fr")


def test_opinions_of_the_engine_have_texts() -> None:
    assert Texts.load("en").get("reason", Opinion(Outcome.NOT_EXAMINABLE, "not_checked").reason) != "not_checked"


def test_signs_of_a_copied_cut_have_words() -> None:
    path = ROOT / "detectors" / "copysigns.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {n for call, place in (("Sign", 0), ("_near_key", 0), ("_at", 2)) for n in positional(tree, call, place)}
    assert len(names) > 5
    assert {f"lead.{n}" for n in names} <= set(tables()["value"])

"""Every check fires in one case, and stays silent in the twin that differs in the one fact that makes it legal."""

from __future__ import annotations

import pytest
from case_twins import BROKEN, EXEMPT, PACK, STOPPED, TWINS, WHOLE, Twin

from engine.findings import Finding, Severity, Verdict
from engine.rules.cases.catalogue import CHECKS, template_of
from engine.rules.cases.judge_case import FUNCTIONS
from engine.rules.cases.result import CaseReport


def named(twin: Twin, report: CaseReport) -> list[Finding]:
    """The findings that a twin is about. Those carried from a file have their own kind for a name."""
    if twin.check == "content":
        return [f for f in report.findings if f.kind == twin.fact and f.severity > Severity.NOTICE]
    return [f for f in report.findings if f.template == template_of(twin.check, twin.fact)]


@pytest.mark.parametrize("twin", TWINS, ids=lambda t: f"{t.check}.{t.fact}")
def test_it_fires(twin: Twin) -> None:
    report = twin.guilty.judged()
    found = named(twin, report)
    assert found, [f.template for f in report.findings]
    check = next(c for c in report.checks if c.check == twin.check)
    assert {f.id for f in found} <= set(check.findings)
    if twin.check != "content":
        rule = PACK.content.checks[twin.check]
        assert {f.severity.label for f in found} == {rule.severity[twin.fact]}
        assert {f.articles for f in found} == {rule.articles}
    assert all(f.evidence for f in found)
    assert all(f.id in report.settles for f in found)


@pytest.mark.parametrize("twin", TWINS, ids=lambda t: f"{t.check}.{t.fact}")
def test_its_twin_is_silent(twin: Twin) -> None:
    report = twin.legal.judged()
    assert not named(twin, report)
    loud = [f.template for f in report.findings if f.severity > Severity.NOTICE]
    assert report.verdict == twin.legal_verdict, (loud, [c for c in report.checks if c.outcome == "not_examinable"])


def test_every_fact_has_a_pair() -> None:
    wanted = {(name, fact) for name, check in CHECKS.items() for fact in check.facts}
    assert wanted <= {(t.check, t.fact) for t in TWINS}
    assert {t.check for t in TWINS} == set(CHECKS) == set(FUNCTIONS)


@pytest.mark.parametrize("world", [WHOLE, BROKEN, STOPPED, EXEMPT])
def test_what_pairs_are_made_of_is_clear(world: object) -> None:
    report = world.judged()  # type: ignore[attr-defined]
    assert report.verdict is Verdict.CLEAR
    assert not report.findings


def test_identifiers_are_stable_and_told_apart() -> None:
    for twin in TWINS:
        one, other = twin.guilty.judged(), twin.guilty.judged()
        ids = [f.id for f in one.findings]
        assert ids == [f.id for f in other.findings]
        assert len(set(ids)) == len(ids)
        assert all(len(i) == 16 for i in ids)

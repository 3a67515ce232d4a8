"""Budgets, and rows kept as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.results import Budget, Measured, Row, Settings, from_json, to_json
from bench.stats import spread


def row(own: float, ratio: float | None, budget: Budget | None) -> Row:
    return Row("a thing", "s", spread([own]), "own", ratio=None if ratio is None else spread([ratio]), budget=budget)


@pytest.mark.parametrize(
    ("own", "ratio", "budget", "kept"),
    [
        (9.0, 1.25, Budget(1.25, "at most"), True),
        (0.1, 1.26, Budget(1.25, "at most"), False),
        (0.1, 0.95, Budget(0.95, "at least"), True),
        (9.0, 0.94, Budget(0.95, "at least"), False),
        (0.4, None, Budget(0.4, "at most", "own"), True),
        (0.41, 0.1, Budget(0.4, "at most", "own"), False),
        (0.41, 0.1, None, None),
    ],
)
def test_a_budget_is_judged_on_its_own_figure(
    own: float, ratio: float | None, budget: Budget | None, kept: bool | None
) -> None:
    assert row(own, ratio, budget).kept is kept


def test_a_budget_on_a_ratio_that_was_not_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="not measured"):
        _ = row(1.0, None, Budget(1.0, "at most")).kept


def test_the_median_is_judged_not_the_extremes() -> None:
    wide = Row("x", "s", spread([0.1, 0.3, 9.0]), "c", budget=Budget(0.4, "at most", "own"))
    assert wide.kept is True


def test_json_gives_back_what_was_kept() -> None:
    rows = (row(1.5, 0.5, Budget(1.0, "at most")), row(2.0, None, None))
    measured = {"decode": Measured("decode", rows, {"date": "today", "system": "Linux"})}
    assert from_json(to_json(measured)) == measured


def test_a_quick_run_has_fewer_rounds() -> None:
    assert Settings(True, Path()).rounds(9) == 3
    assert Settings(True, Path()).rounds(2) == 2
    assert Settings(False, Path()).rounds(9) == 9

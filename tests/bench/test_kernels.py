"""Rows from pytest-benchmark's records."""

from __future__ import annotations

from bench.kernels import BUDGETS, rows


def test_seconds_a_call_become_milliseconds_with_the_budget_of_the_test() -> None:
    records = [
        {"name": "test_whole_row[8 bit]", "stats": {"data": [0.0004, 0.0006, 0.0005]}},
        {"name": "test_whole_row[10 bit]", "stats": {"data": [0.001]}},
    ]
    first, second = rows(records)
    assert (first.what, second.what) == ("whole row, 8 bit", "whole row, 10 bit")
    assert (round(first.own.median, 6), round(first.own.high, 6), first.own.count) == (0.5, 0.6, 3)
    assert first.kept is True
    assert second.budget is None


def test_every_budget_belongs_to_a_test_of_the_suite() -> None:
    from bench.kernels import SUITE_FILE

    text = SUITE_FILE.read_text(encoding="utf-8")
    assert all(f"def {name.split('[')[0]}(" in text for name in BUDGETS)

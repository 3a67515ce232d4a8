"""An audit as JSON: the committed schema, checked by an independent library."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.archive.audit.result import ArchiveReport
from engine.archive.selftest import SelfTest
from engine.report.audit import render
from engine.report.cases_entry import audit_document, due_lists
from engine.report.views import View

SCHEMA = json.loads(files("engine.report").joinpath("report.schema.json").read_text(encoding="utf-8"))
NO_TEST = SelfTest(())


def document(report: ArchiveReport) -> Any:
    text = render(report, View("json", "zh"), NO_TEST)
    return json.loads(text)


def faults(value: Any) -> list[str]:
    return [e.message for e in Draft202012Validator(SCHEMA).iter_errors(value)]


def test_the_report_is_what_the_schema_says(audited: ArchiveReport) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert faults(document(audited)) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("verdict",), "clear"),
        (("coverage", "required"), ["2026-03-05T09:30:00", "2026-03-05T10:30:00"]),
        (("coverage", "more"), 1),
        (("more",), 1),
        (("findings", 0, "at"), "yesterday"),
        (("findings", 0, "kind"), "nonsense"),
        (("coverage_detail", "share"), 1.1),
        (("keeping", "until"), "soon"),
    ],
)
def test_the_schema_refuses_what_it_must(audited: ArchiveReport, place: tuple[str | int, ...], value: object) -> None:
    whole = document(audited)
    target: Any = whole["cases"][1]
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    assert faults(whole)


def test_a_case_carries_exactly_what_is_agreed(audited: ArchiveReport) -> None:
    case = document(audited)["cases"][1]
    assert set(case["coverage"]) == {"required", "covered", "uncovered"}
    assert case["coverage"]["required"] == ["2026-03-05T09:30:00+08:00", "2026-03-05T10:20:00+08:00"]
    assert len(case["coverage"]["uncovered"]) == 2
    finding = case["findings"][0]
    assert (finding["at"], finding["until"]) == ("2026-03-05T10:00:00+08:00", "2026-03-05T10:20:00+08:00")
    assert finding["articles"] == ["13"]
    assert finding["liability"] == ["1"]
    assert set(finding["settles"]) == {"en", "zh-CN"}
    assert case["findings"][1]["file"] == "2026/2/1.mp4"
    assert case["checks"][1]["title"]["zh-CN"] == "全程覆盖"


def test_counts_and_what_no_machine_checks(audited: ArchiveReport) -> None:
    summary = document(audited)["summary"]
    assert summary["cases"]["verdicts"] == {"violation": 1, "suspicion": 0, "not_examinable": 1, "clear": 1}
    assert summary["cases"]["unlisted_activities"] == 1
    assert summary["cases"]["kinds"] == {"missing_backup": 8, "uncovered": 1}
    assert "16" in summary["archive"]["unchecked"]
    assert summary["archive"]["as_of"] == "2026-03-31T18:00:00+08:00"
    assert summary["archive"]["problems"][0]["file"] == "devices.toml"


def test_due_lists(audited: ArchiveReport) -> None:
    due = due_lists(audited)
    assert [(day, c.path) for day, c in due.file_by] == [(date(2026, 4, 4), "2026/2")], "filed ones are not due"
    assert [(day, c.path) for day, c in due.delete_after] == [(date(2028, 3, 5), "2026/2")]
    assert [c.path for c in due.never] == ["2026/1"]


def test_only_found_leaves_out_clear_cases_but_counts_them(audited: ArchiveReport) -> None:
    found = json.loads(render(audited, View("json", "en", only_found=True), NO_TEST))
    assert [c["verdict"] for c in found["cases"]] == ["violation", "not_examinable"]
    assert found["summary"]["cases"]["count"] == 3
    assert faults(found) == []


def test_an_archive_without_rules_still_makes_a_report(audited: ArchiveReport) -> None:
    assert faults(audit_document(replace(audited, pack=None, cases=(audited.cases[2],)), NO_TEST)) == []

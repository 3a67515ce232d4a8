"""The JSON report: its schema, its numbers, its canonical form."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from engine.archive.selftest import SelfTest, vectors
from engine.findings import FileReport
from engine.report.entry import EngineInfo, document, entry, entry_bytes, plain, printable, to_json

ENGINE = EngineInfo("0.0.0", "zj-rf-2019", "cd" * 32, {"level": "full"}, vectors())
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(files("engine.report").joinpath("report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_reports_are_valid(validator: jsonschema.Draft202012Validator, reports: tuple[FileReport, ...]) -> None:
    validator.validate(json.loads(to_json(document(reports, ENGINE))))
    validator.validate(document((), ENGINE))


SPOILED: list[Callable[[dict[str, Any]], Any]] = [
    lambda d: d.update(schema="unbroken.report/2"),
    lambda d: d.update(extra=1),
    lambda d: d["files"][0].pop("verdict"),
    lambda d: d["files"][0].update(verdict="fine"),
    lambda d: d["files"][0].update(blake3="AB" * 32),
    lambda d: d["files"][0]["findings"][0].update(severity="violation"),  # under a clear verdict
    lambda d: d["files"][1].update(verdict="suspicion"),  # with a violation in it
    lambda d: d["files"][1]["findings"][0].update(kind="mishap"),
    lambda d: d["files"][1]["findings"][0].update(level="E7"),
    lambda d: d["files"][1]["findings"][0].update(articles=[15]),
    lambda d: d["files"][1]["findings"][0].update(score=1.5),
    lambda d: d["files"][1]["findings"][0]["parts"][0].pop("id"),
    lambda d: d["files"][1]["examined"][0].update(seconds=-1),
    lambda d: d["engine"]["selftest"].update(result="maybe"),
]


@pytest.mark.parametrize("spoil", SPOILED)
def test_the_schema_refuses(
    validator: jsonschema.Draft202012Validator, reports: tuple[FileReport, ...], spoil: Callable[[dict[str, Any]], Any]
) -> None:
    spoiled = copy.deepcopy(document(reports, ENGINE))
    spoil(spoiled)
    assert not validator.is_valid(spoiled)


def test_the_json_is_as_it_was(reports: tuple[FileReport, ...]) -> None:
    """A change here changes what others read: is that meant? Then write the file anew."""
    assert to_json(document(reports, ENGINE)) == (GOLDEN / "report.json").read_text(encoding="utf-8")


def test_numbers_that_json_lacks_become_null(reports: tuple[FileReport, ...]) -> None:
    finding = entry(reports[1])["findings"][0]
    assert finding["params"]["missing"] is None
    assert finding["evidence"][1]["value"] is None
    assert finding["score"] == 0.9346


def test_file_names_that_are_not_unicode(reports: tuple[FileReport, ...]) -> None:
    strange = replace(reports[0], path="a\udcff.mp4")
    assert entry(strange)["path"] == "a\\xff.mp4"
    json.loads(to_json(document((strange,), ENGINE)).encode("utf-8"))


def test_the_bound_entry_leaves_out_path_and_proof(reports: tuple[FileReport, ...]) -> None:
    one = reports[1]
    same = replace(one, path="elsewhere.mp4", proof={"status": "sealed"})
    assert entry_bytes(one) == entry_bytes(same)
    assert entry_bytes(one) != entry_bytes(replace(one, blake3="ac" * 32))
    assert json.loads(entry_bytes(one)) == {k: v for k, v in entry(one).items() if k not in ("path", "proof")}
    assert len(blake3(entry_bytes(one)).digest()) == 32


def test_a_report_can_be_bound_from_its_json(reports: tuple[FileReport, ...]) -> None:
    """Whoever holds the JSON report can recompute the digest that a proof binds."""
    import rfc8785

    stored = json.loads(to_json(document(reports, ENGINE)))["files"][1]
    kept = {k: v for k, v in stored.items() if k not in ("path", "proof")}
    assert rfc8785.dumps(kept) == entry_bytes(reports[1])


def test_plain_values() -> None:
    assert plain(np.float32(0.1)) == 0.1
    assert plain(np.array([1, 2], np.int16)) == [1, 2]
    assert plain(np.bool_(True)) is True
    assert plain(Fraction(1, 25)) == "1/25"
    assert plain({"b": (1, b"\xff")}) == {"b": [1, "ff"]}
    assert plain(-0.0) == 0
    assert math.copysign(1, plain(-1e-400)) == 1


@given(st.floats())
def test_rounding_is_idempotent_and_finite(value: float) -> None:
    once = plain(value)
    assert plain(once) == once
    if once is not None:
        assert math.isfinite(once)
        assert once == pytest.approx(value, rel=1e-5)
    else:
        assert not math.isfinite(value)


@given(st.text())
def test_printable_text_stays(text: str) -> None:
    if not any("\ud800" <= c <= "\udfff" for c in text):
        assert printable(text) == text


def test_an_empty_self_test_has_not_run() -> None:
    assert SelfTest(()).result == "not run"
    assert vectors().result == "passed"

"""The report as plain JSON values, schema ``unbroken.report/1``.

`report.schema.json` beside this file is the contract; this module is the only writer of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from engine.archive.selftest import SelfTest
from engine.findings import Evidence, Examined, FileReport, Finding, Opinion
from engine.report.summary import summarise
from engine.report.texts import Texts

SCHEMA: Final = "unbroken.report/1"

SECOND_DIGITS: Final = 6
"""Decimals of a time in seconds: a microsecond, finer than any time base in use rounds to."""
VALUE_DIGITS: Final = 6
"""Significant digits of a measured value: more than float32 carries is noise."""

LANGUAGES: Final = ("en", "zh-CN")


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What a result holds for, besides the input.

    Parameters
    ----------
    version
        The engine's version.
    rule_pack, rule_pack_blake3
        Name and digest of the rule pack.
    options
        The options that bear on results.
    selftest
        The self-test that ran with this report; its result holds for the checks it names.
    """

    version: str
    rule_pack: str
    rule_pack_blake3: str
    options: Mapping[str, Any] = field(default_factory=dict)
    selftest: SelfTest = field(default_factory=lambda: SelfTest(()))


def document(reports: Sequence[FileReport], engine: EngineInfo) -> dict[str, Any]:
    """The whole report of a run over files. `cases` is empty: files are examined one by one."""
    return {
        "schema": SCHEMA,
        "engine": engine_entry(engine),
        "files": [entry(report) for report in reports],
        "cases": [],
        "summary": plain(summarise(reports)),
    }


def engine_entry(engine: EngineInfo) -> dict[str, Any]:
    """What the results hold for."""
    return {
        "version": engine.version,
        "rule_pack": engine.rule_pack,
        "rule_pack_blake3": engine.rule_pack_blake3,
        "options": plain(engine.options),
        "selftest": {
            "result": engine.selftest.result,
            "checks": {check.name: check.result for check in engine.selftest.checks},
        },
    }


def entry(report: FileReport) -> dict[str, Any]:
    """One file's entry."""
    return {
        "path": printable(report.path),
        "blake3": report.blake3,
        "size": report.size,
        "media": plain(report.media),
        "verdict": report.verdict.value,
        "reason": report.reason,
        "integrity": _opinion(report.integrity),
        "originality": _opinion(report.originality),
        "examined": [_examined(e) for e in report.examined],
        "findings": [finding_entry(f) for f in report.findings],
        "clocks": plain(report.clocks),
        "proof": None if report.proof is None else plain(report.proof),
        "error": None if report.error is None else _error(report),
    }


def entry_bytes(report: FileReport) -> bytes:
    """The entry in RFC 8785 form without `path` and `proof`: what a proof binds by its BLAKE3."""
    import rfc8785

    bound = {k: v for k, v in entry(report).items() if k not in ("path", "proof")}
    return rfc8785.dumps(bound)


def to_json(value: Mapping[str, Any]) -> str:
    """JSON text for files and pipes; readable, without NaN, newline at the end."""
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def printable(path: str) -> str:
    r"""A file name as valid Unicode: bytes that are none stand as ``\xNN``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def plain(value: Any) -> Any:
    """A value as JSON has it. Numbers that JSON lacks (NaN, infinities) become null."""
    if value is None or isinstance(value, bool | int | str):
        return printable(value) if isinstance(value, str) else _enum(value)
    if isinstance(value, float):
        return _rounded(value)
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, Mapping):
        return {printable(str(k)): plain(v) for k, v in value.items()}
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if hasattr(value, "tolist"):  # NumPy scalars and arrays
        return plain(value.tolist())
    if isinstance(value, set | frozenset):
        return sorted((plain(v) for v in value), key=str)
    if isinstance(value, Sequence):
        return [plain(v) for v in value]
    return str(value)


def _enum(value: bool | int | None) -> bool | int | None:
    return value if value is None or isinstance(value, bool) else int(value)


def _rounded(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    short = float(f"{value:.{VALUE_DIGITS}g}")
    return 0.0 if short == 0 else short  # no negative zero


def _seconds(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), SECOND_DIGITS) + 0.0


def _error(report: FileReport) -> dict[str, Any]:
    message = {language: Texts.load(language).get("reason", report.reason) for language in LANGUAGES}
    return {"reason": report.reason, "detail": printable(report.error or ""), "message": message}


def _opinion(opinion: Opinion) -> dict[str, Any]:
    return {"outcome": opinion.outcome.value, "reason": opinion.reason}


def _examined(examined: Examined) -> dict[str, Any]:
    return {
        "question": examined.question,
        "by": examined.by,
        "seconds": _seconds(examined.seconds),
        "not_examinable": [
            {"start_s": _seconds(s.start_s), "end_s": _seconds(s.end_s), "reason": s.reason}
            for s in examined.not_examinable
        ],
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "source": evidence.source.value,
        "name": evidence.name,
        "value": plain(evidence.value),
        "limit": plain(evidence.limit),
    }


def finding_entry(finding: Finding) -> dict[str, Any]:
    """One finding about a file, with the findings that were merged into it."""
    return {
        "id": finding.id,
        "kind": str(finding.kind),
        "severity": finding.severity.label,
        "level": finding.level.name,
        "articles": list(finding.articles),
        "stream": finding.stream,
        "start_s": _seconds(finding.start_s),
        "end_s": _seconds(finding.end_s),
        "start_frame": plain(finding.start_frame),
        "end_frame": plain(finding.end_frame),
        "score": round(min(max(float(finding.score), 0.0), 1.0), 4) if math.isfinite(finding.score) else 0.0,
        "template": finding.template,
        "params": plain(finding.params),
        "message": {language: Texts.load(language).message(finding) for language in LANGUAGES},
        "evidence": [_evidence(e) for e in finding.evidence],
        "detector": finding.detector,
        "impossible": bool(finding.impossible),
        "parts": [finding_entry(part) for part in finding.parts],
    }

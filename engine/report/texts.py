"""Texts of everything a person reads, in English and Chinese, from `texts.toml`."""

from __future__ import annotations

import os
import string
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from engine.findings import FileReport, Finding, Outcome, Value, Verdict
from engine.report.summary import not_examinable

_INDEX: Final = {"en": 0, "zh": 1, "zh-CN": 1}
NOTHING: Final = "—"
DETAILED: Final = frozenset(
    {
        "internal",
        "io_error",
        "changed",
        "packet_too_large",
        "picture_too_large",
        "too_many_streams",
        "proof_not_written",
    }
)
"""Reasons that the detail adds something to, for a person."""
MEANS_SHOWN: Final = 3
"""How many (question, means) pairs a one-line answer names before it says how many more there are."""


@lru_cache(maxsize=1)
def tables() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Section -> identifier -> (English, Chinese)."""
    text = files("engine.report").joinpath("texts.toml").read_text(encoding="utf-8")
    return {name: {k: (v[0], v[1]) for k, v in section.items()} for name, section in tomllib.loads(text).items()}


class _Forgiving(string.Formatter):
    """A missing or unfit parameter shows as a dash: a text never stops a report."""

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return kwargs.get(key) if isinstance(key, str) else None

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return NOTHING
        if format_spec.startswith("~"):  # {count:~picture|pictures}
            one, _, many = format_spec[1:].partition("|")
            return f"{value} {one if value == 1 else many}"
        try:
            return str(format(value, format_spec))
        except (TypeError, ValueError):
            return str(value)


_FORMATTER = _Forgiving()


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language; `load` gives the one instance of each."""

    language: str

    @staticmethod
    @lru_cache(maxsize=4)
    def load(language: str) -> Texts:
        """Texts of ``en``, ``zh`` or ``zh-CN``."""
        if language not in _INDEX:
            raise ValueError(f"no texts in {language!r}; there are: {', '.join(_INDEX)}")
        return Texts(language)

    def has(self, section: str, name: str) -> bool:
        """Whether there is a text of this name."""
        return name in tables().get(section, {})

    def get(self, section: str, name: str, **params: Any) -> str:
        """The text of an identifier, with its parameters; the identifier itself where there is none."""
        pair = tables().get(section, {}).get(name)
        if pair is None:
            return name
        return _FORMATTER.vformat(pair[_INDEX[self.language]], (), params)

    def ui(self, name: str, **params: Any) -> str:
        """A text of the views themselves."""
        return self.get("ui", name, **params)

    def message(self, finding: Finding) -> str:
        """What a finding says. A plug-in's template without a text shows kind and parameters."""
        if not self.has("template", finding.template):
            values = ", ".join(f"{k}={v}" for k, v in finding.params.items())
            kind = self.get("kind", str(finding.kind))
            return f"{kind} ({values})" if values else kind
        place = {"start_s": finding.start_s, "end_s": finding.end_s}
        frames = {"start_frame": finding.start_frame, "end_frame": finding.end_frame}
        text = self.get("template", finding.template, **{**place, **frames, **self._params(finding.params)})
        return text + self.ui("not_rechecked") if finding.params.get("rechecked") is False else text

    def _params(self, params: Mapping[str, Value]) -> dict[str, Value]:
        """The parameters, and for those that are identifiers their words as ``NAME_text``."""
        words = {f"{k}_text": self._value(k, v) for k, v in params.items() if isinstance(v, str)}
        return {**params, **words}

    def _value(self, name: str, value: str) -> str:
        special = f"{name}.{value}"
        return self.get("value", special if self.has("value", special) else value)

    def where(self, finding: Finding) -> str:
        """Where on the timeline a finding lies, in minutes and seconds, with its frames."""
        frames = self.frames(finding)
        return self.ui("place", span=self.span(finding), frames=frames) if frames else self.span(finding)

    def span(self, finding: Finding) -> str:
        """When a finding begins and ends, in minutes and seconds."""
        if finding.start_s is None or finding.end_s is None:
            return self.ui("whole_file")
        start, end = clock(finding.start_s), clock(finding.end_s)
        return start if start == end else f"{start}–{end}"

    def frames(self, finding: Finding) -> str:
        """The frames of a finding, empty where it names none."""
        if finding.start_s is None or finding.start_frame is None or finding.end_frame is None:
            return ""
        if finding.start_frame == finding.end_frame:
            return self.ui("frame", number=finding.start_frame)
        return self.ui("frames", first=finding.start_frame, last=finding.end_frame)

    def answer(self, report: FileReport) -> str:
        """The verdict in a sentence. Clear is always worded with what could not be examined."""
        if report.verdict is Verdict.NOT_EXAMINABLE:
            return self.failure(report)
        if report.verdict is Verdict.CLEAR and report.integrity.outcome is not Outcome.CLEAR:
            return self.get("reason", report.reason)
        if report.verdict is Verdict.CLEAR:
            return self.ui("clear_full") + self.ui("sentence_break") + self.uncovered(report)
        kinds = self.ui("list_break").join(self.get("kind", k) for k in _loud_kinds(report.findings))
        return self.ui("found_full", kinds=kinds)

    def failure(self, report: FileReport) -> str:
        """Why a file could not be examined, and what to do."""
        reason = self.get("reason", report.reason)
        return f"{reason} ({report.error})" if report.error and report.reason in DETAILED else reason

    def proof(self, report: FileReport) -> str:
        """What came of the proof, empty where none was asked for; a seal beside the file without its folder."""
        if report.proof is None:
            return ""
        why = report.proof.get("detail") or report.proof.get("reason")
        folder, name = os.path.split(str(report.proof.get("seal") or ""))
        beside = folder == os.path.dirname(report.path)
        seal = name if beside else report.proof.get("seal")
        return self.get("proof", str(report.proof["status"]), seal=seal, why=why)

    def uncovered(self, report: FileReport) -> str:
        """Seconds that could not be examined, by question and means."""
        sums = not_examinable(report.examined)
        if not sums:
            return self.ui("all_examined") if report.examined else self.ui("nothing_asked")
        shown = [
            self.ui("uncovered_item", question=self.question(question, by), seconds=missing, total=total)
            for question, by, missing, total in sums[:MEANS_SHOWN]
        ]
        more = len(sums) - len(shown)
        tail = self.ui("uncovered_more", count=more) if more else ""
        return self.ui("uncovered", items=self.ui("list_break").join(shown) + tail)

    def question(self, question: str, by: str) -> str:
        """A question with its means, such as "deletion by picture"."""
        return self.ui("question_by", question=self.get("question", question), by=self.get("by", by))

    def selftest(self, checks: Iterable[tuple[str, str, str]], result: str) -> str:
        """The result of a self-test: a line a check (name, result, detail), then all together."""
        lines = [
            self.get("selftest", outcome)
            + self.ui("colon")
            + self.get("selftest_check", name)
            + (f" ({detail})" if detail else "")
            for name, outcome, detail in checks
        ]
        return "\n".join([*lines, self.ui("selftest_line", result=self.get("selftest", result))]) + "\n"


def _loud_kinds(findings: Iterable[Finding]) -> list[str]:
    ordered = sorted((f for f in findings if f.severity > 0), key=lambda f: -int(f.severity))
    return list(dict.fromkeys(str(f.kind) for f in ordered))


def clock(seconds: float) -> str:
    """Seconds as ``m:ss.mmm`` or ``h:mm:ss.mmm``.

    Examples
    --------
    >>> clock(75.04), clock(3600.5), clock(-0.5)
    ('1:15.040', '1:00:00.500', '-0:00.500')
    """
    milliseconds = round(abs(seconds) * 1000)
    sign = "-" if seconds < 0 and milliseconds else ""
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{rest // 1000:02d}.{rest % 1000:03d}"
    return f"{sign}{hours}:{minutes:02d}:{tail}" if hours else f"{sign}{minutes}:{tail}"

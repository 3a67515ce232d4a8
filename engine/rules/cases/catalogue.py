"""The checks that exist, by name: what each can find, and which tolerances it reads.

Names are stable. What a finding weighs, which articles it bears on and what the tolerances are is
the rule pack's to say; a pack may leave checks out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.findings import Kind, Level


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a check can find.

    Parameters
    ----------
    kind
        Kind of the finding.
    level
        How strong its ground is.
    settles
        Identifier of the text that says what would settle it.
    """

    kind: Kind
    level: Level
    settles: str


@dataclass(frozen=True, slots=True)
class Check:
    """A check: the facts that it can find, and the tolerances that it reads, by name."""

    facts: Mapping[str, Fact]
    tolerances: tuple[str, ...] = ()


DECLARED, CONTAINER, CONTENT, CLOCKS = Level.E0, Level.E1, Level.E2, Level.E3

CHECKS: Mapping[str, Check] = {
    "items": Check({"not_on_list": Fact(Kind.EXEMPTION, DECLARED, "item_list")}),
    "recorded": Check(
        {"nothing_recorded": Fact(Kind.UNCOVERED, DECLARED, "recording_or_exemption")},
        ("export_hours", "export_working_days", "exemption_days"),
    ),
    "exemptions": Check(
        {
            "before_end": Fact(Kind.EXEMPTION, DECLARED, "exemption_paper"),
            "too_late": Fact(Kind.EXEMPTION, DECLARED, "exemption_paper"),
            "own_officer": Fact(Kind.EXEMPTION, DECLARED, "exemption_paper"),
            "in_future": Fact(Kind.EXEMPTION, DECLARED, "exemption_paper"),
        },
        ("exemption_days",),
    ),
    "coverage": Check(
        {
            "uncovered": Fact(Kind.UNCOVERED, CONTAINER, "other_recording"),
            "sound_only": Fact(Kind.UNCOVERED, CONTAINER, "picture_for_sound"),
            "partly_exempt": Fact(Kind.UNCOVERED, CONTAINER, "exemption_scope"),
        },
        ("coverage_tolerance_s",),
    ),
    "agreement": Check(
        {
            "earlier": Fact(Kind.CLOCK_OFFSET, CLOCKS, "paper_times"),
            "later": Fact(Kind.CLOCK_OFFSET, CLOCKS, "paper_times"),
        },
        ("coverage_tolerance_s",),
    ),
    "interruptions": Check(
        {
            "undeclared": Fact(Kind.UNEXPLAINED_INTERRUPTION, CONTAINER, "interruption_reason"),
            "undeclared_short": Fact(Kind.UNEXPLAINED_INTERRUPTION, CONTAINER, "interruption_reason"),
            "longer_than_declared": Fact(Kind.UNEXPLAINED_INTERRUPTION, CONTAINER, "interruption_reason"),
            "no_speech": Fact(Kind.UNEXPLAINED_INTERRUPTION, CONTENT, "listen_restart"),
            "no_report": Fact(Kind.UNEXPLAINED_INTERRUPTION, DECLARED, "written_report"),
            "reason_other": Fact(Kind.UNEXPLAINED_INTERRUPTION, DECLARED, "other_reason"),
            "reported_late": Fact(Kind.UNEXPLAINED_INTERRUPTION, DECLARED, "written_report"),
            "undetected": Fact(Kind.UNDETECTED_INTERRUPTION, CONTAINER, "declared_interruption"),
            "contradictory": Fact(Kind.UNDETECTED_INTERRUPTION, DECLARED, "paper_times"),
        },
        ("coverage_tolerance_s", "join_tolerance_s", "speech_within_s", "speech_min_s", "report_within_s"),
    ),
}
"""Name of the check -> what it is. In the order in which a case is gone through."""


def template_of(check: str, fact: str) -> str:
    """Identifier of the text of a finding."""
    return f"case_{check}_{fact}"


def tolerance_names() -> frozenset[str]:
    """All tolerances that any check reads."""
    return frozenset(name for check in CHECKS.values() for name in check.tolerances)

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


DECLARED, CONTAINER, CONTENT, CLOCKS, SEAL = Level.E0, Level.E1, Level.E2, Level.E3, Level.E4

CHECKS: Mapping[str, Check] = {
    "items": Check(
        {
            "not_on_list": Fact(Kind.EXEMPTION, DECLARED, "item_list"),
            "nearly_on_list": Fact(Kind.EXEMPTION, DECLARED, "item_list"),
        }
    ),
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
            "photos_only": Fact(Kind.UNCOVERED, CONTAINER, "picture_for_photos"),
            "partly_exempt": Fact(Kind.UNCOVERED, CONTAINER, "exemption_scope"),
            "mostly_excused": Fact(Kind.UNCOVERED, CONTAINER, "listen_restart"),
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
            "several_breaks": Fact(Kind.UNEXPLAINED_INTERRUPTION, CONTAINER, "interruption_reason"),
            "undetected": Fact(Kind.UNDETECTED_INTERRUPTION, CONTAINER, "declared_interruption"),
            "contradictory": Fact(Kind.UNDETECTED_INTERRUPTION, DECLARED, "paper_times"),
        },
        ("coverage_tolerance_s", "join_tolerance_s", "speech_within_s", "speech_min_s", "report_within_s"),
    ),
    "joins": Check(
        {
            "rollover_loss": Fact(Kind.GAP, CONTAINER, "rollover"),
            "overlap": Fact(Kind.CLOCK_JUMP, CLOCKS, "device_clock"),
        },
        ("join_tolerance_s", "coverage_tolerance_s"),
    ),
    "moments": Check(
        {
            "missed": Fact(Kind.UNCOVERED, DECLARED, "other_recording"),
            "silent": Fact(Kind.AUDIO_MISSING, DECLARED, "other_recording"),
            "in_interruption": Fact(Kind.UNCOVERED, DECLARED, "other_recording"),
            "outside": Fact(Kind.UNCOVERED, DECLARED, "paper_times"),
        },
        ("coverage_tolerance_s",),
    ),
    "sound": Check(
        {
            "no_sound": Fact(Kind.AUDIO_MISSING, CONTENT, "sound_elsewhere"),
            "no_sound_other_device": Fact(Kind.AUDIO_MISSING, CONTENT, "sound_elsewhere"),
        }
    ),
    "announcement": Check(
        {"unannounced": Fact(Kind.UNANNOUNCED, CONTENT, "listen_start")}, ("opening_s", "speech_min_s")
    ),
    "clocks": Check(
        {
            "wrong": Fact(Kind.CLOCK_OFFSET, DECLARED, "device_clock"),
            "known_offset": Fact(Kind.CLOCK_OFFSET, DECLARED, "device_clock"),
            "disagree": Fact(Kind.CLOCK_OFFSET, CLOCKS, "which_clock"),
            "whole_hours": Fact(Kind.CLOCK_OFFSET, CLOCKS, "clock_zone"),
            "rate_high": Fact(Kind.CLOCK_OFFSET, CLOCKS, "device_clock"),
            "rate_alarm": Fact(Kind.CLOCK_OFFSET, CLOCKS, "device_clock"),
        },
        ("clock_tolerance_s", "clock_normal_ppm", "clock_alarm_ppm"),
    ),
    "after_the_fact": Check(
        {
            "after_activity": Fact(Kind.AFTER_THE_FACT, CONTAINER, "which_clock"),
            "after_activity_confirmed": Fact(Kind.AFTER_THE_FACT, CLOCKS, "which_clock"),
            "other_day": Fact(Kind.AFTER_THE_FACT, CONTAINER, "which_clock"),
            "before_activity": Fact(Kind.AFTER_THE_FACT, CONTAINER, "which_case"),
            "ran_on": Fact(Kind.AFTER_THE_FACT, CONTAINER, "paper_times"),
        },
        ("coverage_tolerance_s", "join_tolerance_s"),
    ),
    "selective": Check(
        {
            "hole_at_break": Fact(Kind.SELECTIVE, CONTAINER, "missing_number"),
            "hole_joined": Fact(Kind.SELECTIVE, CONTAINER, "missing_number"),
            "hole_between_cases": Fact(Kind.SELECTIVE, CONTAINER, "missing_number"),
            "hole_unplaced": Fact(Kind.SELECTIVE, CONTAINER, "missing_number"),
            "hole_photos": Fact(Kind.SELECTIVE, CONTAINER, "missing_number"),
        },
        ("join_tolerance_s",),
    ),
    "reuse": Check(
        {
            "listed_twice": Fact(Kind.REUSED_FOOTAGE, DECLARED, "which_case"),
            "same_content": Fact(Kind.REUSED_FOOTAGE, CONTAINER, "which_case"),
            "same_content_foreign": Fact(Kind.REUSED_FOOTAGE, CLOCKS, "which_case"),
            "twice_in_case": Fact(Kind.REUSED_FOOTAGE, CLOCKS, "which_time"),
            "near_duplicate": Fact(Kind.REUSED_FOOTAGE, CONTENT, "compare_footage"),
        },
        ("coverage_tolerance_s",),
    ),
    "content": Check({}),
    "tampered": Check(
        {
            "not_ok": Fact(Kind.TAMPERED, SEAL, "verify_original"),
            "missing_info": Fact(Kind.TAMPERED, CONTAINER, "verify_original"),
        }
    ),
    "unlisted": Check({"unlisted": Fact(Kind.UNLISTED, DECLARED, "which_case")}),
    "devices": Check(
        {
            "unknown_device": Fact(Kind.UNLISTED, DECLARED, "device_register"),
            "no_device": Fact(Kind.UNLISTED, DECLARED, "device_register"),
        }
    ),
    "sealed": Check(
        {
            "unsealed": Fact(Kind.UNSEALED, DECLARED, "seal_copy"),
            "unsigned": Fact(Kind.UNSEALED, DECLARED, "seal_copy"),
        }
    ),
    "export": Check(
        {
            "late": Fact(Kind.LATE_IMPORT, DECLARED, "import_log"),
            "import_before_end": Fact(Kind.LATE_IMPORT, CLOCKS, "import_log"),
            "own_consent": Fact(Kind.LATE_IMPORT, DECLARED, "consent_paper"),
            "import_in_future": Fact(Kind.LATE_IMPORT, DECLARED, "import_log"),
            "sealed_late": Fact(Kind.LATE_IMPORT, CONTAINER, "import_log"),
        },
        ("export_hours", "export_working_days"),
    ),
    "backup": Check(
        {
            "none_declared": Fact(Kind.MISSING_BACKUP, DECLARED, "make_backup"),
            "not_there": Fact(Kind.MISSING_BACKUP, DECLARED, "make_backup"),
            "differs": Fact(Kind.MISSING_BACKUP, CONTAINER, "compare_backup"),
            "weak": Fact(Kind.MISSING_BACKUP, CONTAINER, "make_backup"),
        },
        ("export_hours", "export_working_days"),
    ),
    "filing": Check(
        {
            "not_filed": Fact(Kind.RETENTION, DECLARED, "case_file"),
            "filed_late": Fact(Kind.RETENTION, DECLARED, "case_file"),
        },
        ("retention_years", "filing_days"),
    ),
    "kept": Check({"gone": Fact(Kind.RETENTION, DECLARED, "restore_backup")}, ("retention_years", "filing_days")),
    "access": Check(
        {
            "not_approved": Fact(Kind.ACCESS, DECLARED, "access_paper"),
            "incomplete": Fact(Kind.ACCESS, DECLARED, "access_paper"),
            "chain_broken": Fact(Kind.ACCESS, SEAL, "access_chain"),
        }
    ),
}
"""Name of the check -> what it is. In the order in which a case is gone through."""


def template_of(check: str, fact: str) -> str:
    """Identifier of the text of a finding."""
    return f"case_{check}_{fact}"


def tolerance_names() -> frozenset[str]:
    """All tolerances that any check reads."""
    return frozenset(name for check in CHECKS.values() for name in check.tolerances)

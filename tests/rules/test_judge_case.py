"""What is said of whole cases: verdicts, times that contradict each other, days not yet over, and another pack."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib.resources import files

import pytest
from case_twins import (
    BATTERY,
    BROKEN,
    CASE,
    EXEMPT,
    LONG_BREAK,
    PACK,
    SECOND,
    SILENT,
    STOPPED,
    UNRECORDED,
    WHOLE,
    ZONE,
    at,
    photo,
    place,
    split,
    video,
    with_trace,
)

from engine.findings import Kind, Level, Outcome, Severity, Verdict
from engine.rules.cases.manifest import ArchiveSettings, ExportExtension
from engine.rules.cases.record import BackupFacts, ProofFacts, RecordFacts, Reuse, Speech
from engine.rules.cases.result import CaseReport, CheckResult
from engine.rules.pack import RulePackError, parse

OTHER_PACK = """
schema = "unbroken.rules/1"
name = "other"
in_force = 2024-01-01
title = { zh = "另一规定", en = "Other rules" }
items = [{ name = "巡逻", article = "3", zh = "巡逻", en = "Patrols" }]

[articles.3]
zh = "应当录制。"
en = "Record it."
needs = { zh = "录制", en = "a recording" }

[articles.7]
zh = "不得编辑。"
en = "Do not edit."
needs = { zh = "未编辑", en = "no edits" }

[kinds]
deletion = { articles = ["7"], audit = "violation" }

[liability]
article = "7"
items = { b = { zh = "编辑的", en = "Editing." } }

[tolerances]
coverage_tolerance_s = { value = 300, unit = "s", zh = "允许", en = "allowed" }
export_hours = { value = 48, unit = "h", zh = "导出", en = "export" }
export_working_days = { value = 9, unit = "d", zh = "导出", en = "export" }
exemption_days = { value = 1, unit = "d", zh = "豁免", en = "exemption" }

[checks.recorded]
articles = ["3"]
severity = { nothing_recorded = "suspicion" }
TEXTS

[checks.coverage]
articles = ["3"]
needed = true
liability = ["b"]
TEXTS
[checks.coverage.severity]
uncovered = "suspicion"
sound_only = "notice"
photos_only = "notice"
partly_exempt = "notice"
mostly_excused = "notice"

[checks.content]
articles = ["7"]
TEXTS
""".replace(
    "TEXTS",
    """title = { zh = "一", en = "one" }
asks = { zh = "二", en = "two" }
blind = { zh = "三", en = "three" }
person = { zh = "四", en = "four" }""",
)
OTHER = parse(OTHER_PACK.encode(), "other.toml")


def check(report: CaseReport, name: str) -> CheckResult:
    return next(c for c in report.checks if c.check == name)


def test_a_case_without_fault_is_clear_and_every_check_was_made() -> None:
    report = WHOLE.judged()
    assert (report.verdict, report.reason) == (Verdict.CLEAR, "nothing_found")
    assert [c.check for c in report.checks] == [n for n in PACK.content.checks if n in {c.check for c in report.checks}]
    assert len(report.checks) == len(PACK.content.checks)
    assert {c.outcome for c in report.checks} == {Outcome.CLEAR}
    assert report.coverage is not None
    assert report.coverage.share == 1.0
    assert report.keeping is not None
    assert report.keeping.until == date(2028, 3, 5)
    assert report.path == "2026/12"


def test_another_pack_has_its_own_articles_weights_tolerances_items_and_checks() -> None:
    late = replace(WHOLE, records=(video(at("9:36"), at("10:12:10"), 1),)).paper(activity="巡逻")
    here = late.judged(OTHER)
    assert [c.check for c in here.checks] == ["recorded", "coverage", "content"]
    (found,) = here.findings
    assert (found.articles, found.severity, here.verdict) == (("3",), Severity.SUSPICION, Verdict.SUSPICION)
    assert here.liability[found.id] == ("b",)
    within = replace(WHOLE, records=(video(at("9:34"), at("10:12:10"), 1),)).paper(activity="巡逻")
    assert within.judged(OTHER).verdict is Verdict.CLEAR
    assert UNRECORDED.judged(OTHER).verdict is Verdict.CLEAR
    assert UNRECORDED.paper(activity="巡逻").judged(OTHER).verdict is Verdict.SUSPICION
    assert UNRECORDED.paper(activity="巡逻").judged(PACK).verdict is Verdict.CLEAR
    # no ledger in that pack: a gap inside is a matter of coverage
    gap = replace(BROKEN, records=(BROKEN.records[0], video(at("9:59"), at("10:12:10"), 2))).paper(activity="巡逻")
    assert [f.template for f in gap.judged(OTHER).findings] == ["case_coverage_uncovered"]
    (trace,) = with_trace(Kind.DELETION).paper(activity="巡逻").judged(OTHER).findings
    assert (trace.severity, trace.articles) == (Severity.VIOLATION, ("7",))


def test_a_department_sets_tolerances_by_name() -> None:
    late = replace(WHOLE, records=(video(at("9:31:30"), at("10:12:10"), 1),))
    assert late.judged().verdict is Verdict.VIOLATION
    settings = ArchiveSettings(overrides={"coverage_tolerance_s": 120.0})
    assert replace(late, settings=settings).judged().verdict is Verdict.CLEAR
    wrong = ArchiveSettings(overrides={"coverage_tolerence_s": 120.0, "export_hours": -1.0})
    with pytest.raises(RulePackError, match=r"did you mean coverage_tolerance_s\?.*export_hours"):
        replace(late, settings=wrong).judged()


def test_times_that_contradict_each_other_are_not_examinable() -> None:
    for end in (CASE.start, at("9:00")):
        report = WHOLE.paper(end=end).judged()
        assert report.coverage is None
        assert check(report, "coverage").reason == "times_contradict"
        assert (report.verdict, report.reason) == (Verdict.NOT_EXAMINABLE, "times_contradict")


def test_what_is_not_due_is_no_fault() -> None:
    fresh = replace(UNRECORDED, as_of=at("10:30"))
    assert (fresh.judged().verdict, fresh.judged().reason) == (Verdict.NOT_EXAMINABLE, "not_due")
    pending = replace(WHOLE.listed(imported=None).record(proof=None), as_of=at("20:00"))
    assert pending.judged().verdict is Verdict.CLEAR
    assert check(pending.judged(), "export").reason == "not_due"
    silent = WHOLE.listed(imported=None).record(proof=None).judged()
    assert (silent.verdict, silent.reason) == (Verdict.NOT_EXAMINABLE, "import_not_stated")
    assert WHOLE.listed(imported=None).judged().verdict is Verdict.CLEAR  # its seal bears it out


def test_days_whose_holidays_are_not_announced_are_no_fault() -> None:
    def later(moment: datetime) -> datetime:
        return moment.replace(year=2039, month=9, day=moment.day + 1)

    case = UNRECORDED.paper(start=later(CASE.start), end=later(CASE.end))
    report = replace(case, as_of=later(at("12:00", 20))).judged()
    assert (report.verdict, report.reason) == (Verdict.NOT_EXAMINABLE, "calendar_unknown")


def test_a_recording_that_no_clock_places_leaves_a_hole_open() -> None:
    lost = video(at("9:40"), at("9:50"), 3, placement=None, clocks=())
    late = replace(WHOLE, records=(video(at("9:50"), at("10:12:10"), 4), lost))
    report = late.judged()
    assert check(report, "coverage").outcome is Outcome.NOT_EXAMINABLE
    assert report.verdict is Verdict.NOT_EXAMINABLE
    assert WHOLE.with_records(lost).judged().verdict is Verdict.CLEAR  # nothing is open


def test_a_file_that_cannot_be_examined_leaves_its_case_not_examinable() -> None:
    report = WHOLE.with_records(replace(SECOND, examined=False, why_not="no_index")).judged()
    assert (report.verdict, report.reason) == (Verdict.NOT_EXAMINABLE, "file_not_examinable")
    assert check(report, "content").params["file"] == SECOND.path


def test_something_found_goes_before_what_could_not_be_said() -> None:
    report = BROKEN.paper(interruptions=()).with_records(replace(SECOND, examined=False, placement=None)).judged()
    assert report.verdict is Verdict.NOT_EXAMINABLE
    worse = WHOLE.with_records(replace(SECOND, examined=False)).record(backup=BackupFacts("differs")).judged()
    assert worse.verdict is Verdict.VIOLATION


def test_another_devices_view_is_said() -> None:
    report = BROKEN.paper(interruptions=()).with_records(SECOND).judged()
    said = check(report, "interruptions")
    assert (said.reason, said.params["breaks"], said.params["seconds"]) == ("covered_by_other", 1, 130.0)
    assert report.coverage is not None
    assert report.coverage.share == 1.0


def test_a_gap_smaller_than_the_clocks_can_err_is_never_a_violation() -> None:
    for uncertainty in (64.9, 65.1):
        records = (
            BROKEN.records[0],
            video(
                at("9:53:20"), at("10:12:10"), 2, "DSJ0458", placement=place(at("9:53:20"), at("10:12:10"), uncertainty)
            ),
        )
        first = replace(records[0], placement=place(at("9:29:50"), at("9:51:10"), uncertainty))
        report = replace(BROKEN, records=(first, records[1])).paper(interruptions=()).judged()
        sure = 2 * uncertainty < 130
        assert report.verdict is (Verdict.VIOLATION if sure else Verdict.NOT_EXAMINABLE)
        assert report.coverage is not None
        assert bool(report.coverage.uncertain) is not sure


def test_photos_and_sound_alone_are_records_and_say_so() -> None:
    pictures = replace(WHOLE, records=(photo(at("9:40")), photo(at("9:41"), 32))).judged()
    assert check(pictures, "recorded").reason == "photos_only"
    assert [f.template for f in pictures.findings if f.severity] == ["case_coverage_photos_only"]
    assert check(pictures, "sound").outcome is Outcome.CLEAR
    other_day = replace(WHOLE, records=(photo(at("9:40", 4)),)).judged()
    assert "case_coverage_uncovered" in [f.template for f in other_day.findings]
    alone = replace(WHOLE, records=(video(at("9:29:50"), at("10:12:10"), 1, kind="sound", has_picture=False),)).judged()
    assert check(alone, "recorded").reason == "sound_only"
    assert alone.coverage is not None
    assert alone.coverage.share == 0.0
    assert len(alone.coverage.sound_only) == 1
    assert WHOLE.with_records(photo(at("9:40"))).judged().verdict is Verdict.CLEAR


def test_silent_picture_and_sound_of_another_device() -> None:
    report = WHOLE.record(has_sound=False, speech=None).judged()
    assert report.coverage is not None
    assert report.coverage.share == 1.0
    assert len(report.coverage.silent) == 1
    (found,) = [f for f in report.findings if f.severity]
    assert (found.kind, found.severity, found.articles) == ("audio_missing", Severity.SUSPICION, ("2", "13"))
    unknown = WHOLE.record(has_sound=False, sound_unknown=True).judged()
    assert (unknown.verdict, unknown.reason) == (Verdict.NOT_EXAMINABLE, "sound_unknown")


def test_speech_that_could_not_be_examined() -> None:
    deaf = BROKEN.record(1, speech=None).judged()
    assert (deaf.verdict, deaf.reason) == (Verdict.NOT_EXAMINABLE, "speech_not_examined")
    partly = BROKEN.record(1, speech=Speech((), ((10.0, 3600.0),))).judged()
    assert partly.reason == "speech_not_examined"
    elsewhere = BROKEN.record(1, speech=Speech((), ((0.0, 3600.0),)))
    other = video(
        at("9:53"),
        at("9:54"),
        8,
        "DSJ0458",
        kind="sound",
        has_picture=False,
        speech=Speech(((25.0, 30.0),), ((0.0, 60.0),)),
    )
    assert elsewhere.judged().verdict is Verdict.SUSPICION
    assert elsewhere.with_records(other).judged().verdict is Verdict.CLEAR


def test_an_interruption_of_another_device_explains_nothing() -> None:
    other = BROKEN.paper(interruptions=(BATTERY.model_copy(update={"device": "DSJ0458"}),)).judged()
    assert {f.template for f in other.findings if f.severity} >= {"case_interruptions_undeclared"}
    own = BROKEN.paper(interruptions=(BATTERY.model_copy(update={"device": "DSJ0457"}),)).judged()
    assert own.verdict is Verdict.CLEAR


def test_recording_that_never_went_on_needs_no_speech_and_one_that_did_is_not_excused_by_a_report() -> None:
    assert STOPPED.judged().verdict is Verdict.CLEAR
    assert STOPPED.judged().coverage.excused  # type: ignore[union-attr]
    with_report = BROKEN.record(1, speech=Speech((), ((0.0, 3600.0),)))
    report = replace(with_report, attachments=STOPPED.attachments).paper(
        interruptions=(BATTERY.model_copy(update={"report": "report.pdf"}),)
    )
    assert [f.template for f in report.judged().findings if f.severity] == ["case_interruptions_no_speech"]
    assert report.judged().paperwork["attachments"] == [{"path": "report.pdf", "size": 4711, "blake3": "ab"}]


def test_a_declared_stop_that_ends_before_the_activity_leaves_the_rest_uncovered() -> None:
    short = STOPPED.case.interruptions[0].model_copy(update={"end": at("9:53:30")})
    report = STOPPED.paper(interruptions=(short,)).judged()
    assert [f.template for f in report.findings if f.severity] == ["case_coverage_uncovered"]


def short_stop(*records: RecordFacts, until: str = "9:33") -> CaseReport:
    """A battery that was changed in 20 s, and what was recorded."""
    stop = BATTERY.model_copy(update={"start": at("9:30:30"), "end": at("9:30:50")})
    return replace(WHOLE, records=records).paper(end=at(until), interruptions=(stop,)).judged()


STOPPED_SHORTLY = (video(at("9:29:50"), at("9:30:30"), 1), video(at("9:30:50"), at("9:31:05"), 2))


def test_a_declared_interruption_that_has_its_break_says_nothing_of_the_end_of_recording_nearby() -> None:
    report = short_stop(*STOPPED_SHORTLY)
    assert [f.template for f in report.findings if f.severity] == ["case_coverage_uncovered"]


def test_nor_of_another_break_nearby() -> None:
    report = short_stop(*STOPPED_SHORTLY, video(at("9:33"), at("9:35:10"), 3), until="9:35")
    assert [(f.template, f.at) for f in report.findings if f.severity] == [
        ("case_interruptions_undeclared", at("9:31:05"))
    ]


def test_nor_of_the_join_of_two_files_nearby() -> None:
    joined = (
        BROKEN.records[0],
        video(at("9:53:20"), at("9:54"), 2),
        video(at("9:54:03"), at("10:12:10"), 3, speech=SILENT),
    )
    assert replace(BROKEN, records=joined).judged().verdict is Verdict.CLEAR


def test_a_break_that_the_paperwork_places_some_seconds_off_is_the_nearest() -> None:
    early = BATTERY.model_copy(update={"start": at("9:50"), "end": at("9:51")})
    report = BROKEN.paper(interruptions=(early,)).judged()
    assert not [f for f in report.findings if f.template == "case_interruptions_undeclared"]


@pytest.mark.parametrize("stop", [("9:30", "9:31"), ("10:11", None)])
def test_what_may_be_unrecorded_at_the_ends_may_be_declared_too(stop: tuple[str, str | None]) -> None:
    start, end = stop
    declared = BATTERY.model_copy(update={"start": at(start), "end": end and at(end)})
    silent = video(at("9:30:50"), at("10:11:10"), 1, speech=SILENT)
    report = replace(WHOLE, records=(silent,)).paper(interruptions=(declared,)).judged()
    assert not [f for f in report.findings if f.severity]


def test_recording_that_did_not_go_on_is_told_once() -> None:
    ends = BATTERY.model_copy(update={"start": at("10:05"), "end": at("10:05:40")})
    report = replace(WHOLE, records=(video(at("9:29:50"), at("10:05:10"), 1),)).paper(interruptions=(ends,)).judged()
    assert [f.template for f in report.findings if f.severity] == ["case_interruptions_no_report"]


def test_a_break_inside_a_file_counts_like_one_between_files() -> None:
    found = with_trace(Kind.GAP).judged()
    assert {f.template for f in found.findings if f.severity} == {"case_interruptions_undeclared"}
    (carried,) = [f for f in found.findings if f.template == "gap"]
    assert (carried.severity, carried.params["in_case"]) == (Severity.NOTICE, "judged_as_interruption")
    assert (carried.at, carried.until) == (at("9:39:50"), at("9:42:20"))
    covered = with_trace(Kind.GAP).with_records(SECOND).judged()
    assert covered.verdict is Verdict.CLEAR
    never = with_trace(Kind.GAP, impossible=True, severity=Severity.VIOLATION).with_records(SECOND).judged()
    assert never.verdict is Verdict.VIOLATION
    assert with_trace(Kind.DELETION).with_records(SECOND).judged().verdict is Verdict.SUSPICION


def test_a_seal_that_is_anchored_outside_weighs_more() -> None:
    for anchored, level in ((False, Level.E4), (True, Level.E5)):
        proof = ProofFacts("NOT_OK", "none", at("16:45"), anchored)
        (found,) = [f for f in WHOLE.record(proof=proof).judged().findings if f.severity]
        assert (found.kind, found.level, found.severity) == ("tampered", level, Severity.VIOLATION)


@pytest.mark.parametrize(
    ("approved", "dispute", "late"),
    [
        (at("9:00", 6), False, False),
        (date(2026, 3, 6), False, False),
        (at("11:00", 6), False, True),
        (date(2026, 3, 7), False, True),
        (at("9:00", 6), True, True),
    ],
)
def test_an_extension_must_come_in_time_and_never_where_there_was_a_dispute(
    approved: datetime | date, dispute: bool, late: bool
) -> None:
    extension = ExportExtension(approved_by="330001", approved=approved)
    world = WHOLE.paper(export_extension=extension, dispute=dispute).listed(imported=at("23:59", 9)).record(proof=None)
    assert (world.judged().verdict is Verdict.VIOLATION) is late
    over = WHOLE.paper(export_extension=extension).listed(imported=at("0:00:01", 10)).record(proof=None)
    assert over.judged().verdict is Verdict.VIOLATION


def test_the_deadline_runs_from_the_end_of_the_recording_where_that_is_later() -> None:
    longer = replace(WHOLE, records=(video(at("9:29:50"), at("12:00"), 1),)).record(proof=None)
    assert longer.listed(imported=at("11:59", 6)).judged().verdict is Verdict.CLEAR
    assert longer.listed(imported=at("12:01", 6)).judged().verdict is Verdict.VIOLATION


def test_an_exemption_of_the_activitys_own_minute() -> None:
    world = UNRECORDED.paper(exemptions=(EXEMPT.case.exemptions[0].model_copy(update={"approved": CASE.end}),))
    assert world.judged().verdict is Verdict.CLEAR
    both = EXEMPT.paper(
        exemptions=(*world.case.exemptions, EXEMPT.case.exemptions[0].model_copy(update={"approved_by": "330101"}))
    )
    assert both.judged().verdict is Verdict.CLEAR  # one that holds is enough


def test_the_same_content_in_many_cases_is_named_once_for_each() -> None:
    reuse = tuple(
        Reuse(f"{n}号", f"{n}/a.mp4", how, 0.9) for n in range(3) for how in ("near_duplicate", "same_content")
    )
    found = [f for f in WHOLE.record(reuse=reuse).judged().findings if f.severity]  # type: ignore[arg-type]
    assert [f.template for f in found] == ["case_reuse_same_content"] * 3
    assert {f.params["case"] for f in found} == {"0号", "1号", "2号"}


def test_an_empty_case_and_nothing_but_missing_files() -> None:
    gone = WHOLE.record(present=False, examined=False, why_not="missing").judged()
    assert {f.template for f in gone.findings} == {"case_recorded_nothing_recorded", "case_kept_gone"}
    assert UNRECORDED.judged().coverage is not None
    assert [f.template for f in UNRECORDED.judged().findings] == ["case_recorded_nothing_recorded"]


def test_findings_stand_worst_first_and_in_the_papers_zone() -> None:
    world = LONG_BREAK.paper(interruptions=(), activity=CASE.activity).record(0, backup=BackupFacts("equal", ("link",)))
    found = world.judged().findings
    assert [f.severity for f in found] == sorted((f.severity for f in found), reverse=True)
    assert all(f.at is None or f.at.utcoffset() == timedelta(hours=8) for f in found)
    assert found[0].at == at("9:50").astimezone(ZONE)


def test_a_pack_may_leave_out_any_one_check() -> None:
    text = files("engine.rules").joinpath("packs", "zj-rf-2019.toml").read_text(encoding="utf-8")
    assert set(tomllib.loads(text)["checks"]) == set(PACK.content.checks)
    for name in PACK.content.checks:
        checks = {n: c for n, c in PACK.content.checks.items() if n != name}
        smaller = dataclasses.replace(PACK, content=PACK.content.model_copy(update={"checks": checks}))
        report = BROKEN.judged(smaller)
        assert name not in {c.check for c in report.checks}
        assert report.verdict is (Verdict.CLEAR if name != "interruptions" else Verdict.VIOLATION)


@pytest.mark.parametrize(("join_s", "share"), [(0.02, 1.0), (2.0, 1.0), (2.5, 1 - 2.5 / 2520)])
def test_a_join_closer_than_clocks_can_tell_is_covered(join_s: float, share: float) -> None:
    coverage = split(join_s, 900.0).judged().coverage
    assert coverage is not None
    assert coverage.share == pytest.approx(share)
    assert len(coverage.uncovered) == (share < 1)
    assert len(coverage.covered) == 1 + (share < 1)

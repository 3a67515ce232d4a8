# ruff: noqa: E501  (a pair a line is read as a table)
# fmt: off
"""Cases in pairs: one in which a check finds a fact, and its twin that differs in the one thing that makes it legal.

Plain data, no files. `docs/rules.md` shows what each pair differs in; `tests/rules/test_twins.py` judges them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from engine.findings import Evidence, Finding, Kind, Level, Severity, Source
from engine.rules.cases.judge_case import judge_case
from engine.rules.cases.manifest import (
    ArchiveSettings,
    Case,
    CaseRecording,
    ClockCheck,
    Device,
    DeviceKind,
    Exemption,
    ExportExtension,
    Interruption,
    KeyMoment,
    Outcome,
    PermanentClass,
)
from engine.rules.cases.record import (
    AccessFacts,
    Attachment,
    BackupFacts,
    Break,
    Placement,
    ProofFacts,
    RecordFacts,
    Reuse,
    Speech,
    Surroundings,
)
from engine.rules.cases.result import CaseReport
from engine.rules.pack import RulePack, load

ZONE = timezone(timedelta(hours=8))
PACK = load("zj-rf-2019")


def at(clock: str, day: int = 5, month: int = 3) -> datetime:
    """A time of March 2026 (the 5th is a Thursday), in Beijing time; ``9:30`` or ``9:30:15``."""
    hours, minutes, seconds = (*map(int, clock.split(":")), 0)[:3]
    return datetime(2026, month, day, hours, minutes, seconds, tzinfo=ZONE)


AS_OF = at("12:00", 20)


@dataclass(frozen=True)
class World:
    """Everything that one case is judged on."""

    case: Case
    records: tuple[RecordFacts, ...]
    devices: Mapping[str, Device] = field(default_factory=dict)
    settings: ArchiveSettings = field(default_factory=ArchiveSettings)
    attachments: Mapping[str, Attachment] = field(default_factory=dict)
    surroundings: Surroundings = field(default_factory=lambda: Surroundings(access=()))
    as_of: datetime = AS_OF

    def judged(self, pack: RulePack = PACK) -> CaseReport:
        return judge_case(
            self.case,
            self.records,
            self.devices,
            self.settings,
            self.attachments,
            self.surroundings,
            pack,
            self.as_of,
            "2026/12",
        )

    def paper(self, **changes: Any) -> World:
        """The same with other paperwork."""
        return replace(self, case=self.case.model_copy(update=changes))

    def record(self, index: int = 0, **changes: Any) -> World:
        """The same with one recording changed."""
        changed = replace(self.records[index], **changes)
        return replace(self, records=(*self.records[:index], changed, *self.records[index + 1 :]))

    def listed(self, index: int = 0, **changes: Any) -> World:
        """The same with what the paperwork says of one recording changed."""
        declared = self.records[index].listed
        assert declared is not None
        return self.record(index, listed=declared.model_copy(update=changes))

    def with_records(self, *records: RecordFacts) -> World:
        return replace(self, records=(*self.records, *records))


def place(start: datetime, end: datetime, uncertainty_s: float = 1.0, basis: str = "file_name") -> Placement:
    return Placement(start, end, uncertainty_s, basis)


SPOKEN = Speech(((2.0, 9.0),), ((0.0, 3600.0),))
SILENT = Speech((), ((0.0, 3600.0),))


def video(start: datetime, end: datetime, number: int, device: str = "DSJ0457", **changes: Any) -> RecordFacts:
    """A recording about which nothing is wrong."""
    path = f"{device}_{start:%Y%m%d_%H%M%S}_{number:04d}.mp4"
    listed = CaseRecording(path=path, device=device, imported=at("16:40"), backup=f"/backup/{path}")
    where = place(start, end)
    base = RecordFacts(
        path=path,
        kind="video",
        listed=listed,
        device=device,
        day=start.date(),
        sequence=number,
        blake3=f"{device}{number}",
        size=1000,
        placement=where,
        clocks=(where, replace(where, basis="container")),
        duration_s=(end - start).total_seconds(),
        has_picture=True,
        has_sound=True,
        speech=SPOKEN,
        proof=ProofFacts("OK", "trusted 1234 (archive)", at("16:45")),
        backup=BackupFacts("equal"),
    )
    return replace(base, **changes)


def photo(when: datetime, number: int = 31) -> RecordFacts:
    base = video(when, when, number, "IMG", kind="photo", has_sound=False, speech=None, duration_s=0.0)
    return replace(base, path=f"photos/IMG_{number:04d}.jpg", sequence=None, day=None)


def device(serial: str, **changes: Any) -> Device:
    return Device(serial=serial, kind=DeviceKind.BODY_CAMERA, **changes)


CASE = Case(
    id="杭人防检字〔2026〕12号",
    activity="行政检查",
    start=at("9:30"),
    end=at("10:12"),
    officers=("330101", "330102"),
    outcome=Outcome.GUIDED,
)
DEVICES = {name: device(name) for name in ("DSJ0457", "DSJ0458", "IMG")}
WHOLE = World(CASE, (video(at("9:29:50"), at("10:12:10"), 1),), DEVICES)
"""A case about which nothing is wrong."""

BATTERY = Interruption(start=at("9:51"), end=at("9:53:30"), reason="battery")
BROKEN = World(
    CASE.model_copy(update={"interruptions": (BATTERY,)}),
    (video(at("9:29:50"), at("9:51:10"), 1), video(at("9:53:20"), at("10:12:10"), 2)),
    DEVICES,
)
"""A case whose one interruption is explained."""

LONG_BREAK = replace(
    BROKEN.paper(interruptions=(BATTERY.model_copy(update={"start": at("9:50"), "end": at("9:54")}),)),
    records=(video(at("9:29:50"), at("9:50"), 1), video(at("9:54"), at("10:12:10"), 2)),
)
"""The same, four minutes long."""

STOPPED = replace(
    BROKEN.paper(interruptions=(BATTERY.model_copy(update={"end": None, "report": "report.pdf"}),)),
    records=BROKEN.records[:1],
    attachments={"report.pdf": Attachment("report.pdf", 4711, "ab")},
)
"""A case in which recording could not go on, with a written report."""

UNRECORDED = replace(WHOLE, records=())
SIGNED = Exemption(reason="urgent", basis="抢险", approved_by="330001", approved=date(2026, 3, 6))
EXEMPT = UNRECORDED.paper(exemptions=(SIGNED,))
SECOND = video(at("9:29:55"), at("10:12:05"), 7, "DSJ0458")
"""Another device's view of the whole activity."""


def exempt(**changes: Any) -> World:
    return UNRECORDED.paper(exemptions=(SIGNED.model_copy(update=changes),))


def moment(clock: str) -> tuple[KeyMoment, ...]:
    return (KeyMoment(kind="signing", at=at(clock)),)


def shifted(world: World, by: timedelta, *, all_clocks: bool = True) -> World:
    """The same with a recording's clocks set off, all of them or all but the best."""
    record = world.records[0]
    moved = tuple(replace(c, start=c.start + by, end=c.end + by) for c in record.clocks)
    clocks = moved if all_clocks else (record.clocks[0], *moved[1:])
    return world.record(placement=clocks[0], clocks=clocks)


def split(gap_s: float, first_s: float = 1290.0, next_number: int = 2) -> World:
    """Two files of a device that begins a new one after 1290 s, with so much between them."""
    start = at("9:29:50")
    middle = start + timedelta(seconds=first_s)
    records = (video(start, middle, 1), video(middle + timedelta(seconds=gap_s), at("10:12:10"), next_number))
    return World(CASE, records, {**DEVICES, "DSJ0457": device("DSJ0457", segment_s=1290.0)})


def with_hole(numbers: tuple[int, ...], world: World) -> World:
    found = replace(world.surroundings, sequences={("DSJ0457", date(2026, 3, 5)): numbers})
    return replace(world, surroundings=found)


def with_trace(kind: Kind, **changes: Any) -> World:
    """A recording in which a detector found something at 600 s."""
    finding = Finding(
        kind=kind,
        severity=Severity.SUSPICION,
        level=Level.E1,
        stream="video",
        start_s=600.0,
        end_s=750.0,
        template="gap",
        detector="gap",
        params={"missing_s": 150.0},
        evidence=(Evidence(Source.CONTAINER, "interval_s", 150.0, 0.08),),
        id="f1",
    )
    return WHOLE.record(findings=(replace(finding, **changes),), breaks=(Break(600.0, 750.0, 150.0, "f1"),))


def declared_inside(world: World) -> World:
    """The same with the stretch declared as an interruption, and speech behind it."""
    stop = BATTERY.model_copy(update={"start": at("9:40"), "end": at("9:42:30")})
    speech = Speech(((1.0, 5.0), (752.0, 760.0)), ((0.0, 3600.0),))
    return world.paper(interruptions=(stop,)).record(speech=speech)


def comes_back(offset_s: float) -> World:
    """Pictures of the first of two files, which begins 1410 s earlier, stand in the second as well."""
    again = Reuse(CASE.id, BROKEN.records[0].path, "near_duplicate", 0.9, -offset_s)
    return BROKEN.record(1, reuse=(again,))


def in_other_case(how: Any, world: World = WHOLE) -> World:
    return world.record(reuse=(Reuse("13号", "2026/13/a.mp4", how, 0.9),))


def access(*problems: AccessFacts) -> World:
    return replace(WHOLE, surroundings=Surroundings(access=problems))


RAN_ON = replace(WHOLE, records=(video(at("9:29:50"), at("10:15"), 1), video(at("10:15:01"), at("10:25"), 2)))
CLOSED = WHOLE.paper(outcome=Outcome.PENALTY, closed=date(2026, 3, 6))
CAMERA_AND_GPS = (place(at("11:00"), at("11:42")), place(at("11:00"), at("11:42"), 1.0, "gps"))
EXTENDED = WHOLE.paper(export_extension=ExportExtension(approved_by="330001", approved=at("18:00")))
WRONG_CHECK = ClockCheck(device=at("8:03"), reference=at("8:00"))
GOOD_CHECK = ClockCheck(device=at("8:00:03"), reference=at("8:00"))


OWN = ExportExtension(approved_by="330101", approved=at("18:00"))
LATE_RESTART = replace(
    BROKEN.paper(interruptions=(BATTERY.model_copy(update={"start": at("9:35"), "end": at("10:05")}),)),
    records=(video(at("9:29:50"), at("9:35"), 1), video(at("10:05"), at("10:12:10"), 2)),
)


def broken_twice(*stops: Interruption, went_on: str = "10:00") -> World:
    """Two breaks; the recording between them ends at `went_on`."""
    stopped = at(went_on)
    back = stopped + timedelta(minutes=2)
    records = (BROKEN.records[0], video(at("9:53:20"), stopped, 2), video(back, at("10:12:10"), 3))
    return replace(BROKEN, records=records).paper(interruptions=stops)


def with_photos(*numbers: int) -> World:
    day = date(2026, 3, 5)
    taken = (replace(photo(at(f"9:{n}"), n), sequence=n, day=day) for n in numbers)
    return WHOLE.with_records(*taken)


def short(*records: RecordFacts) -> World:
    """An activity of a minute."""
    return replace(WHOLE, records=records).paper(end=at("9:31"))


def headed(time: str) -> World:
    """A recording whose container shows a time of which nobody knows whether it is the beginning or the end."""
    first = WHOLE.records[0]
    half = timedelta(seconds=first.duration_s / 2)
    shown = place(at(time) - half, at(time) + half, half.total_seconds() + 1.5, "container")
    return WHOLE.record(clocks=(first.clocks[0], shown))


def twice(start: datetime) -> World:
    """The first file of two once more, under another name, as of `start`."""
    first = BROKEN.records[0]
    copy = video(start, start + timedelta(seconds=first.duration_s), 7, blake3=first.blake3, sequence=None)
    return BROKEN.with_records(copy)


@dataclass(frozen=True)
class Twin:
    """A pair. `fires`, `silent`: the one thing in which they differ, for the page of checks."""

    check: str
    fact: str
    guilty: World
    legal: World
    fires: str
    silent: str
    legal_verdict: str = "clear"


TWINS: tuple[Twin, ...] = (
    Twin("items", "not_on_list", WHOLE.paper(activity="公告"), replace(WHOLE.paper(activity="公告"), settings=ArchiveSettings(items=("公告",))), "an activity that no list names", "the department's list names it"),
    Twin("items", "nearly_on_list", UNRECORDED.paper(activity="行政检察"), UNRECORDED.paper(activity="公告"), "one character differs from an activity on the list", "none on the list is like it"),
    Twin("items", "nearly_on_list", UNRECORDED.paper(activity="双随机行政检查"), EXEMPT, "the name of one on the list with more before it", "that name itself, and an exemption"),
    Twin("recorded", "nothing_recorded", UNRECORDED, EXEMPT, "no recording, no exemption", "a signed exemption"),
    Twin("recorded", "nothing_recorded", UNRECORDED, UNRECORDED.paper(activity="公告"), "no recording of a listed activity", "the activity is not on the list"),
    Twin("recorded", "nothing_recorded", UNRECORDED, replace(UNRECORDED, as_of=at("18:00", 12)), "five working days are over", "it is the fifth working day", "not_examinable"),
    Twin("recorded", "nothing_recorded", replace(WHOLE, as_of=datetime(2028, 3, 5, 12, tzinfo=ZONE)).record(present=False), replace(WHOLE, as_of=datetime(2028, 3, 6, 12, tzinfo=ZONE)).record(present=False), "the only recording is gone before its term is over", "it is gone after it"),
    Twin("exemptions", "before_end", exempt(approved=at("10:11")), exempt(approved=date(2026, 3, 5)), "signed a minute before the activity ended", "signed on its day"),
    Twin("exemptions", "too_late", exempt(approved=date(2026, 3, 13)), exempt(approved=date(2026, 3, 12)), "signed on the sixth working day", "signed on the fifth, the weekend between"),
    Twin("exemptions", "own_officer", exempt(approved_by="330101"), EXEMPT, "signed by an officer of the case", "signed by somebody else"),
    Twin("exemptions", "in_future", replace(exempt(approved=date(2026, 3, 10)), as_of=at("12:00", 9)), exempt(approved=date(2026, 3, 10)), "signed on a day that has not come", "the day has come"),
    Twin("coverage", "uncovered", replace(WHOLE, records=(video(at("9:31:01"), at("10:12:10"), 1),)), replace(WHOLE, records=(video(at("9:31"), at("10:12:10"), 1),)), "recording begins 61 s late", "it begins 60 s late, the tolerance"),
    Twin("coverage", "uncovered", replace(WHOLE, records=(video(at("9:29:50"), at("10:05"), 1),)), replace(WHOLE, records=(video(at("9:29:50"), at("10:05"), 1), SECOND)), "recording ends 7 min early", "another device recorded to the end"),
    Twin("coverage", "uncovered", short(video(at("14:00"), at("14:01"), 1)), short(video(at("9:30:50"), at("9:32"), 1)), "nothing of an activity of 1 min is recorded", "recording begins 50 s late"),
    Twin("coverage", "sound_only", short(video(at("9:30"), at("9:31"), 1, kind="sound", has_picture=False)), short(video(at("9:30"), at("9:31"), 1)), "an audio recorder alone, for an activity of 1 min", "picture and sound"),
    Twin("coverage", "sound_only", replace(WHOLE, records=(video(at("9:29:50"), at("10:12:10"), 1, kind="sound", has_picture=False),)), WHOLE, "an audio recorder alone", "picture and sound"),
    Twin("coverage", "photos_only", replace(WHOLE, records=(photo(at("9:40")), photo(at("9:41"), 32))), WHOLE.with_records(photo(at("9:40"))), "photos alone", "a recording beside them"),
    Twin("coverage", "photos_only", replace(WHOLE, records=(photo(at("9:40")),)), replace(EXEMPT, records=(photo(at("9:40")),)), "photos alone", "an exemption is on record, and photos"),
    Twin("coverage", "mostly_excused", LATE_RESTART, LONG_BREAK, "an explained interruption of 30 of 42 min", "one of 4 min"),
    Twin("coverage", "partly_exempt", replace(WHOLE, records=(video(at("9:40"), at("10:12:10"), 1),)).paper(exemptions=(SIGNED,)), WHOLE.paper(exemptions=(SIGNED,)), "recording begins 10 min late, an exemption is on record", "recorded whole"),
    Twin("agreement", "earlier", replace(WHOLE, records=(video(at("9:20"), at("10:12:10"), 1),)), WHOLE, "recording begins 10 min before the activity", "it begins 10 s before"),
    Twin("agreement", "later", replace(WHOLE, records=(video(at("9:29:50"), at("10:25"), 1),)), WHOLE, "recording ends 13 min after the activity", "it ends 10 s after"),
    Twin("interruptions", "undeclared", BROKEN.paper(interruptions=()), BROKEN, "a break of 130 s, nothing declared", "battery declared, and speech at the restart"),
    Twin("interruptions", "undeclared", BROKEN.paper(interruptions=()), BROKEN.paper(interruptions=()).with_records(SECOND), "a break of 130 s, nothing declared", "another device's view covers it"),
    Twin("interruptions", "undeclared", BROKEN.paper(interruptions=()), BROKEN.paper(interruptions=()).record(0, placement=place(at("9:29:50"), at("9:51:10"), 90.0, "declared")).record(1, placement=place(at("9:53:20"), at("10:12:10"), 90.0)), "a break of 130 s, nothing declared", "the clocks err by more than that", "not_examinable"),
    Twin("interruptions", "undeclared", BROKEN.paper(interruptions=()), BROKEN.paper(interruptions=()).record(0, placement=place(at("9:30"), at("9:51:20"), 30.0, "declared"), clocks=()).record(1, placement=place(at("9:52"), at("10:12"), 30.0, "declared"), clocks=(), duration_s=1200.0), "a break of 130 s, nothing declared", "one of 40 s, by times that the paperwork gives to the minute", "not_examinable"),
    Twin("interruptions", "undeclared_short", split(20.0, 900.0), split(2.5, 900.0), "a break of 20 s, nothing declared", "2.5 s, within the tolerance of a join"),
    Twin("interruptions", "longer_than_declared", BROKEN.record(1, placement=place(at("9:56"), at("10:12:10")), clocks=(), duration_s=970.0), BROKEN, "recording resumes 150 s after the declared end", "it resumes when declared"),
    Twin("interruptions", "no_speech", BROKEN.record(1, speech=Speech(((31.0, 40.0),), ((0.0, 3600.0),))), BROKEN.record(1, speech=Speech(((28.5, 40.0),), ((0.0, 3600.0),))), "the first word comes 31 s after the restart", "it comes after 28.5 s"),
    Twin("interruptions", "no_report", replace(STOPPED, attachments={"report.pdf": Attachment("report.pdf", 0)}), STOPPED, "recording did not go on, the report is empty", "the report is not empty"),
    Twin("interruptions", "reason_other", BROKEN.paper(interruptions=(BATTERY.model_copy(update={"reason": "other"}),)), BROKEN, "reason “other”", "a technical reason"),
    Twin("interruptions", "reported_late", STOPPED.paper(interruptions=(STOPPED.case.interruptions[0].model_copy(update={"reported": at("15:00")}),)), STOPPED.paper(interruptions=(STOPPED.case.interruptions[0].model_copy(update={"reported": at("9:55")}),)), "reported after 4 h", "reported after 4 min"),
    Twin("interruptions", "several_breaks", broken_twice(BATTERY.model_copy(update={"end": at("10:02")})), broken_twice(BATTERY, BATTERY.model_copy(update={"start": at("10:00"), "end": at("10:02")})), "one declared interruption for two breaks, 6 min recorded between them", "one for each"),
    Twin("interruptions", "several_breaks", broken_twice(BATTERY.model_copy(update={"end": at("10:02")})), broken_twice(BATTERY.model_copy(update={"end": at("9:56")}), went_on="9:54:10"), "one declared interruption for two breaks, 6 min recorded between them", "50 s recorded between them, a battery that failed twice"),
    Twin("interruptions", "undetected", WHOLE.paper(interruptions=(BATTERY,)), BROKEN, "declared, but the recording runs on", "the break is there"),
    Twin("interruptions", "undetected", WHOLE.paper(interruptions=(BATTERY,)), BROKEN.with_records(SECOND), "declared, but the recording runs on", "the break is there, though another device covers it"),
    Twin("interruptions", "contradictory", BROKEN.paper(interruptions=(BATTERY, BATTERY.model_copy(update={"start": at("9:53"), "end": at("9:54")}))), BROKEN.paper(interruptions=(BATTERY.model_copy(update={"end": at("9:52")}), BATTERY.model_copy(update={"start": at("9:52")}))), "two declared interruptions overlap", "one begins when the other ends"),
    Twin("joins", "rollover_loss", split(20.0), split(2.5), "20 s missing where a new file begins by itself", "2.5 s missing"),
    Twin("joins", "overlap", split(-90.0), split(-30.0), "two files of one device show the same 90 s", "30 s, as of a device that keeps what was before the button was pressed"),
    Twin("joins", "overlap", split(-90.0), split(-90.0).record(0, placement=place(at("9:29:50"), at("9:51:20"), 30.0, "declared")).record(1, placement=place(at("9:49:50"), at("10:12:10"), 30.0, "declared")), "two files of one device show the same 90 s", "by times that the paperwork gives to the minute"),
    Twin("moments", "missed", BROKEN.with_records().record(1, placement=place(at("9:56"), at("10:12:10")), clocks=()).paper(moments=moment("9:54"), interruptions=()), BROKEN.paper(moments=moment("9:54")), "the signing lies where nothing was recorded", "the recording is on again by then"),
    Twin("moments", "silent", WHOLE.record(has_sound=False, speech=None).paper(moments=moment("10:08")), WHOLE.paper(moments=moment("10:08")), "recorded without sound", "with sound"),
    Twin("moments", "in_interruption", LONG_BREAK.paper(moments=moment("9:52")), LONG_BREAK.paper(moments=moment("9:45")), "the signing lies in an explained interruption", "it lies before it"),
    Twin("moments", "outside", WHOLE.paper(moments=moment("10:20")), WHOLE.paper(moments=moment("10:12")), "8 min after the activity's end", "at its end"),
    Twin("sound", "no_sound", WHOLE.record(has_sound=False, speech=None), WHOLE, "no sound", "with sound"),
    Twin("sound", "no_sound_other_device", WHOLE.record(has_sound=False, speech=None, placement=place(at("9:30"), at("10:12"))).record(duration_s=2520.0).with_records(SECOND), WHOLE.with_records(SECOND), "no sound, though another device has it", "with sound"),
    Twin("announcement", "unannounced", WHOLE.record(speech=SILENT), WHOLE, "nobody speaks in the first minute", "somebody speaks"),
    Twin("clocks", "wrong", WHOLE.listed(clock_check=WRONG_CHECK), WHOLE.listed(clock_check=GOOD_CHECK), "the clock check shows 180 s", "it shows 3 s"),
    Twin("clocks", "known_offset", replace(WHOLE, devices={**DEVICES, "DSJ0457": device("DSJ0457", clock_offset_s=120.0)}), replace(WHOLE, devices={**DEVICES, "DSJ0457": device("DSJ0457", clock_offset_s=3.0)}), "the register says 120 s", "it says 3 s"),
    Twin("clocks", "disagree", shifted(WHOLE, timedelta(seconds=600), all_clocks=False), shifted(WHOLE, timedelta(seconds=60), all_clocks=False), "file name and container are 10 min apart", "they are 1 min apart"),
    Twin("clocks", "disagree", shifted(WHOLE, timedelta(seconds=600), all_clocks=False), shifted(WHOLE, timedelta(seconds=2540), all_clocks=False), "file name and container are 10 min apart", "the container's time is that of the recording's end"),
    Twin("clocks", "disagree", headed("9:50"), headed("10:12:10"), "the container's time is that of the recording's middle", "it is that of its end"),
    Twin("clocks", "whole_hours", shifted(WHOLE, timedelta(hours=8), all_clocks=False), WHOLE, "file name and container are 8 h apart", "they agree"),
    Twin("clocks", "rate_high", WHOLE.record(clock_rate_ppm=35.0), WHOLE.record(clock_rate_ppm=18.0), "35 ppm", "18 ppm"),
    Twin("clocks", "rate_alarm", WHOLE.record(clock_rate_ppm=-700.0), WHOLE.record(clock_rate_ppm=-450.0), "700 ppm slow", "450 ppm slow, a notice"),
    Twin("after_the_fact", "after_activity", WHOLE.with_records(video(at("14:00"), at("14:10"), 2)), WHOLE.with_records(video(at("10:12:05"), at("10:20"), 2)), "a recording of the afternoon", "a recording that begins within the tolerance"),
    Twin("after_the_fact", "after_activity_confirmed", WHOLE.with_records(video(at("11:00"), at("11:42"), 2, clocks=CAMERA_AND_GPS)), WHOLE.with_records(video(at("10:12:05"), at("10:54"), 2, clocks=CAMERA_AND_GPS[:0])), "camera clock and GPS both after the activity", "begins within the tolerance"),
    Twin("after_the_fact", "other_day", WHOLE.with_records(video(at("9:40", 3), at("9:50", 3), 2)), WHOLE, "a recording of two days before", "none"),
    Twin("after_the_fact", "before_activity", WHOLE.with_records(video(at("8:00"), at("8:10"), 0)), WHOLE.with_records(video(at("9:20"), at("9:29:30"), 0)), "a recording of 8 o'clock", "one that ends half a minute before"),
    Twin("after_the_fact", "ran_on", RAN_ON, WHOLE, "the next file of a recorder that was left running", "the recorder was stopped"),
    Twin("after_the_fact", "after_activity", RAN_ON.record(1, device="DSJ0458"), RAN_ON, "a file that begins 3 min after the activity", "it follows without a break on one that shows the activity"),
    Twin("selective", "hole_at_break", BROKEN.record(1, sequence=3), BROKEN, "number 2 is missing at an explained break", "numbers 1 and 2"),
    Twin("selective", "hole_at_break", BROKEN.record(1, sequence=3), with_hole((1, 2, 3), BROKEN.record(1, sequence=3)), "number 2 is missing at an explained break", "number 2 stands in another case"),
    Twin("selective", "hole_joined", split(1.0, next_number=3), split(1.0), "number 2 is missing, the files join", "numbers 1 and 2"),
    Twin("selective", "hole_between_cases", with_hole((1, 3), WHOLE), with_hole((1, 2), WHOLE), "number 2 is missing behind this case's last file", "number 2 is there"),
    Twin("selective", "hole_unplaced", WHOLE.with_records(video(at("9:40"), at("9:50"), 3, placement=None, clocks=(), kind="sound", has_picture=False)), WHOLE.with_records(video(at("9:40"), at("9:50"), 2, placement=None, clocks=(), kind="sound", has_picture=False)), "a number is missing before a file without a clock", "none is missing"),
    Twin("selective", "hole_photos", with_photos(31, 33), with_photos(31, 32), "a number is missing among photos", "none is missing"),
    Twin("selective", "hole_at_break", BROKEN.record(1, sequence=3), with_photos(31, 33), "number 2 is missing at an explained break", "a photo is missing between two photos, a notice"),
    Twin("reuse", "listed_twice", replace(WHOLE, surroundings=Surroundings(access=(), listed_elsewhere={WHOLE.records[0].path: (CASE.id, "13号")})), replace(WHOLE, surroundings=Surroundings(access=(), listed_elsewhere={WHOLE.records[0].path: (CASE.id,)})), "two cases list the file", "one does"),
    Twin("reuse", "same_content", in_other_case("same_content"), WHOLE, "a copy stands in another case", "no copy"),
    Twin("reuse", "same_content_foreign", in_other_case("same_content", WHOLE.with_records().record(0, placement=place(at("14:00"), at("14:42")), clocks=())), WHOLE, "a copy of another case, of another time of day", "a recording of this activity"),
    Twin("reuse", "twice_in_case", twice(at("9:51:10")), twice(at("9:29:50")), "a copy stands for another time of the activity", "the copy stands for the same time"),
    Twin("reuse", "twice_in_case", twice(at("9:30:10")), twice(at("9:29:53")), "a copy stands for 20 s later", "for 3 s later, as far as names may err"),
    Twin("reuse", "near_duplicate", in_other_case("near_duplicate"), WHOLE, "the pictures are those of another case", "they are not"),
    Twin("reuse", "near_duplicate", comes_back(0.0), comes_back(-1410.0), "pictures of the first file come back in the second", "a copy under its own time"),
    Twin("content", "deletion", with_trace(Kind.DELETION), WHOLE, "a deletion was found", "none was"),
    Twin("content", "deletion", declared_inside(with_trace(Kind.DELETION)), declared_inside(with_trace(Kind.GAP)), "a deletion inside an explained interruption", "a gap, as a recorder leaves that stopped and went on"),
    Twin("tampered", "not_ok", WHOLE.record(proof=ProofFacts("NOT_OK", "none", at("16:45"), detail="altered")), WHOLE, "the proof does not fit", "it fits"),
    Twin("tampered", "missing_info", WHOLE.record(proof=ProofFacts("OK_WITH_MISSING_INFO", "none", at("16:45"), detail="container")), WHOLE, "the container changed", "nothing changed"),
    Twin("unlisted", "unlisted", WHOLE.with_records(replace(video(at("9:40"), at("9:50"), 9, "DSJ0458"), listed=None)), WHOLE.with_records(video(at("9:40"), at("9:50"), 9, "DSJ0458")), "a file that the case does not list", "listed"),
    Twin("devices", "unknown_device", replace(WHOLE, devices={"DSJ0458": DEVICES["DSJ0458"]}), WHOLE, "the device is not in the register", "it is"),
    Twin("devices", "no_device", WHOLE.record(device=None), WHOLE, "nobody knows which device it was", "the paperwork says so"),
    Twin("sealed", "unsealed", replace(WHOLE.record(proof=ProofFacts("NOT_SEALED")), devices={**DEVICES, "DSJ0457": device("DSJ0457", sealed="required")}), WHOLE.record(proof=ProofFacts("NOT_SEALED")), "no proof where the register demands one", "the register demands none"),
    Twin("sealed", "unsigned", replace(WHOLE.record(proof=ProofFacts("OK", "unknown key 99", at("16:45"))), devices={**DEVICES, "DSJ0457": device("DSJ0457", sealed="signed")}), replace(WHOLE, devices={**DEVICES, "DSJ0457": device("DSJ0457", sealed="signed")}), "signed by an unknown key", "signed by a trusted one"),
    Twin("export", "late", WHOLE.listed(imported=at("10:12:11", 6)).record(proof=None), WHOLE.listed(imported=at("10:12:10", 6)).record(proof=None), "exported a second after 24 h", "exported after 24 h"),
    Twin("export", "late", WHOLE.listed(imported=at("20:00", 9)).record(proof=None), EXTENDED.listed(imported=at("20:00", 9)).record(proof=None), "exported on the second working day", "with consent, the weekend between"),
    Twin("export", "late", EXTENDED.paper(dispute=True).listed(imported=at("20:00", 9)).record(proof=None), EXTENDED.listed(imported=at("20:00", 9)).record(proof=None), "with consent, but a dispute on site", "no dispute"),
    Twin("export", "own_consent", EXTENDED.listed(imported=at("20:00", 9)).record(proof=None).paper(export_extension=OWN), EXTENDED.listed(imported=at("20:00", 9)).record(proof=None), "consent by an officer of the case", "by somebody else"),
    Twin("export", "own_consent", EXTENDED.listed(imported=at("20:00", 9)).record(proof=None).paper(export_extension=OWN), WHOLE.paper(export_extension=OWN), "consent by an officer of the case", "it was exported within 24 h all the same"),
    Twin("export", "import_before_end", WHOLE.listed(imported=at("10:00")), WHOLE.listed(imported=at("10:12:10")), "exported before its own end", "exported at its end"),
    Twin("export", "import_in_future", replace(WHOLE, as_of=at("16:00")), replace(WHOLE, as_of=at("17:00")), "exported later than the day of the audit", "exported before"),
    Twin("export", "sealed_late", WHOLE.record(proof=ProofFacts("OK", "none", at("12:00", 7))), WHOLE.record(proof=ProofFacts("OK", "none", at("9:00", 6))), "sealed after the deadline", "sealed before"),
    Twin("backup", "none_declared", WHOLE.record(backup=BackupFacts("none_declared")), replace(WHOLE.record(backup=BackupFacts("none_declared")), as_of=at("20:00")), "no backup", "it is not due yet"),
    Twin("backup", "not_there", WHOLE.record(backup=BackupFacts("missing")), WHOLE, "the backup is not there", "it is"),
    Twin("backup", "differs", WHOLE.record(backup=BackupFacts("differs")), WHOLE, "the backup differs", "it is equal"),
    Twin("backup", "weak", WHOLE.record(backup=BackupFacts("equal", ("same_volume",))), WHOLE, "the backup lies on the same volume", "on another"),
    Twin("filing", "not_filed", replace(CLOSED, as_of=at("0:00", 6, 4)), replace(CLOSED, as_of=at("23:59", 5, 4)), "31 days after closing, not filed", "30 days after closing"),
    Twin("filing", "not_filed", replace(CLOSED.paper(filed=date(2026, 4, 7)), as_of=at("12:00", 6, 4)), replace(CLOSED.paper(filed=date(2026, 4, 5)), as_of=at("12:00", 6, 4)), "31 days after closing, filed on a day that has not come", "filed on the 30th day"),
    Twin("filing", "filed_late", replace(CLOSED.paper(filed=date(2026, 4, 6)), as_of=at("12:00", 20, 4)), replace(CLOSED.paper(filed=date(2026, 4, 5)), as_of=at("12:00", 20, 4)), "filed on the 31st day", "filed on the 30th"),
    Twin("kept", "gone", replace(WHOLE.with_records(SECOND), as_of=datetime(2028, 3, 5, 12, tzinfo=ZONE)).record(1, present=False), replace(WHOLE.with_records(SECOND), as_of=datetime(2028, 3, 6, 12, tzinfo=ZONE)).record(1, present=False), "a listed file is gone on the last day of its term", "it is gone a day later"),
    Twin("kept", "gone", replace(WHOLE.with_records(SECOND).paper(permanent=(PermanentClass.EVIDENCE,)), as_of=datetime(2030, 1, 1, tzinfo=ZONE)).record(1, present=False), replace(WHOLE.with_records(SECOND), as_of=datetime(2030, 1, 1, tzinfo=ZONE)).record(1, present=False), "gone, and to be kept for ever", "gone after its term"),
    Twin("access", "not_approved", access(AccessFacts("not_approved", at("12:00", 7))), access(), "a copy without approval", "nothing against it"),
    Twin("access", "incomplete", access(AccessFacts("incomplete", at("12:00", 7))), access(), "an entry without a reason", "nothing against it"),
    Twin("access", "chain_broken", access(AccessFacts("chain_broken")), access(), "the register was changed", "nothing against it"),
)

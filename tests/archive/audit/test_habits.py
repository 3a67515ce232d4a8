"""Clocks of a device over the whole archive: records in, habits and notices out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest

from engine.archive.audit.content import Content
from engine.archive.audit.habits import clocked, device_habits, with_clock_habits
from engine.archive.audit.placing import Named, placements
from engine.archive.audit.worker import Known, Record
from engine.findings import FileReport, Kind, Opinion, Outcome, Severity, Verdict
from engine.rules.cases.manifest import Device, DeviceKind
from engine.rules.pack import load

PACK = load("zj-rf-2019")
LENGTH = 300.0
CLEAR = Opinion(Outcome.CLEAR, "nothing_found")
FIRST = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)


def panel(stated: datetime, at_s: float = LENGTH / 2, **more: Any) -> dict[str, Any]:
    line = {
        "clock": "container",
        "source": "camera_clock",
        "at_s": at_s,
        "time": f"{stated:%Y-%m-%dT%H:%M:%S}",
        "dated": True,
        "zone_s": None,
        "uncertainty_s": LENGTH / 2 + 1,
        "notes": [],
    }
    return {"clocks": [line | more]}


def record(number: int, off: timedelta = timedelta(), **more: Any) -> tuple[Record, Named]:
    """Five minutes of a device whose containers are dated at their end, in the zone of its names."""
    begin = FIRST + number * timedelta(seconds=LENGTH)
    path = f"DSJ0457_{begin:%Y%m%d_%H%M%S}.mp4"
    clocks = panel(begin + timedelta(seconds=LENGTH) + off, **more)
    report = FileReport(path, f"{number:064x}", 1, {}, Verdict.CLEAR, "nothing_found", CLEAR, CLEAR, clocks=clocks)
    content = Content(kind="video", duration_s=LENGTH)
    return Record(path, Known(report, content)), Named("DSJ0457", begin.date(), begin.time(), number)


def archive(*found: tuple[Record, Named]) -> tuple[dict[str, Record], dict[str, Named]]:
    return {r.path: r for r, _ in found}, {r.path: n for r, n in found}


def test_where_a_device_dates_its_containers_places_those_without_a_name() -> None:
    records, named = archive(*(record(n) for n in range(5)))
    habits = device_habits(records, named)
    assert habits["DSJ0457"].container_dated_at == "end"
    zone = timezone(timedelta(hours=8))
    device = Device(serial="DSJ0457", kind=DeviceKind.BODY_CAMERA)
    nameless = panel(datetime(2026, 3, 5, 12, 5))
    content = Content(kind="video", duration_s=LENGTH)
    (vague,) = placements(content, nameless, Named("DSJ0457"), device, None, zone)
    (known,) = placements(content, nameless, Named("DSJ0457"), device, None, zone, "end")
    assert known.start == datetime(2026, 3, 5, 12, 0, tzinfo=zone)
    assert known.uncertainty_s < 5 < vague.uncertainty_s


def test_a_recording_whose_clocks_stand_otherwise_gets_a_notice() -> None:
    records, named = archive(*(record(n) for n in range(6)), record(6, timedelta(hours=3)))
    judged = with_clock_habits(records, named, PACK)
    noted = {path: r.known.report.findings for path, r in judged.items() if r.known.report.findings}
    ((path, (finding,)),) = noted.items()
    assert path == "DSJ0457_20260305_100000.mp4"
    assert (finding.kind, finding.severity, finding.articles) == (Kind.CLOCK_OFFSET, Severity.NOTICE, ("11",))
    assert finding.id
    assert judged[path].known.report.verdict is Verdict.CLEAR


@pytest.mark.parametrize(
    "change",
    [
        {"dated": False},
        {"notes": ["unset"]},
        {"time": "-9e+12"},
        {"clock": "file_name"},
    ],
)
def test_clocks_that_tell_no_date_teach_nothing(change: dict[str, Any]) -> None:
    (file,) = clocked(*archive(record(0, **change)))
    assert set(file.clocks) == {"file_name"}


def test_copies_photos_and_strangers_are_left_out() -> None:
    one, name = record(0)
    copy = replace(one, path="copy.mp4")
    photo = replace(one, path="x.jpg", known=replace(one.known, content=Content(kind="photo")))
    strange = replace(one, path="strange.mp4")
    records = {r.path: r for r in (one, copy, photo, strange)}
    named = {one.path: name, "copy.mp4": name, "x.jpg": name, "strange.mp4": Named(None, date(2026, 3, 5), time(9))}
    assert [f.path for f in clocked(records, named)] == [one.path]

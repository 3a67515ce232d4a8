"""Where records lie, by each clock; and what file names say."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from engine.archive.audit.content import Content
from engine.archive.audit.placing import Named, placements, read_name
from engine.archive.audit.sequences import identify, register, sequences
from engine.rules.cases.manifest import CaseRecording, Device, DeviceKind

ZONE = timezone(timedelta(hours=8))
PATTERN = r"(?P<device>DSJ\d{4})_(?P<date>\d{8})_(?P<time>\d{6})_(?P<seq>\d{4})"
DEVICE = Device(serial="DSJ0457", kind=DeviceKind.BODY_CAMERA, filename=PATTERN)
NAME = "DSJ0457_20260305_092950_0001.mp4"
CONTENT = Content(kind="video", duration_s=90.0, created="2026-03-05T09:29:51.000000Z")


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-05T{clock}+08:00")


def test_a_name_says_device_day_time_and_number() -> None:
    assert read_name(NAME, DEVICE) == Named("DSJ0457", date(2026, 3, 5), time(9, 29, 50), 1)


@pytest.mark.parametrize(
    "name", ["DSJ0458_20260305_092950_0001.mp4", "x_DSJ0457_20260305_092950_0001.mp4", "DSJ0457.mp4", ""]
)
def test_a_name_of_another_device_or_form_says_nothing(name: str) -> None:
    assert read_name(name, DEVICE) is None


@pytest.mark.parametrize("name", ["DSJ0457_20261305_092950_0001.mp4", "DSJ0457_20260230_092950_0001.mp4"])
def test_a_day_that_does_not_exist_is_no_day(name: str) -> None:
    read = read_name(name, DEVICE)
    assert read is not None
    assert read.day is None


def test_the_file_name_comes_before_the_container() -> None:
    named = read_name(NAME, DEVICE) or Named()
    found = placements(CONTENT, named, DEVICE, None, ZONE)
    assert [(p.basis, p.start, p.end) for p in found] == [
        ("file_name", at("09:29:50"), at("09:31:20")),
        ("container", at("09:29:51"), at("09:31:21")),
    ]


def test_a_device_that_writes_utc_is_read_as_utc() -> None:
    utc = DEVICE.model_copy(update={"clock_zone": "utc"})
    found = placements(CONTENT, Named(), utc, None, ZONE)
    assert found[0].start == datetime(2026, 3, 5, 9, 29, 51, tzinfo=UTC)


def test_a_fast_device_is_set_back_and_a_reading_overrules_the_register() -> None:
    fast = DEVICE.model_copy(update={"clock_offset_s": 3.0})
    named = read_name(NAME, DEVICE) or Named()
    assert placements(CONTENT, named, fast, None, ZONE)[0].start == at("09:29:47")
    reading = {"device": "2026-03-05T09:00:10+08:00", "reference": "2026-03-05T09:00:00+08:00"}
    listed = CaseRecording.model_validate({"path": NAME, "clock_check": reading})
    assert placements(CONTENT, named, fast, listed, ZONE)[0].start == at("09:29:40")


def test_a_declared_start_is_last_and_is_not_corrected() -> None:
    fast = DEVICE.model_copy(update={"clock_offset_s": 3.0})
    listed = CaseRecording.model_validate({"path": NAME, "start": "2026-03-05T09:30:00+08:00"})
    found = placements(CONTENT, Named(), fast, listed, ZONE)
    assert [p.basis for p in found] == ["container", "declared"]
    assert found[1].start == at("09:30:00")
    assert found[1].uncertainty_s > found[0].uncertainty_s


def test_nothing_is_placed_without_a_clock() -> None:
    assert placements(Content(kind="video", duration_s=3.0), Named("DSJ0457"), DEVICE, None, ZONE) == ()


def test_a_photo_is_placed_by_its_own_time_and_offset() -> None:
    photo = Content(kind="photo", taken="2026:03:05 09:45:00", taken_offset="+09:00")
    (place,) = placements(photo, Named(), None, None, ZONE)
    assert (place.basis, place.start, place.end) == ("exif", at("08:45:00"), at("08:45:00"))
    assert placements(Content(kind="photo", taken="0000:00:00 00:00:00"), Named(), None, None, ZONE) == ()


def test_the_device_that_the_paperwork_names_is_believed() -> None:
    other = Device(serial="X1", kind=DeviceKind.CAMCORDER)
    devices = register([DEVICE, other])
    listed = CaseRecording(path=NAME, device="X1")
    assert identify(f"2026/1/{NAME}", listed, devices) == Named("X1")
    assert identify(f"2026/1/{NAME}", None, devices).sequence == 1
    assert identify("2026/1/IMG_1.jpg", None, devices, serial="X1") == Named("X1")
    assert identify("2026/1/IMG_1.jpg", None, devices, serial="unknown") == Named(None)


def test_numbers_of_a_device_on_a_day_are_gathered_from_everywhere() -> None:
    day = date(2026, 3, 5)
    names = [Named("A", day, None, n) for n in (3, 1, 3)] + [Named("A", date(2026, 3, 6), None, 4), Named("B", day)]
    assert sequences(names) == {("A", day): (1, 3), ("A", date(2026, 3, 6)): (4,)}

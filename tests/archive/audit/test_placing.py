"""Where records lie, by each clock; and what file names say."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest

from engine.archive.audit.content import Content
from engine.archive.audit.placing import Named, placements, rate_ppm, read_name
from engine.archive.audit.sequences import identify, register, sequences
from engine.rules.cases.manifest import CaseRecording, Device, DeviceKind

ZONE = timezone(timedelta(hours=8))
PATTERN = r"(?P<device>DSJ\d{4})_(?P<date>\d{8})_(?P<time>\d{6})_(?P<seq>\d{4})"
DEVICE = Device(serial="DSJ0457", kind=DeviceKind.BODY_CAMERA, filename=PATTERN)
NAME = "DSJ0457_20260305_092950_0001.mp4"
CONTENT = Content(kind="video", duration_s=90.0)


def line(clock: str, time: str, at_s: float = 0.0, uncertainty_s: float = 2.0, **more: Any) -> dict[str, Any]:
    """A clock of a panel, as the report has it."""
    source = "gps" if clock == "gps" else "camera_clock"
    plain = {"dated": True, "zone_s": None, "rate_ppm": None, "notes": []}
    return {"clock": clock, "source": source, "at_s": at_s, "time": time, "uncertainty_s": uncertainty_s} | plain | more


def panel(*lines: dict[str, Any]) -> dict[str, Any]:
    return {"clocks": list(lines)}


CONTAINER = line("container", "2026-03-05T09:29:51")


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


def test_the_more_exact_clock_comes_first_and_satellites_before_all() -> None:
    named = read_name(NAME, DEVICE) or Named()
    lines = panel(
        line("container", "2026-03-05T09:30:35", 45.0, 46.0),
        line("on_screen", "2026-03-05T09:29:52", 2.5, 0.02),
        line("gps", "2026-03-05T01:29:49.500", 0.0, 3.0, zone_s=0.0),
    )
    found = placements(CONTENT, lines, named, DEVICE, None, ZONE)
    assert [(p.basis, p.start) for p in found] == [
        ("gps", at("09:29:49.500")),
        ("on_screen", at("09:29:49.500")),
        ("file_name", at("09:29:50")),
        ("container", at("09:29:50")),
    ]
    assert found[0].end == at("09:31:19.500")
    assert found[1].uncertainty_s > 0.02, "the register knows an offset to the second only"


def test_clocks_that_were_never_set_or_show_no_date_place_nothing() -> None:
    lines = panel(
        line("container", "1904-01-01T00:00:00", notes=["unset"]),
        line("on_screen", "09:30:00", dated=False),
        line("file_name", "2026-03-05T09:30:00"),
        line("subtitle", "-9e+12"),
    )
    assert placements(CONTENT, lines, Named(), DEVICE, None, ZONE) == ()
    assert placements(CONTENT, {}, Named("DSJ0457"), DEVICE, None, ZONE) == ()


def test_a_device_that_writes_utc_is_read_as_utc_whatever_the_container_claims() -> None:
    utc = DEVICE.model_copy(update={"clock_zone": "utc"})
    for zone_s in (None, 0.0):
        lines = panel(CONTAINER | {"zone_s": zone_s})
        assert placements(CONTENT, lines, Named(), utc, None, ZONE)[0].start == datetime(
            2026, 3, 5, 9, 29, 51, tzinfo=UTC
        )
        assert placements(CONTENT, lines, Named(), DEVICE, None, ZONE)[0].start == at("09:29:51")
    claimed = panel(CONTAINER | {"zone_s": 3600.0})
    assert placements(CONTENT, claimed, Named(), None, None, ZONE)[0].start == at("16:29:51")


def test_a_fast_device_is_set_back_and_a_reading_overrules_the_register() -> None:
    fast = DEVICE.model_copy(update={"clock_offset_s": 3.0})
    named = read_name(NAME, DEVICE) or Named()
    assert placements(CONTENT, {}, named, fast, None, ZONE)[0].start == at("09:29:47")
    reading = {"device": "2026-03-05T09:00:10+08:00", "reference": "2026-03-05T09:00:00+08:00"}
    listed = CaseRecording.model_validate({"path": NAME, "clock_check": reading})
    assert placements(CONTENT, {}, named, fast, listed, ZONE)[0].start == at("09:29:40")
    satellites = panel(line("gps", "2026-03-05T01:29:50", zone_s=0.0))
    assert placements(CONTENT, satellites, Named(), fast, listed, ZONE)[0].start == at("09:29:50")


def test_a_declared_start_is_last_and_is_not_corrected() -> None:
    fast = DEVICE.model_copy(update={"clock_offset_s": 3.0})
    listed = CaseRecording.model_validate({"path": NAME, "start": "2026-03-05T09:30:00+08:00"})
    found = placements(CONTENT, panel(CONTAINER), Named(), fast, listed, ZONE)
    assert [p.basis for p in found] == ["container", "declared"]
    assert found[1].start == at("09:30:00")
    assert found[1].uncertainty_s > found[0].uncertainty_s


def test_a_declared_start_comes_before_a_vaguer_clock_that_agrees_and_after_one_that_does_not() -> None:
    listed = CaseRecording.model_validate({"path": NAME, "start": "2026-03-05T09:30:00+08:00"})
    vague = panel(line("container", "2026-03-05T09:30:20", 45.0, 46.0))
    assert [p.basis for p in placements(CONTENT, vague, Named(), DEVICE, listed, ZONE)] == ["declared", "container"]
    other_day = panel(line("container", "2026-03-09T09:30:20", 45.0, 46.0))
    assert [p.basis for p in placements(CONTENT, other_day, Named(), DEVICE, listed, ZONE)] == ["container", "declared"]


def test_a_rate_that_is_hardly_known_is_none() -> None:
    assert rate_ppm({}) is None
    assert rate_ppm(panel(CONTAINER)) is None
    assert rate_ppm(panel(CONTAINER | {"rate_ppm": {"value": 900.0, "uncertainty": 1400.0}})) is None
    assert rate_ppm(panel(CONTAINER | {"rate_ppm": {"value": 900.0, "uncertainty": 14.0}})) == 900.0


def test_a_photo_is_placed_by_its_own_time_and_offset() -> None:
    photo = Content(kind="photo", taken="2026:03:05 09:45:00", taken_offset="+09:00")
    (place,) = placements(photo, {}, Named(), None, None, ZONE)
    assert (place.basis, place.start, place.end) == ("exif", at("08:45:00"), at("08:45:00"))
    assert placements(Content(kind="photo", taken="0000:00:00 00:00:00"), {}, Named(), None, None, ZONE) == ()


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

"""Times of telemetry: layouts written by hand from the specifications, real tracks, hostile bytes."""

from __future__ import annotations

import io
import random
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.features.survey import survey
from engine.media import telemetry
from engine.media.model import NO_TIME, MediaInfo, PacketTable, StreamInfo
from engine.media.telemetry import MAX_TIMES, TelemetryCollector
from engine.media.telemetry_binary import camm_times, gps_boxes, is_camm, utc_of_gps
from engine.media.telemetry_gpmf import gpmf_times, is_gpmf
from engine.media.telemetry_text import nmea_times, written_times


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


# ---- GPMF -------------------------------------------------------------------------------------


def klv(key: bytes, kind: bytes, size: int, repeat: int, data: bytes) -> bytes:
    return key + kind + bytes([size]) + struct.pack(">H", repeat) + data + b"\0" * (-len(data) % 4)


def nest(key: bytes, data: bytes) -> bytes:
    return klv(key, b"\0", 1, len(data), data)


def gps5(moment: bytes = b"260305093000.250", fix: int = 3) -> bytes:
    stream = klv(b"GPSF", b"L", 4, 1, struct.pack(">I", fix)) + klv(b"GPSU", b"U", 16, 1, moment)
    return nest(b"DEVC", klv(b"DVNM", b"c", 6, 1, b"Camera") + nest(b"STRM", stream))


def gps9(rows: list[tuple[int, int, int]]) -> bytes:
    data = b"".join(struct.pack(">7l2H", 0, 0, 0, 0, 0, days, ms, 150, fix) for days, ms, fix in rows)
    return nest(b"DEVC", nest(b"STRM", klv(b"GPS9", b"?", 32, len(rows), data)))


def test_gopro_states_utc_once_a_payload() -> None:
    (stated,) = gpmf_times(gps5())
    assert (stated.time, stated.within) == (utc("2026-03-05T09:30:00.250"), 0.0)


@pytest.mark.parametrize("payload", [gps5(fix=0), gps5(b"2603050930xx.250"), gps5(b"261305093000.250"), b"DEVC\0"])
def test_without_a_fix_or_a_date_nothing_is_stated(payload: bytes) -> None:
    assert gpmf_times(payload) == []


def test_the_finer_form_counts_days_and_milliseconds() -> None:
    stated = gpmf_times(gps9([(9560, 34_200_100, 3), (9560, 34_200_200, 0), (9560, 34_200_300, 2)]))
    assert [s.time for s in stated] == [utc("2026-03-05T09:30:00.100"), utc("2026-03-05T09:30:00.300")]
    assert [s.within for s in stated] == [0.0, 2 / 3]


def test_a_nest_that_has_no_end_is_left() -> None:
    deep = gps5()
    for _ in range(50):
        deep = nest(b"DEVC", deep)
    assert gpmf_times(deep) == []
    assert gpmf_times(klv(b"DEVC", b"\0", 0, 0, b"") * 100_000) == []


def test_a_real_track(footage: Path) -> None:
    (track,) = survey(footage / "video/handheld_walk_gopro_max.mp4").telemetry
    assert (track.form, track.by_satellite, len(track)) == ("gpmf", True, 11)
    assert track.times[0] == utc("2019-11-18T23:45:14")
    np.testing.assert_allclose(track.seconds, np.arange(11) * 1.001)
    assert 10 < track.times[-1] - track.times[0] < 12


def test_a_drone_without_receiver_states_nothing(footage: Path) -> None:
    assert survey(footage / "video/drone_coast_gopro_karma.mp4").telemetry == ()


# ---- camera motion metadata, GPS boxes --------------------------------------------------------


def camm(since: float, fix: int = 3) -> bytes:
    return struct.pack("<HHdi2d7f", 0, 6, since, fix, 30.25, 120.15, *[0.0] * 7)


def test_camera_motion_counts_from_the_beginning_of_gps_time() -> None:
    """2026-03-05 09:30:00 UTC is GPS week 2408, second 379,818 (18 leap seconds)."""
    assert len(camm(0)) == 60
    (stated,) = camm_times(camm(2408 * 604_800 + 379_818))
    assert stated.time == utc("2026-03-05T09:30:00")
    assert camm_times(camm(1.4e9, fix=0)) == camm_times(camm(float("nan"))) == camm_times(camm(float("inf"))) == []
    assert not is_camm(camm(0)[:-1])


def test_leap_seconds() -> None:
    since = utc("2017-01-01T00:00:00") - utc("1980-01-06T00:00:00")
    assert utc_of_gps(since + 18) == utc("2017-01-01T00:00:00")
    assert utc_of_gps(since + 16) == utc("2016-12-31T23:59:59")
    assert utc_of_gps(0) == utc("1980-01-06T00:00:00")


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), kind) + data


def novatek(at: int, year: int = 26, mark: bytes = b"A") -> bytes:
    numbers = struct.pack("<6I", 9, 30, 5, year, 3, 5)
    return box(b"free", (b"GPS " + b"\0" * (at - 12) + numbers + mark + b"NE\0" + b"\0" * 32))


def with_blocks(*blocks: bytes) -> bytes:
    file, places = box(b"ftyp", b"isom\0\0\0\0"), []
    for block in blocks:
        places.append((len(file), len(block)))
        file += block
    index = b"\0" * 8 + b"".join(struct.pack(">II", *p) for p in places)
    return file + box(b"moov", box(b"mvhd", b"\0" * 100) + box(b"gps ", index))


@pytest.mark.parametrize("at", [48, 16, 12])
def test_gps_boxes_of_dash_cameras(at: int) -> None:
    data = with_blocks(novatek(at), novatek(at, mark=b"V"), novatek(at, year=1999))
    (placed,) = gps_boxes(io.BytesIO(data), len(data))
    assert (placed.position, placed.time) == (16, utc("2026-03-05T09:30:05"))


# ---- text -------------------------------------------------------------------------------------


def sentence(body: str) -> bytes:
    check = 0
    for character in body:
        check ^= ord(character)
    return f"${body}*{check:02X}\r\n".encode()


RMC = "GPRMC,093000.50,A,3015.00,N,12009.00,E,0.0,0.0,050326,,,A"


def test_nmea() -> None:
    """The second sentence is the example of NMEA's RMC that every manual prints."""
    assert [s.time for s in nmea_times(sentence(RMC))] == [utc("2026-03-05T09:30:00.500")]
    manual = b"$GPRMC,081836,A,3751.65,S,14507.36,E,000.0,360.0,130998,011.3,E*62"
    assert [s.time for s in nmea_times(b"xx" + manual + b"yy")] == [utc("1998-09-13T08:18:36")]
    assert [s.time for s in nmea_times(sentence("GNZDA,093000.00,05,03,2026,00,00"))] == [utc("2026-03-05T09:30:00")]


@pytest.mark.parametrize(
    "body", [RMC.replace(",A,3", ",V,3"), RMC.replace("050326", "320326"), RMC.replace("093000", "990000"), "GPRMC,,A"]
)
def test_sentences_that_state_no_time(body: str) -> None:
    assert nmea_times(sentence(body)) == []


def test_a_wrong_checksum_is_no_sentence() -> None:
    assert nmea_times(sentence(RMC).replace(b"093000", b"093001")) == []


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-05 09:30:00",
        "No. 7 2026/03/05 09:30:00 speed 0",
        "2026年3月5日 9:30:00",
        "\ufeff2026.03.05T09:30:00",
    ],
)
def test_dates_in_subtitles(text: str) -> None:
    assert [s.time for s in written_times(text.encode())] == [utc("2026-03-05T09:30:00")]


@pytest.mark.parametrize("text", ["2026-13-05 09:30:00", "09:30:00", "12026-03-05 09:30:00", "2026-03-05"])
def test_what_is_no_date(text: str) -> None:
    assert written_times(text.encode()) == []


# ---- the collector ----------------------------------------------------------------------------


@dataclass
class Passing:
    stream: int
    pts: int
    duration: int
    raw: bytes

    @property
    def size(self) -> int:
        return len(self.raw)

    @property
    def data(self) -> memoryview:
        return memoryview(self.raw)


def media(*kinds: str) -> MediaInfo:
    streams = tuple(StreamInfo(n, n, kind, "unknown", Fraction(1, 1000), None, None) for n, kind in enumerate(kinds))
    return MediaInfo("x.mp4", 1, "mov", streams)


def no_packets(info: MediaInfo) -> PacketTable:
    none = np.zeros(0, np.int64)
    small, flag = none.astype(np.int32), none.astype(bool)
    return PacketTable(info, none.astype(np.int16), small, none, none, none, none, small, flag, flag, flag)


def collected(*packets: Passing, kinds: tuple[str, ...] = ("video", "data")) -> tuple[telemetry.TimeTrack, ...]:
    info = media(*kinds)
    collector = TelemetryCollector(info, {})
    for packet in packets:
        collector.packet(packet)
    return collector.finish(no_packets(info))


def test_a_track_is_told_by_its_content() -> None:
    (track,) = collected(*(Passing(1, 1000 * n, 1000, gps5(b"2603050930%02d.000" % n)) for n in range(5)))
    assert (track.form, track.stream) == ("gpmf", 1)
    np.testing.assert_array_equal(track.seconds, np.arange(5))
    np.testing.assert_array_equal(track.times, utc("2026-03-05T09:30:00") + np.arange(5))


def test_pictures_and_packets_without_time_are_passed_over() -> None:
    assert collected(Passing(0, 0, 0, gps5())) == ()
    assert collected(Passing(1, NO_TIME, 0, gps5())) == ()
    assert collected(Passing(7, 0, 0, gps5())) == ()


def test_a_stream_of_something_else_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "PATIENCE", 3)
    late = Passing(1, 0, 0, gps5())
    assert collected(*[Passing(1, 0, 0, b"else")] * 2, late) != ()
    assert collected(*[Passing(1, 0, 0, b"else")] * 3, late) == ()


def test_a_long_track_is_thinned_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_TIMES > 86_400
    monkeypatch.setattr(telemetry, "MAX_TIMES", 16)
    (track,) = collected(*(Passing(1, 1000 * n, 1000, camm(1.4e9 + n)) for n in range(100)))
    steps = np.diff(track.seconds)
    assert len(track) < 16
    assert len(set(steps.tolist())) == 1
    np.testing.assert_allclose(np.diff(track.times), steps)


# ---- hostile bytes ----------------------------------------------------------------------------

SEEDS = [gps5(), gps9([(9560, 1, 3)] * 4), camm(1.4e9), sentence(RMC), b"2026-03-05 09:30:00", with_blocks(novatek(48))]


def parse_all(data: bytes) -> None:
    """Every parser; what they give lies in years that exist."""
    stated = [*gpmf_times(data), *camm_times(data), *nmea_times(data), *written_times(data)]
    times = [s.time for s in stated] + [p.time for p in gps_boxes(io.BytesIO(data), len(data))]
    assert all(-7e10 < t < 5e9 for t in times)
    assert all(0 <= s.within < 1 for s in stated)
    is_gpmf(data)


@given(st.binary(max_size=400))
@example(b"DEVC\0\xff\xff\xff" + b"\0" * 300)
@example(struct.pack(">I4s", 1, b"moov") + b"\xff" * 8)
@example(struct.pack(">I4s", 0, b"moov") + struct.pack(">I4s", 0xFFFFFFFF, b"gps ") + b"\xff" * 64)
def test_any_bytes(data: bytes) -> None:
    parse_all(data)
    collected(Passing(1, 0, 1, data))


@given(st.sampled_from(SEEDS), st.randoms(use_true_random=False))
def test_spoilt_payloads(seed: bytes, chance: random.Random) -> None:
    data = bytearray(seed)
    for _ in range(chance.randrange(1, 6)):
        data[chance.randrange(len(data))] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
    parse_all(bytes(data[: chance.randrange(1, len(data) + 1)]))

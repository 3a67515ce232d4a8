"""The clock in the picture: found where it ticks, read, and held against the timestamps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.archive.inspect import luma_of
from engine.detectors import screen_clock, screen_text
from engine.detectors.contract import RecheckTable
from engine.detectors.runner import Examination, examine
from engine.detectors.screen_text import Line, Shown, parse
from engine.detectors.screen_ticks import Ticking, ticking, ticks
from engine.features.onepass import extract
from engine.features.tables import KEY, Features
from engine.findings import Kind, Severity
from fixtures.camera import Camera, record
from fixtures.tamper import tamper

RATE = 25
Clock = Callable[[int], int]
"""Picture -> what the clock shows, seconds since midnight."""


@pytest.fixture
def ticking_at(recording: Any) -> Callable[[NDArray[Any]], Features]:
    """Block changes of each picture -> tables."""

    def make(differences: NDArray[Any]) -> Features:
        features: Features = recording(f"25fps: I{len(differences) - 1}P")
        assert features.frames is not None
        wide = {"differences": differences.clip(0, 65535).astype(np.uint16)}
        return replace(features, frames=replace(features.frames, wide=wide))

    return make


@pytest.fixture
def filmed(monkeypatch: pytest.MonkeyPatch, ticking_at: Any) -> Callable[..., Examination]:
    """Tables of a recording whose clock is known, examined with a reader that reads it without fault."""

    def make(
        clock: Clock,
        count: int,
        misread: dict[int, int] | None = None,
        moving: float = 0.0,
        day: date | None = None,
        face: Callable[[int], int] = lambda value: value % 86_400,
    ) -> Examination:
        shown = np.array([clock(n) for n in range(count)])
        noise = np.random.default_rng(1).exponential(moving * 256, (count, 22, 40)) if moving else 0
        differences = np.zeros((count, 22, 40)) + noise
        differences[1:, 20, 30] += (np.diff(shown) != 0) * 20 * 256
        features = ticking_at(differences)
        monkeypatch.setattr(screen_text, "available", lambda: True)
        values = {n: int(v) for n, v in enumerate(shown)} | (misread or {})

        def read(luma: NDArray[np.uint8], place: Ticking, line: Line | None) -> Shown:
            number = int(luma[0, 0]) | int(luma[0, 1]) << 8 | int(luma[0, 2]) << 16
            return Shown(face(values[number]), day, str(values[number]))

        monkeypatch.setattr(screen_text, "read", read)
        return examine(features, numbered, [screen_clock.DETECTOR])

    return make


def numbered(numbers: Sequence[int]) -> RecheckTable:
    """Pictures that hold nothing but their own number."""
    return {n: np.array([[n & 255, n >> 8 & 255, n >> 16]], np.uint8) for n in numbers}


def plain(start: int = 34_200) -> Clock:
    return lambda n: start + n // RATE


def cut(at: int, seconds: float, start: int = 34_200) -> Clock:
    """`seconds` are missing before picture `at`."""
    return lambda n: start + int((n + (seconds * RATE if n >= at else 0)) // RATE)


@pytest.mark.parametrize("moving", [0.0, 3.0])
def test_a_clock_that_runs_on_is_silent(filmed: Callable[..., Examination], moving: float) -> None:
    out = filmed(plain(), 3000, moving=moving)
    assert out.findings == ()
    (examined,) = out.examined
    assert examined.seconds == pytest.approx(120, abs=0.1)
    assert [c.at_s for c in out.clocks] == pytest.approx([0, 119.96])


@pytest.mark.parametrize("at", [1, 40, 751, 2000, 2970])
@pytest.mark.parametrize("seconds", [2, 3, 3.5, 61, -4])
def test_a_jump_is_found_at_its_picture(filmed: Callable[..., Examination], at: int, seconds: float) -> None:
    """Within two seconds of an end nothing confirms a reading, or no tick tells how far a second had gone."""
    out = filmed(cut(at, seconds), 3000)
    if at == 1 or (seconds == 2 and at in (40, 2970)):
        assert out.findings == ()
        return
    (finding,) = out.findings
    assert (finding.kind, finding.severity) == (Kind.CLOCK_JUMP, Severity.SUSPICION)
    assert (finding.start_frame, finding.end_frame) == (at - 1, at)
    assert finding.params["jump_s"] == pytest.approx(abs(seconds), abs=1)
    assert finding.template == ("screen_clock_jump" if seconds > 0 else "screen_clock_back")


def test_readings_are_taken_at_key_pictures_where_there_are_some_near(
    monkeypatch: pytest.MonkeyPatch, ticking_at: Any
) -> None:
    monkeypatch.setattr(screen_text, "available", lambda: True)
    differences = np.zeros((3000, 22, 40))
    differences[25::25, 20, 30] = 5000
    features = ticking_at(differences)
    frames = features.frames
    far = screen_clock.propose(features, screen_clock.ScreenClockOptions()).candidates
    assert [c.frames for c in far] == [(0,), (1500,), (2999,)]
    keys = np.zeros(3000, np.uint8)
    keys[7:2970:20] = KEY
    frames = replace(frames, columns={**frames.columns, "flags": keys})
    near = screen_clock.propose(replace(features, frames=frames), screen_clock.ScreenClockOptions()).candidates
    assert [c.frames for c in near] == [(7,), (1507,), (2999,)]  # the last one lies too far before the end


def test_two_cuts_are_two_findings(filmed: Callable[..., Examination]) -> None:
    def clock(n: int) -> int:
        return 34_200 + int((n + (75 if n >= 900 else 0) + (250 if n >= 1100 else 0)) // RATE)

    assert [(f.start_frame, f.end_frame) for f in filmed(clock, 3000).findings] == [(899, 900), (1099, 1100)]


def test_a_clock_that_stops_is_found(filmed: Callable[..., Examination]) -> None:
    out = filmed(lambda n: 34_200 + (n if n < 1000 else max(1000, n - 500)) // RATE, 3000)
    assert {f.template for f in out.findings} == {"screen_clock_back"}
    assert min(f.start_frame or 0 for f in out.findings) >= 940
    assert max(f.end_frame or 0 for f in out.findings) <= 1590


def test_midnight_is_no_jump(filmed: Callable[..., Examination]) -> None:
    assert filmed(plain(86_400 - 40), 3000).findings == ()
    (finding,) = filmed(cut(1500, 5, 86_400 - 40), 3000).findings
    assert (finding.start_frame, finding.end_frame) == (1499, 1500)


def twelve_hours(value: int) -> int:
    """A clock of twelve hours that names no half: 12:59:59, then 1:00:00."""
    return (value - 3_600) % 43_200 + 3_600


@pytest.mark.parametrize("lost", [0, 5, -7200])
def test_a_clock_of_twelve_hours_begins_anew_and_a_cut_there_is_found(
    filmed: Callable[..., Examination], lost: int
) -> None:
    out = filmed(cut(1510, lost, 13 * 3600 - 60), 3000, face=twelve_hours)
    assert [(f.start_frame, f.end_frame) for f in out.findings] == ([(1509, 1510)] if lost else [])


def test_twelve_hours_back_elsewhere_are_a_jump(filmed: Callable[..., Examination]) -> None:
    """A clock of 24 hours at one in the afternoon, then at one in the night."""
    (finding,) = filmed(cut(1500, -43_200, 13 * 3600), 3000).findings
    assert finding.severity is Severity.SUSPICION


@pytest.mark.parametrize(
    ("day", "at", "step", "severity"),
    [
        (date(2026, 3, 29), 2, 3600, Severity.NOTICE),
        (date(2026, 10, 25), 3, -3600, Severity.NOTICE),
        (date(2026, 3, 8), 2, 3600, Severity.NOTICE),
        (date(2026, 11, 1), 2, -3600, Severity.NOTICE),
        (date(2026, 3, 29), 2, -3600, Severity.SUSPICION),  # on, not back
        (date(2026, 3, 22), 2, 3600, Severity.SUSPICION),  # a Sunday like others
        (date(2026, 3, 28), 2, 3600, Severity.SUSPICION),
        (date(2026, 3, 29), 9, 3600, Severity.SUSPICION),
        (date(2026, 3, 29), 2, 3500, Severity.SUSPICION),
        (None, 2, 3600, Severity.SUSPICION),
    ],
)
def test_daylight_saving_is_a_notice_where_the_picture_shows_its_day(
    filmed: Callable[..., Examination], day: date | None, at: int, step: int, severity: Severity
) -> None:
    (finding,) = filmed(cut(1500, step, at * 3600 - 60), 3000, day=day).findings
    assert (finding.severity, finding.start_frame, finding.end_frame) == (severity, 1499, 1500)


def test_an_hour_that_is_missing_within_the_hour_is_a_suspicion(filmed: Callable[..., Examination]) -> None:
    (finding,) = filmed(cut(1500, 3600, 2 * 3600 - 80), 3000, day=date(2026, 3, 29)).findings
    assert finding.severity is Severity.SUSPICION


def test_a_misread_figure_is_no_jump_and_with_a_cut_beside_it_the_cut_is_found(
    filmed: Callable[..., Examination],
) -> None:
    wrong = {n: 34_200 + n // RATE + 36_000 for n in (750, 751, 752)}
    assert filmed(plain(), 3000, wrong).findings == ()
    (finding,) = filmed(cut(1300, 4), 3000, wrong).findings
    assert (finding.start_frame, finding.end_frame) == (1299, 1300)


def test_a_constant_wrong_rate_is_one_notice_for_the_file(filmed: Callable[..., Examination]) -> None:
    out = filmed(lambda n: 34_200 + int(n * 1.2 // RATE), 3000)
    (finding,) = out.findings
    assert (finding.kind, finding.severity) == (Kind.CLOCK_OFFSET, Severity.NOTICE)
    assert finding.params["rate"] == pytest.approx(1.2, abs=0.005)
    assert finding.start_s is None


def test_without_a_recogniser_nobody_can_say(monkeypatch: pytest.MonkeyPatch, ticking_at: Any) -> None:
    monkeypatch.setattr(screen_text, "available", lambda: False)
    differences = np.zeros((500, 22, 40), np.uint16)
    differences[25::25, 20, 30] = 5000
    (examined,) = examine(ticking_at(differences), numbered, [screen_clock.DETECTOR]).examined
    assert examined.seconds == 0
    assert [s.reason for s in examined.not_examinable] == ["no_ocr"]


def test_what_does_not_tick_costs_no_picture(ticking_at: Any) -> None:
    def refuse(_: Sequence[int]) -> RecheckTable:
        raise AssertionError("decoded")

    noise = np.random.default_rng(2).exponential(800, (1500, 22, 40)).astype(np.uint16)
    assert examine(ticking_at(noise), refuse, [screen_clock.DETECTOR]).examined == ()
    pulse = np.zeros((1500, 22, 40), np.uint16)
    pulse[::25] = 900  # key pictures once a second change everything a little
    assert examine(ticking_at(pulse), refuse, [screen_clock.DETECTOR]).examined == ()


# ---- text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds", "day"),
    [
        ("2026-03-05 09:29:50", 34_190, date(2026, 3, 5)),
        ("2026/03/05 23:59:59 DSJ0457", 86_399, date(2026, 3, 5)),
        ("2026年3月5日 09时29分50秒 警号330101", 34_190, date(2026, 3, 5)),
        ("2026年03月05日 星期四 09:29:50", 34_190, date(2026, 3, 5)),
        ("05/03/2026 下午 01:00:00", 46_800, None),
        ("12:00:01 AM", 1, None),
        ("12:00:01 PM", 43_201, None),
        ("DSJ0457 2026-03-0509:29:50", 34_190, date(2026, 3, 5)),
        ("O9:29:5O", 34_190, None),
        ("09：29：50", 34_190, None),
        ("09.29.50", 34_190, None),
        ("05.03.26 09:29:50", 34_190, None),
        ("09:29:50 05.03.26", 34_190, None),
        ("05.03.2609:29:50", 34_190, None),
        ("05/03/202609:29:50", 34_190, None),
        ("N22.33.44 E11.04.05 09:29:50", 34_190, None),
    ],
)
def test_times_that_officers_cameras_write(text: str, seconds: int, day: date | None) -> None:
    shown = parse(text)
    assert shown is not None
    assert (shown.seconds, shown.day) == (seconds, day)


@pytest.mark.parametrize(
    "text",
    ["", "no clock", "24:00:00", "09:60:00", "13:00:00 PM", "2026-03-05", "17:26", "1:2:3456", "05.03.26 09.29.50"],
)
def test_what_is_no_time(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("texts", "seconds"),
    [
        (["05.03.26", "09:29:50"], 34_190),
        (["N22.33.44", "2026年3月5日 09时29分50秒"], 34_190),
        (["09.29.50", "DSJ0457"], 34_190),
        (["05.03.26", "09.29.50"], None),
        ([], None),
    ],
)
def test_short_dates_and_coordinates_are_not_taken_for_the_time(
    texts: list[str], seconds: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen_text, "_texts", lambda strip, margin: [(text, None) for text in texts])
    shown = screen_text.read(np.zeros((100, 100), np.uint8), Ticking(1, 1, 9.0))
    assert (None if shown is None else shown.seconds) == seconds


@given(st.text(max_size=60))
def test_any_text_is_read_without_fault(text: str) -> None:
    shown = parse(text)
    assert shown is None or 0 <= shown.seconds < 86_400


# ---- real pictures ------------------------------------------------------------------------------

needs_ocr = pytest.mark.skipif(not screen_text.available(), reason="text recognition (extra ocr) is not installed")


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    camera = Camera(seed=4, width=640, height=360, seconds=24, gop=50, sound=None)
    return record(camera, tmp_path_factory.mktemp("clock") / "walk.mp4")


def looked_at(path: Path) -> tuple[Features, Examination]:
    features = extract(path)
    return features, examine(features, partial(luma_of, str(path), features), [screen_clock.DETECTOR])


@needs_ocr
def test_a_burnt_in_clock_is_read_and_its_ticks_are_exact(walk: Path) -> None:
    features, out = looked_at(walk)
    assert out.findings == ()
    assert [c.seconds for c in out.clocks] == pytest.approx([34_200.5, 34_223.5])
    assert {c.date for c in out.clocks} == {"2024-03-05"}
    assert features.frames is not None
    place = ticking(features.frames)
    assert place is not None
    assert ticks(features.frames, place).tolist() == list(range(25, 600, 25))


@needs_ocr
def test_three_seconds_cut_out_under_it_are_found_with_both_values(walk: Path, tmp_path: Path) -> None:
    truth = tamper(walk, "delete:75", 5, tmp_path)[0]
    _, out = looked_at(tmp_path / truth.file)
    (finding,) = out.findings
    event = truth.expect[0]
    assert (finding.start_frame, finding.end_frame) == (event.start_frame, event.end_frame)
    assert finding.params["jump_s"] == 3
    assert ":" in str(finding.params["from"])


@needs_ocr
@pytest.mark.parametrize("name", ["cctv_osd_tunnel", "cctv_osd_hill_fog", "cctv_osd_toll_backlit"])
def test_real_cameras_are_read(footage: Path, name: str) -> None:
    _, out = looked_at(footage / "video" / f"{name}.mp4")
    assert out.findings == ()
    first, last = out.clocks
    assert last.seconds - first.seconds == pytest.approx(last.at_s - first.at_s, abs=1)

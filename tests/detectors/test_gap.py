"""Missing time: each natural cadence is silent, and the same cadence with a cut in it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.detectors.gap import DETECTOR
from engine.features.tables import Features
from engine.findings import Finding, Kind, Severity, Source

GOP = "I24P "


def loud(features: Features) -> list[Finding]:
    found = DETECTOR.propose(features, DETECTOR.options).findings
    return [f for f in found if f.severity > Severity.NOTICE]


NATURAL = {
    "constant": 6 * GOP,
    "jitter": "jitter " + 6 * GOP,
    "reordered": "30fps@1/90000: " + 6 * "I2BP2BP2BP2BP2BP",
    "milliseconds": "29.97fps@1/1000: " + 6 * "I2BP2BP2BP2BP2BP",
    "ntsc": "29.97fps@1/90000: " + 6 * GOP,
    "coarse": "25fps@1/25: " + 6 * GOP,
    "wrap-around": "25fps@1/90000: " + 3 * GOP + "I10P wrap 14P " + 3 * GOP,
    "wrap-around, reordered": "25fps@1/90000: " + 3 * GOP + "I2BP2B wrap P2BP2BP " + 3 * GOP,
    "sound": "25fps sound: " + 6 * GOP,
}


@pytest.mark.parametrize("text", NATURAL.values(), ids=NATURAL.keys())
def test_natural_cadence_is_silent(recording, packets_of, text: str) -> None:
    assert DETECTOR.propose(recording(text), DETECTOR.options).findings == ()
    assert DETECTOR.propose(packets_of(text), DETECTOR.options).findings == ()


@pytest.mark.parametrize("text", NATURAL.values(), ids=NATURAL.keys())
@pytest.mark.parametrize("hole", ["drop(1)", "drop(5)", "gap(25)"])
def test_the_same_cadence_with_a_hole_is_found_at_its_place(recording, text: str, hole: str) -> None:
    (finding,) = loud(recording(f"{text} {GOP} {hole} {GOP} {GOP}"))
    frames = len(recording(f"{text} {GOP}").frames)
    assert finding.kind == Kind.GAP
    assert (finding.start_frame, finding.end_frame) == (frames - 1, frames)
    assert finding.params["missing"] == pytest.approx(int(hole.strip("dropga()")), abs="jitter" in text)


def test_one_source_is_a_suspicion_and_two_clocks_are_a_violation(recording) -> None:
    (picture,) = loud(recording(f"25fps sound: {3 * GOP} drop(50) {3 * GOP}"))
    (both,) = loud(recording(f"25fps sound: {3 * GOP} gap(50) {3 * GOP}"))
    assert (picture.severity, picture.sources) == (Severity.SUSPICION, {Source.CONTAINER})
    assert (both.severity, both.sources) == (Severity.VIOLATION, {Source.CONTAINER, Source.SOUND})


def test_undecodable_pictures_are_damage_and_no_gap(recording) -> None:
    assert loud(recording(6 * GOP, lost=(60, 61, 62))) == []
    (finding,) = loud(recording(f"{3 * GOP} I9P drop(3) 15P {2 * GOP}"))
    assert finding.start_frame == 84


def test_a_hole_next_to_undecodable_pictures_names_decoded_ones(recording) -> None:
    (finding,) = loud(recording(f"{3 * GOP} drop(10) {3 * GOP}", lost=(73, 74, 75)))
    assert (finding.start_frame, finding.end_frame) == (72, 73)


def test_settling_at_the_beginning_is_a_notice(recording) -> None:
    (notice,) = DETECTOR.propose(recording(f"I drop(16) 24P {5 * GOP}"), DETECTOR.options).findings
    assert (notice.severity, notice.template) == (Severity.NOTICE, "gap_settling")
    assert len(loud(recording(f"{GOP} drop(16) {5 * GOP}"))) == 1
    (later,) = loud(recording(f"I drop(6) 10P drop(50) 14P {5 * GOP}"))  # both: the second one counts
    assert later.start_frame == 10


def test_a_recorder_of_variable_rate_is_a_notice_unless_its_habit_is_exceeded(recording) -> None:
    (notice,) = DETECTOR.propose(recording("vfr " + 6 * GOP), DETECTOR.options).findings
    assert (notice.severity, notice.template, notice.start_s) == (Severity.NOTICE, "gap_habit", None)
    assert loud(recording(f"vfr {3 * GOP} drop(4) {3 * GOP}")) == []
    assert len(loud(recording(f"vfr {3 * GOP} drop(75) {3 * GOP}"))) == 1


def test_a_rate_lowered_in_the_dark_is_a_notice(recording) -> None:
    dark = "".join("P drop(1) " for _ in range(8))
    assert loud(recording(f"{3 * GOP} {dark} {3 * GOP}")) == []


def test_a_recorder_that_leaves_out_every_fourth_picture_is_a_notice(recording) -> None:
    pattern = f"I {20 * '3P drop(1) '}"
    assert loud(recording(f"{3 * pattern}")) == []
    assert loud(recording(f"{GOP}{3 * pattern}")) == []


def test_packets_lost_in_a_row_of_reordered_pictures_are_one_place(recording) -> None:
    (finding,) = loud(recording(f"{3 * GOP} IBPBP drop(1) P drop(2) P drop(1) PBPBP {3 * GOP}"))
    assert finding.params["missing"] == 4


def test_pictures_spread_over_a_hole_are_retimed(recording) -> None:
    # a second of the camera's time in which 20 pictures stand instead of 25
    even = "I19P"
    tables = recording(f"25fps@1/12800: {3 * GOP} {even} {3 * GOP}")
    pts = tables.frames["pts"]
    start = int(pts[75])
    pts[75:95] = [start + round(i * 12800 / 20) for i in range(20)]
    pts[95:] += 5 * 512
    (finding,) = loud(tables)
    assert (finding.kind, finding.params["missing"]) == (Kind.RETIME, 5)
    assert finding.start_s == pytest.approx(3.0)
    assert finding.end_s == pytest.approx(4.0)


def test_files_without_times_are_not_examinable_and_say_why(packets_of) -> None:
    tables = packets_of(3 * GOP)
    raw = replace(tables.media, format="h264")
    tables = replace(tables, media=raw, packets=replace(tables.packets, media=raw))
    proposal = DETECTOR.propose(tables, DETECTOR.options)
    assert proposal.findings == ()
    assert proposal.examined[0].not_examinable[0].reason == "no_timestamps"


def test_too_few_pictures_say_nothing(recording) -> None:
    proposal = DETECTOR.propose(recording("I3P"), DETECTOR.options)
    assert proposal.examined[0].not_examinable[0].reason == "too_short"


@pytest.mark.parametrize("first", [0, 3, 30])
@pytest.mark.parametrize("gap", [(1 << 61) - (1 << 20), 180_143_985_094_819_720, 11 * 12800, 9 * 12800])
@pytest.mark.parametrize("pictures", [6, 60])
def test_a_leap_counts_in_a_short_recording_and_at_its_start(recording, pictures: int, gap: int, first: int) -> None:
    if first + 1 >= pictures:
        pytest.skip("no such place")
    tables = recording(f"25fps@1/12800: I{pictures - 1}P")
    pts = np.asarray(tables.frames["pts"]).copy()
    start = -(1 << 60) + 1 if gap > 1 << 60 else 0
    pts[: first + 1] += start
    pts[first + 1 :] += start + gap
    tables = replace(
        tables, frames=replace(tables.frames, origin=int(pts[0]), columns={**tables.frames.columns, "pts": pts})
    )
    proposal = DETECTOR.propose(tables, DETECTOR.options)
    found = [(f.start_frame, f.end_frame) for f in proposal.findings if f.severity > Severity.NOTICE]
    tells = gap > 10 * 12800 or (pictures == 60 and first == 30)
    assert found == ([(first, first + 1)] if tells else [])
    assert sum(e.seconds for e in proposal.examined) <= pictures / 25 + 1


def test_a_short_cut_from_a_recorder_that_leaves_pictures_out_by_habit(recording) -> None:
    for count in range(3, 15):  # every third or fourth picture is not there
        cut = f"18fps: I{count * '4P drop(1) 3P drop(1) '}P"
        assert loud(recording(cut)) == [], count
    for count in range(6, 12):
        assert loud(recording(f"25fps: I20P {count * '9P drop(1) '} 9P")) == [], count
    assert len(loud(recording("18fps: I25P drop(1) 25P"))) == 1  # the twin: one hole in a steady cadence
    assert len(loud(recording("18fps: I25P drop(1) 3P drop(2) 4P drop(1) 25P"))) == 1

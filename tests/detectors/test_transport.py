"""Breaks of a transport stream: which weigh something, where they are, and what is allowed."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.detectors.transport import DETECTOR
from engine.features.survey import survey
from engine.features.tables import Features
from engine.findings import Finding, Kind, Severity
from engine.media.coded_facts import PICTURE, CodedFacts
from engine.media.transport import TransportEvent, TransportFacts
from fixtures.camera import Camera, SoundFormat, record

KINDS = ("lost", "duplicate", "clock_jump", "signalled", "unsynchronised", "damaged")


def found(packets_of, *events: TransportEvent, units: int = 100) -> list[Finding]:
    made: Features = packets_of("25fps h264: I24P I24P I24P I24P")
    counts = tuple(sum(e.kind == kind for e in events) for kind in KINDS)
    facts = TransportFacts(188, 50_000, units, (0, 256, 257), events, counts, (256,))
    coded = CodedFacts("h264", np.zeros(0, PICTURE), np.zeros(0, np.int32), (), facts)
    return list(DETECTOR.propose(replace(made, coded=coded), DETECTOR.options).findings)


def lost(pid: int, packet: int, unit: int, count: int = 3) -> TransportEvent:
    return TransportEvent("lost", pid, packet, unit, count)


def test_nothing_is_said_of_whole_streams_and_of_other_containers(packets_of) -> None:
    assert found(packets_of) == []
    assert DETECTOR.propose(packets_of("25fps: I9P"), DETECTOR.options).findings == ()


def test_one_stream_that_lacks_packets_has_lost_them(packets_of) -> None:
    (finding,) = found(packets_of, lost(256, 10_000, 51))
    assert (finding.kind, finding.severity) == (Kind.GAP, Severity.SUSPICION)
    assert (finding.start_frame, finding.end_frame, finding.params["lost"]) == (49, 50, 3)


def test_several_streams_that_break_at_one_place_were_cut(packets_of) -> None:
    (finding,) = found(packets_of, lost(256, 10_000, 51), lost(257, 10_040, 51, 4))
    assert (finding.kind, finding.params["lost"], finding.params["streams"]) == (Kind.SPLICE, 7, 2)


def test_a_leap_of_the_clock_is_a_join(packets_of) -> None:
    (finding,) = found(packets_of, TransportEvent("clock_jump", 256, 10_000, 51, 0, -4.5))
    assert (finding.kind, finding.template, finding.params["step_s"]) == (Kind.SPLICE, "transport_clock", -4.5)


@pytest.mark.parametrize("kind", ["signalled", "duplicate", "unsynchronised", "damaged"])
def test_what_is_announced_or_allowed_is_a_notice(packets_of, kind: str) -> None:
    (finding,) = found(packets_of, TransportEvent(kind, 256, 10_000, 51, 1))
    assert (finding.template, finding.severity) == (f"transport_{kind}", Severity.NOTICE)


def test_loss_again_and_again_is_a_habit_of_the_reception(packets_of) -> None:
    events = [lost(256, 8_000 * n, 16 * n) for n in range(1, 7)]
    assert [f.severity for f in found(packets_of, *events[:5])] == [Severity.SUSPICION] * 5
    (finding,) = found(packets_of, *events)
    assert (finding.template, finding.severity, finding.params["total"]) == ("transport_habit", Severity.NOTICE, 18)


def test_units_that_are_not_packets_are_placed_in_proportion(packets_of) -> None:
    (finding,) = found(packets_of, lost(256, 10_000, 101), units=200)
    assert finding.end_frame == pytest.approx(50, abs=1)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    camera = Camera(seed=5, width=320, height=192, seconds=6, gop=25, sound=SoundFormat("aac", 48000, 1))
    source = record(camera, tmp_path_factory.mktemp("ts") / "a.mp4")
    target = source.with_suffix(".ts")
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, "-c", "copy", target], check=True)
    return target


def loud(path: Path) -> list[Finding]:
    return [f for f in DETECTOR.propose(survey(path), DETECTOR.options).findings if f.severity > Severity.NOTICE]


def test_a_real_stream_is_whole_and_shows_where_packets_were_cut_out(clip: Path, tmp_path: Path) -> None:
    assert loud(clip) == []
    data = clip.read_bytes()
    half = len(data) // 188 // 2 * 188
    target = tmp_path / "cut.ts"
    target.write_bytes(data[:half] + data[half + 188 * 101 :])
    (finding,) = loud(target)
    assert finding.kind == Kind.SPLICE
    assert finding.start_s == pytest.approx(3.0, abs=0.5)


def test_two_real_streams_joined_show_it(clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "joined.ts"
    data = clip.read_bytes()
    half = len(data) // 188 // 2 * 188
    target.write_bytes(data[half:] + data)
    assert any(f.template == "transport_clock" for f in loud(target))

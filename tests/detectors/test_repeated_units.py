"""Coded units that stand twice: told where they were copied, not where the content itself is still."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detectors.repeated_units import DETECTOR, Repeat, repeats
from engine.features.survey import survey
from engine.features.tables import Features
from engine.findings import Finding, Kind, Severity
from engine.media.coded_facts import PICTURE, CodedFacts
from fixtures.camera import Camera, SoundFormat, record


def naive(digest: list[int], least: int) -> list[Repeat]:
    """Each unit's last twin, then runs at one distance."""
    back = []
    for i, value in enumerate(digest):
        before = [j for j in range(i) if digest[j] == value]
        back.append(i - before[-1] if before else 0)
    found, first = [], 0
    for i in range(1, len(back) + 1):
        if i == len(back) or back[i] != back[first]:
            if back[first] and i - first >= least:
                found.append(Repeat(first, i - 1, back[first]))
            first = i
    return found


@given(st.lists(st.integers(0, 6), max_size=60), st.integers(1, 3))
def test_runs_are_those_of_the_naive_search(digest: list[int], least: int) -> None:
    assert repeats(np.array(digest, np.int64), least) == naive(digest, least)


def found(packets_of, content: list[int], size: int = 2000, sound: np.ndarray | None = None) -> list[Finding]:
    text = f"25fps h264{' sound' if sound is not None else ''}: I{len(content) - 1}P"
    made: Features = packets_of(text)
    rows = made.packets.rows(0)
    pictures = np.zeros(len(rows), PICTURE)
    pictures["row"], pictures["content"] = rows, content
    sizes = made.packets.size.copy()
    sizes[rows] = size
    if sound is not None:
        mine = made.packets.rows(1)
        sizes[mine] = np.resize(sound, len(mine))
    coded = CodedFacts("h264", pictures, np.zeros(0, np.int32))
    features = replace(made, coded=coded, packets=replace(made.packets, size=sizes))
    return list(DETECTOR.propose(features, DETECTOR.options).findings)


def test_pictures_that_differ_say_nothing(packets_of) -> None:
    assert found(packets_of, list(range(100))) == []


def test_a_stretch_that_stands_twice_is_told_where_it_comes_again(packets_of) -> None:
    (finding,) = found(packets_of, [*range(50), *range(39, 50), *range(50, 89)])
    assert (finding.kind, finding.severity, finding.start_frame, finding.end_frame) == (
        Kind.DUPLICATION, Severity.SUSPICION, 50, 60,
    )  # fmt: skip
    assert (finding.params["units"], finding.params["back"]) == (11, 11)


def test_one_picture_twice_and_tiny_ones_say_nothing(packets_of) -> None:
    assert found(packets_of, [*range(50), 49, *range(50, 99)]) == []
    assert found(packets_of, [*range(50), *range(39, 50), *range(50, 89)], size=300) == []


def test_content_that_is_still_is_a_notice(packets_of) -> None:
    assert {f.severity for f in found(packets_of, [*range(20)] * 5)} == {Severity.NOTICE}


def test_sound_that_stands_twice(packets_of) -> None:
    rng = np.random.default_rng(1)
    sizes = rng.integers(150, 400, 600)
    assert found(packets_of, list(range(200)), sound=sizes) == []
    again = np.concatenate([sizes[:90], sizes[20:80], sizes[90:]])
    (finding,) = found(packets_of, list(range(200)), sound=again)
    assert (finding.stream, finding.severity, finding.params["back"]) == ("audio", Severity.SUSPICION, 70)
    assert finding.params["units"] == 60


def test_sound_of_constant_size_says_nothing(packets_of) -> None:
    assert found(packets_of, list(range(100)), sound=np.array([200])) == []
    assert found(packets_of, list(range(100)), sound=np.array([200, 201])) == []


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_real_recording_whose_pre_roll_is_played_again(tmp_path: Path, codec: str) -> None:
    camera = Camera(seed=8, width=320, height=192, seconds=6, gop=25, codec=codec, sound=SoundFormat("aac", 48000, 1))
    source = record(camera, tmp_path / "a.mp4")
    assert list(DETECTOR.propose(survey(source), DETECTOR.options).findings) == []
    target = tmp_path / "b.mp4"
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        packets = [p for p in old.demux(video=0) if p.pts is not None]
        step = packets[1].dts - packets[0].dts
        base = old.streams.video[0].time_base
        played = [*((i, 0) for i in range(75)), *((i, 25) for i in range(50, len(packets)))]
        for index, shift in played:
            packet = av.Packet(bytes(packets[index]))
            packet.pts, packet.dts = packets[index].pts + shift * step, packets[index].dts + shift * step
            packet.is_keyframe, packet.time_base, packet.stream = packets[index].is_keyframe, base, stream
            new.mux(packet)
    (finding,) = DETECTOR.propose(survey(target), DETECTOR.options).findings
    assert (finding.severity, finding.start_frame, finding.end_frame) == (Severity.SUSPICION, 75, 99)

"""The clock inside coded pictures: where it disagrees once it was cut, by habit it says nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from engine.detectors.stream_clock import DETECTOR
from engine.features.survey import survey
from engine.features.tables import Features
from engine.findings import Finding, Severity
from engine.media.coded_facts import PICTURE, CodedFacts
from engine.media.headers import BROKEN, DROPPED, GROUP, HEADER, HeaderFacts


def found(packets_of: Callable[..., Features], codec: str, **columns: object) -> list[Finding]:
    count = len(next(iter(columns.values())))  # type: ignore[arg-type]
    made = packets_of(f"25fps h264: I{count - 1}P")
    rows = np.zeros(count, HEADER)
    rows["row"], rows["stamp"], rows["quality"] = made.packets.rows(0), -1, -1
    for name, values in columns.items():
        rows[name] = values
    headers = HeaderFacts(codec, 25 if codec == "mpeg4" else 0, rows)
    coded = CodedFacts("", np.zeros(0, PICTURE), np.zeros(0, np.int32), headers=headers)
    return list(DETECTOR.propose(replace(made, coded=coded), DETECTOR.options).findings)


COUNT = np.arange(200)


def test_clocks_that_agree_say_nothing(packets_of) -> None:
    assert found(packets_of, "mpeg4", stamp=COUNT % 25) == []
    assert found(packets_of, "mpeg4", stamp=(COUNT + 7) % 25) == []


def test_a_cut_shows_as_a_step_within_the_second(packets_of) -> None:
    (finding,) = found(packets_of, "mpeg4", stamp=(COUNT + np.where(COUNT >= 120, 37, 0)) % 25)
    assert (finding.start_frame, finding.end_frame) == (119, 120)
    assert finding.params["step_s"] == pytest.approx(12 / 25)
    assert finding.severity is Severity.SUSPICION


def test_whole_seconds_and_the_first_pictures_show_nothing(packets_of) -> None:
    assert found(packets_of, "mpeg4", stamp=(COUNT + np.where(COUNT >= 120, 50, 0)) % 25) == []
    assert found(packets_of, "mpeg4", stamp=(COUNT + np.where(COUNT >= 5, 7, 0)) % 25) == []


def test_a_recorder_that_counts_in_its_own_way_says_nothing(packets_of) -> None:
    assert found(packets_of, "mpeg4", stamp=(COUNT + COUNT // 50 * 3) % 25) == []
    assert found(packets_of, "mpeg4", stamp=(COUNT * 2) % 25) == []


def groups(skip: int = 0, at: int = 9) -> dict[str, np.ndarray]:
    first = COUNT % 10 == 0
    pictures = COUNT + np.where(at * 10 <= COUNT, skip, 0)
    return {
        "stamp": np.where(first, pictures // 25 * 100 + pictures % 25, -1),
        "flags": np.where(first, GROUP, 0),
    }


def test_time_codes_of_groups(packets_of) -> None:
    assert found(packets_of, "mpeg2video", **groups()) == []
    (finding,) = found(packets_of, "mpeg2video", **groups(skip=40))
    assert (finding.start_frame, finding.end_frame) == (89, 90)
    assert finding.params["step_s"] == pytest.approx(1.6)


def test_a_time_code_that_begins_anew_at_midnight_is_no_step_and_a_cut_there_is_one(packets_of) -> None:
    def late(pictures: np.ndarray) -> dict[str, np.ndarray]:
        seconds, rest = np.divmod(pictures + 25 * (86_400 - 4) + 10, 25)
        first = COUNT % 10 == 0
        return {"stamp": np.where(first, seconds % 86_400 * 100 + rest, -1), "flags": np.where(first, GROUP, 0)}

    assert found(packets_of, "mpeg2video", **late(COUNT)) == []
    (finding,) = found(packets_of, "mpeg2video", **late(COUNT + np.where(COUNT >= 90, 40, 0)))
    assert finding.params["step_s"] == pytest.approx(1.6)


def test_drop_frame_codes_leave_out_numbers(tmp_path: Path) -> None:
    """FFmpeg's own writer over the minute and over midnight: SMPTE ST 12-1 as somebody else counts it."""

    for start in ("00:00:56;00", "00:09:56;00", "23:59:56;00", "00:00:56:00"):
        made = tmp_path / "made.mpg"
        source = ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=30000/1001", "-frames:v", "240"]
        options = ["-c:v", "mpeg2video", "-g", "12", "-timecode", start]
        subprocess.run(["ffmpeg", "-v", "error", "-y", *source, *options, made], check=True)
        assert DETECTOR.propose(survey(made), DETECTOR.options).findings == (), start


@pytest.mark.parametrize("missing", [0, 2, 30])
def test_drop_frame_codes_tell_of_a_cut_at_the_full_minute(packets_of, missing: int) -> None:
    """Numbers ;00 and ;01 do not exist at the minute, so two fewer pictures than numbers are missing."""
    first = COUNT % 10 == 0
    pictures = COUNT + 1700 + np.where(COUNT >= 100, missing, 0)
    code = pictures + np.where(pictures >= 1800, 2, 0)
    stamp = np.where(first, code // 30 * 100 + code % 30, -1)
    features = packets_of("30000/1001fps h264: I199P")
    rows = np.zeros(len(COUNT), HEADER)
    rows["row"], rows["stamp"], rows["flags"] = features.packets.rows(0), stamp, np.where(first, GROUP | DROPPED, 0)
    coded = CodedFacts("", np.zeros(0, PICTURE), np.zeros(0, np.int32), headers=HeaderFacts("mpeg2video", 0, rows))
    told = list(DETECTOR.propose(replace(features, coded=coded), DETECTOR.options).findings)
    assert [round(f.params["step_s"] * 30) for f in told] == ([missing] if missing else [])


def test_a_group_that_says_it_was_cut_off(packets_of) -> None:
    columns = groups()
    columns["flags"][0] |= BROKEN
    assert found(packets_of, "mpeg2video", **columns) == []
    columns["flags"][50] |= BROKEN
    (finding,) = found(packets_of, "mpeg2video", **columns)
    assert (finding.template, finding.end_frame) == ("broken_link", 50)


def test_tables_of_jpeg(packets_of) -> None:
    assert found(packets_of, "mjpeg", tables=np.ones(200)) == []
    (finding,) = found(packets_of, "mjpeg", tables=np.where(COUNT < 80, 1, 2), quality=np.where(COUNT < 80, 75, 90))
    assert (finding.severity, finding.end_frame, finding.params["after"]) == (Severity.NOTICE, 80, 90)
    assert found(packets_of, "mjpeg", tables=COUNT // 3 % 2 + 1) == []
    assert found(packets_of, "mjpeg", tables=np.where(COUNT < 5, 1, 2)) == []


@pytest.mark.parametrize(("codec", "suffix"), [("mpeg4", ".avi"), ("mpeg4", ".mp4"), ("mpeg2video", ".mp4")])
def test_a_real_recording_cut_by_copying_with_its_times_closed_up(tmp_path: Path, codec: str, suffix: str) -> None:
    source, target = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25", "-t", "8", "-c:v", codec,
               "-g", "10", "-sc_threshold", "1000000000", source]  # fmt: skip
    subprocess.run(command, check=True)
    assert DETECTOR.propose(survey(source), DETECTOR.options).findings == ()
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        packets = [p for p in old.demux(video=0) if p.dts is not None]
        step, shown, stored = packets[1].dts - packets[0].dts, packets[0].pts, packets[0].dts
        for number, packet in enumerate([*packets[:100], *packets[140:]]):
            packet.pts, packet.dts = shown + number * step, stored + number * step
            packet.stream = stream
            new.mux(packet)
    (finding,) = DETECTOR.propose(survey(target), DETECTOR.options).findings
    assert (finding.start_frame, finding.end_frame) == (99, 100)
    assert finding.params["step_s"] == pytest.approx(1.6 if codec == "mpeg2video" else -0.4)

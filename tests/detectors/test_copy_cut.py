"""Copied cuts: rules on small tables with naive twins, then real encodes cut packet by packet."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detectors import joints, numbering
from engine.detectors.copy_cut import DETECTOR, propose
from engine.detectors.copysigns import uncounted
from engine.features.onepass import extract
from engine.features.tables import Features
from engine.findings import Finding, Severity
from engine.media.coded_facts import PICTURE, CodedFacts
from engine.media.reader import open_recording
from engine.media.slices import FactsCollector


def pictures(count: int, **columns: object) -> np.ndarray:
    """Rows of coded facts; what is not given is unknown, or 0 where 0 says nothing."""
    out = np.zeros(count, PICTURE)
    out["row"] = np.arange(count)
    for name in ("frame_num", "idr_id"):
        out[name] = -1
    out["order"] = -(1 << 30)
    out["frame_num_bits"] = 4
    out["reference"] = 1
    for name, values in columns.items():
        out[name] = values
    return out


def keys(count: int, every: int) -> np.ndarray:
    return np.where(np.arange(count) % every == 0, 2, 0)


# ---- numbers ----------------------------------------------------------------------------------


def counted(kinds: list[int], bits: int = 4) -> np.ndarray:
    """frame_num as an encoder writes it (7.4.3), one picture after another: 2 key, 1 reference, 0 none."""
    numbers, last, was_reference = [], 0, True
    for kind in kinds:
        number = 0 if kind == 2 else (last + 1 if was_reference else last) % (1 << bits)
        numbers.append(number)
        last, was_reference = number, kind > 0
    return pictures(
        len(kinds), frame_num=numbers, reference=[k > 0 for k in kinds], random_access=[2 * (k == 2) for k in kinds]
    )


kinds = st.lists(st.integers(0, 1), min_size=6, max_size=60).map(lambda k: [2, *k])


@given(kinds)
def test_what_an_encoder_counts_has_no_loss(k):
    assert numbering.frame_num_losses(counted(k)) == []


@given(kinds, st.data())
def test_lost_references_are_counted(k, data):
    whole = counted(k)
    first = data.draw(st.integers(1, len(k) - 2))
    last = data.draw(st.integers(first, min(first + 8, len(k) - 2)))
    left = np.delete(whole, slice(first, last + 1))
    before = max(i for i in range(first) if k[i])
    missing = (int(whole["frame_num"][last + 1]) - int(whole["frame_num"][before])) % 16 - 1
    found = [(f.position, f.missing) for f in numbering.frame_num_losses(left)]
    assert found == ([(first, missing)] if missing > 0 else [])


def test_a_gap_that_the_parameter_set_allows_is_no_loss():
    left = np.delete(counted([2] + [1] * 12), [5, 6])
    assert [f.missing for f in numbering.frame_num_losses(left)] == [2]
    left["gaps_allowed"] = 1
    assert numbering.frame_num_losses(left) == []


def test_layers_taken_out_on_purpose_are_a_habit():
    assert numbering.frame_num_losses(counted([2] + [1] * 60)[::2]) == []


def pyramid(groups: int, size: int = 13) -> np.ndarray:
    """Order counts of groups I P b B b ... in decode order, 2 a picture."""
    order = [0]
    for p in range(4, size, 4):
        order += [2 * p, 2 * (p - 2), 2 * (p - 3), 2 * (p - 1)]
    return pictures(len(order) * groups, order=order * groups, random_access=[2 * (o == 0) for o in order] * groups)


def test_one_picture_missing_in_the_order_is_found_where_it_was():
    whole = pyramid(4)
    assert numbering.order_losses(whole) == []
    lost = 13 + 3  # shown second in its group of four
    losses = numbering.order_losses(np.delete(whole, lost))
    assert [(f.missing, f.by) for f in losses] == [(1, "picture_order")]
    after = np.delete(whole, lost)[losses[0].position]
    assert after["order"] == whole["order"][lost] + 2


@pytest.mark.parametrize("first", [1, 2, 3, 4, 6, 7, 12])
def test_a_stream_recorded_from_anywhere_on_lacks_nothing_and_later_losses_count(first):
    begun = pyramid(6)[first:]
    assert numbering.order_losses(begun) == []
    lost = int(np.flatnonzero(begun["random_access"])[0]) + 3
    assert [f.missing for f in numbering.order_losses(np.delete(begun, lost))] == [1]


@pytest.mark.parametrize("first", [0, 5, 9])
def test_leading_pictures_of_the_first_key_picture_may_lack_references_and_those_of_others_may_not(first):
    """Open groups: I of order 8k, then pictures shown before it, which need the group before."""
    order = np.array([0] + [o for k in range(1, 6) for o in (8 * k, 8 * k - 4, 8 * k - 2, 8 * k + 4)])
    whole = pictures(len(order), order=order, random_access=np.where((order % 8 == 0), 1, 0))
    whole["random_access"][0] = 2
    begun = whole[first:]
    begun["missing"][1:3] = 2
    assert [f.position for f in numbering.reference_losses(begun)] == ([] if first else [1])
    begun["missing"][7] = 1
    assert numbering.reference_losses(begun)[-1].position == 7


def test_holes_by_habit_and_at_the_very_end_say_nothing():
    whole = pyramid(6)
    assert numbering.order_losses(np.delete(whole, [16, 29, 42])) == []
    assert numbering.order_losses(np.delete(whole, len(whole) - 2)) == []


@pytest.mark.parametrize(("ids", "broken"), [
    ([0, 1, 0, 1, 0, 1], []),
    ([0, 1, 0, 0, 1, 0, 1], [3]),
    ([0, 1, 0, 1, 0], []),
    ([3, 4, 5, 6, 8, 9, 10, 11], [4]),
    ([1, 2, 0, 1, 2, 0, 1], []),
    ([1, 5, 1, 5, 5, 1, 5, 1], [4]),
    ([7, 7, 7, 7, 7], []),
    ([0, 0], []),
])  # fmt: skip
def test_numbers_of_key_pictures(ids, broken):
    table = pictures(len(ids) * 5, random_access=keys(len(ids) * 5, 5))
    table["idr_id"][::5] = ids
    assert numbering.idr_breaks(table)[0] == [5 * b for b in broken]


def test_an_encoder_that_starts_again_in_chunks_is_no_break_and_a_cut_between_is():
    ids = np.array([0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0])
    table = pictures(120, random_access=keys(120, 10))
    table["idr_id"][::10] = ids
    table["banner"][::30] = True
    assert numbering.idr_breaks(table)[0] == []
    assert joints.restarts(table) == []
    cut = np.delete(table, slice(40, 50))
    assert numbering.idr_breaks(cut)[0] == [40]
    assert [r.position for r in joints.restarts(cut)] == [50]


def test_x264_never_writes_the_same_number_twice():
    table = pictures(40, random_access=keys(40, 20))
    table["idr_id"][::20] = 0
    assert numbering.idr_breaks(table)[0] == []
    table["banner"][0] = True
    assert numbering.idr_breaks(table)[0] == [20]


# ---- cadence ----------------------------------------------------------------------------------


def test_one_odd_step_is_told_and_a_habit_or_the_settling_is_not():
    steps = np.full(200, 1024)
    steps[120] = 1500
    ticks = np.concatenate(([0], np.cumsum(steps)))
    assert [s.position for s in joints.odd_steps(ticks, 1 / 48000)] == [120]
    steps[[10, 50, 90]] = 1500
    assert joints.odd_steps(np.concatenate(([0], np.cumsum(steps))), 1 / 48000) == []
    early = np.full(200, 1024)
    early[1] = 4523
    assert joints.odd_steps(np.concatenate(([0], np.cumsum(early))), 1 / 48000) == []


@pytest.mark.parametrize(
    ("off", "back", "found"), [(400, 400, []), (-400, -400, []), (400, 0, [120]), (400, 100, [120, 121])]
)
def test_one_packet_out_of_time_is_told_only_where_what_follows_is_shifted(off, back, found):
    steps = np.full(200, 1024)
    steps[120:122] += [off, -back]
    assert [s.position for s in joints.odd_steps(np.concatenate(([0], np.cumsum(steps))), 1 / 48000)] == found


@pytest.mark.parametrize(("waited", "found"), [(14, []), (13, [101]), (1, [101]), (20, [101])])
def test_packets_held_up_and_sent_at_once_are_no_overlap_and_pieces_pushed_together_are(waited, found):
    steps = np.full(200, 1024)
    steps[100:114] = [waited * 1024, *[2] * 13]
    assert joints.tiny_runs(np.concatenate(([0], np.cumsum(steps)))) == found


@given(st.integers(1, 3000), st.integers(0, 700), st.integers(1, 255))
def test_marks_off_their_cycle_bracket_the_place(length, at, gone):
    whole = np.arange(0, 4000, 256)
    at, total = at + 300, 4000 + length
    left = np.array([m if m < at else m - gone for m in whole if not at <= m < at + gone], np.int32)
    breaks = joints.mark_breaks(left, total)
    assert joints.mark_breaks(whole.astype(np.int32), 4000) == []
    assert any(b.first <= at <= b.last for b in breaks)


def test_groups_of_fixed_length_show_the_one_that_is_not():
    starts = np.zeros(200, int)
    starts[[0, 25, 50, 75, 93, 118, 143, 168, 193]] = 2
    assert joints.odd_groups(pictures(200, random_access=starts)) == [93]
    starts[[100, 150]] = 2
    assert joints.odd_groups(pictures(200, random_access=starts)) == []


@pytest.mark.parametrize(("ratio", "found"), [(25 / 19, [100]), (2.0, []), (1.0, [])])
def test_a_stretched_group(ratio, found):
    table = pictures(200, random_access=keys(200, 25))
    steps = np.full(199, 0.04)
    steps[75:100] *= ratio
    seconds = np.concatenate(([0], np.cumsum(steps)))
    assert joints.stretched_groups(table, np.arange(200), seconds, 1e-4) == found


def test_pictures_of_one_time_are_no_cadence():
    table = pictures(60, random_access=keys(60, 10))
    with np.errstate(all="raise"):
        assert joints.stretched_groups(table, np.arange(60), np.zeros(60), 1e-3) == []


def test_parameter_sets_that_begin_in_the_middle():
    table = pictures(100, random_access=keys(100, 10))
    assert joints.changed_sets(table, "h264") == []
    table["units"][50::10] |= np.uint64(1 << 7 | 1 << 8)
    table["sets"][50::10] = 77
    assert joints.changed_sets(table, "h264") == [(50, "sets_begin")]
    table["sets"][80::10] = 78
    assert (80, "sets_changed") in joints.changed_sets(table, "h264")


# ---- real encodes, cut packet by packet -------------------------------------------------------


def scene(i: int, flash: int = -1) -> np.ndarray:
    """A textured scene that moves on, its planes stacked; another one from `flash` on."""
    rng = np.random.default_rng(5 if flash < 0 or i < flash else 6)
    base = np.kron(rng.integers(30, 220, (20, 48)), np.ones((8, 8))).astype(np.uint8)
    out = np.full((240, 256), 128, np.uint8)
    noise = np.random.default_rng(1000 + i).integers(-3, 4, (160, 256))
    out[:160] = np.clip(np.roll(base, 2 * i, axis=1)[:, :256].astype(int) + noise, 0, 255)
    return out


def encode(path: Path, codec: str, options: dict[str, str], frames: int = 200, flash: int = -1) -> Path:
    with av.open(str(path), "w") as out:
        video = out.add_stream(codec, rate=25, options=options)
        video.width, video.height, video.pix_fmt = 256, 160, "yuv420p"
        sound = out.add_stream("aac", rate=48000, layout="mono")
        rng = np.random.default_rng(9)
        for n in range(frames * 1920 // 1024):
            wave = rng.normal(0, 0.05, (1, 1024)).astype(np.float32)
            chunk = av.AudioFrame.from_ndarray(wave, "fltp", "mono")
            chunk.sample_rate, chunk.pts = 48000, n * 1024
            out.mux(sound.encode(chunk))
        for i in range(frames):
            frame = av.VideoFrame.from_ndarray(scene(i, flash), "yuv420p")
            frame.pts = i
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        out.mux(sound.encode(None))
    return path


def without(source: Path, target: Path, first: int, last: int, close: bool, sound: bool) -> Path:
    """A copy without video packets `first` to `last` - 1 (decode order), and the sound of that time."""
    with av.open(str(source), options={"ignore_editlist": "1"}) as old, av.open(str(target), "w") as new:
        made = {s.index: new.add_stream_from_template(s) for s in old.streams if sound or s.type == "video"}
        packets = [p for p in old.demux() if p.size and p.stream_index in made]
        video = [p for p in packets if p.stream.type == "video"]
        start, end = (Fraction(video[i].pts) * video[i].time_base for i in (first, min(last, len(video) - 1)))
        for packet in packets:
            at = Fraction(packet.pts) * packet.time_base
            mine = packet.stream.type == "video"
            if (mine and packet in video[first:last]) or (not mine and close and start <= at < end):
                continue
            if close and (packet in video[last:] if mine else at >= end):
                packet.pts -= round((end - start) / packet.time_base)
                packet.dts -= round((end - start) / packet.time_base)
            packet.stream = made[packet.stream_index]
            new.mux(packet)
    return target


def undecoded(path: Path) -> Features:
    with open_recording(path) as recording:
        collector = FactsCollector(recording.media)
        for packet in recording.packets():
            collector.packet(packet)
        return Features(recording.media, recording.packet_table(), None, None, coded=collector.finish())


def loud(features: Features) -> list[Finding]:
    return [f for f in propose(features, DETECTOR.options).findings if f.severity > Severity.NOTICE]


X264 = {"g": "25", "bf": "2", "sc_threshold": "0", "preset": "veryfast"}
X265 = {"preset": "ultrafast", "x265-params": "log-level=none:keyint=25:scenecut=0:bframes=3:open-gop=1"}


@pytest.fixture(scope="module")
def avc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("avc") / "a.mp4", "libx264", X264)


@pytest.fixture(scope="module")
def hevc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("hevc") / "a.mp4", "libx265", X265)


def test_untouched_encodes_are_silent(avc, hevc):
    for path in (avc, hevc):
        assert propose(undecoded(path), DETECTOR.options).findings == ()


def test_a_group_cut_out_is_found_between_the_pictures_that_met(avc, tmp_path):
    features = undecoded(without(avc, tmp_path / "b.mp4", 75, 100, close=True, sound=True))
    found = loud(features)
    assert [(f.kind, f.start_frame, f.end_frame) for f in found] == [("deletion", 74, 75)]
    assert {e.name for e in found[0].evidence} >= {"idr_id", "sound_step"}


def test_two_groups_without_sound_leave_nothing_in_the_container_and_the_picture_tells(avc, tmp_path):
    path = without(avc, tmp_path / "b.mp4", 75, 125, close=True, sound=False)
    assert loud(undecoded(path)) == []
    found = loud(extract(path))
    assert [(f.start_frame, f.end_frame, f.severity) for f in found] == [(74, 75, Severity.SUSPICION)]
    assert loud(extract(avc)) == []


def test_pieces_joined_by_ffmpeg_without_sound_are_found_by_their_pre_roll(avc, tmp_path):
    """In and out points between key pictures: what stands before the in point is pushed together."""
    silent, joined = tmp_path / "silent.mp4", tmp_path / "joined.mp4"
    (tmp_path / "list").write_text(f"file '{silent}'\noutpoint 2.1\nfile '{silent}'\ninpoint 4.3\n")
    run = ["ffmpeg", "-v", "error", "-y"]
    subprocess.run([*run, "-i", avc, "-an", "-c", "copy", silent], check=True)
    subprocess.run([*run, "-f", "concat", "-safe", "0", "-i", tmp_path / "list", "-c", "copy", joined], check=True)
    assert loud(undecoded(silent)) == []
    (found,) = loud(undecoded(joined))
    assert (found.kind, found.severity, found.params["lead"]) == ("deletion", Severity.SUSPICION, "video_overlap")
    with av.open(str(joined), options={"ignore_editlist": "1"}) as file:
        keys = [p.pts * p.time_base for p in file.demux() if p.size and p.is_keyframe]
    assert found.end_s == pytest.approx(float(next(k for k in keys if k > 2)), abs=0.1)


def test_a_stream_that_begins_with_a_burst_says_nothing(avc):
    """Network recorders write what was waiting at once."""
    features = undecoded(avc)
    rows = features.packets.rows(0)
    dts = features.packets.dts.copy()
    dts[rows[:6]] = dts[rows[6]] - np.arange(6, 0, -1)
    assert loud(replace(features, packets=replace(features.packets, dts=dts))) == []


def test_the_picture_and_the_container_together_are_a_violation(avc, tmp_path):
    found = loud(extract(without(avc, tmp_path / "b.mp4", 75, 100, close=True, sound=True)))
    assert [(f.end_frame, f.severity) for f in found] == [(75, Severity.VIOLATION)]


def test_lost_pictures_are_named_and_hiding_the_loss_is_an_impossibility(avc, tmp_path):
    with av.open(str(avc)) as container:
        stored = [p for p in container.demux(video=0) if p.size]
    at = 60
    lost = [p.pts for p in stored[at : at + 4]]
    open_time = loud(undecoded(without(avc, tmp_path / "b.mp4", at, at + 4, close=False, sound=True)))
    assert open_time
    assert not any(f.impossible for f in open_time)
    step = stored[1].duration
    shown = sorted(p.pts for p in stored)
    gone = {shown.index(p) for p in lost}
    assert any(f.start_frame is not None and min(gone) - 3 <= f.start_frame <= max(gone) for f in open_time)
    assert step > 0


def test_closing_the_times_over_lost_references_is_a_violation(tmp_path):
    source = encode(tmp_path / "a.mp4", "libx264", {**X264, "bf": "0"}, frames=100)
    found = loud(undecoded(without(source, tmp_path / "b.mp4", 60, 63, close=True, sound=False)))
    assert [(f.start_frame, f.end_frame, f.impossible) for f in found] == [(59, 60, True)]
    assert found[0].params["missing"] == 3
    assert found[0].severity is Severity.VIOLATION


def test_hevc_knows_what_is_lost_by_the_references_and_the_order(hevc, tmp_path):
    for name, first, last in (("group", 75, 100), ("pictures", 60, 64)):
        found = loud(
            undecoded(without(hevc, tmp_path / f"{name}.mp4", first, last, close=name == "group", sound=False))
        )
        assert {e.name for f in found for e in f.evidence} & {"reference", "picture_order"}


def test_a_key_picture_of_a_scene_cut_is_no_join_and_a_cut_at_it_is(tmp_path):
    options = {"g": "50", "sc_threshold": "40", "bf": "2", "preset": "veryfast"}
    path = encode(tmp_path / "a.mp4", "libx264", options, frames=360, flash=140)
    features = extract(path)
    assert features.coded is not None
    starts = np.flatnonzero(features.coded.pictures["random_access"])
    assert 140 in starts
    assert loud(features) == []
    second = int(starts[np.flatnonzero(starts == 140)[0] + 1])
    cut = extract(without(path, tmp_path / "b.mp4", 140, second, close=True, sound=True))
    assert [(f.start_frame, f.end_frame) for f in loud(cut)] == [(139, 140)]


def test_two_recordings_joined(avc, tmp_path):
    other = encode(tmp_path / "o.mp4", "libx264", X264, frames=100, flash=0)
    target = tmp_path / "b.mp4"
    with av.open(str(avc)) as first, av.open(str(other)) as second, av.open(str(target), "w") as new:
        made = {s.index: new.add_stream_from_template(s) for s in first.streams}
        last = dict.fromkeys(made, -(1 << 40))
        for source, shift in ((first, Fraction(0)), (second, Fraction(8))):
            for packet in source.demux():
                if packet.size:
                    packet.pts += round(shift / packet.time_base)
                    packet.dts += round(shift / packet.time_base)
                    if packet.dts > last[packet.stream_index]:  # sound of the second that would overlap
                        last[packet.stream_index] = packet.dts
                        packet.stream = made[packet.stream_index]
                        new.mux(packet)
    found = loud(extract(target))
    assert [(f.start_frame, f.end_frame) for f in found] == [(199, 200)]
    assert "restart" in {e.name for e in found[0].evidence}


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_any_table_of_facts_is_survived(seed):
    rng = np.random.default_rng(seed)
    table = pictures(int(rng.integers(1, 80)))
    for name in PICTURE.names or ():
        if name != "row" and rng.random() < 0.8:
            table[name] = rng.integers(-1, 4, len(table)).astype(PICTURE[name])
    numbering.frame_num_losses(table)
    numbering.order_losses(table)
    numbering.reference_losses(table)
    numbering.idr_breaks(table)
    joints.restarts(table)
    joints.odd_groups(table)
    joints.changed_sets(table, "hevc")


def test_where_nothing_is_counted_across_groups_the_question_is_not_examinable(avc, tmp_path):
    numbers, sound = propose(undecoded(avc), DETECTOR.options).examined
    assert (numbers.question, numbers.by, numbers.seconds) == ("deletion", "bitstream", 0.0)
    assert [s.reason for s in numbers.not_examinable] == ["numbers_alternate"]  # x264 writes 0, 1, 0, 1
    assert (sound.question, sound.by, sound.not_examinable) == ("deletion", "sound_packets", ())
    assert sound.seconds == pytest.approx(8.0)
    options = {"preset": "ultrafast", "x265-params": "log-level=none:keyint=25:scenecut=0:open-gop=0"}
    closed = encode(tmp_path / "c.mp4", "libx265", options, frames=100)
    assert [e.by for e in propose(undecoded(closed), DETECTOR.options).examined] == ["bitstream", "sound_packets"]
    silent = without(closed, tmp_path / "d.mp4", 50, 75, close=True, sound=False)
    proposal = propose(undecoded(silent), DETECTOR.options)
    assert proposal.findings == ()
    assert [e.by for e in proposal.examined] == ["bitstream"]
    assert [s.reason for s in proposal.examined[0].not_examinable] == ["nothing_counted"]


@pytest.mark.parametrize(
    ("numbers", "kinds", "reason"),
    [
        ([0, 1, 2, 3], [2, 2, 2, 2], None),
        ([0, 1, 0, 1], [2, 2, 2, 2], "numbers_alternate"),
        ([0, 0, 0, 0], [2, 2, 2, 2], "nothing_counted"),
        ([-1, -1, -1, -1], [2, 1, 1, 1], None),  # open groups refer into the one before
        ([0, -1, -1, -1], [2, 0, 0, 0], None),  # one group
    ],
)
def test_what_is_counted_across_groups(numbers, kinds, reason):
    table = np.zeros(4, PICTURE)
    table["idr_id"], table["random_access"] = numbers, kinds
    assert uncounted(CodedFacts("h264", table, np.zeros(0, np.int32))) == reason


def test_sets_that_begin_in_the_stream_are_held_against_those_of_the_container():
    table = np.zeros(6, PICTURE)
    table["random_access"] = 2
    table["sets"][3:], table["units"][3:] = 77, 1 << 7 | 1 << 8
    assert joints.changed_sets(table, "h264") == [(3, "sets_begin")]
    assert joints.changed_sets(table, "h264", stated=77) == [(3, "sets_begin")]
    assert joints.changed_sets(table, "h264", stated=78) == [(3, "sets_changed")]


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_sets_in_packets_and_in_the_container_are_digested_alike(codec, tmp_path):
    path = encode(tmp_path / "a.mp4", codec, {"preset": "ultrafast"}, frames=30)
    beside = undecoded(path).coded
    annexed = tmp_path / "b.ts"
    with av.open(str(path)) as source, av.open(str(annexed), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    within = undecoded(annexed).coded
    assert beside.stated_sets > 0
    assert set(within.pictures["sets"][within.pictures["sets"] > 0].tolist()) == {beside.stated_sets}

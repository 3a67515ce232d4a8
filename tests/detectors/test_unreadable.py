"""Damage is located and counted, and stays a notice; too much of it and a file is not examinable."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detectors.damage import Damage, damage, too_much, unexaminable
from engine.detectors.unreadable import DETECTOR
from engine.features.tables import CORRUPT, DAMAGED, KEY, Features
from engine.findings import Finding, Severity
from engine.media.model import BoxFacts, TrackBoxes

GOP = "I24P "


def found(features: Features) -> tuple[Finding, ...]:
    return DETECTOR.propose(features, DETECTOR.options).findings


def flags(count: int, first: int, last: int) -> np.ndarray:
    values = np.zeros(count, np.uint8)
    values[first] = CORRUPT
    values[first + 1 : last + 1] = DAMAGED
    return values


def test_a_whole_recording_has_no_damage(recording) -> None:
    assert found(recording(8 * GOP)) == ()


def test_damage_up_to_the_next_key_picture_is_one_stretch(recording) -> None:
    tables = recording(8 * GOP, flags=flags(200, 60, 74))
    (finding,) = found(tables)
    assert (finding.start_frame, finding.end_frame, finding.severity) == (60, 74, Severity.NOTICE)
    assert (finding.start_s, finding.end_s) == (pytest.approx(2.4), pytest.approx(3.0))
    assert finding.params["pictures"] == 15


def test_lost_pictures_are_located_between_their_neighbours(recording) -> None:
    (finding,) = found(recording(8 * GOP, lost=(100, 101)))
    assert (finding.start_frame, finding.end_frame, finding.params["lost"]) == (99, 100, 2)
    assert (finding.start_s, finding.end_s) == (pytest.approx(4.0), pytest.approx(4.08))


def test_an_undecodable_last_packet_is_an_ordinary_notice(recording) -> None:
    tables = recording(8 * GOP, lost=(199,))
    assert [f.severity for f in found(tables)] == [Severity.NOTICE]
    assert unexaminable(tables) is None


@pytest.mark.parametrize(("pictures", "reason"), [(5, None), (6, "too_much_unreadable")])
def test_more_than_one_percent_and_five_pictures_is_too_much(recording, pictures: int, reason: str | None) -> None:
    assert unexaminable(recording(8 * GOP, lost=tuple(range(60, 60 + pictures)))) == reason


def test_more_than_two_seconds_is_too_much_however_long_the_file(recording) -> None:
    long = 260 * GOP
    assert unexaminable(recording(long, lost=tuple(range(60, 110)))) is None
    assert unexaminable(recording(long, lost=tuple(range(60, 112)))) == "too_much_unreadable"


@pytest.mark.parametrize(
    ("pictures", "reason"), [(0, None), (3, None), (25, "too_much_unreadable"), (110, "too_much_unreadable")]
)
def test_a_start_that_cannot_be_decoded_counts(recording, pictures: int, reason: str | None) -> None:
    assert unexaminable(recording(8 * GOP, lost=tuple(range(pictures)))) == reason


@pytest.mark.parametrize(("text", "lost", "reason"), [
    ("2B 12P " + 8 * GOP, 14, None),  # a recording that begins inside a group of pictures
    ("I2B " + 8 * GOP, 3, None),
    ("49P " + 8 * GOP, 49, None),
    ("52P " + 8 * GOP, 52, "too_much_unreadable"),  # longer than any such start
    ("12P I 12P " + 8 * GOP, 25, "too_much_unreadable"),  # the twin: it had a place to begin at
])  # fmt: skip
def test_pictures_before_the_first_random_access_point_are_shown_by_no_player(
    recording, text: str, lost: int, reason: str | None
) -> None:
    tables = recording(text, lost=tuple(range(lost)))
    assert unexaminable(tables) == reason
    assert [f.severity for f in found(tables)] == [Severity.NOTICE]


@pytest.mark.parametrize(("other", "reason"), [((), None), ((9,), "too_much_unreadable")])
def test_a_group_behind_lost_leading_pictures_is_whole_unless_more_is_lost(
    recording, other: tuple[int, ...], reason: str | None
) -> None:
    """Leading pictures stand behind their random-access point in the file, and are shown before it."""
    tables = recording("2BI24P " + 7 * GOP, lost=(0, 1, *other))
    rows, keys = tables.frames["packet"], tables.packets.key
    values = np.where(keys[rows], KEY, np.where(rows < 27, DAMAGED, 0)).astype(np.uint8)
    frames = replace(tables.frames, columns={**tables.frames.columns, "flags": values})
    tables = replace(tables, frames=frames)
    assert keys[0]
    assert unexaminable(tables) == reason
    assert [f.params["lost"] for f in found(tables)] == ([2] if reason is None else [2, 1])


@pytest.mark.parametrize("first", [0, 60])
@pytest.mark.parametrize(("count", "reason"), [(5, None), (6, "too_much_unreadable")])
def test_lost_pictures_of_a_raw_stream_count_too(recording, first: int, count: int, reason: str | None) -> None:
    tables = recording(8 * GOP, lost=tuple(range(first, first + count)))
    tables = replace(tables, frames=replace(tables.frames, timed=False))
    assert unexaminable(tables) == reason
    assert [f.params["lost"] for f in found(tables)] == [count]


TRACK = TrackBoxes(1, "vide", True, 12800, None, None)
MP4 = BoxFacts("isom", 0, (), ("ftyp", "moov", "mdat"), 1000, None, None, (TRACK,))


@pytest.mark.parametrize(
    ("handlers", "reason"),
    [(["soun"], None), (["soun", "tmcd", "text"], None), (["vide", "soun"], "no_picture"), (["", "soun"], "no_picture"),
     (["vidx", "soun"], "no_picture")],
)  # fmt: skip
def test_a_picture_track_that_cannot_be_opened_is_no_sound_file(sound_of, handlers: list[str], reason: str) -> None:
    tables = sound_of(np.full(800, 100))
    streams = tuple(replace(s, kind="data") if s.kind == "video" else s for s in tables.media.streams)
    boxes = replace(MP4, tracks=tuple(replace(TRACK, handler_type=h) for h in handlers))
    tables = replace(tables, frames=None, media=replace(tables.media, streams=streams, boxes=boxes))
    assert unexaminable(tables) == reason


@pytest.mark.parametrize(("container", "reason"), [("avi", "no_picture"), ("mpegts", None)])
def test_an_unknown_stream_beside_the_sound_of_an_avi_may_be_its_picture(sound_of, container: str, reason: str) -> None:
    tables = sound_of(np.full(800, 100))
    streams = tuple(replace(s, kind="data") if s.kind == "video" else s for s in tables.media.streams)
    tables = replace(tables, frames=None, media=replace(tables.media, streams=streams, format=container))
    assert unexaminable(tables) == reason


@pytest.mark.parametrize("container", ["jpeg_pipe", "png_pipe", "image2", "gif", "webp_pipe"])
def test_an_image_is_no_recording(recording, container: str) -> None:
    tables = recording("I24P")
    assert unexaminable(tables) is None
    assert unexaminable(replace(tables, media=replace(tables.media, format=container))) == "photo"


def test_pictures_that_are_items_and_no_tracks_are_an_image(recording) -> None:
    tables = recording("I24P")
    heif = replace(MP4, top_level=("ftyp", "meta", "mdat"), tracks=(), movie_boxes=0)
    for boxes, reason in ((heif, "photo"), (MP4, None), (replace(MP4, top_level=("ftyp", "moov", "meta")), None)):
        assert unexaminable(replace(tables, media=replace(tables.media, boxes=boxes))) == reason


def test_nothing_decoded_is_no_picture(recording) -> None:
    tables = recording(2 * GOP)
    empty = {name: column[:0] for name, column in tables.frames.columns.items()}
    assert unexaminable(replace(tables, frames=replace(tables.frames, columns=empty))) == "no_picture"


def test_a_track_without_packets_is_no_picture_even_where_nothing_is_decoded(packets_of) -> None:
    tables = packets_of("25fps: I24P")
    assert unexaminable(tables) is None
    assert tables.media.video is not None
    stream = tables.packets.stream + 1  # all packets are of another stream
    assert unexaminable(replace(tables, packets=replace(tables.packets, stream=stream))) == "no_picture"


def test_many_stretches_are_summed_up(recording) -> None:
    lost = tuple(range(20, 200, 4))
    findings = found(recording(8 * GOP, lost=lost))
    assert len(findings) == DETECTOR.options.listed + 1
    assert findings[-1].template == "unreadable_more"
    assert findings[-1].params["pictures"] == len(lost) - DETECTOR.options.listed


def test_a_file_that_ends_before_its_header_says_so(recording) -> None:
    tables = recording(8 * GOP)
    video = replace(tables.media.streams[0], duration=tables.media.streams[0].duration * 4 // 3)
    media = replace(tables.media, streams=(video,))
    (finding,) = found(replace(tables, media=media, packets=replace(tables.packets, media=media)))
    assert finding.template == "cut_short"
    assert finding.params["missing_s"] == pytest.approx(8 / 3, abs=0.05)


@pytest.mark.parametrize(("promised", "reason"), [(9.9, None), (10.1, "too_much_unreadable")])
def test_an_end_that_is_promised_and_missing_counts_as_unreadable(
    recording, promised: float, reason: str | None
) -> None:
    tables = recording(8 * GOP)
    video = replace(tables.media.streams[0], duration=round(promised * 12800))
    media = replace(tables.media, streams=(video,))
    assert unexaminable(replace(tables, media=media, packets=replace(tables.packets, media=media))) == reason


def test_a_container_that_promises_more_than_its_streams_hold(recording) -> None:
    tables = recording(8 * GOP)
    video = replace(tables.media.streams[0], duration=None)
    for promised, count in ((8.04, 0), (10.7, 1)):
        media = replace(tables.media, streams=(video,), duration_s=promised)
        assert len(found(replace(tables, media=media, packets=replace(tables.packets, media=media)))) == count


def test_a_demuxer_that_gave_up_is_said(recording) -> None:
    tables = recording(8 * GOP)
    (finding,) = found(replace(tables, packets=replace(tables.packets, cut_short=True)))
    assert finding.template == "cut_short"


def test_sound_packets_that_cannot_be_decoded(sound_of) -> None:
    tables = sound_of(np.full(800, 100))
    rows = tables.packets.rows(1)[10:12].astype(np.int32)
    (finding,) = found(replace(tables, audio=replace(tables.audio, undecodable=rows)))
    assert (finding.template, finding.params["packets"]) == ("unreadable_sound", 2)


stretch = st.builds(
    lambda start, length, pictures: Damage(start, start + length, None, None, pictures, 0),
    st.floats(0, 100),
    st.floats(0, 3),
    st.integers(1, 80),
)


@settings(deadline=None)
@given(st.lists(stretch, max_size=6), stretch)
def test_more_damage_never_makes_a_file_examinable(stretches: list[Damage], more: Damage) -> None:
    if too_much(tuple(stretches), 1000, 40.0):
        assert too_much((*stretches, more), 1000, 40.0)


def test_all_stretches_together_are_the_lost_pictures(recording) -> None:
    tables = recording(8 * GOP, lost=(30, 31, 90), flags=flags(197, 120, 130))
    assert sum(d.pictures for d in damage(tables)) == 3 + 11

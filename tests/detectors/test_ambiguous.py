"""Containers that players may read differently; a player's own choice is what an attacker relies on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.detectors.ambiguous import DETECTOR
from engine.features.tables import Features
from engine.findings import Finding, Severity
from engine.media.coded_facts import PICTURE, CodedFacts
from engine.media.model import BoxFacts, Fact, Structure, TrackBoxes
from engine.media.riff_index import IndexFacts

TRACK = TrackBoxes(1, "vide", True, 12800, None, None)
NOTHING = Structure()
PLAIN = BoxFacts("isom", 0, (), (), 1000, None, None, (TRACK,), padding=((0, 50),))


def found(packets_of, boxes: BoxFacts | None, structure: Structure = NOTHING) -> list[Finding]:
    made: Features = packets_of("25fps h264: I9P")
    packets = replace(made.packets, position=np.arange(100, 1100, 100, dtype=np.int64))
    media = replace(made.media, boxes=boxes, structure=structure)
    return list(DETECTOR.propose(replace(made, media=media, packets=packets), DETECTOR.options).findings)


def test_an_ordinary_container_is_not_ambiguous(packets_of) -> None:
    assert found(packets_of, PLAIN) == []
    assert found(packets_of, None) == []


@pytest.mark.parametrize(
    ("boxes", "template", "severity", "count"),
    [
        (replace(PLAIN, movie_boxes=2), "ambiguous_index", Severity.SUSPICION, 2),
        (replace(PLAIN, tracks=(replace(TRACK, doubled=("stsz", "stts")),)), "ambiguous_parts", Severity.SUSPICION, 2),
        (replace(PLAIN, unread=True), "ambiguous_unread", Severity.SUSPICION, True),
        (replace(PLAIN, tracks=(TRACK, replace(TRACK, enabled=False))), "ambiguous_off", Severity.NOTICE, 1),
        (replace(PLAIN, tracks=(replace(TRACK, descriptions=2),)), "ambiguous_described", Severity.NOTICE, 2),
        (replace(PLAIN, padding=((0, 50), (150, 450), (990, 1000))), "ambiguous_padding", Severity.SUSPICION, 3),
    ],
)
def test_each_ambiguity_is_told(packets_of, boxes: BoxFacts, template: str, severity: Severity, count: int) -> None:
    (finding,) = found(packets_of, boxes)
    assert (finding.template, finding.severity, finding.params["count"]) == (template, severity, count)


def test_padding_between_samples_is_usual(packets_of) -> None:
    """A sample right behind padding, and one right before it, lie outside."""
    assert found(packets_of, replace(PLAIN, padding=((150, 200), (301, 400)))) == []


def test_a_text_track_that_is_off_hides_no_picture(packets_of) -> None:
    off = replace(TRACK, handler_type="text", enabled=False)
    assert found(packets_of, replace(PLAIN, tracks=(TRACK, off))) == []


def test_a_second_header_of_matroska(packets_of) -> None:
    structure = Structure("matroska", (Fact("mkv.repeated", "Tracks"),))
    (finding,) = found(packets_of, None, structure)
    assert (finding.template, finding.params["where"]) == ("ambiguous_parts", "Tracks")


def test_tracks_beside_the_examined_ones_are_told_where_they_hold_anything(packets_of) -> None:
    made: Features = packets_of("25fps h264 sound: I9P")
    sound = made.media.streams[1]
    other = replace(sound, index=2, kind="audio")

    def told(extra: int) -> list[Finding]:
        stream = made.packets.stream.copy()
        stream[made.packets.rows(1)[:extra]] = 2
        packets = replace(made.packets, stream=stream)
        media = replace(made.media, streams=(*made.media.streams, other))
        return list(DETECTOR.propose(replace(made, media=media, packets=packets), DETECTOR.options).findings)

    assert told(0) == told(1) == []
    (finding,) = told(5)
    assert (finding.template, finding.severity, finding.params["where"]) == (
        "ambiguous_several", Severity.NOTICE, "audio",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("index", "templates"),
    [
        (IndexFacts(100, 100, 0, 0), []),
        (IndexFacts(100, 99, 1, 0), []),
        (IndexFacts(100, 60, 40, 0), ["ambiguous_unlisted"]),
        (IndexFacts(60, 100, 0, 40), ["ambiguous_nowhere"]),
    ],
)
def test_chunks_that_the_index_of_an_avi_file_leaves_out(packets_of, index: IndexFacts, templates: list[str]) -> None:
    made: Features = packets_of("25fps h264: I9P")
    coded = CodedFacts("", np.zeros(0, PICTURE), np.zeros(0, np.int32), index=index)
    told = DETECTOR.propose(replace(made, coded=coded), DETECTOR.options).findings
    assert [f.template for f in told] == templates

"""Packets and coded facts through Parquet, Arrow and pandas and back; hand-made, no decoder."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.features import convert_packets as convert
from engine.features.arrow import META_KEY
from engine.features.plain import from_plain, to_plain
from engine.media.coded_facts import PICTURE, CodedFacts
from engine.media.errors import MediaError
from engine.media.headers import HEADER, HeaderFacts
from engine.media.model import (
    NO_TIME,
    BoxFacts,
    Dates,
    Edit,
    Fact,
    MediaInfo,
    PacketTable,
    StreamInfo,
    Structure,
    TrackBoxes,
)
from engine.media.riff_index import IndexFacts
from engine.media.transport import TransportEvent, TransportFacts

STREAM = StreamInfo(
    3, 257, "video", "h264", Fraction(1, 90000), None, -5, extradata=b"\x00\xff\x01", rate=Fraction(30000, 1001)
)
TRACK = TrackBoxes(1, "vide", True, 90000, None, 7, (Edit(0, -1, Fraction(1, 3)),), (65536, 0), ("tkhd",))
MEDIA = MediaInfo(
    path="/片/not-utf8-\udcff.mp4",
    size=2**40,
    format="mov,mp4",
    streams=(STREAM, StreamInfo(4, 2, "audio", "aac", Fraction(1, 48000), 0, None, sample_rate=48000)),
    tags=MappingProxyType({"encoder": "Lavf", "备注": ""}),
    boxes=BoxFacts(
        "isom", 512, ("isom", "mp42"), ("ftyp", "moov"), 1000, 1, None, (TRACK,), fragmented=True, padding=((8, 20),)
    ),
    duration_s=0.1 + 0.2,
    structure=Structure("mp4", (Fact("ilst.©too", "x"),), (Dates("mvhd", 1, 0),)),
)
PACKETS = PacketTable(
    media=MEDIA,
    stream=np.array([3, 4, 3], np.int16),
    index=np.array([0, 0, 1], np.int32),
    pts=np.array([NO_TIME, 2**62, -1], np.int64),
    dts=np.array([NO_TIME, NO_TIME, 0], np.int64),
    duration=np.array([0, 1024, 3003], np.int64),
    position=np.array([48, NO_TIME, 2**40], np.int64),
    size=np.array([1, 0, 2**31 - 1], np.int32),
    key=np.array([True, False, False]),
    corrupt=np.array([False, True, False]),
    hidden=np.array([False, False, True]),
    digest=np.arange(96, dtype=np.uint8).reshape(3, 32),
    cut_short=True,
)
STREAMED = TransportFacts(192, 9, 4, (0, 256), (TransportEvent("clock_jump", 256, 3, 1, 0, -0.5),), (0, 0, 1, 0, 0, 0))
OLD = HeaderFacts("mpeg4", 30, np.array([(0, 2, 29, 1, 4, 7, 90), (1, -1, -1, -1, 0, 0, -1)], HEADER))
COLUMNS = [f.name for f in fields(PacketTable) if f.name not in ("media", "digest", "cut_short")]


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def none_of(table: PacketTable) -> PacketTable:
    return replace(table, digest=None, **{n: getattr(table, n)[:0] for n in COLUMNS})


def coded(rows: int) -> CodedFacts:
    rng = np.random.default_rng(0)
    pictures = np.frombuffer(rng.bytes(rows * PICTURE.itemsize), PICTURE).copy()
    pictures["banner"] = rng.integers(0, 2, rows)
    return CodedFacts(
        "h264" if rows else "",
        pictures,
        np.array([0, 256], np.int32),
        ("x264 – 核", "Lavc\udc80"),
        STREAMED if rows else None,
        OLD if rows else None,
        IndexFacts(3, 2, 1, 0),
        stated_sets=7,
    )


def test_packets_through_parquet(tmp_path: Path) -> None:
    for table in (PACKETS, replace(PACKETS, digest=None, cut_short=False), none_of(PACKETS)):
        convert.write_packets(table, tmp_path / "p.parquet")
        again = convert.read_packets(tmp_path / "p.parquet")
        assert again.media == MEDIA
        assert again.cut_short is table.cut_short
        assert all(same(getattr(again, n), getattr(table, n)) for n in COLUMNS)
        assert not again.pts.flags.writeable
        assert (again.digest is None) is (table.digest is None)
        if table.digest is not None and again.digest is not None:
            assert same(again.digest, table.digest)


@pytest.mark.parametrize("rows", [0, 1, 300])
def test_coded_facts_through_parquet(rows: int, tmp_path: Path) -> None:
    convert.write_coded(coded(rows), tmp_path / "c.parquet")
    again, wanted = convert.read_coded(tmp_path / "c.parquet"), coded(rows)
    assert (again.codec, again.names, again.stated_sets) == (wanted.codec, wanted.names, wanted.stated_sets)
    assert (again.transport, again.index) == (wanted.transport, wanted.index)
    assert same(again.pictures, wanted.pictures)
    assert same(again.marks, wanted.marks)
    if wanted.headers is not None:
        assert again.headers is not None
        assert (again.headers.codec, again.headers.resolution) == (wanted.headers.codec, wanted.headers.resolution)
        assert same(again.headers.rows, wanted.headers.rows)


def test_every_field_of_the_table_is_kept() -> None:
    """A field that is added to PacketTable must be added to the conversion too."""
    kept = set(convert.packets_to_arrow(PACKETS).column_names) | {"media", "cut_short"}
    assert kept == {f.name for f in fields(PacketTable)}
    assert {f.name for f in fields(CodedFacts)} == {
        "codec",
        "pictures",
        "marks",
        "names",
        "stated_sets",
        "transport",
        "headers",
        "index",
    }


def test_another_version_or_file_is_refused_by_name(tmp_path: Path) -> None:
    table = convert.packets_to_arrow(PACKETS)
    newer = table.replace_schema_metadata({META_KEY: b'{"schema":"unbroken.packets/999"}'})
    with pytest.raises(ValueError, match="999"):
        convert.packets_from_arrow(newer)
    with pytest.raises(ValueError, match="pts"):
        convert.packets_from_arrow(table.drop_columns(["pts"]))
    hole = table.set_column(2, "pts", pa.array([1, None, 3], pa.int64()))
    other = convert.coded_to_arrow(coded(2))
    for bad in (newer, hole, table.replace_schema_metadata(None), pa.table({"x": [1]})):
        pq.write_table(bad, tmp_path / "bad.parquet")
        for read in (convert.read_packets, convert.read_coded):
            with pytest.raises(MediaError, match=r"bad\.parquet: not_a_table"):
                read(tmp_path / "bad.parquet")
    pq.write_table(other, tmp_path / "other.parquet")
    with pytest.raises(MediaError, match=r"other\.parquet: not_a_table"):
        convert.read_packets(tmp_path / "other.parquet")


def test_streams_that_are_not_as_they_should_be(tmp_path: Path) -> None:
    table = convert.packets_to_arrow(PACKETS)
    facts = json.loads(table.schema.metadata[META_KEY])
    for change in ({"size": "1"}, {"streams": {}}, {"boxes": []}, {"more": 1}, {"tags": {"a": 1}}):
        altered = json.dumps({**facts, "media": {**facts["media"], **change}}).encode()
        pq.write_table(table.replace_schema_metadata({META_KEY: altered}), tmp_path / "m.parquet")
        with pytest.raises(MediaError, match="not_a_table"):
            convert.read_packets(tmp_path / "m.parquet")


@pytest.mark.parametrize("bad", ["1/0", "x", 3, None])
def test_a_time_base_must_be_a_fraction(bad: Any) -> None:
    plain = to_plain(STREAM)
    with pytest.raises(ValueError, match=r"."):
        from_plain(StreamInfo, {**plain, "time_base": bad})


@given(st.fractions(), st.binary(), st.text(st.characters(codec=None)), st.floats(allow_nan=False))
def test_dataclasses_through_json(rate: Fraction, extradata: bytes, text: str, seconds: float) -> None:
    stream = replace(STREAM, rate=rate, extradata=extradata, language=text)
    media = replace(MEDIA, streams=(stream,), duration_s=seconds, boxes=None, tags={text: text})
    assert from_plain(MediaInfo, json.loads(json.dumps(to_plain(media)))) == media


def test_pandas() -> None:
    assert list(convert.packets_to_pandas(PACKETS)["size"]) == [1, 0, 2**31 - 1]
    assert list(convert.coded_to_pandas(coded(5)).columns) == list(PICTURE.names or ())

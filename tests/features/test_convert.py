"""Tables through Parquet, Arrow and pandas and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_clips import scenes, tone, write_clip

from engine.features import Features, convert, extract
from engine.media.errors import MediaError


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Features:
    path = tmp_path_factory.mktemp("clip") / "a.mkv"
    return extract(write_clip(path, scenes(30), sound=tone(1.2)))


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def test_frames_through_parquet(features: Features, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = features.frames
    assert frames is not None
    monkeypatch.setattr(convert, "BATCH", 7)
    convert.write_frames(frames, tmp_path / "f.parquet")
    again = convert.read_frames(tmp_path / "f.parquet")
    for name in ("time_base", "origin", "nominal", "timed", "width", "height", "depth", "converted", "hidden"):
        assert getattr(again, name) == getattr(frames, name)
    assert again.columns.keys() == frames.columns.keys()
    assert again.wide.keys() == frames.wide.keys()
    for name in frames.columns:
        assert same(again.columns[name], frames.columns[name]), name
    for name in frames.wide:
        assert same(again.wide[name], frames.wide[name]), name
    assert not again["pts"].flags.writeable
    assert pq.ParquetFile(tmp_path / "f.parquet").metadata.num_row_groups == 5


def test_audio_through_parquet(features: Features, tmp_path: Path) -> None:
    audio = features.audio
    assert audio is not None
    assert len(audio) > 100
    convert.write_audio(audio, tmp_path / "a.parquet")
    again = convert.read_audio(tmp_path / "a.parquet")
    assert (again.start_s, again.end_s, again.sample_rate) == (audio.start_s, audio.end_s, audio.sample_rate)
    assert all(same(again.columns[n], audio.columns[n]) for n in audio.columns)


def test_another_version_or_file_is_refused_by_name(features: Features, tmp_path: Path) -> None:
    assert features.frames is not None
    table = convert.frames_to_arrow(features.frames)
    newer = table.replace_schema_metadata({convert.META_KEY: b'{"schema":"unbroken.frames/999"}'})
    with pytest.raises(ValueError, match="999"):
        convert.frames_from_arrow(newer)
    with pytest.raises(ValueError, match="hash"):
        convert.frames_from_arrow(table.drop_columns(["wide.hash"]))
    for bad in (newer, table.replace_schema_metadata(None), pa.table({"x": [1]})):
        pq.write_table(bad, tmp_path / "bad.parquet")
        with pytest.raises(MediaError, match=r"bad\.parquet"):
            convert.read_frames(tmp_path / "bad.parquet")
        with pytest.raises(MediaError, match=r"bad\.parquet"):
            convert.read_audio(tmp_path / "bad.parquet")
    (tmp_path / "text.parquet").write_text("no table")
    with pytest.raises(MediaError, match=r"text\.parquet"):
        convert.read_frames(tmp_path / "text.parquet")


def test_empty_table(features: Features) -> None:
    assert features.frames is not None
    none = convert.frames_from_arrow(convert.frames_to_arrow(features.frames, 0, 0))
    assert len(none) == 0
    assert none.wide["means"].shape == (0, 22, 40)


def test_pandas(features: Features) -> None:
    assert features.frames is not None
    assert features.audio is not None
    frame = convert.frames_to_pandas(features.frames)
    assert list(frame.index[:2]) == pytest.approx([0, 0.04])
    assert "mean" in frame
    assert len(convert.audio_to_pandas(features.audio)) == len(features.audio)

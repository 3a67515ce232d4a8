"""Tables for detector tests, from a line of the stream language; nothing is decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.features.tables import AUDIO_COLUMNS, SCALARS, AudioTable, Features, FrameTable
from engine.media.model import PacketTable
from fixtures.stream import stream

Recording = Callable[..., Features]


def frame_table(packets: PacketTable, lost: tuple[int, ...], columns: Mapping[str, Any]) -> FrameTable:
    """A FrameTable of the video packets in order of time, without those of picture numbers `lost`."""
    video = packets.media.video
    assert video is not None
    rows = packets.rows(video.index)
    rows = rows[~packets.hidden[rows]]
    since = (packets.pts[rows] - packets.dts[rows[0]]) % (1 << 33)  # a transport clock may start again
    rows = rows[np.argsort(since, kind="stable")]
    kept = np.delete(rows, list(lost))
    pts = packets.pts[kept]
    values: dict[str, NDArray[Any]] = {name: np.zeros(len(kept), dtype) for name, dtype in SCALARS.items()}
    values |= {"pts": pts, "packet": kept.astype(np.int32), "flags": packets.key[kept].astype(np.uint8)}
    for name, value in columns.items():
        values[name] = np.broadcast_to(np.asarray(value, SCALARS[name]), len(kept)).copy()
    return FrameTable(
        time_base=video.time_base,
        origin=int(pts[0]),
        nominal=int(np.median(np.diff(pts))) if len(pts) > 1 else 1,
        timed=True,
        width=640,
        height=360,
        depth=8,
        columns=values,
        wide={},
        undecodable=rows[list(lost)].astype(np.int32),
    )


@pytest.fixture
def packets_of() -> Recording:
    """Line of the stream language -> tables as without decoding."""

    def make(text: str) -> Features:
        packets = stream(text)
        return Features(packets.media, packets, None, None)

    return make


@pytest.fixture
def recording() -> Recording:
    """Line of the stream language -> tables with pictures; `lost` ones are undecodable."""

    def make(text: str, lost: tuple[int, ...] = (), **columns: Any) -> Features:
        packets = stream(text)
        return Features(packets.media, packets, frame_table(packets, lost, columns), None)

    return make


@pytest.fixture
def sound_of() -> Recording:
    """(peaks of 10 ms rows) -> tables with such sound under 25 pictures a second."""

    def make(peak: Any, **columns: Any) -> Features:
        peaks = np.asarray(peak)
        rows = len(peaks)
        packets = stream(f"25fps sound: I{max(rows // 4 - 1, 1)}P")
        values: dict[str, NDArray[Any]] = {name: np.zeros(rows, dtype) for name, dtype in AUDIO_COLUMNS.items()}
        values |= {"peak": peaks.astype(np.uint16), "present": np.ones(rows, np.bool_)}
        values["zeros"] = (peaks == 0).astype(np.float32)
        for name, value in columns.items():
            values[name] = np.asarray(value, AUDIO_COLUMNS[name])
        audio = AudioTable(0.0, rows / 100, 48000, 1, values, np.zeros(0, np.int32))
        return Features(packets.media, packets, frame_table(packets, (), {}), audio)

    return make


@pytest.fixture
def without_sound() -> Callable[[Features], Features]:
    """The same tables with the sound stream taken out of the list."""

    def make(features: Features) -> Features:
        streams = tuple(s for s in features.media.streams if s.kind != "audio")
        media = replace(features.media, streams=streams)
        return replace(features, media=media, packets=replace(features.packets, media=media))

    return make

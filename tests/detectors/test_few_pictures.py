"""Recordings of no picture up to five: every detector answers, and none of them fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.detectors.contract import Detector, RecheckTable
from engine.detectors.registry import BUILT_IN
from engine.detectors.runner import examine
from engine.features.tables import AUDIO_COLUMNS, AudioTable, Features
from engine.findings import Severity
from fixtures import shots
from fixtures.stream import stream

PICTURES = shots.shot(5, seed=3)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def few(count: int, sound: bool, timed: bool) -> Features:
    """Tables of `count` pictures at 25 a second."""
    packets = stream(f"25fps{' sound' if sound else ''}: I5P")
    assert packets.media.video is not None
    measured = shots.tables(PICTURES[: max(count, 1)]).frames
    assert measured is not None
    rows = packets.rows(packets.media.video.index)[: max(count, 1)]
    columns = {**measured.columns, "pts": packets.pts[rows], "packet": rows.astype(np.int32)}
    frames = replace(
        measured, timed=timed, time_base=packets.media.video.time_base, origin=int(packets.pts[rows[0]]), nominal=512,
        columns={name: values[:count] for name, values in columns.items()},
        wide={name: values[:count] for name, values in measured.wide.items()},
    )  # fmt: skip
    heard: dict[str, NDArray[Any]] = {name: np.ones(20, dtype) for name, dtype in AUDIO_COLUMNS.items()}
    audio = AudioTable(0.0, 0.2, 48000, 1, heard, np.zeros(0, np.int32)) if sound else None
    return Features(packets.media, packets, frames, audio)


def again(numbers: Sequence[int]) -> RecheckTable:
    return {n: PICTURES[n] for n in numbers}


@pytest.mark.parametrize("detector", BUILT_IN, ids=lambda d: d.name)
@pytest.mark.parametrize("count", range(6))
@pytest.mark.parametrize("sound", [False, True], ids=["silent", "sound"])
@pytest.mark.parametrize("timed", [True, False], ids=["timed", "untimed"])
def test_a_detector_copes_with_few_pictures(detector: Detector, count: int, sound: bool, timed: bool) -> None:
    result = examine(few(count, sound, timed), again, [detector])
    assert result.failed == ()
    assert [f for f in result.findings if f.severity > Severity.NOTICE] == []
    assert all(e.seconds <= 0.3 for e in result.examined)


@pytest.mark.parametrize("detector", BUILT_IN, ids=lambda d: d.name)
@pytest.mark.parametrize("at", [1, 30])
def test_nothing_is_examined_over_a_hole_in_the_times(detector: Detector, at: int) -> None:
    pictures = shots.shot(60, seed=3, speed=0.2)
    pts = [100 * k + (1 << 50) * (k >= at) for k in range(60)]
    examined = detector.propose(shots.tables(pictures, pts=pts), detector.options).examined
    assert all(e.seconds <= 60 / 25 + 1 for e in examined)

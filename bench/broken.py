"""What breaks at a join, by counting in the plainest way: so that recall can be told apart by it.

This knows where the join is and asks only whether anything there is unlike the rest of the file. It
shares no threshold with the detectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from engine.features.survey import survey
from engine.media.coded_facts import CodedFacts

JOINS = frozenset({"cut_copy", "cut_forged", "gap_copy", "splice_copy", "splice_unlike"})
"""Operations that leave one join between whole groups of pictures."""


def at_join(path: Path, event: Mapping[str, Any]) -> frozenset[str]:
    """Which of ``time``, ``sound``, ``numbers`` and ``sets`` break between two frames of a copy.

    Parameters
    ----------
    path
        The copy.
    event
        Its true event: a join.
    """
    frame, second = int(event["end_frame"]), (event["start_s"] + event["end_s"]) / 2
    with av.open(str(path)) as container:
        video = _times(container, "video")
    with av.open(str(path)) as container:
        sound = _times(container, "audio") if container.streams.audio else np.zeros(0)
    found = set()
    if len(video) > frame and _outside(np.diff(video), frame - 1):
        found.add("time")
    if len(sound) > 3 and len(video):
        near = np.flatnonzero(np.abs((sound[1:] + sound[:-1]) / 2 - video[0] - second) < 0.1)
        steps = np.diff(sound)
        if any(_outside(steps, int(i)) for i in near):
            found.add("sound")
    coded = survey(path).coded
    if coded is not None and len(coded):
        found |= _counted(path, coded, frame)
    return frozenset(found)


def _times(container: Any, kind: str) -> NDArray[np.float64]:
    """Seconds of each packet, ascending, none that an edit list hides."""
    stream = next(s for s in container.streams if s.type == kind)
    times = [float(p.pts * p.time_base) for p in container.demux(stream) if p.size and p.pts is not None]
    return np.sort(np.array(times, np.float64))


def _outside(steps: NDArray[np.float64], at: int) -> bool:
    """Whether a step is longer or shorter than every other one, the first and last few left out."""
    others = np.delete(steps, at)[2:-2]
    slack = 0.0005  # Matroska's own rounding
    return bool(len(others) and (steps[at] > others.max() + slack or steps[at] < others.min() - slack))


def _counted(path: Path, coded: CodedFacts, frame: int) -> set[str]:
    """Numbers and parameter sets that do not go on at a frame."""
    with av.open(str(path)) as container:
        times = [p.pts for p in container.demux(container.streams.video[0]) if p.size]
    if len(times) != len(coded) or any(t is None for t in times):
        return set()
    at = int(np.argsort(np.array(times), kind="stable")[frame])
    pictures, found = coded.pictures, set()
    keys = np.flatnonzero(pictures["random_access"] > 0)
    here = np.flatnonzero(keys == at)
    if len(here) and here[0] > 0:
        if _breaks(pictures["idr_id"][keys].astype(np.int64), int(here[0])):
            found.add("numbers")
        sets, before = int(pictures["sets"][at]), int(pictures["sets"][keys[here[0] - 1]])
        if sets != before or bool(pictures["banner"][at]):
            found.add("sets")
    if pictures["random_access"][at] != 2 and at > 0 and pictures["frame_num"][at] >= 0:
        modulus = 1 << max(1, int(pictures["frame_num_bits"][at]))
        if (int(pictures["frame_num"][at]) - int(pictures["frame_num"][at - 1])) % modulus > 1:
            found.add("numbers")
    if (pictures["missing"][at : at + 8] > 0).any():
        found.add("numbers")
    return found


def _breaks(ids: NDArray[np.int64], at: int) -> bool:
    """Whether the number of a key picture does not follow the one before as all others do."""
    if len(np.unique(ids)) == 2:  # by turns
        return bool(ids[at] == ids[at - 1])
    steps = np.diff(ids)
    others = np.delete(steps, at - 1)
    return len(others) >= 3 and len(np.unique(others)) <= 2 and bool(steps[at - 1] not in others)

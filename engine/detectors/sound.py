"""Where the sound runs on and where it does not: shared by the sound detectors and the runner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from engine.detectors.timeline import SoundTimes, sound_times
from engine.features.tables import Features

HOLE_S = Fraction(1, 50)
"""Sound packets that are further apart than this, and than half a packet, leave a hole.
Containers that count in milliseconds round by one of them."""
MADE_UP_S = Fraction(1)
"""Time within which packets that overlap make up for a hole: they came late, and none is missing."""


@dataclass(frozen=True, slots=True)
class SoundHole:
    """A stretch of the presentation without sound between two packets.

    Parameters
    ----------
    start_s, end_s
        Seconds on the presentation timeline.
    packet
        Number of the packet before it, in order of time.
    packet_s
        Usual length of a packet in seconds.
    """

    start_s: float
    end_s: float
    packet: int
    packet_s: float


def sound_holes(times: SoundTimes) -> Iterator[SoundHole]:
    """Holes in the timestamps of the sound, in order of time; none where late packets fill it."""
    apart = times.pts[1:] - times.end[:-1]
    packet = int(np.median(times.end - times.pts))
    least = max(packet // 2, int(HOLE_S / times.time_base), 2)
    filled = np.cumsum(times.end - times.pts)
    late = times.pts[1:] - filled[:-1]  # how far packets stand behind the sound that came before them
    for place in np.flatnonzero(apart > least):
        soon = int(np.searchsorted(times.pts, times.pts[place + 1] + int(MADE_UP_S / times.time_base)))
        if late[place : max(soon - 1, place + 1)].min() - late[place] <= least - apart[place]:
            continue
        start, end = int(times.end[place]), int(times.pts[place + 1])
        yield SoundHole(times.second(start), times.second(end), int(place), float(packet * times.time_base))


def unbroken_sound(features: Features) -> tuple[tuple[float, float], ...]:
    """Intervals (seconds, presentation timeline) over which there is sound without a hole.

    Sound that is digitally silent throughout a stretch says nothing about that stretch, and
    does not count.
    """
    times = sound_times(features)
    if times is None or features.audio is None or len(features.audio) == 0:
        return ()
    audio = features.audio
    alive = np.asarray(audio["present"], np.bool_) & (np.asarray(audio["peak"]) > 0)
    breaks = [(h.start_s, h.end_s) for h in sound_holes(times)]
    return tuple(_without(_alive_stretches(alive, audio.start_s), breaks))


def _alive_stretches(alive: np.ndarray[tuple[int], np.dtype[np.bool_]], start_s: float) -> list[tuple[float, float]]:
    """Stretches of rows that carry sound; up to 0.25 s of silence between them is bridged."""
    rows = np.flatnonzero(alive)
    if len(rows) == 0:
        return []
    cuts = np.flatnonzero(np.diff(rows) > 25)
    firsts = rows[np.concatenate(([0], cuts + 1))]
    lasts = rows[np.concatenate((cuts, [len(rows) - 1]))]
    return [(start_s + a * 0.01, start_s + (b + 1) * 0.01) for a, b in zip(firsts, lasts, strict=True)]


def _without(stretches: list[tuple[float, float]], breaks: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    for start, end in stretches:
        for a, b in breaks:
            if a < end and b > start:
                if a > start:
                    yield start, a
                start = b
        if start < end:
            yield start, end

"""From stored timestamps to the presentation timeline.

Files are opened so that edit lists hide nothing; here they are applied, so that what is
stored and what is presented can be told apart.

Source: ISO/IEC 14496-12:2022, section 8.6.6. A picture is presented where its composition
time lies in an edit's span of the media; a picture that no edit spans is hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.media.model import NO_TIME, Edit, MediaInfo

_FOREVER: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Segment:
    """A span of the media that is presented: ticks of the stream's time base.

    Media times ``start <= t < end`` are presented at ``t + shift``.
    """

    start: int
    end: int
    shift: int


@dataclass(frozen=True, slots=True)
class StreamTimeline:
    """Where the samples of one stream stand on the presentation timeline.

    Attributes
    ----------
    segments
        In the order of presentation. The identity has one that spans everything.
    reorders
        The edits do not follow the media's own order, or show parts of it twice.
    """

    segments: tuple[Segment, ...]
    reorders: bool = False

    def place(self, pts: int) -> int | None:
        """Presentation ticks of the sample at `pts`; None where it is never presented.

        A sample that is presented more than once is placed where it is first.
        """
        if pts == NO_TIME:
            return None
        for segment in self.segments:
            if segment.start <= pts < segment.end:
                return pts + segment.shift
        return None

    def hidden(self, pts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(N,) whether each sample is kept from being presented; samples without time are not."""
        shown = pts == NO_TIME
        for segment in self.segments:
            shown = shown | ((pts >= segment.start) & (pts < segment.end))
        return np.asarray(~shown, dtype=np.bool_)

    @property
    def trivial(self) -> bool:
        """Whether every sample is presented, with nothing but a constant shift."""
        return len(self.segments) == 1 and self.segments[0].start <= -_FOREVER and self.segments[0].end >= _FOREVER


IDENTITY: Final = StreamTimeline((Segment(-_FOREVER, _FOREVER, 0),))


def timelines(media: MediaInfo) -> dict[int, StreamTimeline]:
    """Stream index -> its timeline; the identity where the file has no edit list for it."""
    tracks = {t.track_id: t for t in media.boxes.tracks} if media.boxes else {}
    scale = media.boxes.movie_time_scale if media.boxes else 0
    return {
        stream.index: of_edits(tracks[stream.id].edits, scale, stream.time_base) if stream.id in tracks else IDENTITY
        for stream in media.streams
    }


def of_edits(edits: Sequence[Edit], movie_time_scale: int, time_base: Fraction) -> StreamTimeline:
    """The timeline that an edit list describes.

    Parameters
    ----------
    edits
        In the order of the list; empty means everything is presented.
    movie_time_scale
        Ticks a second of the edits' durations; > 0 where there are edits.
    time_base
        Seconds a tick of the stream, the unit of the edits' media times.

    Notes
    -----
    A span is rounded up to whole ticks: a picture is longer than a tick of the movie's time
    scale, so a duration that its writer rounded down never hides the last one.
    What a list claims beyond 2**62 ticks is cut to it: no sample lies there.
    """
    if not edits or movie_time_scale <= 0:
        return IDENTITY
    ticks = 1 / (movie_time_scale * time_base)  # stream ticks a movie tick
    segments: list[Segment] = []
    shown = Fraction(0)
    for number, edit in enumerate(edits):
        length = edit.duration * ticks
        if edit.media_time >= 0:
            last = number == len(edits) - 1
            # a duration of 0 spans the rest of the media in files written piece by piece
            end = _FOREVER if last and edit.duration == 0 else edit.media_time + ceil(length)
            shift = _bounded(round(shown) - edit.media_time)
            segments.append(Segment(_bounded(edit.media_time), _bounded(end), shift))
        shown += length
    ordered = all(a.end <= b.start + ceil(ticks) for a, b in pairwise(segments))
    return StreamTimeline(tuple(segments), reorders=not ordered)


def _bounded(ticks: int) -> int:
    return max(-_FOREVER, min(ticks, _FOREVER))

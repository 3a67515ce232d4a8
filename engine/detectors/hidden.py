"""Pictures that the file holds and the presentation does not show.

What it finds
    Packets that an edit list keeps from being presented: a forged list hides any part of a
    recording from every ordinary player.
Looks like it but is not
    Pre-roll: a trim without re-encoding starts at the key picture before the cut and hides the
    pictures up to it, less than one group of pictures. Cameras and phones hide up to a few
    pictures at either end when streams start together. Both are notices.
Limits
    Whether the trim was made by the recorder or by a person cannot be told from the list.
Source
    ISO/IEC 14496-12, 8.6.6 (edit lists), applied to packets that were read without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.detectors.cadence import runs
from engine.detectors.contract import Detector, Proposal
from engine.detectors.timeline import VideoTimes, credible, video_times
from engine.features.tables import Features
from engine.findings import Evidence, Finding, Kind, Level, Severity, Source
from engine.media.model import StreamInfo


@dataclass(frozen=True, slots=True)
class HiddenOptions:
    """Thresholds of `hidden`."""

    least_pictures: int = 6
    """Fewer hidden pictures in the middle or at the end are rounding of the list ..."""
    least_s: float = 0.25
    """... and so is a shorter stretch, seconds."""


@dataclass(frozen=True, slots=True)
class HiddenRun:
    """Pictures hidden in a row, in order of time.

    Parameters
    ----------
    pictures
        How many.
    keys
        Key pictures among them.
    length_s
        Their duration in seconds.
    shown_before
        Presented pictures before them: 0 at the head.
    at_end
        Whether none is presented after them.
    """

    pictures: int
    keys: int
    length_s: float
    shown_before: int
    at_end: bool


def propose(features: Features, options: HiddenOptions) -> Proposal:
    """A finding for each run of hidden pictures."""
    stream = features.media.video
    if stream is None:
        return Proposal()
    times = video_times(features)
    return Proposal(tuple(_finding(run, times, options) for run in hidden_runs(features, stream)))


def hidden_runs(features: Features, stream: StreamInfo) -> Iterator[HiddenRun]:
    """Runs of hidden pictures of a stream."""
    table = features.packets
    rows = table.rows(stream.index)
    rows = rows[credible(table.pts[rows])]
    rows = rows[np.argsort(table.pts[rows], kind="stable")]
    hidden = table.hidden[rows]
    usual = int(np.median(np.diff(table.pts[rows]))) if len(rows) > 1 else 0
    for first, after in runs(hidden):
        span = int(table.pts[rows[after - 1]] - table.pts[rows[first]]) + usual
        yield HiddenRun(
            pictures=after - first,
            keys=int(np.count_nonzero(table.key[rows[first:after]])),
            length_s=float(span * stream.time_base),
            shown_before=int(np.count_nonzero(~hidden[:first])),
            at_end=after == len(rows),
        )


def _finding(run: HiddenRun, times: VideoTimes | None, options: HiddenOptions) -> Finding:
    head = run.shown_before == 0
    long = run.pictures >= options.least_pictures and run.length_s >= options.least_s
    # pre-roll reaches back to one key picture; a second one means that a whole group is hidden
    loud = long and (run.keys > 1 if head else True)
    before = max(run.shown_before - 1, 0)
    after = 0 if head else (before if run.at_end else before + 1)
    last = 0 if times is None else len(times) - 1
    at, end = (0.0, 0.0) if times is None else (times.second(min(before, last)), times.second(min(after, last)))
    place = "head" if head else ("end" if run.at_end else "middle")
    return Finding(
        kind=Kind.EDIT_TRACE,
        severity=Severity.SUSPICION if loud else Severity.NOTICE,
        level=Level.E1,
        stream="video",
        start_s=at,
        end_s=end,
        start_frame=before,
        end_frame=after,
        score=0.9 if loud else 0.3,
        template=f"hidden_{place}",
        params={"pictures": run.pictures, "length_s": round(run.length_s, 3), "keys": run.keys},
        evidence=(
            Evidence(Source.CONTAINER, "hidden_pictures", run.pictures, options.least_pictures),
            Evidence(Source.CONTAINER, "hidden_s", round(run.length_s, 6), options.least_s),
            Evidence(Source.CONTAINER, "hidden_key_pictures", run.keys, 1),
        ),
        detector="hidden",
    )


DETECTOR = Detector("hidden", "stable", HiddenOptions(), propose, None, __doc__ or "")

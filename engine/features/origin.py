"""Where the presentation of a recording begins, in the seconds that its file counts."""

from __future__ import annotations

from engine.features.tables import Features
from engine.media.model import NO_TIME
from engine.media.timeline import IDENTITY, timelines


def first_picture_s(features: Features) -> float:
    """Presentation seconds of the first picture, as the file counts them; of the first sound where there is no picture.

    What stands on the timeline of findings is the file's own time less this one. 0 where nothing tells.
    """
    frames, media, packets = features.frames, features.media, features.packets
    if frames is not None and len(frames):
        return float(frames.origin * frames.time_base)
    stream = media.video or media.audio
    if stream is None:
        return 0.0
    timeline = timelines(media).get(stream.index, IDENTITY)
    pts = packets.pts[packets.rows(stream.index)]
    shown = pts[(pts != NO_TIME) & ~timeline.hidden(pts)]
    place = timeline.place(int(shown.min())) if len(shown) else None
    return 0.0 if place is None else float(place * stream.time_base)

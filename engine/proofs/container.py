"""What differs around the content: container, streams, presentation. Named, never decisive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from engine.media.disagreement import disagreements
from engine.media.model import MediaInfo
from engine.media.photo_parts import is_photo_format
from engine.proofs.header import Header
from engine.proofs.leaves import Leaves, shown_count
from engine.proofs.tags import tags_of

Note = Mapping[str, Any]

_PRESENTATION: Final = ("rotation", "matrix", "enabled", "sample_aspect", "edits")
_STREAM: Final = ("width", "height", "language")


def container_notes(header: Header, media: MediaInfo, presented: Leaves) -> list[Note]:
    """Differences between the sealed container and the presented one.

    Parameters
    ----------
    header
        Of the seal.
    media
        The presented file.
    presented
        Its leaves.
    """
    sizes = {"from": header.size, "to": media.size} if media.size != header.size else {}
    notes: list[Note] = [{"subject": "container", "change": "bytes", **sizes}]
    if media.format != header.container:
        notes.append({"subject": "container", "change": "format", "from": header.container, "to": media.format})
    if media.format == header.container or (is_photo_format(media.format) and is_photo_format(header.container)):
        notes += _tags(header.payload["tags"], media)
    return notes + stream_notes(header, media, presented)


def _tags(sealed: Mapping[str, str], media: MediaInfo) -> list[Note]:
    found = tags_of(media)
    return [
        {"subject": "container", "change": "tag", "name": name, "from": sealed.get(name), "to": found.get(name)}
        for name in sorted(sealed.keys() | found.keys())
        if sealed.get(name) != found.get(name)
    ]


def stream_notes(header: Header, media: MediaInfo, presented: Leaves) -> list[Note]:
    """Differences of streams and of how they are presented, stream by stream of one kind."""
    from engine.proofs.seal import describe

    bound = {s.index: s for s in presented.streams}
    found = [describe(s, media, bound.get(s.index)) for s in media.streams]
    notes: list[Note] = []
    for kind in sorted({s["kind"] for s in header.streams}):
        before = [s for s in header.streams if s["kind"] == kind]
        after = [s for s in found if s["kind"] == kind]
        if kind not in ("video", "audio") and len(before) != len(after):
            notes.append({"subject": "stream", "change": "count", "kind": kind, "from": len(before), "to": len(after)})
            continue
        for old, new in zip(before, after, strict=False):
            notes += _stream(old, new, header.container == media.format)
    return notes


def _stream(old: Mapping[str, Any], new: Mapping[str, Any], same_format: bool) -> list[Note]:
    notes: list[Note] = []
    for name in _PRESENTATION + _STREAM:
        if name in ("matrix", "enabled", "edits") and not same_format:
            continue  # only MP4 and MOV have them
        if old[name] != new[name]:
            subject = "presentation" if name in _PRESENTATION else "stream"
            values = {} if name == "edits" else {"from": old[name], "to": new[name]}
            notes.append({"subject": subject, "change": name, "stream": old["index"], **values})
    return notes


_HANDLERS: Final = {"video": "vide", "audio": "soun"}


def misleading(header: Header, media: MediaInfo) -> list[str]:
    """What makes players disagree about a file, or leave out what was shown: a reason each."""
    if media.boxes is None:
        return list(disagreements(media.path, media.format))
    on = {s.id: s.kind for s in media.streams if s.kind in ("video", "audio") and not s.still}
    tracks = [t for t in media.boxes.tracks if t.track_id in on]
    # players that heed the rate of an edit stand still or run at another speed, others do not
    odd = any(t.doubled or t.external or any(e.rate != 1 and e.media_time >= 0 for e in t.edits) for t in tracks)
    reasons = ["ambiguous"] if odd or media.boxes.movie_boxes > 1 or media.boxes.unread else []
    reasons += ["track_disabled"] * any(t.handler_type != _HANDLERS[on[t.track_id]] for t in tracks)
    disabled = sum(1 for t in tracks if not t.enabled)
    if disabled > sum(1 for s in header.streams if s["bound"] and s["enabled"] is False):
        reasons.append("track_disabled")
    return reasons


def repeated_pictures(leaves: Leaves) -> int:
    """Pictures that edit lists present more than once."""
    count = 0
    for stream in leaves.streams:
        if stream.kind == "video":
            pts = leaves.pts[leaves.rows(stream.index)]
            count += int((shown_count(pts, np.ones_like(pts), stream.timeline, stream.kind) > 1).sum())
    return count

"""What judging a case needs of a file's content, beside its report: a function of its bytes alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from engine.features.tables import Features
from engine.features.videoprint import VideoPrint, videoprint
from engine.findings import FileReport
from engine.rules.cases.record import Speech

NO_PRINT: Final = VideoPrint(np.zeros(0, np.float32), np.zeros(0, np.uint64))

RecordKind = Literal["video", "sound", "photo", "unknown"]


@dataclass(frozen=True, slots=True)
class Content:
    """Facts of one file's content.

    Parameters
    ----------
    kind
        What the file is by its content.
    duration_s
        Length of the presentation; 0 for a photo.
    has_picture, has_sound
        Whether any could be decoded.
    sound_unknown
        There is a sound stream, and nothing of it could be decoded.
    taken, taken_offset
        A photo's own time as written (``YYYY:MM:DD HH:MM:SS``) and its offset (``+08:00``), if there are.
    serial
        A photo's camera serial number.
    speech
        Where speech was heard; None where it was not looked for.
    print_seconds, print_hashes
        The fingerprint of its pictures; see `engine.features.videoprint`.
    """

    kind: RecordKind = "unknown"
    duration_s: float = 0.0
    has_picture: bool = False
    has_sound: bool = False
    sound_unknown: bool = False
    taken: str | None = None
    taken_offset: str | None = None
    serial: str | None = None
    speech: Speech | None = None
    print_seconds: tuple[float, ...] = ()
    print_hashes: tuple[int, ...] = ()

    @property
    def fingerprint(self) -> VideoPrint:
        """The fingerprint of its pictures; empty where they tell nothing."""
        return VideoPrint(np.array(self.print_seconds, np.float32), np.array(self.print_hashes, np.uint64))


def content_of(features: Features, report: FileReport) -> Content:
    """The facts of a recording from its tables."""
    frames, audio = features.frames, features.audio
    has_picture = frames is not None and len(frames) > 0
    has_sound = audio is not None and len(audio) > 0
    fingerprint = videoprint(frames) if frames is not None and has_picture else NO_PRINT
    kind: RecordKind = "video" if features.media.video is not None else "sound"
    return Content(
        kind=kind if has_picture or has_sound else "unknown",
        duration_s=float(report.media.get("duration_s") or 0.0),
        has_picture=has_picture,
        has_sound=has_sound,
        sound_unknown=features.media.audio is not None and not has_sound,
        speech=speech_of(features),
        print_seconds=tuple(fingerprint.seconds.tolist()),
        print_hashes=tuple(fingerprint.hashes.tolist()),
    )


def speech_of(features: Features) -> Speech | None:
    """Where speech was heard in a recording; None without sound.

    Seconds of which nobody can say without listening whether somebody speaks count as not examined.
    """
    if features.audio is None or not len(features.audio):
        return None
    from engine.features.speech import heard

    found = heard(features.audio)
    return Speech(
        intervals=tuple((start, end) for start, end, _ in found.speech),
        examined=tuple(without(found.examined, found.unclear)),
    )


def without(spans: Sequence[tuple[float, float]], holes: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """`spans` less `holes`; both sorted and disjoint.

    Examples
    --------
    >>> without([(0.0, 9.0)], [(2.0, 3.0), (8.0, 12.0)])
    [(0.0, 2.0), (3.0, 8.0)]
    """
    left: list[tuple[float, float]] = []
    for start, end in spans:
        at = start
        for a, b in holes:
            if b > at and a < end:
                if a > at:
                    left.append((at, a))
                at = b
        if at < end:
            left.append((at, end))
    return left

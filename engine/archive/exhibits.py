"""What a page shows beside the words: small series for plots, small pictures around findings."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from engine.features.tables import AUDIO_FRAME_S, AudioTable, Features, FrameTable
from engine.findings import FileReport, Finding, Severity

POINTS: Final = 600
"""Points of a series at most: a plot is not wider than that."""


@dataclass(frozen=True, slots=True)
class Series:
    """One measure over time, thinned so that peaks survive.

    Attributes
    ----------
    name
        Identifier of the measure; rendered in the reader's language.
    seconds, values
        (N,), N <= `POINTS`.
    """

    name: str
    seconds: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A small picture near a finding, as JPEG."""

    frame: int
    seconds: float
    inside: bool
    """Belongs to the finding, not to what stands before or after it."""
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Exhibits:
    """Everything that is kept of one file for a page; a few hundred kilobytes at most."""

    series: tuple[Series, ...] = ()
    pictures: Mapping[str, tuple[Picture, ...]] = field(default_factory=dict)
    """Finding id -> pictures around it, in order of time."""


def gather(
    colour: PictureReader, features: Features, report: FileReport, wanted: Literal["none", "plots", "pictures"]
) -> Exhibits | None:
    """The exhibits of one file, or None where none are wanted.

    Parameters
    ----------
    colour
        Decodes pictures again, small and in colour.
    features, report
        The file's tables and what was found in it.
    wanted
        Plots alone, or pictures too.
    """
    if wanted == "none":
        return None
    pictures: Mapping[str, tuple[Picture, ...]] = {}
    if wanted == "pictures" and features.frames is not None:
        pictures = pictures_around(colour, features, features.frames, report.findings)
    return Exhibits(series(features), pictures)


def series(features: Features) -> tuple[Series, ...]:
    """The measures that most findings rest on."""
    found: list[Series] = []
    if features.frames is not None and len(features.frames) > 1:
        found += _picture_series(features.frames)
    if features.audio is not None and len(features.audio):
        found.append(_sound_series(features.audio))
    return tuple(found)


def _picture_series(frames: FrameTable) -> list[Series]:
    seconds = frames.seconds
    intervals = np.diff(seconds, prepend=seconds[0] - float(frames.nominal * frames.time_base)) * 1000
    return [
        _thin("difference", seconds, np.asarray(frames["difference"], np.float64)),
        _thin("lasting", seconds, np.asarray(frames["lasting_top"], np.float64)),
        _thin("interval", seconds, intervals),
    ]


def _sound_series(audio: AudioTable) -> Series:
    seconds = audio.start_s + AUDIO_FRAME_S * np.arange(len(audio), dtype=np.float64)
    level = 20 * np.log10(np.maximum(np.asarray(audio["rms"], np.float64), 1.0) / 32768)
    return _thin("loudness", seconds, level)


def _thin(name: str, seconds: NDArray[np.float64], values: NDArray[np.float64]) -> Series:
    """The largest value of each of at most `POINTS` equal runs, at its own time."""
    clean = np.where(np.isfinite(values), values, -np.inf)
    count = len(clean)
    starts = np.unique(np.linspace(0, count, min(count, POINTS), endpoint=False).astype(np.intp))
    ends = np.append(starts[1:], count)
    picks = [int(a + np.argmax(clean[a:b])) for a, b in zip(starts, ends, strict=True)]
    kept = [i for i in picks if np.isfinite(clean[i])]
    return Series(
        name, tuple(round(float(seconds[i]), 4) for i in kept), tuple(round(float(clean[i]), 4) for i in kept)
    )


FINDINGS_WITH_PICTURES: Final = 24
"""Findings of one file that get pictures: the weightiest; a page must stay small."""

THUMBNAIL: Final = (320, 240)
"""Columns and lines that a small picture has at most."""

PictureReader = Callable[[Sequence[int]], Mapping[int, NDArray[np.uint8]]]
"""Picture numbers -> small colour pictures, (height, width, 3); those that fail are left out."""

JPEG_QUALITY: Final = 70


def pictures_around(
    colour: PictureReader, features: Features, frames: FrameTable, findings: Sequence[Finding]
) -> Mapping[str, tuple[Picture, ...]]:
    """Small pictures around the weightiest findings, a finding at a time to bound memory."""
    video = features.media.video
    rotation = 0 if video is None else video.rotation
    found: dict[str, tuple[Picture, ...]] = {}
    for finding in chosen(findings):
        first, last = int(finding.start_frame or 0), int(finding.end_frame or 0)
        small = colour(frames_around(first, last, len(frames)))
        found[finding.id] = tuple(
            Picture(n, frames.time(n), first <= n <= last, _jpeg(small[n], rotation)) for n in sorted(small)
        )
    return found


def _jpeg(rgb: NDArray[np.uint8], rotation: int) -> bytes:
    """A JPEG of a small picture, turned as players show it (degrees, counter-clockwise)."""
    from PIL import Image

    image = Image.fromarray(rgb)
    buffer = io.BytesIO()
    (image.rotate(rotation, expand=True) if rotation else image).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def chosen(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that get pictures, weightiest first; those without frames get none."""
    placed = [f for f in findings if f.start_frame is not None and f.end_frame is not None]
    loud = [f for f in placed if f.severity > Severity.NOTICE]
    quiet = [f for f in placed if f.severity is Severity.NOTICE]
    return (sorted(loud, key=lambda f: -int(f.severity)) + quiet)[:FINDINGS_WITH_PICTURES]


def frames_around(first: int, last: int, count: int) -> list[int]:
    """Pictures that show a finding: two before, the first and the last of it, two after.

    Parameters
    ----------
    first, last
        Pictures that the finding names, 0 <= first <= last < count.
    count
        Pictures in the recording.
    """
    wanted = [first - 1, first, (first + last) // 2, last, last + 1]
    if last - first <= 1:
        wanted = [first - 2, first - 1, first, last, last + 1, last + 2]
    return sorted({n for n in wanted if 0 <= n < count})

"""The same coded pictures, or the same packets of sound, stored twice.

What it finds
    Whoever joins pieces whose ends overlap, plays a pre-roll again, or copies a stretch of a recording to
    another place of it, stores coded units twice, byte for byte. No camera codes two pictures alike: noise
    alone differs. A run of at least two coded pictures, or of `sound_run` packets of sound, that stood in
    the file before, at one distance, is told with its first and last picture.
Looks like it but is not
    A still that an encoder repeats (slides, a test picture, digital silence): there most of the file repeats,
    or the units are tiny, or all sound packets have one or two sizes. Those are notices or nothing.
Limits
    H.264 and HEVC, by a digest of parts of each unit and its size; sound whose packets vary in size, by the
    sequence of sizes. A repetition that was encoded anew is a matter of the picture (`duplication`).
Source
    Measured: what concatenation of parts cut inside groups of pictures leaves (11 units twice).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detectors.contract import Detector, Proposal
from engine.detectors.places import Places, places_of
from engine.detectors.timeline import sound_times
from engine.features.tables import Features
from engine.findings import Evidence, Finding, Kind, Level, Severity, Source
from engine.media.coded_facts import CodedFacts
from engine.media.model import NO_TIME

NAME = "repeated_units"


@dataclass(frozen=True, slots=True)
class RepeatedOptions:
    """Thresholds of `repeated_units`."""

    picture_run: int = 2
    """Coded pictures in a row that must stand twice ..."""
    least_bytes: int = 4_000
    """... and bytes that they must have together."""
    sound_run: int = 48
    """Packets of sound in a row whose sizes must stand twice (1 s of AAC) ..."""
    sound_sizes: int = 12
    """... and how many different sizes there must be among them."""
    habit: float = 0.3
    """Share of units that repeat, from which the content itself is still."""
    most: int = 8
    """Runs up to which each is told."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """Units `first` .. `last` that stand in the file as `first - back` .. `last - back` already."""

    first: int
    last: int
    back: int

    @property
    def units(self) -> int:
        return self.last - self.first + 1


def propose(features: Features, options: RepeatedOptions) -> Proposal:
    """Runs of coded pictures and of sound packets that stand twice."""
    places = places_of(features)
    findings: list[Finding] = []
    if features.coded is not None and len(features.coded):
        findings += _pictures(features, features.coded, places, options)
    findings += _sound(features, places, options)
    return Proposal(tuple(findings))


def repeats(digest: NDArray[np.int64], least: int) -> list[Repeat]:
    """Runs of at least `least` units each of which is the last one like it, always so many units back.

    Parameters
    ----------
    digest
        (N,). Equal for equal units.
    """
    if not len(digest):
        return []
    order = np.argsort(digest, kind="stable")
    same = digest[order][1:] == digest[order][:-1]
    back = np.zeros(len(digest), np.int64)
    back[order[1:][same]] = order[1:][same] - order[:-1][same]
    found: list[Repeat] = []
    for lag_first, lag_after in _equal_runs(back):
        if back[lag_first] > 0 and lag_after - lag_first >= least:
            found.append(Repeat(lag_first, lag_after - 1, int(back[lag_first])))
    return found


def _equal_runs(values: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """(first, after) of each stretch of equal values."""
    edges = np.flatnonzero(np.diff(values)) + 1
    starts = [0, *edges.tolist()]
    yield from zip(starts, [*edges.tolist(), len(values)], strict=True)


def _pictures(features: Features, coded: CodedFacts, places: Places, options: RepeatedOptions) -> Iterator[Finding]:
    pictures = coded.pictures
    sizes = features.packets.size[pictures["row"]].astype(np.int64)
    digest = pictures["content"].astype(np.int64) << 24 ^ sizes
    digest[sizes == 0] = -1 - np.arange(len(digest))[sizes == 0]
    found = [
        r for r in repeats(digest, options.picture_run) if int(sizes[r.first : r.last + 1].sum()) >= options.least_bytes
    ]
    still = sum(r.units for r in found) >= options.habit * len(pictures) or len(found) > options.most
    for repeat in found[: options.most]:
        inside = places.number[repeat.first : repeat.last + 1]
        shown = inside[inside >= 0]
        if len(shown):
            yield _picture_run(repeat, int(shown.min()), int(shown.max()), places, still)


def _picture_run(repeat: Repeat, first: int, last: int, places: Places, still: bool) -> Finding:
    length = last - first + 1
    return Finding(
        kind=Kind.DUPLICATION,
        severity=Severity.NOTICE if still else Severity.SUSPICION,
        level=Level.E1,
        stream="video",
        start_s=places.second(first),
        end_s=places.second(last) + places.interval_s,
        start_frame=first,
        end_frame=last,
        score=0.3 if still else 0.95,
        template="repeated_pictures",
        params={"units": repeat.units, "back": repeat.back, "length": length},
        evidence=(
            Evidence(Source.CONTAINER, "units_twice", repeat.units, 1),
            Evidence(Source.CONTAINER, "units_back", repeat.back),
        ),
        detector=NAME,
    )


def _sound(features: Features, places: Places, options: RepeatedOptions) -> Iterator[Finding]:
    stream, times = features.media.audio, sound_times(features)
    if stream is None or times is None:
        return
    sizes = features.packets.size[features.packets.rows(stream.index)].astype(np.int64)
    window = options.sound_run
    if len(sizes) < 2 * window:
        return
    found = [
        Repeat(r.first, r.last + window - 1, r.back)
        for r in repeats(_windows(sizes, window), 1)
        if r.back >= window and len(np.unique(sizes[r.first : r.last + window])) >= options.sound_sizes
    ]
    still = sum(r.units for r in found) >= options.habit * len(sizes) or len(found) > options.most
    raw = features.packets.pts[features.packets.rows(stream.index)]
    if (raw == NO_TIME).any():  # raw streams: nothing tells where it is
        return
    for repeat in found[: options.most]:
        start, end = times.second(int(raw[repeat.first])), times.second(int(raw[repeat.last]))
        yield _sound_run(repeat, start, max(start, end), still)


def _windows(sizes: NDArray[np.int64], window: int) -> NDArray[np.int64]:
    """A digest of each `window` sizes in a row: a polynomial modulo 2^64."""
    weights = np.full(window, 0x9E3779B97F4A7C15, np.uint64).cumprod()
    total = np.zeros(len(sizes) - window + 1, np.uint64)
    for i in range(window):
        total += weights[i] * sizes[i : len(total) + i].astype(np.uint64)
    return total.view(np.int64)


def _sound_run(repeat: Repeat, start_s: float, end_s: float, still: bool) -> Finding:
    return Finding(
        kind=Kind.DUPLICATION,
        severity=Severity.NOTICE if still else Severity.SUSPICION,
        level=Level.E1,
        stream="audio",
        start_s=start_s,
        end_s=end_s,
        score=0.3 if still else 0.9,
        template="repeated_sound",
        params={"units": repeat.units, "back": repeat.back},
        evidence=(
            Evidence(Source.CONTAINER, "sound_packets_twice", repeat.units, 1),
            Evidence(Source.CONTAINER, "packets_back", repeat.back),
        ),
        detector=NAME,
    )


DETECTOR = Detector(NAME, "stable", RepeatedOptions(), propose, None, __doc__ or "")

"""Times of day that tracks of a file state beside its pictures, gathered while packets go by.

Tracks are told by what stands in their packets, not by their names: remuxing loses those. Memory is bounded
whatever the length: a track keeps at most `MAX_TIMES` times, and drops every second one where it has more.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.media.model import NO_TIME, MediaInfo, PacketTable, StreamInfo
from engine.media.telemetry_binary import BOX_UNCERTAINTY_S, camm_times, gps_boxes, is_camm
from engine.media.telemetry_gpmf import Stated, gpmf_times, is_gpmf
from engine.media.telemetry_text import nmea_times, written_times
from engine.media.timeline import IDENTITY, StreamTimeline

MAX_TIMES: Final = 1 << 17
MAX_PACKET: Final = 4 << 20
"""Bytes of a packet that is looked into; a second of GPMF has some thousands."""
PATIENCE: Final = 200
"""Packets of a stream after which it is no longer looked at, if none was known."""

_KINDS: Final = frozenset({"data", "subtitle"})


class Passing(Protocol):
    """What of a packet is needed here: `engine.media.reader.CodedPacket` has it."""

    @property
    def stream(self) -> int: ...

    @property
    def pts(self) -> int: ...

    @property
    def duration(self) -> int: ...

    @property
    def size(self) -> int: ...

    @property
    def data(self) -> memoryview: ...


@dataclass(frozen=True, slots=True, eq=False)
class TimeTrack:
    """Times that one track states, against the presentation.

    Attributes
    ----------
    form
        ``gpmf``, ``camm``, ``nmea``, ``boxes`` (by satellite, UTC), or ``subtitle`` (the device's clock).
    stream
        Stream index; -1 where it is no stream.
    seconds
        float64, (N,). Presentation seconds as the file counts them: the first picture's are not taken off.
    times
        float64, (N,). Seconds since 1970: UTC, or for ``subtitle`` as if the device's zone were UTC.
    uncertainty_s
        Half-width of a single time.
    """

    form: str
    stream: int
    seconds: NDArray[np.float64]
    times: NDArray[np.float64]
    uncertainty_s: float

    @property
    def by_satellite(self) -> bool:
        """Whether satellites gave these times."""
        return self.form != "subtitle"

    def __len__(self) -> int:
        return len(self.seconds)


@dataclass(frozen=True, slots=True)
class _Form:
    name: str
    known: Callable[[bytes], object]
    times: Callable[[bytes], list[Stated]]


_FORMS: Final = (
    _Form("gpmf", is_gpmf, gpmf_times),
    _Form("camm", is_camm, camm_times),
    _Form("nmea", nmea_times, nmea_times),
    _Form("subtitle", written_times, written_times),
)


@dataclass(slots=True)
class _Grown:
    """One track while it grows."""

    info: StreamInfo
    timeline: StreamTimeline
    form: _Form | None = None
    seen: int = 0
    stride: int = 1
    stated: int = 0
    seconds: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    uncertainty_s: float = 0.0

    def add(self, second: float, stated: Stated) -> None:
        self.stated += 1
        self.uncertainty_s = max(self.uncertainty_s, stated.uncertainty_s)
        if self.stated % self.stride:
            return
        self.seconds.append(second)
        self.times.append(stated.time)
        if len(self.times) >= MAX_TIMES:
            self.seconds, self.times, self.stride = self.seconds[1::2], self.times[1::2], self.stride * 2


class TelemetryCollector:
    """Watches the packets of streams that are neither picture nor sound."""

    def __init__(self, media: MediaInfo, timelines: Mapping[int, StreamTimeline]) -> None:
        self._media = media
        self._timelines = timelines
        self._tracks = {s.index: _Grown(s, timelines.get(s.index, IDENTITY)) for s in media.streams if s.kind in _KINDS}

    def packet(self, packet: Passing) -> None:
        """Look into one packet; those of other streams cost one look-up."""
        track = self._tracks.get(packet.stream)
        if track is None or packet.size > MAX_PACKET:
            return
        place = track.timeline.place(packet.pts) if packet.pts != NO_TIME else None
        data = bytes(packet.data)
        if track.form is None:
            track.seen += 1
            track.form = next((f for f in _FORMS if f.known(data)), None)
            if track.form is None:
                if track.seen >= PATIENCE:
                    del self._tracks[packet.stream]
                return
        if place is None:
            return
        base = float(track.info.time_base)
        for stated in track.form.times(data):
            track.add((place + stated.within * packet.duration) * base, stated)

    def finish(self, packets: PacketTable) -> tuple[TimeTrack, ...]:
        """All tracks that stated a time, and the times of GPS blocks between the pictures."""
        found = [_frozen(t) for t in self._tracks.values() if t.form is not None and t.times]
        boxes = self._boxes(packets)
        return (*found, *((boxes,) if boxes is not None else ()))

    def _boxes(self, packets: PacketTable) -> TimeTrack | None:
        """GPS blocks lie among the pictures of their second: the next picture in the file gives the time."""
        video = self._media.video
        if self._media.boxes is None or video is None:
            return None
        try:
            with open(self._media.path, "rb") as file:
                placed = gps_boxes(file, os.fstat(file.fileno()).st_size)
        except OSError:
            return None
        rows = packets.rows(video.index)
        rows = rows[(packets.position[rows] != NO_TIME) & (packets.pts[rows] != NO_TIME)]
        if not placed or not len(rows):
            return None
        rows = rows[np.argsort(packets.position[rows], kind="stable")]
        after = np.searchsorted(packets.position[rows], [p.position for p in placed])
        timeline = self._timelines.get(video.index, IDENTITY)
        places = [timeline.place(int(packets.pts[rows[min(n, len(rows) - 1)]])) for n in after.tolist()]
        kept = [(place * video.time_base, p.time) for place, p in zip(places, placed, strict=True) if place is not None]
        if not kept:
            return None
        seconds = np.array([float(s) for s, _ in kept])
        return TimeTrack("boxes", -1, seconds, np.array([t for _, t in kept]), BOX_UNCERTAINTY_S)


def _frozen(track: _Grown) -> TimeTrack:
    assert track.form is not None
    return TimeTrack(
        track.form.name, track.info.index, np.array(track.seconds), np.array(track.times), track.uncertainty_s
    )

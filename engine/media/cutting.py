"""Cutting: some coded units of a recording, as they are, into a file of their own. Nothing is decoded.

A unit is what a leaf of a proof is: a coded picture with both its fields, a frame of sound, or a
block of samples. A stream's packets, joined, are its units, one after the other: so packets that
are fields, and packets of samples that containers cut as they like, need no case of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import gcd, lcm
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from engine.media.errors import MediaError
from engine.media.reader import CodedPacket, Recording, open_recording

FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".mp4": "mp4", ".m4v": "mp4", ".m4a": "mp4", ".mov": "mov", ".3gp": "3gp", ".mkv": "matroska",
        ".mka": "matroska", ".webm": "webm", ".ts": "mpegts", ".mts": "mpegts", ".m2ts": "mpegts",
        ".wav": "wav", ".mp3": "mp3", ".aac": "adts", ".flac": "flac", ".ogg": "ogg", ".opus": "opus",
    }
)  # fmt: skip
"""File name extension -> FFmpeg's name of the container that is written.

AVI is not among them, since it cannot say that sound begins later than the pictures, nor are program
streams, which do not name streams that they hold only a little of.
"""

_LIMIT: Final = (1 << 31) - 1
"""Largest denominator of a time base."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What is taken of one stream.

    Parameters
    ----------
    stream
        Its index in the recording.
    sizes
        int64, (N,). Bytes of each of the stream's units, from its first one on.
    units
        intp, (n,). Numbers of the units that are taken, rising; n > 0.
    pts
        int64, (n,). When each is presented in the recording, in ticks of `time_base`.
    duration
        int64, (n,). Ticks.
    time_base
        Seconds a tick.
    """

    stream: int
    sizes: NDArray[np.int64]
    units: NDArray[np.intp]
    pts: NDArray[np.int64]
    duration: NDArray[np.int64]
    time_base: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """Where decoding of a stream can begin.

    Attributes
    ----------
    key
        bool, (N,). Whether each unit is a random access point, as the demuxer tells it.
    configurations
        (number of a unit, decoder configuration that replaces the stream's from it on), rising.
    """

    key: NDArray[np.bool_]
    configurations: tuple[tuple[int, bytes], ...]

    def before(self, unit: int, pts: NDArray[np.int64], earliest: int) -> int:
        """The last random access point from which `unit` and everything from `earliest` on can be shown.

        Parameters
        ----------
        unit
            Number of the first unit that is wanted.
        pts
            int64, (N,). When each unit is presented.
        earliest
            When the first wanted unit is presented, ticks: pictures that are presented before their
            random access point, though decoded after it, need what comes before it.

        Returns
        -------
        int
            0 where there is none.
        """
        found = np.flatnonzero(self.key[: unit + 1] & (pts[: unit + 1] <= earliest))
        return int(found[-1]) if len(found) else 0


def access_points(path: str | os.PathLike[str], sizes: Mapping[int, NDArray[np.int64]]) -> dict[int, Access]:
    """Random access points of streams whose units have these sizes, by stream index.

    Raises
    ------
    MediaError
        As of `open_recording`; ``not_as_measured`` if packets do not add up to the units.
    """
    keys = {index: np.zeros(len(s), np.bool_) for index, s in sizes.items()}
    changes: dict[int, list[tuple[int, bytes]]] = {index: [] for index in sizes}
    with open_recording(path) as recording:
        joints = {index: _Joint(s) for index, s in sizes.items()}
        for packet in recording.packets():
            joint = joints.get(packet.stream)
            if joint is None:
                continue
            if (changed := packet.configuration) is not None:
                changes[packet.stream].append((joint.number, changed))
            for number, _, key in joint.feed(packet, len(sizes[packet.stream])):
                keys[packet.stream][number] = key
        _check_measured(path, joints)
    return {index: Access(keys[index], tuple(changes[index])) for index in sizes}


def cut(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    container: str,
    parts: Sequence[Part],
    access: Mapping[int, Access],
    origin: Fraction,
) -> None:
    """Write the units of `parts` into a new file.

    Parameters
    ----------
    source
        The recording.
    target
        The file that is written; its name's ending decides nothing.
    container
        A value of `FORMATS`.
    parts
        One for each stream that is taken.
    access
        As `access_points` tells it: what the first unit taken is decoded with.
    origin
        Seconds of the recording at which the new file begins.

    Raises
    ------
    MediaError
        As of `open_recording`; ``not_as_measured``; ``not_carried`` if the container cannot hold this.
    """
    name = os.fspath(source)
    base = _common_base([p.time_base for p in parts])
    plans = {p.stream: _Plan(p, base, origin) for p in parts}
    with open_recording(name) as recording:
        try:
            with av.open(os.fspath(target), "w", format=container) as out:
                streams = {i: _out_stream(out, recording, plan.part, access[i]) for i, plan in plans.items()}
                _write(out, streams, plans, recording)
        except (av.error.FFmpegError, ValueError, TypeError) as error:
            raise MediaError(name, "not_carried", f"{container}: {error}") from error
    if any(not plan.finished for plan in plans.values()):
        raise MediaError(name, "not_as_measured")


def _out_stream(out: Any, recording: Recording, part: Part, access: Access) -> Any:
    given = recording.template(part.stream)
    stream = out.add_stream_from_template(given, opaque=True)  # no encoder is asked for
    changed = [data for number, data in access.configurations if number <= int(part.units[0])]
    if changed:
        stream.codec_context.extradata = changed[-1]
    stream.time_base = part.time_base
    if given.language:
        stream.metadata["language"] = given.language
    return stream


def _write(out: Any, streams: Mapping[int, Any], plans: Mapping[int, _Plan], recording: Recording) -> None:
    for packet in recording.packets():
        plan = plans.get(packet.stream)
        if plan is None or plan.finished:
            continue
        for unit in plan.feed(packet):
            unit.stream = streams[packet.stream]
            out.mux(unit)
        if all(p.finished for p in plans.values()):
            return


class _Plan:
    """One stream on its way from file to file."""

    def __init__(self, part: Part, base: Fraction, origin: Fraction) -> None:
        scale, begins = part.time_base / base, origin / base
        self.part = part
        self._base = base
        self._pts = [round(int(t) * scale - begins) for t in part.pts]
        self._duration = [round(int(t) * scale) for t in part.duration]
        self._dts = decoding_times(self._pts)
        self._joint = _Joint(part.sizes)
        self._next = 0

    @property
    def finished(self) -> bool:
        return self._next == len(self.part.units)

    def feed(self, packet: CodedPacket) -> Iterator[Any]:
        """Packets to write: the units that became whole."""
        for number, data, key in self._joint.feed(packet, int(self.part.units[self._next])):
            if self.finished or number != self.part.units[self._next]:
                continue
            unit = av.Packet(data)
            unit.pts, unit.dts = self._pts[self._next], self._dts[self._next]
            unit.duration, unit.time_base, unit.is_keyframe = self._duration[self._next], self._base, key
            self._next += 1
            yield unit


def decoding_times(pts: Sequence[int]) -> list[int]:
    """Decoding times for units in decode order: rising, each no later than the presentation time.

    Containers differ in whether they carry any, so they are made anew: the presentation times in
    rising order, earlier by the longest that a unit waits.
    """
    rising = sorted(pts)
    delay = max((a - b for a, b in zip(rising, pts, strict=True)), default=0)
    return [t - delay for t in rising]


class _Joint:
    """A stream's packets joined and cut into units of known sizes."""

    def __init__(self, sizes: NDArray[np.int64]) -> None:
        self._ends = np.cumsum(sizes).tolist()
        self._at = 0  # bytes gone by
        self.number = 0
        """The unit that the next byte belongs to."""
        self._held: list[bytes] = []
        self._key = False

    @property
    def _begins(self) -> int:
        return int(self._ends[self.number - 1]) if self.number else 0

    @property
    def complete(self) -> bool:
        """Whether every unit has gone by."""
        return self.number == len(self._ends)

    def feed(self, packet: CodedPacket, wanted: int) -> Iterator[tuple[int, bytes, bool]]:
        """Units that a packet makes whole: number, bytes, and whether decoding can begin there.

        Of units before `wanted` the bytes are left out.
        """
        data, inside = packet.data, 0
        while self.number < len(self._ends):
            left = self._ends[self.number] - self._at
            if left and inside == len(data):
                return
            if self._at == self._begins:
                self._key = packet.key
            piece = data[inside : inside + left]
            if self.number >= wanted:
                self._held.append(bytes(piece))
            self._at += len(piece)
            inside += len(piece)
            if len(piece) < left:
                return
            whole, self._held = b"".join(self._held), []
            self.number += 1
            yield self.number - 1, whole, self._key


def _check_measured(path: str | os.PathLike[str], joints: Mapping[int, _Joint]) -> None:
    if not all(j.complete for j in joints.values()):
        raise MediaError(path, "not_as_measured")


def _common_base(bases: Sequence[Fraction]) -> Fraction:
    """A time base in which all ticks are whole; the finest one where that cannot be written.

    So times are rounded once, by the container.
    """
    common = Fraction(gcd(*(b.numerator for b in bases)), lcm(*(b.denominator for b in bases)))
    return common if common.denominator <= _LIMIT else min(chain(bases))


def container_for(name: str | os.PathLike[str]) -> str | None:
    """FFmpeg's name of the container that a file name's ending asks for; None for one that is not written."""
    return FORMATS.get(Path(name).suffix.lower())

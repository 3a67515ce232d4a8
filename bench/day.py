"""A recording of a day, and copies of it that differ: packets that differ from each other, and no picture to see.

Encoding 2.16 million pictures takes hours and shows nothing about proofs. So the packets of a short
recording are written over and over, cut short, each with its own number at its end.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av

from bench import samples
from bench.samples import RATE, Sample

PATTERN: Final = Sample("pattern", 128, 72, 10, samples.H264_CHEAP)
"""The recording whose packets are repeated."""
SOUND_RATE: Final = 48_000
SOUND_FRAME: Final = 1024
KEY_BYTES: Final = 400
PICTURE_BYTES: Final = 120
SOUND_BYTES: Final = 40
SEED: Final = 7


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A packet of the short recording: bytes, pts and dts as numbers of frames, whether it is a key frame."""

    data: bytes
    pts: int
    dts: int
    key: bool


@dataclass(frozen=True, slots=True)
class Unit:
    """A packet to be written: stream, bytes, times in frames (pictures) or samples (sound)."""

    stream: int
    number: int
    data: bytes
    pts: int
    dts: int
    key: bool


def recording(cache: Path, seconds: int) -> Path:
    """The recording, made if it is not there yet: H.264 with B-frames at 25/s, AAC at 48 kHz."""
    path = cache / f"day-{seconds}s.mp4"
    if not path.exists():
        write(path, cache, units(cache, seconds))
    return path


def altered(cache: Path, seconds: int, edits: int) -> Path:
    """A copy with so many edits anywhere: a quarter each altered, deleted, inserted and moved in time."""
    path = cache / f"day-{seconds}s-{edits}-edits.mp4"
    if not path.exists():
        write(path, cache, _edited(units(cache, seconds), seconds, edits))
    return path


def units(cache: Path, seconds: int) -> Iterator[Unit]:
    """Packets in the order of the file."""
    pictures, sounds = _patterns(PATTERN.file(cache))
    frames, blocks = seconds * RATE, seconds * SOUND_RATE // SOUND_FRAME
    picture = sound = 0
    while picture < frames or sound < blocks:
        if picture < frames and (sound >= blocks or picture * SOUND_RATE <= sound * SOUND_FRAME * RATE):
            like = pictures[picture % len(pictures)]
            at = picture - picture % len(pictures)
            data = _shortened(like.data, KEY_BYTES if like.key else PICTURE_BYTES)
            yield Unit(0, picture, _numbered(data, picture), like.pts + at, like.dts + at, like.key)
            picture += 1
        else:
            data = sounds[sound % len(sounds)].data[:SOUND_BYTES]
            yield Unit(1, sound, _numbered(data, sound), sound * SOUND_FRAME, sound * SOUND_FRAME, True)
            sound += 1


def _shortened(data: bytes, size: int) -> bytes:
    """The last unit of a packet, cut to so many bytes behind its length."""
    at = 0
    while at + 4 + (length := int.from_bytes(data[at : at + 4], "big")) < len(data):
        at += 4 + length
    body = data[at + 4 :][:size]
    return len(body).to_bytes(4, "big") + body


def _numbered(data: bytes, number: int, mark: int = 0x40) -> bytes:
    """`data` with a number at its end, in bytes that are neither zero nor part of a start code."""
    return data[:-5] + bytes(mark | number >> 6 * place & 63 for place in range(5))


def _patterns(path: Path) -> tuple[list[_Pattern], list[_Pattern]]:
    with av.open(str(path)) as source:
        video, audio = source.streams.video[0], source.streams.audio[0]
        assert video.time_base is not None
        picture = 1 / (RATE * video.time_base)
        found: tuple[list[_Pattern], list[_Pattern]] = ([], [])
        for packet in source.demux([video, audio]):
            if packet.pts is None or packet.dts is None:
                continue
            kind = 0 if packet.stream is video else 1
            step = picture if kind == 0 else Fraction(SOUND_FRAME)
            times = [round(t / step) for t in (packet.pts, packet.dts)]
            found[kind].append(_Pattern(bytes(packet), times[0], times[1], packet.is_keyframe))
    return found


def _edited(source: Iterator[Unit], seconds: int, edits: int) -> Iterator[Unit]:
    chance = random.Random(SEED)
    share = edits / (seconds * (RATE + SOUND_RATE / SOUND_FRAME))
    for unit in source:
        throw = chance.random()
        if throw >= share or (unit.key and unit.stream == 0):
            yield unit
        elif throw < share / 4:
            yield _with(unit, data=_numbered(unit.data, unit.number, 0x80))
        elif throw < share / 2:
            continue
        elif throw < share * 3 / 4 and unit.stream == 1:
            yield unit
            yield _with(unit, data=_numbered(unit.data, unit.number, 0xC0), pts=unit.pts + 512, dts=unit.dts + 512)
        elif unit.stream == 1:
            yield _with(unit, pts=unit.pts + 300, dts=unit.dts + 300)
        else:
            yield _with(unit, data=_numbered(unit.data, unit.number, 0x80))


def _with(unit: Unit, data: bytes | None = None, pts: int | None = None, dts: int | None = None) -> Unit:
    return Unit(
        unit.stream, unit.number, unit.data if data is None else data, unit.pts if pts is None else pts,
        unit.dts if dts is None else dts, unit.key,
    )  # fmt: skip


def write(path: Path, cache: Path, packets: Iterator[Unit]) -> None:
    """Write packets into MP4."""
    part = path.with_name(f"part-{path.name}")
    with av.open(str(PATTERN.file(cache))) as source, av.open(str(part), "w") as out:
        streams = [out.add_stream_from_template(s) for s in (source.streams.video[0], source.streams.audio[0])]
        bases = Fraction(1, RATE), Fraction(1, SOUND_RATE)
        steps = 1, SOUND_FRAME
        for unit in packets:
            packet = av.Packet(unit.data)
            packet.pts, packet.dts, packet.duration = unit.pts, unit.dts, steps[unit.stream]
            packet.time_base, packet.stream, packet.is_keyframe = bases[unit.stream], streams[unit.stream], unit.key
            out.mux(packet)
    part.replace(path)

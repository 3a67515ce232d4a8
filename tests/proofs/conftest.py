"""Small clips with B-frames and sound, and copies of them that differ in one known way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

FRAMES = 50
ENCODER = {
    "libx264": {"g": "12", "bf": "2"},
    "libx265": {"x265-params": "keyint=12:bframes=2:log-level=none"},
    "mpeg4": {"g": "12"},
}
RATE = 25


@dataclass(frozen=True)
class Unit:
    """A packet that can be changed: `kind` is video or audio; times are ticks of the stream."""

    kind: str
    stream: int
    data: bytes
    pts: int
    dts: int
    duration: int
    key: bool


Change = Callable[[list[Unit]], list[Unit]]


def picture(number: int) -> np.ndarray:
    """A textured picture that differs for each number."""
    random = np.random.default_rng(number)
    rows, columns = np.mgrid[0:96, 0:128]
    base = (rows * 2 + columns + number * 5) % 256
    return np.stack([base, np.roll(base, number, 1), base[::-1]], -1).astype(np.uint8) ^ random.integers(
        0, 16, (96, 128, 1), np.uint8
    )


def make_clip(
    path: Path, codec: str = "libx264", sound: str | None = "aac", options: dict[str, str] | None = None
) -> Path:
    """`FRAMES` pictures at `RATE` a second, with noise for sound."""
    with av.open(str(path), "w", options=options or {}) as out:
        video = out.add_stream(codec, rate=RATE)
        video.width, video.height, video.pix_fmt = 128, 96, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        video.options = ENCODER.get(codec, {})
        audio = out.add_stream(sound, rate=16000, layout="mono") if sound else None
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if audio is not None:
            add_sound(out, audio)
    return path


def add_sound(out: av.container.OutputContainer, audio: av.AudioStream) -> None:
    random = np.random.default_rng(7)
    kind = audio.codec_context.format.name
    for number in range(FRAMES * 640 // 1024):
        noise = random.normal(0, 0.1, (1, 1024)).astype(np.float32)
        samples = noise if "flt" in kind else (noise * 32000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp" if "flt" in kind else "s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16000, number * 1024, Fraction(1, 16000)
        out.mux(audio.encode(frame))
    out.mux(audio.encode(None))


def read_units(path: Path) -> list[Unit]:
    with av.open(str(path)) as source:
        units = [
            Unit(p.stream.type, p.stream.index, bytes(p), p.pts, p.dts, p.duration or 0, p.is_keyframe)
            for p in source.demux()
            if p.size and p.stream.type in ("video", "audio")
        ]
    return with_decoding_times(units)


def with_decoding_times(units: list[Unit]) -> list[Unit]:
    """Matroska has no decoding times, raw streams no times at all: muxers want both."""
    out: list[Unit] = []
    for stream in sorted({u.stream for u in units}):
        mine = [u for u in units if u.stream == stream]
        if mine[0].pts is None:
            step = mine[0].duration or 1
            mine = [replace(u, pts=n * step, dts=n * step) for n, u in enumerate(mine)]
        elif any(u.dts is None for u in mine):
            rising = sorted(u.pts for u in mine)
            delay = max(a - u.pts for a, u in zip(rising, mine, strict=True))
            mine = [replace(u, dts=a - delay) for a, u in zip(rising, mine, strict=True)]
        out += mine
    return out


def rewrite(
    source: Path, target: Path, change: Change = list, metadata: dict[str, str] | None = None, **options: str
) -> Path:
    """Copy packets into a container of `target`'s kind, after `change`; nothing is re-encoded."""
    units = change(read_units(source))
    with av.open(str(source)) as given, av.open(str(target), "w", options=options) as out:
        out.metadata.update(metadata or {})
        kept = {u.stream for u in units}
        streams = {s.index: out.add_stream_from_template(s) for s in given.streams if s.index in kept}
        bases = {s.index: s.time_base for s in given.streams}
        for unit in sorted(units, key=lambda u: (u.dts * bases[u.stream], u.stream)):
            packet = av.Packet(unit.data)
            packet.pts, packet.dts, packet.duration = unit.pts, unit.dts, unit.duration
            packet.time_base, packet.stream, packet.is_keyframe = bases[unit.stream], streams[unit.stream], unit.key
            out.mux(packet)
    return target


def video_order(units: list[Unit]) -> list[Unit]:
    """Video units in presentation order."""
    return sorted((u for u in units if u.kind == "video"), key=lambda u: u.pts)


@pytest.fixture(scope="session")
def tools() -> SimpleNamespace:
    """What makes clips and changed copies of them."""
    return SimpleNamespace(
        make_clip=make_clip,
        rewrite=rewrite,
        read_units=read_units,
        video_order=video_order,
        replace=replace,
        frames=FRAMES,
    )


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """H.264 with B-frames and AAC in MP4."""
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4")


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> dict[str, Path]:
    """The same and others in several containers and codecs."""
    folder = tmp_path_factory.mktemp("more")
    made = {"mp4": clip}
    for name in ("clip.mov", "clip.mkv", "clip.ts"):
        made[name[5:]] = rewrite(clip, folder / name)
    made["fragmented"] = rewrite(clip, folder / "fragmented.mp4", movflags="frag_keyframe+empty_moov+default_base_moof")
    made["hevc"] = make_clip(folder / "hevc.mp4", "libx265")
    made["avi"] = make_clip(folder / "clip.avi", "mpeg4", "pcm_s16le")
    made["mjpeg"] = make_clip(folder / "mjpeg.mov", "mjpeg", "pcm_s16le")
    made["silent"] = make_clip(folder / "silent.mp4", sound=None)
    made["raw"] = rewrite(made["silent"], folder / "raw.h264")
    return made

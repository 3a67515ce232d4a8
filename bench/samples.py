"""Recordings to measure on: made once from the generated camera, kept in the cache folder.

Nothing repeats within a recording, unless it is looped, and then only for suites that do not look
at pictures: a repeat is a trace that the engine would stop at.
"""

from __future__ import annotations

import hashlib
import subprocess
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fixtures import sound
from fixtures.camera import Camera, pictures

RATE: Final = 25
H264: Final = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-g", "50", "-threads", "2")
H264_CHEAP: Final = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "50", "-crf", "34", "-threads", "2")
HEVC: Final = ("-c:v", "libx265", "-preset", "superfast", "-x265-params", "log-level=none:keyint=50:bframes=0:pools=2")
HEVC_CHEAP: Final = (
    "-c:v", "libx265", "-preset", "ultrafast", "-crf", "38", "-x265-params", "log-level=none:keyint=50:pools=2",
)  # fmt: skip
MJPEG: Final = ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "20")
AAC: Final = ("-c:a", "aac", "-b:a", "64k")
PCM: Final = ("-c:a", "pcm_s16le")


def bit_rate(megabits: float) -> tuple[str, ...]:
    """Encoder options for a steady bit rate."""
    return ("-b:v", f"{megabits}M", "-maxrate", f"{megabits}M", "-bufsize", f"{2 * megabits}M")


@dataclass(frozen=True, slots=True)
class Sample:
    """A recording: size, length, and the encoder's options for picture and sound."""

    name: str
    width: int
    height: int
    seconds: int
    video: tuple[str, ...]
    audio: tuple[str, ...] = AAC
    sound_rate: int = 16000
    suffix: str = ".mp4"

    @property
    def frames(self) -> int:
        return self.seconds * RATE

    def file(self, cache: Path) -> Path:
        """The recording, made if it is not there yet."""
        digest = hashlib.blake2s(repr(self).encode(), digest_size=4).hexdigest()
        path = cache / f"{self.name}-{digest}{self.suffix}"
        if not path.exists():
            cache.mkdir(parents=True, exist_ok=True)
            _make(self, path)
        return path


def _make(sample: Sample, path: Path) -> None:
    part = path.with_name(f"part-{path.name}")
    speech = path.with_suffix(".wav")
    _write_sound(sample, speech)
    command = [
        *FFMPEG, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{sample.width}x{sample.height}", "-r", str(RATE),
        "-i", "-", "-i", str(speech), "-map", "0:v", "-map", "1:a", *sample.video, *sample.audio,
        "-fflags", "+bitexact", "-flags", "+bitexact", str(part),
    ]  # fmt: skip
    camera = Camera(seed=7, width=sample.width, height=sample.height, seconds=float(sample.seconds))
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        assert encoder.stdin is not None
        for planes in pictures(camera):
            for plane in planes:
                encoder.stdin.write(plane.tobytes())
        encoder.stdin.close()
    speech.unlink()
    if encoder.returncode:
        raise RuntimeError(f"ffmpeg could not make {path.name}: exit code {encoder.returncode}")
    part.replace(path)


FFMPEG: Final = ("ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y")


def _write_sound(sample: Sample, path: Path) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(sample.sound_rate)
        for number in range(sample.seconds):
            out.writeframes(sound.second(7, number, sample.sound_rate).tobytes())


def looped(source: Path, times: int) -> Path:
    """`source` `times` over, packets copied; a real container of that length."""
    return _copied(source, f"x{times}", ["-stream_loop", str(times - 1)], [])


def cut(source: Path, seconds: int) -> Path:
    """The first `seconds` of `source`, packets copied."""
    return _copied(source, f"first{seconds}", [], ["-t", str(seconds)])


def _copied(source: Path, mark: str, before: Sequence[str], after: Sequence[str]) -> Path:
    path = source.with_name(f"{source.stem}-{mark}{source.suffix}")
    if not path.exists():
        part = path.with_name(f"part-{path.name}")
        command = [*FFMPEG, *before, "-i", str(source), "-map", "0", "-c", "copy", *after, str(part)]
        subprocess.run(command, check=True)
        part.replace(path)
    return path


def megabits(path: Path, seconds: float) -> float:
    """Mb/s of a file of that length."""
    return path.stat().st_size * 8 / 1e6 / seconds


FULL_HD: Final = Sample("h264-1080p-8M", 1920, 1080, 20, (*H264, *bit_rate(8)))
HD: Final = Sample("h264-720p-4M", 1280, 720, 20, (*H264, *bit_rate(4)))
FULL_HD_HEVC: Final = Sample("hevc-1080p-6M", 1920, 1080, 20, (*HEVC, *bit_rate(6)))
"""The recordings that pictures are measured on."""

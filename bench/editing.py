"""Real programs that cut and join recordings, each as one function: two pieces in, one file out."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

FFMPEG = ("ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y")
TIMEOUT_S = 120


class ToolError(Exception):
    """A program ended otherwise than it should, or wrote nothing."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a recording, seconds; `end` None is its end."""

    path: Path
    start: float
    end: float | None


Maker = Callable[[Sequence[Piece], Path], Path]
"""Takes the pieces in order and a scratch folder; gives the finished file."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A way to edit.

    Parameters
    ----------
    programs
        What must be installed.
    names
        How the engine may call it: what a name must begin with.
    """

    name: str
    programs: tuple[str, ...]
    names: tuple[str, ...]
    make: Maker

    @property
    def missing(self) -> list[str]:
        """Programs that are not installed."""
        return [p for p in self.programs if shutil.which(p) is None]


def run(command: Sequence[str | Path], accept: Sequence[int] = (0,)) -> None:
    """Run a program to its end.

    Raises
    ------
    ToolError
        If it fails or takes too long.
    """
    try:
        done = subprocess.run(
            [str(c) for c in command], capture_output=True, text=True, check=False, timeout=TIMEOUT_S, errors="replace"
        )
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{command[0]}: no end after {TIMEOUT_S} s") from error
    if done.returncode not in accept:
        raise ToolError(f"{command[0]}: exit code {done.returncode}: {done.stderr.strip()[-200:]}")


def _span(piece: Piece) -> list[str]:
    length = [] if piece.end is None else ["-t", f"{piece.end - piece.start:.3f}"]
    return ["-ss", f"{piece.start:.3f}", *length, "-i", str(piece.path)]


def _part(folder: Path, number: int, suffix: str) -> Path:
    return folder / f"part{number}{suffix}"


def _parts(pieces: Sequence[Piece], folder: Path, suffix: str, options: Sequence[str]) -> list[Path]:
    """Each piece in a file of its own, copied by FFmpeg."""
    made = [_part(folder, i, suffix) for i in range(len(pieces))]
    for piece, path in zip(pieces, made, strict=True):
        run([*FFMPEG, *_span(piece), "-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", *options, path])
    return made


def _list(folder: Path, lines: Sequence[str]) -> list[str]:
    (folder / "list.txt").write_text("".join(f"{line}\n" for line in lines))
    return ["-f", "concat", "-safe", "0", "-i", str(folder / "list.txt")]


def concat_points(pieces: Sequence[Piece], folder: Path) -> Path:
    """FFmpeg's concat demuxer with inpoint and outpoint."""
    lines = []
    for piece in pieces:
        lines += [f"file '{piece.path}'", f"inpoint {piece.start:.3f}"]
        lines += [] if piece.end is None else [f"outpoint {piece.end:.3f}"]
    out = folder / "out.mp4"
    run([*FFMPEG, *_list(folder, lines), "-c", "copy", out])
    return out


def through_ts(pieces: Sequence[Piece], folder: Path) -> Path:
    """Parts as transport streams, put behind each other byte by byte, and back."""
    made = _parts(pieces, folder, ".ts", [])
    whole, out = folder / "whole.ts", folder / "out.mp4"
    whole.write_bytes(b"".join(p.read_bytes() for p in made))
    run([*FFMPEG, "-i", whole, "-c", "copy", "-bsf:a", "aac_adtstoasc", out])
    return out


def segments(pieces: Sequence[Piece], folder: Path) -> Path:
    """Parts as MP4, then the concat demuxer: what graphical front ends of FFmpeg do."""
    made = _parts(pieces, folder, ".mp4", ["-avoid_negative_ts", "make_zero"])
    out = folder / "out.mp4"
    run([*FFMPEG, *_list(folder, [f"file '{p}'" for p in made]), "-c", "copy", out])
    return out


def annex_b(pieces: Sequence[Piece], folder: Path) -> Path:
    """The pictures as a raw stream, concatenated, the sound beside it."""
    codec = _codec(pieces[0].path)
    suffix = {"h264": ".h264", "hevc": ".hevc"}.get(codec)
    if suffix is None:
        raise ToolError(f"no raw stream of {codec}")
    whole, out = folder / f"whole{suffix}", folder / "out.mp4"
    made = [_part(folder, i, suffix) for i in range(len(pieces))]
    for piece, path in zip(pieces, made, strict=True):
        run([*FFMPEG, *_span(piece), "-map", "0:v:0", "-c", "copy", path])
    whole.write_bytes(b"".join(p.read_bytes() for p in made))
    sound = _sound(pieces, folder)
    heard = ["-i", str(sound), "-map", "1:a"] if sound else []
    run([*FFMPEG, "-r", _rate(pieces[0].path), "-i", whole, *heard, "-map", "0:v", "-c", "copy", out])
    return out


def _sound(pieces: Sequence[Piece], folder: Path) -> Path | None:
    made = [_part(folder, i, ".aac") for i in range(len(pieces))]
    try:
        for piece, path in zip(pieces, made, strict=True):
            run([*FFMPEG, *_span(piece), "-map", "0:a:0", "-c", "copy", path])
    except ToolError:  # no sound, or not AAC
        return None
    whole = folder / "whole.aac"
    whole.write_bytes(b"".join(p.read_bytes() for p in made))
    return whole


def smart_cut(pieces: Sequence[Piece], folder: Path) -> Path:
    """The first half second of the second piece encoded anew, the rest copied, through transport streams."""
    second = pieces[-1]
    edge = Piece(second.path, second.start, second.start + 0.5)
    rest = Piece(second.path, second.start + 0.5, second.end)
    made = _parts([*pieces[:-1]], folder, ".ts", [])
    sharp, tail = folder / "edge.ts", folder / "tail.ts"
    encoder = {"hevc": "libx265"}.get(_codec(second.path), "libx264")
    run([*FFMPEG, *_span(edge), "-map", "0:v:0", "-map", "0:a:0?", "-c:v", encoder, "-c:a", "aac", sharp])
    run([*FFMPEG, *_span(rest), "-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", tail])
    out = folder / "out.mp4"
    run([*FFMPEG, *_list(folder, [f"file '{p}'" for p in (*made, sharp, tail)]), "-c", "copy", out])
    return out


def encoded(pieces: Sequence[Piece], folder: Path) -> Path:
    """Cut by filters and encoded anew."""
    inputs = [word for piece in pieces for word in _span(piece)]
    sound = all(_has_sound(p.path) for p in pieces)
    links = "".join(f"[{i}:v:0]" + (f"[{i}:a:0]" if sound else "") for i in range(len(pieces)))
    graph = f"{links}concat=n={len(pieces)}:v=1:a={int(sound)}[v]" + ("[a]" if sound else "")
    out = folder / "out.mp4"
    maps = ["-map", "[v]", *(["-map", "[a]"] if sound else [])]
    run([*FFMPEG, *inputs, "-filter_complex", graph, *maps, "-c:v", "libx264", "-crf", "20", out])
    return out


def mkvmerge(pieces: Sequence[Piece], folder: Path) -> Path:
    """Parts of one recording, or parts of two appended, by mkvmerge."""
    out = folder / "out.mkv"
    if len({p.path for p in pieces}) == 1:
        spans = ",+".join(f"{_clock(p.start)}-{'' if p.end is None else _clock(p.end)}" for p in pieces)
        run(["mkvmerge", "-o", out, "--split", f"parts:{spans}", pieces[0].path], accept=(0, 1))
        return out
    made = []
    for number, piece in enumerate(pieces):
        made.append(_part(folder, number, ".mkv"))
        span = f"parts:{_clock(piece.start)}-{'' if piece.end is None else _clock(piece.end)}"
        run(["mkvmerge", "-o", made[-1], "--split", span, piece.path], accept=(0, 1))
    run(["mkvmerge", "-o", out, made[0], *(f"+{p}" for p in made[1:])], accept=(0, 1))
    return out


def gstreamer(pieces: Sequence[Piece], folder: Path) -> Path:
    """Parts joined by splitmuxsrc and written by mp4mux."""
    made = _parts(pieces, folder, ".mp4", ["-avoid_negative_ts", "make_zero"])
    parser = {"h264": "h264parse", "hevc": "h265parse"}.get(_codec(made[0]))
    if parser is None:
        raise ToolError("no parser")
    out = folder / "out.mp4"
    sound = ["s.audio_0", "!", "queue", "!", "aacparse", "!", "m."] if _has_sound(made[0]) else []
    parts = ["splitmuxsrc", "name=s", f"location={folder}/part*.mp4", "s.video_0", "!", "queue", "!", parser]
    written = ["mp4mux", "name=m", "!", "filesink", f"location={out}"]
    run(["gst-launch-1.0", "-q", *parts, "!", *written, *sound])
    return out


def melt(pieces: Sequence[Piece], folder: Path) -> Path:
    """The engine of Kdenlive and Shotcut: always encodes anew."""
    rate = _number(_rate(pieces[0].path))
    clips = []
    for piece in pieces:
        last = [] if piece.end is None else [f"out={round(piece.end * rate) - 1}"]
        clips += [str(piece.path), f"in={round(piece.start * rate)}", *last]
    profile = folder / "profile"
    width, height = _size(pieces[0].path)
    num, _, den = _rate(pieces[0].path).partition("/")
    values = {
        "description": "own", "frame_rate_num": num, "frame_rate_den": den or 1, "width": width, "height": height,
        "progressive": 1, "sample_aspect_num": 1, "sample_aspect_den": 1, "display_aspect_num": width,
        "display_aspect_den": height, "colorspace": 709,
    }  # fmt: skip
    profile.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
    out = folder / "out.mp4"
    run(["melt", "-profile", profile, *clips, "-consumer", f"avformat:{out}", "vcodec=libx264", "acodec=aac",
         "crf=20", "real_time=-1", "terminate_on_pause=1"])  # fmt: skip
    return out


def handbrake(pieces: Sequence[Piece], folder: Path) -> Path:
    """A copy that FFmpeg joined, encoded anew by HandBrake."""
    joined, out = segments(pieces, folder), folder / "handbrake.mp4"
    run(["HandBrakeCLI", "-i", joined, "-o", out, "-e", "x264", "-q", "20", "--encoder-preset", "veryfast", "--vfr"])
    return out


def vlc(pieces: Sequence[Piece], folder: Path) -> Path:
    """Parts gathered by VLC, which does not run as root."""
    made = _parts(pieces, folder, ".mp4", ["-avoid_negative_ts", "make_zero"])
    out = folder / "vlc" / "out.mp4"
    out.parent.mkdir()
    lowered: list[str] = []
    if os.geteuid() == 0:
        for path in (folder, out.parent):
            path.chmod(0o777)
        lowered = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", f"HOME={out.parent}"]
    chain = f"#gather:std{{access=file,mux=mp4,dst={out}}}"
    run([*lowered, "cvlc", "--no-repeat", "--no-loop", "--sout", chain, "--sout-keep", *made, "vlc://quit"])
    return out


def _asked(path: Path, stream: str, entries: str) -> str:
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", stream, "-show_entries", f"stream={entries}", "-of",
         "csv=p=0:s=x", str(path)], capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line.strip("x") for line in done.stdout.split()]
    return lines[0] if lines else ""


def _codec(path: Path) -> str:
    return _asked(path, "v:0", "codec_name")


def _has_sound(path: Path) -> bool:
    return bool(_asked(path, "a:0", "codec_name"))


def _rate(path: Path) -> str:
    return _asked(path, "v:0", "avg_frame_rate")


def _size(path: Path) -> tuple[int, int]:
    width, _, height = _asked(path, "v:0", "width,height").partition("x")
    return int(width), int(height)


def _number(rate: str) -> float:
    num, _, den = rate.partition("/")
    return float(num) / float(den or 1)


def _clock(seconds: float) -> str:
    return f"{int(seconds // 3600):02d}:{int(seconds // 60 % 60):02d}:{seconds % 60:06.3f}"


LIBAV = ("FFmpeg",)
TOOLS: tuple[Tool, ...] = (
    Tool("ffmpeg, concat demuxer with points", ("ffmpeg",), LIBAV, concat_points),
    Tool("ffmpeg, through transport streams", ("ffmpeg",), LIBAV, through_ts),
    Tool("ffmpeg, segments and concat", ("ffmpeg",), LIBAV, segments),
    Tool("ffmpeg, raw streams concatenated", ("ffmpeg",), LIBAV, annex_b),
    Tool("ffmpeg, edge encoded anew (smart cut)", ("ffmpeg",), LIBAV, smart_cut),
    Tool("ffmpeg, encoded anew", ("ffmpeg",), LIBAV, encoded),
    Tool("mkvmerge, parts and append", ("mkvmerge",), ("mkvmerge",), mkvmerge),
    Tool("GStreamer, splitmuxsrc to mp4mux", ("gst-launch-1.0", "ffmpeg"), ("GStreamer",), gstreamer),
    Tool("melt (Kdenlive, Shotcut), encoded anew", ("melt",), LIBAV, melt),
    Tool("HandBrake, encoded anew", ("HandBrakeCLI", "ffmpeg"), ("HandBrake",), handbrake),
    Tool("VLC, gather", ("cvlc", "ffmpeg"), ("VLC",), vlc),
)

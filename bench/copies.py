"""Footage for the accuracy benchmark, and tampered copies of it; everything cached by name."""

from __future__ import annotations

import csv
import json
import os
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from fixtures.camera import Camera, record
from fixtures.tamper import InapplicableError, ReadBackError, Sources, tamper
from fixtures.tamper.clip import Clip, survey
from fixtures.tamper.packets import Target, copy, packets_of, suffix_of
from fixtures.tamper.plan import EVERYTHING, MAIN, Piece, Plan, run
from fixtures.tamper.problems import Reason
from fixtures.tamper.render import Coding, render
from fixtures.writing import SoundFormat

CAMERA_ORIGINALS = ("original_", "iphone", "phone_", "drone_coast_gopro", "handheld_walk_gopro", "handheld_street")
"""Beginnings of the names of clips that came from the camera as they are."""

TRACES = ["reencode", "edit_trace"]
PREPARED = Coding("h264", 20, 30, scene_cuts=False)
"""A stand-in for a recorder with a key frame a second, for clips whose own key frames are too few."""
UNLIKE = Coding("h264", 24, 20, 3, scene_cuts=False)
"""Another recorder, with other settings."""
JOINS = {"splice_copy": PREPARED, "splice_unlike": UNLIKE}
"""Operations that need a second recording, and how that was coded."""

GENERATED: tuple[Camera, ...] = (
    Camera(seed=11, seconds=20, view="walk"),
    Camera(seed=12, seconds=20, view="static", gop=25),
    Camera(seed=13, seconds=20, view="pan", codec="hevc"),
    Camera(seed=14, seconds=20, view="walk", rate=Fraction(30), width=848, height=480, b_frames=2, gop=30),
    Camera(seed=15, seconds=20, view="still", noise=3.0),
    Camera(seed=16, seconds=20, view="walk", noise=5.0, sound=SoundFormat("aac", 48000, 2), suffix=".ts"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A recording of the benchmark."""

    path: Path
    origin: str
    """``real`` or ``generated``; counted apart."""

    @property
    def camera_original(self) -> bool:
        return self.origin == "generated" or self.path.name.startswith(CAMERA_ORIGINALS)


@dataclass(frozen=True, slots=True)
class Task:
    """One copy to make."""

    source: Source
    op: str
    seed: int
    work: Path
    others: tuple[Path, ...]
    photos: tuple[Path, ...]

    @property
    def name(self) -> str:
        return f"{self.source.path.stem}.{self.op.replace(':', '-')}.{self.seed}"


def generated(folder: Path) -> list[Source]:
    """Recordings made by a program, one for each way a camera is held."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for camera in GENERATED:
        path = folder / f"generated_{camera.view}_{camera.seed}{camera.suffix}"
        if not path.exists():
            record(camera, path)
        found.append(Source(path, "generated"))
    return found


def manifest(footage: Path) -> list[dict[str, str]]:
    """Rows of the footage's ``MANIFEST.tsv``."""
    with (footage / "MANIFEST.tsv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def real(footage: Path, folder: Path, limit_s: float, names: Sequence[str] = ("*",)) -> list[Source]:
    """Single takes of the footage whose names match, long ones cut to `limit_s` seconds without re-encoding."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [r for r in manifest(footage) if r["single_take"] in ("yes", "likely")]
    rows = [r for r in rows if r["path"].startswith(("video/", "video2/")) and float(r["duration_s"] or 0) >= 3]
    found = []
    for row in (r for r in rows if any(fnmatch(Path(r["path"]).name, n) for n in names)):
        path, long = footage / row["path"], float(row["duration_s"]) > limit_s
        with suppress(InapplicableError):  # packets and frames not one to one: the whole clip is taken
            path = _shortened(path, folder, limit_s) if long else path
        found.append(Source(path, "real"))
    return found


def _shortened(path: Path, folder: Path, limit_s: float) -> Path:
    """The clip's first `limit_s` seconds as a stream copy."""
    done = next((p for p in (folder / (path.stem + s) for s in (".mp4", ".mov", ".mkv", ".ts")) if p.exists()), None)
    if done is not None:
        return done
    clip = survey(path)
    packets = packets_of(clip)
    since = (packets.pts - packets.pts.min()).astype(float) * float(packets.base)
    last = max(int(i) for i in packets.clean if since[i] <= limit_s)
    if last < len(packets) * limit_s / float(clip.times[-1]) / 2:
        raise InapplicableError(path, Reason.NO_GROUPS)
    end = float(packets.pts[last] * packets.base)
    target = Target(folder / (path.stem + suffix_of(clip)))

    def alter(kind: str, index: int, packet: Any) -> Sequence[Any]:
        late = index >= last if kind == "video" else float((packet.pts or 0) * packet.time_base) >= end
        return () if late else (packet,)

    copy(clip, target, alter)
    return target.path


def prepared(clip: Clip, folder: Path, like: Clip | None = None, coding: Coding = PREPARED) -> Path:
    """`clip` as a recorder with frequent key frames would have written it, in size and rate of `like`."""
    folder.mkdir(parents=True, exist_ok=True)
    model = like or clip
    size = (model.width // 2 * 2, model.height // 2 * 2)
    other = "" if coding is PREPARED else f".gop{coding.gop}"
    path = folder / f"{clip.path.stem}.{size[0]}x{size[1]}.{1 / model.interval:.3f}fps{other}.mp4"
    if not path.exists():
        part = path.with_name(f"part-{os.getpid()}-{path.name}")
        shots = [replace(s, duration=model.interval) if like else s for s in run(clip, 0, len(clip))]
        heard = (-1e9, len(clip) * model.interval) if like else EVERYTHING
        render(Plan(shots, (), pieces=(Piece(MAIN, *heard),)), clip, part, replace(coding, size=size))
        part.rename(path)
    return path


def _chosen(paths: Sequence[Path], task: Task) -> Path | None:
    """One of `paths` by the task's name, never the clip itself."""
    others = [p for p in paths if p.name != task.source.path.name]
    return others[zlib.crc32(task.name.encode()) % len(others)] if others else None


def _partner(task: Task, clip: Clip, coding: Coding) -> tuple[Path, Path]:
    """The clip and another one as the same recorder would have written them, the other with its own `coding`."""
    folder = task.work / "prepared"
    alike = [p for p in task.others if p.name != task.source.path.name and survey(p).sound == clip.sound][:8]
    other = _chosen(alike or task.others, task)
    if other is None or survey(other).sound != clip.sound:
        raise InapplicableError(clip.path, Reason.UNLIKE)
    return prepared(clip, folder, clip), prepared(survey(other), folder, clip, coding)


def _attempt(task: Task, folder: Path) -> list[Any]:
    """Make the copy; where the clip's own key frames do not allow it, of a prepared one."""
    sources = Sources(_chosen(task.others, task), _chosen(task.photos, task))
    base = task.op.partition(":")[0]
    if base in JOINS:
        path, other = _partner(task, survey(task.source.path), JOINS[base])
        return tamper(path, task.op, task.seed, folder, task.name, Sources(other))
    try:
        return tamper(task.source.path, task.op, task.seed, folder, task.name, sources)
    except InapplicableError as problem:
        if problem.reason not in (Reason.NO_GROUPS, Reason.UNTIMED, Reason.NOT_CARRIED):
            raise
        path = prepared(survey(task.source.path), task.work / "prepared")
        return tamper(path, task.op, task.seed, folder, task.name, sources)


def make(task: Task) -> tuple[str, str | None]:
    """Make one copy unless it is there; its name, and why it could not be made."""
    folder, record_path = task.work / "copies", task.work / "truth" / f"{task.name}.jsonl"
    failed = record_path.with_suffix(".failed")
    if record_path.exists():
        return task.name, None
    if failed.exists():
        return task.name, failed.read_text()
    try:
        truths = _attempt(task, folder)
    except (InapplicableError, ReadBackError) as problem:
        failed.write_text(str(problem))
        return task.name, str(problem)
    lines = []
    for truth in truths:
        entry = json.loads(truth.line())
        entry["origin"], entry["variant"] = task.source.origin, task.op
        if task.op == "original" and not task.source.camera_original:
            entry["allow"] = TRACES
        lines.append(json.dumps(entry) + "\n")
    record_path.write_text("".join(lines))
    return task.name, None


def make_all(tasks: Sequence[Task], work: Path, jobs: int) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Make every copy; the truth about all of them, and the reasons for those that could not be made."""
    for name in ("copies", "truth"):
        (work / name).mkdir(parents=True, exist_ok=True)
    truths: list[dict[str, Any]] = []
    problems: dict[str, str] = {}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for number, (name, problem) in enumerate(pool.map(make, tasks, chunksize=4)):
            if problem is None:
                truths += [json.loads(line) for line in (work / "truth" / f"{name}.jsonl").read_text().splitlines()]
            else:
                problems[name] = problem
            print(f"\r{number + 1} of {len(tasks)} copies", end="", flush=True)
    print()
    return truths, problems

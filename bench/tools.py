"""``python -m bench.tools``: real programs cut and join recordings; what of it is found.

Each program takes the middle out of clips, and joins two of them where they are alike. The finished
copy is decoded and matched frame by frame with what it was made from, which gives the true join; the
program's own idea of it counts for nothing. Then `unbroken inspect` runs, without decoding and in full.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import accuracy, score
from bench.accuracy import markdown
from bench.copies import generated
from bench.editing import TOOLS, Piece, Tool, ToolError
from fixtures.tamper import InapplicableError
from fixtures.tamper.clip import NO_NUMBER, Clip, survey
from fixtures.tamper.packets import packets_of

REAL = (
    "cctv_osd_tunnel.mp4", "drone_coast_gopro_karma.mp4", "handheld_walk_gopro_max.mp4",
    "vehicle_highway_white_line.mp4", "incar_rain_wipers_cornernet.mp4", "static_desk_bottles_40s.mp4",
)  # fmt: skip
"""Recordings of six cameras."""
LEVELS = ("container", "full")
NEAR_S = 0.3
"""A finding this close to a join is about it."""
GONE_S = 2.0
"""About so much is taken out."""
SAME = 4.0
"""Grey levels of a thumbnail within which a frame may be the next one of its source."""
HEAD = ("program", "copies", "joins", "container", "full", "more above notice", "named", "original?")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.tools", description=__doc__)
    parser.add_argument("--tools", nargs="+", default=[""], metavar="WORD", help="programs whose name has this word")
    parser.add_argument("--clips", nargs="+", default=[""], metavar="WORD", help="clips whose name has this word")
    parser.add_argument("--work", type=Path, default=Path(".cache/tools"), help="copies are kept and used again")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the table to this Markdown file")
    return parser.parse_args(arguments)


@dataclass(frozen=True, slots=True)
class Join:
    """Where a copy goes from one place of its sources to another: the frames on both sides, and their times."""

    frame: int
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Copy:
    """A finished copy."""

    tool: Tool
    path: Path
    joins: tuple[Join, ...]


def match(copy: Clip, sources: Sequence[Clip]) -> NDArray[np.int64]:
    """For each frame of a copy the frame that it was, counted through all sources.

    A frame that may be the next one of the source is taken for it; else the most alike one. Burnt-in
    numbers, where both have them, decide.
    """
    thumbs = np.concatenate([s.thumbs for s in sources])[:, ::2, ::2].astype(np.int16)
    numbers = np.concatenate([s.numbers for s in sources])
    found = np.empty(len(copy), np.int64)
    last = -1
    for i, (thumb, number) in enumerate(zip(copy.thumbs[:, ::2, ::2].astype(np.int16), copy.numbers, strict=True)):
        ahead = [n for n in (last, last + 1, last + 2) if 0 <= n < len(thumbs)]
        same = np.flatnonzero(numbers == number) if number != NO_NUMBER else np.zeros(0, np.int64)
        if len(same):
            near = [n for n in same.tolist() if n in ahead]
            last = near[-1] if near else _nearest(thumb, thumbs, same)
        else:
            off = [float(np.abs(thumb - thumbs[n]).mean()) for n in ahead]
            every = np.abs(thumbs - thumb).mean(axis=(1, 2)) if not off or min(off) > SAME / 4 else np.zeros(0)
            fits = bool(off) and (not len(every) or min(off) <= min(SAME, float(every.min()) * 1.5 + 0.3))
            last = ahead[int(np.argmin(off))] if fits else int(np.argmin(every))
        found[i] = last
    return found


def _nearest(thumb: NDArray[np.int16], thumbs: NDArray[np.int16], among: NDArray[np.int64]) -> int:
    return int(among[int(np.argmin(np.abs(thumbs[among] - thumb).mean(axis=(1, 2))))])


def true_joins(copy: Clip, sources: Sequence[Clip]) -> tuple[Join, ...]:
    """Where the copy leaps in its sources by more than half a second, and stays there."""
    found = match(copy, sources)
    offset = found - np.arange(len(found))
    leap = max(5, copy.second // 2)
    joins = []
    for k in np.flatnonzero(np.abs(np.diff(offset)) > leap) + 1:
        before, after = np.median(offset[max(0, k - 6) : k]), np.median(offset[k : k + 6])
        if abs(after - before) > leap and abs(offset[k] - after) <= 2 and abs(offset[k - 1] - before) <= 2:
            joins.append(Join(int(k), float(copy.times[k - 1]), float(copy.times[k])))
    return tuple(joins)


def pieces_of(clip: Path, other: Path | None) -> list[Piece]:
    """The middle taken out at key frames, or the first part of one recording and the last of another."""
    seen, packets = survey(clip), packets_of(survey(clip))
    starts = np.array([float(packets.pts[s] * packets.base) for s in packets.starts]) - seen.origin
    end = float(seen.times[-1])
    if other is not None:
        return [Piece(clip, 0.0, _cut_at(starts, end * 0.5)), Piece(other, _cut_at(starts, end * 0.3), None)]
    a = _cut_at(starts, end * 0.4)
    b = _cut_at(starts[starts > a + 0.5], max(a + GONE_S, end * 0.55))
    return [Piece(clip, 0.0, a), Piece(clip, b, None)]


def _cut_at(starts: NDArray[np.float64], wanted: float) -> float:
    inner = starts[starts > 0.5]
    return float(inner[int(np.argmin(np.abs(inner - wanted)))]) if len(inner) else wanted


def make(tool: Tool, pieces: Sequence[Piece], target: Path) -> Copy:
    """Let a program make a copy, and find its joins.

    Raises
    ------
    ToolError
        The program failed, or what it wrote has no join.
    """
    done = next((p for p in target.parent.glob(f"{target.name}.*")), None)
    if done is None:
        with TemporaryDirectory(prefix="bench-") as scratch:
            made = tool.make(pieces, Path(scratch))
            if not made.exists() or not made.stat().st_size:
                raise ToolError("nothing was written")
            done = target.with_name(target.name + made.suffix)
            shutil.copyfile(made, done)
    try:
        sources = [survey(p) for p in dict.fromkeys(piece.path for piece in pieces)]
        joins = true_joins(survey(done), sources)
    except InapplicableError as error:
        raise ToolError(str(error)) from error
    if not joins:
        raise ToolError("the copy has no join")
    return Copy(tool, done, joins)


def about(finding: Mapping[str, Any], join: Join) -> bool:
    """Whether a finding above notice is at a join."""
    return score.rank(finding) >= 1 and score.fits((join.start_s, join.end_s), score.interval(finding), NEAR_S)


def named(finding: Mapping[str, Any], tool: Tool) -> bool:
    """Whether a finding names the program."""
    name = str((finding.get("params") or {}).get("tool", ""))
    return finding["kind"] == "edit_trace" and name.startswith(tool.names)


def row(tool: Tool, copies: Sequence[Copy], reports: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What was found of one program's copies."""
    joins = [(c, j) for c in copies for j in c.joins]
    cells = []
    for level in LEVELS:
        hits = sum(any(about(f, j) for f in reports[level][c.path.name]["findings"]) for c, j in joins)
        cells.append(f"{hits} of {len(joins)}")
    loud = [
        f for c in copies for f in reports["full"][c.path.name]["findings"]
        if score.rank(f) >= 1 and f["kind"] not in ("edit_trace", "reencode") and not any(about(f, j) for j in c.joins)
    ]  # fmt: skip
    name = sum(any(named(f, tool) for f in reports["container"][c.path.name]["findings"]) for c in copies)
    opinion = Counter(reports["container"][c.path.name]["originality"]["outcome"] for c in copies)
    told = ", ".join(f"{n} {what}" for what, n in opinion.most_common())
    return [tool.name, str(len(copies)), str(len(joins)), *cells, str(len(loud)), f"{name} of {len(copies)}", told]


def clips_of(args: argparse.Namespace) -> list[tuple[Path, Path | None]]:
    """Clips to cut, and pairs to join."""
    footage = accuracy.footage_folder()
    made = [s.path for s in generated(args.work / "generated")][:4]
    found: list[tuple[Path, Path | None]] = [(p, None) for p in made]
    if footage is not None:
        found += [(p, None) for name in REAL for p in footage.glob(f"video*/{name}")]
    found.append((made[0], made[1]))
    return [(p, o) for p, o in found if any(word in p.name for word in args.clips)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 0 if something was measured, 2 if there was nothing to measure."""
    args = parse(arguments)
    args.work = args.work.resolve()
    folder = args.work / "copies"
    folder.mkdir(parents=True, exist_ok=True)
    copies: list[Copy] = []
    tools = [t for t in TOOLS if any(word in t.name for word in args.tools)]
    left = [f"{t.name}: not installed ({', '.join(t.missing)})" for t in tools if t.missing]
    for clip, other in clips_of(args):  # the outer loop: a recording is decoded once for all programs
        pair = f"{clip.stem}{'' if other is None else '+' + other.stem}"
        for tool in (t for t in tools if not t.missing):
            target = folder / f"{''.join(c if c.isalnum() else '-' for c in tool.name)}.{pair}"
            try:
                copies.append(make(tool, pieces_of(clip, other), target))
            except (ToolError, InapplicableError) as error:
                left.append(f"{tool.name}, {pair}: {error}")
            print(f"\r{len(copies)} copies, {len(left)} not made", end="", flush=True)
    print("\n" + "\n".join(left))
    if not copies:
        return 2
    reports = {level: accuracy.inspect([c.path for c in copies], args.work, args.jobs, level) for level in LEVELS}
    mine = {t.name: [c for c in copies if c.tool is t] for t in TOOLS}
    lines = markdown(HEAD, [row(t, mine[t.name], reports) for t in TOOLS if mine[t.name]])
    (args.work / "misses.txt").write_text("\n".join(misses(copies, reports)) + "\n")
    text = "\n".join(lines) + (f"\n\n{len(left)} copies could not be made by the program.\n" if left else "\n")
    print(text)
    if args.write is not None:
        args.write.write_text(text, encoding="utf-8")
    return 0


def misses(copies: Sequence[Copy], reports: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line for each join, with what was found of it at each level."""
    return [
        f"{c.path.name} frame {j.frame} {j.start_s:.3f} s: " + ", ".join(
            f"{level} {[f['kind'] for f in reports[level][c.path.name]['findings'] if about(f, j)]}" for level in LEVELS
        )
        for c in copies for j in c.joins
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

"""``python -m bench.accuracy``: how many edits are found, and how much is found where nothing was done.

Tampered copies of generated and of real footage are made with known truth, `unbroken inspect` runs on
all of them, and `bench.score` compares. Real and generated footage are counted apart. Real footage is
the folder that the environment variable UNBROKEN_FOOTAGE names, with a ``MANIFEST.tsv`` that says
which clips are single takes.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import score, usage
from bench.copies import Source, Task, generated, make_all, manifest, real
from bench.score import FileScore, Totals, share, total
from fixtures.tamper import OPERATIONS

BATCH = 150
"""Files in one call of the command."""
HEAD = ("op", "files", "events", "found %", "place %", "false alarms", "per hour", "off median", "off 95 %")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__)
    parser.add_argument("--ops", nargs="+", default=list(OPERATIONS), metavar="OP[:VALUE]")
    parser.add_argument("--per-clip", type=int, default=1, help="copies of each operation and clip")
    parser.add_argument("--clips", nargs="+", default=["*"], metavar="GLOB", help="names of the clips to use")
    parser.add_argument("--limit-seconds", type=float, default=30.0, help="longer clips are cut to this length")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--work", type=Path, default=Path(".cache/accuracy"), help="copies are kept and used again")
    parser.add_argument("--origin", choices=("real", "generated", "both"), default="both")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the tables to this Markdown file")
    parser.add_argument("--untouched", action="store_true", help="instead: verdicts on every clip of the footage")
    return parser.parse_args(arguments)


def footage_folder() -> Path | None:
    """The folder of real recordings, if the environment names one."""
    named = os.environ.get("UNBROKEN_FOOTAGE")
    return Path(named) if named and (Path(named) / "MANIFEST.tsv").is_file() else None


def sources(args: argparse.Namespace, footage: Path | None) -> list[Source]:
    """Clips that the options ask for."""
    found: list[Source] = []
    if args.origin != "real":
        found += generated(args.work / "generated")
    if args.origin != "generated" and footage is not None:
        found += real(footage, args.work / f"first-{args.limit_seconds:g}s", args.limit_seconds, args.clips)
    return [s for s in found if any(fnmatch.fnmatch(s.path.name, g) for g in args.clips)]


def inspect(files: Sequence[Path], work: Path, jobs: int, level: str = "full") -> dict[str, dict[str, Any]]:
    """Reports of `unbroken inspect` by file name; many files a call."""
    reports: dict[str, dict[str, Any]] = {}
    for start in range(0, len(files), BATCH):
        output = work / f"report-{start}.json"
        output.unlink(missing_ok=True)
        names = "".join(f"{p}\n" for p in files[start : start + BATCH])
        options = ["--format", "json", "--output", str(output), "--jobs", str(jobs), "--level", level]
        command = [*usage.unbroken(), "inspect", "-", *options]
        done = subprocess.run(command, input=names, text=True, capture_output=True, check=False)
        if done.returncode not in (0, 1, 3) or not output.exists():
            print(f"inspect ended with {done.returncode}: {done.stderr.strip()[-400:]}", file=sys.stderr)
            continue
        for entry in json.loads(output.read_text(encoding="utf-8"))["files"]:
            reports[Path(entry["path"]).name] = entry
        print(f"\r{min(start + BATCH, len(files))} of {len(files)} inspected", end="", flush=True)
    print()
    return reports


def percent(value: float | None) -> str:
    """A share for a table."""
    return "—" if value is None else f"{100 * value:.1f}"


def _row(name: str, t: Totals) -> list[str]:
    lenient = t.lenient / t.events if t.events else None
    rate = t.alarms_per_hour
    off = ["—" if v is None else f"{v:g}" for v in (t.off_median, t.off_p95)]
    return [
        name, str(t.files), str(t.events), percent(t.recall), percent(lenient), str(t.false_alarms),
        "—" if rate is None else f"{rate:.1f}", *off,
    ]  # fmt: skip


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    ruler = ["---", *["---:"] * (len(head) - 1)]
    return ["| " + " | ".join(r) + " |" for r in (head, ruler, *rows)]


def coverage(reports: Iterable[Mapping[str, Any]]) -> list[str]:
    """How much of the time each question could be answered for."""
    seconds: dict[tuple[str, str], float] = defaultdict(float)
    whole: dict[tuple[str, str], float] = defaultdict(float)
    for report in reports:
        for answer in report.get("examined") or ():
            key = (answer["question"], answer["by"])
            seconds[key] += answer["seconds"]
            holes = answer.get("not_examinable") or ()
            whole[key] += answer["seconds"] + sum(h["end_s"] - h["start_s"] for h in holes)
    rows = [[*key, f"{seconds[key]:.0f}", percent(share_of(seconds[key], whole[key]))] for key in sorted(seconds)]
    return markdown(("question", "by", "seconds answered", "share %"), rows) if rows else []


def share_of(part: float, whole: float) -> float | None:
    """A ratio, None of nothing."""
    return part / whole if whole else None


def tables(files: Sequence[FileScore], reports: Iterable[Mapping[str, Any]]) -> list[str]:
    """The page's tables for one origin of footage."""
    by_op: dict[str, list[FileScore]] = defaultdict(list)
    for file in files:
        by_op[file.op].append(file)
    content, everything = total(files, ["content"]), total(files)
    rows = [_row(op, total(found)) for op, found in sorted(by_op.items())]
    rows += [_row("**content events**", content), _row("**all events**", everything)]
    events = [e for f in files for e in f.events if e.group == "content"]
    visible = [e.hit for e in events if e.step is not None and e.step >= score.VISIBLE_STEP]
    answerable = [e.hit for e in events if e.examinable]
    negative = [f.flagged for f in files if f.negative]
    tampered = [any(e.lenient for e in f.events) for f in files if f.events and not f.negative]
    untouched = total([f for f in files if f.op == "original"])
    kinds = sorted({k for f in files for k in f.false_kinds})
    return [
        *markdown(HEAD, rows), "",
        f"Content: precision {percent(content.precision)} %, recall {percent(content.recall)} %, F1 {content.f1:.3f}; "
        f"all events: F1 {everything.f1:.3f}.",
        f"Recall on {len(visible)} edits whose picture steps at least twice as far as around them: "
        f"{percent(share(visible))} %; on {len(answerable)} events at places that were called examinable: "
        f"{percent(share(answerable))} %.",
        f"Tampered files found: {percent(share(tampered))} % of {len(tampered)}; untouched and harmless files flagged: "
        f"{percent(share(negative))} % of {len(negative)}.",
        f"Untouched footage: {untouched.false_alarms} false alarms in {untouched.hours:.3f} h"
        + (f" (none in so much time bounds the rate at {3 / untouched.hours:.1f} an hour with 95 % confidence)."
           if untouched.hours and not untouched.false_alarms else "."),
        *([f"Kinds of false alarm: {', '.join(kinds)}."] if kinds else []), "",
        *coverage(reports),
    ]  # fmt: skip


def accuracy(args: argparse.Namespace) -> list[str]:
    """Make copies, inspect them, score; the page's lines."""
    footage = footage_folder()
    clips = sources(args, footage)
    if not clips:
        print("no clips: set UNBROKEN_FOOTAGE, or choose other --clips", file=sys.stderr)
        return []
    photos = tuple(sorted((footage / "photo").glob("*.jpg"))) if footage else ()
    others = {o: tuple(s.path for s in clips if s.origin == o) for o in ("real", "generated")}
    tasks = [
        Task(clip, op, args.seed + n, args.work, others[clip.origin], photos)
        for clip in clips for op in args.ops for n in range(1 if op == "original" else args.per_clip)
    ]  # fmt: skip
    truths, problems = make_all(tasks, args.work, args.jobs)
    reports = inspect([args.work / "copies" / t["file"] for t in truths], args.work, args.jobs)
    (args.work / "truth.jsonl").write_text("".join(json.dumps(t) + "\n" for t in truths))
    page: list[str] = []
    for origin in ("real", "generated"):
        mine = [t for t in truths if t["origin"] == origin]
        if mine:
            scored = score.score(mine, reports)
            shown = [reports[t["file"]] for t in mine if t["file"] in reports]
            missing = f"; {len(mine) - len(shown)} not reported" if len(shown) < len(mine) else ""
            count = len([c for c in clips if c.origin == origin])
            page += [f"## {origin.capitalize()} footage: {count} clips, {len(mine)} files{missing}", ""]
            page += [*tables(scored, shown), ""]
            (args.work / f"misses-{origin}.txt").write_text("\n".join(misses(mine, scored)) + "\n")
    if problems:
        page += [f"{len(problems)} copies could not be made (too short, no sound, other coding)."]
    return page


def misses(truths: Sequence[Mapping[str, Any]], scored: Sequence[FileScore]) -> list[str]:
    """A line for each event that was missed and each false alarm, to look at."""
    lines = []
    for truth, file in zip(truths, scored, strict=True):
        for event, result in zip(truth["expect"], file.events, strict=True):
            if not result.hit:
                place = f"{event['start_s']:.2f}–{event['end_s']:.2f} s step {event.get('step')}"
                lines.append(f"missed {file.op} {truth['file']} {place}{' (place found)' if result.lenient else ''}")
        if file.false_alarms:
            lines.append(f"alarm {file.op} {truth['file']} {', '.join(file.false_kinds)}")
    return lines


def untouched(args: argparse.Namespace) -> list[str]:
    """Verdicts on every clip of the footage, and what was found in each."""
    footage = footage_folder()
    if footage is None:
        print("UNBROKEN_FOOTAGE names no folder with a MANIFEST.tsv", file=sys.stderr)
        return []
    rows = [r for r in manifest(footage) if r["vcodec"] or r["path"].startswith(("odd/", "signed/", "video"))]
    rows = [r for r in rows if any(fnmatch.fnmatch(Path(r["path"]).name, g) for g in args.clips)]
    args.work.mkdir(parents=True, exist_ok=True)
    reports = inspect([footage / r["path"] for r in rows], args.work, args.jobs)
    lines: list[list[str]] = []
    for row in rows:
        report = reports.get(Path(row["path"]).name, {"verdict": "not reported"})
        loud = [f for f in report.get("findings") or () if score.rank(f) >= 1]
        told = "; ".join(_told(f) for f in loud[:4]) + ("; …" if len(loud) > 4 else "")
        lines.append([row["path"], row["single_take"], report["verdict"], told or "—"])
    count: dict[str, int] = defaultdict(int)
    for line in lines:
        count[line[2]] += 1
    counted = ", ".join(f"{n} {v}" for v, n in sorted(count.items()))
    return [f"{len(lines)} clips: {counted}", "", *markdown(("clip", "single take", "verdict", "findings"), lines)]


def _told(finding: Mapping[str, Any]) -> str:
    span = score.interval(finding)
    place = "" if span is None else f" {span[0]:.2f}–{span[1]:.2f} s"
    frames = "" if finding.get("start_frame") is None else f" (frames {finding['start_frame']}–{finding['end_frame']})"
    return f"{finding['severity']} {finding['kind']}{place}{frames}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 0 if something was measured, 2 if there was nothing to measure."""
    args = parse(arguments)
    args.work = args.work.resolve()
    page = untouched(args) if args.untouched else accuracy(args)
    if not page:
        return 2
    text = "\n".join(page) + "\n"
    print(text)
    if args.write is not None:
        args.write.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""``python -m bench.triage``: how many copied edits are found without decoding, and how many with it.

Copies are made as by `bench.accuracy`, of generated and of real footage, and inspected twice: with
``--level container`` and in full. Cuts and joins are told apart by whether anything that a recorder
counts breaks there, which `bench.broken` decides from the known place alone.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import accuracy, score
from bench.accuracy import markdown, percent
from bench.broken import JOINS, at_join
from bench.copies import Task, make_all, manifest
from bench.score import FileScore, share, total

OPS = (
    "original", "cut_copy:1", "cut_copy:2", "cut_copy:5", "cut_forged", "gap_copy", "drop_packets", "splice_copy",
    "splice_unlike", "pts_jump_forward", "pts_jump_back", "pts_smooth", "retime", "truncate_tail", "bitflip", "remux",
    "metadata_edit", "jitter", "rollover",
)  # fmt: skip
NAMED = "missed by the container's level, and named there as not examinable"
LEVELS = ("container", "full")
HEAD = (
    "op",
    "files",
    "events",
    "container %",
    "to a stretch",
    "full %",
    "off container",
    "off full",
    "alarms container",
    "alarms full",
)
Record = Mapping[str, Any]


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.triage", description=__doc__)
    parser.add_argument("--ops", nargs="+", default=list(OPS), metavar="OP[:VALUE]")
    parser.add_argument("--clips", nargs="+", default=["*"], metavar="GLOB", help="names of the clips to use")
    parser.add_argument("--limit-seconds", type=float, default=30.0, help="longer clips are cut to this length")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--work", type=Path, default=Path(".cache/triage"), help="copies are kept and used again")
    parser.add_argument("--origin", choices=("real", "generated", "both"), default="both")
    parser.add_argument("--make", action="store_true", help="make the copies and stop")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the tables to this Markdown file")
    return parser.parse_args(arguments)


@dataclass(frozen=True, slots=True)
class Join:
    """A cut or join: what breaks there, how far the picture steps, and what was found."""

    breaks: frozenset[str]
    step: float
    found: Mapping[str, bool]
    named: bool
    """Whether the container's level says that a copied cut would not be seen at this place."""
    file: str


def joins(truths: Sequence[Record], scored: Mapping[str, Sequence[FileScore]], reports: Mapping[str, Record],
          copies: Path) -> list[Join]:  # fmt: skip
    """All cuts and joins between whole groups; `reports` are those of the container's level."""
    found: list[Join] = []
    for index, truth in enumerate(truths):
        if truth["op"] not in JOINS:
            continue
        event = truth["expect"][0]
        hits = {level: scored[level][index].events[0].hit for level in LEVELS}
        examined = (reports.get(truth["file"]) or {}).get("examined") or ()
        found.append(
            Join(
                at_join(copies / truth["file"], event),
                event["step"] or 0.0,
                hits,
                named(event, examined),
                truth["file"],
            )
        )
    return found


def named(event: Record, examined: Sequence[Record]) -> bool:
    """Whether deletion is called not examinable by the bitstream at an event, or not asked about at all."""
    answers = [a for a in examined if (a["question"], a["by"]) == ("deletion", "bitstream")]
    middle = (event["start_s"] + event["end_s"]) / 2
    holes = [h for a in answers for h in a.get("not_examinable") or ()]
    return not answers or any(h["start_s"] <= middle <= h["end_s"] for h in holes)


def is_stretch(finding: Record, truth: Record) -> bool:
    """Whether a finding says "somewhere in this stretch", names no frame, and an event lies in it.

    Marks of the sound date a cut to some seconds; without a picture the place is not known. It is
    neither a hit nor a false alarm.
    """
    span = score.interval(finding)
    if score.rank(finding) < 1 or finding.get("start_frame") is not None or span is None:
        return False
    return any(span[0] <= e["start_s"] and e["end_s"] <= span[1] for e in truth["expect"] if e["scope"] == "local")


def exact(truths: Sequence[Record], reports: Mapping[str, Record]) -> tuple[dict[str, Record], set[str]]:
    """The reports without true stretches, and the files that had one."""
    kept: dict[str, Record] = {}
    coarse: set[str] = set()
    for truth in truths:
        report = reports.get(truth["file"])
        if report is None:
            continue
        findings = [f for f in report["findings"] if not is_stretch(f, truth)]
        if len(findings) < len(report["findings"]):
            coarse.add(truth["file"])
        kept[truth["file"]] = {**report, "findings": findings}
    return kept, coarse


def by_op(truths: Sequence[Record], scored: Mapping[str, Sequence[FileScore]], coarse: set[str]) -> list[str]:
    """A row for each operation."""
    stretches = Counter(t["variant"] for t in truths if t["file"] in coarse)
    rows: dict[str, dict[str, list[FileScore]]] = defaultdict(lambda: {level: [] for level in LEVELS})
    for index, truth in enumerate(truths):
        for level in LEVELS:
            rows[truth["variant"]][level].append(scored[level][index])
    return markdown(HEAD, [_row(op, rows[op], stretches[op]) for op in sorted(rows)])


def _row(op: str, files: Mapping[str, Sequence[FileScore]], stretches: int) -> list[str]:
    sums = {level: total(files[level]) for level in LEVELS}
    off = ["—" if t.off_median is None else f"{t.off_median:g} / {t.off_p95:g}" for t in sums.values()]
    first, deep = sums["container"], sums["full"]
    return [
        op, str(first.files), str(first.events), percent(first.recall), str(stretches), percent(deep.recall), *off,
        *(str(t.false_alarms) for t in sums.values()),
    ]  # fmt: skip


def by_break(found: Sequence[Join]) -> list[str]:
    """Joins told apart by what breaks at them, and by whether the picture steps."""
    kinds: tuple[tuple[str, Callable[[Join], bool]], ...] = (
        ("numbers, times, sound or parameter sets break", lambda j: bool(j.breaks)),
        ("the picture steps (twice as far as around it)", lambda j: j.step >= score.VISIBLE_STEP),
        ("nothing counted breaks, the picture steps", lambda j: not j.breaks and j.step >= score.VISIBLE_STEP),
        ("nothing counted breaks, the picture does not step", lambda j: not j.breaks and j.step < score.VISIBLE_STEP),
    )
    rows = []
    for name, holds in kinds:
        mine = [j for j in found if holds(j)]
        silent = [j for j in mine if not j.found["container"] and not j.named]
        shares = [percent(share([j.found[level] for j in mine])) for level in LEVELS]
        missed = [j for j in mine if not j.found["container"]]
        rows.append([name, str(len(mine)), *shares, f"{len(missed) - len(silent)} of {len(missed)}"])
    head = ("cuts and joins of whole groups at which …", "events", "container %", "full %", NAMED)
    return markdown(head, rows)


def untouched(args: argparse.Namespace) -> list[str]:
    """False alarms of the container's level on all untouched footage."""
    footage = accuracy.footage_folder()
    if footage is None:
        return []
    rows = [r for r in manifest(footage) if r["path"].startswith(("video", "odd/", "signed/")) and r["vcodec"]]
    reports = accuracy.inspect([footage / r["path"] for r in rows], args.work, args.jobs, "container")
    lines = []
    for title, wanted in (("single takes", ("yes", "likely")), ("other and odd files", ("n/a", "anomaly", "cuts"))):
        mine = [r for r in rows if r["single_take"] in wanted]
        loud = {
            Path(r["path"]).name: [f for f in _found(reports, r) if score.rank(f) >= 1] for r in mine
        }  # fmt: skip
        count = {s: sum(f["severity"] == s for fs in loud.values() for f in fs) for s in ("violation", "suspicion")}
        hours = sum(_stated(r["duration_s"]) for r in mine) / 3600
        where = "; ".join(f"{n}: {', '.join(_told(f) for f in fs)}" for n, fs in loud.items() if fs)
        bound = f" (bounds the rate at {3 / hours:.1f} an hour with 95 % confidence)" if not any(count.values()) else ""
        lines.append(
            f"Untouched, {title}: {len(mine)} files, {hours:.2f} h: {count['violation']} violations, "
            f"{count['suspicion']} suspicions{bound}{f' ({where})' if where else ''}."
        )
    return lines


def _stated(text: str) -> float:
    """The number that a manifest's duration begins with, or 0."""
    number = re.match(r"[~ ]*([0-9.]+)", text)
    return float(number[1]) if number else 0.0


def _found(reports: Mapping[str, Record], row: Mapping[str, str]) -> Sequence[Record]:
    return (reports.get(Path(row["path"]).name) or {}).get("findings") or ()


def _told(finding: Record) -> str:
    return f"{finding['kind']} at frame {finding['start_frame']}"


def page(args: argparse.Namespace) -> list[str]:
    """Make copies, inspect them at both levels, score."""
    footage = accuracy.footage_folder()
    clips = accuracy.sources(args, footage)
    others = {o: tuple(s.path for s in clips if s.origin == o) for o in ("real", "generated")}
    tasks = [Task(c, op, args.seed, args.work, others[c.origin], ()) for c in clips for op in args.ops]
    truths, problems = make_all(tasks, args.work, args.jobs)
    if args.make or not truths:
        print("\n".join(f"{k}: {v}" for k, v in problems.items()))
        return []
    copies, lines, left = args.work / "copies", [], []
    files = [copies / t["file"] for t in truths]
    reports = {level: accuracy.inspect(files, args.work, args.jobs, level) for level in LEVELS}
    for origin in ("real", "generated"):
        mine = [t for t in truths if t["origin"] == origin]
        if not mine:
            continue
        precise, coarse = exact(mine, reports["container"])
        scored = {"container": score.score(mine, precise), "full": score.score(mine, reports["full"])}
        cuts = joins(mine, scored, reports["container"], copies)
        count = len([c for c in clips if c.origin == origin])
        lines += [
            f"## {origin.capitalize()} footage: {count} clips, {len(mine)} files",
            "",
            *by_op(mine, scored, coarse),
            "",
        ]
        lines += [*by_break(cuts), "", *_originals(mine, scored), ""]
        left += [f"{level} {m}" for level in LEVELS for m in accuracy.misses(mine, scored[level])]
        left += [
            f"join {j.file} {','.join(sorted(j.breaks)) or 'nothing'} step {j.step} {dict(j.found)} {j.named}"
            for j in cuts
        ]
    (args.work / "misses.txt").write_text("\n".join(left) + "\n")
    (args.work / "truth.jsonl").write_text("".join(json.dumps(t) + "\n" for t in truths))
    if problems:
        lines += [
            f"{len(problems)} copies could not be made (no whole groups inside, no sample tables, other coding).",
            "",
        ]
    return [*lines, *(untouched(args) if args.origin != "generated" else [])]


def _originals(truths: Sequence[Record], scored: Mapping[str, Sequence[FileScore]]) -> list[str]:
    """False alarms on files in which nothing may be found, for both levels."""
    lines = []
    for level in LEVELS:
        files = [f for t, f in zip(truths, scored[level], strict=True) if f.negative]
        hours = sum(f.duration_s for f in files) / 3600
        flagged = sum(f.flagged for f in files)
        lines.append(f"Untouched and harmless copies, {level}: {flagged} of {len(files)} flagged, {hours:.2f} h.  ")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 0 if something was measured or made, 2 if there was nothing to measure."""
    args = parse(arguments)
    args.work = args.work.resolve()
    args.work.mkdir(parents=True, exist_ok=True)
    lines = page(args)
    if not lines:
        return 0 if args.make else 2
    text = "\n".join(lines) + "\n"
    print(text)
    if args.write is not None:
        args.write.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

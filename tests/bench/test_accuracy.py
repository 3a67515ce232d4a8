"""The accuracy benchmark: cached copies, and a page that says what was scored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.accuracy import coverage, misses, parse, tables
from bench.copies import Source, Task, make
from bench.score import score
from fixtures.camera import Camera, record

TRUTH: dict[str, Any] = {
    "id": "a", "op": "delete", "file": "a.mp4", "allow": [], "ripple": [], "negative": False, "duration_s": 36.0,
    "expect": [{"kinds": ["deletion"], "start_s": 5.0, "end_s": 5.04, "start_frame": 125, "end_frame": 126, "step": 4}],
}  # fmt: skip
CLEAN: dict[str, Any] = {**TRUTH, "id": "b", "op": "original", "file": "b.mp4", "expect": [], "negative": True}
FOUND = {"kind": "gap", "severity": "suspicion", "start_s": 20.0, "end_s": 20.1}


def test_the_page_counts_misses_and_alarms() -> None:
    reports = {"a.mp4": {"verdict": "clear", "findings": []}, "b.mp4": {"verdict": "suspicion", "findings": [FOUND]}}
    scored = score([TRUTH, CLEAN], reports)
    page = "\n".join(tables(scored, reports.values()))
    assert "| delete | 1 | 1 | 0.0 | 0.0 | 0 | 0.0 | — | — |" in page
    assert "| original | 1 | 0 | — | — | 1 | 100.0 | — | — |" in page
    assert "Untouched footage: 1 false alarms in 0.010 h." in page
    assert "Kinds of false alarm: gap." in page
    lines = misses([TRUTH, CLEAN], scored)
    assert [line.split()[0] for line in lines] == ["missed", "alarm"]


def test_no_alarm_in_so_many_hours_bounds_the_rate() -> None:
    page = "\n".join(tables(score([CLEAN], {"b.mp4": {"findings": []}}), []))
    assert "0 false alarms in 0.010 h (none in so much time bounds the rate at 300.0 an hour" in page


def test_coverage_adds_seconds_and_holes() -> None:
    answer = {"question": "deletion", "by": "picture", "seconds": 30, "not_examinable": [{"start_s": 0, "end_s": 10}]}
    assert coverage([{"examined": [answer]}, {"examined": [answer]}])[-1] == "| deletion | picture | 60 | 75.0 |"
    assert coverage([]) == []


@pytest.mark.parametrize(("name", "allowed"), [("original_cam.mp4", []), ("export.mp4", ["reencode", "edit_trace"])])
def test_a_copy_is_made_once_and_an_export_may_bear_traces(name: str, allowed: list[str], tmp_path: Path) -> None:
    clip = record(Camera(width=160, height=120, seconds=2, sound=None), tmp_path / name)
    for folder in ("copies", "truth"):
        (tmp_path / folder).mkdir()
    task = Task(Source(clip, "real"), "original", 1, tmp_path, (clip,), ())
    assert make(task)[1] is None
    truth = tmp_path / "truth" / f"{task.name}.jsonl"
    assert f'"allow": {str(allowed).replace(chr(39), chr(34))}' in truth.read_text()
    stamp = truth.stat().st_mtime_ns
    assert make(task)[1] is None
    assert truth.stat().st_mtime_ns == stamp
    hopeless = Task(Source(clip, "real"), "audio_cut", 1, tmp_path, (clip,), ())
    assert "no sound" in (make(hopeless)[1] or "")
    assert "no sound" in (make(hopeless)[1] or "")


def test_options_have_defaults_for_a_whole_run() -> None:
    args = parse([])
    assert {"delete", "cut_copy", "audio_mute"} < set(args.ops)
    assert (args.per_clip, args.origin, args.untouched) == (1, "both", False)

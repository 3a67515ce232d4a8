"""What breaks at a join, what counts as a stretch, and the true joins of a copy that a program made."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.broken import at_join
from bench.editing import Tool
from bench.tools import Join, about, match, named, pieces_of, true_joins
from bench.triage import LEVELS, by_break, by_op, exact, is_stretch
from bench.triage import Join as Cut
from bench.triage import named as said
from fixtures.camera import Camera, record
from fixtures.tamper import tamper
from fixtures.tamper.clip import survey

CAMERA = Camera(seed=5, width=320, height=180, seconds=8, gop=25)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(CAMERA, tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.mark.parametrize(
    ("op", "breaks"),
    [
        ("cut_copy:1", {"sound", "numbers"}),  # x264 numbers key pictures 0, 1, 0, 1
        ("cut_copy:2", {"sound"}),
        ("gap_copy:2", {"sound", "time"}),
        ("cut_forged:2", set()),
    ],
)
def test_what_breaks_at_a_join_is_counted_plainly(op: str, breaks: set[str], clip: Path, tmp_path: Path) -> None:
    (truth,) = tamper(clip, op, 1, tmp_path)
    assert at_join(tmp_path / truth.file, asdict(truth.expect[0])) == breaks


def test_a_stretch_that_holds_the_event_is_neither_hit_nor_alarm() -> None:
    event = {"scope": "local", "start_s": 5.0, "end_s": 5.04}
    truth = {"file": "a.mp4", "variant": "cut_forged", "expect": [event]}
    wide = {"severity": "suspicion", "start_s": 2.0, "end_s": 9.0, "start_frame": None}
    assert is_stretch(wide, truth)
    assert not is_stretch({**wide, "start_frame": 12}, truth)
    assert not is_stretch({**wide, "start_s": 5.02}, truth)
    assert not is_stretch({**wide, "severity": "notice"}, truth)
    kept, coarse = exact([truth], {"a.mp4": {"findings": [wide, {**wide, "start_frame": 12}]}})
    assert (len(kept["a.mp4"]["findings"]), coarse) == (1, {"a.mp4"})
    assert by_op([], {level: [] for level in LEVELS}, coarse)[2:] == []


def test_what_was_missed_is_told_apart_by_whether_it_was_named() -> None:
    event = {"start_s": 5.0, "end_s": 5.04}
    hole: dict[str, Any] = {"question": "deletion", "by": "bitstream", "not_examinable": [{"start_s": 0, "end_s": 9}]}
    assert said(event, [hole])
    assert said(event, [])
    assert not said(event, [{**hole, "not_examinable": []}])
    missed = {"container": False, "full": True}
    page = by_break([Cut(frozenset(), 3.0, missed, True, "a"), Cut(frozenset(), 3.0, missed, False, "b")])
    assert page[4] == "| nothing counted breaks, the picture steps | 2 | 0.0 | 100.0 | 1 of 2 |"


def test_joins_are_found_by_matching_pictures(clip: Path, tmp_path: Path) -> None:
    (truth,) = tamper(clip, "cut_copy:2", 1, tmp_path)
    copy, source = survey(tmp_path / truth.file), survey(clip)
    k, gone = truth.params["after"], truth.params["frames"]
    intended = np.r_[0 : k + 1, k + 1 + gone : len(source)]
    assert match(copy, [source]).tolist() == intended.tolist()
    (join,) = true_joins(copy, [source])
    assert join.frame == k + 1
    assert join.start_s == pytest.approx(k / 25)
    assert true_joins(source, [source]) == ()
    first, second = pieces_of(clip, None)
    assert (first.start, second.end) == (0.0, None)
    assert (first.end or 0) * 25 % 25 == second.start * 25 % 25 == 0


def test_a_finding_is_about_a_join_or_names_the_program() -> None:
    join, loud = Join(125, 4.96, 5.0), {"severity": "suspicion", "start_s": 5.1, "end_s": 5.2, "kind": "splice"}
    assert about(loud, join)
    assert not about({**loud, "severity": "notice"}, join)
    assert not about({**loud, "start_s": 6.0, "end_s": 6.1}, join)
    tool = Tool("x", ("no-such-program",), ("VLC",), lambda pieces, folder: folder)
    assert tool.missing == ["no-such-program"]
    assert named({"kind": "edit_trace", "params": {"tool": "VLC, MP4"}}, tool)
    assert not named({"kind": "edit_trace", "params": {"tool": "FFmpeg"}}, tool)
    assert not named({"kind": "splice", "params": {}}, tool)

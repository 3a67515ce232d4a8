"""A recording that was re-saved is built unlike its device's others, over the whole archive."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.archive.audit.content import Content
from engine.archive.audit.placing import Named
from engine.archive.audit.structures import with_structures
from engine.archive.audit.worker import Known, Record
from engine.archive.guarding import Options
from engine.archive.inspect import inspect
from engine.findings import FileReport, Outcome, Severity, Verdict
from engine.rules.pack import load

PACK = load("zj-rf-2019")


def of_a_camera(report: FileReport) -> FileReport:
    """The report of a made clip as if no program were known to build files so."""
    structure = {**report.media["structure"], "producer": None}
    return replace(report, media={**report.media, "structure": structure})


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="the ffmpeg program makes the copy")
def test_one_resaved_recording_among_many(make: SimpleNamespace, tmp_path: Path) -> None:
    first = make.clip(tmp_path, make.day, 0)
    paths = [first]
    for number in range(1, 21):
        at = make.day + timedelta(minutes=number)
        paths.append(Path(shutil.copyfile(first, tmp_path / f"DSJ0457_{at:%Y%m%d_%H%M%S}_{number:04d}.mp4")))
    resaved = tmp_path / "DSJ0457_20260305_120000_0099.mp4"
    command = ["ffmpeg", "-v", "error", "-i", first, "-c", "copy", "-movflags", "+faststart", "-f", "mp4", resaved]
    subprocess.run(command, check=True)
    one = of_a_camera(inspect(first, Options(level="container")))
    records = {p.name: Record(p.name, Known(one, Content())) for p in paths}
    other = inspect(resaved, Options(level="container"))
    records[resaved.name] = Record(resaved.name, Known(other, Content()))
    named = {name: Named("DSJ0457") for name in records}
    real = {name: str(tmp_path / name) for name in records}

    judged = with_structures(records, named, real, PACK)
    loud = {n for n, r in judged.items() if r.known.report.verdict is Verdict.SUSPICION}
    assert loud == {resaved.name}
    report = judged[resaved.name].known.report
    (finding,) = (f for f in report.findings if f.template == "structure_differs")
    assert finding.severity is Severity.SUSPICION
    assert finding.params["others"] == 21
    assert finding.params["here"] != finding.params["usual"]
    assert report.originality.outcome is Outcome.FOUND

    strangers = {name: Named(None) for name in records}
    assert with_structures(records, strangers, real, PACK) == records

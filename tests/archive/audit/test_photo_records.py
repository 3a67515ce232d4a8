"""Photos as records: what speaks of editing, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.archive.audit.photos import photo_content, photo_report, signs
from engine.findings import Severity, Verdict
from engine.media.photos import PhotoFacts, ThumbnailDifference
from engine.rules.pack import load

CAMERA = PhotoFacts("jpeg", 4000, 3000, taken="2026:03:05 09:45:10", software="Ver.1.02", serial="C1")
FITS = ThumbnailDifference(0.99, 6.0)


@pytest.mark.parametrize("software", ["Ver.1.02", "HDR+ 1.0.5", "iOS 17.4", "DSLR-A200 v1.00", None])
def test_firmware_is_no_trace(software: str | None) -> None:
    assert signs(replace(CAMERA, software=software, thumbnail=FITS, modified=CAMERA.taken)) == []


@pytest.mark.parametrize(
    ("facts", "detector"),
    [
        (replace(CAMERA, software="Adobe Photoshop Lightroom 13"), "photo_software"),
        (replace(CAMERA, agents=("美图秀秀",)), "photo_software"),
        (replace(CAMERA, thumbnail=ThumbnailDifference(0.5, 20.0)), "photo_thumbnail"),
        (replace(CAMERA, thumbnail=ThumbnailDifference(0.95, 70.0)), "photo_thumbnail"),
    ],
)
def test_editing_is_a_suspicion_and_never_more(facts: PhotoFacts, detector: str) -> None:
    report = photo_report("a.jpg", 1, "ab" * 32, facts, load("zj-rf-2019"))
    assert [(f.detector, f.severity) for f in report.findings] == [(detector, Severity.SUSPICION)]
    assert report.verdict is Verdict.SUSPICION
    assert report.findings[0].articles
    assert report.findings[0].id


def test_a_later_change_of_metadata_is_only_noted() -> None:
    (finding,) = signs(replace(CAMERA, modified="2026:03:09 08:00:00"))
    assert finding.severity is Severity.NOTICE


def test_two_traces_of_one_photo_have_two_names() -> None:
    facts = replace(CAMERA, software="GIMP", thumbnail=ThumbnailDifference(0.1, 90.0))
    report = photo_report("a.jpg", 1, "ab" * 32, facts, load("zj-rf-2019"))
    assert len({f.id for f in report.findings}) == 2


def test_what_a_case_asks_of_a_photo() -> None:
    content = photo_content(replace(CAMERA, taken=None, digitised="2026:03:05 09:46:00"))
    assert (content.kind, content.taken, content.serial) == ("photo", "2026:03:05 09:46:00", "C1")
    assert content.has_picture
    assert not content.has_sound

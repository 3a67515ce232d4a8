"""The second opinion: each trace is told, and only where a container names who wrote it is it clear."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.detectors.runner import Examination
from engine.features.tables import Features
from engine.findings import Evidence, Finding, Kind, Level, Outcome, Severity, Source, Verdict
from engine.media.model import Fact, Structure
from engine.report.texts import tables
from engine.rules.judge import judge
from engine.rules.originality import NAMES_NOTHING, NO_CONTAINER, NO_TRACE, TRACES, originality_of
from engine.rules.pack import load
from fixtures.stream import stream

PACK = load("zj-rf-2019")
CAMERA = Structure("mp4", (Fact("ftyp", "mp42/1 [mp42]"), Fact("handler", "Acme AVC")))


def recording(structure: Structure = CAMERA) -> Features:
    packets = stream("25fps h264: I24P I24P")
    return Features(replace(packets.media, structure=structure), packets, None, None, blake3="ab" * 32)


def trace(detector: str, template: str, severity: Severity = Severity.NOTICE, kind: str = Kind.EDIT_TRACE, **params):
    return Finding(
        kind=kind, severity=severity, level=Level.E1, stream="container", start_s=None, end_s=None, template=template,
        detector=detector, params=params, evidence=(Evidence(Source.CONTAINER, "x", True),),
    )  # fmt: skip


def opinion(*findings: Finding, structure: Structure = CAMERA, failed: tuple[str, ...] = ()):
    found = originality_of(recording(structure), Examination(findings, (), failed))
    return found.outcome, found.reason


def test_a_container_that_names_its_device_and_shows_no_trace_is_clear() -> None:
    assert opinion() == (Outcome.CLEAR, NO_TRACE)
    assert opinion(trace("av_desync", "av_desync_end", kind=Kind.AV_DESYNC)) == (Outcome.CLEAR, NO_TRACE)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ((Fact("ftyp", "mp42/1 [mp42]"),), NAMES_NOTHING),
        ((Fact("handler", "VideoHandler"), Fact("handler", "SoundHandler")), NAMES_NOTHING),
        ((Fact("trak.udta.name", "Stereo"),), NAMES_NOTHING),
        ((Fact("handler", "VideoHandle"),), NO_TRACE),
        ((Fact("riff.ISFT", "CanonMVI01"),), NO_TRACE),
        ((Fact("mdta.com.apple.quicktime.make", "Apple"),), NO_TRACE),
    ],
)
def test_words_that_anybody_writes_name_nobody(facts: tuple[Fact, ...], reason: str) -> None:
    assert opinion(structure=Structure("mp4", facts))[1] == reason


def test_a_raw_stream_says_nothing_of_its_origin() -> None:
    assert opinion(structure=Structure()) == (Outcome.NOT_EXAMINABLE, NO_CONTAINER)
    written = trace("edit_trace", "edit_trace_written")
    assert opinion(written, structure=Structure()) == (Outcome.FOUND, "written_by_software")


@pytest.mark.parametrize(
    ("finding", "reason"),
    [
        (trace("copy_cut", "copy_cut", Severity.SUSPICION, Kind.DELETION), "cut_by_copying"),
        (trace("copy_cut", "trimmed_start"), "cut_by_copying"),
        (trace("hidden", "hidden_middle", Severity.SUSPICION, pictures=25, length_s=1.0), "hides_content"),
        (trace("hidden", "hidden_head", pictures=20, length_s=0.8), "hides_content"),
        (trace("ambiguous", "ambiguous_index", Severity.SUSPICION), "readers_differ"),
        (trace("edit_trace", "edit_trace_over"), "written_over"),
        (trace("edit_trace", "dates_erased"), "written_over"),
        (trace("edit_trace", "edit_trace_layout"), "written_by_software"),
        (trace("edit_trace", "edit_trace_changed"), "metadata_changed"),
        (trace("edit_trace", "reencode_by", kind=Kind.REENCODE), "encoded_by_software"),
        (trace("edit_trace", "dates_modified"), "dates_contradict"),
        (trace("x_acme", "x_acme_export", Severity.SUSPICION), "processed"),
    ],
)
def test_each_trace_is_found(finding: Finding, reason: str) -> None:
    assert opinion(finding) == (Outcome.FOUND, reason)


@pytest.mark.parametrize(
    "finding",
    [
        trace("copy_cut", "copy_cut_weak", kind=Kind.DELETION),
        trace("hidden", "hidden_end", pictures=2, length_s=0.04),
        trace("hidden", "hidden_head", pictures=1, length_s=1.0),
        trace("ambiguous", "ambiguous_off"),
    ],
)
def test_what_recorders_do_themselves_is_no_trace(finding: Finding) -> None:
    assert opinion(finding) == (Outcome.CLEAR, NO_TRACE)


def test_a_trace_inside_a_merged_finding_counts() -> None:
    part = trace("copy_cut", "copy_cut", Severity.SUSPICION, Kind.DELETION)
    whole = replace(trace("gap", "gap", Severity.SUSPICION, Kind.GAP), parts=(part,))
    assert opinion(whole) == (Outcome.FOUND, "cut_by_copying")


def test_nothing_is_clear_when_the_names_could_not_be_looked_at() -> None:
    assert opinion(failed=("edit_trace",)) == (Outcome.NOT_EXAMINABLE, "detector_failed")
    assert opinion(failed=("freeze",)) == (Outcome.CLEAR, NO_TRACE)


def test_neither_verdict_nor_integrity_hears_of_it() -> None:
    untouched = judge(recording(), Examination((), ()), PACK)
    written = judge(recording(), Examination((trace("edit_trace", "edit_trace_written"),), ()), PACK)
    assert written.originality.outcome is Outcome.FOUND
    assert (written.verdict, written.integrity) == (untouched.verdict, untouched.integrity)
    assert written.verdict is Verdict.CLEAR


def test_every_reason_has_a_text() -> None:
    reasons = {reason for reason, _ in TRACES} | {NO_TRACE, NAMES_NOTHING, NO_CONTAINER}
    assert reasons <= set(tables()["reason"])

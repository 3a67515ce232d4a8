"""Recordings whose container is built unlike their device's others, over the whole archive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.archive.added import with_finding
from engine.archive.audit.placing import Named
from engine.archive.audit.worker import Record
from engine.findings import Finding, Opinion, Outcome, Severity
from engine.media.structure import read_structure
from engine.rules.cases.device_structure import BuiltFile, structure_findings
from engine.rules.pack import RulePack


def with_structures(
    records: Mapping[str, Record], named: Mapping[str, Named], real: Mapping[str, str], pack: RulePack
) -> dict[str, Record]:
    """The records, with a finding on each that is built unlike its device's others.

    Parameters
    ----------
    records
        Path in the archive -> record.
    named
        Path -> its device, as name and paperwork say.
    real
        Path -> where the file lies; read again for those that differ.
    pack
        Says how much such a finding weighs in an audit.
    """
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in structure_findings(_built(records, named), lambda path: _text(real[path])):
        found[finding.file or ""].append(finding)
    return {path: _with(record, found.get(path, []), pack) for path, record in records.items()}


def _built(records: Mapping[str, Record], named: Mapping[str, Named]) -> Iterator[BuiltFile]:
    """What reports say of how files are built."""
    for path, record in records.items():
        media = record.known.report.media
        built, device = media.get("structure"), named[path].device if path in named else None
        if built and device:
            producer = built.get("producer") or {}
            software = producer.get("what") in ("software", "service")
            yield BuiltFile(path, device, built["fingerprint"], _mode(media), built.get("writer") or "", software)


def _mode(media: Mapping[str, Any]) -> str:
    """What was recorded: format, codecs, size, kinds of streams."""
    video, audio = media.get("video") or {}, media.get("audio") or {}
    parts = (media.get("format"), media.get("streams"), video.get("codec"), video.get("profile"), audio.get("codec"))
    size = f"{video.get('width')}x{video.get('height')}"
    return " ".join(str(part) for part in (*parts, size, audio.get("sample_rate"), media.get("fragmented")))


def _text(path: str) -> str:
    try:
        return read_structure(path).text
    except OSError:  # it lay there a moment ago
        return ""


def _with(record: Record, findings: list[Finding], pack: RulePack) -> Record:
    report = record.known.report
    for finding in findings:
        severity = pack.severity_of(finding.kind, finding.severity, "audit")
        ruled = replace(finding, severity=severity, articles=pack.articles_of(finding.kind))
        report = with_finding(report, ruled)
        if severity > Severity.NOTICE and report.originality.outcome is not Outcome.FOUND:
            report = replace(report, originality=Opinion(Outcome.FOUND, "structure_differs"))
    return replace(record, known=replace(record.known, report=report))

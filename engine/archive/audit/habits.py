"""The clocks of each device over the whole archive: what is learned of them, and which recordings differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from engine.archive.added import with_finding
from engine.archive.audit.placing import Named
from engine.archive.audit.worker import Record
from engine.findings import Finding
from engine.rules.cases.device_clocks import ClockedFile, DeviceHabits, Shown, clock_findings, learn
from engine.rules.clocksources import NAME_DELAY_S
from engine.rules.pack import RulePack


def device_habits(records: Mapping[str, Record], named: Mapping[str, Named]) -> dict[str, DeviceHabits]:
    """Device -> what all its recordings teach of its clocks."""
    return learn(clocked(records, named))


def with_clock_habits(records: Mapping[str, Record], named: Mapping[str, Named], pack: RulePack) -> dict[str, Record]:
    """The records, with a finding on each whose clocks do not go with its device's others.

    Parameters
    ----------
    records
        Path in the archive -> record.
    named
        Path -> its device, as name and paperwork say, and the time in its name.
    pack
        Says how much such a finding weighs in an audit.
    """
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in clock_findings(clocked(records, named)):
        found[finding.file or ""].append(finding)
    return {path: _with(record, found.get(path, []), pack) for path, record in records.items()}


def clocked(records: Mapping[str, Record], named: Mapping[str, Named]) -> Iterator[ClockedFile]:
    """Recordings of known devices with their clocks; copies of one and the same file once."""
    seen: set[tuple[str, str]] = set()
    for path in sorted(records):
        name, report, content = named.get(path), records[path].known.report, records[path].known.content
        if name is None or name.device is None or content.kind not in ("video", "sound"):
            continue
        if report.blake3 is None or (name.device, report.blake3) in seen:
            continue
        seen.add((name.device, report.blake3))
        clocks = dict(_shown(report.clocks))
        if name.day is not None and name.clock is not None:
            written = datetime.combine(name.day, name.clock, UTC).timestamp()
            clocks["file_name"] = Shown(written, 0.0, NAME_DELAY_S)
        if clocks:
            container = clocks.get("container")
            yield ClockedFile(
                path, name.device, content.duration_s, clocks, container is not None and container.at_s > 0
            )


def _shown(panel: Mapping[str, Any]) -> Iterator[tuple[str, Shown]]:
    """The panel's clocks that were set and show a date."""
    for line in panel.get("clocks", ()):
        if line["dated"] and not line["notes"] and line["clock"] != "file_name":
            try:
                time = datetime.fromisoformat(line["time"]).replace(tzinfo=UTC).timestamp()
            except ValueError:
                continue
            yield line["clock"], Shown(time, float(line["at_s"]), float(line["uncertainty_s"]))


def _with(record: Record, findings: list[Finding], pack: RulePack) -> Record:
    report = record.known.report
    for finding in findings:
        severity = pack.severity_of(finding.kind, finding.severity, "audit")
        report = with_finding(report, replace(finding, severity=severity, articles=pack.articles_of(finding.kind)))
    return replace(record, known=replace(record.known, report=report))

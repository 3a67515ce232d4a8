"""From an examined record to the plain facts that a case is judged on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from engine.archive.audit.breaks import breaks
from engine.archive.audit.content import Content
from engine.archive.audit.placing import Named, placements, rate_ppm
from engine.archive.audit.walk import Found
from engine.archive.audit.worker import Record
from engine.findings import Verdict
from engine.rules.cases.device_clocks import DeviceHabits
from engine.rules.cases.manifest import CaseRecording, Device
from engine.rules.cases.record import BackupFacts, RecordFacts, Reuse

NOT_THERE: Mapping[str, str] = {
    "missing": "missing",
    "outside": "outside_archive",
    "not_a_file": "not_a_file",
    "denied": "denied",
}
"""How a name that is no readable file stands -> identifier of the reason."""


def record_facts(
    found: Found,
    record: Record | None,
    named: Named,
    listed: CaseRecording | None,
    device: Device | None,
    zone: tzinfo,
    backup: BackupFacts | None = None,
    reuse: tuple[Reuse, ...] = (),
    habits: DeviceHabits | None = None,
) -> RecordFacts:
    """The facts of one record in one case.

    Parameters
    ----------
    found
        What stands under its name.
    record
        What its examination came to; None where there is no file to examine.
    named
        Its device, day and number.
    listed
        What the case declares of it.
    device
        Its device in the register.
    zone
        Zone of clocks that state none.
    backup
        The declared backup as it was found.
    reuse
        Records of other cases with the same content.
    habits
        What the archive teaches of its device's clocks.
    """
    if record is None:
        return RecordFacts(
            found.path, "unknown", listed, named.device, named.day, named.sequence,
            present=False, examined=False, why_not=NOT_THERE.get(found.standing, "missing"),
            verdict=Verdict.NOT_EXAMINABLE,
        )  # fmt: skip
    report, content = record.known.report, record.known.content
    dated_at = None if habits is None else habits.container_dated_at
    clocks = placements(content, report.clocks, named, device, listed, zone, dated_at)
    examined = report.verdict is not Verdict.NOT_EXAMINABLE
    return RecordFacts(
        path=found.path,
        kind=content.kind,
        listed=listed,
        device=named.device,
        day=named.day,
        sequence=named.sequence,
        blake3=report.blake3,
        size=found.size,
        placement=clocks[0] if clocks else None,
        clocks=clocks,
        clock_rate_ppm=rate_ppm(report.clocks),
        duration_s=content.duration_s,
        has_picture=content.has_picture,
        has_sound=content.has_sound,
        sound_unknown=content.sound_unknown,
        present=_is_a_record(content, record),
        examined=examined,
        why_not="" if examined else report.reason,
        verdict=report.verdict,
        findings=report.findings,
        breaks=breaks(report.findings),
        speech=content.speech,
        proof=record.proof,
        backup=backup or BackupFacts("none_declared"),
        reuse=reuse,
    )


def _is_a_record(content: Content, record: Record) -> bool:
    """False for a file that is no recording or photo at all, whatever its name claims."""
    return content.kind != "unknown" or record.known.report.reason not in ("not_media", "empty")

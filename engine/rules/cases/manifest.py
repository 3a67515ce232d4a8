"""What departments declare: the archive, its devices, its cases. Field names are those of the files.

Plain data: integrators with a database of their own build these directly; `engine.archive.manifests`
reads them from TOML and CSV.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from engine.rules.cases.instants import as_day, as_instant, as_time

Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
    ),
]
"""A text without control characters but for tabs and line ends."""
Time = Annotated[AwareDatetime, BeforeValidator(as_time)]
"""A point in time with its offset; one without is taken in the zone of the validation context, if there is one."""
Day = Annotated[date, BeforeValidator(as_day)]
"""A whole day."""
Instant = Annotated[AwareDatetime | date, BeforeValidator(as_instant)]
"""A point in time, or a date without a time: that whole day."""


class Declared(BaseModel):
    """A table of a declared file: no field beside those listed, nothing converted silently, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class DeviceKind(StrEnum):
    """Kinds of recording device (Art. 5)."""

    STILL_CAMERA = "still_camera"
    AUDIO_RECORDER = "audio_recorder"
    CAMCORDER = "camcorder"
    BODY_CAMERA = "body_camera"
    HANDHELD_TERMINAL = "handheld_terminal"
    CCTV = "cctv"


class Device(Declared):
    """One device of the register.

    Times are seconds; `clock_offset_s` is device minus reference. Groups used of `filename`:
    device, date, time, seq.
    """

    serial: Text
    kind: Annotated[DeviceKind, Field(strict=False)]
    filename: str | None = None
    segment_s: float | None = Field(default=None, gt=0)
    clock_offset_s: float = 0.0
    clock_zone: Literal["local", "utc"] = "local"
    sealed: Literal["optional", "required", "signed"] = "optional"


class ClockCheck(Declared):
    """Device clock and reference clock read at the same moment (Art. 11)."""

    device: Time
    reference: Time


class CaseRecording(Declared):
    """A recording that the paperwork lists; `path` is relative to the file that names it."""

    path: Text
    device: Text | None = None
    imported: Time | None = None
    backup: Text | None = None
    start: Time | None = None
    clock_check: ClockCheck | None = None


class Interruption(Declared):
    """A declared interruption (Art. 15)."""

    start: Time
    end: Time | None = None
    reason: Literal["device_fault", "weather", "battery", "storage", "site_change", "other"]
    report: Text | None = None
    device: Text | None = None
    reported: Time | None = None


class Exemption(Declared):
    """Why an activity was not recorded, signed (Art. 9)."""

    reason: Literal["secret", "urgent", "objective"]
    basis: Text
    approved_by: Text
    approved: Instant


class KeyMoment(Declared):
    """A moment that must be on record (Art. 14)."""

    kind: Text
    at: Time


class ExportExtension(Declared):
    """Consent to export within two working days (Art. 19)."""

    approved_by: Text
    approved: Instant


class Outcome(StrEnum):
    """How a case ended, as far as retention asks (Art. 20)."""

    GUIDED = "guided"
    LICENCE = "licence"
    PENALTY = "penalty"
    COERCION = "coercion"
    OTHER = "other"


class PermanentClass(StrEnum):
    """The six classes that are kept for ever (Art. 20, third item)."""

    EVIDENCE = "evidence"
    SUDDEN_OR_MASS = "sudden_or_mass"
    CONFLICT = "conflict"
    OBJECTION = "objection"
    PUBLIC_INTEREST = "public_interest"
    MAJOR = "major"


class Case(Declared):
    """One enforcement activity with its paperwork and what is declared about its recordings."""

    id: Text
    activity: Text
    start: Time
    end: Time
    place: Text | None = None
    officers: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    dispute: bool = False
    outcome: Annotated[Outcome, Field(strict=False)] | None = None
    permanent: Annotated[tuple[Annotated[PermanentClass, Field(strict=False)], ...], Field(strict=False)] = ()
    closed: Day | None = None
    filed: Day | None = None
    recordings: Annotated[tuple[CaseRecording, ...], Field(strict=False)] = ()
    interruptions: Annotated[tuple[Interruption, ...], Field(strict=False)] = ()
    exemptions: Annotated[tuple[Exemption, ...], Field(strict=False)] = ()
    moments: Annotated[tuple[KeyMoment, ...], Field(strict=False)] = ()
    export_extension: ExportExtension | None = None


class ArchiveSettings(Declared):
    """What holds for a whole archive."""

    department: Text | None = None
    timezone: Text | None = None
    rule_pack: Text = "zj-rf-2019"
    calendar: Text = "cn"
    holidays: Annotated[tuple[Day, ...], Field(strict=False)] = ()
    make_up_days: Annotated[tuple[Day, ...], Field(strict=False)] = ()
    items: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    overrides: Mapping[str, float] = Field(default_factory=dict)


def first_instant(moment: datetime | date, zone: datetime) -> datetime:
    """The first instant of a point in time; of a date, midnight in the zone of `zone`."""
    if isinstance(moment, datetime):
        return moment
    return datetime(moment.year, moment.month, moment.day, tzinfo=zone.tzinfo)

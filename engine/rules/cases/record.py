"""What is known of one recording of a case, measured or read: plain data that checks are made on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from engine.findings import Finding, Verdict
from engine.rules.cases.manifest import CaseRecording


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a recording lies on the reference time axis, by one clock.

    Parameters
    ----------
    start, end
        Aware; corrected by the device's known offset where the clock is the device's.
    uncertainty_s
        Half-width in seconds: the true times lie within this of `start` and `end`.
    basis
        The clock: ``on_screen``, ``container``, ``file_name``, ``exif``, ``gps``, ``declared``.
    """

    start: datetime
    end: datetime
    uncertainty_s: float
    basis: str


@dataclass(frozen=True, slots=True)
class Break:
    """A break inside a recording, found by a detector.

    `start_s`, `end_s`: presentation seconds at its sides; `lost_s`: seconds of the activity that
    are missing there, None where nobody can tell.
    """

    start_s: float
    end_s: float
    lost_s: float | None
    finding: str
    """Identifier of the finding."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Speech found in a recording's sound; wording is not looked at.

    `intervals`: (start, end) in presentation seconds, sorted, disjoint. `examined`: the stretches
    in which it was looked for; outside of them nothing can be said.
    """

    intervals: tuple[tuple[float, float], ...]
    examined: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class ProofFacts:
    """What verification of a recording against its proof came to.

    Parameters
    ----------
    status
        ``OK``, ``OK_WITH_MISSING_INFO``, ``NOT_OK`` or ``NOT_SEALED``.
    signature
        As `verify` says it: ``none``, ``trusted ...``, ...
    sealed_at
        When it was sealed, by the sealing host's clock or a timestamp.
    anchored
        Whether a timestamp token or a witnessed log stands behind `sealed_at`.
    """

    status: str
    signature: str = "none"
    sealed_at: datetime | None = None
    anchored: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """The declared backup as it was found.

    `state`: ``none_declared``, ``missing``, ``unreadable``, ``differs``, ``equal``. `weak`: reasons why an
    equal one protects little: ``link``, ``same_inode``, ``same_volume``.
    """

    state: Literal["none_declared", "missing", "unreadable", "differs", "equal"]
    weak: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Reuse:
    """Another recording with the same or nearly the same content: of another case, or of this one.

    `share`: 0..1 of this recording's key pictures that are found there. `offset_s`: to be added to its
    presentation time for that of the other; None where the whole content is the same.
    """

    case: str
    path: str
    how: Literal["same_file", "same_content", "near_duplicate"]
    share: float
    offset_s: float | None = None


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """Everything that judging a case needs of one file.

    Parameters
    ----------
    path
        Relative to the archive, with ``/``.
    kind
        What the file is.
    listed
        What the paperwork declares of it; None for a file that is present and not listed.
    device, day, sequence
        From the register and the file name; `day` and `sequence` number a device's files.
    placement
        By the best clock there is; None where no clock tells.
    clocks
        The placement by each clock that the file carries, best first.
    clock_rate_ppm
        Rate of the device's clock against the media timeline, parts in a million; None if unknown.
    present
        False for a listed file that is not there or is not the kind that it claims.
    examined
        False where it could not be examined (verdict ``not_examinable``), with `why_not`.
    """

    path: str
    kind: Literal["video", "sound", "photo", "unknown"]
    listed: CaseRecording | None = None
    device: str | None = None
    day: date | None = None
    sequence: int | None = None
    blake3: str | None = None
    size: int | None = None
    placement: Placement | None = None
    clocks: tuple[Placement, ...] = ()
    clock_rate_ppm: float | None = None
    duration_s: float = 0.0
    has_picture: bool = False
    has_sound: bool = False
    sound_unknown: bool = False
    present: bool = True
    examined: bool = True
    why_not: str = ""
    verdict: Verdict = Verdict.CLEAR
    findings: tuple[Finding, ...] = ()
    breaks: tuple[Break, ...] = ()
    speech: Speech | None = None
    proof: ProofFacts | None = None
    backup: BackupFacts = field(default_factory=lambda: BackupFacts("none_declared"))
    reuse: tuple[Reuse, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A written report that the paperwork names. `size` None: it is not there.

    `path` as the paperwork writes it (`Interruption.report`): attachments are found by it.
    """

    path: str
    size: int | None
    blake3: str | None = None


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """One thing that is wrong in the access register about this case's records (Art. 21, 22).

    `problem`: ``not_approved`` (viewed, copied or handed out without approval), ``incomplete`` (who,
    when or why is missing), ``chain_broken`` (the register itself was changed).
    """

    problem: Literal["not_approved", "incomplete", "chain_broken"]
    at: datetime | None = None
    path: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rest of the archive says that bears on one case.

    Parameters
    ----------
    sequences
        (device, day) -> the file numbers present anywhere in the archive on that day.
    listed_elsewhere
        Path -> cases that list the same file.
    access
        What is wrong in the access register about this case; empty: nothing; None: there is no register.
    """

    sequences: dict[tuple[str, date], tuple[int, ...]] = field(default_factory=dict)
    listed_elsewhere: dict[str, tuple[str, ...]] = field(default_factory=dict)
    access: tuple[AccessFacts, ...] | None = None

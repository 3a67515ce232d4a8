"""The second opinion, originality 原始性: is this the file as the device wrote it?

Pure: made of what was found in container and bitstream, and of what the container says of itself. It
changes neither verdict nor exit code: a recording that was re-saved may still be whole, and a rule may
have asked for the export. "Clear" needs a container that names the device or program it is from, since
one that names nothing may have lost its names on the way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from engine.detectors.hidden import HiddenOptions
from engine.detectors.producers import producer_of
from engine.detectors.runner import Examination
from engine.features.tables import Features
from engine.findings import Finding, Kind, Opinion, Outcome, Severity
from engine.media.model import Structure

NO_TRACE: Final = "no_trace_of_processing"
NAMES_NOTHING: Final = "names_nothing"
NO_CONTAINER: Final = "no_container"

_NAMING: Final = re.compile(
    r"^(handler|compressor|vendor|free|mkv\.(muxing_app|writing_app)|ts\.provider"
    r"|riff\.(ISFT|IDIT|JUNK|strn)|(trak\.)?udta\.(©.+|name)|mdta\..*(make|model|software|version))$"
)
"""Facts in which devices and programs name themselves."""
_GENERIC: Final = re.compile(
    r"^(video|sound|audio|data|time ?code|text|subtitle)? ?(media )?handler$"
    r"|^(stereo|mono|video|audio|und|service\d*|appl)$",
    re.IGNORECASE,
)
"""Words that many programs write and that name none of them."""

_HIDDEN: Final = HiddenOptions()

Says = Callable[[Finding], bool]


def _loud(finding: Finding) -> bool:
    return finding.severity > Severity.NOTICE


def _hides(finding: Finding) -> bool:
    """Whether more is hidden than rounding and the start of several streams explain."""
    pictures, length_s = finding.params.get("pictures"), finding.params.get("length_s")
    if not isinstance(pictures, int) or not isinstance(length_s, int | float):
        return False
    return pictures >= _HIDDEN.least_pictures and length_s >= _HIDDEN.least_s


TRACES: Final[tuple[tuple[str, Says], ...]] = (
    ("cut_by_copying", lambda f: f.detector in ("copy_cut", "repeated_units", "stream_clock") and _loud(f)),
    ("cut_by_copying", lambda f: f.detector == "transport" and f.kind == Kind.SPLICE and _loud(f)),
    ("cut_by_copying", lambda f: f.template == "trimmed_start"),
    ("hides_content", lambda f: f.detector == "hidden" and _hides(f)),
    ("readers_differ", lambda f: f.detector == "ambiguous" and _loud(f)),
    ("written_over", lambda f: f.template in ("edit_trace_over", "dates_erased")),
    ("written_by_software", lambda f: f.template in ("edit_trace_written", "edit_trace_layout")),
    ("metadata_changed", lambda f: f.template == "edit_trace_changed"),
    ("encoded_by_software", lambda f: f.kind == Kind.REENCODE and f.template != "jpeg_tables"),
    ("dates_contradict", lambda f: f.template in ("dates_levels", "dates_modified", "dates_stated")),
    ("processed", lambda f: f.kind == Kind.EDIT_TRACE and _loud(f)),
)
"""Reason -> what says so; the first that applies is given, the others stand among the findings."""


def originality_of(features: Features, examination: Examination) -> Opinion:
    """Whether anything shows that the file is not as the device wrote it.

    Parameters
    ----------
    features
        The file's tables, decoded or not: only container and coded facts are asked.
    examination
        What the detectors say, combined.

    Returns
    -------
    Opinion
        ``found`` with the reason from `TRACES` that comes first; ``clear`` where the container names
        who wrote it and nothing was found; else ``not_examinable``.
    """
    every = tuple(_with_parts(examination.findings))
    for reason, says in TRACES:
        if any(says(finding) for finding in every):
            return Opinion(Outcome.FOUND, reason)
    if "edit_trace" in examination.failed:
        return Opinion(Outcome.NOT_EXAMINABLE, "detector_failed")
    structure = features.media.structure
    if not structure.container:
        return Opinion(Outcome.NOT_EXAMINABLE, NO_CONTAINER)
    if not names_itself(structure):
        return Opinion(Outcome.NOT_EXAMINABLE, NAMES_NOTHING)
    return Opinion(Outcome.CLEAR, NO_TRACE)


def names_itself(structure: Structure) -> bool:
    """Whether a container names the device or program that it is from, or is built like a known camera's."""
    known = producer_of(structure)
    named = any(_NAMING.match(f.name) and not _GENERIC.match(f.value) for f in structure.facts)
    return named or (known is not None and known.what == "camera")


def _with_parts(findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield finding
        yield from _with_parts(finding.parts)

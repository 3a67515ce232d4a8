"""From what was found in one file to its report: articles, identifiers, verdict, opinions."""

from __future__ import annotations

from engine.detectors.damage import unexaminable
from engine.detectors.runner import Examination
from engine.features.tables import Features
from engine.findings import FileReport, Opinion, Outcome, Verdict, verdict_of
from engine.rules.clockfindings import panel_findings
from engine.rules.clocks import panel, plain_panel
from engine.rules.clocksources import clock_series, sound_rate_ppm
from engine.rules.facts import media_facts
from engine.rules.opinions import integrity_of, reason_of, ruled
from engine.rules.originality import originality_of
from engine.rules.pack import PurposeName, RulePack

UNDECODED = "nothing_found_undecoded"
"""Nothing in container and bitstream, and nobody looked at pictures and sound: no opinion on integrity."""


def judge(features: Features, examination: Examination, pack: RulePack, purpose: PurposeName = "inspect") -> FileReport:
    """The report on one file.

    Parameters
    ----------
    features
        The file's tables; `features.blake3` is its digest, which identifiers build on.
    examination
        What the detectors say, combined.
    pack
        The rules that it is held against.
    purpose
        ``inspect`` looks at a file for itself; ``audit`` holds it against what the rules
        demand of an archive.
    """
    clocks = panel(clock_series(features, examination.clocks, named=purpose == "inspect"))
    said = (*examination.findings, *panel_findings(clocks, examination.findings))
    findings = tuple(ruled(f, features.blake3 or "", pack, purpose) for f in said)
    obstacle = unexaminable(features) or ("detector_failed" if examination.failed else None)
    verdict = verdict_of(findings, examinable=obstacle is None)
    integrity = integrity_of(verdict, obstacle)
    reason = reason_of(verdict, obstacle)
    if verdict is Verdict.CLEAR and not_decoded(features):
        reason, integrity = UNDECODED, Opinion(Outcome.NOT_EXAMINABLE, UNDECODED)
    return FileReport(
        path=features.media.path,
        blake3=features.blake3,
        size=features.media.size,
        media=media_facts(features),
        verdict=verdict,
        reason=reason,
        integrity=integrity,
        originality=originality_of(features, examination),
        examined=examination.examined,
        findings=findings,
        clocks=plain_panel(clocks, sound_rate_ppm(features)),
    )


def not_decoded(features: Features) -> bool:
    """Whether the file was read without decoding: there are streams and no tables of them."""
    asked = features.media.video is not None or features.media.audio is not None
    return asked and features.frames is None and features.audio is None

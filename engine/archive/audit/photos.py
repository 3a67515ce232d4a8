"""A photo as a record: its report, from what the file says of itself."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from engine.archive.audit.content import Content
from engine.findings import (
    Evidence,
    FileReport,
    Finding,
    Kind,
    Level,
    Opinion,
    Outcome,
    Severity,
    Source,
    Value,
    verdict_of,
)
from engine.media.photos import PhotoFacts
from engine.rules.clocks import panel, plain_panel
from engine.rules.clocksources import photo_series
from engine.rules.opinions import integrity_of, reason_of, ruled
from engine.rules.pack import RulePack

EDITORS: Final = re.compile(
    r"photoshop|lightroom|snapseed|gimp|paint\.net|pixelmator|affinity|picsart|facetune|photoscape|acdsee|"
    r"corel|canva|meitu|美图|xingtu|醒图|轻颜|faceapp|polarr|photopea|luminar|capture one|darktable|rawtherapee|"
    r"imagemagick|graphicsmagick|microsoft (?:windows )?photo|picasa|irfanview|xnview",
    re.IGNORECASE,
)
"""Programs that people edit photos with. Cameras write their firmware into the same field."""

CORRELATION: Final = 0.80
"""A camera makes the thumbnail from the photo: their block means correlate above 0.98, also after
contrast is changed. Below this they show different scenes."""
BLOCK_LEVELS: Final = 48.0
"""Grey levels: one block of 48 that differs so much after the best fit is content put in or taken
out; scaling and compression of a thumbnail make a few grey levels."""


def photo_report(path: str, size: int, digest: str, facts: PhotoFacts, pack: RulePack) -> FileReport:
    """The report on a photo that could be decoded."""
    findings = tuple(ruled(f, digest, pack, "audit") for f in signs(facts))
    verdict = verdict_of(findings, examinable=True)
    return FileReport(
        path=path,
        blake3=digest,
        size=size,
        media=_media(facts),
        verdict=verdict,
        reason=reason_of(verdict, None),
        integrity=integrity_of(verdict, None),
        originality=Opinion(Outcome.NOT_EXAMINABLE, "not_checked"),
        findings=findings,
        clocks=plain_panel(panel(photo_series(facts.taken or facts.digitised, facts.taken_offset))),
    )


def photo_content(facts: PhotoFacts) -> Content:
    """What judging a case needs of a photo."""
    return Content(
        kind="photo",
        has_picture=True,
        taken=facts.taken or facts.digitised,
        taken_offset=facts.taken_offset,
        serial=facts.serial,
    )


def signs(facts: PhotoFacts) -> list[Finding]:
    """Traces of editing in what a photo says of itself."""
    found: list[Finding] = []
    tools = [("software", facts.software), *(("xmp", agent) for agent in facts.agents)]
    edited = [(field, tool) for field, tool in tools if tool and EDITORS.search(tool)]
    if edited:
        field, tool = edited[0]
        found.append(_sign("photo_software", "photo_edited", {"field": field, "tool": tool}, Severity.SUSPICION))
    apart = facts.thumbnail
    if apart is not None and (apart.correlation < CORRELATION or apart.largest > BLOCK_LEVELS):
        evidence = (
            Evidence(Source.PICTURE, "thumbnail_correlation", round(apart.correlation, 4), CORRELATION),
            Evidence(Source.PICTURE, "thumbnail_block_levels", round(apart.largest, 2), BLOCK_LEVELS),
        )
        params: dict[str, Value] = {"correlation": round(apart.correlation, 3), "levels": round(apart.largest, 1)}
        sign = _sign("photo_thumbnail", "photo_thumbnail", params, Severity.SUSPICION)
        found.append(replace(sign, level=Level.E2, evidence=evidence))
    if facts.taken and facts.modified and facts.modified > facts.taken:
        times: dict[str, Value] = {"taken": facts.taken, "modified": facts.modified}
        found.append(_sign("photo_dates", "photo_changed_later", times, Severity.NOTICE))
    return found


def _sign(detector: str, template: str, params: dict[str, Value], severity: Severity) -> Finding:
    return Finding(
        kind=Kind.EDIT_TRACE,
        severity=severity,
        level=Level.E1,
        stream="container",
        start_s=None,
        end_s=None,
        template=template,
        params=params,
        evidence=tuple(Evidence(Source.CONTAINER, name, value) for name, value in params.items()),
        detector=detector,
    )


def _media(facts: PhotoFacts) -> dict[str, object]:
    said = {
        "width": facts.width,
        "height": facts.height,
        "make": facts.make,
        "model": facts.model,
        "serial": facts.serial,
        "software": facts.software,
        "taken": facts.taken,
        "modified": facts.modified,
    }
    return {"format": facts.format, "photo": {k: v for k, v in said.items() if v is not None}}

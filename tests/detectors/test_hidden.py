"""Pictures that an edit list hides: pre-roll is a notice, a hidden part is not."""

from __future__ import annotations

import pytest

from engine.detectors.hidden import DETECTOR
from engine.features.tables import Features
from engine.findings import Finding, Kind, Severity

GOP = "I24P "


def found(features: Features) -> list[Finding]:
    return list(DETECTOR.propose(features, DETECTOR.options).findings)


def test_nothing_hidden(packets_of) -> None:
    assert found(packets_of(4 * GOP)) == []


@pytest.mark.parametrize(
    ("text", "template", "severity"),
    [
        (f"~I20~P4P {3 * GOP}", "hidden_head", Severity.NOTICE),
        (f"~I24~P~I10~P14P {3 * GOP}", "hidden_head", Severity.SUSPICION),
        (f"{3 * GOP} I20P4~P", "hidden_end", Severity.NOTICE),
        (f"{3 * GOP} I4P20~P", "hidden_end", Severity.SUSPICION),
        (f"{2 * GOP} I4P3~P17P {GOP}", "hidden_middle", Severity.NOTICE),
        (f"{2 * GOP} ~I24~P {GOP}", "hidden_middle", Severity.SUSPICION),
    ],
)
def test_where_pictures_are_hidden(packets_of, text: str, template: str, severity: Severity) -> None:
    (finding,) = found(packets_of(text))
    assert (finding.kind, finding.template, finding.severity) == (Kind.EDIT_TRACE, template, severity)


def test_the_place_is_between_the_pictures_shown(packets_of) -> None:
    (finding,) = found(packets_of(f"{2 * GOP} ~I24~P {GOP}"))
    assert (finding.start_frame, finding.end_frame, finding.params["pictures"]) == (49, 50, 25)

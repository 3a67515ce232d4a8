"""The runner: second looks in bounded memory, faults that cost one question, damage that is not editing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from engine.detectors.contract import Candidate, Detector, Proposal, RecheckTable
from engine.detectors.runner import Budget, examine
from engine.features.tables import CORRUPT, DAMAGED, Features
from engine.findings import Evidence, Examined, Finding, Kind, Level, Severity, Source

GOP = "I24P "


@dataclass(frozen=True, slots=True)
class NoOptions:
    """None."""


def finding(first: int, last: int, source: Source = Source.PICTURE, severity: Severity = Severity.SUSPICION) -> Finding:
    return Finding(
        kind=Kind.SPLICE, severity=severity, level=Level.E2, stream="video", start_s=first / 25, end_s=last / 25,
        start_frame=first, end_frame=last, template="splice", detector="t", evidence=(Evidence(source, "step", 1.0),),
    )  # fmt: skip


def detector(
    propose: Callable[[Features, Any], Proposal],
    confirm: Callable[[Sequence[Candidate], RecheckTable, Any], tuple[Finding, ...] | Proposal] | None = None,
    name: str = "t",
) -> Detector:
    return Detector(name, "stable", NoOptions(), propose, confirm, "")


def saying(*findings: Finding) -> Detector:
    return detector(lambda _features, _options: Proposal(findings))


def candidates(frames: Sequence[tuple[int, ...]]) -> tuple[Candidate, ...]:
    return tuple(Candidate(finding(f[0], f[-1], severity=Severity.NOTICE), f) for f in frames)


def confirmed(found: Sequence[Candidate], seen: RecheckTable, _options: Any) -> tuple[Finding, ...]:
    return tuple(finding(c.frames[0], c.frames[-1]) for c in found if all(n in seen for n in c.frames))


class Footage:
    """Pictures of which nobody may hold too many at once."""

    def __init__(self, missing: tuple[int, ...] = ()) -> None:
        self.asked: list[list[int]] = []
        self.missing = missing

    def __call__(self, numbers: Sequence[int]) -> RecheckTable:
        self.asked.append(list(numbers))
        return {n: np.zeros((2, 2), np.uint8) for n in numbers if n not in self.missing}


def test_a_detector_that_never_ends_looking_has_not_answered(recording) -> None:
    def again(found: Sequence[Candidate], _seen: RecheckTable, _options: Any) -> Proposal:
        return Proposal(candidates=tuple(found))

    endless = detector(lambda _f, _o: Proposal(candidates=candidates([(10, 11)])), again)
    result = examine(recording(4 * GOP), Footage(), [endless])
    assert result.failed == ("t",)
    assert [e.seconds for e in result.examined] == [0.0]


def test_a_detector_may_look_again_and_says_all_that_it_said(recording) -> None:
    def twice(found: Sequence[Candidate], seen: RecheckTable, _options: Any) -> Proposal:
        (one,) = found
        said = (finding(one.frames[0], one.frames[0]),)
        return Proposal(said, () if 40 in seen else candidates([(40, 41)]))

    footage = Footage()
    looker = detector(lambda _f, _o: Proposal(candidates=candidates([(10, 11)])), twice)
    assert [f.start_frame for f in examine(recording(4 * GOP), footage, [looker]).findings] == [10, 40]
    assert footage.asked == [[10, 11], [40, 41]]


def test_without_footage_a_candidate_stays_a_notice_that_says_so(recording) -> None:
    wanted = candidates([(10, 11), (60, 61)])
    shy = detector(lambda _f, _o: Proposal(candidates=wanted), confirmed)
    found = examine(recording(4 * GOP), None, [shy]).findings
    assert [(f.severity, f.params["rechecked"]) for f in found] == [(Severity.NOTICE, False)] * 2


def test_only_the_pictures_that_are_wanted_are_decoded_and_few_at_once(recording) -> None:
    wanted = candidates([(90, 91), (10, 11), (10, 12), (50, 51, 52)])
    footage = Footage()
    found = examine(
        recording(4 * GOP), footage, [detector(lambda _f, _o: Proposal(candidates=wanted), confirmed)], Budget(frames=4)
    ).findings
    assert footage.asked == [[10, 11, 12], [50, 51, 52], [90, 91]]
    assert sum(len(f.parts) + 1 for f in found) == 4


def test_a_candidate_larger_than_the_budget_is_still_seen(recording) -> None:
    wanted = candidates([tuple(range(10, 20)), (50, 51)])
    footage = Footage()
    examine(recording(4 * GOP), footage, [detector(lambda _f, _o: Proposal(candidates=wanted), confirmed)], Budget(4))
    assert [len(numbers) for numbers in footage.asked] == [10, 2]


def test_pictures_that_cannot_be_decoded_again_are_absent(recording) -> None:
    wanted = candidates([(10, 11)])
    shy = detector(lambda _f, _o: Proposal(candidates=wanted), confirmed)
    assert examine(recording(4 * GOP), Footage(missing=(11,)), [shy]).findings == ()


@pytest.mark.parametrize("where", ["propose", "confirm"])
def test_a_detector_that_fails_costs_its_question_and_nothing_else(recording, where: str) -> None:
    def fail(*_args: Any) -> Any:
        raise ZeroDivisionError

    wanted = candidates([(10, 11)])
    asked = (Examined("deletion", "picture", 3.0),)
    broken = (
        detector(fail, name="broken")
        if where == "propose"
        else detector(lambda _f, _o: Proposal(candidates=wanted, examined=asked), fail, name="broken")
    )
    result = examine(recording(4 * GOP), Footage(), [broken, saying(finding(60, 61))])
    assert [f.start_frame for f in result.findings] == [60]
    assert result.failed == ("broken",)
    (unanswered,) = result.examined
    assert (unanswered.question, unanswered.seconds) == ("broken", 0.0)
    assert unanswered.not_examinable[0].reason == "detector_failed"
    assert unanswered.not_examinable[0].end_s == pytest.approx(3.96)


def test_a_fault_prints_nothing_and_is_logged_for_who_asks(
    recording, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: Any) -> Any:
        raise ZeroDivisionError

    logger = logging.getLogger("engine")
    logger.propagate = False  # as for a user: without pytest's own handler the last resort prints
    try:
        examine(recording(GOP), None, [detector(fail, name="broken")])
    finally:
        logger.propagate = True
    assert capfd.readouterr() == ("", "")
    with caplog.at_level(logging.DEBUG, "engine"):
        examine(recording(GOP), None, [detector(fail, name="broken")])
    assert "ZeroDivisionError" in caplog.text


def damaged(count: int) -> np.ndarray:
    flags = np.zeros(count, np.uint8)
    flags[60] = CORRUPT
    flags[61:75] = DAMAGED
    return flags


@pytest.mark.parametrize(
    ("first", "last", "kept"),
    [(62, 63, False), (59, 60, False), (74, 75, False), (57, 58, True), (76, 77, True), (50, 80, True)],
)
def test_no_picture_finding_inside_a_damaged_stretch(recording, first: int, last: int, kept: bool) -> None:
    tables = recording(4 * GOP, flags=damaged(100))
    found = examine(tables, None, [saying(finding(first, last))]).findings
    assert (len(found) == 1) is kept


def test_what_the_container_says_inside_damage_stays(recording) -> None:
    tables = recording(4 * GOP, flags=damaged(100))
    assert len(examine(tables, None, [saying(finding(62, 63, Source.CONTAINER))]).findings) == 1


def test_two_sources_about_one_event_are_a_violation(recording) -> None:
    both = [saying(finding(50, 51)), saying(finding(50, 51, Source.CONTAINER))]
    (found,) = examine(recording(4 * GOP), None, both).findings
    assert found.severity is Severity.VIOLATION


def test_unbroken_sound_lowers_a_violation_to_a_suspicion(sound_of) -> None:
    both = [saying(finding(50, 51)), saying(finding(50, 51, Source.CONTAINER))]
    peaks = np.full(400, 200)
    (found,) = examine(sound_of(peaks), None, both).findings
    assert found.severity is Severity.SUSPICION
    peaks[180:230] = 0  # the twin: nobody can tell what the sound did there
    (found,) = examine(sound_of(peaks), None, both).findings
    assert found.severity is Severity.VIOLATION


def test_the_order_of_detectors_does_not_matter(recording) -> None:
    some = [saying(finding(a, a + 1)) for a in (80, 20, 50)]
    tables = recording(4 * GOP)
    assert examine(tables, None, some).findings == examine(tables, None, some[::-1]).findings


def test_all_registered_detectors_run_on_packets_alone(packets_of) -> None:
    result = examine(packets_of(f"25fps sound: {3 * GOP} gap(2s) {3 * GOP}"))
    assert result.failed == ()
    assert [f.kind for f in result.findings if f.severity is Severity.VIOLATION] == [Kind.GAP]

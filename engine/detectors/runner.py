"""Run every detector over the tables of one file, and weigh what they say together.

    propose (tables) -> decode the frames that candidates want, a few at a time -> confirm -> combine

Memory is bounded: at most `Budget.frames` full-size pictures are held at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from engine.detectors.contract import Candidate, Detector, Proposal, RecheckTable
from engine.detectors.damage import damaged_frames
from engine.detectors.registry import detectors as registered
from engine.detectors.sound import unbroken_sound
from engine.features.tables import Features, FrameTable
from engine.findings import ClockReading, Examined, Finding, Source, Stretch, combine

LumaReader = Callable[[Sequence[int]], RecheckTable]
"""Picture numbers, ascending -> their full-size luma; pictures that cannot be decoded are left out."""

MOST_LOOKS = 64
"""Rounds of looking again: halving an hour of pictures takes 17, each with a round to see and one to judge."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much the second look may hold in memory."""

    frames: int = 24
    """Full-size pictures at once; 24 of 1080p are 50 MB. One candidate may exceed it alone."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What all detectors together say about one file.

    Parameters
    ----------
    findings
        Merged and weighed by `engine.findings.combine`, in order of place; without
        articles and identifiers, which `engine.rules` adds.
    examined
        For each question how long it could be answered, and where it could not.
    failed
        Names of detectors that broke off with an internal error; their question then
        stands in `examined` as not examinable with reason ``detector_failed``.
    clocks
        What clocks in the content showed.
    """

    findings: tuple[Finding, ...]
    examined: tuple[Examined, ...]
    failed: tuple[str, ...] = ()
    clocks: tuple[ClockReading, ...] = ()


def examine(
    features: Features,
    luma: LumaReader | None = None,
    detectors: Sequence[Detector] | None = None,
    budget: Budget = Budget(),
) -> Examination:
    """Ask every detector, and combine the answers.

    Parameters
    ----------
    features
        The tables of one file.
    luma
        Decodes pictures again at full size. None where the footage is not at hand: every
        candidate then stays the notice that it is, marked ``rechecked: false``.
    detectors
        Those to run; all that are registered by default.
    budget
        Bounds of the second look.
    """
    findings: list[Finding] = []
    examined: list[Examined] = []
    failed: list[str] = []
    clocks: list[ClockReading] = []
    for detector in registered() if detectors is None else detectors:
        try:
            answer = _second_look(detector, detector.propose(features, detector.options), luma, budget)
        except Exception:  # one broken detector must cost one question, not the file
            _log.debug("detector %s failed on %s", detector.name, features.media.path, exc_info=True)
            failed.append(detector.name)
            examined.append(_unanswered(detector, features))
        else:
            findings.extend(answer.findings)
            examined.extend(answer.examined)
            clocks.extend(answer.clocks)
    kept = outside_damage(findings, features.frames)
    return Examination(combine(kept, unbroken_sound(features)), tuple(examined), tuple(failed), tuple(clocks))


def outside_damage(findings: Iterable[Finding], frames: FrameTable | None) -> list[Finding]:
    """Leave out findings by picture that lie wholly inside a damaged stretch.

    From a damaged picture to the next random-access point the decoder invents what it
    shows, and the repair at that point is a jump of its own: it belongs to the damage.
    """
    stretches = () if frames is None else tuple(damaged_frames(frames))
    return [f for f in findings if not any(_inside(f, first, last) for first, last in stretches)]


def _inside(f: Finding, first: int, last: int) -> bool:
    if f.sources != {Source.PICTURE} or f.start_frame is None or f.end_frame is None:
        return False
    return f.start_frame >= first - 1 and f.end_frame <= last + 1


def _second_look(detector: Detector, proposal: Proposal, luma: LumaReader | None, budget: Budget) -> Proposal:
    """All that a detector says after its candidates were looked at, as often as it asks for."""
    if detector.confirm is None or luma is None:
        noted = tuple(_not_rechecked(c.finding) for c in proposal.candidates if not c.quiet)
        return replace(proposal, findings=(*proposal.findings, *noted), candidates=())
    said, wanted = replace(proposal, candidates=()), proposal.candidates
    for _ in range(MOST_LOOKS):
        answers = [_look(detector, chunk, luma) for chunk in _chunks(wanted, budget.frames)]
        said = reduce(_together, answers, said)
        wanted, said = said.candidates, replace(said, candidates=())
        if not wanted:
            return said
    raise RuntimeError(f"{detector.name} asks again and again")  # what is still open must not read as answered


def _look(detector: Detector, chunk: Sequence[Candidate], luma: LumaReader) -> Proposal:
    assert detector.confirm is not None
    numbers = sorted({number for c in chunk for number in c.frames})
    answer = detector.confirm(chunk, luma(numbers) if numbers else {}, detector.options)
    return answer if isinstance(answer, Proposal) else Proposal(answer)


def _together(a: Proposal, b: Proposal) -> Proposal:
    return Proposal(a.findings + b.findings, a.candidates + b.candidates, a.examined + b.examined, a.clocks + b.clocks)


def _not_rechecked(finding: Finding) -> Finding:
    return replace(finding, params={**finding.params, "rechecked": False})


def _chunks(candidates: Sequence[Candidate], limit: int) -> Iterator[list[Candidate]]:
    """Neighbouring candidates together, so long as they want no more than `limit` pictures."""
    chunk: list[Candidate] = []
    wanted: set[int] = set()
    for candidate in sorted(candidates, key=lambda c: c.frames[:1]):
        union = wanted | set(candidate.frames)
        if chunk and len(union) > limit:
            yield chunk
            chunk, union = [], set(candidate.frames)
        chunk.append(candidate)
        wanted = union
    if chunk:
        yield chunk


def _unanswered(detector: Detector, features: Features) -> Examined:
    frames = features.frames
    end = frames.time(len(frames) - 1) if frames is not None and len(frames) else 0.0
    return Examined(detector.name, "detector", 0.0, (Stretch(0.0, end, "detector_failed"),))

"""The clock inside the coded pictures against that of the container.

What it finds
    MPEG-4 pictures carry their own time within the second, and groups of MPEG-1 and MPEG-2 a time code. An
    encoder counts both on; a container written anew, or an index closed up over a hole, does not change
    them. Where stream and container disagree at one or two places of an otherwise agreeing recording, it was
    cut or joined there without encoding again. Also groups that say themselves that pictures before them
    were taken away (broken_link), and JPEG pictures whose quantisation tables change once and stay.
Looks like it but is not
    Recorders settle: the first half second is left out. Where the two clocks disagree again and again, the
    recorder counts in a way of its own, and nothing is said. Time codes begin anew at midnight, and those of
    29.97 pictures a second leave out numbers every minute (drop-frame). Tables of JPEG that change with the
    picture are rate control; one lasting change is a notice, since cameras change their quality too.
Limits
    Times of MPEG-4 are known within the second: a cut of whole seconds shows nothing here. MPEG-1 and MPEG-2
    are told by groups of pictures.
Source
    ISO/IEC 14496-2, 6.3.5 (vop_time_increment); ISO/IEC 13818-2, 6.3.8 (time_code, broken_link); SMPTE
    ST 12-1, 9.1 (drop-frame). Of 14
    untouched recordings in MPEG-4 with 19,000 pictures none disagrees after its first picture; of 3 in
    MPEG-1 and MPEG-2 one does at 13 of 354 groups, by habit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detectors.contract import Detector, Proposal
from engine.detectors.units import Units, units_of
from engine.features.tables import Features
from engine.findings import Evidence, Examined, Finding, Kind, Level, Severity, Source
from engine.media.headers import BROKEN, DROPPED, GROUP, HeaderFacts

NAME = "stream_clock"
DAY_S = 86_400
_LEFT_OUT_A_DAY = 2 * (24 * 60 - 24 * 6)
"""Numbers that drop-frame time codes of 30 pictures a second leave out in a day."""


@dataclass(frozen=True, slots=True)
class StreamClockOptions:
    """Thresholds of `stream_clock`."""

    settle_s: float = 0.5
    """Seconds at the beginning that are left out."""
    least_pictures: int = 25
    """Pictures that must agree ..."""
    least_groups: int = 8
    """... or groups of pictures, for the two clocks to be held against each other."""
    most: int = 2
    """Places up to which a disagreement is an event, and not the recorder's way to count ..."""
    agree: float = 0.85
    """... and the share of intervals that must agree."""
    off: float = 0.5
    """Usual intervals by which they must disagree: less is rounding."""
    lasting: int = 25
    """Pictures for which quantisation tables must stay before and after a change."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Between pictures `before` and `after` the stream's clock goes on by `step_s` more than the container's."""

    before: int
    after: int
    step_s: float


def propose(features: Features, options: StreamClockOptions) -> Proposal:
    """Findings where the two clocks disagree, and what headers say themselves."""
    headers = features.coded.headers if features.coded is not None else None
    if headers is None or not len(headers.rows):
        return Proposal()
    units = units_of(features)
    number = _numbers(features, headers, units)
    if headers.codec == "mjpeg":
        return Proposal(tuple(_tables(headers, number, units, options)))
    compared, found = _compare(headers, number, units, options)
    findings = [_clock(d, units) for d in found]
    if headers.codec != "mpeg4":
        findings += _broken(headers, number, units, options)
    examined = (Examined("deletion", "bitstream", units.end_s),) if compared else ()
    return Proposal(tuple(findings), examined=examined)


def _numbers(features: Features, headers: HeaderFacts, units: Units) -> NDArray[np.int64]:
    """Picture number of each row of the headers, -1 where it is not shown."""
    stream = features.media.video
    rows = features.packets.rows(stream.index) if stream is not None else np.zeros(0, np.int64)
    place = np.searchsorted(rows, headers.rows["row"])
    known = place < len(rows)
    number = np.full(len(headers.rows), -1, np.int64)
    number[known] = units.number[place[known]]
    return number


def _compare(
    headers: HeaderFacts, number: NDArray[np.int64], units: Units, options: StreamClockOptions
) -> tuple[bool, list[Disagreement]]:
    """Whether the clocks could be compared, and where they disagree."""
    if headers.codec == "mpeg4":
        every, least = _by_picture(headers, number, units), options.least_pictures
    else:
        every, least = _by_group(headers.rows, number, units), options.least_groups
    every = [d for d in every if units.second(d.before) >= options.settle_s]
    limit = options.off * units.interval_s
    odd = [d for d in every if abs(d.step_s) > limit]
    if len(every) < least or len(every) - len(odd) < options.agree * len(every):
        return False, []
    return True, odd if len(odd) <= options.most else []


def _by_picture(headers: HeaderFacts, number: NDArray[np.int64], units: Units) -> list[Disagreement]:
    """MPEG-4: each picture against the one shown before it, within the second."""
    stamp = headers.rows["stamp"]
    usable = np.flatnonzero((number >= 0) & (number < len(units.seconds)) & (stamp >= 0))
    if headers.resolution == 0 or len(usable) < 2:
        return []
    usable = usable[np.argsort(number[usable], kind="stable")]
    shown = number[usable]
    ahead = np.diff(stamp[usable] / headers.resolution) - np.diff(units.seconds[shown])
    step = (ahead + 0.5) % 1.0 - 0.5
    return [
        Disagreement(int(a), int(b), float(s))
        for a, b, s in zip(shown[:-1], shown[1:], step, strict=True)
        if b == a + 1
    ]


def _by_group(rows: NDArray[Any], number: NDArray[np.int64], units: Units) -> list[Disagreement]:
    """MPEG-1 and MPEG-2: pictures of each group against the step of the time code, in whole pictures."""
    rate = max(1, round(1 / units.interval_s)) if units.interval_s > 0 else 25
    starts = np.flatnonzero((rows["flags"] & GROUP) > 0)
    code = rows["stamp"][starts].astype(np.int64)
    pictures, day = _counted(code, (rows["flags"][starts] & DROPPED) > 0, rate), DAY_S * rate
    found = []
    for i in range(1, len(starts)):
        inside = number[starts[i] :][number[starts[i] :] >= 0]
        if len(inside) and int(inside[0]) > 0 and code[i] >= 0 <= code[i - 1]:
            first = int(
                number[starts[i] : starts[i] + 4][number[starts[i] : starts[i] + 4] >= 0].min(initial=inside[0])
            )
            ahead = int(pictures[i] - pictures[i - 1]) - int(starts[i] - starts[i - 1])
            if ahead < -day // 2:  # midnight
                ahead += day - (_LEFT_OUT_A_DAY * rate // 30 if rows["flags"][starts[i]] & DROPPED else 0)
            found.append(Disagreement(max(first - 1, 0), first, ahead / rate))
    return found


def _counted(code: NDArray[np.int64], dropped: NDArray[np.bool_], rate: int) -> NDArray[np.int64]:
    """Pictures since midnight of time codes.

    Drop-frame codes, for 29.97 pictures a second, leave out two numbers each minute but every tenth.
    """
    minutes = code // 6000
    left_out = 2 * rate // 30 * (minutes - minutes // 10)
    return code // 100 * rate + code % 100 - np.where(dropped, left_out, 0)


def _clock(found: Disagreement, units: Units) -> Finding:
    limit = round(units.interval_s / 2, 6)
    return Finding(
        kind=Kind.SPLICE,
        severity=Severity.SUSPICION,
        level=Level.E1,
        stream="video",
        start_s=units.between(found.after)[0],
        end_s=units.between(found.after)[1],
        start_frame=found.before,
        end_frame=found.after,
        score=0.9,
        template="stream_clock",
        params={"step_s": round(found.step_s, 3)},
        evidence=(Evidence(Source.CONTAINER, "stream_clock_ahead_s", round(found.step_s, 6), limit),),
        detector=NAME,
    )


def _broken(
    headers: HeaderFacts, number: NDArray[np.int64], units: Units, options: StreamClockOptions
) -> Iterator[Finding]:
    """Groups, other than the first, that say that they were cut off from what stood before."""
    rows = np.flatnonzero((headers.rows["flags"] & BROKEN) > 0)
    told = [int(number[r]) for r in rows if number[r] > 0]
    for frame in told[: options.most]:
        severity = Severity.SUSPICION if len(told) <= options.most else Severity.NOTICE
        yield _at(frame, units, Kind.SPLICE, severity, "broken_link", {"count": len(told)}, 0.8)


def _tables(
    headers: HeaderFacts, number: NDArray[np.int64], units: Units, options: StreamClockOptions
) -> Iterator[Finding]:
    """One or two lasting changes of JPEG's quantisation tables."""
    tables = headers.rows["tables"].astype(np.int64)
    changes = np.flatnonzero(np.diff(tables)) + 1
    edges = np.array([0, *changes.tolist(), len(tables)])
    if not 0 < len(changes) <= options.most or np.diff(edges).min() < options.lasting:
        return
    for at in changes.tolist():
        if number[at] > 0:
            before, after = (int(headers.rows["quality"][i]) for i in (at - 1, at))
            params = {"before": before, "after": after}
            yield _at(int(number[at]), units, Kind.REENCODE, Severity.NOTICE, "jpeg_tables", params, 0.4)


def _at(
    frame: int, units: Units, kind: Kind, severity: Severity, template: str, params: dict[str, Any], score: float
) -> Finding:
    return Finding(
        kind=kind,
        severity=severity,
        level=Level.E1,
        stream="video",
        start_s=units.between(frame)[0],
        end_s=units.between(frame)[1],
        start_frame=frame - 1,
        end_frame=frame,
        score=score,
        template=template,
        params=params,
        evidence=(Evidence(Source.CONTAINER, template, True),),
        detector=NAME,
    )


DETECTOR = Detector(NAME, "stable", StreamClockOptions(), propose, None, __doc__ or "")

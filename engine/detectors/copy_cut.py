"""Cuts and joins made by copying packets, and pictures lost on the way: no decoding is needed.

What it finds
    A recording that was cut or joined without encoding it again keeps the numbers that its
    encoder counted, and they no longer fit: idr_pic_id repeats or skips against the file's own
    pattern, frame_num jumps where the parameter set allows no gap, the picture order count has a
    hole, a picture refers to one that never came, the encoder's name or other parameter sets
    appear in the middle, one group of pictures is short, one packet of sound starts off the
    cadence at just a key picture, FFmpeg's marks in AAC are off their cycle of 256 packets. Two
    weak signs that agree at one place count as one strong sign; the picture, where it steps at
    that key picture more than at any other one, is an independent source.
Looks like it but is not
    Services that encode in chunks repeat name and numbering at their own period. One odd group is
    a scene-cut key picture of many encoders, so it needs company, and a picture step is none: the
    encoder put the key picture there because of it. Encoders that count by their clock leave holes
    in the order count as a habit. Recorders settle in the first half second. The last pictures
    of a file may lack neighbours. A sound packet off the cadence away from a key picture.
Limits
    Whole closed groups cut out of a recording whose idr_pic_id is constant, or alternates and an
    even number went, without sound: nothing is left here. HEVC numbers nothing across closed groups.
    A number that begins again at 0 or 1 may be a reset by command and is not counted.
    H.264 and HEVC; of other codecs only sound packets are looked at.
Source
    ITU-T H.264, 7.4.3, 8.2.1, 8.2.5.2; ITU-T H.265, 8.3.1, 8.3.2; what 27 tool builds left in 367
    files, and 99 untouched files that show which of it is natural.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.detectors.contract import Detector, Proposal
from engine.detectors.copysigns import LOSSES, Sign, signs_of
from engine.detectors.places import Places, places_of
from engine.detectors.scores import Floats, neighbour_max
from engine.features.tables import Features, FrameTable
from engine.findings import Evidence, Examined, Finding, Kind, Level, Severity, Source

NAME = "copy_cut"

JOINED = frozenset({"restart", "sets_changed", "sets_begin", "sets_end", "delimiters"})
"""Signs that another encoder or muxer goes on: one group, they do not confirm each other."""
NOT_INDEPENDENT = frozenset({"odd_group"}) | LOSSES
"""Signs that a step of the picture does not confirm: it caused them, or they caused it."""


@dataclass(frozen=True, slots=True)
class Options:
    """Thresholds of `copy_cut`."""

    together_s: float = 0.25
    """Signs this close to each other are about the same place."""
    step: float = 1.5
    """Step of the picture at a key picture, over the largest around it, that counts ..."""
    beyond_keys: float = 1.25
    """... and how far it must exceed the same at every other key picture."""
    residual_floor: float = 0.2
    """Grey levels added to the neighbours' residual."""
    steady: float = 1.3
    """An interval up to this many usual ones lacks no picture."""


def propose(features: Features, options: Options) -> Proposal:
    """Collect the signs, bring together what is about one place, and weigh it."""
    coded = features.coded
    if coded is None:
        return Proposal()
    places = places_of(features)
    steps = _steps(features.frames, options)
    signs = _settled(signs_of(features, places), places, steps)
    findings = [_finding(group, places, steps, options) for group in _groups(signs, options.together_s)]
    end = places.end_s
    examined = (Examined("deletion", "bitstream", end),) if len(coded) else ()
    return Proposal(findings=tuple(findings), examined=examined)


def _groups(signs: Iterable[Sign], together_s: float) -> list[list[Sign]]:
    """Signs about one place, in order of time."""
    groups: list[list[Sign]] = []
    for sign in sorted(signs, key=lambda s: (s.end_s, s.start_s)):
        if groups and sign.start_s - max(s.end_s for s in groups[-1]) <= together_s:
            groups[-1].append(sign)
        else:
            groups.append([sign])
    return groups


def _settled(signs: Sequence[Sign], places: Places, steps: Floats | None) -> list[Sign]:
    """Signs that only say "in this stretch" moved to the place that another sign names there.

    Where none does, to the key picture in the stretch at which the picture steps most.
    """
    exact = [s for s in signs if not s.stretch]
    out = list(exact)
    for sign in signs:
        if sign.stretch:
            company = [s for s in exact if sign.start_s - 0.1 <= s.end_s <= sign.end_s + 0.1]
            best = max(company, key=lambda s: (s.strong, s.name != "odd_group"), default=None)
            frame = best.frame if best else _likeliest(sign, places, steps)
            out.append(sign if frame is None else _moved(sign, frame, places))
    return out


def _moved(sign: Sign, frame: int, places: Places) -> Sign:
    """The sign at the border before a picture."""
    start, end = places.second(frame - 1), places.second(frame)
    return replace(sign, frame=frame, start_s=start, end_s=end, stretch=False)


def _likeliest(sign: Sign, places: Places, steps: Floats | None) -> int | None:
    inside = [k for k in places.keys if k > 0 and sign.start_s <= places.second(k) <= sign.end_s]
    if not inside:
        return None
    return inside[0] if steps is None else max(inside, key=lambda k: float(steps[k]))


def _steps(frames: FrameTable | None, options: Options) -> Floats | None:
    """(N,) lasting change of each picture over the largest residual around it."""
    if frames is None or len(frames) < 2:
        return None
    lasting = np.nan_to_num(np.asarray(frames["lasting_top"], np.float64))
    return lasting / (neighbour_max(np.asarray(frames["residual_top"])) + options.residual_floor)


def _picture_agrees(frame: int | None, places: Places, steps: Floats | None, options: Options) -> float | None:
    """The step at a key picture, if it stands out from its surroundings and from all other key pictures."""
    if frame is None or steps is None or frame not in places.keys:
        return None
    others = [float(steps[k]) for k in places.keys if k not in (0, frame)]
    here = float(steps[frame])
    return here if here >= options.step and here >= options.beyond_keys * max(others, default=0.0) else None


def _lead(group: Sequence[Sign]) -> Sign:
    return max(group, key=lambda s: (s.strong, s.frame is not None, s.missing, s.name != "odd_group"))


def _finding(group: Sequence[Sign], places: Places, steps: Floats | None, options: Options) -> Finding:
    lead = _lead(group)
    names = {"joined" if s.name in JOINED else s.name for s in group}
    sure = any(s.strong for s in group) or len(names) > 1
    step = _picture_agrees(lead.frame, places, steps, options) if names - NOT_INDEPENDENT else None
    closed = _closed(lead, places, options)
    evidence = [Evidence(Source.CONTAINER, s.name, s.value, s.limit) for s in group]
    if step is not None:
        evidence.append(Evidence(Source.PICTURE, "picture_step", round(step, 3), options.step))
    severity = Severity.SUSPICION if sure or step is not None else Severity.NOTICE
    if step is not None or closed:
        severity = Severity.VIOLATION
    second = next((s.name for s in group if s.name != lead.name), "none")
    return Finding(
        kind=Kind.SPLICE if names == {"joined"} else Kind.DELETION,
        severity=severity,
        level=Level.E1 if step is None else Level.E2,
        stream="container",
        start_s=lead.start_s,
        end_s=lead.end_s,
        start_frame=None if lead.frame is None else lead.frame - 1,
        end_frame=lead.frame,
        score=min(1.0, 0.4 + 0.3 * sum(2 if s.strong else 1 for s in group) / 2 + (0.2 if step else 0.0)),
        template="lost_pictures" if lead.name in LOSSES else "copy_cut",
        params={"lead": lead.name, "second": second, "missing": lead.missing, "times": "closed" if closed else "open"},
        evidence=tuple(evidence),
        detector=NAME,
        impossible=closed,
    )


def _closed(lead: Sign, places: Places, options: Options) -> bool:
    """Whether numbering lacks reference pictures of which the timestamps lack nothing.

    What is lost on the way leaves its time empty; only who closes the times up hides the loss.
    """
    if lead.name != "frame_num" or not places.constant or lead.frame is None:
        return False
    return lead.end_s - lead.start_s <= options.steady * places.interval_s


DETECTOR = Detector(NAME, "preview", Options(), propose, None, __doc__ or "")

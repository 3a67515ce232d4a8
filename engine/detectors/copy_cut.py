"""Cuts and joins made by copying packets, and pictures lost on the way: no decoding is needed.

What it finds
    A recording that was cut or joined without encoding it again keeps the numbers that its
    encoder counted, and they no longer fit: idr_pic_id repeats or skips against the file's own
    pattern, frame_num jumps where the parameter set allows no gap, the picture order count has a
    hole, a picture refers to one that never came, the encoder's name or other parameter sets
    appear in the middle, one group of pictures is short, one packet of sound starts off the
    cadence at just a key picture, pictures stand at next to one time from a key picture on (the pre-roll of
    a piece, pushed together), FFmpeg's marks in AAC are off their cycle of 256 packets. Two
    weak signs that agree at one place count as one strong sign; the picture, where it steps at
    that key picture more than at any other one, is an independent source.
Looks like it but is not
    Services that encode in chunks repeat name and numbering at their own period. One odd group is
    a scene-cut key picture of many encoders, so it needs company, and a picture step is none: the
    encoder put the key picture there because of it. Encoders that count by their clock leave holes
    in the order count as a habit. Recorders settle in the first half second. The last pictures
    of a file may lack neighbours, and those of a stream that was recorded from its middle on, up to the
    first key picture, references. A hole in the times, and a key picture after it: recorders pause;
    the hole is told elsewhere. A sound packet off the cadence away from a key picture.
Limits
    Whole closed groups cut out of a recording whose idr_pic_id is constant, or alternates and an
    even number went, without sound or with whole packets of it: nothing is left here, and such
    recordings are called not examinable by the bitstream. HEVC numbers nothing across closed groups.
    What a step of the picture tells needs three key pictures, and something that moves.
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
from engine.detectors.copysigns import HOLES, LOSSES, Sign, signs_of, sound_keeps_time, trimmed_start, uncounted
from engine.detectors.keysteps import KeySteps, key_steps
from engine.detectors.places import Places, places_of
from engine.features.tables import Features
from engine.findings import Evidence, Examined, Finding, Kind, Level, Severity, Source, Stretch

NAME = "copy_cut"
PICTURE_STEP = "key_step"
REORDER = 17
"""Pictures by which the order of decoding and that of showing may differ, and one."""

JOINED = frozenset({"restart", "sets_changed", "sets_begin", "sets_end", "delimiters"})
"""Signs that another encoder or muxer goes on: one group, they do not confirm each other."""
NOT_INDEPENDENT = frozenset({"odd_group"}) | LOSSES
"""Signs that a step of the picture does not confirm: it caused them, or they caused it."""


@dataclass(frozen=True, slots=True)
class Options:
    """Thresholds of `copy_cut`."""

    together_s: float = 0.25
    """Signs this close to each other are about the same place."""
    step: float = 0.3
    """Score of the picture's step at a key picture from which it confirms another sign ..."""
    margin: float = 0.4
    """... and how far it must exceed that of every other key picture."""
    alone: float = 0.5
    """Score from which a step at a key picture on schedule means something without any other sign ..."""
    alone_margin: float = 1.0
    """... and its margin, plus one over the number of other key pictures. Of 40 untouched files with
    key pictures to compare, the largest margin is 0.77, with three others."""
    alone_grey: float = 2.5
    """Grey levels by which the picture must change there: encoders pulse by up to 2.2 at key pictures of
    scenes that stand still, and others in the file may have been measured while something moved."""
    least_keys: int = 2
    """Other key pictures that there must be."""
    steady: float = 1.3
    """An interval up to this many usual ones lacks no picture."""


def propose(features: Features, options: Options) -> Proposal:
    """Collect the signs, bring together what is about one place, and weigh it."""
    coded = features.coded
    if coded is None:
        return Proposal()
    places = places_of(features)
    steps = None if features.frames is None else key_steps(features.frames, places.keys)
    signs = [*_settled(signs_of(features, places), places, steps), *_step_signs(places, steps, options)]
    groups = [g for g in _groups(signs, options.together_s) if {s.name for s in g} - HOLES]
    findings = [_finding(group, places, steps, options) for group in groups]
    findings += [_trimmed(name) for name in trimmed_start(coded)]
    return Proposal(findings=tuple(findings), examined=_examined(features, places))


def _examined(features: Features, places: Places) -> tuple[Examined, ...]:
    """For how long a copied cut would break what is counted, and the cadence of the sound."""
    coded, end = features.coded, places.end_s
    if coded is None or not len(coded):
        return ()
    reason = uncounted(coded)
    told = [Examined("deletion", "bitstream", end)]
    if reason is not None:
        told = [Examined("deletion", "bitstream", 0.0, (Stretch(0.0, end, reason),))]
    if sound_keeps_time(features):
        told.append(Examined("deletion", "sound_packets", end))
    return tuple(told)


def _step_signs(places: Places, steps: KeySteps | None, options: Options) -> list[Sign]:
    """Key pictures on schedule at which the picture steps as at no other."""
    if steps is None or len(steps.frame) <= options.least_keys:
        return []
    margin = options.alone_margin + 1 / (len(steps.frame) - 1)
    loud = steps.scheduled & (steps.score >= options.alone) & (steps.margin >= margin)
    loud &= steps.grey >= options.alone_grey
    return [
        Sign(
            PICTURE_STEP, True, places.second(int(k) - 1), places.second(int(k)), int(k),
            round(float(steps.margin[i]), 3), round(margin, 3), source=Source.PICTURE,
        )
        for i, k in zip(np.flatnonzero(loud), steps.frame[loud], strict=True)
    ]  # fmt: skip


def _groups(signs: Iterable[Sign], together_s: float) -> list[list[Sign]]:
    """Signs about one place, in order of time."""
    groups: list[list[Sign]] = []
    for sign in sorted(signs, key=lambda s: (s.end_s, s.start_s)):
        if groups and sign.start_s - max(s.end_s for s in groups[-1]) <= together_s:
            groups[-1].append(sign)
        else:
            groups.append([sign])
    return groups


def _settled(signs: Sequence[Sign], places: Places, steps: KeySteps | None) -> list[Sign]:
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


def _likeliest(sign: Sign, places: Places, steps: KeySteps | None) -> int | None:
    """The key picture in a stretch at which the picture steps most; the only one where no picture was seen."""
    inside = [k for k in places.keys if k > 0 and sign.start_s <= places.second(k) <= sign.end_s]
    if not inside or (steps is None and len(inside) > 1):
        return None
    scores = {} if steps is None else dict(zip(steps.frame.tolist(), steps.score.tolist(), strict=True))
    return max(inside, key=lambda k: float(scores.get(k, -np.inf)))


def _picture_agrees(frame: int | None, steps: KeySteps | None, options: Options) -> float | None:
    """The step at a key picture, if it stands out from its surroundings and from all other key pictures."""
    at = None if steps is None else steps.of(frame)
    if steps is None or at is None or steps.score[at] < options.step or steps.margin[at] < options.margin:
        return None
    return float(steps.score[at])


def _lead(group: Sequence[Sign], places: Places) -> Sign:
    """The sign that names the place: at a key picture if one does, since packets are cut there."""
    named = [s for s in group if s.name not in HOLES]
    return max(named, key=lambda s: (s.frame is not None, s.strong, s.frame in places.keys, s.missing, s.name))


def _finding(group: Sequence[Sign], places: Places, steps: KeySteps | None, options: Options) -> Finding:
    lead = _lead(group, places)
    names = {"joined" if s.name in JOINED else s.name for s in group} - HOLES
    step = _picture_agrees(lead.frame, steps, options) if names - NOT_INDEPENDENT else None
    closed = _closed(lead, places, options)
    evidence = [Evidence(s.source, s.name, s.value, s.limit) for s in group]
    if step is not None:
        evidence.append(Evidence(Source.PICTURE, "picture_step", round(step, 3), options.step))
    severity = _severity(group, names, step is not None, closed)
    return Finding(
        kind=Kind.SPLICE if names == {"joined"} else Kind.DELETION,
        severity=severity,
        level=Level.E1 if step is None else Level.E2,
        stream="video" if names == {PICTURE_STEP} else "container",
        start_s=max(0.0, lead.start_s),
        end_s=lead.end_s,
        start_frame=None if lead.frame is None else lead.frame - 1,
        end_frame=lead.frame,
        score=min(1.0, 0.4 + 0.15 * sum(2 if s.strong else 1 for s in group) + (0.2 if step else 0.0)),
        template=_template(lead, severity),
        params={
            "lead": lead.name,
            "signs": len(evidence),
            "missing": lead.missing,
            "times": "closed" if closed else "open",
        },
        evidence=tuple(evidence),
        detector=NAME,
        impossible=closed,
    )


def _template(lead: Sign, severity: Severity) -> str:
    if severity is Severity.NOTICE:
        return "copy_cut_weak"
    if lead.frame is None:
        return "copy_cut_within"
    return "lost_pictures" if lead.name in LOSSES else "copy_cut"


def _severity(group: Sequence[Sign], names: set[str], stepped: bool, closed: bool) -> Severity:
    if closed or (stepped and names - {PICTURE_STEP} - NOT_INDEPENDENT):
        return Severity.VIOLATION
    sure = any(s.strong for s in group) or len(names - {PICTURE_STEP}) > 1
    return Severity.SUSPICION if sure else Severity.NOTICE


def _closed(lead: Sign, places: Places, options: Options) -> bool:
    """Whether numbering lacks reference pictures of which the timestamps lack nothing.

    What is lost on the way leaves its time empty; only who closes the times up hides the loss. The
    hole may stand a few pictures away, since pictures are stored in another order than shown.
    """
    if lead.name != "frame_num" or not places.constant or lead.frame is None:
        return False
    around = places.seconds[max(0, lead.frame - REORDER) : lead.frame + REORDER]
    return bool(np.diff(around).max(initial=0.0) <= options.steady * places.interval_s)


def _trimmed(name: str) -> Finding:
    """A notice: what is stored begins in the middle of what was encoded."""
    return Finding(
        kind=Kind.EDIT_TRACE, severity=Severity.NOTICE, level=Level.E1, stream="container", start_s=0.0, end_s=0.0,
        template="trimmed_start", detector=NAME, params={"lead": name},
        evidence=(Evidence(Source.CONTAINER, name, True),),
    )  # fmt: skip


DETECTOR = Detector(NAME, "preview", Options(), propose, None, __doc__ or "")

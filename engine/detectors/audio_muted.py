"""Sound that was switched off for a while.

What it finds
    A stretch of digital silence, or of sound far below the recording's own floor, that begins
    and ends abruptly in a recording that is never so quiet elsewhere: room tone, the
    microphone's noise and the preamplifier do not stop for a second.
Looks like it but is not
    Recorders with a noise gate or discontinuous transmission fall silent again and again: more
    than two such stretches are the recorder's habit and one notice. Silence from the
    beginning (the microphone starts late), to the end, or throughout is a notice.
Limits
    Sound that was faded out and in, or replaced by other room tone, is not found. One source,
    so a suspicion at most.
Source
    Peaks of 10 ms frames of 16-bit samples against the quietest tenth of the same recording.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detectors.cadence import runs
from engine.detectors.contract import Detector, Proposal
from engine.features.tables import AUDIO_FRAME_S, AudioTable, Features
from engine.findings import Evidence, Examined, Finding, Kind, Level, Severity, Source, Stretch


@dataclass(frozen=True, slots=True)
class AudioMutedOptions:
    """Thresholds of `audio_muted`."""

    least_s: float = 0.3
    """Shorter digital silences are ordinary: a codec's padding, a swallowed packet."""
    least_faint_s: float = 0.8
    """The same for sound that is faint and not digitally silent: people pause."""
    below_floor: float = 16.0
    """Dead means this many times below the recording's own floor, or no sample above 1."""
    least_floor: float = 4.0
    """Peak in the quietest tenth of the living sound; below it silence is natural here."""
    border: int = 10
    """Rows (10 ms each) on either side in which the living sound must stand, abruptly."""
    edge_s: float = 0.5
    """Silence that begins or ends this close to the sound's own start or end is natural."""
    habit: int = 2
    """Stretches up to which each one counts."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A dead stretch: rows `first` to `last` inclusive."""

    first: int
    last: int
    at_edge: bool
    abrupt: bool


def propose(features: Features, options: AudioMutedOptions) -> Proposal:
    """Dead stretches, weighed against the recording's own floor and habit."""
    audio = features.audio
    if features.media.audio is None or audio is None or len(audio) == 0:
        return Proposal()
    floor = _floor(audio)
    length = len(audio) * AUDIO_FRAME_S
    if floor is None:
        silent = Stretch(audio.start_s, audio.end_s, "no_sound_throughout")
        return Proposal((_throughout(audio),), (), (Examined("audio_muted", "sound", 0.0, (silent,)),))
    if floor < options.least_floor:
        quiet = Stretch(audio.start_s, audio.end_s, "silence_is_natural_here")
        return Proposal((), (), (Examined("audio_muted", "sound", 0.0, (quiet,)),))
    found = list(_silences(audio, floor, options))
    return Proposal(tuple(_judged(found, audio, floor, options)), (), (Examined("audio_muted", "sound", length),))


def _floor(audio: AudioTable) -> float | None:
    """Peak in the quietest tenth of the rows that are not digitally silent."""
    peak = np.asarray(audio["peak"])
    alive = peak[np.asarray(audio["present"], np.bool_) & (peak > 1)]
    return float(np.percentile(alive, 10)) if len(alive) >= 50 else None


def _silences(audio: AudioTable, floor: float, options: AudioMutedOptions) -> Iterator[Silence]:
    peak: NDArray[np.float64] = np.asarray(audio["peak"], dtype=np.float64)
    dead = np.asarray(audio["present"], np.bool_) & (peak <= max(1.0, floor / options.below_floor))
    edge = round(options.edge_s / AUDIO_FRAME_S)
    for first, after in runs(dead):
        digital = np.mean(peak[first:after] <= 1) > 0.9
        if after - first < round((options.least_s if digital else options.least_faint_s) / AUDIO_FRAME_S):
            continue
        at_edge = first < edge or after > len(audio) - edge
        before, behind = peak[max(first - options.border, 0) : first], peak[after : after + options.border]
        abrupt = min(before.max(initial=0.0), behind.max(initial=0.0)) >= floor
        yield Silence(first, after - 1, at_edge, bool(abrupt))


def _judged(found: list[Silence], audio: AudioTable, floor: float, options: AudioMutedOptions) -> Iterator[Finding]:
    inner = [s for s in found if not s.at_edge]
    loud = len(inner) <= options.habit
    for silence in found if loud else ():
        suspicious = silence.abrupt and not silence.at_edge
        yield _muted(silence, audio, floor, Severity.SUSPICION if suspicious else Severity.NOTICE)
    if not loud:
        yield _habit(found, audio)


def _muted(silence: Silence, audio: AudioTable, floor: float, severity: Severity) -> Finding:
    start = audio.start_s + silence.first * AUDIO_FRAME_S
    end = audio.start_s + (silence.last + 1) * AUDIO_FRAME_S
    rows = slice(silence.first, silence.last + 1)
    zeros = float(np.mean(np.asarray(audio["zeros"], dtype=np.float64)[rows]))
    return Finding(
        kind=Kind.AUDIO_MUTED,
        severity=severity,
        level=Level.E2,
        stream="audio",
        start_s=start,
        end_s=end,
        score=0.9 if severity is Severity.SUSPICION else 0.3,
        template="audio_muted",
        params={"length_s": round(end - start, 2), "zeros": round(zeros, 3)},
        evidence=(
            Evidence(Source.SOUND, "peak", int(np.max(np.asarray(audio["peak"])[rows])), round(floor, 1)),
            Evidence(Source.SOUND, "share_of_zero_samples", round(zeros, 4)),
        ),
        detector="audio_muted",
    )


def _habit(found: list[Silence], audio: AudioTable) -> Finding:
    total = sum(s.last - s.first + 1 for s in found) * AUDIO_FRAME_S
    return _whole("audio_muted_habit", {"count": len(found), "total_s": round(total, 2)}, "silences", len(found))


def _throughout(audio: AudioTable) -> Finding:
    return _whole("audio_silent", {"length_s": round(audio.end_s - audio.start_s, 2)}, "largest_peak", _peak(audio))


def _peak(audio: AudioTable) -> int:
    return int(np.max(np.asarray(audio["peak"]), initial=0))


def _whole(template: str, params: dict[str, int | float], name: str, value: int) -> Finding:
    return Finding(
        kind=Kind.AUDIO_MUTED,
        severity=Severity.NOTICE,
        level=Level.E2,
        stream="audio",
        start_s=None,
        end_s=None,
        score=0.2,
        template=template,
        params=dict(params),
        evidence=(Evidence(Source.SOUND, name, value),),
        detector="audio_muted",
    )


DETECTOR = Detector("audio_muted", "stable", AudioMutedOptions(), propose, None, __doc__ or "")

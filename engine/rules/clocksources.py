"""The readings of every clock that a recording carries, gathered from its tables; no file is opened."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.detectors.clockfit import TRUE_RATE, Measured, slope
from engine.detectors.dates import SINCE_1904, SINCE_2001
from engine.detectors.screen_ticks import ticking, ticks
from engine.features.origin import first_picture_s
from engine.features.tables import AUDIO_FRAME_S, Features, FrameTable
from engine.findings import ClockReading, Source
from engine.media.model import Structure
from engine.rules.clocknames import time_in_name
from engine.rules.clocks import DAY_S, ClockSeries

WHOLE_SECOND_S: Final = 1.0
NAME_DELAY_S: Final = 2.0
"""A recorder names its file before it takes the first picture, or after: cameras start within so many seconds."""
LEAST_FOR_START_S: Final = 4.0
"""A recording shorter than this does not show whether its header is dated at its start or at its end."""
MOST_READINGS: Final = 2_000
LEAST_TICKS: Final = 4
TICK_OFF_S: Final = 0.12
"""Seconds by which two ticks may lie off whole seconds: pictures come at their own times."""
CHAIN_STARTS: Final = 10
"""Ticks that are tried as the first true one."""
_Times = NDArray[np.float64]

_CLOCK_FORMS: Final = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y:%m:%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%a %b %d %H:%M:%S %Y",
)


def clock_series(features: Features, readings: Sequence[ClockReading], named: bool) -> tuple[ClockSeries, ...]:
    """All clocks of a recording.

    Parameters
    ----------
    features
        Its tables.
    readings
        What detectors read in the content.
    named
        Whether the time in the file's name counts as one of its clocks: not where a register says how names are
        to be read.
    """
    length = length_of(features)
    found = [*_containers(features, length), *_telemetry(features), *_on_screen(features.frames, readings)]
    written = time_in_name(os.path.basename(features.media.path)) if named else None
    if written is not None:
        found.append(_one("file_name", 0.0, written, NAME_DELAY_S))
    return tuple(found)


def photo_series(taken: str | None, offset: str | None) -> tuple[ClockSeries, ...]:
    """The clock of a photo, by EXIF.

    Parameters
    ----------
    taken, offset
        ``YYYY:MM:DD HH:MM:SS`` and ``+08:00`` as EXIF writes them (CIPA DC-008, 4.6.6); None where it does not.
    """
    found = _parsed((taken or "")[:19])
    if found is None:
        return ()
    zone = _parsed(f"2000-01-01T00:00:00{offset}") if offset else None
    return (_one("exif", 0.0, found[0], WHOLE_SECOND_S, zone[1] if zone is not None else None),)


def length_of(features: Features) -> float:
    """Seconds of the presentation, by pictures or sound where they were decoded, else as the header says."""
    frames, audio = features.frames, features.audio
    if frames is not None and len(frames):
        return frames.time(len(frames) - 1) + 1 / frames.rate
    if audio is not None and len(audio):
        return audio.end_s - audio.start_s
    return max(0.0, features.media.duration_s or 0.0)


def sound_rate_ppm(features: Features) -> Measured | None:
    """How much faster than the timestamps the sound's sample clock runs, parts in a million.

    None without sound, or where the timestamps were made by counting the samples (MP4, MOV, raw and RIFF sound),
    which agrees always and says nothing.
    """
    audio = features.audio
    counted = features.media.structure.container in ("mp4", "riff") or features.media.video is None
    if audio is None or len(audio) < 100 or counted:
        return None
    by_times = audio.end_s - audio.start_s
    by_samples = len(audio) * AUDIO_FRAME_S
    return Measured((by_samples / by_times - 1) * 1e6, 2 * AUDIO_FRAME_S / by_times * 1e6)


# ---- container --------------------------------------------------------------------------------


def _containers(features: Features, length: float) -> Iterator[ClockSeries]:
    structure = features.media.structure
    stated = {fact.name: fact.value for fact in structure.facts}
    created = _created(structure)
    if created is not None:
        yield _header("container", created, length, at_start=_dated_at_start(structure, length))
    quicktime = stated.get("mdta.com.apple.quicktime.creationdate")
    if quicktime is not None:
        yield from _stated("quicktime", quicktime, length)
    if "mkv.date_ns" in stated:
        yield _header("container", SINCE_2001.timestamp() + int(stated["mkv.date_ns"]) / 1e9, length, zone_s=0.0)
    if "riff.IDIT" in stated:
        yield from _stated("container", stated["riff.IDIT"], length)
    if structure.container in ("", "mpegts") and created is None:
        yield from _stated("container", features.media.tags.get("creation_time", ""), length, trusted=False)


def _created(structure: Structure) -> float | None:
    """Creation by the movie's own header, or the first other header that is dated.

    Some writers count from 1970 instead of 1904: what would lie before 1970 is taken so, as FFmpeg does.
    """
    dated = [d for d in structure.dates if d.created]
    chosen = next((d for d in dated if d.where == "mvhd"), dated[0] if dated else None)
    if chosen is None:
        return None
    since_1904 = SINCE_1904.timestamp() + chosen.created
    return since_1904 if since_1904 >= 0 else float(chosen.created)


def _dated_at_start(structure: Structure, length: float) -> bool:
    """Whether the header was changed last when the recording ended: then its creation is the beginning."""
    ran = [d.modified - d.created for d in structure.dates if d.created and d.modified > d.created]
    return length >= LEAST_FOR_START_S and bool(ran) and abs(max(ran) - length) <= 2 * WHOLE_SECOND_S


def _header(name: str, time: float, length: float, zone_s: float | None = None, at_start: bool = False) -> ClockSeries:
    """A time that a header states: of the beginning or of the end of the recording, makers differ."""
    if at_start:
        return _one(name, 0.0, time, NAME_DELAY_S, zone_s)
    return _one(name, length / 2, time, length / 2 + WHOLE_SECOND_S, zone_s)


def _stated(name: str, text: str, length: float, trusted: bool = True) -> Iterator[ClockSeries]:
    """A time as text; its zone counts only where the kind of header defines one."""
    found = _parsed(text)
    if found is not None:
        time, zone = found
        yield _header(name, time, length, zone if trusted else None)


def _parsed(text: str) -> tuple[float, float | None] | None:
    """Seconds since 1970 by the clock's own zone, and that zone's seconds east of UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        for form in _CLOCK_FORMS:
            try:
                return datetime.strptime(text.strip().title(), form).replace(tzinfo=UTC).timestamp(), None
            except ValueError:
                continue
        return None
    zone = moment.utcoffset()
    return moment.replace(tzinfo=UTC).timestamp(), None if zone is None else zone.total_seconds()


def _one(name: str, at_s: float, time: float, uncertainty_s: float, zone_s: float | None = None) -> ClockSeries:
    return ClockSeries(name, Source.CAMERA_CLOCK, np.array([at_s]), np.array([time]), uncertainty_s, zone_s)


# ---- content ----------------------------------------------------------------------------------


def _telemetry(features: Features) -> Iterator[ClockSeries]:
    origin = first_picture_s(features) if features.telemetry else 0.0
    for track in features.telemetry:
        chosen = np.unique(np.linspace(0, len(track) - 1, min(len(track), MOST_READINGS)).round().astype(np.int64))
        name, source, zone = ("gps", Source.GPS, 0.0) if track.by_satellite else ("subtitle", Source.CAMERA_CLOCK, None)
        yield ClockSeries(name, source, track.seconds[chosen] - origin, track.times[chosen], track.uncertainty_s, zone)


def _on_screen(frames: FrameTable | None, readings: Sequence[ClockReading]) -> Iterator[ClockSeries]:
    """The clock in the picture: what was read of it, made exact to a picture by its own ticks."""
    read = sorted((r for r in readings if r.clock == "on_screen"), key=lambda r: r.at_s)
    if not read:
        return
    dated = all(r.date is not None for r in read)
    times = [_time_of(r, dated) for r in read]
    for n in range(1, len(times)):  # without a date, days are counted on
        due = times[n - 1] + read[n].at_s - read[n - 1].at_s
        times[n] += 0.0 if dated else round((due - times[n]) / DAY_S) * DAY_S
    seconds = np.array([r.at_s for r in read])
    zone = read[0].zone_s
    exact = None if frames is None else ticked(frames, seconds, np.array(times))
    at, shown, width = exact or (seconds, np.array(times), max(r.uncertainty_s for r in read))
    yield ClockSeries("on_screen", read[0].source, at, shown, width, None if zone is None else float(zone), dated)


def _time_of(reading: ClockReading, dated: bool) -> float:
    midnight = datetime.fromisoformat(f"{reading.date}T00:00:00+00:00").timestamp() if dated else 0.0
    return midnight + reading.seconds


def ticked(frames: FrameTable, seconds: _Times, times: _Times) -> tuple[_Times, _Times, float] | None:
    """A clock's readings moved to its ticks, at which it begins to show a whole second.

    Parameters
    ----------
    frames
        The pictures.
    seconds, times
        (N,) of what was read, in the order of time; the middle of the second that was shown.

    Returns
    -------
    tuple or None
        Presentation seconds and times of the ticks, and half a picture's length. None where the clock has no clear
        ticks, does not run a second a second, or stepped between the readings.
    """
    place = ticking(frames) if len(seconds) > 1 else None
    off = (times - times[0]) - (seconds - seconds[0])
    if place is None or place.period_s != 1.0 or np.abs(off).max() > 1.5 + TRUE_RATE * float(np.ptp(seconds)):
        return None
    at = frames.seconds[ticks(frames, place)]
    kept = _chain(at)
    if len(kept) < LEAST_TICKS:
        return None
    half = 0.5 / frames.rate
    at = at[kept] - half  # the second began between two pictures
    counted = np.concatenate([[0.0], np.cumsum(np.round(np.diff(at)))])
    true = _on_a_line(at, counted, 2.5 * half)
    if np.count_nonzero(true) < LEAST_TICKS:
        return None
    at, counted = at[true], counted[true]
    last = np.maximum(np.searchsorted(at, seconds, side="right") - 1, 0)
    since = seconds - at[last]
    surest = int(np.argmin(np.abs(since % 1.0 - 0.5)))  # the reading that lies furthest from a tick
    first = times[surest] - 0.5 - counted[last[surest]] - np.floor(since[surest])
    return at, counted + np.round(first), half


def _on_a_line(at: _Times, counted: _Times, within_s: float) -> NDArray[np.bool_]:
    """(N,) which ticks lie on the line that most lie on; a change of the scene may fall near one."""
    rate = slope(at, counted, 0.0)
    off = counted - at - (rate.value if rate else 0.0) * at
    return np.asarray(np.abs(off - np.median(off)) <= within_s, np.bool_)


def _chain(at: _Times) -> list[int]:
    """The most ticks that lie whole seconds apart, one after another: the scene's own changes are left out."""
    best: list[int] = []
    for start in range(min(len(at), CHAIN_STARTS)):
        chain = [start]
        for number in range(start + 1, len(at)):
            step = float(at[number] - at[chain[-1]])
            if step > 0.5 and abs(step - round(step)) <= TICK_OFF_S:
                chain.append(number)
        best = max(best, chain, key=len)
        if len(best) > len(at) * 0.9:
            break
    return best

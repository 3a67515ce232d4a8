"""The signs of a copied cut, with how much each is worth: pure, on tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.detectors import joints, numbering
from engine.detectors.places import Places
from engine.detectors.timeline import sound_times
from engine.features.tables import Features
from engine.findings import Source, Value
from engine.media.coded_facts import CodedFacts
from engine.media.model import NO_TIME

LOSSES: Final = frozenset({"frame_num", "picture_order", "reference"})
"""Signs that pictures are missing inside a coded sequence."""
HOLES: Final = frozenset({"video_hole", "sound_hole"})
"""Steps in which whole pictures or packets are missing, or time falls back: others judge these."""
FRAMED_SOUND: Final = frozenset({"aac", "mp3", "mp2", "ac3", "eac3", "opus"})
"""Sound whose packets all last equally long."""
BY_CHANCE: Final = 0.1
"""An odd interval that would meet a key picture by chance less often than this means something."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign at one place.

    Parameters
    ----------
    name
        What it is; also the identifier of its words in texts.
    strong
        Whether it means something alone.
    start_s, end_s
        Times of the pictures on both sides, or of the stretch in which the place lies.
    frame
        Number of the first picture after the place, None where it is not known.
    value, limit
        What was measured, and what was expected.
    missing
        Pictures that are missing, as far as numbering tells.
    stretch
        Whether the place is only known to lie between `start_s` and `end_s`.
    source
        The independent source it comes from.
    """

    name: str
    strong: bool
    start_s: float
    end_s: float
    frame: int | None
    value: Value
    limit: Value = None
    missing: int = 0
    stretch: bool = False
    source: Source = Source.CONTAINER


def signs_of(features: Features, places: Places) -> list[Sign]:
    """All signs that a file shows, in no order."""
    coded = features.coded
    assert coded is not None
    found = [*_sound_signs(features, coded, places), *_interval_signs(places)]
    if len(coded):
        found.extend(_numbering_signs(coded, places))
        found.extend(_group_signs(coded, places))
        found.extend(_overlap_signs(features, coded, places))
    return found


def _at(
    places: Places, position: int, name: str, strong: bool, value: Value, limit: Value = None, missing: int = 0
) -> Iterator[Sign]:
    """A sign before the coded picture at a position; none before the first presented picture."""
    frame = places.frame(position)
    if frame is not None:
        yield Sign(name, strong, places.second(frame - 1), places.second(frame), frame, value, limit, missing)


def _numbering_signs(coded: CodedFacts, places: Places) -> Iterator[Sign]:
    pictures = coded.pictures
    for loss in _losses(coded):
        strong = loss.by != "picture_order" or coded.codec == "h264" or not _late(places, loss)
        yield from _at(places, loss.position, loss.by, strong, loss.missing, 0, loss.missing)
    if coded.codec == "h264":
        breaks, intact = numbering.idr_breaks(pictures)
        for position in breaks:
            yield from _at(places, position, "idr_id", True, int(pictures["idr_id"][position]), intact)


def _late(places: Places, loss: numbering.Loss) -> bool:
    """Whether the timestamps have the same hole: phones count HEVC pictures by their clock."""
    frame = places.frame(loss.position)
    if frame is None:
        return False
    step = places.second(frame) - places.second(frame - 1)
    return step >= (loss.missing + 0.6) * places.interval_s


def _losses(coded: CodedFacts) -> list[numbering.Loss]:
    """Lost pictures by all numbers that the codec counts."""
    order = numbering.order_losses(coded.pictures)
    if coded.codec == "hevc":
        return order + numbering.reference_losses(coded.pictures)
    return order + numbering.frame_num_losses(coded.pictures)


def _group_signs(coded: CodedFacts, places: Places) -> Iterator[Sign]:
    pictures = coded.pictures
    for position in joints.stretched_groups(pictures, places.number, places.seconds, places.tick_s):
        yield from _at(places, position, "stretched_group", True, _group_length(coded, position))
    for position in joints.odd_groups(pictures):
        yield from _at(places, position, "odd_group", False, _group_length(coded, position))
    for restart in joints.restarts(pictures):
        yield from _at(places, restart.position, "restart", restart.sure, True)
    for position, name in joints.changed_sets(pictures, coded.codec, coded.stated_sets):
        yield from _at(places, position, name, name == "sets_changed", True)


def _group_length(coded: CodedFacts, position: int) -> int:
    starts = np.flatnonzero(coded.pictures["random_access"][:position] > 0)
    return position - int(starts[-1]) if len(starts) else position


def _interval_signs(places: Places) -> Iterator[Sign]:
    """One odd interval between pictures."""
    seconds = places.seconds
    if len(seconds) < 16:
        return
    base = places.tick_s
    for step in joints.odd_steps(np.rint(seconds / base).astype(np.int64), base):
        frame = step.position + 1
        name = "video_step" if step.within else "video_hole"
        strong = step.within and frame in places.keys and _chance(places, places.interval_s) < BY_CHANCE
        value, usual = round(step.ticks * base, 6), round(step.usual * base, 6)
        yield Sign(name, strong, places.second(frame - 1), places.second(frame), frame, value, usual)


def _overlap_signs(features: Features, coded: CodedFacts, places: Places) -> Iterator[Sign]:
    """Pictures pushed together from a key picture on: the pre-roll of a piece, over what was shown already.

    Of 99 untouched files four begin with such a run, which is no key picture's, and none has one later.
    """
    table, rows = features.packets, coded.pictures["row"]
    dts = table.dts[rows]
    if (dts == NO_TIME).any():
        return
    for at in joints.tiny_runs(dts):
        if coded.pictures["random_access"][at + 1]:
            yield from _at(places, at + 1, "video_overlap", True, int(dts[at + 1] - dts[at]), 0)


def _sound_signs(features: Features, coded: CodedFacts, places: Places) -> Iterator[Sign]:
    stream, times = features.media.audio, sound_times(features)
    if stream is None or times is None or stream.codec not in FRAMED_SOUND or len(times) < 16:
        return
    table = features.packets
    rows = table.rows(stream.index)
    raw = table.pts[rows][table.pts[rows] != NO_TIME]
    base = float(stream.time_base)
    shown = _shown_seconds(features, raw, base)
    packet_s = float(np.median(np.diff(raw))) * base
    for step in joints.odd_steps(raw, base):
        start, end = float(shown[step.position]), float(shown[step.position + 1])
        name = "sound_step" if step.within else "sound_hole"
        yield _near_key(name, start, end, round(step.ticks * base, 6), packet_s, places)
    for at in joints.tiny_runs(raw):
        start = float(shown[at])
        yield _near_key("sound_overlap", start, start + packet_s, 0.0, packet_s, places, always=True)
    if len(raw) == len(rows):
        for gap in joints.mark_breaks(coded.marks, len(rows)):
            end = float(shown[min(gap.last, len(shown) - 1)])
            yield Sign("sound_marks", True, float(shown[gap.first]), end, None, gap.off, 0, stretch=True)


def _shown_seconds(features: Features, raw: NDArray[np.int64], base: float) -> NDArray[np.float64]:
    """Presentation time of each sound packet by its own timestamp: one shift for all."""
    times = sound_times(features)
    assert times is not None
    stream = features.media.audio
    assert stream is not None
    table = features.packets
    rows = table.rows(stream.index)
    shown = table.pts[rows][~table.hidden[rows] & (table.pts[rows] != NO_TIME)]
    shift = times.second(int(times.pts[0])) - (float(shown.min()) * base if len(shown) else 0.0)
    return np.asarray(raw * base + shift, np.float64)


def _near_key(
    name: str, start: float, end: float, value: Value, packet_s: float, places: Places, always: bool = False
) -> Sign:
    """A sign of the sound, moved to the key picture in its interval, or within a packet's length of it.

    It is strong if that meeting is no chance, or if it is so anywhere (`always`). Of 99 untouched files
    none has a single odd step of sound at a key picture after the first half second.
    """
    low, high = sorted((start, end))
    inside = places.nearest_key(low - places.tick_s, high + places.tick_s)
    key = places.nearest_key(low - packet_s, high + packet_s) if inside is None else inside
    if key is None:
        return Sign(name, always, low, high, None, value, round(packet_s, 6))
    window = high - low if inside is not None else high - low + 2 * packet_s
    meant = _chance(places, window) < BY_CHANCE and name not in HOLES
    return Sign(name, always or meant, places.second(key - 1), places.second(key), key, value, round(packet_s, 6))


def _chance(places: Places, window_s: float) -> float:
    """How often an event would lie within such a window around some key picture by chance."""
    return len(places.keys) * window_s / places.end_s if places.end_s > 0 else 1.0


def trimmed_start(coded: CodedFacts) -> list[str]:
    """Counters that do not begin where their encoder begins: the file's head was cut off.

    A first mark a few packets late or early is left out: two muxers drop the first packets of sound.
    """
    found: list[str] = []
    if len(coded.marks) > 1 and 8 <= int(coded.marks[0]) < joints.MARK_PERIOD - 8:
        found.append("sound_marks")
    idr = coded.pictures["idr_id"][coded.pictures["idr_id"] >= 0] if len(coded) else np.zeros(0, np.int32)
    if len(idr) > numbering.KNOWN and set(np.unique(idr).tolist()) == {0, 1} and idr[0] == 1:
        found.append("idr_id")
    return found


def uncounted(coded: CodedFacts) -> str | None:
    """Why whole groups of pictures could be missing without a number that lacks; None where none could.

    Numbers go on across groups by references into the group before, or by numbers of key pictures
    that count. Where those alternate, an even number of groups leaves nothing. A single group is
    counted throughout.
    """
    starts = coded.pictures["random_access"] > 0
    if np.count_nonzero(starts) < 2 or (coded.pictures["random_access"][starts][1:] == 1).any():
        return None
    different = len(np.unique(coded.pictures["idr_id"][starts]))
    if different > 2:
        return None
    return "numbers_alternate" if different == 2 else "nothing_counted"


def sound_keeps_time(features: Features) -> bool:
    """Whether packets of sound come at a constant cadence, which a cut breaks unless it takes whole packets."""
    sound = features.media.audio
    if sound is None or sound.codec not in FRAMED_SOUND:
        return False
    pts = features.packets.pts[features.packets.rows(sound.index)]
    return joints.is_steady(pts[pts != NO_TIME])

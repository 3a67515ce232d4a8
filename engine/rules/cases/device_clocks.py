"""What an archive teaches about each device's clocks, and which recordings do not go with it: pure.

Learned per device from all its recordings: how far its clocks stand from each other and from satellites, how they
drift by the day, whether its containers are dated at the beginning or at the end of a recording, and how its files
join where it splits a recording. Only what several recordings say is learned; a device's own way is no fault.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from engine.detectors.clockfit import Measured, fit
from engine.findings import Evidence, Finding, Kind, Level, Severity, Source, Value

NAME: Final = "device_clocks"
LEAST: Final = 3
"""Recordings that must agree before anything is learned of a device."""
AGREE: Final = 0.8
"""Share of them that must."""
NEAR_S: Final = 3.0
"""Seconds by which a container's date and the beginning, or the end, by another clock may differ."""
LONG_S: Final = 10.0
"""Recordings from which beginning and end can be told apart."""
DIFFERS_S: Final = 30.0
"""Seconds from which a recording's clock does not go with the device's others, ..."""
SPREADS: Final = 6.0
"""... and how many times their usual spread that is at least."""
QUARTER_S: Final = 900.0
DAY_S: Final = 86_400.0
BASES: Final = ("gps", "on_screen", "file_name", "subtitle", "exif", "container", "quicktime")
"""Clocks that others are held against, the best first."""
CAN_BE_ROLLOVER_S: Final = 5.0
"""Longest loss between two files that a device split by itself."""
JOIN_CLOCK_S: Final = 1.5
"""What two clocks in whole seconds leave open of the time between two files."""
DatedAt = Literal["start", "end"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What one clock of a recording showed: `time` (seconds since 1970 by its own zone) at presentation `at_s`."""

    time: float
    at_s: float
    uncertainty_s: float

    @property
    def start(self) -> float:
        return self.time - self.at_s


@dataclass(frozen=True, slots=True)
class ClockedFile:
    """A recording of a device with what its clocks show.

    `container_in_middle`: the container's date is placed in the middle, since it may be that of the beginning or of
    the end.
    """

    path: str
    device: str
    duration_s: float
    clocks: Mapping[str, Shown]
    container_in_middle: bool = True


@dataclass(frozen=True, slots=True)
class Habit:
    """How far a clock stands from another, over a device's recordings: median, median distance from it, recordings."""

    usual_s: float
    spread_s: float
    count: int


@dataclass(frozen=True, slots=True)
class DeviceHabits:
    """What is learned of one device.

    Parameters
    ----------
    device
        Its serial number.
    container_dated_at
        Where in a recording the container's date belongs; None where the recordings do not say.
    offsets
        (clock, base) -> its habit: clock minus base, zones included.
    drift_ppm
        How its clock drifts against satellites, parts in a million (11.6 ppm are a second a day).
    joins
        Seconds between two files where it split a recording by itself; None where it does not.
    """

    device: str
    container_dated_at: DatedAt | None = None
    offsets: Mapping[tuple[str, str], Habit] = field(default_factory=dict)
    drift_ppm: Measured | None = None
    joins: Habit | None = None


def learn(files: Iterable[ClockedFile]) -> dict[str, DeviceHabits]:
    """Device -> what its recordings teach; in any order, the same answer."""
    groups: defaultdict[str, list[ClockedFile]] = defaultdict(list)
    for file in files:
        groups[file.device].append(file)
    return {device: _learned(device, sorted(group, key=lambda f: f.path)) for device, group in groups.items()}


def _learned(device: str, files: Sequence[ClockedFile]) -> DeviceHabits:
    dated_at = container_dated_at(files)
    settled = [with_container(f, dated_at) for f in files]
    return DeviceHabits(device, dated_at, _offsets(settled), _drift(settled), _joins(settled))


def container_dated_at(files: Iterable[ClockedFile]) -> DatedAt | None:
    """Whether containers are dated at the beginning or at the end, by another clock, whatever the zones."""
    votes: Counter[DatedAt | None] = Counter()
    for file in files:
        base = _base(file, "container")
        shown = file.clocks.get("container")
        if base is None or shown is None or file.duration_s < LONG_S or not file.container_in_middle:
            continue
        after = shown.time - file.clocks[base].start
        near_start = abs(_rest(after)) <= NEAR_S
        near_end = abs(_rest(after - file.duration_s)) <= NEAR_S
        votes[None if near_start == near_end else "start" if near_start else "end"] += 1
    best: DatedAt | None = max(("start", "end"), key=lambda at: votes[at])
    return best if votes[best] >= LEAST and votes[best] >= AGREE * votes.total() else None


def with_container(file: ClockedFile, dated_at: DatedAt | None) -> ClockedFile:
    """A recording whose container is dated where the device dates it."""
    shown = file.clocks.get("container")
    if shown is None or dated_at is None or not file.container_in_middle:
        return file
    moved = Shown(shown.time, 0.0 if dated_at == "start" else file.duration_s, NEAR_S)
    return ClockedFile(file.path, file.device, file.duration_s, {**file.clocks, "container": moved}, False)


def _rest(seconds: float) -> float:
    return seconds - round(seconds / QUARTER_S) * QUARTER_S


def _base(file: ClockedFile, but: str) -> str | None:
    return next((b for b in BASES if b in file.clocks and b != but), None)


def _offsets(files: Iterable[ClockedFile]) -> dict[tuple[str, str], Habit]:
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for file in files:
        for pair, apart in offsets_of(file).items():
            found[pair].append(apart.value)
    return {pair: _habit(values) for pair, values in sorted(found.items()) if len(values) >= LEAST}


def offsets_of(file: ClockedFile) -> dict[tuple[str, str], Measured]:
    """(clock, base) -> seconds that the clock stands from the best other clock of the file, with the uncertainty."""
    base = next((b for b in BASES if b in file.clocks), None)
    if base is None:
        return {}
    best = file.clocks[base]
    return {
        (name, base): Measured(shown.start - best.start, shown.uncertainty_s + best.uncertainty_s)
        for name, shown in file.clocks.items()
        if name != base
    }


def _habit(values: Sequence[float]) -> Habit:
    usual = float(np.median(values))
    return Habit(usual, float(np.median(np.abs(np.array(values) - usual))), len(values))


def _drift(files: Iterable[ClockedFile]) -> Measured | None:
    """The camera's best clock against satellites, over the days."""
    at: list[tuple[float, float, float]] = []
    for file in files:
        gps = file.clocks.get("gps")
        camera = next((file.clocks[b] for b in BASES[1:] if b in file.clocks), None)
        if gps is not None and camera is not None:
            at.append((gps.start, camera.start, gps.uncertainty_s + camera.uncertainty_s))
    if len(at) < LEAST or max(a[0] for a in at) - min(a[0] for a in at) < DAY_S:
        return None
    true, shown, width = np.array(sorted(at)).T
    return fit(true, shown, float(np.max(width))).rate_ppm


def _joins(files: Sequence[ClockedFile]) -> Habit | None:
    gaps = [gap for _, _, gap in successive(files) if abs(gap) <= CAN_BE_ROLLOVER_S]
    return _habit(gaps) if len(gaps) >= LEAST else None


def successive(files: Sequence[ClockedFile]) -> list[tuple[ClockedFile, ClockedFile, float]]:
    """Files of one device that follow each other, with the seconds between them by a clock that both carry."""
    clock = next((b for b in BASES if sum(b in f.clocks for f in files) >= max(2, AGREE * len(files))), None)
    if clock is None:
        return []
    order = sorted((f for f in files if clock in f.clocks), key=lambda f: (f.clocks[clock].start, f.path))
    return [(a, b, b.clocks[clock].start - a.clocks[clock].start - a.duration_s) for a, b in pairwise(order)]


# ---- what is said -----------------------------------------------------------------------------


def clock_findings(files: Iterable[ClockedFile]) -> tuple[Finding, ...]:
    """Notices on recordings that do not go with their device's others, in order of path.

    One whose clocks stand otherwise to each other; one that follows the file before it otherwise than files of this
    device do; and where a device loses time at every split, one on its first file.
    """
    files = sorted(files, key=lambda f: f.path)
    habits = learn(files)
    found = [_differs(with_container(f, habits[f.device].container_dated_at), habits[f.device]) for f in files]
    for device, known in habits.items():
        if known.joins is not None:
            found += _of_joins([f for f in files if f.device == device], known.joins)
    return tuple(sorted((f for f in found if f is not None), key=lambda f: (f.file or "", f.template)))


def _of_joins(files: Sequence[ClockedFile], habit: Habit) -> list[Finding]:
    """Joins that are not as this device's others are; GA/T 947 asks of body cameras that nothing is lost at one."""
    allowed = JOIN_CLOCK_S + SPREADS * habit.spread_s
    order = successive(files)
    found = [
        _join("device_join", before.path, after, gap, habit)
        for before, after, gap in order
        if abs(gap) <= CAN_BE_ROLLOVER_S and abs(gap - habit.usual_s) > allowed
    ]
    if habit.usual_s > JOIN_CLOCK_S:
        found.append(_join("device_joins", "", order[0][0], habit.usual_s, habit))
    return found


def _join(template: str, before: str, after: ClockedFile, gap_s: float, habit: Habit) -> Finding:
    return Finding(
        kind=Kind.GAP,
        severity=Severity.NOTICE,
        level=Level.E1,
        stream="container",
        start_s=None,
        end_s=None,
        score=0.7,
        template=template,
        params={
            "device": after.device,
            "before": before,
            "gap_s": round(gap_s, 1),
            "usual_s": round(habit.usual_s, 1),
            "count": habit.count,
        },
        evidence=(
            Evidence(Source.CAMERA_CLOCK, "gap_s", round(gap_s, 3), round(habit.usual_s, 3)),
            Evidence(Source.CAMERA_CLOCK, "usual_spread_s", round(habit.spread_s, 3)),
        ),
        detector=NAME,
        file=after.path,
    )


def _differs(file: ClockedFile, habits: DeviceHabits) -> Finding | None:
    worst: tuple[float, str, str] | None = None
    for (clock, base), apart in offsets_of(file).items():
        habit = habits.offsets.get((clock, base))
        if habit is None or habit.count - 1 < LEAST:
            continue
        off = apart.value - habit.usual_s
        limit = max(DIFFERS_S + apart.width, SPREADS * habit.spread_s)
        if abs(off) > limit and (worst is None or abs(off) > abs(worst[0])):
            worst = off, clock, base
    if worst is None:
        return None
    off, clock, base = worst
    habit = habits.offsets[clock, base]
    params: dict[str, Value] = {
        "clock": clock,
        "base": base,
        "off_s": round(off, 1),
        "device": file.device,
        "others": habit.count - 1,
    }
    evidence = (
        Evidence(
            Source.CAMERA_CLOCK, f"{clock}_minus_{base}_s", round(off + habit.usual_s, 3), round(habit.usual_s, 3)
        ),
        Evidence(Source.CAMERA_CLOCK, "usual_spread_s", round(habit.spread_s, 3)),
    )
    return Finding(
        kind=Kind.CLOCK_OFFSET,
        severity=Severity.NOTICE,
        level=Level.E1,
        stream="container",
        start_s=None,
        end_s=None,
        score=0.8,
        template="device_clocks",
        params=params,
        evidence=evidence,
        detector=NAME,
        file=file.path,
    )

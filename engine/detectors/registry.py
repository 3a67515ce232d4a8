"""The list of detectors, in one place. Adding one is one import and one line of `BUILT_IN`.

Third parties add theirs by an entry point of the group ``unbroken.detectors`` whose object
is a `Detector`; its name and the kinds it reports start with ``x_``.
"""

from __future__ import annotations

import logging
from importlib.metadata import EntryPoint, entry_points

from engine.detectors import (
    ambiguous,
    audio_gap,
    audio_missing,
    audio_muted,
    av_desync,
    clock_jump,
    copy_cut,
    duplication,
    edit_trace,
    freeze,
    gap,
    hidden,
    insertion,
    obstruction,
    repeated_units,
    screen_clock,
    splice,
    stream_clock,
    telemetry_clock,
    transport,
    unreadable,
)
from engine.detectors.contract import Detector

GROUP = "unbroken.detectors"

BUILT_IN: tuple[Detector, ...] = (
    gap.DETECTOR,
    clock_jump.DETECTOR,
    screen_clock.DETECTOR,
    telemetry_clock.DETECTOR,
    copy_cut.DETECTOR,
    transport.DETECTOR,
    repeated_units.DETECTOR,
    stream_clock.DETECTOR,
    hidden.DETECTOR,
    edit_trace.DETECTOR,
    ambiguous.DETECTOR,
    unreadable.DETECTOR,
    splice.DETECTOR,
    insertion.DETECTOR,
    duplication.DETECTOR,
    freeze.DETECTOR,
    obstruction.DETECTOR,
    audio_gap.DETECTOR,
    audio_missing.DETECTOR,
    audio_muted.DETECTOR,
    av_desync.DETECTOR,
)
"""The engine's own detectors, in the order in which they run."""

_log = logging.getLogger(__name__)


def detectors() -> tuple[Detector, ...]:
    """The engine's own detectors, then those of third parties by name.

    A third party's entry point that cannot be loaded, is no `Detector`, or takes a name
    that is not its own is logged and left out: an add-on must not stop an examination.
    """
    points = sorted(entry_points(group=GROUP), key=lambda p: (p.name, p.value))
    taken = {d.name for d in BUILT_IN}
    found: list[Detector] = []
    for point in points:
        detector = _load(point)
        if detector is None:
            continue
        if detector.name in taken or not detector.name.startswith("x_"):
            _log.error("detector %r (%s) left out: its name must begin with x_ and be new", detector.name, point.value)
            continue
        taken.add(detector.name)
        found.append(detector)
    return BUILT_IN + tuple(found)


def _load(point: EntryPoint) -> Detector | None:
    try:
        loaded = point.load()
    except Exception as error:  # whatever a third party's module raises while it is imported
        _log.error("detector %r could not be loaded: %s: %s", point.value, type(error).__name__, error)
        _log.debug("detector %r could not be loaded", point.value, exc_info=True)
        return None
    if not isinstance(loaded, Detector):
        _log.error("%r is no Detector; left out", point.value)
        return None
    return loaded

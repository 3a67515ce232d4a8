"""A pass that decodes nothing: packets, what coded pictures count, and the container's own words."""

from __future__ import annotations

import os
from collections.abc import Sequence

from engine.features.onepass import PacketObserver
from engine.features.tables import Features
from engine.media.reader import Limits, open_recording
from engine.media.slices import FactsCollector
from engine.media.telemetry import TelemetryCollector


def survey(
    path: str | os.PathLike[str],
    *,
    observers: Sequence[PacketObserver] = (),
    limits: Limits | None = None,
) -> Features:
    """Read all packets of a file once.

    Parameters
    ----------
    path
        The recording.
    observers
        Offered every packet.
    limits
        What the file may ask for at most.

    Returns
    -------
    Features
        `frames` and `audio` are None: nothing was decoded.

    Raises
    ------
    MediaError
        The file cannot be opened; reasons of `open_recording`.
    """
    with open_recording(path, limits) as recording:
        coded = FactsCollector(recording.media)
        telemetry = TelemetryCollector(recording.media, recording.timelines)
        for packet in recording.packets():
            for observer in observers:
                observer.packet(packet)
            coded.packet(packet)
            telemetry.packet(packet)
        packets = recording.packet_table()
        times = telemetry.finish(packets)
        return Features(recording.media, packets, None, None, coded=coded.finish(), telemetry=times)

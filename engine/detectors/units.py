"""Which picture each packet of the examined video stream is: pure, on tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.features.tables import Features
from engine.media.model import NO_TIME


def shown_numbers(features: Features) -> NDArray[np.int64]:
    """Picture number of each unit of the examined stream in the order of the file, -1 where it is not shown."""
    stream = features.media.video
    if stream is None:
        return np.zeros(0, np.int64)
    rows = features.packets.rows(stream.index)
    pts = features.packets.pts[rows]
    shown = ~features.packets.hidden[rows] & (pts != NO_TIME)
    number = np.full(len(rows), -1, np.int64)
    if features.frames is not None:
        taken = np.asarray(features.frames["packet"], np.int64)
        place = np.searchsorted(rows, taken)
        known = (place < len(rows)) & (rows[np.minimum(place, len(rows) - 1)] == taken)
        number[place[known]] = np.flatnonzero(known)
    else:
        order = np.flatnonzero(shown)[np.argsort(pts[shown], kind="stable")]
        number[order] = np.arange(len(order))
    return number

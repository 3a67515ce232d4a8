"""Packets of MPEG transport streams: counters, program clocks and lost synchronisation, in one scan.

Source: ITU-T H.222.0 | ISO/IEC 13818-1, sections 2.4.3.2 (packet), 2.4.3.3 (continuity_counter), 2.4.3.4 and
2.4.3.5 (adaptation field, discontinuity_indicator, program_clock_reference).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

PIDS: Final = 8192
NULL_PID: Final = 0x1FFF
PCR_RANGE: Final = (1 << 33) * 300
"""Ticks of 27 MHz after which a program clock begins again."""

# what is remembered of each PID
SEEN, COUNTER, REPEATED, PACKETS, STARTS, CLOCKED, CLOCK, PLACE = range(8)
_WIDTH: Final = 8

# kinds of events
LOST, DUPLICATE, CLOCK_JUMP, SIGNALLED, UNSYNCHRONISED, DAMAGED = range(6)
KINDS: Final = 6
# columns of an event
KIND, PID, PACKET, UNITS, FIRST, SECOND = range(6)
COLUMNS: Final = 6

# totals
TOTAL_PACKETS, TOTAL_EVENTS, SKIPPED = range(3)


def memory() -> NDArray[np.int64]:
    """(PIDS, 8): nothing seen yet."""
    return np.zeros((PIDS, _WIDTH), np.int64)


@njit(cache=True, nogil=True)
def _note(events, totals, counts, kind, pid, units, first, second):  # type: ignore[no-untyped-def]
    """Count an event, and write it down as long as there is room."""
    counts[kind] += 1
    at = totals[TOTAL_EVENTS]
    if at < events.shape[0]:
        row = events[at]
        row[KIND], row[PID], row[PACKET] = kind, pid, totals[TOTAL_PACKETS]
        row[UNITS], row[FIRST], row[SECOND] = units, first, second
        totals[TOTAL_EVENTS] = at + 1


@njit(cache=True, nogil=True)
def _same(data, a, b):  # type: ignore[no-untyped-def]
    """Whether two packets hold the same bytes; the program clock of a duplicate may differ (2.4.3.3)."""
    skip = 0
    if data[a + 3] & 0x20 and data[a + 4] > 0 and data[a + 5] & 0x10:
        skip = 12
    for i in range(188):  # noqa: SIM110 - numba compiles no generators
        if data[a + i] != data[b + i] and not (skip and 6 <= i < skip):
            return False
    return True


@njit(cache=True, nogil=True)
def _counter(data, at, pid, row, signalled, watched, events, totals, counts):  # type: ignore[no-untyped-def]
    """Hold the continuity counter of a packet against the last one of its PID."""
    counter = np.int64(data[at + 3] & 15)
    payload = (data[at + 3] & 0x10) != 0
    last = row[COUNTER]
    if row[SEEN] and not signalled:
        expected = (last + 1) & 15 if payload else last
        if counter == expected:
            row[REPEATED] = 0
        elif payload and counter == last and row[REPEATED] == 0 and (row[PLACE] < 0 or _same(data, at, row[PLACE])):
            row[REPEATED] = 1
            _note(events, totals, counts, DUPLICATE, pid, watched, 1, 0)
        else:
            row[REPEATED] = 0
            _note(events, totals, counts, LOST, pid, watched, (counter - expected) & 15, 0)
    row[SEEN], row[COUNTER], row[PLACE] = 1, counter, at


@njit(cache=True, nogil=True)
def _clock(data, at, pid, row, signalled, limit, watched, events, totals, counts):  # type: ignore[no-untyped-def]
    """Hold the program clock of a packet against the last one of its PID."""
    base = np.int64(0)
    for i in range(at + 6, at + 10):
        base = base << 8 | data[i]
    base = base << 1 | data[at + 10] >> 7
    value = base * 300 + (np.int64(data[at + 10] & 1) << 8 | data[at + 11])
    if row[CLOCKED] and not signalled:
        step = (value - row[CLOCK]) % PCR_RANGE
        if step > limit:
            _note(events, totals, counts, CLOCK_JUMP, pid, watched, row[CLOCK], value)
    row[CLOCKED], row[CLOCK] = 1, value


@njit(cache=True, nogil=True)
def scan(data, size, first, limit, watched_pid, pids, events, totals, counts):  # type: ignore[no-untyped-def]
    """Look at every whole packet of a piece of the stream.

    Parameters
    ----------
    data
        uint8, a piece of the file that begins where a packet begins.
    size, first
        Bytes of a packet as stored, and where its sync byte stands in it.
    limit
        Ticks of 27 MHz from which a step of the program clock is an event.
    watched_pid
        PID whose units (starts of payload units) tell the place of events.
    pids
        See `memory`; kept from piece to piece.
    events
        int64, (cap, COLUMNS), filled from ``totals[TOTAL_EVENTS]`` on.
    totals
        int64, (3,): packets, events written, bytes skipped to find a packet again.
    counts
        int64, (KINDS,): events of each kind, also those that found no room.

    Returns
    -------
    int
        Bytes used; the rest belongs to the next piece.
    """
    pids[:, PLACE] = -1
    at, end = 0, data.size
    while at + size <= end:
        sync = at + first
        if data[sync] != 0x47:
            lost = at
            at += 1
            while at + size <= end:
                sync = at + first
                if data[sync] == 0x47 and (sync + size >= end or data[sync + size] == 0x47):
                    break
                at += 1
            totals[SKIPPED] += at - lost
            _note(events, totals, counts, UNSYNCHRONISED, 0, pids[watched_pid, STARTS], at - lost, 0)
            continue
        pid = np.int64(data[sync + 1] & 0x1F) << 8 | data[sync + 2]
        row = pids[pid]
        adapted = data[sync + 3] & 0x20 and data[sync + 4] > 0
        signalled = adapted and (data[sync + 5] & 0x80) != 0
        starts = (data[sync + 1] & 0x40) != 0
        watched = pids[watched_pid, STARTS] + (1 if starts and pid == watched_pid else 0)
        if pid != NULL_PID:
            if data[sync + 1] & 0x80:
                _note(events, totals, counts, DAMAGED, pid, watched, 0, 0)
            if signalled and row[SEEN]:
                _note(events, totals, counts, SIGNALLED, pid, watched, 0, 0)
            _counter(data, sync, pid, row, signalled, watched, events, totals, counts)
            if adapted and data[sync + 4] >= 7 and data[sync + 5] & 0x10:
                _clock(data, sync, pid, row, signalled, limit, watched, events, totals, counts)
            if starts:
                row[STARTS] += 1
        row[PACKETS] += 1
        totals[TOTAL_PACKETS] += 1
        at += size
    return at

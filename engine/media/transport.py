"""What the packets of a transport stream say of losses and joins; nothing is decoded.

The whole file is read once, in pieces; memory does not depend on its length.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from engine.kernels import transport as kernel
from engine.media.structure import packet_layout

PIECE: Final = 4 << 20
MAX_EVENTS: Final = 4_096
CLOCK_HZ: Final = 27_000_000
JUMP_S: Final = 1.0
"""Steps of the program clock from which it jumps: the standard asks for one each 0.1 s."""

EventKind = Literal["lost", "duplicate", "clock_jump", "signalled", "unsynchronised", "damaged"]
_KINDS: Final[tuple[EventKind, ...]] = (
    "lost", "duplicate", "clock_jump", "signalled", "unsynchronised", "damaged",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TransportEvent:
    """One packet that does not follow from those before it.

    Parameters
    ----------
    kind
        ``lost``: the continuity counter skips. ``duplicate``: a packet twice. ``clock_jump``: the program
        clock leaps or falls back, unannounced. ``signalled``: a discontinuity that the stream announces.
        ``unsynchronised``: bytes that are no packets. ``damaged``: marked so by a receiver.
    pid
        Its PID; 0 where bytes are skipped.
    packet
        Number of the packet in the file.
    unit
        Units of the examined stream that had begun by then; one that begins with it counts.
    count
        Lost packets (modulo 16), duplicates, or bytes skipped.
    step_s
        Step of the program clock, seconds; negative backwards.
    """

    kind: str
    pid: int
    packet: int
    unit: int
    count: int = 0
    step_s: float = 0.0


@dataclass(frozen=True, slots=True)
class TransportFacts:
    """What a whole transport stream says.

    Parameters
    ----------
    packet_bytes
        188, 192 or 204.
    packets
        Packets in the file.
    units
        Units of the examined stream.
    pids
        PIDs that occur, ascending, without that of null packets.
    events
        The first `MAX_EVENTS`.
    counts
        How many there are of each kind, in the order of `TransportEvent.kind`.
    clocked
        PIDs that carry a program clock.
    """

    packet_bytes: int
    packets: int
    units: int
    pids: tuple[int, ...] = ()
    events: tuple[TransportEvent, ...] = ()
    counts: tuple[int, ...] = ()
    clocked: tuple[int, ...] = ()

    def count(self, kind: EventKind) -> int:
        """Events of a kind, also those that are not listed."""
        return self.counts[_KINDS.index(kind)] if self.counts else 0


def scan_transport(path: str | os.PathLike[str], pid: int) -> TransportFacts | None:
    """Read a transport stream's packets.

    Parameters
    ----------
    path
        Any file.
    pid
        PID of the examined stream: places are told by its units.

    Returns
    -------
    TransportFacts or None
        None where the file is no transport stream.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with open(path, "rb", buffering=0) as file:
        layout = packet_layout(file.read(1024))
        if layout is None:
            return None
        file.seek(0)
        size, first = layout
        pids, watched = kernel.memory(), pid if 0 <= pid < kernel.PIDS else 0
        events = np.zeros((MAX_EVENTS, kernel.COLUMNS), np.int64)
        totals, counts = np.zeros(3, np.int64), np.zeros(kernel.KINDS, np.int64)
        buffer = np.empty(PIECE, np.uint8)
        kept = 0
        while read := file.readinto(memoryview(buffer)[kept:]):  # type: ignore[arg-type]
            piece = buffer[: kept + read]
            used = kernel.scan(piece, size, first, int(JUMP_S * CLOCK_HZ), watched, pids, events, totals, counts)
            kept = len(piece) - used
            buffer[:kept] = piece[used:].copy()
        there = np.flatnonzero(pids[:, kernel.PACKETS])
        return TransportFacts(
            packet_bytes=size,
            packets=int(totals[kernel.TOTAL_PACKETS]),
            units=int(pids[watched, kernel.STARTS]),
            pids=tuple(there[there != kernel.NULL_PID].tolist()),
            events=tuple(_event(row) for row in events[: totals[kernel.TOTAL_EVENTS]].tolist()),
            counts=tuple(counts.tolist()),
            clocked=tuple(np.flatnonzero(pids[:, kernel.CLOCKED]).tolist()),
        )


def _event(row: list[int]) -> TransportEvent:
    kind, pid, packet, unit, first, second = row
    name = _KINDS[kind]
    if name != "clock_jump":
        return TransportEvent(name, pid, packet, unit, first)
    step = (second - first) % kernel.PCR_RANGE
    step = step - kernel.PCR_RANGE if step > kernel.PCR_RANGE // 2 else step
    return TransportEvent(name, pid, packet, unit, 0, round(step / CLOCK_HZ, 6))

"""The examined video stream while its packets go by, and its FrameTable at the end."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterator
from itertools import pairwise
from time import monotonic
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.features import timing
from engine.features.pictures import PictureRows
from engine.features.tables import CORRUPT, DAMAGED, INTERLACED, KEY, FrameTable
from engine.media.frames import EXACT_SIDE_DATA, Picture, decoded, pictures_of, prepare_decoder
from engine.media.model import NO_TIME, PacketTable, StreamInfo
from engine.media.reader import CodedPacket, Limits
from engine.media.rows import decode_rows

WAITING: Final = 1024
"""Packets whose times are remembered until their picture comes; more than any decoder holds back."""
LOST_AT_END: Final = 64
"""Packets at the end among which lost pictures are looked for: threads and reordering."""
PROGRESS_S: Final = 0.2
NO_PICTURE_BYTES: Final = 8
"""A packet this small holds no picture: MPEG-4 writers put such after packed B-pictures."""

Progress = Callable[[int, float], None]


class PictureTrack:
    """Decodes, measures, and keeps count.

    Parameters
    ----------
    stream
        The stream's description.
    codec
        Its decoder, not open yet; None where there is none, then every packet is undecodable.
    place
        Stored ticks -> presentation ticks, None for pictures that are never presented.
    threads
        Decoder threads, 0 for one a processor.
    progress
        Called now and then.
    limits
        What pictures may ask for at most.
    """

    def __init__(
        self,
        stream: StreamInfo,
        codec: Any,
        place: Callable[[int], int | None],
        threads: int,
        progress: Progress | None,
        limits: Limits | None = None,
    ) -> None:
        self._stream = stream
        self._usable = codec is not None
        self._limits = limits
        self._side_data = stream.codec in EXACT_SIDE_DATA
        self._place = place
        self._progress = progress
        self._told = monotonic()
        self._rows = PictureRows(self._side_data)
        self._coded: dict[int, tuple[int, int]] = {}  # row -> size, pts
        self._hidden = array("i")
        self._depth = 8
        self._size = (stream.width or 0, stream.height or 0)
        self._last = NO_TIME
        self._step = timing.nominal_of_rate(stream)
        self._first: int | None = None
        self._fields: deque[int] = deque(maxlen=2 * WAITING)  # rows of the last interlaced pictures
        if codec is not None:
            prepare_decoder(codec, threads, limits)

    def packet(self, packet: CodedPacket) -> None:
        """Decode a packet of the stream and measure what becomes ready."""
        if not self._usable:
            return
        self._coded[packet.row] = packet.size, packet.pts
        if len(self._coded) > WAITING:
            del self._coded[next(iter(self._coded))]
        self.frames(decoded(packet) or [])

    def frames(self, frames: list[Any]) -> None:
        """Measure decoded frames."""
        for picture in pictures_of(frames, self._side_data):
            self.picture(picture)

    def picture(self, picture: Picture) -> None:
        """Measure a picture, or count it as hidden."""
        size, stored = self._coded.pop(picture.packet, (0, NO_TIME))
        stored = stored if stored != NO_TIME else picture.pts
        pts = self._next(stored)
        if pts is None:
            self._hidden.append(picture.packet)
            return
        if self._first is None:
            self._first = pts
            self._size, self._depth = (picture.width, picture.height), picture.depth
        self._last = pts
        if picture.interlaced:
            self._fields.append(picture.packet)
        self._rows.add(picture, pts, size)
        self._tell()

    def make_up(self, packets: PacketTable) -> None:
        """Decode pictures again that were lost when the decoder was emptied at the end.

        With frame threads an undecodable packet near the end takes the good pictures behind it
        along. One thread does not lose them, so that the table is the same for any number.
        """
        mine = packets.rows(self._stream.index)
        tail = mine[-LOST_AT_END - 1 :] if self._usable else mine[:0]
        lost = [
            int(row)
            for before, row in pairwise(tail)
            if int(row) in self._coded and packets.size[row] > NO_PICTURE_BYTES and int(before) not in self._fields
        ]
        if not lost:
            return
        for picture in decode_rows(packets.media.path, packets, self._stream.index, lost, 1, self._limits):
            self.picture(picture)

    def _next(self, stored: int) -> int | None:
        """Presentation time; a picture without one follows the last at the usual rate."""
        if stored != NO_TIME:
            return self._place(stored)
        return 0 if self._last == NO_TIME else self._last + self._step

    def _tell(self) -> None:
        if self._progress is not None and monotonic() - self._told >= PROGRESS_S:
            self._told = monotonic()
            elapsed = (self._last - (self._first or 0)) * self._stream.time_base
            self._progress(len(self._rows.scalars), float(elapsed))

    def finish(self, packets: PacketTable) -> FrameTable:
        """The table of all pictures that were presented."""
        self._rows.finish()
        columns = self._rows.scalars.finish()
        mine = packets.rows(self._stream.index)
        hidden = np.frombuffer(self._hidden, np.int32) if self._hidden else np.zeros(0, np.int32)
        undecodable = _undecodable(packets, mine, columns, hidden)
        clock = timing.clock_of(packets, mine, columns["pts"], columns["packet"], self._stream)
        columns["pts"] = clock.pts
        columns["flags"] = _with_damage(columns, undecodable)
        for values in columns.values():
            values.flags.writeable = False
        return FrameTable(
            time_base=self._stream.time_base,
            origin=int(clock.pts[0]) if len(clock.pts) else 0,
            nominal=clock.nominal,
            timed=clock.timed,
            width=self._size[0],
            height=self._size[1],
            depth=self._depth,
            columns=columns,
            wide=self._rows.wide.finish(),
            undecodable=undecodable,
            converted=self._rows.converted,
            hidden=len(hidden),
        )

    def close(self) -> None:
        """Give up, for a pass that failed."""
        self._rows.close()


def _undecodable(
    packets: PacketTable, mine: NDArray[np.intp], columns: dict[str, NDArray[Any]], hidden: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Rows of packets that no picture came from, second fields and packets without a picture left out."""
    interlaced = columns["packet"][(columns["flags"] & INTERLACED) != 0]
    silent = ~np.isin(mine, np.concatenate([columns["packet"], hidden]))
    silent &= packets.size[mine] > NO_PICTURE_BYTES
    after_field = np.zeros(len(mine), np.bool_)
    after_field[1:] = np.isin(mine[:-1], interlaced)
    silent &= ~(after_field & (packets.position[mine] == NO_TIME) | after_field & _same_time(packets, mine))
    return mine[silent].astype(np.int32)


def _same_time(packets: PacketTable, mine: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether a packet has no time of its own, or comes within half a usual interval of the one before."""
    out = np.zeros(len(mine), np.bool_)
    if len(mine) < 2:
        return out
    pts, dts = packets.pts[mine], packets.dts[mine]
    usual = timing.median_interval(np.sort(pts[pts != NO_TIME]))
    near = np.abs(dts[1:] - dts[:-1]) * 4 < usual * 3
    known = (dts[1:] != NO_TIME) & (dts[:-1] != NO_TIME)
    out[1:] = (pts[1:] == NO_TIME) | (known & near)
    return out


def _with_damage(columns: dict[str, NDArray[Any]], undecodable: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Flags, with `DAMAGED` from what is broken to the next random-access point, in decode order."""
    flags = np.array(columns["flags"], np.uint8)
    rows = columns["packet"]
    broken = np.union1d(undecodable, rows[(flags & CORRUPT) != 0])
    keys = np.sort(rows[(flags & KEY) != 0])
    for first, end in _stretches(broken, keys):
        flags[(rows >= first) & (rows < end) & (rows >= 0)] |= DAMAGED
    return flags


def _stretches(broken: NDArray[Any], keys: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """First broken row and the next key frame's row, joined where they overlap."""
    ends = np.searchsorted(keys, broken, side="right")
    for at in np.unique(ends):
        end = int(keys[at]) if at < len(keys) else int(np.iinfo(np.int32).max)
        yield int(broken[ends == at][0]), end

"""What headers of MPEG-1, MPEG-2, MPEG-4 part 2 and JPEG pictures say of time, order and quantisers.

Only the first bytes of a packet are read. What cannot be read leaves -1 or 0 and raises nothing.

Sources: ISO/IEC 11172-2, 2.4.2.4 and ISO/IEC 13818-2, 6.2.2.6 and 6.2.3 (group of pictures, picture);
ISO/IEC 14496-2, 6.2.3 (video object layer), 6.2.4 (group of VOP), 6.2.5 (VOP); ISO/IEC 10918-1, B.2.4.1
(quantisation tables) and the Independent JPEG Group's scaling of them (``jpeg_quality_scaling`` in libjpeg).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from engine.media.bitstream import Bits, BitstreamError, unescaped
from engine.media.model import StreamInfo

HEAD: Final = 1024
"""Bytes of a packet that are searched for headers."""
READ: Final = frozenset({"mpeg1video", "mpeg2video", "mpeg4", "mjpeg"})

HEADER: Final = np.dtype(
    [
        ("row", np.int32),
        ("slice", np.int8),
        ("stamp", np.int64),
        ("order", np.int16),
        ("flags", np.uint8),
        ("tables", np.uint32),
        ("quality", np.int16),
    ]
)
"""A row a packet: ``slice`` 0 P, 1 B, 2 I, -1 unknown; ``stamp`` and ``order`` see `HeaderReader`."""

CLOSED: Final = 1
"""Flag: the group of pictures refers to nothing before it (closed_gov, closed_gop)."""
BROKEN: Final = 2
"""Flag broken_link: whoever cut the stream says that pictures before the group are not those it was coded with."""
GROUP: Final = 4
"""Flag: a header of a group of pictures stands in the packet."""
DROPPED: Final = 8
"""Flag drop_frame_flag: the time code leaves out numbers, so that it keeps time at 29.97 pictures a second."""

_KINDS: Final = {1: 2, 2: 0, 3: 1}
_CHUNK: Final = 4096
_STANDARD_SUM: Final = 3688
"""Sum of the luminance table of ISO/IEC 10918-1, K.1, which libjpeg scales."""


@dataclass(frozen=True, slots=True, eq=False)
class HeaderFacts:
    """What the headers of a stream's pictures say.

    Attributes
    ----------
    codec
        One of `READ`.
    resolution
        Ticks a second of MPEG-4's ``stamp``; 0 where it is not known or does not apply.
    rows
        (N,), dtype `HEADER`, in decode order.
    """

    codec: str
    resolution: int
    rows: NDArray[Any]


class HeaderReader:
    """Reads packet by packet.

    ``stamp`` is, for MPEG-1 and MPEG-2, the time code of a group of pictures as
    ((hours * 60 + minutes) * 60 + seconds) * 100 + pictures; for MPEG-4 the time of a VOP within its second
    in ticks of `resolution`. -1 where there is none. ``order`` is the temporal reference of MPEG-1 and MPEG-2,
    and the whole seconds that a VOP of MPEG-4 adds (modulo_time_base).
    """

    def __init__(self, stream: StreamInfo) -> None:
        self._codec = stream.codec
        self._full: list[NDArray[Any]] = []
        self._rows = np.zeros(_CHUNK, HEADER)
        self._count = 0
        self.resolution = 0
        if self._codec == "mpeg4":
            self._layer(stream.extradata[:HEAD])

    def packet(self, row: int, data: memoryview | bytes | bytearray) -> None:
        """Look at one packet."""
        if self._count == _CHUNK:
            self._full.append(self._rows.copy())
            self._count = 0
        out = self._rows[self._count]
        out["row"], out["slice"], out["stamp"], out["order"], out["quality"] = row, -1, -1, -1, -1
        out["flags"] = out["tables"] = 0
        head = bytes(data[:HEAD])
        try:
            if self._codec == "mjpeg":
                _jpeg(head, out)
            elif self._codec == "mpeg4":
                self._mpeg4(head, out)
            else:
                _mpeg2(head, out)
        except (BitstreamError, IndexError):  # it ends early
            pass
        self._count += 1

    def finish(self) -> HeaderFacts:
        """What all packets say."""
        rows = np.concatenate([*self._full, self._rows[: self._count]])
        return HeaderFacts(self._codec, self.resolution, rows)

    def _layer(self, head: bytes) -> None:
        """vop_time_increment_resolution of the video object layer, if one begins here."""
        at = next((i for i in _codes(head) if 0x20 <= head[i + 3] <= 0x2F), None)
        if at is None:
            return
        try:
            bits = Bits(unescaped(head[at + 4 :], 64))
            bits.read(9)
            version = 1
            if bits.read(1):
                version = bits.read(4)
                bits.read(3)
            if bits.read(4) == 15:
                bits.read(16)
            if bits.read(1):
                bits.read(3)
                if bits.read(1):
                    bits.read(79)
            shape = bits.read(2)
            if shape == 3 and version != 1:
                bits.read(4)
            bits.read(1)
            self.resolution = bits.read(16)
        except BitstreamError:
            return

    def _mpeg4(self, head: bytes, out: Any) -> None:
        for at in _codes(head):
            code = head[at + 3]
            if 0x20 <= code <= 0x2F:
                self._layer(head[at:])
            elif code == 0xB3:
                bits = Bits(head[at + 4 : at + 8])
                bits.read(18)
                out["flags"] |= GROUP | CLOSED * bits.read(1) | BROKEN * bits.read(1)
            elif code == 0xB6:
                self._vop(head[at + 4 : at + 40], out)
                return

    def _vop(self, data: bytes, out: Any) -> None:
        bits = Bits(unescaped(data, 32))
        kind, seconds = bits.read(2), 0
        while bits.read(1):
            seconds += 1
        bits.read(1)
        width = max((self.resolution - 1).bit_length(), 1)
        out["slice"] = {0: 2, 1: 0, 2: 1}.get(kind, -1)
        if self.resolution:
            out["stamp"], out["order"] = bits.read(width), min(seconds, 32767)


def _codes(head: bytes) -> list[int]:
    """Offsets of start codes that a byte of their kind follows."""
    found, at = [], head.find(b"\0\0\1")
    while 0 <= at < len(head) - 3:
        found.append(at)
        at = head.find(b"\0\0\1", at + 3)
    return found


def _mpeg2(head: bytes, out: Any) -> None:
    """Group and picture header: time code, flags, temporal reference, kind."""
    for at in _codes(head):
        code = head[at + 3]
        if code == 0xB8:
            value = int.from_bytes(head[at + 4 : at + 8], "big")
            hours, minutes, seconds, pictures = value >> 26 & 31, value >> 20 & 63, value >> 13 & 63, value >> 7 & 63
            out["stamp"] = ((hours * 60 + minutes) * 60 + seconds) * 100 + pictures
            out["flags"] |= GROUP | DROPPED * (value >> 31) | CLOSED * (value >> 6 & 1) | BROKEN * (value >> 5 & 1)
        elif code == 0:
            value = int.from_bytes(head[at + 4 : at + 6], "big")
            out["order"], out["slice"] = value >> 6, _KINDS.get(value >> 3 & 7, -1)
            return


def _jpeg(head: bytes, out: Any) -> None:
    """Digest of all quantisation tables, and the quality that libjpeg would have been given for the first."""
    at, tables = 2, b""
    while at + 4 <= len(head) and head[at] == 0xFF and head[at + 1] not in (0xDA, 0xD9):
        size = int.from_bytes(head[at + 2 : at + 4], "big")
        if head[at + 1] == 0xDB:
            tables += head[at + 4 : at + 2 + size]
        at += 2 + size
    out["slice"] = 2
    if len(tables) >= 65:
        out["tables"] = int.from_bytes(blake3(tables).digest(length=4), "big") or 1
        if tables[0] >> 4 == 0:
            percent = 100 * sum(tables[1:65]) / _STANDARD_SUM
            quality = (200 - percent) / 2 if percent <= 100 else 5000 / percent
            out["quality"] = max(1, min(100, round(quality)))

"""What a container says of who wrote it: program names, device names, order of its parts, dates.

A bounded reader of headers only, for MP4/MOV, Matroska/WebM, RIFF (AVI, WAV) and MPEG transport
streams. Media data is stepped over; values are cut to `MAX_TEXT` characters and there are at most
`MAX_FACTS`. What cannot be read is left out: nothing is raised for what stands in a file.

Sources: ISO/IEC 14496-12 and the QuickTime File Format Specification (boxes), RFC 9559
(Matroska), "Multimedia Programming Interface and Data Specifications 1.0" (RIFF), ISO/IEC 13818-1
(packets) and ETSI EN 300 468, 5.2.3 and 6.2.33 (service description).
"""

from __future__ import annotations

import os
from typing import BinaryIO, Final

from engine.media.facts import Facts
from engine.media.model import Structure
from engine.media.riff import Chunk, chunks
from engine.media.structure_ebml import read_ebml
from engine.media.structure_mp4 import read_mp4
from engine.media.structure_print_mp4 import print_mp4
from engine.media.structure_print_other import print_ebml, print_riff, print_transport

TS_HEAD: Final = 256 << 10
"""Bytes at the beginning of a transport stream that are searched for a service description."""
MAX_CHUNKS: Final = 500
_SDT_PID: Final = 0x11
_SERVICE: Final = 0x48
_EBML: Final = b"\x1a\x45\xdf\xa3"
_SYNC: Final = 0x47


def read_structure(path: str | os.PathLike[str]) -> Structure:
    """Read who wrote a file, by its own headers.

    Parameters
    ----------
    path
        Any file.

    Returns
    -------
    Structure
        Without facts where the container is none of those that are known.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        head = file.read(1024)
        facts = Facts()
        if head[:4] == _EBML:
            read_ebml(file, size, facts)
            return facts.structure("matroska", print_ebml(file, size))
        if head[:4] == b"RIFF":
            _riff(file, size, facts)
            return facts.structure("riff", print_riff(file, size))
        packet = packet_layout(head)
        if packet:
            file.seek(0)
            data = file.read(TS_HEAD)
            _transport(data, *packet, facts)
            return facts.structure("mpegts", print_transport(data, *packet))
        if read_mp4(file, size, facts):
            return facts.structure("mp4", print_mp4(file, size))
        return facts.structure("")


# ---- RIFF -------------------------------------------------------------------------------------


def _riff(file: BinaryIO, size: int, facts: Facts) -> None:
    """Names in INFO lists, stream headers and padding, wherever they stand at the top or in ``hdrl``."""
    left = [MAX_CHUNKS]
    file.seek(8)
    form = file.read(4)
    facts.add("riff.form", form)
    for chunk in chunks(file, 12, size, left):
        if chunk.kind == b"LIST":
            _list(file, chunk, left, facts, depth=0)
        elif chunk.kind in (b"JUNK", b"JUNQ"):
            _padding(file, chunk, facts)


def _list(file: BinaryIO, parent: Chunk, left: list[int], facts: Facts, depth: int) -> None:
    file.seek(parent.start)
    form = file.read(4)
    if form not in (b"hdrl", b"strl", b"INFO", b"ncdt") or depth > 3:
        return
    for chunk in chunks(file, parent.start + 4, parent.end, left):
        if chunk.kind == b"LIST":
            _list(file, chunk, left, facts, depth + 1)
        elif chunk.kind in (b"JUNK", b"JUNQ"):
            _padding(file, chunk, facts)
        elif form == b"INFO" or chunk.kind in (b"ISFT", b"IDIT", b"strn"):
            file.seek(chunk.start)
            facts.add(f"riff.{chunk.kind.decode('latin-1')}", file.read(min(chunk.size, 512)))


def _padding(file: BinaryIO, chunk: Chunk, facts: Facts) -> None:
    file.seek(chunk.start)
    facts.add_printable("riff.JUNK", file.read(min(chunk.size, 256)))


# ---- MPEG transport streams -------------------------------------------------------------------


def packet_layout(head: bytes) -> tuple[int, int] | None:
    """Bytes of a packet as stored (188; 192 with a time code in front; 204 with parity behind), and where it begins."""
    for size, first in ((188, 0), (192, 4), (204, 0)):
        places = range(first, len(head), size)
        if len(places) >= 4 and all(head[at] == _SYNC for at in places):
            return size, first
    return None


def _transport(data: bytes, size: int, first: int, facts: Facts) -> None:
    """Provider and name of each service. Sections that span several packets are left out."""
    for at in range(first, len(data) - 187, size):
        packet = data[at : at + 188]
        starts = packet[0] == _SYNC and packet[1] & 0x40 and packet[3] & 0x30 == 0x10
        if starts and (packet[1] & 0x1F) << 8 | packet[2] == _SDT_PID:
            _service_description(packet[5 + packet[4] :], facts)


def _service_description(section: bytes, facts: Facts) -> None:
    if len(section) < 11 or section[0] != 0x42:
        return
    end = min(3 + (int.from_bytes(section[1:3], "big") & 0xFFF) - 4, len(section))
    at = 11
    while at + 5 <= end:
        stop = min(at + 5 + (int.from_bytes(section[at + 3 : at + 5], "big") & 0xFFF), end)
        at += 5
        while at + 2 <= stop:
            tag, body = section[at], section[at + 2 : at + 2 + section[at + 1]]
            if tag == _SERVICE and len(body) >= 3:
                provider, name = body[2 : 2 + body[1]], body[2 + body[1] :]
                facts.add("ts.provider", provider)
                facts.add("ts.service", name[1 : 1 + name[0]] if name else b"")
            at += 2 + section[at + 1]
        at = stop

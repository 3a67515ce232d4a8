"""Decoding chosen pictures again: by the row of their packet, from the key frame before."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from typing import Any, Final

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from engine.media.frames import VECTOR_CODECS, Picture, picture_of, prepare_decoder
from engine.media.model import NO_TIME, PacketTable
from engine.media.reader import Limits

REORDER: Final = 64
"""Packets beyond a picture's own after which it must have come out (frame threads, reordering)."""
OPEN_OPTIONS: Final = {"ignore_editlist": "1"}
"""As in `engine.media.reader`: edit lists hide nothing."""
WORTH_SEEKING: Final = 250
"""Packets to skip above which seeking is tried."""


def decode_rows(
    path: str | os.PathLike[str],
    packets: PacketTable,
    stream: int,
    wanted: Collection[int],
    threads: int = 0,
    limits: Limits | None = None,
) -> Iterator[Picture]:
    """Decode the pictures of the given packets; those that cannot be decoded do not come.

    Parameters
    ----------
    path
        The recording, unchanged since `packets` was read.
    packets
        Its packets.
    stream
        Index of a video stream.
    wanted
        Rows of `packets`.
    threads
        Decoder threads; 0 for one a processor. Motion vectors and quantisers come with one only,
        but for MPEG-1 and MPEG-2 always.
    limits
        What pictures may ask for at most.

    Yields
    ------
    Picture
        In the order of the decoder's output, each wanted row at most once.
    """
    for _, frame, side_data in _frames(path, packets, stream, wanted, threads, limits):
        picture = picture_of(frame, side_data)
        if picture is not None:
            yield picture


def colour_at(
    path: str | os.PathLike[str], packets: PacketTable, stream: int, wanted: Collection[int], size: tuple[int, int]
) -> dict[int, NDArray[np.uint8]]:
    """Small colour versions of chosen pictures, for people to look at.

    Parameters
    ----------
    path, packets, stream, wanted
        As for `decode_rows`.
    size
        Most columns and lines; the picture's proportions are kept.

    Returns
    -------
    dict
        Row of the packet -> uint8, (height, width, 3), RGB. Pictures that cannot be decoded or
        converted are absent.
    """
    out: dict[int, NDArray[np.uint8]] = {}
    for row, frame, _ in _frames(path, packets, stream, wanted, threads=0):
        scale = min(size[0] / frame.width, size[1] / frame.height, 1.0)
        width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
        try:
            small = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
            out[row] = np.ascontiguousarray(small.to_ndarray())
        except (av.error.FFmpegError, ValueError):
            continue
    return out


def _frames(
    path: str | os.PathLike[str],
    packets: PacketTable,
    stream: int,
    wanted: Collection[int],
    threads: int,
    limits: Limits | None = None,
) -> Iterator[tuple[int, Any, bool]]:
    """Row, frame, and whether the codec exports side data, of each wanted picture that can be decoded."""
    mine = packets.rows(stream)
    left = sorted(set(wanted) & set(mine.tolist()))
    while left:
        first = _start(packets, mine, left[0])
        end = _span_end(packets, mine, left, first)
        span = {row for row in left if row <= end}
        left = [row for row in left if row > end]
        yield from _decode_span(path, packets, stream, mine, first, span, threads, limits)


def luma_at(
    path: str | os.PathLike[str], packets: PacketTable, stream: int, wanted: Collection[int]
) -> dict[int, NDArray[np.uint8]]:
    """Full-size luma of chosen pictures, 8 bits, copied.

    Parameters
    ----------
    path, packets, stream, wanted
        As for `decode_rows`.

    Returns
    -------
    dict
        Row of the packet -> uint8, (height, width). Pictures that cannot be decoded are absent;
        deeper samples lose their low bits.
    """
    out: dict[int, NDArray[np.uint8]] = {}
    for picture in decode_rows(path, packets, stream, wanted):
        luma = picture.luma[:, : picture.width]
        out[picture.packet] = (luma >> (picture.depth - 8)).astype(np.uint8)
    return out


def _start(packets: PacketTable, mine: NDArray[np.intp], row: int) -> int:
    """Position in `mine` of the key frame to begin at: one earlier where the picture leads its key frame."""
    at = int(np.searchsorted(mine, row))
    keys = np.flatnonzero(packets.key[mine[: at + 1]])
    if not len(keys):
        return 0
    key = int(keys[-1])
    pts, key_pts = int(packets.pts[row]), int(packets.pts[mine[key]])
    leads = NO_TIME in (pts, key_pts) or pts < key_pts
    return int(keys[-2]) if leads and key != at and len(keys) > 1 else key


def _span_end(packets: PacketTable, mine: NDArray[np.intp], left: list[int], first: int) -> int:
    """Last wanted row that is decoded in the same go: there is no later start worth a jump before it."""
    end = left[0]
    for row in left[1:]:
        if _start(packets, mine, row) > int(np.searchsorted(mine, end)) + REORDER:
            break
        end = row
    return end


def _decode_span(
    path: str | os.PathLike[str],
    packets: PacketTable,
    stream: int,
    mine: NDArray[np.intp],
    first: int,
    span: set[int],
    threads: int,
    limits: Limits | None,
) -> Iterator[tuple[int, Any, bool]]:
    """Decode from position `first` of the stream until all of `span` came or cannot come any more."""
    left = set(span)
    last = int(np.searchsorted(mine, max(span))) + REORDER
    container, at = _opened_at(path, packets, stream, mine, first)
    with container:
        codec = container.streams[stream].codec_context
        prepare_decoder(codec, threads, limits)
        side_data = codec.codec.canonical_name in VECTOR_CODECS
        for packet in _read(container, stream):
            if at > last or at >= len(mine) or not left:
                break
            if at >= first and packet.size:
                packet.opaque = (int(mine[at]),)
                yield from _chosen(_decode(codec, packet), left, side_data)
            at += 1
        if left:
            yield from _chosen(_decode(codec, None), left, side_data)


def _decode(codec: Any, packet: Any) -> list[Any]:
    try:
        return codec.decode(packet)  # type: ignore[no-any-return]
    except (av.error.FFmpegError, ValueError):
        return []


def _chosen(frames: list[Any], left: set[int], side_data: bool) -> Iterator[tuple[int, Any, bool]]:
    for frame in frames:
        row = frame.opaque[0] if isinstance(frame.opaque, tuple) else -1
        if row in left:
            left.discard(row)
            yield row, frame, side_data


def _read(container: Any, stream: int) -> Iterator[Any]:
    """Packets of one stream, without the end markers; an error ends them."""
    try:
        for packet in container.demux(container.streams[stream]):
            if packet.size or packet.dts is not None or packet.pts is not None:
                yield packet
    except (av.error.FFmpegError, ValueError):
        return


def _open(path: str | os.PathLike[str]) -> Any:
    return av.open(os.fspath(path), options=dict(OPEN_OPTIONS), metadata_errors="replace")


def _opened_at(
    path: str | os.PathLike[str], packets: PacketTable, stream: int, mine: NDArray[np.intp], first: int
) -> tuple[Any, int]:
    """The file, open at or before position `first`, and the position that the next packet has."""
    if first > WORTH_SEEKING:
        container = _open(path)
        at = _sought(container, packets, stream, mine, first)
        if at is not None:
            return container, at
        container.close()
    return _open(path), 0


def _sought(container: Any, packets: PacketTable, stream: int, mine: NDArray[np.intp], first: int) -> int | None:
    """Jump to position `first`; the position reached, None where it cannot be told or lies beyond."""
    row = mine[first]
    times = [int(t) for t in (packets.dts[row], packets.pts[row]) if t != NO_TIME]
    if not times:
        return None
    try:
        container.seek(min(times), stream=container.streams[stream], backward=True)
        packet = next(_read(container, stream), None)
        at = None if packet is None else _position(packet, packets, mine[: first + 1])
        if at is not None:  # so that this packet is the next to be read
            container.seek(min(times), stream=container.streams[stream], backward=True)
    except (av.error.FFmpegError, ValueError):
        return None
    return at


def _position(packet: Any, packets: PacketTable, mine: NDArray[np.intp]) -> int | None:
    """Which of the rows `mine` this packet is; None where none is, or several could be."""
    pts = NO_TIME if packet.pts is None else packet.pts
    dts = NO_TIME if packet.dts is None else packet.dts
    same = (packets.pts[mine] == pts) & (packets.dts[mine] == dts) & (packets.size[mine] == packet.size)
    found = np.flatnonzero(same)
    return int(found[0]) if len(found) == 1 else None

"""Decoded pictures: their luma in place, and what the decoder says about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import av.error
import numpy as np
from av.sidedata.sidedata import SideDataContainer, Type
from numpy.typing import NDArray

from engine.media.model import NO_TIME
from engine.media.reader import CodedPacket, Limits, Recording

Plane = NDArray[np.uint8] | NDArray[np.uint16]

IN_PLACE: Final = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "gray", "nv12", "nv16", "nv21", "nv24", "nv42",
                "yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv440p", "yuv444p",
                "yuvj411p", "yuvj420p", "yuvj422p", "yuvj440p", "yuvj444p",
                "yuva420p", "yuva422p", "yuva444p",
            ),
            8,
        ),
        **dict.fromkeys(
            (
                "gray10le", "yuv420p10le", "yuv422p10le", "yuv440p10le", "yuv444p10le",
                "yuva420p10le", "yuva422p10le", "yuva444p10le",
            ),
            10,
        ),
    }
)  # fmt: skip
"""Pixel format -> bits a sample, for the formats whose first plane is luma and is read in place."""

VECTOR_CODECS: Final = frozenset({"h264", "mpeg1video", "mpeg2video", "mpeg4"})
"""Codecs that export motion vectors and quantisers."""

EXACT_SIDE_DATA: Final = frozenset({"mpeg1video", "mpeg2video"})
"""Codecs whose side data is the same for any number of threads.

FFmpeg 8 reads the vectors of H.264 when a picture is put out, which with frame threads may be
before another thread has finished it: in 5 of 8 H.264 clips one to five pictures had other
vectors with four threads than with one, in no clip with one thread. MPEG-4 uses frame threads too.
The pictures themselves were always equal.
"""

_PICTURE_TYPES: Final = MappingProxyType({1: 1, 2: 2, 3: 3, 4: 2, 5: 1, 6: 2, 7: 3})
"""FFmpeg's I, P, B, S, SI, SP, BI -> 1 I, 2 P, 3 B."""


@dataclass(slots=True, eq=False)
class Picture:
    """One decoded picture.

    Attributes
    ----------
    luma
        C-contiguous (height, line) array of uint8 (depth 8) or uint16 (depth 10), the decoder's
        own memory where `converted` is False: never to be written to. The rest of each line
        beyond `width` is padding.
    width
        Samples of a line that belong to the picture.
    depth
        Bits a sample.
    pts
        The decoder's best estimate, ticks of the stream's time base; `NO_TIME` if there is none.
    packet
        Row of the PacketTable it was decoded from, -1 where unknown.
    kind
        0 unknown, 1 I, 2 P, 3 B.
    key, corrupt, interlaced
        The decoder's flags.
    converted
        The pixel format has no luma plane that can be read in place; it was converted to grey.
    vectors
        int32, (N, 10), raw AVMotionVector records, or None.
    quantiser, quantiser_deltas
        Of the picture; int32, (M,), what each block adds to it; deltas None where not exported.
    """

    luma: Plane
    width: int
    depth: int
    pts: int
    packet: int
    kind: int
    key: bool
    corrupt: bool
    interlaced: bool
    converted: bool
    vectors: NDArray[np.int32] | None = None
    quantiser: int = 0
    quantiser_deltas: NDArray[np.int32] | None = None

    @property
    def height(self) -> int:
        return int(self.luma.shape[0])


def prepare_decoder(codec: Any, threads: int, limits: Limits | None = None) -> None:
    """Set a codec context up before its first packet.

    Parameters
    ----------
    codec
        A PyAV video codec context that is not open yet.
    threads
        Decoder threads, 0 for one a processor. Motion vectors and quantisers are exported where
        they can be trusted: with one thread, and for the codecs of `EXACT_SIDE_DATA`.
    limits
        A stream may grow its pictures on the way; larger ones are refused by the decoder.
    """
    codec.thread_type = "AUTO"
    codec.thread_count = threads
    codec.copy_opaque = True  # so that a picture names the packet it came from
    options = {"max_pixels": str((limits or Limits()).pixels)}
    if codec.codec.canonical_name in (VECTOR_CODECS if threads == 1 else EXACT_SIDE_DATA):
        options |= {"flags2": "+export_mvs", "export_side_data": "venc_params"}
    codec.options = options


def pictures_of(frames: Iterable[Any], side_data: bool) -> list[Picture]:
    """Wrap decoded frames; those that cannot even be converted to grey are left out.

    Parameters
    ----------
    frames
        PyAV video frames.
    side_data
        Whether the codec exports motion vectors and quantisers.
    """
    wrapped = (picture_of(frame, side_data) for frame in frames)
    return [picture for picture in wrapped if picture is not None]


def picture_of(frame: Any, side_data: bool) -> Picture | None:
    """Wrap one decoded frame without copying its luma; None where it has no usable luma."""
    depth = IN_PLACE.get(frame.format.name)
    source = frame
    try:
        if depth is None:
            source, depth = frame.reformat(format="gray"), 8
        luma = _luma(source.planes[0], depth)
    except (av.error.FFmpegError, ValueError, MemoryError):
        return None
    pts, row = frame.pts, frame.opaque
    picture = Picture(
        luma=luma,
        width=frame.width,
        depth=depth,
        pts=NO_TIME if pts is None else pts,
        packet=_row(row),
        kind=_PICTURE_TYPES.get(int(frame.pict_type), 0),
        key=bool(frame.key_frame),
        corrupt=bool(frame.is_corrupt),
        interlaced=bool(frame.interlaced_frame),
        converted=source is not frame,
    )
    if side_data:
        _attach_side_data(picture, frame)
    return picture


def _row(opaque: Any) -> int:
    if isinstance(opaque, tuple):
        opaque = opaque[0]
    return opaque if isinstance(opaque, int) else -1


def _luma(plane: Any, depth: int) -> Plane:
    """The plane as an array; upside-down storage (negative line size) is turned round by a copy."""
    line = plane.line_size
    if line == 0 or plane.height < 1:
        raise ValueError("empty plane")
    dtype: type[np.uint8] | type[np.uint16] = np.uint8 if depth == 8 else np.uint16
    array: Any = np.frombuffer(plane, dtype).reshape(plane.height, -1)
    if line < 0:
        array = np.ascontiguousarray(array[::-1])
    return array  # type: ignore[no-any-return]


def _attach_side_data(picture: Picture, frame: Any) -> None:
    # `frame.side_data` would make a reference cycle that keeps the frame until the collector runs
    container: Any = SideDataContainer(frame)  # type: ignore[call-arg]
    vectors = container.get(Type.MOTION_VECTORS)
    if vectors is not None:
        picture.vectors = np.frombuffer(vectors, np.int32).reshape(-1, 10)
    blocks = container.get(Type.VIDEO_ENC_PARAMS)
    if blocks is not None and blocks.nb_blocks > 0:
        first, step = blocks.blocks_offset // 4, blocks.block_size // 4
        words = np.frombuffer(blocks, np.int32)
        count = blocks.nb_blocks
        # the last of the five words of AVVideoBlockParams is what the block adds to the quantiser
        picture.quantiser = blocks.qp
        picture.quantiser_deltas = words[first + 4 : first + step * count : step]


def decoded(packet: CodedPacket) -> list[Any] | None:
    """Frames that become ready with this packet; None where the decoder refuses it.

    Notes
    -----
    A packet without bytes is not offered: decoders take it for the end of the stream.
    """
    if packet.size == 0:
        return []
    try:
        return packet.decode()
    except (av.error.FFmpegError, ValueError):
        return None


def flushed(recording: Recording, stream: int) -> list[Any]:
    """What the decoder still holds at the end; with frame threads an error may cost the last pictures."""
    try:
        return recording.flush(stream)
    except (av.error.FFmpegError, ValueError):
        return []

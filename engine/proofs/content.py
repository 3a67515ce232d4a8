"""From a stream's packets to the content that leaves bind, whatever container they lie in.

A reader is made for each stream; fed with its packets in decode order, it gives what each
access unit holds. What must not depend on the container is taken out by the readers and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from engine.media.av1 import open_bitstream_units
from engine.media.bitstream import BitstreamError, Configuration
from engine.media.model import StreamInfo
from engine.proofs.hashing import configuration_digest, content_digest
from engine.proofs.problems import ProofProblem
from engine.proofs.raw_blocks import Aac
from engine.proofs.reading import Content, ContentReader, Plain, Single
from engine.proofs.units import UNIT_CODECS, Units, record_of


class Whole(Single):
    """Every packet as it is."""

    framing = "packet"

    def __init__(self, stream: StreamInfo) -> None:
        self._stream = stream
        self._configuration = configuration_digest(configuration_of(stream))

    def reconfigure(self, extradata: bytes) -> None:
        self._configuration = configuration_digest(configuration_of(replace(self._stream, extradata=extradata)))

    def read(self, data: memoryview) -> Content:
        return Content(content_digest(data), self._configuration)


class Av1(Single):
    """AV1: open bitstream units without temporal delimiters and without their size fields."""

    framing = "obu"

    def __init__(self) -> None:
        self._configuration = configuration_digest(b"av1\0")

    def reconfigure(self, extradata: bytes) -> None:
        """Nothing to take: the sequence header is in the stream."""

    def read(self, data: memoryview) -> Content:
        try:
            units = list(open_bitstream_units(bytes(data)))
        except (BitstreamError, IndexError):
            units = [bytes(data)]
        normal = b"".join(len(u).to_bytes(4, "big") + u for u in units)
        return Content(content_digest(normal), self._configuration)


class Presented:
    """A stream of a file that is compared: what has no leaf is taken as it is, and equals nothing sealed."""

    def __init__(self, stream: StreamInfo, dropped_sei: Iterable[bytes]) -> None:
        try:
            self._reader: ContentReader = reader_for(stream, dropped_sei)
        except ProofProblem:
            self._reader = Plain()
        self.framing = self._reader.framing

    @property
    def units(self) -> Units | None:
        """The reader itself, where it cuts packets into units."""
        return self._reader if isinstance(self._reader, Units) else None

    def reconfigure(self, extradata: bytes) -> None:
        try:
            self._reader.reconfigure(extradata)
        except ProofProblem:
            self._reader = Plain()

    def read(self, data: memoryview) -> Content:
        return self.read_all(data)[0]

    def read_all(self, data: memoryview) -> Sequence[Content]:
        try:
            return self._reader.read_all(data)
        except ProofProblem:
            return (Content(content_digest(b"refused\0" + bytes(data)), configuration_digest(b"refused")),)


SELF_CONTAINED: Final = frozenset(
    {"mjpeg", "mpeg1video", "mpeg2video", "h261", "h263", "flv1", "vp8", "dvvideo", "prores", "png", "bmp", "gif"}
    | {"webp", "mp1", "mp2", "mp3", "ac3", "eac3", "dts", "amr_nb", "amr_wb", "g722", "gsm"}
)
"""Codecs whose packets say everything: what containers store beside them is not bound."""

NOT_BUILT: Final[Mapping[str, str]] = {
    "unknown": "a codec that is not known",
    "evc": "EVC",
}
"""Codecs that have no leaf yet, and how they are called in the reason."""

_MPEG_AUDIO: Final = frozenset({"mp1", "mp2", "mp3"})


def reader_for(stream: StreamInfo, dropped_sei: Iterable[bytes] | None = None) -> ContentReader:
    """The reader of a picture or sound stream.

    Parameters
    ----------
    stream
        Its description.
    dropped_sei
        Digests of the SEI that are left out: those which the sealed recording's configuration
        held. None: those of this stream's own.

    Raises
    ------
    ProofProblem
        ``leaf_not_built`` where the format has no leaf for the codec yet.
    """
    codec = stream.codec
    if codec in NOT_BUILT:
        raise ProofProblem("leaf_not_built", NOT_BUILT[codec])
    if codec in UNIT_CODECS:
        return Units(codec, record_of(codec, stream.extradata), dropped_sei)
    if codec == "aac":
        return Aac("packet" if stream.extradata else "adts", stream.extradata)
    if codec == "aac_latm":
        return Aac("latm")
    if codec == "av1":
        return Av1()
    return Whole(stream)


FRAMINGS: Final = (
    "packet",
    "samples",
    "adts",
    "latm",
    "obu",
    "start_codes",
    "length1",
    "length2",
    "length3",
    "length4",
)
"""How units lie in packets."""


def reader_at(codec: str, framing: str, dropped_sei: Iterable[bytes]) -> ContentReader:
    """A reader of single packets whose stream's configuration is not at hand: content digests only.

    Parameters
    ----------
    codec
        FFmpeg's name.
    framing
        One of `FRAMINGS`, as the stream's own reader told it.
    dropped_sei
        Digests of the SEI in the stream's configuration.
    """
    if codec in UNIT_CODECS:
        prefix = int(framing[6:]) if framing.startswith("length") else 0
        return Units(codec, Configuration(prefix), dropped_sei)
    if framing in ("adts", "latm"):
        return Aac(framing)
    return Av1() if framing == "obu" else Plain()


def configuration_of(stream: StreamInfo) -> bytes:
    """Normal form of the configuration of a codec that is taken packet by packet, or in blocks."""
    codec = "mpegaudio" if stream.codec in _MPEG_AUDIO else stream.codec
    if is_pcm(stream):
        return f"{codec}\0{stream.sample_rate} {stream.channels}".encode()
    if stream.codec in SELF_CONTAINED:
        return codec.encode() + b"\0"
    return codec.encode() + b"\0" + stream.extradata


_PACKED_PCM: Final = frozenset({"pcm_bluray", "pcm_dvd", "pcm_lxf", "pcm_s24daud", "pcm_sga", "pcm_zork"})
"""PCM in packets with headers or groupings of their own: taken packet by packet."""


def is_pcm(stream: StreamInfo) -> bool:
    """Whether packets are runs of samples that containers cut as they like (PCM, G.711)."""
    codec = stream.codec
    return codec.startswith("pcm_") and codec not in _PACKED_PCM and not codec.endswith("planar")

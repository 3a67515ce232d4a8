"""From a stream's packets to the content that leaves bind, whatever container they lie in.

A reader is made for each stream; fed with its packets in decode order, it gives what each
access unit holds. What must not depend on the container is taken out here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from engine.media.aac import AacConfiguration, audio_specific_config, strip_adts
from engine.media.av1 import open_bitstream_units
from engine.media.bitstream import (
    H264,
    HEVC,
    BitstreamError,
    Configuration,
    Field,
    SpsFacts,
    configuration,
    kind_of,
    lone_field,
    pps_numbers,
    set_number,
    split_lengths,
    split_start_codes,
    sps_facts,
)
from engine.media.model import StreamInfo
from engine.proofs.hashing import configuration_digest, content_digest
from engine.proofs.problems import ProofProblem


@dataclass(frozen=True, slots=True)
class Content:
    """What one access unit holds: digests of 32 bytes."""

    digest: bytes
    configuration: bytes


class ContentReader(Protocol):
    """Reads the packets of one stream, in decode order."""

    framing: str
    """How units lie in packets: what must be known to read one packet alone, see `reader_at`."""

    def reconfigure(self, extradata: bytes) -> None:
        """Take another decoder configuration from the next packet on."""
        ...

    def read(self, data: memoryview) -> Content:
        """Content of one packet, which is one access unit.

        Raises
        ------
        ProofProblem
            ``leaf_not_built`` where the format has no leaf for this yet.
        """
        ...


class Plain:
    """Packets as they are, of no known stream."""

    framing = "packet"

    def reconfigure(self, extradata: bytes) -> None:
        """Nothing to take: only content is asked for."""

    def read(self, data: memoryview) -> Content:
        return Content(content_digest(data), bytes(32))


class Whole:
    """Every packet as it is."""

    framing = "packet"

    def __init__(self, stream: StreamInfo) -> None:
        self._stream = stream
        self._configuration = configuration_digest(configuration_of(stream))

    def reconfigure(self, extradata: bytes) -> None:
        self._configuration = configuration_digest(configuration_of(replace(self._stream, extradata=extradata)))

    def read(self, data: memoryview) -> Content:
        return Content(content_digest(data), self._configuration)


@dataclass(frozen=True, slots=True)
class Piece:
    """A packet's normal form and configuration, and the field it is where it is no whole picture."""

    normal: bytes
    configuration: bytes
    field: Field | None

    @property
    def content(self) -> Content:
        return Content(content_digest(self.normal), self.configuration)

    def with_second(self, second: Piece) -> Piece:
        """The picture of two fields."""
        return Piece(self.normal + second.normal, second.configuration, None)


class Units:
    """H.264 and HEVC: units without what muxers add and drop; parameter sets in force.

    The normal form of a packet is each unit that is kept behind its length in four bytes.
    The normal form of the configuration is the codec's name and, sorted by type and number,
    each parameter set in force behind its length.
    """

    def __init__(self, codec: str, record: Configuration, dropped_sei: Iterable[bytes] | None = None) -> None:
        self._codec = codec
        self._kinds = H264 if codec == "h264" else HEVC
        self._sets: dict[tuple[int, int], bytes] = {}
        self._sps: dict[int, SpsFacts] = {}
        self._pps: dict[int, int] = {}
        self._digest: bytes | None = None
        self.framing = f"length{record.prefix}" if record.prefix else "start_codes"
        self._own_sei = dropped_sei is None
        self._sei = set(dropped_sei or ())
        self._configure(record)

    def reconfigure(self, extradata: bytes) -> None:
        self._sets, self._sps, self._pps, self._digest = {}, {}, {}, None
        self._configure(_record(self._codec, extradata))

    def _configure(self, record: Configuration) -> None:
        self._prefix = record.prefix
        for unit in record.units:
            kind = kind_of(self._codec, unit)
            if kind in self._kinds.sei and self._own_sei:
                self._sei.add(content_digest(unit))
            elif kind in self._kinds.sets:
                self._take(kind, unit)

    @property
    def configuration_sei(self) -> list[bytes]:
        """Digests of the SEI of the configuration record, which containers repeat at will; sorted."""
        return sorted(self._sei)

    def read(self, data: memoryview) -> Content:
        return self.piece(data).content

    def piece(self, data: memoryview) -> Piece:
        """One packet, which may be one field of a picture."""
        kept = [u for u in self._split(bytes(data)) if self._keeps(u)]
        normal = b"".join(piece for unit in kept for piece in (len(unit).to_bytes(4, "big"), unit))
        return Piece(normal, self._configuration(), self._field(kept) if self.interlaced else None)

    @property
    def interlaced(self) -> bool:
        """Whether pictures may come as two fields."""
        return any(not s.frames_only for s in self._sps.values())

    def _field(self, units: list[bytes]) -> Field | None:
        sps_of = {pps: self._sps[sps] for pps, sps in self._pps.items() if sps in self._sps}
        try:
            return lone_field(units, sps_of)
        except BitstreamError:
            return None

    def _split(self, raw: bytes) -> list[bytes]:
        if not self._prefix:
            return split_start_codes(raw)
        try:
            return split_lengths(raw, self._prefix)
        except BitstreamError:
            return split_start_codes(raw)  # damaged: bound as it is

    def _keeps(self, unit: bytes) -> bool:
        kind = kind_of(self._codec, unit)
        if kind in self._kinds.dropped:
            return False
        if kind in self._kinds.sets:
            return not self._take(kind, unit)
        return not (kind in self._kinds.sei and self._sei and content_digest(unit) in self._sei)

    def _take(self, kind: int, unit: bytes) -> bool:
        """Put a parameter set in force; False if it cannot be read, and is then content."""
        try:
            number = set_number(self._codec, unit)
            if self._sets.get((kind, number)) != unit:
                if self._codec == "h264" and kind == 7:
                    self._sps[number] = sps_facts(unit)
                elif self._codec == "h264" and kind == 8:
                    self._pps[number] = pps_numbers(unit)[1]
                self._sets[kind, number] = unit
                self._digest = None
        except (BitstreamError, IndexError):
            return False
        return True

    def _configuration(self) -> bytes:
        if self._digest is None:
            sets = (unit for _, unit in sorted(self._sets.items()))
            self._digest = configuration_digest(
                self._codec.encode() + b"\0" + b"".join(len(u).to_bytes(4, "big") + u for u in sets)
            )
        return self._digest


class Aac:
    """AAC: the raw data block, whether behind an ADTS header or not."""

    def __init__(self, extradata: bytes) -> None:
        self._adts = not extradata
        self.framing = "adts" if self._adts else "packet"
        self._known: dict[AacConfiguration, bytes] = {}
        self._fixed = b"" if self._adts else self._of(_asc(extradata))

    def reconfigure(self, extradata: bytes) -> None:
        self._adts = not extradata
        self._fixed = b"" if self._adts else self._of(_asc(extradata))

    def read(self, data: memoryview) -> Content:
        if not self._adts:
            return Content(content_digest(data), self._fixed)
        try:
            found, block = strip_adts(bytes(data))
        except BitstreamError as error:
            if "several" in str(error):
                raise ProofProblem("leaf_not_built", f"AAC: {error}") from error
            return Content(content_digest(data), configuration_digest(b"aac\0damaged"))
        return Content(content_digest(block), self._of(found))

    def _of(self, found: AacConfiguration | bytes) -> bytes:
        if isinstance(found, bytes):
            return configuration_digest(b"aac\0" + found)
        if found.channels == 0:
            raise ProofProblem("leaf_not_built", "AAC whose channels are told by a program config element")
        if found not in self._known:
            text = f"{found.object_type} {found.rate} {found.channels} {found.flags}"
            self._known[found] = configuration_digest(b"aac\0" + text.encode())
        return self._known[found]


def _asc(extradata: bytes) -> AacConfiguration | bytes:
    try:
        return audio_specific_config(extradata)
    except BitstreamError:
        return extradata


class Av1:
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
        try:
            return self._reader.read(data)
        except ProofProblem:
            return Content(content_digest(b"refused\0" + bytes(data)), configuration_digest(b"refused"))


SELF_CONTAINED: Final = frozenset(
    {"mjpeg", "mpeg1video", "mpeg2video", "h261", "h263", "flv1", "vp8", "dvvideo", "prores", "png", "bmp", "gif"}
    | {"webp", "mp1", "mp2", "mp3", "ac3", "eac3", "dts", "amr_nb", "amr_wb", "g722", "gsm"}
)
"""Codecs whose packets say everything: what containers store beside them is not bound."""

NOT_BUILT: Final[Mapping[str, str]] = {
    "unknown": "a codec that is not known",
    "vvc": "VVC",
    "evc": "EVC",
    "aac_latm": "AAC in LATM",
    "s302m": "SMPTE 302M sound",
    "pcm_bluray": "PCM of Blu-ray discs",
    "pcm_dvd": "PCM of DVDs",
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
    if codec in ("h264", "hevc"):
        return Units(codec, _record(codec, stream.extradata), dropped_sei)
    if codec == "aac":
        return Aac(stream.extradata)
    if codec == "av1":
        return Av1()
    return Whole(stream)


def _record(codec: str, extradata: bytes) -> Configuration:
    try:
        return configuration(codec, extradata)
    except BitstreamError:
        return Configuration(4 if extradata[:1] == b"\x01" else 0)  # damaged: packets tell what they can


FRAMINGS: Final = ("packet", "samples", "adts", "obu", "start_codes", "length1", "length2", "length3", "length4")
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
    if codec in ("h264", "hevc"):
        prefix = int(framing[6:]) if framing.startswith("length") else 0
        return Units(codec, Configuration(prefix), dropped_sei)
    if framing == "adts":
        return Aac(b"")
    return Av1() if framing == "obu" else Plain()


def configuration_of(stream: StreamInfo) -> bytes:
    """Normal form of the configuration of a codec that is taken packet by packet, or in blocks."""
    codec = "mpegaudio" if stream.codec in _MPEG_AUDIO else stream.codec
    if is_pcm(stream):
        return f"{codec}\0{stream.sample_rate} {stream.channels}".encode()
    if stream.codec in SELF_CONTAINED:
        return codec.encode() + b"\0"
    return codec.encode() + b"\0" + stream.extradata


def is_pcm(stream: StreamInfo) -> bool:
    """Whether packets are runs of samples that containers cut as they like (PCM, G.711)."""
    return stream.codec.startswith("pcm_")

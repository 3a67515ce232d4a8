"""Content of H.264, HEVC and VVC: units without what containers add, parameter sets in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from engine.media import vvc
from engine.media.bitstream import (
    H264,
    HEVC,
    BitstreamError,
    Configuration,
    Field,
    SpsFacts,
    UnitKinds,
    configuration,
    kind_of,
    lone_field,
    pps_numbers,
    set_number,
    split_lengths,
    split_start_codes,
    sps_facts,
)
from engine.proofs.hashing import configuration_digest, content_digest
from engine.proofs.reading import Content, Single


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


class Units(Single):
    """H.264, HEVC and VVC: units without what muxers add and drop; parameter sets in force.

    The normal form of a packet is each unit that is kept behind its length in four bytes.
    The normal form of the configuration is the codec's name and, sorted by type and number,
    each parameter set in force behind its length; SEI of a decoder configuration that the sealed
    one does not hold; and the end of a sequence, where the picture behind it is decoded otherwise for it.
    """

    def __init__(self, codec: str, record: Configuration, dropped_sei: Iterable[bytes] | None = None) -> None:
        self._codec = codec
        self._kinds, self._kind_of, self._set_number = UNIT_CODECS[codec]
        self._sets: dict[tuple[int, int], bytes] = {}
        self._sps: dict[int, SpsFacts] = {}
        self._pps: dict[int, int] = {}
        self._foreign: list[bytes] = []
        self._end: bytes | None = None
        self._digest: bytes | None = None
        self.framing = f"length{record.prefix}" if record.prefix else "start_codes"
        self._own_sei = dropped_sei is None
        self._sei = set(dropped_sei or ())
        self._configure(record)

    def reconfigure(self, extradata: bytes) -> None:
        self._sets, self._sps, self._pps, self._foreign, self._digest = {}, {}, {}, [], None
        self._configure(record_of(self._codec, extradata))

    def _configure(self, record: Configuration) -> None:
        self._prefix = record.prefix
        for unit in record.units:
            kind = self._kind_of(unit)
            if kind in self._kinds.sei and self._own_sei:
                self._sei.add(content_digest(unit))
            elif kind in self._kinds.sei and content_digest(unit) not in self._sei:
                self._foreign.append(unit)  # may turn the picture, or hide it
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
        units = self._split(bytes(data))
        restarted = self._restarted(units)
        kept = [u for u in units if self._keeps(u)]
        configuration = self._configuration() if restarted is None else self._computed(restarted)
        return Piece(_framed(kept), configuration, self._field(kept) if self.interlaced else None)

    def _restarted(self, units: list[bytes]) -> bytes | None:
        """The end of a sequence that changes how the picture in these units is decoded."""
        restarted = None
        for unit in units if self._kinds.ends else ():
            kind = self._kind_of(unit)
            if kind in self._kinds.ends:
                self._end = unit
            elif kind in self._kinds.pictures:
                restarted = self._end if kind in self._kinds.restarts else restarted
                self._end = None
        return restarted

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
        kind = self._kind_of(unit)
        if kind in self._kinds.dropped:
            return False
        if kind in self._kinds.sets:
            return not self._take(kind, unit)
        return not (kind in self._kinds.sei and self._sei and content_digest(unit) in self._sei)

    def _take(self, kind: int, unit: bytes) -> bool:
        """Put a parameter set in force; False if it cannot be read, and is then content."""
        try:
            number = self._set_number(unit)
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
            self._digest = self._computed()
        return self._digest

    def _computed(self, *more: bytes) -> bytes:
        sets = [unit for _, unit in sorted(self._sets.items())]
        return configuration_digest(self._codec.encode() + b"\0" + _framed([*sets, *self._foreign, *more]))


def _framed(units: Iterable[bytes]) -> bytes:
    """Each unit behind its length."""
    return b"".join(piece for unit in units for piece in (len(unit).to_bytes(4, "big"), unit))


UNIT_CODECS: Final[Mapping[str, tuple[UnitKinds, Callable[[bytes], int], Callable[[bytes], int]]]] = {
    "h264": (H264, partial(kind_of, "h264"), partial(set_number, "h264")),
    "hevc": (HEVC, partial(kind_of, "hevc"), partial(set_number, "hevc")),
    "vvc": (vvc.VVC, vvc.kind_of, vvc.set_number),
}
"""Codec -> kinds of its units, a unit's kind, a parameter set's number."""


def record_of(codec: str, extradata: bytes) -> Configuration:
    """The decoder configuration of a stream; of damaged bytes only how long its lengths are, 0 where none stand."""
    try:
        return vvc.configuration(extradata) if codec == "vvc" else configuration(codec, extradata)
    except BitstreamError:
        return Configuration(4 if extradata[:1] == b"\x01" else 0)  # damaged: packets tell what they can

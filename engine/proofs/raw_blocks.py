"""Content of AAC: raw data blocks, whatever carries them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.media.aac import AacConfiguration, audio_specific_config, read_adts, split_program
from engine.media.bitstream import BitstreamError
from engine.media.latm import StreamMux, read_loas
from engine.proofs.hashing import configuration_digest, content_digest
from engine.proofs.problems import ProofProblem
from engine.proofs.reading import Content


class Aac:
    """AAC: raw data blocks, whether behind an ADTS header, in LATM or as they are.

    A program config element at the start of a block is configuration, not content: containers
    with an AudioSpecificConfig hold it there.
    """

    def __init__(self, framing: str, extradata: bytes = b"") -> None:
        self.framing = framing
        self._known: dict[AacConfiguration | bytes, bytes] = {}
        self._program = b""
        self._mux: StreamMux | None = None
        self.reconfigure(extradata)

    def reconfigure(self, extradata: bytes) -> None:
        self._fixed = _asc(extradata) if self.framing == "packet" else b""
        if isinstance(self._fixed, AacConfiguration):
            self._program = self._fixed.program

    def read(self, data: memoryview) -> Content:
        contents = self.read_all(data)
        if len(contents) != 1:
            raise ProofProblem("leaf_not_built", "several blocks of AAC where one is looked for")
        return contents[0]

    def read_all(self, data: memoryview) -> Sequence[Content]:
        try:
            found, blocks = self._blocks(bytes(data))
        except BitstreamError:
            return (Content(content_digest(data), configuration_digest(b"aac\0damaged")),)
        return tuple([self._content(found, block) for block in blocks])

    def _blocks(self, data: bytes) -> tuple[AacConfiguration | bytes, Sequence[bytes]]:
        if self.framing == "adts":
            frame = read_adts(data)
            return frame.configuration, frame.blocks
        if self.framing == "latm":
            mux, blocks = read_loas(data, self._mux)
            if mux is not self._mux and mux.configuration.program:
                self._program = mux.configuration.program
            self._mux = mux
            return mux.configuration, blocks
        return self._fixed, (data,)

    def _content(self, found: AacConfiguration | bytes, block: bytes) -> Content:
        if isinstance(found, AacConfiguration) and found.channels == 0:
            program, block = split_program(block)
            self._program = program or self._program
            found = replace(found, program=self._program)
        return Content(content_digest(block), self._digest(found))

    def _digest(self, found: AacConfiguration | bytes) -> bytes:
        if found not in self._known:
            self._known[found] = configuration_digest(b"aac\0" + (found if isinstance(found, bytes) else _told(found)))
        return self._known[found]


def _told(found: AacConfiguration) -> bytes:
    text = f"{found.object_type} {found.rate} {found.channels} {found.flags}"
    return f"{text} {found.program.hex()}".encode() if found.channels == 0 else text.encode()


def _asc(extradata: bytes) -> AacConfiguration | bytes:
    try:
        return audio_specific_config(extradata)
    except BitstreamError:
        return extradata

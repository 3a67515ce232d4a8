"""PCM and G.711: containers cut a stream's samples as they like, leaves do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from engine.media.model import StreamInfo
from engine.proofs.problems import ProofProblem

SAMPLES: Final = 1024
"""Samples in a block of PCM."""


class PcmBlocks:
    """Joins the packets of a PCM stream and cuts it into blocks of `SAMPLES` samples.

    Parameters
    ----------
    sample_bytes
        Bytes of one sample of all channels; > 0.
    """

    def __init__(self, sample_bytes: int) -> None:
        self._bytes = sample_bytes
        self._rest = b""
        self._at: tuple[int, int] = (0, 0)

    def feed(self, row: int, data: memoryview) -> Iterator[tuple[bytes, int, int, bool]]:
        """Blocks that become whole.

        Each is its bytes, the row where it begins, how many bytes into that row, and whether it
        lies in it whole.
        """
        joined = self._rest + bytes(data)
        size, held = self._bytes * SAMPLES, len(self._rest)
        at = 0
        while len(joined) - at >= size:
            where = self._at if at < held else (row, at - held)
            yield joined[at : at + size], *where, at >= held
            at += size
        if at >= held:
            self._at = (row, at - held)
        else:
            self._at = (self._at[0], self._at[1] + at)
        self._rest = joined[at:]

    @property
    def begins(self) -> int:
        """Row in which the next block begins."""
        return self._at[0]

    def finish(self) -> tuple[bytes, int, int] | None:
        """The last, shorter block, if there is one: bytes, row where it begins, bytes into that row."""
        return (self._rest, *self._at) if self._rest else None


PCM_BITS: Final[Mapping[str, int]] = {"pcm_mulaw": 8, "pcm_alaw": 8, "pcm_vidc": 8, "pcm_f32le": 32, "pcm_f32be": 32}


def sample_bytes(stream: StreamInfo) -> int:
    """Bytes of one PCM sample of all channels.

    Raises
    ------
    ProofProblem
        ``leaf_not_built`` where the layout of the samples is not known.
    """
    bits = PCM_BITS.get(stream.codec)
    if bits is None:
        digits = "".join(c for c in stream.codec.split("_")[1][1:3] if c.isdigit())
        bits = int(digits) if digits else 0
    if bits not in (8, 16, 24, 32, 64) or not stream.channels:
        raise ProofProblem("leaf_not_built", f"PCM of the kind {stream.codec}")
    return bits // 8 * stream.channels

"""What readers of packets have in common: the content that they give, one way to ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.proofs.hashing import content_digest


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

    def read_all(self, data: memoryview) -> Sequence[Content]:
        """Contents of one packet that may hold several access units; errors as of `read`."""
        ...


class Single:
    """A reader of packets that are one access unit each."""

    def read(self, data: memoryview) -> Content:
        raise NotImplementedError

    def read_all(self, data: memoryview) -> Sequence[Content]:
        return (self.read(data),)


class Plain(Single):
    """Packets as they are, of no known stream."""

    framing = "packet"

    def reconfigure(self, extradata: bytes) -> None:
        """Nothing to take: only content is asked for."""

    def read(self, data: memoryview) -> Content:
        return Content(content_digest(data), bytes(32))

"""A container's structure as text: its parts in order, with what a writer's code decides and no recording changes.

Brands, flags, versions, time bases, handler names and the order of boxes, elements, chunks or tables are
kept; sizes, dates, counts and names of programs (which `engine.media.structure` reads) are not. A part that
follows another as one of its kind did before is told once, so that a long recording reads like a short one.
Two files of one device and firmware, recorded in one mode, give the same text; a program that wrote the
container anew hardly ever does.

Sources: ISO/IEC 14496-12; RFC 9559; "Multimedia Programming Interface and Data Specifications 1.0" (RIFF);
ISO/IEC 13818-1, 2.4.4 (program specific information). The idea: Gloe, Fischer, Kirchner, "Forensic analysis of
video file formats", Digital Investigation 11, 2014, doi 10.1016/j.diin.2014.03.009; Iuliani et al., "A Video
Forensic Framework Based on the Unsupervised Analysis of the MP4 Container", IEEE TIFS 14(3), 2019.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from blake3 import blake3

MAX_LINES: Final = 600
MAX_VALUE: Final = 80


def fingerprint(text: str) -> str:
    """BLAKE3 of a structure's text, 32 hexadecimal digits; empty where there is none."""
    return blake3(text.encode()).hexdigest(length=16) if text else ""


def first_difference(text: str, other: str) -> tuple[str, str]:
    """The first line of each text in which they differ; empty where one has ended."""
    mine, others = text.splitlines(), other.splitlines()
    at = next((i for i, (a, b) in enumerate(zip(mine, others, strict=False)) if a != b), min(len(mine), len(others)))
    return "".join(mine[at : at + 1]), "".join(others[at : at + 1])


@dataclass(slots=True)
class Lines:
    """The text while it grows: each line once after each predecessor, bounded."""

    lines: list[str] = field(default_factory=list)
    _pairs: set[tuple[str, str]] = field(default_factory=set)
    _last: dict[str, str] = field(default_factory=dict)

    def add(self, where: str, name: str, *values: object) -> bool:
        """Add a part below `where`; False where it only repeats what was told."""
        text = " ".join((name, *(str(v) for v in values if v != "")))
        pair = f"{where}\0{self._last.get(where, '')}", text
        self._last[where] = text
        if pair in self._pairs or len(self.lines) >= MAX_LINES:
            return False
        self._pairs.add(pair)
        self.lines.append(f"{where}/{text}" if where else text)
        return True

    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


def shown(data: bytes) -> str:
    """A name as printable ASCII."""
    return "".join(chr(b) if 32 <= b < 127 else f"\\x{b:02x}" for b in data[:MAX_VALUE])

"""What an entry of the access register is about: a recording on disk, or the one that a seal names."""

from __future__ import annotations

import os
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

from engine.proofs.envelope import read
from engine.proofs.files import SEAL_SUFFIX, digest_blake3, file_state
from engine.proofs.problems import ProofProblem
from engine.proofs.register_lines import WHOLE, Span, Target
from engine.proofs.tags import printable


def target_of(path: str | os.PathLike[str], span: Span = WHOLE) -> Target:
    """Name and digest of a recording; of a seal's recording where `path` is a seal.

    Raises
    ------
    ProofProblem
        ``missing``, ``not_a_file``, ``denied``, ``io_error``, ``changed_while_read``; of a seal as of `envelope.read`.
    """
    place = Path(path)
    if place.name.endswith(SEAL_SUFFIX):
        header = read(place)
        return Target(header.name, header.blake3, span)
    return Target(printable(place.name), digest_blake3(place, file_state(place)), span)


def span_of(frames: str | None = None, start: Fraction | None = None, end: Fraction | None = None) -> Span:
    """A part of a recording as a person names it: ``first-last`` frames, seconds from and to; nothing: the whole.

    Raises
    ------
    ProofProblem
        ``span_unclear``.
    """
    numbers = None
    if frames is not None:
        first, _, last = frames.partition("-")
        if not first.isdecimal() or not (last or first).isdecimal() or int(first) > int(last or first):
            raise ProofProblem("span_unclear", frames[:40])
        numbers = int(first), int(last or first)
    if (start is None) != (end is None) or (start is not None and end is not None and start >= end):
        raise ProofProblem("span_unclear")
    return Span(numbers, None if start is None or end is None else (floor(start * 1000), ceil(end * 1000)))

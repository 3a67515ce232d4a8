"""Which leaves are drawn, reproducibly from a seed, and with what chance a draw meets changed ones.

Source of the chance: the hypergeometric distribution, drawing without replacement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, expm1, floor, fsum, log1p
from typing import Final

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from engine.proofs.hashing import FORMAT

_CONTEXT: Final = f"unbroken proof {FORMAT} sample"


@dataclass(frozen=True, slots=True)
class Count:
    """So many leaves."""

    leaves: int


@dataclass(frozen=True, slots=True)
class Share:
    """So many in a hundred, rounded up."""

    percent: Fraction


@dataclass(frozen=True, slots=True)
class Part:
    """Part `number` of `parts`: all parts together are all leaves, each once."""

    number: int
    parts: int


Draw = Count | Share | Part

_ALMOST: Final = 1 - 2**-53
"""The largest chance that is no certainty."""


def parse(text: str) -> Draw:
    """``500``, ``2%``, ``0.5%`` or ``3/7``.

    Raises
    ------
    ValueError
        For anything else, for nothing at all, and for more than everything.
    """
    number, percent, part = (
        re.fullmatch(p, text, re.ASCII) for p in (r"\d{1,9}", r"(\d{1,3}(?:\.\d{1,9})?)%", r"(\d{1,6})/(\d{1,6})")
    )
    draw: Draw | None = None
    if number and int(text) > 0:
        draw = Count(int(text))
    elif percent and 0 < Fraction(percent[1]) <= 100:
        draw = Share(Fraction(percent[1]))
    elif part and 1 <= int(part[1]) <= int(part[2]):
        draw = Part(int(part[1]), int(part[2]))
    if draw is None:
        raise ValueError(f"not a sample: {text[:40]}")
    return draw


def wanted(draw: Draw, leaves: int) -> int:
    """How many leaves a draw asks for, of so many."""
    if isinstance(draw, Count):
        return min(draw.leaves, leaves)
    if isinstance(draw, Share):
        return ceil(draw.percent * leaves / 100)
    start, end = _bounds(draw, leaves)
    return end - start


def sequence(draw: Draw, leaves: int, root: bytes, seed: str, most: int) -> NDArray[np.intp]:
    """Leaf numbers in the order in which they are drawn.

    The first `wanted` are taken, and the next for each that cannot be looked at alone; of a `Part`
    there are just its own, whatever the seed.

    Parameters
    ----------
    draw
        How much.
    leaves
        Of the tree.
    root
        Of the tree.
    seed
        Any text.
    most
        Not more than so many.
    """
    key = b"" if isinstance(draw, Part) else seed.encode("utf-8")
    stream = blake3(key + b"\0" + root, derive_key_context=_CONTEXT).digest(8 * leaves)
    order = np.argsort(np.frombuffer(stream, ">u8").astype(np.uint64), kind="stable")
    start, end = _bounds(draw, leaves) if isinstance(draw, Part) else (0, leaves)
    return order[start : min(end, start + most)].copy()  # the rest need not be kept


def _bounds(part: Part, leaves: int) -> tuple[int, int]:
    return (part.number - 1) * leaves // part.parts, part.number * leaves // part.parts


def detection(leaves: int, drawn: int, changed: int) -> float:
    """Chance that a draw without replacement holds at least one changed leaf.

    Parameters
    ----------
    leaves
        In all.
    drawn, changed
        0 <= both <= `leaves`.
    """
    if drawn + changed > leaves:
        return 1.0
    few, many = sorted((drawn, changed))
    # none of `few` is among `many`: a product of (leaves - many - i) / (leaves - i)
    return min(_ALMOST, -expm1(fsum(log1p(-many / (leaves - i)) for i in range(few))))


def rounded_down(chance: float) -> float:
    """Six decimals, never more than the chance itself: 1 is certainty."""
    return floor(chance * 1e6) / 1e6

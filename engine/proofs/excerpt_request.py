"""What is asked for when an excerpt is cut, and its reading from a user's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from engine.proofs.problems import ProofProblem

USAGE_REASONS: Final = frozenset(
    {"no_time_given", "span_empty", "frames_unreadable", "container_unknown", "target_exists", "reason_missing"}
)
"""Reasons that lie in what was asked for, not in a file."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, by whom.

    Parameters
    ----------
    start, end
        Seconds from the recording's first picture; 0 <= start < end. What is presented from `start`
        to before `end`.
    register
        The access register; it has to hold an approval.
    requester
        For whom the approval is.
    reason
        Why now, for the register.
    withhold
        Runs of frames in presentation order, both ends included, whose coded units are left out.
    withhold_sound
        Spans, from and to in seconds from the recording's first picture, in which no sound is handed out.
    output
        The clip that is written; None: in the current folder, named after recording and span.
    """

    start: Fraction
    end: Fraction
    register: Path
    requester: str
    reason: str
    withhold: tuple[tuple[int, int], ...] = ()
    withhold_sound: tuple[tuple[Fraction, Fraction], ...] = ()
    output: Path | None = None


def seconds(value: Fraction | float | str) -> Fraction:
    """Seconds from a number, or from text: ``SS``, ``MM:SS`` or ``H:MM:SS``, each with a decimal part.

    Raises
    ------
    ProofProblem
        ``no_time_given`` for anything else, or less than 0.
    """
    text = repr(value) if isinstance(value, float) else str(value)
    found = Fraction(0)
    try:
        for part in text.split(":"):
            found = found * 60 + Fraction(part)
    except (ValueError, ZeroDivisionError) as error:
        raise ProofProblem("no_time_given", text[:40]) from error
    if text.count(":") > 2 or found < 0 or found > 1 << 40:
        raise ProofProblem("no_time_given", text[:40])
    return found


def frame_runs(text: str) -> tuple[tuple[int, int], ...]:
    """Runs of frames, both ends included, from text like ``12,20-25``.

    Raises
    ------
    ProofProblem
        ``frames_unreadable``.
    """
    runs = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        ends = first.strip(), (last or first).strip()
        if not all(e.isascii() and e.isdigit() and len(e) < 16 for e in ends) or int(ends[0]) > int(ends[1]):
            raise ProofProblem("frames_unreadable", text[:40])
        runs.append((int(ends[0]), int(ends[1])))
    return tuple(runs)


def spans(
    value: Sequence[tuple[Fraction | float | str, Fraction | float | str]] | str,
) -> tuple[tuple[Fraction, Fraction], ...]:
    """Spans in seconds from pairs, or from text like ``4.2-5,1:02-1:03.5``; times as of `seconds`.

    Raises
    ------
    ProofProblem
        ``no_time_given``; ``span_empty`` for one that ends before it begins.
    """
    if isinstance(value, str):
        parts = [part.partition("-") for part in value.split(",")]
        value = [(start.strip(), end.strip()) for start, _, end in parts]
    found = tuple((seconds(start), seconds(end)) for start, end in value)
    if any(start >= end for start, end in found):
        raise ProofProblem("span_empty")
    return found

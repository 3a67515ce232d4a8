"""What a detector is: two pure steps over tables, and no file access.

    propose(tables, options)            -> candidates and what they want to see again
    confirm(candidates, rechecks, opts) -> findings

The runner decodes the frames that candidates want, at full size, between the two steps.
A detector that is sure after the first step returns findings from `propose` directly. One that closes in
on a place by looking again and again returns a `Proposal` from `confirm`: its candidates are looked at next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.features.tables import Features
from engine.findings import ClockReading, Examined, Finding


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that a detector wants to see again before it speaks.

    Parameters
    ----------
    finding
        What will be said if nobody looks again: a notice with ``rechecked: false``.
    frames
        Picture numbers (presentation order) whose full-size luma is wanted.
    facts
        What `propose` knows and `confirm` needs.
    quiet
        True where nothing is to be said if nobody looks again.
    """

    finding: Finding
    frames: tuple[int, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    quiet: bool = False


RecheckTable = Mapping[int, NDArray[np.uint8]]
"""Picture number -> luma, (height, width) uint8; pictures that could not be decoded are absent."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The answer of a detector's first step, and of a second one that wants to look again."""

    findings: tuple[Finding, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    examined: tuple[Examined, ...] = ()
    clocks: tuple[ClockReading, ...] = ()


Propose = Callable[[Features, Any], Proposal]
Confirm = Callable[[Sequence[Candidate], RecheckTable, Any], tuple[Finding, ...] | Proposal]


@dataclass(frozen=True, slots=True)
class Detector:
    """A registered detector; one a file of this package.

    Parameters
    ----------
    name
        Identifier that stands in findings.
    stability
        ``stable`` or ``preview``.
    options
        A frozen dataclass of thresholds, each documented; its values enter the cache key.
    propose, confirm
        See the module's docstring. `confirm` is None where the first step suffices.
    doc
        The module's docstring: what it finds, what looks like it but is not, limits, source.
    """

    name: str
    stability: Literal["stable", "preview"]
    options: Any
    propose: Propose
    confirm: Confirm | None
    doc: str

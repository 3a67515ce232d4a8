"""Figures from repeated measurements: medians with their range, ratios of pairs, slopes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, smallest and largest of `count` values."""

    median: float
    low: float
    high: float
    count: int


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one value.

    Raises
    ------
    ValueError
        If there are none.
    """
    if not values:
        raise ValueError("no values")
    return Spread(float(median(values)), float(min(values)), float(max(values)), len(values))


def ratios(peer: Sequence[float], own: Sequence[float]) -> Spread:
    """Spread of own / peer, pair by pair: what both runs of a pair suffered cancels.

    Raises
    ------
    ValueError
        If the lengths differ, there are no pairs, or a peer's value is not positive.
    """
    if len(peer) != len(own):
        raise ValueError(f"{len(peer)} values of the peer and {len(own)} own make no pairs")
    if any(p <= 0 for p in peer):
        raise ValueError("a peer's value is not positive")
    return spread([o / p for p, o in zip(peer, own, strict=True)])


def slope(small: tuple[float, float], large: tuple[float, float]) -> float:
    """Throughput between two points (amount, seconds): fixed costs cancel.

    Raises
    ------
    ValueError
        If the larger amount did not take longer: the clock or the machine is too noisy for these sizes.
    """
    amount, seconds = large[0] - small[0], large[1] - small[1]
    if amount <= 0 or seconds <= 0:
        raise ValueError(f"no slope: {amount:g} more took {seconds:g} s more")
    return amount / seconds


def interleave(rounds: int, peer: Callable[[], A], own: Callable[[], B]) -> tuple[list[A], list[B]]:
    """Call peer, own, peer, own, ... `rounds` times each, after one call of each that does not count."""
    if rounds < 1:
        raise ValueError("at least one round")
    peer()
    own()
    peers: list[A] = []
    owns: list[B] = []
    for _ in range(rounds):
        peers.append(peer())
        owns.append(own())
    return peers, owns

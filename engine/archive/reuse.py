"""Footage that stands in two cases: the same file, or the same pictures encoded anew.

Quiet pictures of all recordings are indexed by their perceptual hash (usearch, Hamming distance). Two
recordings share footage if many different pictures agree at one and the same offset in time. A camera on a
wall shows one view all day: there every offset agrees as well as any other, and nothing is said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.features.videoprint import VideoPrint

NEAR: Final = 8
"""Bits of 64 in which two hashes of the same picture may differ after encoding anew and scaling."""
FAR: Final = 10
"""Bits from which two pictures of one recording count as different views."""
LEAST_VIEWS: Final = 5
"""Different views that must agree at one offset."""
OFFSET_BIN_S: Final = 0.5
DISTINCT: Final = 3.0
"""How many times more agree at the offset than at the best one elsewhere."""
NEIGHBOURS: Final = 32
"""Hits looked at for each picture; more means that it is a view that recurs."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Footage that `path` has in common with `other`.

    Parameters
    ----------
    start_s, end_s
        Where it lies in `path`, seconds.
    offset_s
        To be added for the time in `other`.
    share
        0..1 of the quiet pictures of `path` that are found in `other` at this offset.
    views
        Different views among them.
    """

    path: str
    other: str
    start_s: float
    end_s: float
    offset_s: float
    share: float
    views: int


def shared_footage(prints: Mapping[str, VideoPrint]) -> tuple[Shared, ...]:
    """All pairs of recordings with footage in common, both ways round.

    Parameters
    ----------
    prints
        Recording -> fingerprint.
    """
    names = [name for name, p in prints.items() if len(p)]
    if len(names) < 2:
        return ()
    owner = np.repeat(np.arange(len(names)), [len(prints[n]) for n in names])
    seconds = np.concatenate([prints[n].seconds for n in names]).astype(np.float64)
    hashes = np.concatenate([prints[n].hashes for n in names])
    pairs: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for mine, theirs in _neighbours(hashes):
        if owner[mine] != owner[theirs]:
            pairs[int(owner[mine]), int(owner[theirs])].append((mine, theirs))
    found = (
        _judge(names[a], names[b], len(prints[names[a]]), np.array(hits), seconds, hashes)
        for (a, b), hits in sorted(pairs.items())
    )
    return tuple(s for s in found if s is not None)


def _neighbours(hashes: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """Pairs of pictures whose hashes are near each other, both ways round."""
    from usearch.index import Index, MetricKind, ScalarKind

    words = hashes.astype(">u8").view(np.uint8).reshape(len(hashes), 8)
    index = Index(ndim=64, metric=MetricKind.Hamming, dtype=ScalarKind.B1)
    index.add(np.arange(len(hashes), dtype=np.uint64), words)
    wanted = min(NEIGHBOURS, len(hashes))
    hits = index.search(words, wanted)
    keys = np.asarray(hits.keys).reshape(len(hashes), -1)
    near = np.asarray(hits.distances).reshape(len(hashes), -1) <= NEAR
    counts = np.asarray(hits.counts).reshape(-1)
    for mine in range(len(hashes)):
        for place in np.flatnonzero(near[mine, : counts[mine]]).tolist():
            theirs = int(keys[mine, place])
            if theirs != mine:
                yield mine, theirs


def _judge(
    name: str, other: str, total: int, hits: NDArray[np.int64], seconds: NDArray[np.float64], hashes: NDArray[np.uint64]
) -> Shared | None:
    """What the hits between two recordings come to."""
    offsets = seconds[hits[:, 1]] - seconds[hits[:, 0]]
    bins = np.round(offsets / OFFSET_BIN_S).astype(np.int64)
    counts = Counter(bins.tolist())
    best = max(counts, key=lambda b: (counts[b] + counts.get(b - 1, 0) + counts.get(b + 1, 0), counts[b], -abs(b)))
    here = np.abs(bins - best) <= 1
    agreeing = np.unique(hits[here, 0])
    elsewhere = _best_elsewhere(counts, best)
    views = _views(hashes[agreeing])
    if views < LEAST_VIEWS or len(agreeing) < DISTINCT * elsewhere:
        return None
    times = seconds[agreeing]
    offset = float(np.median(offsets[here]))
    return Shared(name, other, float(times.min()), float(times.max()), round(offset, 3), len(agreeing) / total, views)


def _best_elsewhere(counts: Mapping[int, int], best: int) -> int:
    """The most hits at an offset that is not the best one or beside it."""
    return max((n + counts.get(b + 1, 0) for b, n in counts.items() if abs(b - best) > 4), default=0)


def _views(hashes: NDArray[np.uint64]) -> int:
    """How many clearly different pictures there are, counted greedily in order of time."""
    seen: list[int] = []
    for value in hashes.tolist():
        if all((value ^ other).bit_count() >= FAR for other in seen):
            seen.append(value)
    return len(seen)

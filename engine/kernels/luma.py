"""One visit of a luma plane: all picture measures that need every sample.

The plane is read in place, row by row, while the row is in cache. Everything is counted in
integers, so that the result is the same on any processor and for any number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

ROWS: Final = 22
COLUMNS: Final = 40
BANDS: Final = 64
BINS: Final = 64
REDUCED_LIMIT: Final = 240
"""Largest width and height of the reduced luma."""
HIGH_PASS_ROWS: Final = 4
"""The high-pass is taken on every fourth row."""


def edges(length: int, parts: int) -> NDArray[np.int32]:
    """(parts, 2) int32: first index and end of each of `parts` stretches of `length` samples.

    Stretch i runs from ⌊i·length/parts⌋ to ⌊(i+1)·length/parts⌋, so that every sample counts
    once. Where there are fewer samples than stretches, a stretch has one sample and samples repeat.
    """
    first = np.arange(parts, dtype=np.int64) * length // parts
    end = np.arange(1, parts + 1, dtype=np.int64) * length // parts
    return np.stack([first, np.maximum(end, first + 1)], axis=1).astype(np.int32)


def reduction(width: int, height: int) -> int:
    """Samples, in each direction, that are averaged into one of the reduced luma."""
    return max(1, -(-max(width, height) // REDUCED_LIMIT))


def histogram_steps(width: int, height: int) -> tuple[int, int]:
    """Column and row step of the samples in the histogram: 8 and 4 at 1920 × 1080."""
    return max(1, -(-width // 240)), max(1, -(-height // 270))


@dataclass(eq=False)
class Plan:
    """What depends on the size of the picture only: edges, steps, and working memory.

    Parameters
    ----------
    width, height
        Samples of the plane; the rest of each line is padding.
    depth
        Bits a sample, 8 to 14.
    """

    width: int
    height: int
    depth: int
    factor: int = field(init=False)
    rows: NDArray[np.int32] = field(init=False)
    columns: NDArray[np.int32] = field(init=False)
    bands: NDArray[np.int32] = field(init=False)
    cuts: NDArray[np.int32] = field(init=False)
    work: NDArray[np.uint16] = field(init=False)
    sums: NDArray[np.uint32] = field(init=False)

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or not 8 <= self.depth <= 14:
            raise ValueError(f"no plane of {self.width} x {self.height} samples, {self.depth} bits")
        self.factor = reduction(self.width, self.height)
        self.rows = edges(self.height, ROWS)
        self.columns = edges(self.width, COLUMNS)
        self.bands = edges(self.height, BANDS)
        self.cuts = self._cuts()
        self.work = np.zeros((2, self.width), np.uint16)
        self.sums = np.zeros((3, self.width), np.uint32)

    def _cuts(self) -> NDArray[np.int32]:
        """Rows where a block, a reduced row or what 16 bits can hold ends, ascending, 0 and height among them."""
        holds = 65535 // ((1 << self.depth) - 1)
        cuts = {0, self.height, *range(0, self.height, self.factor), *(int(v) for v in self.rows.ravel())}
        out: list[int] = []
        for cut in sorted(cuts):
            while out and cut - out[-1] > holds:
                out.append(out[-1] + holds)
            out.append(cut)
        return np.asarray(out, np.int32)

    @property
    def reduced_shape(self) -> tuple[int, int]:
        """Rows and columns of the reduced luma; what is left over at the right and the bottom is cut off.

        A strip narrower than the reduction leaves nothing: 0 rows or columns.
        """
        return self.height // self.factor, self.width // self.factor


@dataclass(eq=False)
class Luma:
    """What one visit of a plane yields, in integers.

    Attributes
    ----------
    sums, differences
        int64, (22, 40). Sum of the samples of a block, and of their absolute differences to the
        picture before (zero where there is none).
    row_sums
        int64, (height,).
    histogram
        int64, (64,). Samples in bins of 4 grey levels, on a subsample.
    high_pass
        Sum of |2x - left - right| on a subsample; `high_pass_count` terms.
    reduced
        uint16, (rows, columns), quarter grey levels of the 8-bit scale: block averages.
    """

    sums: NDArray[np.int64]
    differences: NDArray[np.int64]
    row_sums: NDArray[np.int64]
    histogram: NDArray[np.int64]
    reduced: NDArray[np.uint16]
    high_pass: int = 0
    high_pass_count: int = 0


def measure(
    plane: NDArray[np.uint8] | NDArray[np.uint16], previous: NDArray[np.uint8] | NDArray[np.uint16] | None, plan: Plan
) -> Luma:
    """Visit a plane once.

    Parameters
    ----------
    plane
        C-contiguous (height, line) array of uint8 (depth 8) or uint16 (above), `line` ≥ width.
        What lies beyond the width is never used.
    previous
        The plane before, of the same height, width and dtype, or None.
    plan
        Made for this size and depth. Not to be used by two threads at once.

    Raises
    ------
    ValueError
        A plane that does not fit the plan.
    """
    for each in (plane,) if previous is None else (plane, previous):
        wanted = np.uint8 if plan.depth == 8 else np.uint16
        if each.ndim != 2 or each.shape[0] != plan.height or each.shape[1] < plan.width or each.dtype != wanted:
            raise ValueError(f"plane {each.shape} {each.dtype} does not fit {plan.width} x {plan.height}")
        if not each.flags.c_contiguous:
            raise ValueError("the plane is not contiguous")
    out = Luma(
        sums=np.empty((ROWS, COLUMNS), np.int64),
        differences=np.zeros((ROWS, COLUMNS), np.int64),
        row_sums=np.empty(plan.height, np.int64),
        histogram=np.zeros(BINS, np.int64),
        reduced=np.empty(plan.reduced_shape, np.uint16),
    )
    before = plane if previous is None else previous
    totals = np.zeros(1, np.int64)
    _visit(
        plane, before, previous is not None, plan.width, plan.cuts, plan.work, plan.sums, plan.rows, plan.columns,
        plan.factor, plan.depth, *histogram_steps(plan.width, plan.height), out.sums, out.differences, out.row_sums,
        out.reduced, out.histogram, totals,
    )  # fmt: skip
    out.high_pass = int(totals[0])
    out.high_pass_count = max(plan.width - 2, 0) * -(-plan.height // HIGH_PASS_ROWS)
    return out


# Indices below are unsigned: numba then leaves out its test for negative ones, and the loops
# become vector code. Sums are kept in 16 bits for as long as they fit, for the same reason.


@njit(cache=True, nogil=True, inline="always")
def _add_row(samples, at, width, into):  # type: ignore[no-untyped-def]
    for x in range(width):
        into[x] = np.uint16(into[x] + samples[at + x])


@njit(cache=True, nogil=True, inline="always")
def _row_sum(samples, at, width):  # type: ignore[no-untyped-def]
    total = np.uint32(0)
    for x in range(width):
        total = np.uint32(total + samples[at + x])
    return total


@njit(cache=True, nogil=True, inline="always")
def _add_difference(samples, at, before, there, width, into):  # type: ignore[no-untyped-def]
    for x in range(width):
        a, b = samples[at + x], before[there + x]
        into[x] = np.uint16(into[x] + np.uint16(max(a, b) - min(a, b)))


@njit(cache=True, nogil=True, inline="always")
def _count(samples, at, width, step, drop, counts):  # type: ignore[no-untyped-def]
    """Every `step`-th sample of a row into bins of 4 grey levels, four histograms in turn."""
    lane = np.uint64(0)
    for x in range(np.uint64(0), width, step):
        counts[lane + (np.uint64(samples[at + x]) >> drop & np.uint64(63))] += 1
        lane = (lane + np.uint64(64)) & np.uint64(255)


@njit(cache=True, nogil=True, inline="always")
def _high_pass(samples, at, width):  # type: ignore[no-untyped-def]
    """Sum of |2x - left - right| of a row."""
    one = np.uint64(1)
    total = np.uint32(0)
    for x in range(at + one, at + width - one):
        twice = np.uint16(np.uint16(2) * samples[x])
        around = np.uint16(np.uint16(samples[x - one]) + samples[x + one])
        total = np.uint32(total + np.uint16(max(twice, around) - min(twice, around)))
    return np.int64(total)


@njit(cache=True, nogil=True)
def _carry(work, sums, width, paired):  # type: ignore[no-untyped-def]
    """From 16 to 32 bits: samples into the block's and the reduced row's sums, differences into theirs."""
    for x in range(np.uint64(width)):
        sums[0, x] = np.uint32(sums[0, x] + work[0, x])
        sums[2, x] = np.uint32(sums[2, x] + work[0, x])
        work[0, x] = np.uint16(0)
    if paired:
        for x in range(np.uint64(width)):
            sums[1, x] = np.uint32(sums[1, x] + work[1, x])
            work[1, x] = np.uint16(0)


@njit(cache=True, nogil=True)
def _fold(sums, spans, out):  # type: ignore[no-untyped-def]
    """Column sums to the sums of spans of columns."""
    for j in range(spans.shape[0]):
        total = np.uint64(0)
        for x in range(np.uint64(spans[j, 0]), np.uint64(spans[j, 1])):
            total += np.uint64(sums[x])
        out[j] = total


@njit(cache=True, nogil=True)
def _reduce(sums, factor, shift, out):  # type: ignore[no-untyped-def]
    """Column sums over `factor` rows to rounded averages of factor x factor samples, quarter levels."""
    step = np.uint64(factor)
    area = np.int64(factor) * factor << shift
    for j in range(np.uint64(out.shape[0])):
        total = np.uint32(0)
        for x in range(step):
            total = np.uint32(total + sums[j * step + x])
        # whole numbers below 2**53: the quotient is exact enough to cut off, and vectors divide
        out[j] = np.uint16(np.float64(np.int64(total) * 8 + area) / np.float64(2 * area))


@njit(cache=True, nogil=True)
def _visit(  # type: ignore[no-untyped-def]
    plane,
    previous,
    paired,
    width,
    cuts,
    work,
    sums,
    rows,
    columns,
    factor,
    depth,
    step_x,
    step_y,
    block,
    change,
    row_sums,
    reduced,
    histogram,
    totals,
):
    """All rows once; block, difference and reduced sums are carried over where a stretch of rows ends.

    work (2, width) and sums (3, width): working memory for samples and differences. Row 2 of
    sums is the reduced row's.
    """
    work[:] = 0
    sums[:] = 0
    samples, before = plane.ravel(), previous.ravel()
    across, line, line_before = np.uint64(width), np.uint64(plane.shape[1]), np.uint64(previous.shape[1])
    added, differences = work[0], work[1]
    counts = np.zeros(256, np.int32)  # four histograms, so that equal neighbours do not wait for each other
    at = 0  # the row of blocks
    for s in range(cuts.shape[0] - 1):
        end = cuts[s + 1]
        for y in range(np.uint64(cuts[s]), np.uint64(end)):
            row_sums[y] = _row_sum(samples, y * line, across)
            _add_row(samples, y * line, across, added)
            if paired:
                _add_difference(samples, y * line, before, y * line_before, across, differences)
            if y % np.uint64(step_y) == 0:
                _count(samples, y * line, across, np.uint64(step_x), np.uint64(depth - 6), counts)
            if y % np.uint64(HIGH_PASS_ROWS) == 0 and width > 2:
                totals[0] += _high_pass(samples, y * line, across)
        _carry(work, sums, width, paired)
        if end % factor == 0:
            if end // factor <= reduced.shape[0]:
                _reduce(sums[2], factor, depth - 8, reduced[end // factor - 1])
            sums[2] = 0
        while at < rows.shape[0] and rows[at, 1] == end:
            _fold(sums[0], columns, block[at])
            _fold(sums[1], columns, change[at])
            at += 1
            if at == rows.shape[0] or rows[at, 0] >= end:
                sums[:2] = 0
    for b in range(64):
        histogram[b] = np.int64(counts[b]) + counts[b + 64] + counts[b + 128] + counts[b + 192]

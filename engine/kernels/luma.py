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
REDUCED_LEVELS: Final = 4
"""Steps of the reduced luma in one grey level of the 8-bit scale."""
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
        Bits a sample, 8 to 16.
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
        if self.width < 1 or self.height < 1 or not 8 <= self.depth <= 16:
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
        """Rows and columns of the reduced luma; what is left over at the right and the bottom is cut off."""
        return max(1, self.height // self.factor), max(1, self.width // self.factor)


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


def measure(plane: NDArray[np.uint8] | NDArray[np.uint16], previous: NDArray[np.uint8] | NDArray[np.uint16] | None,
            plan: Plan) -> Luma:
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
    _visit(plane, before, previous is not None, plan.width, plan.cuts, plan.work, plan.sums,
           plan.rows, plan.columns, plan.factor, plan.depth, out.sums, out.differences, out.row_sums, out.reduced)
    step_x, step_y = histogram_steps(plan.width, plan.height)
    _histogram(plane, plan.width, step_x, step_y, plan.depth - 8, out.histogram)
    out.high_pass, out.high_pass_count = _high_pass(plane, plan.width)
    return out


@njit(cache=True, nogil=True)
def _add_row(row, width, into):  # type: ignore[no-untyped-def]
    """into += row in 16-bit lanes; returns the sum of the row."""
    total = np.uint32(0)
    for x in range(width):
        into[x] = np.uint16(into[x] + row[x])
        total = np.uint32(total + row[x])
    return total


@njit(cache=True, nogil=True)
def _add_difference(row, before, width, into):  # type: ignore[no-untyped-def]
    """into += |row - before| in 16-bit lanes."""
    for x in range(width):
        a, b = row[x], before[x]
        into[x] = np.uint16(into[x] + np.uint16(max(a, b) - min(a, b)))


@njit(cache=True, nogil=True)
def _carry(work, into, width):  # type: ignore[no-untyped-def]
    """into += work, and work = 0."""
    for x in range(width):
        into[x] = np.uint32(into[x] + work[x])
        work[x] = np.uint16(0)


@njit(cache=True, nogil=True)
def _fold(sums, spans, out):  # type: ignore[no-untyped-def]
    """Column sums to the sums of spans of columns."""
    for j in range(spans.shape[0]):
        total = np.int64(0)
        for x in range(spans[j, 0], spans[j, 1]):
            total += sums[x]
        out[j] = total


@njit(cache=True, nogil=True)
def _reduce(sums, factor, shift, out):  # type: ignore[no-untyped-def]
    """Column sums over `factor` rows to rounded averages of factor x factor samples, quarter levels."""
    area = np.int64(factor) * factor << shift
    for j in range(out.shape[0]):
        total = np.int64(0)
        for x in range(j * factor, (j + 1) * factor):
            total += sums[x]
        out[j] = np.uint16((total * 4 * 2 + area) // (2 * area))


@njit(cache=True, nogil=True)
def _visit(  # type: ignore[no-untyped-def]
    plane, previous, paired, width, cuts, work, sums, rows, columns, factor, depth, block, change, row_sums, reduced
):
    """All rows once; block, difference and reduced sums are carried over where a stretch of rows ends.

    work (2, width) and sums (3, width): working memory for samples and differences. Row 2 of
    sums is the reduced row's.
    """
    work[:] = 0
    sums[:] = 0
    at = 0  # the row of blocks
    for s in range(cuts.shape[0] - 1):
        first, end = cuts[s], cuts[s + 1]
        for y in range(first, end):
            row_sums[y] = _add_row(plane[y], width, work[0])
            if paired:
                _add_difference(plane[y], previous[y], width, work[1])
        for x in range(width):
            sums[2, x] = np.uint32(sums[2, x] + work[0, x])
        _carry(work[0], sums[0], width)
        if paired:
            _carry(work[1], sums[1], width)
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


@njit(cache=True, nogil=True)
def _histogram(plane, width, step_x, step_y, shift, out):  # type: ignore[no-untyped-def]
    """Every step_y-th row and step_x-th column from (0, 0), bins of 4 grey levels."""
    counts = np.zeros((4, 64), np.int32)  # four, so that equal neighbours do not wait for each other
    drop = np.int64(shift + 2)
    for y in range(0, plane.shape[0], step_y):
        lane = 0
        for x in range(0, width, step_x):
            counts[lane & 3, min(np.int64(plane[y, x]) >> drop, 63)] += 1
            lane += 1
    for b in range(64):
        out[b] = np.int64(counts[0, b]) + counts[1, b] + counts[2, b] + counts[3, b]


@njit(cache=True, nogil=True)
def _high_pass(plane, width):  # type: ignore[no-untyped-def]
    """Sum of |2x - left - right| on every fourth row, and the number of terms."""
    total = np.int64(0)
    count = np.int64(0)
    for y in range(0, plane.shape[0], 4):
        row = plane[y]
        part = np.int32(0)
        for x in range(1, width - 1):
            part += np.int32(abs(np.int32(2) * np.int32(row[x]) - np.int32(row[x - 1]) - np.int32(row[x + 1])))
        total += part
        count += max(width - 2, 0)
    return total, count

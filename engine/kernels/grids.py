"""From the integer sums of one visit to block means, profile, histogram and the measures on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.kernels.luma import BANDS, BINS, COLUMNS, ROWS, Luma, Plan

MEAN: Final = 0
DIFFERENCE: Final = 1
SECOND_DIFFERENCE: Final = 2
BLOCK_CHANGE: Final = 3
HIGH_PASS: Final = 4
DARK: Final = 5
SATURATED: Final = 6


@dataclass(frozen=True, slots=True, eq=False)
class Grids:
    """Measures of one picture, 8-bit grey levels.

    Attributes
    ----------
    means, differences
        uint16, (22, 40), 1/256 grey level.
    profile
        uint16, (64,), means of bands of rows, 1/256 grey level.
    histogram
        uint16, (64,), shares of bins of 4 grey levels, 1/65535.
    measures
        float64, (7,): mean, difference, second difference, block change, high-pass in grey
        levels, shares of samples below 24 and above 235. NaN where earlier pictures are missing.
    """

    means: NDArray[np.uint16]
    differences: NDArray[np.uint16]
    profile: NDArray[np.uint16]
    histogram: NDArray[np.uint16]
    measures: NDArray[np.float64]


def summarise(luma: Luma, plan: Plan, means_1: NDArray[np.uint16] | None, means_2: NDArray[np.uint16] | None) -> Grids:
    """Turn sums into measures.

    Parameters
    ----------
    luma
        From `engine.kernels.luma.measure`.
    plan
        The plan it was measured with.
    means_1, means_2
        Block means of the picture before and of the one before that, or None. Where the
        picture before is None, its differences count as not measured.
    """
    out = Grids(
        means=np.empty((ROWS, COLUMNS), np.uint16),
        differences=np.empty((ROWS, COLUMNS), np.uint16),
        profile=np.empty(BANDS, np.uint16),
        histogram=np.empty(BINS, np.uint16),
        measures=np.full(7, np.nan),
    )
    shift = plan.depth - 8
    _blocks(luma.sums, luma.differences, plan.rows, plan.columns, shift, out.means, out.differences)
    _profile(luma.row_sums, plan.bands, plan.width, shift, out.profile)
    _histogram_measures(luma.histogram, out.histogram, out.measures)
    area = plan.width * plan.height << shift
    out.measures[MEAN] = int(luma.row_sums.sum()) / area
    if luma.high_pass_count:
        out.measures[HIGH_PASS] = luma.high_pass / ((luma.high_pass_count << shift) * 2)
    if means_1 is not None:
        out.measures[DIFFERENCE] = _mean_difference(luma.differences, plan.rows, plan.columns) / (1 << shift)
        out.measures[BLOCK_CHANGE] = _block_change(out.means, means_1)
        if means_2 is not None:
            out.measures[SECOND_DIFFERENCE] = _second_difference(out.means, means_1, means_2)
    return out


@njit(cache=True, nogil=True)
def _blocks(sums, differences, rows, columns, shift, means, changes):  # type: ignore[no-untyped-def]
    for i in range(sums.shape[0]):
        high = np.int64(rows[i, 1] - rows[i, 0])
        for j in range(sums.shape[1]):
            area = high * (columns[j, 1] - columns[j, 0]) << shift
            means[i, j] = (sums[i, j] * 512 + area) // (2 * area)
            changes[i, j] = (differences[i, j] * 512 + area) // (2 * area)


@njit(cache=True, nogil=True)
def _profile(row_sums, bands, width, shift, out):  # type: ignore[no-untyped-def]
    for b in range(out.shape[0]):
        total = np.int64(0)
        for y in range(bands[b, 0], bands[b, 1]):
            total += row_sums[y]
        area = np.int64(bands[b, 1] - bands[b, 0]) * width << shift
        out[b] = (total * 512 + area) // (2 * area)


@njit(cache=True, nogil=True)
def _histogram_measures(counts, shares, measures):  # type: ignore[no-untyped-def]
    total, dark, bright = np.int64(0), np.int64(0), np.int64(0)
    for b in range(counts.shape[0]):
        total += counts[b]
        dark += counts[b] if b < 6 else 0
        bright += counts[b] if b >= 59 else 0
    for b in range(counts.shape[0]):
        shares[b] = (counts[b] * 65535 * 2 + total) // (2 * total)
    measures[5] = dark / total
    measures[6] = bright / total


@njit(cache=True, nogil=True)
def _mean_difference(differences, rows, columns):  # type: ignore[no-untyped-def]
    """Mean over all samples; where blocks repeat samples, so does the mean."""
    total, area = np.int64(0), np.int64(0)
    for i in range(differences.shape[0]):
        for j in range(differences.shape[1]):
            total += differences[i, j]
            area += np.int64(rows[i, 1] - rows[i, 0]) * (columns[j, 1] - columns[j, 0])
    return total / area


@njit(cache=True, nogil=True)
def _block_change(means, before):  # type: ignore[no-untyped-def]
    count = np.int64(means.size)
    total = np.int64(0)
    for i in range(means.shape[0]):
        for j in range(means.shape[1]):
            total += np.int64(means[i, j]) - np.int64(before[i, j])
    spread = np.int64(0)
    for i in range(means.shape[0]):
        for j in range(means.shape[1]):
            spread += abs(count * (np.int64(means[i, j]) - np.int64(before[i, j])) - total)
    return spread / (count * count * 256)


@njit(cache=True, nogil=True)
def _second_difference(means, before, earlier):  # type: ignore[no-untyped-def]
    total = np.int64(0)
    for i in range(means.shape[0]):
        for j in range(means.shape[1]):
            total += abs(np.int64(means[i, j]) - 2 * np.int64(before[i, j]) + np.int64(earlier[i, j]))
    return total / (np.int64(means.size) * 256)

"""Block search on reduced luma: how much of a picture its predecessor does not explain.

Blocks of 8 x 8 samples, displacements of at most 8 in each direction. The picture's mean
difference is taken out before the search and the block's after it, so that exposure steps and
flicker leave little behind. The search is done on 2 x 2 averages first and refined by two
samples; zero motion is favoured.

Source of the method: hierarchical block matching, Bierling, "Displacement estimation by
hierarchical block matching", SPIE VCIP 1988.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

BLOCK: Final = 8
REACH: Final = 8
"""Largest displacement in reduced samples, each direction."""
FAVOUR: Final = 128
"""What a displacement must gain over none, summed over a block: half a grey level a sample."""

_LANES: Final = 32
"""Blocks of a row side by side, so that one vector operation serves all of them."""
_LINE: Final = _LANES + 4
"""Lanes and a border for displacements."""


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """How a picture's blocks match an earlier picture.

    Attributes
    ----------
    residual
        uint16, (block rows, block columns), 1/256 grey level: mean absolute difference to the
        best match, the block's mean difference taken out.
    dx, dy
        int8, same shape: where in the earlier picture the match lies, reduced samples.
    """

    residual: NDArray[np.uint16]
    dx: NDArray[np.int8]
    dy: NDArray[np.int8]


def grid(width: int, height: int) -> tuple[int, int]:
    """Rows and columns of whole blocks in reduced luma of this size."""
    return height // BLOCK, width // BLOCK


def search(current: NDArray[np.uint16], earlier: NDArray[np.uint16]) -> Match:
    """Match each block of `current` in `earlier`.

    Parameters
    ----------
    current, earlier
        uint16, (rows, columns) of equal shape, at most 255 columns, quarter grey levels (0..1020).

    Returns
    -------
    Match
        Of shape (rows // 8, columns // 8).

    Raises
    ------
    ValueError
        Shapes differ, or there are more columns than lanes.
    """
    if current.shape != earlier.shape or current.shape[1] // BLOCK > _LANES:
        raise ValueError(f"cannot match {current.shape} in {earlier.shape}")
    rows, columns = grid(current.shape[1], current.shape[0])
    residual = np.zeros((rows, columns), np.uint16)
    dx = np.zeros((rows, columns), np.int8)
    dy = np.zeros((rows, columns), np.int8)
    if rows and columns:
        _search(np.ascontiguousarray(current), np.ascontiguousarray(earlier), residual, dx, dy)
    return Match(residual, dx, dy)


def top_tenth(values: NDArray[np.uint16]) -> float:
    """Mean of the largest tenth of `values` (at least one), in grey levels; NaN if there are none."""
    return float(_top_tenth(values.ravel())) / 256 if values.size else float("nan")


def mean(values: NDArray[np.uint16]) -> float:
    """Mean in grey levels; NaN if there are none."""
    return int(values.sum(dtype=np.int64)) / (256 * values.size) if values.size else float("nan")


def median_motion(match: Match, width: int) -> tuple[float, float, float]:
    """Median motion of the content and its spread, picture widths.

    Parameters
    ----------
    match
        At least one block.
    width
        Columns of the reduced luma.

    Returns
    -------
    x, y, spread
        To the right, downwards; mean absolute deviation of the blocks' motion from the median
        (both directions added). The median of an even number of blocks is the lower one.
    """
    x, y = _median(match.dx.ravel()), _median(match.dy.ravel())
    spread = _deviation(match.dx.ravel(), x) + _deviation(match.dy.ravel(), y)
    return -x / width, -y / width, spread / (match.dx.size * width)


@njit(cache=True, nogil=True)
def _median(values):  # type: ignore[no-untyped-def]
    counts = np.zeros(2 * REACH + 1, np.int64)
    for v in values:
        counts[v + REACH] += 1
    at, seen = 0, counts[0]
    while 2 * seen < values.size:
        at += 1
        seen += counts[at]
    return at - REACH


@njit(cache=True, nogil=True)
def _deviation(values, centre):  # type: ignore[no-untyped-def]
    total = np.int64(0)
    for v in values:
        total += abs(np.int64(v) - centre)
    return total


@njit(cache=True, nogil=True)
def _mean(picture):  # type: ignore[no-untyped-def]
    total = np.int64(0)
    for y in range(picture.shape[0]):
        part = np.uint32(0)
        row = picture[y]
        for x in range(picture.shape[1]):
            part = np.uint32(part + row[x])
        total += part
    return total


@njit(cache=True, nogil=True)
def _adjusted(earlier, offset):  # type: ignore[no-untyped-def]
    """`earlier` + offset, held in 0..1020, with its edge repeated 8 samples outwards."""
    rows, columns = earlier.shape
    out = np.empty((rows + 2 * REACH, columns + 2 * REACH), np.uint16)
    for y in range(rows + 2 * REACH):
        source = earlier[min(max(y - REACH, 0), rows - 1)]
        into = out[y]
        for x in range(columns):
            into[x + REACH] = np.uint16(min(max(np.int32(source[x]) + offset, np.int32(0)), np.int32(1020)))
        for x in range(REACH):
            into[x] = into[REACH]
            into[columns + REACH + x] = into[columns + REACH - 1]
    return out


@njit(cache=True, nogil=True)
def _halved(picture, rows, columns):  # type: ignore[no-untyped-def]
    """Sums of 2 x 2, in phases: out[y, p, lane] is column 4 * lane + p of row y."""
    out = np.zeros((rows, 4, _LINE), np.uint16)
    for y in range(rows):
        a, b = picture[2 * y], picture[2 * y + 1]
        for x in range(columns):
            out[y, x & 3, x >> 2] = np.uint16(a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1])
    return out


# Indices below are unsigned: numba then leaves out its test for negative ones, and what
# lies side by side becomes the lanes of one vector. Ten times as fast.


@njit(cache=True, nogil=True, inline="always")
def _apart(a, b):  # type: ignore[no-untyped-def]
    return np.uint16(max(a, b) - min(a, b))


@njit(cache=True, nogil=True, inline="always")
def _phase(x):  # type: ignore[no-untyped-def]
    """Where column x begins in a row of phases."""
    return np.uint64((x & 3) * _LINE + (x >> 2))


@njit(cache=True, nogil=True)
def _block_row(now, then, row, dx, dy, out, to):  # type: ignore[no-untyped-def]
    """Absolute differences of the 4 x 4 blocks of a row of blocks at one displacement."""
    line = np.uint64(_LINE)
    p0, p1, p2, p3 = _phase(dx + 4), _phase(dx + 5), _phase(dx + 6), _phase(dx + 7)
    for lane in range(np.uint64(_LANES)):
        out[to + lane] = np.uint16(0)
    for y in range(np.uint64(4)):
        at = (np.uint64(4 * row) + y) * np.uint64(4) * line
        there = (np.uint64(4 * row + dy + 4) + y) * np.uint64(4) * line  # the border is 4 rows high
        for lane in range(np.uint64(_LANES)):
            n, t = at + lane, there + lane
            first = _apart(now[n], then[t + p0]) + _apart(now[n + line], then[t + p1])
            last = _apart(now[n + line + line], then[t + p2]) + _apart(now[n + line + line + line], then[t + p3])
            out[to + lane] = np.uint16(out[to + lane] + first + last)


@njit(cache=True, nogil=True)
def _keep_best(sad, to, d, best, where, at):  # type: ignore[no-untyped-def]
    """Score a row of blocks, its neighbours counted in (each a quarter of the block itself)."""
    one, line = np.uint64(1), np.uint64(_LANES + 2)
    for lane in range(np.uint64(_LANES)):
        m = to + lane
        around = np.uint32(sad[m - line]) + np.uint32(sad[m + line]) + np.uint32(sad[m - one]) + np.uint32(sad[m + one])
        score = np.uint32(np.uint32(4) * sad[m] + around)
        better = score < best[at + lane]
        best[at + lane] = score if better else best[at + lane]
        where[at + lane] = np.uint16(d) if better else where[at + lane]


@njit(cache=True, nogil=True)
def _coarse(now, then, rows, columns):  # type: ignore[no-untyped-def]
    """Best displacement of each block on halved luma: 9 * (dy + 4) + dx + 4, (rows, lanes)."""
    best = np.full(rows * _LANES, np.uint32(0xFFFFFFFF))
    where = np.zeros((rows, _LANES), np.uint16)
    sad = np.zeros((rows + 2, _LANES + 2), np.uint16)
    flat_now, flat_then, flat, flat_where = now.ravel(), then.ravel(), sad.ravel(), where.ravel()
    line = np.uint64(_LANES + 2)
    for d in range(81):
        for r in range(rows):
            to = np.uint64(r + 1) * line + np.uint64(1)
            _block_row(flat_now, flat_then, r, d % 9 - 4, d // 9 - 4, flat, to)
            sad[r + 1, 0] = sad[r + 1, 1]
            sad[r + 1, columns + 1] = sad[r + 1, columns]
        sad[0] = sad[1]
        sad[rows + 1] = sad[rows]
        for r in range(rows):
            to = np.uint64(r + 1) * line + np.uint64(1)
            _keep_best(flat, to, d, best, flat_where, np.uint64(r * _LANES))
    return where


@njit(cache=True, nogil=True, inline="always")
def _sad(now, width, then, line, at, there):  # type: ignore[no-untyped-def]
    """Sum of absolute differences of two blocks, given by where they begin; all uint64."""
    total = np.uint32(0)
    for c in range(np.uint64(BLOCK)):
        column = np.uint16(0)
        for r in range(np.uint64(BLOCK)):
            a, b = now[at + r * width + c], then[there + r * line + c]
            column = np.uint16(column + np.uint16(max(a, b) - min(a, b)))
        total = np.uint32(total + column)
    return total


@njit(cache=True, nogil=True, inline="always")
def _residual(now, width, then, line, at, there):  # type: ignore[no-untyped-def]
    """Mean |difference - its mean| of two blocks, 1/256 grey level, rounded."""
    total = np.int32(0)
    for c in range(np.uint64(BLOCK)):
        column = np.int32(0)
        for r in range(np.uint64(BLOCK)):
            column += np.int32(np.int32(now[at + r * width + c]) - np.int32(then[there + r * line + c]))
        total = np.int32(total + column)
    spread = np.int32(0)
    for c in range(np.uint64(BLOCK)):
        column = np.int32(0)
        for r in range(np.uint64(BLOCK)):
            delta = np.int32(np.int32(now[at + r * width + c]) - np.int32(then[there + r * line + c]))
            column += np.int32(abs(np.int32(np.int32(64) * delta - total)))
        spread = np.int32(spread + column)
    return (np.int64(spread) + 32) >> 6


@njit(cache=True, nogil=True)
def _refined(now, width, then, line, at, there, coarse, zero):  # type: ignore[no-untyped-def]
    """The best displacement within two samples of twice the coarse one; zero is favoured."""
    best, by, bx = zero, 0, 0
    my, mx = 2 * (int(coarse) // 9 - 4), 2 * (int(coarse) % 9 - 4)
    for dy in range(max(my - 2, -REACH), min(my + 2, REACH) + 1):
        for dx in range(max(mx - 2, -REACH), min(mx + 2, REACH) + 1):
            place = np.uint64(np.int64(there) + dy * np.int64(line) + dx)
            cost = np.uint32(_sad(now, width, then, line, at, place) + np.uint32(FAVOUR))
            if cost < best:
                best, by, bx = cost, dy, dx
    return by, bx


@njit(cache=True, nogil=True)
def _search(current, earlier, residual, out_dx, out_dy):  # type: ignore[no-untyped-def]
    rows, columns = residual.shape
    count = np.int64(current.shape[0]) * current.shape[1]
    gap = _mean(current) - _mean(earlier)
    bordered = _adjusted(earlier, np.int32((2 * gap + count) // (2 * count)))
    half_now = _halved(current, 4 * rows, 4 * columns)
    half_then = _halved(bordered, 4 * rows + 8, 4 * columns + 8)
    now, then = current.ravel(), bordered.ravel()
    width, line = np.uint64(current.shape[1]), np.uint64(bordered.shape[1])
    zero = np.empty((rows, columns), np.uint32)
    moved = 0
    for r in range(rows):
        for c in range(columns):
            at = np.uint64(BLOCK) * (np.uint64(r) * width + np.uint64(c))
            there = np.uint64(BLOCK) * (np.uint64(r + 1) * line + np.uint64(c + 1))
            zero[r, c] = _sad(now, width, then, line, at, there)
            moved += zero[r, c] > FAVOUR
    where = _coarse(half_now, half_then, rows, columns) if moved else np.zeros((rows, _LANES), np.uint16)
    for r in range(rows):
        for c in range(columns):
            at = np.uint64(BLOCK) * (np.uint64(r) * width + np.uint64(c))
            there = np.uint64(BLOCK) * (np.uint64(r + 1) * line + np.uint64(c + 1))
            dy, dx = 0, 0
            if zero[r, c] > FAVOUR:
                dy, dx = _refined(now, width, then, line, at, there, where[r, c], zero[r, c])
            place = np.uint64(np.int64(there) + dy * np.int64(line) + dx)
            out_dy[r, c], out_dx[r, c] = dy, dx
            residual[r, c] = min(_residual(now, width, then, line, at, place), 65535)


@njit(cache=True, nogil=True)
def _top_tenth(values):  # type: ignore[no-untyped-def]
    """Mean of the largest tenth, exactly, by counting the high and then the low bytes."""
    wanted = (values.size + 9) // 10
    left, total = wanted, np.int64(0)
    high = np.zeros(256, np.int64)
    for v in values:
        high[v >> 8] += 1
    bin_ = 255
    while high[bin_] < left:
        left -= high[bin_]
        bin_ -= 1
    low = np.zeros(256, np.int64)
    for v in values:
        if v >> 8 > bin_:
            total += v
        elif v >> 8 == bin_:
            low[v & 255] += 1
    b = 255
    while left > 0:
        take = min(low[b], left)
        total += take * (256 * bin_ + b)
        left -= take
        b -= 1
    return total / wanted

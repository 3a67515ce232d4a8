"""The kernels again, as plainly as they can be said, to test the fast ones against."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def spans(length: int, parts: int) -> list[tuple[int, int]]:
    out = []
    for i in range(parts):
        first, end = i * length // parts, (i + 1) * length // parts
        out.append((first, max(end, first + 1)))
    return out


def block_sums(picture: Ints) -> Ints:
    rows, columns = spans(picture.shape[0], 22), spans(picture.shape[1], 40)
    return np.array([[picture[a:b, c:d].sum() for c, d in columns] for a, b in rows])


def histogram(picture: Ints, depth: int) -> Ints:
    height, width = picture.shape
    step_x, step_y = max(1, math.ceil(width / 240)), max(1, math.ceil(height / 270))
    values = picture[::step_y, ::step_x] >> (depth - 8)
    return np.bincount(values.ravel() // 4, minlength=64)


def high_pass(picture: Ints) -> tuple[int, int]:
    rows = picture[::4]
    terms = np.abs(2 * rows[:, 1:-1] - rows[:, :-2] - rows[:, 2:])
    return int(terms.sum()), terms.size


def reduced(picture: Ints, depth: int) -> Ints:
    height, width = picture.shape
    f = max(1, math.ceil(max(width, height) / 240))
    rows, columns = height // f, width // f
    sums = picture[: rows * f, : columns * f].reshape(rows, f, columns, f).sum((1, 3))
    area = f * f << (depth - 8)
    return (8 * sums + area) // (2 * area)  # a half is rounded up


def scaled(sums: Ints, areas: Ints, depth: int) -> Ints:
    """Averages in 1/256 grey level of the 8-bit scale, a half rounded up."""
    areas = areas << (depth - 8)
    return (512 * sums + areas) // (2 * areas)


def areas(height: int, width: int) -> Ints:
    return np.array([[(b - a) * (d - c) for c, d in spans(width, 40)] for a, b in spans(height, 22)])


def adjusted(current: Ints, earlier: Ints) -> Ints:
    """`earlier` with the mean of `current`, held in 0..1020, edge repeated by 8."""
    gap, count = int(current.sum() - earlier.sum()), current.size
    offset = (2 * gap + count) // (2 * count)
    return np.pad(np.clip(earlier + offset, 0, 1020), 8, mode="edge")


def displaced(then: Ints, y: int, x: int, dy: int, dx: int) -> Ints:
    return then[y + dy + 8 : y + dy + 16, x + dx + 8 : x + dx + 16]


def residual(block: Ints, other: Ints) -> int:
    """Mean |difference - its mean| of 64 samples, 1/256 grey level."""
    delta = block - other
    return int(np.abs(64 * delta - delta.sum()).sum() + 32) >> 6


def halved(picture: Ints) -> Ints:
    rows, columns = picture.shape[0] // 2, picture.shape[1] // 2
    return picture[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2).sum((1, 3))


def coarse(current: Ints, then: Ints, rows: int, columns: int) -> dict[tuple[int, int], tuple[int, int]]:
    """Best displacement on halved luma, (dy, dx), neighbours counted in with a quarter each."""
    now, before = halved(current), halved(then)
    best: dict[tuple[int, int], tuple[int, int, int]] = {}
    for dy in range(-4, 5):
        for dx in range(-4, 5):
            shifted = before[4 + dy : 4 + dy + 4 * rows, 4 + dx : 4 + dx + 4 * columns]
            sad = np.abs(now[: 4 * rows, : 4 * columns] - shifted).reshape(rows, 4, columns, 4).sum((1, 3))
            wide = np.pad(sad, 1, mode="edge")
            score = 4 * sad + wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
            for r in range(rows):
                for c in range(columns):
                    if (r, c) not in best or score[r, c] < best[r, c][0]:
                        best[r, c] = int(score[r, c]), dy, dx
    return {place: (dy, dx) for place, (_, dy, dx) in best.items()}


def search(current: Ints, earlier: Ints) -> tuple[Ints, Ints, Ints]:
    """Residual, dx and dy of each block of 8 x 8."""
    rows, columns = current.shape[0] // 8, current.shape[1] // 8
    then = adjusted(current, earlier)
    starts = coarse(current, then, rows, columns) if rows and columns else {}
    out = [np.zeros((rows, columns), np.int64) for _ in range(3)]
    for r in range(rows):
        for c in range(columns):
            y, x = 8 * r, 8 * c
            block = current[y : y + 8, x : x + 8]
            best = int(np.abs(block - displaced(then, y, x, 0, 0)).sum())
            where = (0, 0)
            my, mx = starts[r, c]
            if best > 128:
                for dy in range(max(2 * my - 2, -8), min(2 * my + 2, 8) + 1):
                    for dx in range(max(2 * mx - 2, -8), min(2 * mx + 2, 8) + 1):
                        cost = int(np.abs(block - displaced(then, y, x, dy, dx)).sum()) + 128
                        if cost < best:
                            best, where = cost, (dy, dx)
            out[0][r, c] = min(residual(block, displaced(then, y, x, *where)), 65535)
            out[1][r, c], out[2][r, c] = where[1], where[0]
    return out[0], out[1], out[2]


def exhaustive(current: Ints, earlier: Ints) -> Ints:
    """Residuals of a search over all 289 displacements."""
    rows, columns = current.shape[0] // 8, current.shape[1] // 8
    then = adjusted(current, earlier)
    out = np.zeros((rows, columns), np.int64)
    for r in range(rows):
        for c in range(columns):
            block = current[8 * r : 8 * r + 8, 8 * c : 8 * c + 8]
            costs = {
                (dy, dx): int(np.abs(block - displaced(then, 8 * r, 8 * c, dy, dx)).sum()) + 128 * ((dy, dx) != (0, 0))
                for dy in range(-8, 9)
                for dx in range(-8, 9)
            }
            out[r, c] = residual(block, displaced(then, 8 * r, 8 * c, *min(costs, key=lambda d: costs[d])))
    return out


def top_tenth(values: Ints) -> float:
    ordered = np.sort(values.ravel())[::-1]
    return float(ordered[: -(-len(ordered) // 10)].mean()) / 256


def mono(values: NDArray[np.generic], planar: bool) -> list[int]:
    channels = values.T if planar else values
    out = []
    for instant in channels.tolist():
        whole = [_sixteen(v, values.dtype) for v in instant]
        out.append(sum(whole) // len(whole))
    return out


def _sixteen(value: float, dtype: np.dtype[np.generic]) -> int:
    if dtype == np.uint8:
        return (int(value) - 128) * 256
    if dtype.kind == "i":
        return int(value) >> (8 * dtype.itemsize - 16)
    if math.isnan(value):
        return 0
    return round(min(max(value * 32768, -32768), 32767))


def sound_frame(samples: list[int], before: int) -> tuple[int, int, int, int, int]:
    """Energy, peak, zeros, step, energy of the first difference."""
    steps = [b - a for a, b in zip([before, *samples], samples, strict=False)]
    return (
        sum(s * s for s in samples),
        max((abs(s) for s in samples), default=0),
        sum(s == 0 for s in samples),
        max((abs(s) for s in steps), default=0),
        sum(s * s for s in steps),
    )

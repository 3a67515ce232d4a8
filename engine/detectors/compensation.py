"""The second look at a join: block-matched residuals after the whole picture's shift is taken out.

A pole that shakes or a hand that moves the camera displaces the whole picture by fractions of a
pixel, which a block search on whole samples cannot follow. The shift between two pictures is
found to a quarter pixel by phase correlation, and one of them is moved by it before the search.

Source: Guizar-Sicairos, Thurman, Fienup, "Efficient subpixel image registration algorithms",
Optics Letters 33(2), 2008 (scikit-image `phase_cross_correlation`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.detectors.structure import Picture
from engine.kernels.motion import search

QUARTER = 4
"""Parts of a reduced sample to which the shift is found."""
FARTHEST = 16.0
"""Reduced samples beyond which a shift is no shake, and is left alone."""


def residual(before: Picture, after: Picture) -> NDArray[np.float64]:
    """Residual of each 8 x 8 block, grey levels: the smaller of that with and without the shift."""
    plain = _searched(before, after)
    moved = shifted(before, after)
    return plain if moved is None else np.minimum(plain, _searched(moved, after))


def shifted(before: Picture, after: Picture) -> Picture | None:
    """`before` moved as a whole onto `after`; None where nothing has moved, or too far."""
    from skimage.registration import phase_cross_correlation

    shift, _, _ = phase_cross_correlation(after, before, upsample_factor=QUARTER)
    dy, dx = float(shift[0]), float(shift[1])
    if (dy == 0 and dx == 0) or max(abs(dy), abs(dx)) > FARTHEST:
        return None
    return _moved(_moved(before, dy, 0), dx, 1)


def knocked(before: Picture, after: Picture) -> float:
    """Correlation of what both pictures show, once the whole picture's shift is taken out, -1..1.

    A camera that is pushed shows the same scene elsewhere; another scene has no such shift.
    """
    from skimage.registration import phase_cross_correlation

    shift, _, _ = phase_cross_correlation(after, before)
    dy, dx = int(shift[0]), int(shift[1])
    rows, columns = before.shape
    if 2 * abs(dy) > rows or 2 * abs(dx) > columns:
        return 0.0
    a = before[max(0, -dy) : rows - max(0, dy), max(0, -dx) : columns - max(0, dx)]
    b = after[max(0, dy) : rows - max(0, -dy), max(0, dx) : columns - max(0, -dx)]
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / (np.sqrt(float((a * a).sum()) * float((b * b).sum())) + 1e-3))


def _moved(picture: Picture, by: float, axis: int) -> Picture:
    """`picture` moved along an axis, linear between samples, its edge repeated."""
    n = picture.shape[axis]
    at = np.clip(np.arange(n) - by, 0, n - 1)
    low = np.minimum(at.astype(np.intp), n - 2) if n > 1 else at.astype(np.intp)
    share = (at - low).astype(np.float32)
    shape = (-1, 1) if axis == 0 else (1, -1)
    a, b = np.take(picture, low, axis), np.take(picture, np.minimum(low + 1, n - 1), axis)
    return np.asarray(a + (b - a) * share.reshape(shape), np.float32)


def _searched(before: Picture, after: Picture) -> NDArray[np.float64]:
    def quarter_levels(x: Picture) -> NDArray[np.uint16]:
        return np.asarray(np.clip(x * 4 + 0.5, 0, 1020), np.uint16)

    return search(quarter_levels(after), quarter_levels(before)).residual.astype(np.float64) / 256


def top_tenth(values: NDArray[np.float64]) -> float:
    """Mean of the largest tenth."""
    ordered = np.sort(values, axis=None)
    return float(ordered[-max(1, (ordered.size + 9) // 10) :].mean())


def lasting_ratio(pictures: Mapping[int, Picture], k: int, reach: int, floor: float) -> float:
    """Lasting residual at k over the largest residual of the `reach` pictures on either side."""
    lasting = np.minimum(
        np.minimum(residual(pictures[k - 1], pictures[k]), residual(pictures[k - 2], pictures[k])),
        residual(pictures[k - 1], pictures[k + 1]),
    )
    around = [
        top_tenth(residual(pictures[i - 1], pictures[i]))
        for i in range(k - reach, k + reach + 1)
        if i != k and i - 1 in pictures and i in pictures
    ]
    return top_tenth(lasting) / (max(around, default=0.0) + floor)

"""How two pictures compare in structure: the second look of the picture detectors.

Pictures are looked at on at most 320 columns: enough to tell scenes apart, and quick.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
WIDE = 320
"""Columns that pictures are reduced to."""
FIELDS = 4
"""Fields in each direction in which light is taken as even."""
BANDS = 8
"""Bands of rows that are looked for separately: a torn picture is shifted in bands."""
UNCHANGED = 1.5
"""Mean absolute difference, grey levels, up to which a band is where it was."""
FOUND = 0.8
"""Correlation from which a band counts as found."""
CLEARER = 0.15
"""How much more a band must correlate elsewhere than in its own place."""


def reduced(luma: NDArray[np.uint8], wide: int = WIDE) -> Picture:
    """Luma averaged over whole-number blocks to at most `wide` columns, grey levels, float32."""
    factor = max(1, -(-luma.shape[1] // wide))
    rows, columns = luma.shape[0] // factor, luma.shape[1] // factor
    if factor == 1 or rows == 0 or columns == 0:
        return luma.astype(np.float32)
    cut = luma[: rows * factor, : columns * factor]
    return np.asarray(cut.reshape(rows, factor, columns, factor).mean(axis=(1, 3)), np.float32)


def similarity(a: Picture, b: Picture) -> float:
    """Structural similarity, -1..1 (Wang et al. 2004), or 0 for pictures too small for it."""
    from skimage.metrics import structural_similarity

    if min(a.shape) < 7 or a.shape != b.shape:
        return 0.0
    return float(structural_similarity(a, b, data_range=255.0))


def structure(before: Picture, after: Picture) -> float:
    """Correlation of the fine structure, field by field, 0..1: about 1 for one scene in any light."""
    common = total = 0.0
    for a, b in _fields(before, after):
        a, b = a - a.mean(), b - b.mean()
        scale = np.sqrt(float(a @ a) * float(b @ b)) + 1e-3
        common += max(0.0, float(a @ b) / float(scale)) * float(a @ a)
        total += float(a @ a)
    return common / (total + 1e-3)


def lit(before: Picture, after: Picture) -> float:
    """Share of the change that light alone explains: gain and offset that vary slowly over the picture.

    Notes
    -----
    The picture is cut into 4 x 4 fields; in each, `after` is regressed on `before`. A field in
    which nothing changed counts for nothing. Where `structure` is low this says nothing.
    """
    change = rest = 0.0
    for a, b in _fields(before, after):
        change += float(np.square(b - a).sum())
        a, b = a - a.mean(), b - b.mean()
        gain = max(0.0, float(a @ b) / (float(a @ a) + 1e-3))
        rest += float(np.square(b - gain * a).sum())
    return max(0.0, 1.0 - rest / (change + 1e-3))


def relit(pictures: Mapping[int, Picture], k: int) -> dict[int, Picture]:
    """Pictures around a change of light at k, all in the dimmer of its two lights.

    Gain and offset are regressed in each of 4 x 4 fields between k-1 and k, and taken from the
    pictures on the brighter side: what is left between the two sides is what moved.
    """
    before, after = pictures[k - 1], pictures[k]
    darker = float(after.std()) <= float(before.std())
    bright, dim = (before, after) if darker else (after, before)
    lights = [(part, *_light(bright[part], dim[part])) for part in _parts(before.shape)]
    out = {}
    for number, picture in pictures.items():
        out[number] = picture
        if (number < k) == darker:
            out[number] = picture.copy()
            for part, gain, offset in lights:
                out[number][part] = picture[part] * gain + offset
    return out


def _light(a: Picture, b: Picture) -> tuple[float, float]:
    """Gain and offset that bring `a` closest to `b`."""
    x, y = a - a.mean(), b - b.mean()
    gain = max(0.0, float((x * y).sum()) / (float((x * x).sum()) + 1e-3))
    return gain, float(b.mean() - gain * a.mean())


def _parts(shape: tuple[int, ...]) -> Iterator[tuple[slice, slice]]:
    """The fields of a picture; the last of each direction reach to its edge."""
    rows, columns = (np.linspace(0, n, FIELDS + 1).astype(int) for n in shape)
    for i in range(FIELDS):
        for j in range(FIELDS):
            yield slice(rows[i], rows[i + 1]), slice(columns[j], columns[j + 1])


def _fields(before: Picture, after: Picture) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    rows, columns = before.shape[0] // FIELDS, before.shape[1] // FIELDS
    for i in range(FIELDS):
        for j in range(FIELDS):
            part = np.s_[i * rows : (i + 1) * rows, j * columns : (j + 1) * columns]
            yield before[part].ravel(), after[part].ravel()


def displaced(before: Picture, after: Picture) -> float:
    """Share of the picture that a tear explains: bands of rows shown at another place, the rest in its own.

    0 where fewer than two bands are displaced: nothing is torn.
    """
    from skimage.feature import match_template

    height = before.shape[0] // BANDS
    if height < 6 or before.shape != after.shape:
        return 0.0
    moved = kept = 0
    edge = before.shape[1] // 10
    for i in range(BANDS):
        band = after[i * height : (i + 1) * height]
        fit = match_template(before, band[:, edge:-edge])
        row = int(np.argmax(fit.max(axis=1)))
        here = float(fit[max(0, i * height - 2) : i * height + 3].max())
        if here >= FOUND or float(np.abs(band - before[i * height : (i + 1) * height]).mean()) < UNCHANGED:
            kept += 1
            continue
        best = float(fit[row].max())
        moved += best >= FOUND and best >= here + CLEARER and abs(row - i * height) > height // 2
    return (moved + kept) / BANDS if moved >= 2 else 0.0

"""How far the picture steps at each key picture, against all other key pictures of the file.

Every key picture pulses a little: the encoder begins anew. So a step at one of them is measured
against what the file's other key pictures show. Whoever cuts without encoding again can cut at key
pictures only; a scene that jumps by itself seldom meets one that comes on schedule.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detectors.scores import REACH, Floats, damaged, neighbour_max, settling
from engine.features.scratch import release
from engine.features.tables import FrameTable
from engine.kernels.search import changes

RESIDUAL_FLOOR = 0.2
"""Grey levels added to the neighbours' residual."""
CHANGE_FLOOR = 0.3
"""Grey levels added to the neighbours' change of block means."""
STILL_SHARE = 0.9
"""Share of the blocks without any residual around, from which the scene counts as standing still."""
STILL_PULSE = 6.0
"""Grey levels up to which a step in a scene that stands still counts as an encoder's pulse: more than
twice the largest mean difference (2.2) seen at key pictures of three re-encoded still or held stretches."""
PAGES_KEPT = 200
"""Key pictures looked at before the pages of their surroundings are given back."""


@dataclass(frozen=True, slots=True, eq=False)
class KeySteps:
    """Steps of the picture at key pictures.

    Attributes
    ----------
    frame
        (K,) picture numbers, ascending, without the first picture.
    score
        (K,) logarithm of two ratios multiplied: lasting change over what is around, by residual
        and by block means. -inf where nothing can be told.
    margin
        (K,) score over the largest of the other key pictures.
    scheduled
        (K,) whether it comes at the file's usual distance after the one before.
    grey
        (K,) the change that lasts, grey levels, where most of the picture changed.
    """

    frame: NDArray[np.int64]
    score: Floats
    margin: Floats
    scheduled: NDArray[np.bool_]
    grey: Floats

    def of(self, frame: int | None) -> int | None:
        """Index of a picture number; None where it is no key picture."""
        found = np.flatnonzero(self.frame == frame) if frame is not None else self.frame[:0]
        return int(found[0]) if len(found) else None


def key_steps(frames: FrameTable, keys: tuple[int, ...]) -> KeySteps | None:
    """Measure the step at every key picture; None where there are not two besides the first."""
    every = np.asarray(keys, np.int64)
    inner = every[every > 0]
    if len(inner) < 2:
        return None
    score = np.full(len(inner), -np.inf)
    usable = (inner >= settling(frames)) & (inner < len(frames) - 2) & ~damaged(frames)[inner]
    if usable.any():
        score[usable] = _scores(frames, inner[usable])
    grey = np.nan_to_num(np.asarray(frames["lasting_top"], np.float64))[inner]
    return KeySteps(inner, score, _margins(score), _scheduled(every, inner), grey)


def _scores(frames: FrameTable, keys: NDArray[np.int64]) -> Floats:
    lasting = np.nan_to_num(np.asarray(frames["lasting_top"], np.float64))
    residual = lasting[keys] / (neighbour_max(np.asarray(frames["residual_top"]))[keys] + RESIDUAL_FLOOR)
    change = np.empty(len(keys))
    for i, k in enumerate(keys):
        change[i] = 0.0 if _pulses_in_stillness(frames, int(k)) else _change(frames, int(k))
        if i % PAGES_KEPT == 0:
            release(frames.wide["means"])
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(residual) + np.log(change), np.float64)


def _change(frames: FrameTable, k: int) -> float:
    first = max(0, k - REACH - 2)
    moved = changes(frames.wide["means"][first : k + REACH + 2])  # type: ignore[arg-type]
    around = neighbour_max(moved.top)[k - first]
    return float(moved.lasting_top[k - first] / (around + CHANGE_FLOOR))


def _pulses_in_stillness(frames: FrameTable, k: int) -> bool:
    """Whether nothing moves around a key picture, and it changes no more than an encoder's pulse does."""
    if float(frames["lasting_top"][k]) >= STILL_PULSE:
        return False
    first, last = max(1, k - REACH), min(len(frames), k + REACH + 1)
    rows = np.asarray(frames.wide["residual"][first:last], np.float64).reshape(last - first, -1)
    lasting = np.asarray(frames.wide["lasting"][k]).ravel()
    used = rows.any(axis=0) | (lasting > 0)
    usual = np.median(np.delete(rows, k - first, axis=0)[:, used], axis=0)
    return bool(used.any() and np.mean(usual <= np.median(usual)) > STILL_SHARE)


def _margins(score: Floats) -> Floats:
    """Each score over the largest of the others; -inf where there is none to compare with."""
    if len(score) < 2:
        return np.full(len(score), -np.inf)
    order = np.sort(score)
    best, second = order[-1], order[-2]
    other = np.where(score == best, second, best)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(np.isfinite(score) & np.isfinite(other), score - other, -np.inf), np.float64)


def _scheduled(every: NDArray[np.int64], inner: NDArray[np.int64]) -> NDArray[np.bool_]:
    lengths = np.diff(every) if every[0] == 0 else np.diff(np.concatenate(([0], every)))
    values, counts = np.unique(lengths, return_counts=True)
    usual = values[np.argmax(counts)] if counts.max() >= 0.6 * len(lengths) else values[-1]
    return np.asarray(lengths[-len(inner) :] == usual, np.bool_)

"""Joins in the picture: places where pictures are missing, or where another scene goes on.

What it finds
    A step that lasts. In each block the *lasting change* is the smallest of k-1 -> k, k-2 -> k
    and k-1 -> k+1: one odd picture, a flash or a step that is taken back leaves nothing in it.
    The top tenth of blocks counts, so that one walker in a still scene is enough. Two measures
    must agree: block-matched residual on reduced luma (what motion does not explain), and change
    of block means without gain and offset. Each is divided by the largest that the five pictures
    on either side show. Another scene shows in the correlation of block means: it falls at once,
    for good, and by several times what the neighbours show.
Looks like it but is not
    Key pictures, of this encoding or an earlier one: the change lies in the *still* half of the
    blocks too (`pulse`), and comes at a steady period (a comb). Exposure steps: gain and offset
    are taken out. The first second, in which cameras settle. A picture that the recorder dropped
    says so in its timestamps. Torn and damaged pictures. Pole shake below a pixel: candidates
    are looked at again at full size, with the whole picture's shift taken out to a quarter pixel.
    A camera that is pushed shows the same scene elsewhere. A lamp that is switched changes gain
    and offset field by field and keeps the structure; in one light nothing has moved.
Limits
    Nothing to see where nothing moves: such stretches are reported as not examinable. One or two
    missing pictures stand below natural variation; five are found about half of the time.
    What is missing where the light goes out almost altogether is not told from the lamp, and a
    lamp whose shadow has a sharp edge is not told from a join.
    Pictures with fewer than 100 search blocks are not examined.
Without motion vectors
    Works the same: the codec's vectors are not used.
Source
    Ratio to the neighbourhood's maximum after Feng et al., "Motion-adaptive frame deletion
    detection", IH&MMSec 2014, doi 10.1145/2600918.2600923; a contrario rate after Desolneux,
    Moisan, Morel, "From Gestalt Theory to Image Analysis", 2008.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.detectors.compensation import knocked, lasting_ratio
from engine.detectors.contract import Candidate, Detector, Proposal, RecheckTable
from engine.detectors.scores import (
    REACH,
    Floats,
    Mask,
    damaged,
    examined,
    native_drops,
    neighbour_max,
    scheduled_keys,
    settling,
)
from engine.detectors.structure import Picture, lit, reduced, relit, structure
from engine.detectors.sweeps import all_changes, all_simulated
from engine.features.tables import Features, FrameTable
from engine.findings import Evidence, Examined, Finding, Kind, Level, Severity, Source
from engine.kernels.search import Changes

NAME = "splice"


@dataclass(frozen=True, slots=True)
class Options:
    """Thresholds of the splice detector; scores are natural logarithms of ratios."""

    look: float = 0.5
    """Score from which a place is looked at again at full size."""
    limit: float = 0.95
    """Mean of both looks' scores from which a join is reported. Of 62 takes that were only encoded anew,
    one reached 0.93, the others stay below 0.82."""
    tail_rate: float = 16.5
    """Places an hour above 0.3 in untouched takes (1.33 h, 46 cameras, native and re-encoded)."""
    tail_scale: float = 0.214
    """Scale of the exponential tail above 0.3: how the number of false alarms (NFA) is told."""
    residual_floor: float = 0.2
    """Grey levels added to the neighbours' residual."""
    change_floor: float = 0.3
    """Grey levels added to the neighbours' change of block means."""
    pulse_free: float = 0.2
    """Share of the change in the still half of the blocks that costs nothing."""
    pulse_cost: float = 4.0
    """What each further share costs."""
    scheduled_cost: float = 0.5
    """What a key picture at the encoder's usual distance costs."""
    slow_rate: float = 9.0
    """Frames a second below which the limit rises by the logarithm of what is missing."""
    least_blocks: int = 100
    """Search blocks below which a picture is too small."""
    other_scene: float = 0.5
    """Correlation of block means over a join below which it is called a splice."""
    unlike: float = 4.0
    """Fall of the correlation, times the largest around, from which another scene begins.
    Untouched takes stay below 2.3, foreign scenes above 4.3."""
    unlike_floor: float = 0.02
    """Added to the neighbours' fall."""
    knocked: float = 0.7
    """Correlation, the whole picture's shift taken out, from which the camera was pushed instead."""
    lit: float = 0.9
    """Share of a step that light alone explains from which it may be a lamp that is switched ..."""
    stays: float = 0.85
    """... with this correlation of the fine structure ..."""
    relit: float = 1.25
    """... and less than this residual, times the largest around, once all is in one light. In switched
    light a lamp leaves 0.5 to 1.3, 25 missing pictures 1.3 to 3.3 (half the light and more is left)."""
    scene_change: float = 1.5
    """Change of block means, times the largest around, that another scene must show as well."""
    hidden: int = 25
    """Missing pictures for which a place is called examinable."""
    examinable: float = 1.6
    """Step that so many missing pictures would leave, times the largest around."""


@dataclass(frozen=True, slots=True)
class Join:
    """What was measured at one picture."""

    frame: int
    score: float
    residual: float
    change: float
    pulse: float
    scene: float
    """The same for another scene, by the fall of the correlation; 0 where none begins."""


def propose(features: Features, options: Options) -> Proposal:
    """Score every picture; those that stand out are looked at again."""
    frames = features.frames
    if frames is None or len(frames) < 2:
        return Proposal()
    moved = all_changes(frames.wide["means"])
    barred = _barred(frames, options)
    joins = _joins(frames, moved, barred, options)
    candidates = tuple(_candidate(frames, j, options) for j in joins)
    return Proposal(candidates=candidates, examined=(_examined(frames, moved, options),))


def confirm(candidates: Sequence[Candidate], rechecks: RecheckTable, options: Options) -> tuple[Finding, ...]:
    """Measure the residual again with the whole picture's shift taken out; both looks count alike."""
    pictures = {number: reduced(luma, 240) for number, luma in rechecks.items()}
    return tuple(f for c in candidates if (f := _confirmed(c, pictures, options)) is not None)


def _confirmed(candidate: Candidate, pictures: Mapping[int, Picture], options: Options) -> Finding | None:
    finding, first = candidate.finding, candidate.facts
    k = int(first["frame"])
    near = {i: pictures[i] for i in candidate.frames if i in pictures}
    if not all(i in near and near[i].shape == near[k].shape for i in range(k - 2, k + 2)):
        return replace(finding, params={**finding.params, "rechecked": False})
    near = {i: p for i, p in near.items() if p.shape == near[k].shape}
    again = lasting_ratio(near, k, REACH, options.residual_floor)
    score = float(first["score"]) + 0.5 * float(np.log(max(again, 1e-3) / max(float(first["residual"]), 1e-3)))
    moved = knocked(near[k - 1], near[k]) if first["scene"] else 0.0
    if first["scene"] and moved < options.knocked:
        score = max(score, float(first["scene"]))
    if score < float(first["limit"]):
        return None
    light = _light(near, k, options)
    if light is not None:
        return replace(finding, template="light_picture", evidence=(*finding.evidence, *light))
    rate = options.tail_rate * float(np.exp((0.3 - score) / options.tail_scale))
    evidence = (
        Evidence(Source.PICTURE, "join_score", round(score, 3), round(float(first["limit"]), 3)),
        Evidence(Source.PICTURE, "expected_by_chance_per_hour", float(f"{rate:.2g}")),
        *finding.evidence[1:],
        Evidence(Source.PICTURE, "compensated_residual_ratio", round(again, 3), 1.0),
    )
    return replace(finding, severity=Severity.SUSPICION, score=float(1 - np.exp(-score)), evidence=evidence)


def _light(near: Mapping[int, Picture], k: int, options: Options) -> tuple[Evidence, ...] | None:
    """The evidence that at k nothing but the light changes; None where more does."""
    share, stays = lit(near[k - 1], near[k]), structure(near[k - 1], near[k])
    if share < options.lit or stays < options.stays:
        return None
    left = lasting_ratio(relit(near, k), k, REACH, options.residual_floor)
    if left >= options.relit:
        return None
    return (
        Evidence(Source.PICTURE, "share_by_light", round(share, 3), options.lit),
        Evidence(Source.PICTURE, "structure_kept", round(stays, 3), options.stays),
        Evidence(Source.PICTURE, "residual_ratio_in_one_light", round(left, 3), options.relit),
    )


def search_blocks(frames: FrameTable) -> int:
    """Blocks of the motion search in this recording."""
    scale = min(240 / max(frames.width, 1), 136 / max(frames.height, 1), 1.0)
    return int(frames.width * scale) // 8 * (int(frames.height * scale) // 8)


def _barred(frames: FrameTable, options: Options) -> Mask:
    """Pictures at which no join can be told."""
    barred = damaged(frames) | native_drops(frames)
    barred[: settling(frames)] = True
    barred[-2:] = True
    if search_blocks(frames) < options.least_blocks:
        barred[:] = True
    return barred


def _joins(frames: FrameTable, moved: Changes, barred: Mask, options: Options) -> list[Join]:
    lasting = np.asarray(frames["lasting_top"], np.float64)
    residual = lasting / (neighbour_max(np.asarray(frames["residual_top"])) + options.residual_floor)
    change = moved.lasting_top / (neighbour_max(moved.top) + options.change_floor)
    unlike = moved.lasting_unlike / (neighbour_max(moved.unlike) + options.unlike_floor)
    scene = (unlike >= options.unlike) & (moved.lasting_unlike >= 1 - options.other_scene)
    scene &= (change >= options.scene_change) & ~barred
    with np.errstate(divide="ignore", invalid="ignore"):
        best = np.log(residual) + np.log(change)
    best[barred | ~np.isfinite(best)] = -np.inf
    best[scheduled_keys(frames)] -= options.scheduled_cost
    joins = []
    for k in np.flatnonzero((best > options.look) | scene):
        pulse = _pulse(frames, int(k))
        score = float(best[k]) - options.pulse_cost * max(0.0, pulse - options.pulse_free)
        other = float(np.log(unlike[k])) if scene[k] else 0.0
        if max(score, other) > options.look:
            joins.append(Join(int(k), score, float(residual[k]), float(change[k]), pulse, other))
    return _thinned(joins)


def _pulse(frames: FrameTable, k: int) -> float:
    """Share of the excess change that lies in the still half of the blocks; mean of both measures."""
    first, last = max(1, k - REACH), min(len(frames), k + REACH + 1)
    around = [i for i in range(first, last) if i != k]
    residual = np.asarray(frames.wide["residual"][first:last], np.float64).reshape(last - first, -1)
    lasting = np.asarray(frames.wide["lasting"][k], np.float64).ravel()
    there = [i - first for i in around]
    used = residual.any(axis=0) | (lasting > 0)
    by_residual = _still_share(lasting[used], np.median(residual[there][:, used], axis=0))
    window = Window.of(frames, first, last)
    by_change = _still_share(window.lasting(k), np.median([window.change(i) for i in around], axis=0))
    return (by_residual + by_change) / 2


def _still_share(now: Floats, usual: Floats) -> float:
    if now.size == 0:
        return 1.0
    excess = np.maximum(0.0, now - usual)
    still = usual <= np.median(usual)
    return float(excess[still].sum() / (excess.sum() + 1e-9))


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Block means around a picture, and their changes without gain and offset."""

    first: int
    means: Floats
    """(pictures, blocks), grey levels."""

    @staticmethod
    def of(frames: FrameTable, first: int, last: int) -> Window:
        """Pictures `first` - 2 up to `last` + 1, as far as they exist."""
        start = max(0, first - 2)
        rows = np.asarray(frames.wide["means"][start : last + 2], np.float64)
        return Window(start, rows.reshape(len(rows), -1) / 256)

    def step(self, before: int, after: int) -> Floats:
        """|change| of each block between two pictures."""
        a, b = self.means[after - self.first], self.means[before - self.first]
        a, b = a - a.mean(), b - b.mean()
        gain = np.clip(float(a @ b) / (float(b @ b) + 1e-6), 0.5, 2.0)
        return np.asarray(np.abs(a - gain * b))

    def change(self, k: int) -> Floats:
        """k-1 -> k."""
        return self.step(k - 1, k)

    def lasting(self, k: int) -> Floats:
        """The lasting change at k."""
        return np.minimum(np.minimum(self.step(k - 1, k), self.step(k - 2, k)), self.step(k - 1, k + 1))


def _thinned(joins: list[Join]) -> list[Join]:
    """The best of those within a neighbourhood."""
    kept: list[Join] = []
    for join in sorted(joins, key=lambda j: -max(j.score, j.scene)):
        if all(abs(join.frame - other.frame) > REACH for other in kept):
            kept.append(join)
    return sorted(kept, key=lambda j: j.frame)


def _candidate(frames: FrameTable, join: Join, options: Options) -> Candidate:
    limit = options.limit + max(0.0, float(np.log(options.slow_rate / frames.rate)))
    wanted = tuple(range(max(0, join.frame - REACH - 1), min(len(frames), join.frame + REACH + 1)))
    facts = {"frame": join.frame, "score": join.score, "residual": join.residual, "scene": join.scene, "limit": limit}
    return Candidate(_finding(frames, join, options), wanted, facts)


def _finding(frames: FrameTable, join: Join, options: Options) -> Finding:
    k = join.frame
    same = _correlation(frames, k)
    kind = Kind.DELETION if same >= options.other_scene else Kind.SPLICE
    return Finding(
        kind=kind,
        severity=Severity.NOTICE,
        level=Level.E2,
        stream="video",
        start_s=frames.time(k - 1),
        end_s=frames.time(k),
        start_frame=k - 1,
        end_frame=k,
        template=f"{kind}_picture",
        detector=NAME,
        score=float(1 - np.exp(-max(join.score, join.scene, 0.0))),
        params={"residual_times": round(join.residual, 2), "change_times": round(join.change, 2)},
        evidence=(
            Evidence(Source.PICTURE, "join_score", round(max(join.score, join.scene), 3), options.limit),
            Evidence(Source.PICTURE, "lasting_residual_ratio", round(join.residual, 3), 1.0),
            Evidence(Source.PICTURE, "lasting_change_ratio", round(join.change, 3), 1.0),
            Evidence(Source.PICTURE, "still_share", round(join.pulse, 3), options.pulse_free),
            Evidence(Source.PICTURE, "scene_correlation", round(same, 3), options.other_scene),
        ),
    )


def _correlation(frames: FrameTable, k: int) -> float:
    """Correlation of block means over the join."""
    a, b = (np.asarray(frames.wide["means"][i], np.float64).ravel() for i in (k - 1, k))
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / (np.sqrt(float(a @ a) * float(b @ b)) + 1e-9))


def _examined(frames: FrameTable, moved: Changes, options: Options) -> Examined:
    """Where 25 missing pictures would show: the deletion is simulated on the block means."""
    n, hidden = len(frames), options.hidden
    every = max(1, hidden // 5)
    jump = all_simulated(frames.wide["means"], hidden, every, REACH)
    around = neighbour_max(moved.top)
    able = np.zeros(n, bool)
    for k in np.flatnonzero(jump):
        usual = max(around[k - REACH // 2], around[k + hidden + REACH // 2])
        able[k : k + every] = jump[k] / (usual + options.change_floor) >= options.examinable
    bad = damaged(frames)
    small = np.full(n, search_blocks(frames) < options.least_blocks)
    short = np.zeros(n, bool)
    short[: settling(frames)] = True
    short[max(0, n - hidden - REACH) :] = True
    reasons = (("damaged", bad), ("too_small", small), ("too_short", short))
    return examined(frames, "deletion", able & ~bad & ~small & ~short, reasons)


DETECTOR = Detector(NAME, "stable", Options(), propose, confirm, __doc__ or "")

"""Cost of a 1080p picture: the visit of its luma plane, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

import pytest

from engine.features.pictures import PictureRows
from engine.kernels import codec, grids, luma, motion, phash
from engine.media.frames import Picture

ROUNDS, ITERATIONS = 15, 24


def over(benchmark: Any, work: Callable[[Picture, Picture, Picture], object], pictures: Sequence[Picture]) -> None:
    """Cost of `work(picture, the one before, the one before that)`, in turn over `pictures`."""
    triples = cycle([(pictures[k], pictures[k - 1], pictures[k - 2]) for k in range(2, len(pictures))])
    benchmark.pedantic(lambda: work(*next(triples)), rounds=ROUNDS, iterations=ITERATIONS, warmup_rounds=1)


@pytest.fixture(params=[8, 10], ids=["8 bit", "10 bit"])
def planes(request: pytest.FixtureRequest) -> list[Picture]:
    chosen: list[Picture] = request.getfixturevalue("pictures" if request.param == 8 else "pictures_10_bit")
    return chosen


def test_visit(benchmark: Any, planes: list[Picture]) -> None:
    plan = luma.Plan(planes[0].width, planes[0].height, planes[0].depth)
    over(benchmark, lambda now, before, _: luma.measure(now.luma, before.luma, plan), planes)


def test_grids(benchmark: Any, planes: list[Picture]) -> None:
    plan = luma.Plan(planes[0].width, planes[0].height, planes[0].depth)
    visits = {id(p): luma.measure(p.luma, None, plan) for p in planes}
    means = {k: grids.summarise(v, plan, None, None).means for k, v in visits.items()}

    def work(now: Picture, before: Picture, earlier: Picture) -> object:
        return grids.summarise(visits[id(now)], plan, means[id(before)], means[id(earlier)])

    over(benchmark, work, planes)


def test_motion_search(benchmark: Any, pictures: list[Picture]) -> None:
    plan = luma.Plan(pictures[0].width, pictures[0].height, 8)
    reduced = {id(p): luma.measure(p.luma, None, plan).reduced for p in pictures}
    over(benchmark, lambda now, before, _: motion.search(reduced[id(now)], reduced[id(before)]), pictures)


def test_perceptual_hash(benchmark: Any, pictures: list[Picture]) -> None:
    plan = luma.Plan(pictures[0].width, pictures[0].height, 8)
    reduced = {id(p): luma.measure(p.luma, None, plan).reduced for p in pictures}
    matrices = phash.plan(*plan.reduced_shape)
    over(benchmark, lambda now, _, __: phash.perceptual_hash(reduced[id(now)], matrices), pictures)


def test_whole_row(benchmark: Any, planes: list[Picture]) -> None:
    rows = PictureRows(side_data=False)
    over(benchmark, lambda now, _, __: rows.add(now, 0, 0), planes)
    rows.close()


def test_vectors_and_quantisers(benchmark: Any, pictures: list[Picture]) -> None:
    def work(now: Picture, _: Picture, __: Picture) -> object:
        assert now.vectors is not None
        assert now.quantiser_deltas is not None
        spread = codec.quantisers(now.quantiser, now.quantiser_deltas)
        return codec.vectors(now.vectors, now.width, now.height), spread

    over(benchmark, work, pictures)

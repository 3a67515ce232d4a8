"""Many recordings sealed or verified, several at a time."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from engine.archive.pool import Batch, Failure, Standing, Task, Tick, plan, run, run_here

if TYPE_CHECKING:  # what seals and what verifies is imported by those who do
    from engine.proofs.draw import Draw
    from engine.proofs.policy import Policy
    from engine.proofs.seal import Origin, Supersede
    from engine.proofs.signing import Signer
    from engine.proofs.standing import SealResult
    from engine.proofs.verify import VerifyResult

T = TypeVar("T")
Watch = Callable[[Standing], None]


@dataclass(frozen=True, slots=True)
class Order:
    """How recordings are sealed; see `engine.proofs.seal.seal`."""

    out_dir: str | None = None
    supersede: Supersede | None = None
    origin: Origin | None = None
    signers: tuple[Signer, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """What is drawn of recordings; see `engine.proofs.sample.verify_sample`."""

    draw: Draw
    seed: str | None = None


def seal_many(
    paths: Sequence[str], order: Order, jobs: int | None = None, watch: Watch | None = None
) -> Batch[SealResult]:
    """Seal recordings.

    Parameters
    ----------
    paths
        Recordings; with a folder for proofs no two of the same name (`shared_names`).
    order
        How.
    jobs
        Files at a time, by processors if None. One at a time is sealed in this process, more
        in worker processes of which one that breaks harms no other.
    watch
        Called in this thread with how far the batch has come.

    Returns
    -------
    Batch of SealResult
        In the order of `paths`; after Ctrl-C without those that were not finished.
    """
    batch = _run(partial(_seal, order=order), paths, _not_sealed, jobs, watch)
    if batch.interrupted:
        _tidy_up(set(paths) - {r.path for r in batch.results}, order)
    return batch


def verify_many(
    paths: Sequence[str],
    proof: str | None = None,
    jobs: int | None = None,
    watch: Watch | None = None,
    policy: Policy | None = None,
) -> Batch[VerifyResult]:
    """Check recordings against their proofs; parameters and order of results as of `seal_many`.

    `proof` names the seal of a single recording that does not lie beside it; `policy` says whose
    signatures are trusted.
    """
    return _run(partial(_verify, proof=proof, policy=policy), paths, _not_verified, jobs, watch)


def sample_many(
    paths: Sequence[str],
    sample: Sample,
    proof: str | None = None,
    jobs: int | None = None,
    watch: Watch | None = None,
    policy: Policy | None = None,
) -> Batch[VerifyResult]:
    """Check a drawn part of recordings; everything else as of `verify_many`."""
    return _run(partial(_sample, sample=sample, proof=proof, policy=policy), paths, _not_verified, jobs, watch)


def shared_names(paths: Sequence[str]) -> list[str]:
    """File names that stand for more than one recording: in one folder they would share a proof."""
    return [name for name, count in Counter(map(os.path.basename, paths)).items() if count > 1]


def _tidy_up(unfinished: Iterable[str], order: Order) -> None:
    """Workers that were ended could not remove what they were writing."""
    from engine.proofs.files import proof_paths, remove_temporaries

    by_folder: dict[Path, list[Path]] = {}
    for path in unfinished:
        both = proof_paths(path, order.out_dir)
        by_folder.setdefault(both[0].parent, []).extend(both)
    for folder, targets in by_folder.items():
        remove_temporaries(folder, targets, time.time())


def _run(task: Task[T], paths: Sequence[str], failure: Failure[T], jobs: int | None, watch: Watch | None) -> Batch[T]:
    at_a_time, _ = plan(len(paths), jobs)
    if at_a_time == 1:
        return run_here(task, paths, failure, watch)
    return run(task, paths, failure, at_a_time, watch)


def _seal(path: str, tick: Tick, order: Order) -> SealResult:
    from engine.proofs.seal import seal

    return seal(path, order.out_dir, order.supersede, order.origin, tick, order.signers)


def _verify(path: str, tick: Tick, proof: str | None, policy: Policy | None) -> VerifyResult:
    from engine.proofs.verify import verify

    return verify(path, proof, policy, tick)


def _sample(path: str, tick: Tick, sample: Sample, proof: str | None, policy: Policy | None) -> VerifyResult:
    from engine.proofs.sample import verify_sample

    return verify_sample(path, sample.draw, sample.seed, proof, policy, tick)


def _not_sealed(path: str, reason: str, detail: str) -> SealResult:
    from engine.proofs.standing import SealResult

    return SealResult(path, "refused", reason, detail)


def _not_verified(path: str, reason: str, detail: str) -> VerifyResult:
    """What could not be checked is never called whole."""
    from engine.proofs.verify import Status, VerifyResult

    return VerifyResult(path, Status.NOT_OK, reason, detail=detail)

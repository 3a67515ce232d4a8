"""What a worker does with one record: proof, digest, and then what is known of its content already, or new."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Literal

from engine.archive.audit.cache import Cache
from engine.archive.audit.content import Content
from engine.archive.audit.proofs import check_proof
from engine.archive.audit.walk import is_photo_name
from engine.archive.exhibits import Exhibits
from engine.archive.guarding import Inspected, Options, failed, guarded, hash_file, known, stamp
from engine.archive.pool import Tick
from engine.findings import FileReport
from engine.proofs.policy import Policy
from engine.rules.cases.record import ProofFacts
from engine.rules.pack import RulePack


@dataclass(frozen=True, slots=True)
class Order:
    """How the records of an archive are examined.

    Parameters
    ----------
    pack
        The rules, or the name of a pack that comes with the engine: orders go to every worker.
    threads
        Decoder threads a file.
    exhibits
        What is kept for a page; see `engine.archive.inspect.Options`.
    cache
        What is known already; None to examine everything anew.
    policy
        Whose signatures and timestamps count.
    """

    pack: str | RulePack
    threads: int = 0
    exhibits: Literal["none", "plots", "pictures"] = "none"
    cache: Cache | None = None
    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What follows from a file's bytes alone."""

    report: FileReport
    content: Content
    exhibits: Exhibits | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One examined record of an archive."""

    path: str
    known: Known
    proof: ProofFacts | None = None


def examine_record(path: str, tick: Tick, order: Order) -> Record:
    """Examine one record; whatever is wrong with it stands in its report."""
    content: list[Content] = []
    proofs: list[ProofFacts] = []

    def work() -> Inspected:
        stamp(path)
        proof, digest = check_proof(path, lambda _done, _total: tick(0.0, 0.0), order.policy)
        if proof is not None:
            proofs.append(proof)
        result = _content(path, digest or hash_file(path), tick, order)
        content.append(result.content)
        return Inspected(result.report, result.exhibits)

    done = guarded(path, work)
    facts = content[0] if content else Content()
    return Record(path, Known(done.report, facts, done.exhibits), proofs[0] if proofs else None)


def lost_record(path: str, reason: str, detail: str) -> Record:
    """The result of a record whose worker gave none."""
    return Record(path, Known(failed(path, reason, detail), Content()))


def _content(path: str, digest: str, tick: Tick, order: Order) -> Known:
    kept = order.cache.get(digest) if order.cache is not None else None
    if kept is not None:
        return replace(kept, report=replace(kept.report, path=path))
    found = _photo(path, digest, order) if is_photo_name(path) else _recording(path, digest, tick, order)
    if order.cache is not None and found.report.reason in LASTING:
        order.cache.put(digest, found)
    return found


LASTING = frozenset(
    {
        "nothing_found", "traces_found", "empty", "not_media", "no_index", "no_streams", "no_picture", "no_sound",
        "no_content", "too_much_unreadable", "photo",
    }
)  # fmt: skip
"""Reasons that follow from a file's bytes; others (no memory, no permission, a fault) may pass."""


def _recording(path: str, digest: str, tick: Tick, order: Order) -> Known:
    from engine.archive.audit.content import content_of
    from engine.archive.inspect import conclude, progress_of
    from engine.features.onepass import extract
    from engine.features.speech import SpeechMeter

    content: list[Content] = []
    options = Options(order.pack, order.threads, "audit", order.exhibits)

    def work() -> Inspected:
        before = stamp(path)
        features = extract(path, threads=order.threads, progress=progress_of(path, tick), meter=SpeechMeter())
        result = conclude(path, before, replace(features, blake3=digest), options)
        content.append(content_of(features, result.report))
        return result

    result = known(digest, guarded(path, work))
    return Known(result.report, content[0] if content else Content(), result.exhibits)


def _photo(path: str, digest: str, order: Order) -> Known:
    from engine.archive.audit.photos import photo_content, photo_report
    from engine.media.photos import read_photo

    content: list[Content] = []

    def work() -> Inspected:
        facts = read_photo(path)
        content.append(photo_content(facts))
        return Inspected(photo_report(path, os.stat(path).st_size, digest, facts, Options(order.pack).pack))

    result = known(digest, guarded(path, work))
    return Known(result.report, content[0] if content else Content(kind="photo"))

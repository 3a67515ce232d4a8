"""The audit of an archive: declarations, inventory, examination, judgement. All reading of files is here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Literal

from engine._version import __version__
from engine.archive.audit.attachments import attachments
from engine.archive.audit.cache import Cache
from engine.archive.audit.gather import Holding, Inventory, take_inventory
from engine.archive.audit.gathered import Gathered
from engine.archive.audit.judging import Archive, faulty, judged
from engine.archive.audit.proofs import has_proof
from engine.archive.audit.result import ArchiveReport
from engine.archive.audit.standing import homeless, in_archive
from engine.archive.audit.worker import Order, Record, examine_record, lost_record
from engine.archive.manifests import load_archive
from engine.archive.pool import Standing, plan, run
from engine.findings import FileReport
from engine.proofs.policy import Policy
from engine.rules.cases.manifest import ArchiveSettings
from engine.rules.cases.result import CaseReport
from engine.rules.pack import RulePack, load, names

Watch = Callable[[Standing], None]


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """How an archive is audited.

    Parameters
    ----------
    as_of
        The moment that deadlines are checked for, aware; now if None.
    jobs
        Files at a time; by processors if None.
    exhibits
        Plots and pictures that are kept for a page.
    cache
        Folder for what is known of files already; None to examine everything anew.
    policy
        Whose signatures and timestamps on proofs count; without one a proof needs none.
    register
        The access register; None if there is none to look at.
    """

    as_of: datetime | None = None
    jobs: int | None = None
    exhibits: Literal["none", "plots", "pictures"] = "none"
    cache: str | None = None
    policy: Policy | None = None
    register: str | None = None


DEFAULTS: Final = AuditOptions()


def audit(
    archive: str | os.PathLike[str], options: AuditOptions = DEFAULTS, watch: Watch | None = None
) -> ArchiveReport:
    """Hold an archive against its rule pack.

    Parameters
    ----------
    archive
        Folder with ``archive.toml``, ``devices.toml`` and a ``case.toml`` for each case, or the
        tables of a spreadsheet. Nothing is written to it.
    options
        See `AuditOptions`.
    watch
        Called in this thread with how far the examination of files has come.

    Returns
    -------
    ArchiveReport
        Also for an archive whose declarations have faults: what is faulty is named, the rest is
        judged. After Ctrl-C it holds the cases whose records were all examined, and says how
        many are left.
    """
    loaded = load_archive(archive)
    as_of = options.as_of or datetime.now().astimezone()
    empty = ArchiveReport(
        path=os.fspath(archive),
        department=loaded.settings.department,
        pack=loaded.pack,
        as_of=as_of,
        cases=(),
        files=(),
        version=__version__,
        problems=loaded.problems,
        options=_bearing(loaded.settings, options),
    )
    if loaded.pack is None:
        return replace(empty, cases=tuple(faulty(c) for c in loaded.cases))
    inventory = take_inventory(loaded)
    records, left = _examine(inventory, loaded.pack, options, watch)
    gathered = Gathered.of(loaded, inventory, records, options.jobs, options.register, None if left else watch)
    archive_wide = Archive(loaded.settings, gathered.devices, loaded.pack, as_of)
    return replace(_report(empty, gathered, archive_wide), left=left)


def _bearing(settings: ArchiveSettings, options: AuditOptions) -> dict[str, Any]:
    """What results depend on beside the files and the pack."""
    policy = options.policy
    return {
        "overrides": dict(settings.overrides),
        "items": list(settings.items),
        "calendar": settings.calendar,
        "timezone": settings.timezone,
        "signature_asked_for": policy is not None and policy.active,
        "timestamp_asked_for": policy is not None and policy.authorities is not None,
        "access_register": options.register is not None,
    }


def _examine(
    inventory: Inventory, pack: RulePack, options: AuditOptions, watch: Watch | None
) -> tuple[dict[str, Record], int]:
    """(path -> what its examination came to, how many are left undone). One file on disk is read once."""
    works: dict[str, list[str]] = {}
    for path in dict.fromkeys(_paths(inventory)):
        found = inventory.found[path]
        if found.standing == "file":
            works.setdefault(_work_key(found.real, found.identity), []).append(path)
    firsts = [inventory.found[paths[0]].real for paths in works.values()]
    at_a_time, threads = plan(len(firsts), options.jobs)
    cache = None
    if options.cache is not None:
        cache = Cache.of(options.cache, pack.blake3, {"purpose": "audit", "exhibits": options.exhibits})
    order = Order(_reference(pack), threads, options.exhibits, cache, options.policy)
    batch = run(partial(examine_record, order=order), firsts, lost_record, at_a_time, watch)
    by_real = {record.path: record for record in batch.results}
    done: dict[str, Record] = {}
    for real, paths in zip(firsts, works.values(), strict=True):
        if real in by_real:
            done |= {path: in_archive(by_real[real], path, pack) for path in paths}
    return done, len(firsts) - len(by_real)


def _reference(pack: RulePack) -> str | RulePack:
    """The pack's name where it is the one that comes with the engine: a name is sent to workers sooner."""
    own = pack.name in names() and load(pack.name).blake3 == pack.blake3
    return pack.name if own else pack


def _paths(inventory: Inventory) -> Iterable[str]:
    for holding in inventory.holdings:
        yield from holding.paths
    yield from inventory.homeless


def _work_key(real: str, identity: tuple[int, int] | None) -> str:
    """Two names of one file are one work, unless one has a proof of its own beside it."""
    if identity is None or has_proof(real):
        return real
    return f"\0{identity[0]}:{identity[1]}"


def _report(empty: ArchiveReport, gathered: Gathered, archive: Archive) -> ArchiveReport:
    """`empty` with every case whose records were all examined, and every file."""
    inventory, records = gathered.inventory, gathered.records
    complete = [holding for holding in inventory.holdings if gathered.knows(holding)]
    in_no_case = set(inventory.homeless)
    files = [_file(records[p], p in in_no_case, archive.pack) for p in dict.fromkeys(_paths(inventory)) if p in records]
    return replace(
        empty,
        cases=tuple(_case(holding, gathered, archive) for holding in complete),
        files=tuple(files),
        exhibits={p: r.known.exhibits for p, r in records.items() if r.known.exhibits is not None},
        cases_left=len(inventory.holdings) - len(complete),
    )


def _file(record: Record, in_no_case: bool, pack: RulePack) -> FileReport:
    report = record.known.report
    return homeless(report, pack) if in_no_case else report


def _case(holding: Holding, gathered: Gathered, archive: Archive) -> CaseReport:
    loaded = holding.loaded
    if loaded.case is None:
        return faulty(loaded)
    zone = gathered.zone or loaded.case.start.tzinfo or UTC
    facts = tuple(gathered.facts(holding, path, zone) for path in holding.paths)
    reports = attachments(loaded.case, os.path.join(gathered.inventory.root, loaded.folder))
    return judged(loaded, loaded.case, facts, reports, gathered.surroundings, archive)

"""What is known over a whole archive before any of its cases is judged."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo

from engine.archive.audit.access import access_facts
from engine.archive.audit.backups import Wanted, Watch, compare_all
from engine.archive.audit.content import NO_PRINT
from engine.archive.audit.facts import record_facts
from engine.archive.audit.gather import Holding, Inventory
from engine.archive.audit.habits import device_habits, with_clock_habits
from engine.archive.audit.placing import Named
from engine.archive.audit.sequences import identify, register, sequences
from engine.archive.audit.structures import with_structures
from engine.archive.audit.surroundings import Held, listed_elsewhere, reuse
from engine.archive.audit.worker import Record
from engine.archive.manifests import LoadedArchive
from engine.archive.manifests.settings import zone_of
from engine.archive.pool import plan
from engine.rules.cases.device_clocks import DeviceHabits
from engine.rules.cases.manifest import Device
from engine.rules.cases.record import BackupFacts, RecordFacts, Reuse, Surroundings


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is known over the whole archive before any case is judged."""

    inventory: Inventory
    records: Mapping[str, Record]
    devices: Mapping[str, Device]
    zone: tzinfo | None
    named: Mapping[str, Named]
    reused: Mapping[tuple[str, str], tuple[Reuse, ...]]
    backups: Mapping[tuple[str, str], BackupFacts]
    surroundings: Surroundings
    habits: Mapping[str, DeviceHabits]

    @staticmethod
    def of(
        loaded: LoadedArchive,
        inventory: Inventory,
        records: Mapping[str, Record],
        jobs: int | None,
        access_register: str | None,
        watch: Watch | None,
    ) -> Gathered:
        """Compare backups, structures and clocks, find shared footage, number files; `watch` as of `compare_all`."""
        devices = register(loaded.devices)
        named = _named(inventory, records, devices)
        if loaded.pack is not None:
            real = {path: inventory.found[path].real for path in records}
            records = with_structures(records, named, real, loaded.pack)
            records = with_clock_habits(records, named, loaded.pack)
        there = (n for p, n in named.items() if inventory.found[p].standing == "file")
        held = _held(inventory, records)
        return Gathered(
            inventory=inventory,
            records=records,
            devices=devices,
            zone=zone_of(loaded.settings),
            named=named,
            reused=reuse(held),
            backups=_backups(inventory, records, plan(len(records), jobs)[0], watch),
            surroundings=Surroundings(sequences(there), listed_elsewhere(held), access_facts(access_register)),
            habits=device_habits(records, named),
        )

    def knows(self, holding: Holding) -> bool:
        """Whether every record of a case was examined and every backup compared."""
        return all(self._known(holding, p) for p in holding.paths if self.inventory.found[p].standing == "file")

    def _known(self, holding: Holding, path: str) -> bool:
        listed = holding.listed.get(path)
        compared = listed is None or listed.backup is None or (holding.loaded.id, path) in self.backups
        return path in self.records and compared

    def facts(self, holding: Holding, path: str, zone: tzinfo) -> RecordFacts:
        """The facts of one record of a case, by the zone of clocks that state none."""
        named = self.named[path]
        return record_facts(
            self.inventory.found[path],
            self.records.get(path),
            named,
            holding.listed.get(path),
            None if named.device is None else self.devices.get(named.device),
            zone,
            self.backups.get((holding.loaded.id, path)),
            self.reused.get((holding.loaded.id, path), ()),
            self.habits.get(named.device or ""),
        )


def _named(inventory: Inventory, records: Mapping[str, Record], devices: Mapping[str, Device]) -> dict[str, Named]:
    named: dict[str, Named] = {}
    for holding in inventory.holdings:
        for path in holding.paths:
            serial = records[path].known.content.serial if path in records else None
            named[path] = identify(path, holding.listed.get(path), devices, serial)
    for path in inventory.homeless:
        named[path] = identify(path, None, devices)
    return named


def _held(inventory: Inventory, records: Mapping[str, Record]) -> list[Held]:
    return [
        Held(
            holding.loaded.id,
            path,
            inventory.found[path].identity,
            records[path].known.report.blake3 if path in records else None,
            path in holding.listed,
            records[path].known.content.fingerprint if path in records else NO_PRINT,
        )
        for holding in inventory.holdings
        for path in holding.paths
    ]


def _backups(
    inventory: Inventory, records: Mapping[str, Record], jobs: int, watch: Watch | None
) -> dict[tuple[str, str], BackupFacts]:
    """(case, path) -> its backup; after Ctrl-C without those that were not compared."""
    wanted = [
        Wanted(
            (holding.loaded.id, path),
            listed.backup,
            os.path.join(inventory.root, holding.loaded.folder),
            inventory.found[path].real,
            records[path].known.report.blake3,
            records[path].proof,
        )
        for holding in inventory.holdings
        for path, listed in holding.listed.items()
        if listed.backup is not None and path in records
    ]
    return compare_all(wanted, jobs, watch)[0]

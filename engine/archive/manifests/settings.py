"""archive.toml and devices.toml: settings, rule pack and device register."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.archive.manifests.packfile import read_pack_file
from engine.archive.manifests.patterns import pattern_fault
from engine.archive.manifests.positions import Path as KeyPath
from engine.archive.manifests.problems import ManifestProblem, listed, nearest, shortened
from engine.archive.manifests.reading import Document, read_toml
from engine.archive.manifests.schema import EXPECTED, Source, dotted, validated
from engine.rules import pack as packs
from engine.rules.cases.manifest import ArchiveSettings, Device

ARCHIVE_FILE: Final = "archive.toml"
DEVICES_FILE: Final = "devices.toml"
CALENDARS: Final = ("cn",)
"""Calendars of working days that there are."""


MAX_TOLERANCE: Final = 1e6
"""No tolerance is larger, whatever its unit."""


@dataclass(frozen=True, slots=True)
class Register:
    """The device register: its sound entries, and every serial that it names."""

    devices: tuple[Device, ...]
    serials: frozenset[str] | None
    """None where there is no register that could be read: then no device is unknown."""
    problems: tuple[ManifestProblem, ...]


def source_of(document: Document, prefix: KeyPath = ()) -> Source:
    """Places in a TOML file, below a table."""
    return Source(document.name, lambda p: document.lines.of(prefix + p), lambda p: dotted(prefix + p))


def schema_problems(document: Document, expected: str, known: tuple[str, ...]) -> list[ManifestProblem]:
    """Whether the file says what it is."""
    source = source_of(document)
    value = document.tables.get("schema")
    if value is None:
        near = nearest("schema", (k for k in document.tables if k not in known))
        return [source.problem(("schema",), "wrong_schema", expected=expected, value="", **near)]
    if value != expected:
        return [source.problem(("schema",), "wrong_schema", expected=expected, value=shortened(value))]
    return []


def read_settings(root: Path) -> tuple[ArchiveSettings, list[ManifestProblem]]:
    """The settings, and what is wrong with them; parts that are wrong have their defaults."""
    if not os.path.lexists(root / ARCHIVE_FILE):
        settings = ArchiveSettings()
        return settings, [
            ManifestProblem(ARCHIVE_FILE, None, "", "no_settings", {"pack": settings.rule_pack}, "warning")
        ]
    document = read_toml(root / ARCHIVE_FILE, ARCHIVE_FILE)
    if isinstance(document, ManifestProblem):
        return ArchiveSettings(), [document]
    values = {k: v for k, v in document.tables.items() if k != "schema"}
    source = source_of(document)
    problems = schema_problems(document, "unbroken.archive/1", tuple(ArchiveSettings.model_fields))
    read, faults = validated(ArchiveSettings, values, source, None)
    if read is None:
        wrong = {f.path[0] for f in faults if f.path}
        read, _ = validated(ArchiveSettings, {k: v for k, v in values.items() if k not in wrong}, source, None)
    settings = read or ArchiveSettings()
    problems += [f.problem for f in faults]
    if settings.timezone is not None and zone_of(settings) is None:
        problems.append(source.problem(("timezone",), "unknown_timezone", value=settings.timezone))
    if settings.calendar not in CALENDARS:
        problems.append(
            source.problem(("calendar",), "unknown_calendar", value=settings.calendar, known=listed(CALENDARS))
        )
        settings = settings.model_copy(update={"calendar": CALENDARS[0]})
    for n, day in enumerate(settings.make_up_days):
        if day in settings.holidays:
            problems.append(source.problem(("make_up_days", n), "holiday_and_working_day", value=day.isoformat()))
    return settings, problems


def zone_of(settings: ArchiveSettings) -> tzinfo | None:
    """The zone of times without offset; None where none is set or known."""
    if settings.timezone is None:
        return None
    try:
        return ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def read_pack(root: Path, settings: ArchiveSettings) -> tuple[packs.RulePack | None, list[ManifestProblem]]:
    """The rule pack that the settings name, with what is wrong with it or with the overrides."""
    source = _archive_source(root)
    name = settings.rule_pack
    if name.endswith(".toml"):
        pack, problems = read_pack_file(root / name, name)
        if pack is None:
            return None, [source.problem(("rule_pack",), "bad_pack", value=name), *problems]
    elif name in packs.names():
        pack = packs.load(name)
    else:
        known = packs.names()
        params = {"value": name, "known": listed(known), **nearest(name, known)}
        return None, [source.problem(("rule_pack",), "unknown_pack", **params)]
    return pack, override_problems(settings.overrides, tuple(pack.content.tolerances), source)


def override_problems(overrides: Mapping[str, float], known: tuple[str, ...], source: Source) -> list[ManifestProblem]:
    """Overrides of tolerances that there are not, or that are negative."""
    problems = []
    for name, value in overrides.items():
        path = ("overrides", name)
        if name not in known:
            problems.append(source.problem(path, "unknown_override", known=listed(known), **nearest(name, known)))
        elif value > MAX_TOLERANCE:
            problems.append(source.problem(path, "too_large_override", value=f"{value:g}"))
        elif value < 0:
            problems.append(source.problem(path, "negative_override", value=f"{value:g}"))
    return problems


def read_register(root: Path) -> Register:
    """The device register; entries that have faults are left out and their serials kept."""
    if not os.path.lexists(root / DEVICES_FILE):
        return Register((), None, (ManifestProblem(DEVICES_FILE, None, "", "no_register", {}, "warning"),))
    document = read_toml(root / DEVICES_FILE, DEVICES_FILE)
    if isinstance(document, ManifestProblem):
        return Register((), None, (document,))
    problems = schema_problems(document, "unbroken.devices/1", ("devices",))
    source = source_of(document)
    for key in document.tables:
        if key not in ("schema", "devices"):
            problems.append(
                source.problem((key,), "unknown_field", known="schema, devices", **nearest(key, ("schema", "devices")))
            )
    entries = document.tables.get("devices", [])
    if not isinstance(entries, list):
        en, zh = EXPECTED["tuple_type"]
        problems.append(
            source.problem(("devices",), "wrong_type", expected_en=en, expected_zh=zh, value=type(entries).__name__)
        )
        return Register((), None, tuple(problems))
    devices: list[Device] = []
    lines: dict[str, int] = {}
    for n, entry in enumerate(entries):
        device, faults = _device(entry, source_of(document, ("devices", n)))
        serial = str(entry.get("serial", "")).strip() if isinstance(entry, dict) else ""
        if serial and serial in lines:
            where = source_of(document, ("devices", n))
            faults.append(where.problem(("serial",), "duplicate_serial", value=serial, line=str(lines[serial])))
        if serial:
            lines.setdefault(serial, document.lines.of(("devices", n, "serial")))
        problems += faults
        if device is not None and not faults:
            devices.append(device)
    return Register(tuple(devices), frozenset(lines), tuple(problems))


def _device(entry: Any, source: Source) -> tuple[Device | None, list[ManifestProblem]]:
    if not isinstance(entry, dict):
        en, zh = EXPECTED["dict_type"]
        return None, [source.problem((), "wrong_type", expected_en=en, expected_zh=zh, value=shortened(entry))]
    device, faults = validated(Device, entry, source, None)
    problems = [f.problem for f in faults]
    pattern = entry.get("filename")
    if isinstance(pattern, str) and ("filename",) not in [f.path for f in faults] and (why := pattern_fault(pattern)):
        problems.append(source.problem(("filename",), why[0], **why[1]))
    return device, problems


def _archive_source(root: Path) -> Source:
    document = read_toml(root / ARCHIVE_FILE, ARCHIVE_FILE) if os.path.lexists(root / ARCHIVE_FILE) else None
    if isinstance(document, Document):
        return source_of(document)
    return Source(ARCHIVE_FILE, lambda _: 1, dotted)

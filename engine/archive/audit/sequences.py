"""Which device a file is from, and the numbers of a device's files on a day, over the whole archive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import PurePosixPath

from engine.archive.audit.placing import Named, read_name
from engine.rules.cases.manifest import CaseRecording, Device


def identify(
    path: str, listed: CaseRecording | None, devices: Mapping[str, Device], serial: str | None = None
) -> Named:
    """What a file's name and the paperwork say of its device, day and number.

    Parameters
    ----------
    path
        Relative to the archive.
    listed
        What the paperwork declares; its device is believed.
    devices
        The register, by serial.
    serial
        A serial number inside the file (EXIF), which names the device where neither does.
    """
    name = PurePosixPath(path).name
    if listed is not None and listed.device is not None:
        device = devices.get(listed.device)
        read = None if device is None else read_name(name, device)
        return read or Named(listed.device)
    for device in devices.values():
        read = read_name(name, device)
        if read is not None:
            return read
    return Named(serial if serial in devices else None)


def sequences(names: Iterable[Named]) -> dict[tuple[str, date], tuple[int, ...]]:
    """(device, day) -> the file numbers that are present, rising, each once."""
    found: defaultdict[tuple[str, date], set[int]] = defaultdict(set)
    for named in names:
        if named.device is not None and named.day is not None and named.sequence is not None:
            found[named.device, named.day].add(named.sequence)
    return {key: tuple(sorted(numbers)) for key, numbers in found.items()}


def register(devices: Sequence[Device]) -> dict[str, Device]:
    """Devices by serial; the first of two with one serial."""
    by_serial: dict[str, Device] = {}
    for device in devices:
        by_serial.setdefault(device.serial, device)
    return by_serial

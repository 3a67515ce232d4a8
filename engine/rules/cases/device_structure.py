"""Whether the container of a recording is built like those of its device's other recordings: pure.

One device, one firmware and one mode write one structure. Whatever re-saves a recording, also without a
trace of its own name, hardly ever writes the same.
Source: Gloe, Fischer, Kirchner, "Forensic analysis of video file formats", Digital Investigation 11, 2014.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engine.findings import Evidence, Finding, Kind, Level, Severity, Source, Value
from engine.media.structure_print import first_difference

NAME: Final = "device_structure"
LEAST: Final = 20
"""Other recordings of the device that must agree before one that differs is suspect."""
LEAST_TO_TELL: Final = 3
"""Others that must agree before a difference is told at all."""
A_MODE: Final = 0.05
"""Share of a device's recordings from which a structure of its own is another way of this device to record."""

AT_TIMES: Final = re.compile(r"^(free|skip|wide)$|/(edts|stss|ctts|sdtp|free)$|/edts/elst ")
"""Parts that one recorder writes at times."""


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """A recording and how its container is built.

    Parameters
    ----------
    path
        Relative to the archive.
    device
        The device that it is said to be from.
    fingerprint
        Of its structure; empty where the container is none of those that are read.
    mode
        What was recorded: codecs, picture size, kinds of streams. Files of different modes are not compared.
    writer
        What firmware and encoder call themselves in it; where that differs, a difference is explained.
    software
        Whether the structure is that of a known program that re-saves.
    """

    path: str
    device: str
    fingerprint: str
    mode: str = ""
    writer: str = ""
    software: bool = False


TextOf = Callable[[str], str]
"""Path -> the structure's text (`Structure.text`); asked of files that differ, and of one that does not."""


def structure_findings(files: Iterable[BuiltFile], text_of: TextOf) -> tuple[Finding, ...]:
    """What to say of recordings that are built unlike their device's others, in order of their paths.

    Parameters
    ----------
    files
        All recordings of an archive, in any order; those without a device or a fingerprint are left out.
    text_of
        See `TextOf`.

    Returns
    -------
    tuple of Finding
        Each names its `file`. A suspicion where at least `LEAST` others of the same device and mode are built
        alike, nothing explains the difference, and the structure is no second habit of the device
        (`A_MODE`), or is that of a program, and the others are not; else a notice.
    """
    groups: defaultdict[tuple[str, str], list[BuiltFile]] = defaultdict(list)
    for file in files:
        if file.device and file.fingerprint:
            groups[file.device, file.mode].append(file)
    found = [f for group in groups.values() for f in _of_device(group, text_of)]
    return tuple(sorted(found, key=lambda f: f.file or ""))


def _of_device(group: Sequence[BuiltFile], text_of: TextOf) -> Iterator[Finding]:
    counts = Counter(file.fingerprint for file in group)
    # equal counts are settled by the fingerprint, so that the answer does not hang on the order of files
    usual = max(counts, key=lambda print_: (counts[print_], print_))
    if counts[usual] < LEAST_TO_TELL:
        return
    like = [file for file in group if file.fingerprint == usual]
    model = min(like, key=lambda file: file.path)
    writers = {file.writer for file in like}
    for file in group:
        if file.fingerprint != usual:
            alike, share = len(like), counts[file.fingerprint] / len(group)
            mine, theirs = text_of(file.path), text_of(model.path)
            explained = file.writer not in writers or parts_of(mine) == parts_of(theirs)
            habit = share >= A_MODE and counts[file.fingerprint] > 1
            program = file.software and not model.software
            suspect = alike >= LEAST and (program or not (explained or habit))
            yield _finding(file, first_difference(mine, theirs), alike, model, suspect)


def parts_of(text: str) -> frozenset[str]:
    """The parts of a structure that one recorder always writes, whatever their order.

    Recorders put an index that fits in front of the media and a longer one behind, write edit lists where sound
    and picture begin apart, and tables of key pictures and of reordering where there is something to say.
    """
    return frozenset(line for line in text.splitlines() if not AT_TIMES.search(line))


def _finding(file: BuiltFile, differ: tuple[str, str], others: int, model: BuiltFile, suspect: bool) -> Finding:
    mine, usual = differ
    params: dict[str, Value] = {
        "others": others,
        "device": file.device,
        "here": mine or None,
        "usual": usual or None,
        "model": model.path,
    }
    return Finding(
        kind=Kind.EDIT_TRACE,
        severity=Severity.SUSPICION if suspect else Severity.NOTICE,
        level=Level.E1,
        stream="container",
        start_s=None,
        end_s=None,
        score=0.8 if suspect else 0.3,
        template="structure_differs",
        params=params,
        evidence=(
            Evidence(Source.CONTAINER, "structure", file.fingerprint, model.fingerprint),
            Evidence(Source.CONTAINER, "recordings_alike", others, LEAST),
        ),
        detector=NAME,
        file=file.path,
    )

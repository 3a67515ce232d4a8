"""What the rest of an archive says that bears on a case: shared files, reused footage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from engine.archive.reuse import shared_footage
from engine.features.videoprint import VideoPrint
from engine.rules.cases.record import Reuse


@dataclass(frozen=True, slots=True)
class Held:
    """A record that a case holds, listed or lying in its folder.

    Parameters
    ----------
    case
        Identifier of the case, as it is unique in the archive.
    path
        Relative to the archive.
    identity
        (device, inode); None where there is no file.
    blake3
        Digest; None where it could not be read.
    listed
        Whether the paperwork lists it.
    fingerprint
        Of its pictures.
    """

    case: str
    path: str
    identity: tuple[int, int] | None
    blake3: str | None
    listed: bool
    fingerprint: VideoPrint


def listed_elsewhere(held: Iterable[Held]) -> dict[str, tuple[str, ...]]:
    """Path -> cases that list it, for files that more than one case lists."""
    cases: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for one in held:
        if one.listed:
            cases[one.path].setdefault(one.case)
    return {path: tuple(names) for path, names in cases.items() if len(names) > 1}


def reuse(held: Sequence[Held]) -> dict[tuple[str, str], tuple[Reuse, ...]]:
    """(case, path) -> records with the same content, or nearly the same pictures, which other cases hold; those with
    nearly the same pictures, which the case itself holds, too: footage may come back within a case.

    Two names of one file on disk are ``same_file``, two files with one digest ``same_content``, and
    files with footage in common ``near_duplicate``. A file that two cases list by the same path is
    `listed_elsewhere` and not repeated here.
    """
    found = _same(held)
    for key, more in _nearly_same(held).items():
        known = found.get(key, ())
        paths = {r.path for r in known}
        found[key] = (*known, *(r for r in more if r.path not in paths))[:MOST]
    return found


def _nearly_same(held: Sequence[Held]) -> dict[tuple[str, str], tuple[Reuse, ...]]:
    """Footage in common of different files; those with one digest are asked once."""
    holders: defaultdict[str, list[Held]] = defaultdict(list)
    for one in held:
        if one.blake3 is not None:
            holders[one.blake3].append(one)
    found: defaultdict[tuple[str, str], list[Reuse]] = defaultdict(list)
    for shared in shared_footage({digest: same[0].fingerprint for digest, same in holders.items()}):
        for one in holders[shared.path]:
            others = holders[shared.other]
            theirs = next((h for h in others if h.case == one.case), others[0])
            again = Reuse(theirs.case, theirs.path, "near_duplicate", shared.share, shared.offset_s)
            found[one.case, one.path].append(again)
    return {key: tuple(sorted(r, key=lambda one: -one.share)) for key, r in found.items()}


def _same(held: Sequence[Held]) -> dict[tuple[str, str], tuple[Reuse, ...]]:
    groups: defaultdict[str, list[Held]] = defaultdict(list)
    for one in held:
        if one.blake3 is not None:
            groups[one.blake3].append(one)
    found: dict[tuple[str, str], tuple[Reuse, ...]] = {}
    for group in groups.values():
        first_of_case: dict[str, Held] = {}
        for one in group:
            first_of_case.setdefault(one.case, one)
        if len(first_of_case) > 1:
            found |= {(h.case, h.path): r for h in group if (r := _others(h, first_of_case.values()))}
    return found


def _others(one: Held, candidates: Iterable[Held]) -> tuple[Reuse, ...]:
    """One record of each other case, `MOST` at most."""
    others = (h for h in candidates if h.case != one.case and h.path != one.path)
    return tuple(
        Reuse(h.case, h.path, "same_file" if h.identity == one.identity else "same_content", 1.0)
        for h in islice(others, MOST)
    )


MOST: Final = 20
"""Other cases that are named for one record: a file copied into every case must not make a report of squares."""

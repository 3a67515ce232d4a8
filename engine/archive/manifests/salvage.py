"""What is left of a case that has faults: so that the rest of it is looked at in the same run.

The salvaged case is never judged. It only lets contradictions be named beside the faults.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from pydantic import ValidationError

from engine.archive.manifests.positions import Path
from engine.archive.manifests.schema import model_at
from engine.rules.cases.instants import ZONE
from engine.rules.cases.manifest import Case

STAND_INS: Final[Mapping[str, str]] = {
    "id": "?",
    "activity": "?",
    "start": "2000-01-01T00:00:00Z",
    "end": "2099-12-31T00:00:00Z",
}
"""For required fields that are missing or wrong; an activity this long contradicts nothing."""


@dataclass(frozen=True, slots=True)
class Salvaged:
    """A case without its faulty parts.

    Parameters
    ----------
    case
        What is left.
    kept
        Table -> for each of its entries that are left, the index it had.
    """

    case: Case
    kept: Mapping[str, tuple[int, ...]]

    def original(self, path: Path) -> Path:
        """A path in the salvaged case as a path in the file."""
        if len(path) > 1 and path[0] in self.kept and isinstance(path[1], int):
            return (path[0], self.kept[str(path[0])][path[1]], *path[2:])
        return path


def salvage(values: Mapping[str, Any], faults: Iterable[Path], zone: tzinfo | None) -> Salvaged | None:
    """A case from what has no fault; None where nothing can be made of it.

    Parameters
    ----------
    values
        As they were read.
    faults
        Paths of the faults. An entry of a table is left out whole where the fault is in a field that
        it must have.
    zone
        Of times without offset.
    """
    rest: dict[str, Any] = dict(values)
    tables: dict[str, dict[int, Any]] = {}
    for path in faults:
        name = str(path[0]) if path else ""
        if len(path) > 1 and isinstance(path[1], int) and isinstance(values.get(name), list):
            entries = tables.setdefault(name, dict(enumerate(values[name])))
            entries[path[1]] = _entry(entries.get(path[1]), path)
        elif name in STAND_INS:
            rest[name] = STAND_INS[name]
        else:
            rest.pop(name, None)
    kept: dict[str, tuple[int, ...]] = {}
    for name, entries in tables.items():
        if name in rest:
            kept[name] = tuple(n for n, entry in entries.items() if entry is not None)
            rest[name] = [entries[n] for n in kept[name]]
    try:
        return Salvaged(Case.model_validate(rest, context={ZONE: zone}), kept)
    except ValidationError:
        return None


def _entry(entry: Any, path: Path) -> dict[str, Any] | None:
    """An entry without the field that a fault lies in; None where it cannot do without it."""
    model = model_at(Case, path[:2])
    if not isinstance(entry, dict) or model is None or len(path) < 3 or path[2] not in entry:
        return None
    field = model.model_fields.get(str(path[2]))
    if field is not None and field.is_required():
        return None
    return {name: value for name, value in entry.items() if name != path[2]}

"""Written reports that the paperwork names: are they there, and what is their digest."""

from __future__ import annotations

import os
from collections.abc import Iterable

from engine.proofs.files import digest_blake3, file_state
from engine.proofs.problems import ProofProblem
from engine.rules.cases.manifest import Case
from engine.rules.cases.record import Attachment


def attachments(case: Case, folder: str) -> dict[str, Attachment]:
    """The reports of a case's interruptions, by the path that the paperwork writes.

    Parameters
    ----------
    case
        Names them relative to `folder`.
    folder
        The folder of the file that names them, absolute.
    """
    return {name: _attachment(name, folder) for name in _named(case)}


def _named(case: Case) -> Iterable[str]:
    return dict.fromkeys(i.report for i in case.interruptions if i.report is not None)


def _attachment(name: str, folder: str) -> Attachment:
    path = os.path.normpath(os.path.join(folder, name))
    try:
        state = file_state(path)
        return Attachment(name, state.size, digest_blake3(path, state))
    except ProofProblem:
        return Attachment(name, None)

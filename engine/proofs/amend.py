"""Adding signatures and evidence to a seal that stands: the header never changes, nothing is taken away."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

from engine.proofs.envelope import Seal, from_bytes, read_bytes
from engine.proofs.files import STALE_S, draft, locked, remove_temporaries
from engine.proofs.problems import ProofProblem


def amend(path: str | os.PathLike[str], change: Callable[[Seal], Seal]) -> Seal:
    """Rewrite a seal file with what `change` adds.

    The new content is written under a temporary name, synced and renamed: whatever breaks this
    off, the old or the new file stands there whole. Programs that amend one seal at the same
    time wait for each other, and each adds to what the one before it wrote.

    Parameters
    ----------
    path
        The seal file.
    change
        Given the seal as it stands, returns it with signatures or evidence added, for instance
        ``lambda seal: seal.timestamped(stamp)``. Called once, while the seal is locked.

    Returns
    -------
    Seal
        As it stands now.

    Raises
    ------
    ProofProblem
        As of `envelope.read_seal` and `change`; ``seal_differs`` if the change is not one that
        may be made; ``cannot_write``.
    """
    target = Path(os.path.realpath(path))
    remove_temporaries(target.parent, (target,), time.time() - STALE_S)
    with locked(target):
        data = read_bytes(target)
        old = from_bytes(data)
        new = change(old)
        _check_added(old, new)
        content = new.to_bytes()
        from_bytes(content)  # what would not be read again is not written
        if content != data:
            mode = stat.S_IMODE(os.stat(target).st_mode)
            with draft(target, lambda name: _write(name, content)) as written:
                os.chmod(written.temporary, mode)
                written.publish()
    return new


def _check_added(old: Seal, new: Seal) -> None:
    if new.payload != old.payload or new.header != old.header:
        raise ProofProblem("seal_differs", "the header of a seal is never changed")
    if not set(old.signatures) <= set(new.signatures) or not new.evidence.extends(old.evidence):
        raise ProofProblem("seal_differs", "signatures and evidence are only added")


def _write(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)

"""The declared backup of a recording: is it there, is it equal, and does it protect anything."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from engine.archive.audit.proofs import UNREAD
from engine.archive.pool import Standing
from engine.proofs.files import digest_blake3, file_state, proof_paths
from engine.proofs.problems import ProofProblem
from engine.proofs.verify import Status, verify
from engine.rules.cases.record import BackupFacts, ProofFacts

Watch = Callable[[Standing], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A backup to be looked at; fields as of `backup_facts`. `key` names it in results."""

    key: tuple[str, str]
    declared: str
    folder: str
    recording: str
    digest: str | None
    proof: ProofFacts | None


def backup_facts(
    declared: str | None,
    folder: str,
    recording: str,
    digest: str | None,
    proof: ProofFacts | None,
) -> BackupFacts:
    """What is known of a backup.

    Parameters
    ----------
    declared
        Its path as the paperwork gives it; None where none is declared.
    folder
        The folder of the file that names it, absolute.
    recording
        The recording, absolute.
    digest
        BLAKE3 of the recording; None where it could not be read.
    proof
        What the recording's own proof came to. Where there is one, the backup must verify
        against it; else, and where the recording's container alone was changed, it must have the same
        whole-file digest.
    """
    if declared is None:
        return BackupFacts("none_declared")
    path = os.path.normpath(os.path.join(folder, declared))
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return BackupFacts("missing")
    except (OSError, ValueError) as error:
        return BackupFacts("unreadable", detail=getattr(error, "strerror", None) or str(error))
    if not stat.S_ISREG(status.st_mode):
        return BackupFacts("unreadable", detail="not_a_file")
    weak = _weak(path, status, recording)
    if "same_inode" in weak:
        return BackupFacts("equal", weak)
    return _compared(path, weak, recording, digest, proof)


def compare_all(
    wanted: Sequence[Wanted], jobs: int, watch: Watch | None
) -> tuple[dict[tuple[str, str], BackupFacts], bool]:
    """What is known of many backups, several read at a time: reading waits for disks.

    Returns
    -------
    dict
        `Wanted.key` -> what is known of it; after Ctrl-C without those that were not finished.
    bool
        Whether Ctrl-C came.
    """
    done: dict[tuple[str, str], BackupFacts] = {}
    began = time.monotonic()
    pool = ThreadPoolExecutor(max(1, jobs))
    waiting = {pool.submit(backup_facts, w.declared, w.folder, w.recording, w.digest, w.proof): w for w in wanted}
    try:
        for future in as_completed(waiting):
            done[waiting[future].key] = future.result()
            if watch is not None:
                watch(_standing(len(done), len(wanted), time.monotonic() - began))
    except KeyboardInterrupt:
        return done, True
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return done, False


def _standing(done: int, files: int, elapsed_s: float) -> Standing:
    return Standing(done, files, 0.0, elapsed_s, (), done / max(1, files))


def _weak(path: str, status: os.stat_result, recording: str) -> tuple[str, ...]:
    """Why a backup protects little: the medium that fails takes both."""
    reasons = ["link"] if os.path.islink(path) else []
    try:
        own = os.stat(recording)
    except OSError:
        return tuple(reasons)
    if (own.st_dev, own.st_ino) == (status.st_dev, status.st_ino):
        reasons.append("same_inode")
    elif own.st_dev == status.st_dev:
        reasons.append("same_volume")
    return tuple(reasons)


def _compared(
    path: str, weak: tuple[str, ...], recording: str, digest: str | None, proof: ProofFacts | None
) -> BackupFacts:
    if proof is not None and proof.status != Status.NOT_SEALED:
        result = verify(path, proof_paths(recording)[0])
        if result.reason in UNREAD:
            return BackupFacts("unreadable", weak, result.reason)
        if result.status is Status.OK:
            return BackupFacts("equal", weak)
        if result.reason != "leaves_missing":
            changed = BackupFacts("differs", weak, f"{result.status.value}: {result.reason}")
            # a true copy of a recording whose container was changed lacks what the recording lacks, and is told there
            as_recording = result.status is Status.OK_WITH_MISSING_INFO and proof.status == Status.OK_WITH_MISSING_INFO
            return _by_digest(path, weak, digest, changed) if as_recording else changed
    return _by_digest(path, weak, digest, BackupFacts("differs", weak))


def _by_digest(path: str, weak: tuple[str, ...], digest: str | None, otherwise: BackupFacts) -> BackupFacts:
    """Equal where the whole files are."""
    try:
        state = file_state(path)
        if digest is None:
            return BackupFacts("unreadable", weak, "nothing_to_compare")
        return BackupFacts("equal", weak) if digest_blake3(path, state) == digest else otherwise
    except ProofProblem as problem:
        return BackupFacts("unreadable", weak, problem.reason)

"""Seals and the archive's log: which log is a recording's, and what is written into the seal."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.proofs.amend import amend
from engine.proofs.envelope import Seal, read_seal
from engine.proofs.evidence import LogInclusion
from engine.proofs.files import SEAL_SUFFIX, proof_paths
from engine.proofs.log.checkpoint import open_checkpoint
from engine.proofs.log.log import Log, Proof
from engine.proofs.log.note import Algorithm, Signer
from engine.proofs.logentry import log_entry
from engine.proofs.problems import ProofProblem

if TYPE_CHECKING:
    from engine.proofs import signing

CONFIG: Final = "unbroken-log.toml"
"""Names the log of all recordings in its folder and below."""
MAX_CONFIG: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Config:
    """What `CONFIG` says.

    Parameters
    ----------
    log
        The log's folder.
    key
        The log's private key; None where this archive's seals are only proved and checked.
    """

    log: Path
    key: Path | None


@dataclass(frozen=True, slots=True)
class Attached:
    """What came of one seal.

    Parameters
    ----------
    seal
        The file.
    status
        ``added``; ``known``: it was in the log already; ``renewed``: a cosigned checkpoint was
        added to a seal that had none; ``failed``.
    index
        Of the entry.
    reason, detail
        Where it failed.
    """

    seal: Path
    status: str
    index: int | None = None
    reason: str = ""
    detail: str = ""


def find_config(path: str | os.PathLike[str]) -> Config | None:
    """The nearest `CONFIG` in the folder of a file, or in those above it; None if there is none.

    Raises
    ------
    ProofProblem
        ``log_config`` if it cannot be read or does not say what it must.
    """
    folder = Path(os.path.abspath(path))
    for candidate in (folder, *folder.parents):
        if os.path.isfile(candidate / CONFIG):
            return read_config(candidate / CONFIG)
    return None


def locate(near: str | os.PathLike[str], log: Path | None = None, key: Path | None = None) -> Config:
    """Where log and key lie: as named, else as the nearest `CONFIG` says.

    Raises
    ------
    ProofProblem
        ``no_log_config`` if neither is; ``log_config``.
    """
    place = near if os.path.isdir(near) else os.path.dirname(os.path.abspath(near))
    found = None if log is not None and key is not None else find_config(place)
    if log is None:
        if found is None:
            raise ProofProblem("no_log_config")
        log = found.log
    return Config(log, key if key is not None or found is None else found.key)


def read_config(path: Path) -> Config:
    """Read a `CONFIG`; paths in it are meant from its own folder.

    Raises
    ------
    ProofProblem
        ``log_config``.
    """
    try:
        with open(path, "rb") as file:
            content = tomllib.loads(file.read(MAX_CONFIG).decode("utf-8"))
    except (OSError, ValueError) as error:
        raise ProofProblem("log_config", f"{path}: {error}") from error
    odd = content.keys() - {"log", "key"}
    if odd or not isinstance(content.get("log"), str) or not isinstance(content.get("key", ""), str):
        raise ProofProblem("log_config", f"{path}: {min(odd) if odd else 'log'}")
    key = content.get("key")
    return Config(path.parent / content["log"], None if key is None else path.parent / key)


def seal_files(names: Iterable[str]) -> list[Path]:
    """Seals that names stand for: a seal, a recording (its seal lies beside it), or a folder (all seals below)."""
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            found += sorted(path.rglob("*" + SEAL_SUFFIX))
        else:
            found.append(path if path.name.endswith(SEAL_SUFFIX) else proof_paths(path)[0])
    return list(dict.fromkeys(found))


def config_text(log: str, key: str) -> str:
    """A `CONFIG` with these paths."""
    return f"log = {_quoted(log)}\nkey = {_quoted(key)}\n"


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)  # a basic string of TOML, but for the deletion character


def note_signer(signer: signing.Signer, name: str, algorithm: Algorithm = Algorithm.ED25519) -> Signer:
    """A key of `engine.proofs.keyfile` under the name by which a log or a witness is known."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Signer(name, algorithm, Ed25519PrivateKey.from_private_bytes(signer.secret))


def append_seals(log: Log, sign: Callable[[], Signer], seals: Sequence[Path]) -> list[Attached]:
    """Add seals to a log that are not in it, and write into each the proof that it is.

    A seal that is in the log as of a checkpoint without cosignatures gets one that has them, once
    there is one. A seal that cannot be read or written fails alone.

    Parameters
    ----------
    log
        The log.
    sign
        Opens its private key; asked only where something is to be added.
    seals
        Files.

    Raises
    ------
    ProofProblem
        As of `Log.append` and `sign`: then nothing was added.
    """
    found: dict[Path, tuple[Seal, int | None] | ProofProblem] = {}
    for path in seals:
        try:
            seal = read_seal(path)
            found[path] = seal, continued_index(seal, log)
        except ProofProblem as problem:
            found[path] = problem
    new = [(p, log_entry(f[0])) for p, f in found.items() if not isinstance(f, ProofProblem) and f[1] is None]
    numbers = dict(zip((p for p, _ in new), log.append([e for _, e in new], sign()), strict=True)) if new else {}
    return [_attach(log, path, found[path], numbers.get(path)) for path in found]


def _attach(log: Log, path: Path, found: tuple[Seal, int | None] | ProofProblem, number: int | None) -> Attached:
    if isinstance(found, ProofProblem):
        return Attached(path, "failed", None, found.reason, found.detail)
    seal, known = found
    index = known if number is None else number
    assert index is not None
    try:
        inclusion = _inclusion(log, log_entry(seal), index)
        if known is not None and (
            _lines(inclusion) < 2 or any(_of(log, i) and _lines(i) > 1 for i in seal.evidence.log)
        ):
            return Attached(path, "known", index)
        amend(path, lambda now: _logged(now, seal, inclusion))
    except ProofProblem as problem:
        return Attached(path, "failed", index, problem.reason, problem.detail)
    return Attached(path, "added" if known is None else "renewed", index)


def _logged(now: Seal, seal: Seal, inclusion: LogInclusion) -> Seal:
    if now.payload != seal.payload:
        raise ProofProblem("seal_differs", "another proof took its place meanwhile")
    return now if inclusion in now.evidence.log else now.logged(inclusion)


def _inclusion(log: Log, entry: bytes, index: int) -> LogInclusion:
    proof = best_proof(log, entry, index)
    return LogInclusion(log.key.name, index, proof.path, str(proof.signed.note))


def best_proof(log: Log, entry: bytes, index: int) -> Proof:
    """As of the newest cosigned checkpoint that has the entry; else of the current one.

    Raises
    ------
    ProofProblem
        As of `Log.prove`.
    """
    cosigned = log.cosigned()
    covers = cosigned is not None and index < cosigned.checkpoint.size
    return log.prove(index, entry, cosigned if covers else None)


def continued_index(seal: Seal, log: Log) -> int | None:
    """Number of a seal's entry by the evidence that it carries; None without such.

    Every checkpoint that a seal carries was kept outside the log, which has to continue it.

    Raises
    ------
    ProofProblem
        ``log_rollback`` or ``log_fork``: the log was rewritten since; as of `Log.continues`.
    """
    for inclusion in seal.evidence.log:
        if not _of(log, inclusion):
            continue
        try:
            signed = open_checkpoint(inclusion.checkpoint.encode(), log.key)
        except ProofProblem:
            continue
        if Proof(inclusion.index, inclusion.path, signed).holds(log_entry(seal)):
            log.continues(signed.checkpoint)
            return inclusion.index
    return None


def _of(log: Log, inclusion: LogInclusion) -> bool:
    return inclusion.origin == log.key.name


def _lines(inclusion: LogInclusion) -> int:
    return inclusion.checkpoint.count("\n— ")


def _log_signer(sign: Callable[[Config], signing.Signer], config: Config, log: Log) -> Signer:
    return note_signer(sign(config), log.key.name)


def append_where_there_is_a_log(
    sealed: Iterable[tuple[str | os.PathLike[str], Path]], sign: Callable[[Config], signing.Signer]
) -> list[Attached]:
    """Add seals to the log of the archive that the recordings lie in; those in no such archive are left out.

    Parameters
    ----------
    sealed
        Recordings, each with its seal file.
    sign
        Opens a log's private key, `Config.key`; asked once for each log, if anything is to be
        added to it. May raise `ProofProblem`.

    Returns
    -------
    list of Attached
        Nothing is raised: a seal that could not be added stands as it is, and says why. The same
        ``unbroken log append`` adds it later.
    """
    by_log: dict[Config, list[Path]] = {}
    failed: list[Attached] = []
    for recording, seal in sealed:
        try:
            config = find_config(os.path.dirname(os.path.abspath(recording)))
        except ProofProblem as problem:
            failed.append(Attached(seal, "failed", None, problem.reason, problem.detail))
            continue
        if config is not None:
            by_log.setdefault(config, []).append(seal)
    for config, mine in by_log.items():
        try:
            log = Log.open(config.log)
            failed += append_seals(log, partial(_log_signer, sign, config, log), mine)
        except ProofProblem as problem:
            failed += [Attached(seal, "failed", None, problem.reason, problem.detail) for seal in mine]
    return failed

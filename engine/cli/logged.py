"""Seals that were just written go into the archive's log, where it has one: for every command that seals."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.common import Problem
from engine.cli.signers import passphrase

if TYPE_CHECKING:
    from engine.proofs.log.attach import Attached, Config
    from engine.proofs.signing import Signer


def append_sealed(sealed: Iterable[tuple[str, Path]], passphrase_file: Path | None = None) -> list[Attached]:
    """Add seals to the logs of the archives that their recordings lie in.

    Parameters
    ----------
    sealed
        Recordings, each with its seal.
    passphrase_file
        With the passphrase of the log's key; else it is taken as for every key.

    Returns
    -------
    list of Attached
        Nothing is raised: a seal stands, in the log or not.
    """
    from engine.proofs.log.attach import append_where_there_is_a_log

    def sign(config: Config) -> Signer:
        return _signer(config, passphrase_file)

    return append_where_there_is_a_log(sealed, sign)


def _signer(config: Config, passphrase_file: Path | None) -> Signer:
    from engine.proofs import keyfile
    from engine.proofs.problems import ProofProblem

    if config.key is None:
        raise ProofProblem("log_key_missing")
    keyfile.read_pem(config.key)
    try:
        given = passphrase(passphrase_file)
    except Problem as problem:
        raise ProofProblem("log_passphrase") from problem
    return keyfile.load(config.key, given)

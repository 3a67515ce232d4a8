"""Timestamps added to seals that stand: the first one, and renewals over all evidence before them.

A token is asked of an authority over HTTP, or in two steps where the archive has no network:
a request is written to a file, taken elsewhere, and the response that comes back is attached.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from engine.proofs.amend import amend
from engine.proofs.chain import Stamps, check_stamps, moment
from engine.proofs.covered import renewal_message, timestamp_message
from engine.proofs.envelope import Seal, read_seal
from engine.proofs.evidence import Rehash, Renewal, Timestamp
from engine.proofs.files import draft, file_state, proof_paths
from engine.proofs.problems import ProofProblem
from engine.proofs.rehash import digest_by
from engine.proofs.timestamp import Authorities, Digest, Request, Token, check_token, request, token_of
from engine.proofs.verify import Status, leaves_beside, verify

WITHIN_DAYS: Final = 90
"""A certificate that lapses within so many days is renewed."""


@dataclass(frozen=True, slots=True)
class RenewResult:
    """What stamping a seal came to.

    Parameters
    ----------
    path
        The recording.
    status
        ``stamped``, ``renewed``, ``not_due``, ``requested``, ``not_ok`` (the proof is not one to
        be stamped) or ``refused``.
    reason
        Identifier, empty where there is nothing to explain.
    detail
        What was seen.
    seal
        The seal file.
    time, tsa, valid_until
        Of the token that was added, or of the last one where none was due; ISO 8601, UTC.
    check
        ``verified``, ``untrusted`` or ``unchecked``: whether its authority is one of those given.
    """

    path: str
    status: str
    reason: str = ""
    detail: str = ""
    seal: Path | None = None
    time: str | None = None
    tsa: str | None = None
    valid_until: str | None = None
    check: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be stamped: the bytes that the token covers, and how it is kept."""

    change: str
    covered: bytes
    kept: Timestamp | Renewal

    def into(self, seal: Seal, token: bytes) -> Seal:
        """The seal with the token."""
        if isinstance(self.kept, Timestamp):
            return seal.timestamped(replace(self.kept, token=token))
        return seal.renewed(replace(self.kept, token=token))


Ask = Callable[[Request], bytes]
"""Takes a request to an authority and gives its response."""


def renew(
    path: str | os.PathLike[str],
    ask: Ask,
    proof: str | os.PathLike[str] | None = None,
    digest: Digest = "sha256",
    rehash: str | None = None,
    authorities: Authorities | None = None,
    within_days: int = WITHIN_DAYS,
) -> RenewResult:
    """Add a timestamp if there is none, or a renewal if the last one lapses soon.

    Parameters
    ----------
    path
        The recording; only read, and only for `rehash`.
    ask
        Asks an authority, for instance ``lambda request: tsa.fetch(url, request.der)``.
    proof
        Its seal; by default the one beside it.
    digest
        Of the token's imprint. A stronger one than that of the last token makes a renewal due, and so
        does, with `authorities`, that none of them vouches for the seal now.
    rehash
        ``sha512``: the recording and its leaves are checked and digested anew, and the renewal
        covers those digests too. None leaves them alone.
    authorities
        Whose tokens are taken; None takes any and says that it was not checked.
    within_days
        How soon a certificate has to lapse for a renewal to be due; >= 0.

    Returns
    -------
    RenewResult
        Never raises for what files or authorities may hold.
    """

    def work(seal: Seal, stamps: Stamps, seal_path: Path) -> RenewResult:
        if rehash is None and not _due(stamps, authorities, digest, within_days):
            return _told(os.fspath(path), "not_due", seal_path, stamps.links[-1].token, stamps.links[-1].check)
        entry = next(_entries(seal, _rehashed(path, seal_path, rehash)))
        asked = request(entry.covered, digest)
        token = token_of(ask(asked), entry.covered, asked)
        return _attach(os.fspath(path), seal_path, entry, token, authorities)

    return _guarded(path, proof, authorities, work)


def write_request(
    path: str | os.PathLike[str],
    target: str | os.PathLike[str],
    proof: str | os.PathLike[str] | None = None,
    digest: Digest = "sha256",
    rehash: str | None = None,
) -> RenewResult:
    """Write the request for the next token of a seal to a file; the seal stays as it is."""

    def work(seal: Seal, _: Stamps, seal_path: Path) -> RenewResult:
        entry = next(_entries(seal, _rehashed(path, seal_path, rehash)))
        made = request(entry.covered, digest)
        with draft(Path(target), lambda name: _write(name, made.der)) as written:
            written.publish()
        return RenewResult(os.fspath(path), "requested", seal=seal_path)

    return _guarded(path, proof, None, work)


def attach_response(
    path: str | os.PathLike[str],
    response: bytes,
    proof: str | os.PathLike[str] | None = None,
    rehash: str | None = None,
    authorities: Authorities | None = None,
) -> RenewResult:
    """Add the token of a response to a request that `write_request` wrote.

    Log entries that were added meanwhile are left out of what it covers; other additions need a
    new request. `rehash` as it was for the request.
    """

    def work(seal: Seal, _: Stamps, seal_path: Path) -> RenewResult:
        problem = ProofProblem("timestamp_differs")
        for entry in _entries(seal, _rehashed(path, seal_path, rehash)):
            try:
                token = token_of(response, entry.covered)
            except ProofProblem as found:
                if found.reason != "timestamp_differs":
                    raise
                problem = found
                continue
            return _attach(os.fspath(path), seal_path, entry, token, authorities)
        raise problem

    return _guarded(path, proof, authorities, work)


def _guarded(
    path: str | os.PathLike[str],
    proof: str | os.PathLike[str] | None,
    authorities: Authorities | None,
    work: Callable[[Seal, Stamps, Path], RenewResult],
) -> RenewResult:
    """Work on a seal that can be read and whose tokens hold; problems become results."""
    name = os.fspath(path)
    seal_path = Path(proof) if proof is not None else proof_paths(name)[0]
    try:
        seal = read_seal(seal_path)
        stamps = check_stamps(seal, authorities, datetime.datetime.now(datetime.UTC))
    except ProofProblem as problem:
        status = "refused" if problem.reason == "no_seal" else "not_ok"
        return RenewResult(name, status, problem.reason, problem.detail, seal_path)
    try:
        return work(seal, stamps, seal_path)
    except ProofProblem as problem:
        status = "not_ok" if problem.reason == "not_as_sealed" else "refused"
        return RenewResult(name, status, problem.reason, problem.detail, seal_path)


def _due(stamps: Stamps, authorities: Authorities | None, digest: Digest, within_days: int) -> bool:
    """Whether there is no token that holds, or one that lapses soon or whose digest is the weaker one."""
    if not stamps.links or (authorities is not None and not stamps.trusted):
        return True
    last = stamps.links[-1].token
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=within_days)
    return last.valid_until <= soon or (digest == "sha512" and last.digest != "sha512")


def _entries(seal: Seal, again: Rehash | None) -> Iterator[Entry]:
    """What the next token is over: everything that is there; then the same with fewer log entries."""
    evidence, keys = seal.evidence, tuple(s.keyid for s in seal.signatures)
    if not evidence.timestamps and not evidence.renewals and again is None:
        yield Entry("stamped", timestamp_message(seal, keys), Timestamp(keys, b""))
        return
    for log in range(len(evidence.log), -1, -1):
        kept = Renewal(keys, len(evidence.timestamps), log, again, b"")
        yield Entry("renewed", renewal_message(seal, len(evidence.renewals), kept.claims()), kept)


def _attach(name: str, seal_path: Path, entry: Entry, token: Token, authorities: Authorities | None) -> RenewResult:
    check = "unchecked" if authorities is None else check_token(token, authorities)
    if check == "untrusted":
        raise ProofProblem("timestamp_untrusted", token.authority)

    def change(seal: Seal) -> Seal:
        new = entry.into(seal, token.der)
        check_stamps(new, authorities, datetime.datetime.now(datetime.UTC))  # what stands there may have changed
        return new

    amend(seal_path, change)
    return _told(name, entry.change, seal_path, token, check)


def _told(name: str, status: str, seal_path: Path, token: Token, check: str) -> RenewResult:
    return RenewResult(
        name,
        status,
        seal=seal_path,
        time=moment(token.time),
        tsa=token.authority,
        valid_until=moment(token.valid_until),
        check=check,
    )


def _rehashed(path: str | os.PathLike[str], seal_path: Path, algorithm: str | None) -> Rehash | None:
    """Both files digested anew, after they were found to be as they were sealed.

    Raises
    ------
    ProofProblem
        ``not_as_sealed`` with the reason; as of `blocks`.
    """
    if algorithm is None:
        return None
    state = file_state(path)
    found = verify(path, seal_path)
    if found.status is not Status.OK:
        raise ProofProblem("not_as_sealed", found.reason)
    leaves = leaves_beside(seal_path)
    return Rehash(algorithm, digest_by(algorithm, path, state), digest_by(algorithm, leaves, file_state(leaves)))


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)

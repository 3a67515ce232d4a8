"""Many seals stamped, one after the other: an authority is asked for one token at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from engine.proofs import tsa
from engine.proofs.problems import ProofProblem
from engine.proofs.renew import WITHIN_DAYS, RenewResult, renew
from engine.proofs.timestamp import Authorities, Digest, Request

Fetch = Callable[[str, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Order:
    """How seals are stamped; see `engine.proofs.renew.renew`.

    Parameters
    ----------
    url
        Of the authority.
    """

    url: str
    digest: Digest = "sha256"
    rehash: str | None = None
    authorities: Authorities | None = None
    within_days: int = WITHIN_DAYS


class _Asking:
    """Asks an authority until it is out of reach; then it is not waited for again."""

    def __init__(self, url: str, fetch: Fetch) -> None:
        self._url, self._fetch = url, fetch
        self._problem: ProofProblem | None = None

    def __call__(self, request: Request) -> bytes:
        if self._problem is not None:
            raise self._problem
        try:
            return self._fetch(self._url, request.der)
        except ProofProblem as problem:
            self._problem = problem
            raise


def renew_many(
    paths: Iterable[str], order: Order, proof: str | None = None, fetch: Fetch = tsa.fetch
) -> Iterator[RenewResult]:
    """Stamp the seals of recordings, in their order.

    Parameters
    ----------
    paths
        Recordings.
    order
        How.
    proof
        The seal of a single recording that does not lie beside it.
    fetch
        Sends a request to an address.
    """
    ask = _Asking(order.url, fetch)
    for path in paths:
        yield renew(path, ask, proof, order.digest, order.rehash, order.authorities, order.within_days)

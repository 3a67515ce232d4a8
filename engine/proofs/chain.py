"""Timestamps and renewals of a seal as one chain: each link covers what stands before it.

Order of RFC 4998, section 5: a renewal has to be made before the certificate of the link before
it lapses. What was renewed too late no longer says when; the renewal that came too late still does.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from engine.proofs.covered import renewal_message, timestamp_message
from engine.proofs.envelope import Seal
from engine.proofs.problems import ProofProblem
from engine.proofs.timestamp import Authorities, Token, check_token, read_token

SKEW: Final = datetime.timedelta(minutes=1)
"""How far clocks of two authorities may stand apart."""


@dataclass(frozen=True, slots=True)
class Link:
    """A token in its place.

    Parameters
    ----------
    change
        ``stamped`` or ``renewed``.
    token
        Its digest is that of what it covers.
    check
        ``verified``, ``untrusted`` (signed by none of the authorities given) or ``unchecked``
        (none was given).
    """

    change: str
    token: Token
    check: str

    def note(self) -> dict[str, Any]:
        """As an entry of `other`."""
        return {
            "subject": "timestamp",
            "change": self.change,
            "time": moment(self.token.time),
            "tsa": self.token.authority,
            "valid_until": moment(self.token.valid_until),
            "check": self.check,
        }


@dataclass(frozen=True, slots=True)
class Stamps:
    """What the timestamps of a seal come to.

    Parameters
    ----------
    links
        Timestamps, then renewals.
    notes
        One for each link, then what is to be said of the chain.
    trusted
        Its end is a token of a trusted authority that has not lapsed.
    since
        From when on the tokens that hold show the seal to have been there; None where it is not trusted.
    signed
        Key identifier -> from when on they show that key's signature to have been there.
    """

    links: tuple[Link, ...]
    notes: tuple[Mapping[str, Any], ...]
    trusted: bool
    since: datetime.datetime | None = None
    signed: Mapping[str, datetime.datetime] = field(default_factory=lambda: MappingProxyType({}))


def moment(time: datetime.datetime) -> str:
    """A time in ISO 8601, UTC, whole seconds."""
    return time.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_stamps(seal: Seal, authorities: Authorities | None, now: datetime.datetime) -> Stamps:
    """Check every token of a seal, offline.

    Parameters
    ----------
    seal
        Its signatures are another matter.
    authorities
        Who is trusted; None leaves signatures of tokens unchecked and says so.
    now
        When it is checked.

    Raises
    ------
    ProofProblem
        ``timestamp_unreadable``; ``timestamp_differs`` where a token is over other bytes;
        ``timestamp_bad`` where one that claims a trusted authority does not verify;
        ``timestamp_order`` where one is older than what it covers.
    """
    stamps = [Link("stamped", t, _checked(t, authorities)) for t in _stamp_tokens(seal)]
    renewals = [Link("renewed", t, _checked(t, authorities)) for t in _renewal_tokens(seal)]
    _check_order(seal, stamps, renewals)
    links = (*stamps, *renewals)
    notes: list[Mapping[str, Any]] = [link.note() for link in links]
    if authorities is None:
        return Stamps(links, tuple(notes), False)
    if not links:
        return Stamps((), ({"subject": "timestamp", "change": "not_stamped"},), False)
    holding, more = _walk(seal, stamps, renewals)
    notes += more
    if not holding:
        return Stamps(links, (*notes, {"subject": "timestamp", "change": "untrusted"}), False)
    if (valid_until := _last(links).valid_until) < now:
        lapsed = {"subject": "timestamp", "change": "lapsed", "valid_until": moment(valid_until)}
        return Stamps(links, (*notes, lapsed), False)
    signed: dict[str, datetime.datetime] = {}
    for time, keys in sorted(holding, reverse=True):
        signed |= dict.fromkeys(keys, time)
    return Stamps(links, tuple(notes), True, min(time for time, _ in holding), MappingProxyType(signed))


def _stamp_tokens(seal: Seal) -> Iterator[Token]:
    for stamp in seal.evidence.timestamps:
        yield read_token(stamp.token, timestamp_message(seal, stamp.covers))


def _renewal_tokens(seal: Seal) -> Iterator[Token]:
    for number, renewal in enumerate(seal.evidence.renewals):
        yield read_token(renewal.token, renewal_message(seal, number, renewal.claims()))


def _checked(token: Token, authorities: Authorities | None) -> str:
    return "unchecked" if authorities is None else check_token(token, authorities)


def _check_order(seal: Seal, stamps: list[Link], renewals: list[Link]) -> None:
    """No token is older than one that it covers."""
    for number, (link, entry) in enumerate(zip(renewals, seal.evidence.renewals, strict=True)):
        covered = [*stamps[: entry.timestamps], *renewals[:number]]
        if any(old.token.time > link.token.time + SKEW for old in covered):
            raise ProofProblem("timestamp_order")


Holding = tuple[datetime.datetime, tuple[str, ...]]
"""When a token that holds was made, and the keys whose signatures it covers."""


def _walk(seal: Seal, stamps: list[Link], renewals: list[Link]) -> tuple[list[Holding], list[dict[str, Any]]]:
    """The tokens that hold, and where the chain was renewed too late.

    The timestamps side by side are one link: one of them that holds is enough. After a renewal
    that came too late only that renewal and what follows it hold.
    """
    evidence, notes = seal.evidence, list[dict[str, Any]]()
    first = evidence.renewals[0].timestamps if renewals else len(stamps)
    good = [(s.token, e.covers) for s, e in zip(stamps[:first], evidence.timestamps, strict=False) if _good(s)]
    holding = [(token.time, keys) for token, keys in good]
    valid_until = max((token.valid_until for token, _ in good), default=None)
    for link, entry in zip(renewals, evidence.renewals, strict=True):
        if not _good(link):
            continue
        token = link.token
        if valid_until is not None and token.time > valid_until:
            notes.append({"subject": "timestamp", "change": "renewed_too_late", "time": moment(token.time)})
            holding = []
        holding.append((token.time, entry.signatures))
        valid_until = token.valid_until
    return holding, notes


def _last(links: Sequence[Link]) -> Token:
    """The last renewal that is trusted, or of the timestamps side by side the one that lapses last."""
    good = [link for link in links if _good(link)]
    renewed = [link.token for link in good if link.change == "renewed"]
    return renewed[-1] if renewed else max((link.token for link in good), key=lambda token: token.valid_until)


def _good(link: Link) -> bool:
    return link.check == "verified"

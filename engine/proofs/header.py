"""The header: what a seal says about a recording, and its checked reading.

Model and wire format stand apart: `Header` holds the JSON payload as it was read, with every
field checked once, and gives typed views of what verification needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from engine.proofs.hashing import FORMAT
from engine.proofs.problems import ProofProblem
from engine.proofs.times import instant

if TYPE_CHECKING:
    from engine.proofs.leaves import LeafStream

_HEX: Final = re.compile(r"[0-9a-f]{64}\Z")
MAX_STREAMS: Final = 256
LIMIT: Final = (1 << 53) - 1
"""Largest number that JSON carries exactly; larger ones are strings of digits."""
KINDS: Final = ("video", "audio", "photo")
"""What a recording is: pictures in time with or without sound, sound alone, a photo."""


@dataclass(frozen=True, slots=True)
class Header:
    """A checked header.

    Parameters
    ----------
    payload
        As it stands in the seal.
    """

    payload: Mapping[str, Any]

    @property
    def size(self) -> int:
        """Bytes of the recording."""
        return int(self.payload["recording"]["size"])

    @property
    def blake3(self) -> str:
        """BLAKE3 of the recording, hexadecimal."""
        return str(self.payload["recording"]["blake3"])

    @property
    def name(self) -> str:
        """The recording's file name when it was sealed."""
        return str(self.payload["recording"]["name"])

    @property
    def kind(self) -> str:
        """What the recording is; one of `KINDS`."""
        return str(self.payload["recording"]["kind"])

    @property
    def container(self) -> str:
        """FFmpeg's name of the recording's container format."""
        return str(self.payload["recording"]["container"])

    @property
    def movie_time_scale(self) -> int | None:
        """Ticks a second that edit lists count in; None without them."""
        found = self.payload["recording"]["movie_time_scale"]
        return None if found is None else int(found)

    @property
    def leaves(self) -> int:
        """Leaves of the tree."""
        return int(self.payload["tree"]["leaves"])

    @property
    def root(self) -> str:
        """Root of the tree, hexadecimal."""
        return str(self.payload["tree"]["root"])

    @property
    def groups(self) -> list[bytes]:
        """Topmost hash of every run of leaves."""
        return [bytes.fromhex(g) for g in self.payload["tree"]["groups"]]

    @property
    def streams(self) -> list[Mapping[str, Any]]:
        """Descriptions of all streams, those without leaves too."""
        return list(self.payload["streams"])

    @property
    def sealed_sei(self) -> tuple[bytes, ...]:
        """Digests of the SEI in the recording's decoder configurations."""
        return tuple(bytes.fromhex(d) for s in self.streams for d in s["configuration_sei"])

    def leaf_streams(self) -> tuple[LeafStream, ...]:
        """The streams that have leaves."""
        from engine.media.timeline import IDENTITY, Segment, StreamTimeline
        from engine.proofs.leaves import LeafStream

        return tuple(
            LeafStream(
                index=s["index"],
                kind=s["kind"],
                codec=s["codec"],
                time_base=Fraction(*s["time_base"]),
                configurations=tuple(bytes.fromhex(c) for c in s["configurations"]),
                configuration_sei=tuple(bytes.fromhex(c) for c in s["configuration_sei"]),
                framing=s["framing"],
                timeline=IDENTITY
                if s["edits"] is None
                else StreamTimeline(tuple(Segment(int(a), int(b), int(c)) for a, b, c in s["edits"])),
                examined=s["examined"],
            )
            for s in self.streams
            if s["bound"]
        )


# ---- checking ---------------------------------------------------------------------------------

Check = Callable[[Any], bool]


def _int(low: int, high: int) -> Check:
    return lambda v: type(v) is int and low <= v <= high


def _text(limit: int) -> Check:
    return lambda v: isinstance(v, str) and len(v) <= limit


def _maybe(check: Check) -> Check:
    return lambda v: v is None or check(v)


def _list(check: Check, limit: int) -> Check:
    return lambda v: isinstance(v, list) and len(v) <= limit and all(check(x) for x in v)


def _digest(value: Any) -> bool:
    return isinstance(value, str) and _HEX.match(value) is not None


def _bool(value: Any) -> bool:
    return isinstance(value, bool)


def _digits(value: Any) -> bool:
    """A whole number of 64 bits as a string of digits."""
    if not isinstance(value, str) or re.match(r"(0|-?[1-9][0-9]{0,18})\Z", value) is None:
        return False
    return -(1 << 63) <= int(value) < 1 << 63


def _edit(value: Any) -> bool:
    return _list(_digits, 3)(value) and len(value) == 3


_FRAMINGS: Final = frozenset(
    {"packet", "samples", "adts", "latm", "obu", "start_codes"} | {f"length{n}" for n in "1234"}
)


def _framing(value: Any) -> bool:
    return isinstance(value, str) and value in _FRAMINGS


def _ratio(value: Any) -> bool:
    return _list(_int(1, 0xFFFFFFFF), 2)(value) and len(value) == 2


def _object(fields: Mapping[str, Check]) -> Check:
    return lambda v: isinstance(v, dict) and v.keys() == fields.keys() and all(c(v[k]) for k, c in fields.items())


_STREAM: Final = {
    "index": _int(0, 0xFFFF),
    "kind": _text(32),
    "codec": _text(64),
    "bound": _bool,
    "examined": _bool,
    "time_base": _ratio,
    "leaves": _int(0, LIMIT),
    "presented": _int(0, LIMIT),
    "first": _maybe(_digits),
    "last": _maybe(_digits),
    "configurations": _list(_digest, 1024),
    "configuration_sei": _list(_digest, 4096),
    "framing": _maybe(_framing),
    "extradata": _maybe(_digest),
    "edits": _maybe(_list(_edit, 10_000)),
    "matrix": _maybe(_list(_int(-(1 << 31), (1 << 31) - 1), 9)),
    "enabled": _maybe(_bool),
    "rotation": _int(-360, 360),
    "sample_aspect": _maybe(_ratio),
    "width": _maybe(_int(0, LIMIT)),
    "height": _maybe(_int(0, LIMIT)),
    "pixel_format": _maybe(_text(64)),
    "sample_rate": _maybe(_int(0, LIMIT)),
    "channels": _maybe(_int(0, LIMIT)),
    "profile": _maybe(_text(128)),
    "language": _maybe(_text(128)),
}

_HEADER: Final[Mapping[str, Check]] = {
    "format": lambda v: v == FORMAT,
    "recording": _object(
        {
            "name": _text(4096),
            "size": _int(1, LIMIT),
            "blake3": _digest,
            "sha256": _digest,
            "sm3": _maybe(_digest),
            "kind": lambda v: v in KINDS,
            "container": _text(256),
            "movie_time_scale": _maybe(_int(1, 0xFFFFFFFF)),
            "complete": _bool,
        }
    ),
    "streams": _list(_object(_STREAM), MAX_STREAMS),
    "tags": lambda v: isinstance(v, dict) and len(v) <= 1000 and all(_text(65536)(x) for x in v.values()),
    "tree": _object({"leaves": _int(1, 64 << 20), "root": _digest, "groups": _list(_digest, 1 << 14)}),
    "leaves": _object({"size": _int(1, LIMIT), "blake3": _digest, "sha256": _digest}),
    "sealed": _object(
        {
            "at": lambda v: isinstance(v, str) and instant(v) is not None,
            "clock": _text(64),
            "host": _maybe(_text(256)),
            "operator": _maybe(_text(256)),
            "device": _maybe(_text(256)),
            "engine": _text(64),
        }
    ),
    "report": _maybe(_digest),
    "supersedes": _maybe(_object({"root": _digest, "seal": _digest, "reason": _text(4096)})),
}


def check_header(payload: Any) -> Header:
    """The header, if every field is there, nothing else is, and all have the form they must have.

    Raises
    ------
    ProofProblem
        ``format_unknown`` for another format version; ``seal_unreadable`` with the field.
    """
    if not isinstance(payload, dict):
        raise ProofProblem("seal_unreadable", "the header is no object")
    if payload.get("format") != FORMAT:
        raise ProofProblem("format_unknown", str(payload.get("format"))[:40])
    if payload.keys() != _HEADER.keys():
        odd = sorted(payload.keys() ^ _HEADER.keys())[0]
        raise ProofProblem("seal_unreadable", f"field {odd[:40]!r} of the header")
    for name, check in _HEADER.items():
        if not check(payload[name]):
            raise ProofProblem("seal_unreadable", f"field {name!r} of the header")
    _check_sense(payload)
    return Header(payload)


def _check_sense(payload: Mapping[str, Any]) -> None:
    """What the fields must be to each other."""
    from engine.proofs.tree import GROUP, root

    tree, streams = payload["tree"], payload["streams"]
    bound = [s for s in streams if s["bound"]]
    if [s["index"] for s in streams] != list(range(len(streams))):
        raise ProofProblem("seal_unreadable", "stream numbers")
    if sum(s["leaves"] for s in bound) != tree["leaves"] or any(s["leaves"] for s in streams if not s["bound"]):
        raise ProofProblem("seal_unreadable", "leaf counts")
    if any(s["leaves"] and not s["configurations"] for s in bound):
        raise ProofProblem("seal_unreadable", "configurations")
    examined = [s for s in streams if s["examined"]]
    if len(examined) != (payload["recording"]["kind"] != "audio") or not all(s["bound"] for s in examined):
        raise ProofProblem("seal_unreadable", "examined streams")
    if any(s["presented"] > s["leaves"] for s in streams):
        raise ProofProblem("seal_unreadable", "presented leaves")
    groups = [bytes.fromhex(g) for g in tree["groups"]]
    if len(groups) != -(-tree["leaves"] // GROUP) or root(tree["leaves"], groups).hex() != tree["root"]:
        raise ProofProblem("seal_differs", "the root does not follow from the subtrees")

"""The proof of an excerpt: its file, and its checked reading.

It holds the seal of the whole recording as it is, the leaves of the excerpt, and what leads from
these to the root in the seal. What it says of its place in the recording follows from the leaves.
"""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import rfc8785
from blake3 import blake3
from numpy.typing import NDArray

from engine.proofs import envelope
from engine.proofs.base64_text import from_base64, to_base64
from engine.proofs.envelope import Seal
from engine.proofs.excerpt_place import leaf_numbers, position, runs_of
from engine.proofs.files import FileDigests
from engine.proofs.hashing import leaf_hash
from engine.proofs.header import Header
from engine.proofs.leaves import HIDDEN, LEAF, LeafStream, Leaves
from engine.proofs.multiproof import Run, root_from_runs, well_formed
from engine.proofs.problems import ProofProblem

SCHEMA: Final = "unbroken.excerpt/1"

MAX_EXCERPT: Final = 256 << 20
"""Bytes of the file; an hour of pictures and sound has about 35 MB."""

_FIELDS: Final = frozenset(
    {"approval", "asked", "clip", "digest", "path", "position", "runs", "schema", "seal", "withheld"}
)
_HEX: Final = re.compile(r"[0-9a-f]{64}\Z")
_LIMIT: Final = (1 << 53) - 1


@dataclass(frozen=True, slots=True)
class Clip:
    """The file that was cut: its name when it was, and its digests."""

    name: str
    digests: FileDigests


@dataclass(frozen=True, slots=True, eq=False)
class Excerpt:
    """The proof of an excerpt.

    Parameters
    ----------
    seal
        Of the whole recording.
    clip
        The file that was cut.
    approval
        Hash of the entry of the access register that allows it, hexadecimal.
    asked
        From and to, microseconds of the recording; what lies outside came along for decoding. Declared.
    leaves
        Of the excerpt, with `withheld` ones, in the order of the tree; of each stream a run without a gap.
    withheld
        Numbers of the leaves whose coded units are not in the file.
    path
        Hashes of `multiproof.outside`.
    """

    seal: Seal
    clip: Clip
    approval: str
    asked: tuple[int, int]
    leaves: Leaves
    withheld: tuple[Run, ...]
    path: tuple[bytes, ...]

    @property
    def header(self) -> Header:
        return self.seal.header

    @property
    def numbers(self) -> NDArray[np.int64]:
        """(N,) numbers in the tree of the leaves."""
        return leaf_numbers(self.header, self.leaves)

    @property
    def handed_out(self) -> NDArray[np.bool_]:
        """(N,) whether the unit of each leaf is in the file."""
        numbers, kept = self.numbers, np.ones(len(self.leaves), np.bool_)
        for run in self.withheld:
            kept &= (numbers < run.start) | (numbers >= run.end)
        return kept

    def to_bytes(self) -> bytes:
        """The file."""
        encoded = self.leaves.encoded()
        content: dict[str, Any] = {
            "schema": SCHEMA,
            "seal": json.loads(self.seal.to_bytes()),
            "clip": {
                "name": self.clip.name,
                "size": self.clip.digests.size,
                "blake3": self.clip.digests.blake3,
                "sha256": self.clip.digests.sha256,
            },
            "approval": self.approval,
            "asked": list(self.asked),
            "position": position(self.header, self.leaves),
            "runs": [
                {
                    "stream": stream.index,
                    "first": int(self.leaves.index[rows[0]]),
                    "leaves": to_base64(encoded[rows].tobytes()),
                }
                for stream in self.leaves.streams
                if len(rows := self.leaves.rows(stream.index))
            ],
            "withheld": [[run.start, run.end - 1] for run in self.withheld],
            "path": [h.hex() for h in self.path],
        }
        content["digest"] = blake3(rfc8785.dumps(content)).hexdigest()
        return rfc8785.dumps(content) + b"\n"


# ---- reading ----------------------------------------------------------------------------------


def read(path: str | os.PathLike[str]) -> Excerpt:
    """Read the proof of an excerpt and check all of it that does not need the file that was cut.

    Raises
    ------
    ProofProblem
        ``no_seal`` if there is none; ``excerpt_unreadable`` or ``excerpt_differs`` if it is not what
        follows from the seal that it holds; as of `envelope.from_bytes` for that seal.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ProofProblem("excerpt_unreadable", "no ordinary file")
        with open(path, "rb") as file:
            return parse(file.read(MAX_EXCERPT + 1))
    except FileNotFoundError as error:
        raise ProofProblem("no_seal") from error
    except (OSError, ValueError) as error:
        raise ProofProblem("excerpt_unreadable", getattr(error, "strerror", None) or str(error)) from error


def parse(data: bytes) -> Excerpt:
    """An excerpt from the bytes of its file; errors as of `read`."""
    content = _content(data)
    seal = _seal(content["seal"])
    leaves = _leaves(content["runs"], seal.header)
    excerpt = Excerpt(
        seal=seal,
        clip=_clip(content["clip"]),
        approval=_digest(content["approval"], "approval"),
        asked=_pair(content["asked"], "asked"),
        leaves=leaves,
        withheld=_withheld(content["withheld"], seal.header, leaves),
        path=_path(content["path"]),
    )
    _check_root(excerpt)
    if content["position"] != position(seal.header, leaves):
        raise ProofProblem("excerpt_differs", "position")
    return excerpt


def _content(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_EXCERPT:
        raise ProofProblem("excerpt_unreadable", f"larger than {MAX_EXCERPT} bytes")
    try:
        content: dict[str, Any] = json.loads(data.decode("utf-8"))
        _require(isinstance(content, dict) and content.keys() == _FIELDS and content["schema"] == SCHEMA, "schema")
        whole = rfc8785.dumps(content) + b"\n"
        digest = content.pop("digest")
        found = blake3(rfc8785.dumps(content)).hexdigest()
    except (ValueError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise ProofProblem("excerpt_unreadable", "not JSON") from error
    if whole != data or digest != found:
        raise ProofProblem("excerpt_differs", "digest")
    return content


def _seal(content: Any) -> Seal:
    _require(isinstance(content, dict), "seal")
    return envelope.from_bytes(rfc8785.dumps(content) + b"\n")


def _clip(content: Any) -> Clip:
    _require(isinstance(content, dict) and content.keys() == {"name", "size", "blake3", "sha256"}, "clip")
    name, size = content["name"], content["size"]
    _require(isinstance(name, str) and len(name) <= 4096 and _whole(size), "clip")
    return Clip(name, FileDigests(size, _digest(content["blake3"], "clip"), _digest(content["sha256"], "clip")))


def _leaves(runs: Any, header: Header) -> Leaves:
    """Leaves of all runs, each of which belongs to a stream of its own and has no gap."""
    _require(isinstance(runs, list) and bool(runs), "runs")
    streams = {s.index: s for s in header.leaf_streams()}
    parts, named = [], []
    for run in runs:
        _require(isinstance(run, dict) and run.keys() == {"stream", "first", "leaves"}, "runs")
        stream = streams.get(run["stream"]) if type(run["stream"]) is int else None
        _require(stream is not None and _whole(run["first"]), "runs")
        assert stream is not None
        data = _decoded(run["leaves"])
        _require(bool(data) and len(data) % LEAF.itemsize == 0, "leaves")
        part = np.frombuffer(data, LEAF)
        _check_run(part, run["first"], stream, header)
        parts.append(part)
        named.append(stream)
    _require([s.index for s in named] == sorted({s.index for s in named}), "runs")
    return _table(np.concatenate(parts), tuple(named))


def _check_run(part: NDArray[np.void], first: int, stream: LeafStream, header: Header) -> None:
    """Leaves stand where the run says, one after the other, and are of its stream."""
    last = first + len(part)
    same = bool(
        last <= header.streams[stream.index]["leaves"]
        and (part["stream"] == stream.index).all()
        and np.array_equal(part["index"].astype(np.int64), np.arange(first, last))
        and (part["numerator"] == stream.time_base.numerator).all()
        and (part["denominator"] == stream.time_base.denominator).all()
        and (part["order"] >= HIDDEN).all()
    )
    if not same:
        raise ProofProblem("excerpt_differs", "runs")


def _table(encoded: NDArray[np.void], streams: tuple[LeafStream, ...]) -> Leaves:
    configuration = np.zeros(len(encoded), np.uint16)
    for stream in streams:
        mine = encoded["stream"] == stream.index
        numbers = {c: n for n, c in enumerate(stream.configurations)}
        found = [numbers.get(bytes(c)) for c in encoded["configuration"][mine]]
        known = [number for number in found if number is not None]
        if len(known) != len(found):
            raise ProofProblem("excerpt_differs", "configuration")
        configuration[mine] = np.array(known, np.uint16)
    content = np.ascontiguousarray(encoded["content"])
    return Leaves(
        stream=encoded["stream"].astype(np.uint16),
        index=encoded["index"].astype(np.uint32),
        order=encoded["order"].astype(np.int64),
        pts=encoded["pts"].astype(np.int64),
        position=np.full(len(encoded), -1, np.int64),
        size=np.zeros(len(encoded), np.uint32),
        configuration=configuration,
        digest=np.frombuffer(content.tobytes(), np.uint8).reshape(len(encoded), -1),
        streams=streams,
    )


def _withheld(value: Any, header: Header, leaves: Leaves) -> tuple[Run, ...]:
    _require(isinstance(value, list), "withheld")
    runs = tuple(Run(a, b + 1) for a, b in (_pair(v, "withheld") for v in value))
    numbers = leaf_numbers(header, leaves)
    if runs:
        _require(well_formed(runs, header.leaves), "withheld")
        listed = runs_of(numbers)
        _require(all(any(r.start <= w.start and w.end <= r.end for r in listed) for w in runs), "withheld")
    if sum(r.end - r.start for r in runs) == len(leaves):
        raise ProofProblem("excerpt_unreadable", "withheld")
    return runs


def _path(value: Any) -> tuple[bytes, ...]:
    _require(isinstance(value, list) and all(isinstance(h, str) and _HEX.match(h) for h in value), "path")
    return tuple(bytes.fromhex(h) for h in value)


def _check_root(excerpt: Excerpt) -> None:
    """The leaves lead to the root in the seal, at their places in a tree of that many."""
    numbers, width = excerpt.numbers, LEAF.itemsize
    data = excerpt.leaves.encoded().tobytes()
    hashes = {n: leaf_hash(data[i * width : (i + 1) * width]) for i, n in enumerate(numbers.tolist())}
    found = root_from_runs(runs_of(numbers), excerpt.header.leaves, hashes, excerpt.path)
    if found is None or found.hex() != excerpt.header.root:
        raise ProofProblem("excerpt_differs", "the leaves do not lead to the root")


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise ProofProblem("excerpt_unreadable", what)


def _whole(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LIMIT


def _digest(value: Any, what: str) -> str:
    _require(isinstance(value, str) and _HEX.match(value) is not None, what)
    return str(value)


def _pair(value: Any, what: str) -> tuple[int, int]:
    fits = isinstance(value, list) and len(value) == 2 and all(map(_whole, value)) and value[0] <= value[1]
    _require(fits, what)
    return value[0], value[1]


def _decoded(text: Any) -> bytes:
    data = from_base64(text)
    _require(data is not None, "leaves")
    return data or b""

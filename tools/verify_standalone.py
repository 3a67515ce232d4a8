#!/usr/bin/env python3
"""Check a recording, its proof or one frame's proof without the engine that sealed it.

    verify_standalone.py RECORDING [--proof SEAL.json] [--skip-leaves]
    verify_standalone.py --frame FRAME.json --proof SEAL.json

Written from docs/proof-format.md; needs blake3 and pyarrow, and nothing of the engine.
It answers OK, OK_WITH_MISSING_INFO (the leaves are missing) or NOT_OK; it does not say which
frames of a changed recording differ. Exit code 0 for the first two, 1 for NOT_OK, 3 without a seal.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from blake3 import blake3

FORMAT = "1"
PAYLOAD_TYPE = "application/vnd.unbroken.seal+json"
FIELDS = {"evidence", "payload", "payloadBlake3", "payloadType", "signatures"}
GROUP = 4096
COLUMNS = ["stream", "index", "order", "pts", "position", "size", "configuration", "digest"]


class NotAsSealedError(Exception):
    """The proof or the recording is not what was sealed."""


def derive(purpose: str, data: bytes) -> bytes:
    return blake3(data, derive_key_context=f"unbroken proof {FORMAT} {purpose}").digest()


def expect(condition: bool, what: str) -> None:
    if not condition:
        raise NotAsSealedError(what)


# ---- the seal ---------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """RFC 8785 for what a seal may hold: whole numbers, text, lists, objects."""

    def whole(x: Any) -> Any:
        expect(not isinstance(x, float), "the header holds a number that is not whole")
        if isinstance(x, dict):
            return {k: whole(x[k]) for k in sorted(x, key=lambda name: name.encode("utf-16-be"))}
        return [whole(v) for v in x] if isinstance(x, list) else x

    return json.dumps(whole(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def read_seal(path: Path) -> dict[str, Any]:
    """The header, after the envelope, the header's digest and the tree's top have been checked."""
    data = path.read_bytes()
    try:
        envelope = json.loads(data)
        payload = base64.b64decode(envelope["payload"], validate=True)
        header: dict[str, Any] = json.loads(payload)
        expect(data == canonical(envelope) + b"\n" and payload == canonical(header), "the seal is not in its one form")
        expect(envelope.keys() == FIELDS, "the envelope's fields")
        expect(envelope["payloadType"] == PAYLOAD_TYPE, "the envelope's type")
        expect(envelope["payloadBlake3"] == blake3(payload).hexdigest(), "the header's digest")
        expect(header["format"] == FORMAT, f"the format is {header['format']}, not {FORMAT}")
        groups = [bytes.fromhex(g) for g in header["tree"]["groups"]]
        expect(len(groups) == -(-header["tree"]["leaves"] // GROUP), "the number of subtrees")
        expect(root(header["tree"]["leaves"], groups).hex() == header["tree"]["root"], "the root")
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError, IndexError) as error:
        raise NotAsSealedError(f"the seal cannot be read ({type(error).__name__})") from error
    return header


# ---- the tree ---------------------------------------------------------------------------------


def top(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return derive("node", top(hashes[:split]) + top(hashes[split:]))


def root(leaves: int, groups: Sequence[bytes]) -> bytes:
    return derive("root", leaves.to_bytes(8, "big") + top(groups))


def climb(number: int, leaves: int, leaf: bytes, path: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.3.2: the root that a leaf and its audit path lead to."""
    expect(0 <= number < leaves, "the leaf's number")
    current, at, last, rest = derive("leaf", leaf), number, leaves - 1, list(path)
    while last:
        if at % 2 or at < last:
            expect(bool(rest), "the audit path is too short")
            other = rest.pop(0)
            current = derive("node", other + current if at % 2 else current + other)
        at, last = at >> 1, last >> 1
    expect(not rest, "the audit path is too long")
    return derive("root", leaves.to_bytes(8, "big") + current)


# ---- the leaves -------------------------------------------------------------------------------


def leaf_bytes(row: dict[str, Any], stream: dict[str, Any]) -> bytes:
    """A leaf's 100 bytes: docs/proof-format.md, "The leaf"."""
    numerator, denominator = stream["time_base"]
    fixed = struct.pack(">IQqqII", row["stream"], row["index"], row["order"], row["pts"], numerator, denominator)
    content: bytes = row["digest"]
    return fixed + bytes.fromhex(stream["configurations"][row["configuration"]]) + content


def rows(path: Path, header: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        expect(file.schema_arrow.names == COLUMNS, "the columns of the leaves")
        expect(file.metadata.num_rows == header["tree"]["leaves"], "the number of leaves")
        for number in range(file.num_row_groups):
            yield file.read_row_group(number).to_pylist()


def check_leaves(path: Path, header: dict[str, Any]) -> None:
    """The leaves are those that the header covers, byte for byte, and hash to its subtrees."""
    sealed = header["leaves"]
    expect(digests(path) == (sealed["size"], sealed["blake3"], sealed["sha256"]), "the leaves are not those sealed")
    streams = {s["index"]: s for s in header["streams"] if s["bound"]}
    counts = dict.fromkeys(streams, 0)
    for number, group in enumerate(rows(path, header)):
        for row in group:
            expect(row["stream"] in streams, "a leaf of a stream that is not bound")
            expect(row["index"] == counts[row["stream"]], "the decode numbers of the leaves")
            counts[row["stream"]] += 1
        hashes = [derive("leaf", leaf_bytes(row, streams[row["stream"]])) for row in group]
        expect(top(hashes).hex() == header["tree"]["groups"][number], f"the leaves of row group {number}")
    expect(all(counts[i] == streams[i]["leaves"] for i in streams), "the number of leaves of a stream")


# ---- the recording ----------------------------------------------------------------------------


def digests(path: Path) -> tuple[int, str, str]:
    """Size, BLAKE3 and SHA-256."""
    fast, slow, size = blake3(), hashlib.sha256(), 0
    with open(path, "rb") as file:
        while block := file.read(4 << 20):
            fast.update(block)
            slow.update(block)
            size += len(block)
    return size, fast.hexdigest(), slow.hexdigest()


def check_recording(path: Path, header: dict[str, Any]) -> None:
    sealed = header["recording"]
    found = digests(path)
    expect(found == (sealed["size"], sealed["blake3"], sealed["sha256"]), "the recording is not as it was sealed")


def check_frame(path: Path, header: dict[str, Any]) -> str:
    """One frame's proof leads to the header's root, and its fields are those of its leaf."""
    try:
        proof = json.loads(path.read_bytes())
        leaf, audit = bytes.fromhex(proof["leaf"]), [bytes.fromhex(h) for h in proof["path"]]
        number, leaves, tree = proof["leaf_number"], proof["leaves"], header["tree"]
        expect(proof["format"] == FORMAT and len(leaf) == 100, "the form of the frame's proof")
        expect((leaves, proof["root"]) == (tree["leaves"], tree["root"]), "the tree is not the header's")
        expect(climb(number, leaves, leaf, audit).hex() == tree["root"], "the frame does not lead to the root")
        stream, index, order, pts, _, _ = struct.unpack(">IQqqII", leaf[:36])
        told = (proof["stream"], proof["decode_index"], proof["frame"], int(proof["pts"]), proof["content"])
        expect(told == (stream, index, order, pts, leaf[68:].hex()), "the fields are not those of the leaf")
        return f"frame {order} of stream {stream}, content {leaf[68:].hex()}"
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, struct.error) as error:
        raise NotAsSealedError(f"the frame's proof cannot be read ({type(error).__name__})") from error


# ---- command line -----------------------------------------------------------------------------


def signature() -> str:
    """Said always, so that nobody takes silence for a check."""
    return "signature not checked"


def leaves_beside(seal: Path) -> Path:
    return seal.with_name(seal.name.removesuffix(".unbroken.json") + ".unbroken.parquet")


def verify(options: argparse.Namespace) -> str:
    """Status and what it rests on, for people."""
    seal = options.proof or Path(f"{options.recording}.unbroken.json")
    header = read_seal(seal)
    if options.frame is not None:
        return f"OK: {check_frame(options.frame, header)}"
    check_recording(options.recording, header)
    if options.skip_leaves:
        return "OK: every byte is as it was sealed; leaves not read"
    if not leaves_beside(seal).exists():
        return "OK_WITH_MISSING_INFO: every byte is as it was sealed; the leaves are missing"
    check_leaves(leaves_beside(seal), header)
    return f"OK: every byte is as it was sealed; {header['tree']['leaves']} leaves hash to the root"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("recording", nargs="?", type=Path)
    parser.add_argument("--proof", type=Path, help="the seal; by default beside the recording")
    parser.add_argument("--frame", type=Path, help="check one frame's proof against the seal")
    parser.add_argument("--skip-leaves", action="store_true", help="check the recording only")
    options = parser.parse_args()
    if options.recording is None and (options.frame is None or options.proof is None):
        parser.error("name a recording, or --frame and --proof")
    name = options.frame or options.recording
    seal = options.proof or Path(f"{options.recording}.unbroken.json")
    if not seal.exists():
        print(f"{name}: NOT_SEALED: there is no {seal}")
        return 3
    try:
        print(f"{name}: {verify(options)} ({signature()})")
    except NotAsSealedError as problem:
        print(f"{name}: NOT_OK: {problem} ({signature()})")
        return 1
    except Exception as problem:  # a damaged Parquet file raises many kinds
        print(f"{name}: NOT_OK: {type(problem).__name__}: {str(problem).splitlines()[:1]} ({signature()})")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

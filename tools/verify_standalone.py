#!/usr/bin/env python3
"""Check a recording, its proof or one frame's proof without the engine that sealed it.

    verify_standalone.py RECORDING [--proof SEAL.json] [--trusted-keys KEYS.json] [--skip-leaves]
    verify_standalone.py --frame FRAME.json --proof SEAL.json

Written from docs/proof-format.md; needs blake3, pyarrow and, for signatures, cryptography. Answers OK,
OK_WITH_MISSING_INFO (the leaves or a trusted signature are missing) or NOT_OK, not which frames of a
changed recording differ; reads no timestamps. Exit code 0 for the first two, 1 for NOT_OK, 3 without a seal.
"""

from __future__ import annotations

import argparse
import base64
import datetime
import hashlib
import importlib.util
import json
import os
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from blake3 import blake3

FORMAT = "1"
PAYLOAD_TYPE = "application/vnd.unbroken.seal+json"
FIELDS = {
    "envelope": "evidence payload payloadBlake3 payloadType signatures",
    "evidence": "log renewals timestamps",
    "header": "format recording streams tags tree leaves sealed report supersedes",
    "recording": "name size blake3 sha256 sm3 kind container movie_time_scale complete",
    "tree": "leaves root groups",
    "leaves": "size blake3 sha256",
    "sealed": "at clock host operator device engine",
}
ED25519 = bytes.fromhex("302a300506032b6570032100")
GROUP = 4096
moment = datetime.datetime.fromisoformat
COLUMNS = ["stream", "index", "order", "pts", "position", "size", "configuration", "digest"]


class NotAsSealedError(Exception):
    """Why the proof or the recording is not what was sealed."""


def derive(purpose: str, data: bytes) -> bytes:
    return blake3(data, derive_key_context=f"unbroken proof {FORMAT} {purpose}").digest()


def expect(condition: bool, what: str) -> None:
    if not condition:
        raise NotAsSealedError(what)


def canonical(value: Any) -> bytes:
    """RFC 8785 for what a seal may hold: whole numbers, text, lists, objects."""

    def whole(x: Any) -> Any:
        expect(not isinstance(x, float), "the header holds a number that is not whole")
        if isinstance(x, dict):
            return {k: whole(x[k]) for k in sorted(x, key=lambda name: name.encode("utf-16-be"))}
        return [whole(v) for v in x] if isinstance(x, list) else x

    return json.dumps(whole(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def read_seal(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Envelope and header, after their form, the header's digest and the tree's top have been checked."""
    data = path.read_bytes()
    try:
        envelope = json.loads(data)
        payload = base64.b64decode(envelope["payload"], validate=True)
        header: dict[str, Any] = json.loads(payload)
        expect(data == canonical(envelope) + b"\n" and payload == canonical(header), "the seal is not in its one form")
        every = {**header, **envelope, "header": header, "envelope": envelope}
        for part, names in FIELDS.items():
            expect(every[part].keys() == set(names.split()), f"the fields of {part}")
        expect(envelope["payloadType"] == PAYLOAD_TYPE, "the envelope's type")
        expect(envelope["payloadBlake3"] == blake3(payload).hexdigest(), "the header's digest")
        expect(header["format"] == FORMAT, f"the format is {header['format']}, not {FORMAT}")
        groups = [bytes.fromhex(g) for g in header["tree"]["groups"]]
        expect(len(groups) == -(-header["tree"]["leaves"] // GROUP), "the number of subtrees")
        expect(root(header["tree"]["leaves"], groups).hex() == header["tree"]["root"], "the root")
        keyids = [s["keyid"] for s in envelope["signatures"] if s.keys() == {"keyid", "sig"}]
        expect(len(keyids) == len(envelope["signatures"]) and keyids == sorted(set(keyids)), "the signatures' form")
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError, IndexError) as error:
        raise NotAsSealedError(f"the seal cannot be read ({type(error).__name__})") from error
    return envelope, header


def signature_of(envelope: dict[str, Any], header: dict[str, Any], keys: Path | None) -> tuple[str, bool]:
    """What is said of the signatures, and whether one of them is trusted; one that does not verify is an error."""
    if envelope["signatures"] and keys and importlib.util.find_spec("cryptography") is None:
        return "signature not checked: cryptography is not installed", False
    trusted = {k["keyid"]: k for k in json.loads(keys.read_bytes())["keys"]} if keys else {}
    said = {s["keyid"]: standing(s, envelope, header, trusted.get(s["keyid"])) for s in envelope["signatures"]}
    words = "; ".join(f"{state} {keyid}" for keyid, state in said.items()) or "none"
    more = "; timestamps and log not checked" if any(envelope["evidence"].values()) else ""
    return f"signature: {words}{more}", "trusted" in said.values()


def standing(signature: dict[str, Any], envelope: dict[str, Any], header: dict[str, Any], key: Any) -> str:
    if key is None:
        return "unknown key"
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    der, kind = base64.b64decode(key["public_key"]), envelope["payloadType"].encode()
    expect(key["algorithm"] == "ed25519" and der.startswith(ED25519) and len(der) == 44, "the algorithm of a key")
    expect(hashlib.sha256(der).hexdigest() == signature["keyid"], "the identifier of a key")
    payload, sig = base64.b64decode(envelope["payload"]), base64.b64decode(signature["sig"])
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    try:
        Ed25519PublicKey.from_public_bytes(der[12:]).verify(sig, signed)
    except Exception as error:
        raise NotAsSealedError(f"the signature of {signature['keyid']} does not verify") from error
    at, revoked = moment(header["sealed"]["at"]), key["revoked"]
    if revoked and (revoked["reason"] == "compromised" or at >= moment(revoked["at"])):
        return "revoked"
    begun, over = (moment(key[limit] or header["sealed"]["at"]) for limit in ("valid_from", "valid_until"))
    return "trusted" if begun <= at <= over else "untrusted"


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


def leaf_bytes(row: dict[str, Any], stream: dict[str, Any]) -> bytes:
    """A leaf's 100 bytes: docs/proof-format.md, "The leaf"."""
    numerator, denominator = stream["time_base"]
    fixed = struct.pack(">IQqqII", row["stream"], row["index"], row["order"], row["pts"], numerator, denominator)
    return fixed + bytes.fromhex(stream["configurations"][row["configuration"]]) + bytes(row["digest"])


def check_leaves(path: Path, header: dict[str, Any]) -> None:
    import pyarrow.parquet as pq

    expect_same(path, header["leaves"], "the leaves are not those sealed")
    streams = {s["index"]: s for s in header["streams"] if s["bound"]}
    counts = dict.fromkeys(streams, 0)
    with pq.ParquetFile(path) as file:
        expect(file.schema_arrow.names == COLUMNS, "the columns of the leaves")
        expect(file.metadata.num_rows == header["tree"]["leaves"], "the number of leaves")
        for number in range(file.num_row_groups):
            group = file.read_row_group(number).to_pylist()
            for row in group:
                expect(row["stream"] in streams, "a leaf of a stream that is not bound")
                expect(row["index"] == counts[row["stream"]], "the decode numbers of the leaves")
                counts[row["stream"]] += 1
            hashes = [derive("leaf", leaf_bytes(row, streams[row["stream"]])) for row in group]
            expect(top(hashes).hex() == header["tree"]["groups"][number], f"the leaves of row group {number}")
    expect(all(counts[i] == streams[i]["leaves"] for i in streams), "the number of leaves of a stream")


def expect_same(path: Path, sealed: dict[str, Any], what: str) -> None:
    """Size, BLAKE3 and SHA-256 of a file are those sealed."""
    fast, slow, size = blake3(), hashlib.sha256(), 0
    with open(path, "rb") as file:
        while block := file.read(4 << 20):
            fast.update(block)
            slow.update(block)
            size += len(block)
    expect((size, fast.hexdigest(), slow.hexdigest()) == (sealed["size"], sealed["blake3"], sealed["sha256"]), what)


def check_frame(path: Path, header: dict[str, Any]) -> str:
    """One frame's proof leads to the header's root, and its fields are those of its leaf."""
    try:
        proof = json.loads(path.read_bytes(), object_pairs_hook=lambda p: dict(p) if len(dict(p)) == len(p) else {})
        leaf, audit = bytes.fromhex(proof["leaf"]), [bytes.fromhex(h) for h in proof["path"]]
        number, leaves, tree = proof["leaf_number"], proof["leaves"], header["tree"]
        expect((proof["format"], leaves, proof["root"]) == (FORMAT, tree["leaves"], tree["root"]), "the tree")
        expect(climb(number, leaves, leaf, audit).hex() == tree["root"], "the frame does not lead to the root")
        stream, index, order, pts, _, _ = struct.unpack(">IQqqII", leaf[:36])
        told = {"stream": stream, "decode_index": index, "frame": order, "pts": str(pts), "content": leaf[68:].hex()}
        told |= {"schema": "unbroken.frame/1", "recording": {k: header["recording"][k] for k in ("name", "blake3")}}
        expect(len(proof) == 13 and canonical(proof) == canonical(proof | told), "the fields are not those of the leaf")
        return f"frame {order} of stream {stream}, content {leaf[68:].hex()}"
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, struct.error) as error:
        raise NotAsSealedError(f"the frame's proof cannot be read ({type(error).__name__})") from error


def verify(options: argparse.Namespace) -> str:
    """Status and what it rests on, for people."""
    envelope, header = read_seal(options.proof)
    leaves = options.proof.with_name(options.proof.name.removesuffix(".unbroken.json") + ".unbroken.parquet")
    said, trusted = signature_of(envelope, header, options.trusted_keys)
    ok = "OK" if trusted or options.trusted_keys is None else "OK_WITH_MISSING_INFO"
    if options.frame is not None:
        return f"{ok}: {check_frame(options.frame, header)} ({said})"
    expect_same(options.recording, header["recording"], "the recording is not as it was sealed")
    whole = "every byte is as it was sealed"
    if options.skip_leaves:
        return f"{ok}: {whole}; leaves not read ({said})"
    if not leaves.exists():
        return f"OK_WITH_MISSING_INFO: {whole}; the leaves are missing ({said})"
    check_leaves(leaves, header)
    return f"{ok}: {whole}; {header['tree']['leaves']} leaves hash to the root ({said})"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("recording", nargs="?", type=Path)
    parser.add_argument("--proof", type=Path, help="the seal; by default beside the recording")
    parser.add_argument("--frame", type=Path, help="check one frame's proof against the seal")
    parser.add_argument("--trusted-keys", type=Path, help="whose signatures count: a file of `unbroken keys`")
    parser.add_argument("--skip-leaves", action="store_true", help="check the recording only")
    options = parser.parse_args()
    if options.recording is None and (options.frame is None or options.proof is None):
        parser.error("name a recording, or --frame and --proof")
    name = options.frame or options.recording
    options.proof = options.proof or Path(f"{options.recording}.unbroken.json")
    if not os.path.lexists(options.proof):
        print(f"{name}: NOT_SEALED: there is no {options.proof}")
        return 3
    try:
        print(f"{name}: {verify(options)}")
    except Exception as problem:  # a damaged Parquet file raises many kinds
        kind = "" if isinstance(problem, NotAsSealedError) else f"{type(problem).__name__}: "
        print(f"{name}: NOT_OK: {kind}{(str(problem).splitlines() or [''])[0]}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

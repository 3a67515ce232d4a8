"""Proofs of the vectors, written from docs/proof-format.md alone: nothing of the engine takes part.

Needs blake3, pyarrow, and cryptography for signatures.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from blake3 import blake3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FORMAT = "1"
TYPE = "application/vnd.unbroken.seal+json"
GROUP = 4096
NUMBERS = {
    "stream": pa.uint16(),
    "index": pa.uint32(),
    "order": pa.int64(),
    "pts": pa.int64(),
    "position": pa.int64(),
    "size": pa.uint32(),
    "configuration": pa.uint16(),
}
SCHEMA = pa.schema(
    [*(pa.field(n, t, nullable=False) for n, t in NUMBERS.items()), pa.field("digest", pa.binary(32), nullable=False)]
)

Json = dict[str, Any]


def canonical(value: Any) -> bytes:
    """RFC 8785 for what is used here: whole numbers, and names in ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def derive(purpose: str, data: bytes) -> bytes:
    return blake3(data, derive_key_context=f"unbroken proof {FORMAT} {purpose}").digest()


# ---- leaves and tree --------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A leaf as its row holds it."""

    stream: int
    index: int
    order: int
    pts: int
    position: int
    size: int
    configuration: int
    digest: bytes


def leaf(row: Row, stream: Json) -> bytes:
    """The 100 bytes of a leaf."""
    numbers = struct.pack(">IQqqII", row.stream, row.index, row.order, row.pts, *stream["time_base"])
    return numbers + bytes.fromhex(stream["configurations"][row.configuration]) + row.digest


def node(left: bytes, right: bytes) -> bytes:
    return derive("node", left + right)


def top(hashes: Sequence[bytes]) -> bytes:
    """RFC 9162, section 2.1: split at the largest power of two below the number of leaves."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node(top(hashes[:split]), top(hashes[split:]))


def audit(number: int, hashes: Sequence[bytes]) -> list[bytes]:
    """RFC 9162, section 2.1.3.1: the path of one leaf."""
    if len(hashes) == 1:
        return []
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if number < split:
        return [*audit(number, hashes[:split]), top(hashes[split:])]
    return [*audit(number - split, hashes[split:]), top(hashes[:split])]


def root(count: int, groups: Sequence[bytes]) -> bytes:
    return derive("root", count.to_bytes(8, "big") + top(groups))


def tree_of(hashes: Sequence[bytes]) -> Json:
    groups = [top(hashes[i : i + GROUP]) for i in range(0, len(hashes), GROUP)]
    return {
        "leaves": len(hashes),
        "root": root(len(hashes), groups).hex(),
        "groups": [g.hex() for g in groups],
    }


def table(rows: Sequence[Row]) -> pa.Table:
    columns = [pa.array([getattr(r, n) for r in rows], t) for n, t in NUMBERS.items()]
    return pa.Table.from_arrays([*columns, pa.array([r.digest for r in rows], pa.binary(32))], schema=SCHEMA)


def parquet(data: pa.Table, **options: Any) -> bytes:
    """A table as a Parquet file of the format; `options` of pyarrow to break it."""
    out = io.BytesIO()
    usual = {
        "row_group_size": GROUP,
        "use_dictionary": False,
        "column_encoding": {**dict.fromkeys(NUMBERS, "DELTA_BINARY_PACKED"), "digest": "PLAIN"},
        "compression": {**dict.fromkeys(NUMBERS, "zstd"), "digest": "none"},
        "write_statistics": False,
        "store_schema": False,
    }
    pq.write_table(data, out, **{**usual, **options})
    return out.getvalue()


# ---- the seal ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stream:
    """A stream of a recording: what its leaves share, and each leaf's normal form, pts, place and size."""

    kind: str
    codec: str
    rate: int
    configuration: bytes
    units: Sequence[tuple[bytes, int, int, int]]
    framing: str
    more: Json


def rows_of(number: int, stream: Stream) -> list[Row]:
    order = sorted(range(len(stream.units)), key=lambda n: stream.units[n][1])
    return [
        Row(number, n, order.index(n), pts, place, size, 0, derive("content", normal))
        for n, (normal, pts, place, size) in enumerate(stream.units)
    ]


def described(number: int, stream: Stream) -> Json:
    times = [pts for _, pts, _, _ in stream.units]
    return {
        "index": number,
        "kind": stream.kind,
        "codec": stream.codec,
        "bound": True,
        "examined": stream.kind == "video",
        "time_base": [1, stream.rate],
        "leaves": len(times),
        "presented": len(times),
        "first": str(min(times)),
        "last": str(max(times)),
        "configurations": [derive("configuration", stream.configuration).hex()],
        "configuration_sei": [],
        "framing": stream.framing,
        "extradata": None,
        "edits": None,
        "matrix": [65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30],
        "enabled": True,
        "rotation": 0,
        "sample_aspect": None,
        "width": None,
        "height": None,
        "pixel_format": None,
        "sample_rate": None,
        "channels": None,
        "profile": None,
        "language": "und",
        **stream.more,
    }


@dataclass(frozen=True)
class Proof:
    """A recording's proof, still in parts: vectors replace one of them."""

    header: Json
    rows: Sequence[Row]
    leaves: bytes
    signatures: Sequence[Json] = ()
    evidence: Json | None = None

    def seal(self) -> bytes:
        return envelope(canonical(self.header), self.signatures, self.evidence)

    def hashes(self) -> list[bytes]:
        return [derive("leaf", leaf(r, self.header["streams"][r.stream])) for r in self.rows]

    def edited(self, change: Callable[[Json], None]) -> Proof:
        """With another header, its digest in the envelope made to fit."""
        header = json.loads(canonical(self.header))
        change(header)
        return replace(self, header=header)

    def covering(self, leaves: bytes) -> Proof:
        """With other leaves, and a header that covers them."""
        return replace(self, leaves=leaves).edited(lambda h: h.update(leaves=covered(leaves)))

    def signed(self, key: Ed25519PrivateKey, payload_type: str = TYPE, keyid: str | None = None) -> Proof:
        payload = canonical(self.header)
        kind = payload_type.encode()
        message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
        entry = {"keyid": keyid or key_id(key), "sig": base64.b64encode(key.sign(message)).decode()}
        return replace(self, signatures=sorted([*self.signatures, entry], key=lambda s: s["keyid"]))


def envelope(payload: bytes, signatures: Sequence[Json] = (), evidence: Json | None = None, **changed: Any) -> bytes:
    """The seal file; `changed` fields take the place of those that belong there."""
    content = {
        "evidence": evidence or {"log": [], "renewals": [], "timestamps": []},
        "payload": base64.b64encode(payload).decode(),
        "payloadBlake3": blake3(payload).hexdigest(),
        "payloadType": TYPE,
        "signatures": list(signatures),
        **changed,
    }
    return canonical(content) + b"\n"


def covered(leaves: bytes) -> Json:
    return {"size": len(leaves), "blake3": blake3(leaves).hexdigest(), "sha256": hashlib.sha256(leaves).hexdigest()}


def proof_of(recording: bytes, name: str, streams: Sequence[Stream]) -> Proof:
    """The honest proof of a recording."""
    rows = [row for number, stream in enumerate(streams) for row in rows_of(number, stream)]
    told = [described(number, stream) for number, stream in enumerate(streams)]
    leaves = parquet(table(rows))
    header = {
        "format": FORMAT,
        "recording": {
            "name": name,
            "size": len(recording),
            "blake3": blake3(recording).hexdigest(),
            "sha256": hashlib.sha256(recording).hexdigest(),
            "sm3": None,
            "kind": "video",
            "container": "mov,mp4,m4a,3gp,3g2,mj2",
            "movie_time_scale": 1000,
            "complete": True,
        },
        "streams": told,
        "tags": {"compatible_brands": "qt  ", "major_brand": "qt  ", "minor_version": "0"},
        "tree": tree_of([derive("leaf", leaf(r, told[r.stream])) for r in rows]),
        "leaves": covered(leaves),
        "sealed": {
            "at": "2026-01-02T03:04:05.000+00:00",
            "clock": "system",
            "host": "example",
            "operator": "vectors",
            "device": "0123456789",
            "engine": "vectors",
        },
        "report": None,
        "supersedes": None,
    }
    return Proof(header, rows, leaves)


# ---- keys -------------------------------------------------------------------------------------


def key(name: str) -> Ed25519PrivateKey:
    """A key that everybody knows: its seed is the SHA-256 of its name."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"unbroken vectors, key {name}".encode()).digest())


def key_id(known: Ed25519PrivateKey) -> str:
    der = known.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def frame_proof(proof: Proof, number: int) -> Json:
    """What `unbroken prove` writes for leaf `number`."""
    row = proof.rows[number]
    header = proof.header
    return {
        "schema": "unbroken.frame/1",
        "format": FORMAT,
        "recording": {"name": header["recording"]["name"], "blake3": header["recording"]["blake3"]},
        "root": header["tree"]["root"],
        "leaves": header["tree"]["leaves"],
        "leaf_number": number,
        "frame": row.order,
        "stream": row.stream,
        "decode_index": row.index,
        "pts": str(row.pts),
        "content": row.digest.hex(),
        "leaf": leaf(row, header["streams"][row.stream]).hex(),
        "path": [h.hex() for h in audit(number, proof.hashes())],
    }

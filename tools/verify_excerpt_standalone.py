#!/usr/bin/env python3
"""Check an excerpt of a sealed recording without the engine that made it, and without the recording.

    verify_excerpt_standalone.py CLIP [--proof CLIP.unbroken-excerpt.json] [--key PUBLIC.pem]

Written from docs/proof-format.md; needs blake3, to look into the clip also av (PyAV), and for --key
cryptography. It shows that the leaves lead to the sealed root at the places that are claimed, and that
the clip holds just the coded units of these leaves, in their order. Times, decoder configurations and
how a container presents its streams it does not compare. Exit code 0 (OK_WITH_MISSING_INFO: the rest of
the recording is not shown), 1 NOT_OK, 3 without a proof or where content could not be looked into.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from blake3 import blake3

FORMAT = "1"
SCHEMA = "unbroken.excerpt/1"
PAYLOAD_TYPE = "application/vnd.unbroken.seal+json"
FIELDS = {"approval", "asked", "clip", "digest", "path", "position", "runs", "schema", "seal", "withheld"}
LEAF = ">IQqqII32s32s"
UNIT_TYPES = {"h264": ({6}, {7, 8, 13, 15}, {9, 10, 11, 12}), "hevc": ({39, 40}, {32, 33, 34}, {35, 36, 37, 38})}
PACKETS = {"mjpeg", "mpeg4", "mpeg1video", "mpeg2video", "vp8", "vp9", "mp3", "mp2", "ac3", "opus", "flac", "vorbis"}


class NotAsSealedError(Exception):
    """The excerpt or its proof is not what was sealed."""


class NotExaminedError(Exception):
    """The clip cannot be looked into by this program."""


def derive(purpose: str, data: bytes) -> bytes:
    return blake3(data, derive_key_context=f"unbroken proof {FORMAT} {purpose}").digest()


def expect(condition: bool, what: str) -> None:
    if not condition:
        raise NotAsSealedError(what)


def canonical(value: Any) -> bytes:
    """RFC 8785 for what a proof may hold: whole numbers, text, lists, objects."""

    def whole(x: Any) -> Any:
        expect(not isinstance(x, float), "the proof holds a number that is not whole")
        if isinstance(x, dict):
            return {k: whole(x[k]) for k in sorted(x, key=lambda name: name.encode("utf-16-be"))}
        return [whole(v) for v in x] if isinstance(x, list) else x

    return json.dumps(whole(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


# ---- the proof --------------------------------------------------------------------------------


def read_proof(path: Path) -> tuple[dict[str, Any], dict[str, Any], dict[int, bytes]]:
    """The proof, the sealed header, and leaf number -> its 100 bytes, after all of it has been checked."""
    data = path.read_bytes()
    proof = json.loads(data)
    expect(data == canonical(proof) + b"\n" and proof.keys() == FIELDS, "the proof is not in its one form")
    told = proof.pop("digest")
    expect(proof["schema"] == SCHEMA and told == blake3(canonical(proof)).hexdigest(), "the proof's digest")
    header = read_header(proof["seal"])
    leaves = read_leaves(proof["runs"], header)
    path_hashes = [bytes.fromhex(h) for h in proof["path"]]
    count, rest = header["tree"]["leaves"], iter(path_hashes)
    found = derive("root", count.to_bytes(8, "big") + top(0, count, sorted(leaves), leaves, rest))
    expect(next(rest, None) is None and found.hex() == header["tree"]["root"], "the leaves do not lead to the root")
    expect(proof["position"] == position(leaves, header), "the position in the recording")
    return proof, header, leaves


def read_header(envelope: dict[str, Any]) -> dict[str, Any]:
    payload = base64.b64decode(envelope["payload"], validate=True)
    header: dict[str, Any] = json.loads(payload)
    expect(payload == canonical(header) and envelope["payloadType"] == PAYLOAD_TYPE, "the form of the seal")
    expect(envelope["payloadBlake3"] == blake3(payload).hexdigest(), "the header's digest")
    expect(header["format"] == FORMAT, "the format of the seal")
    return header


def read_leaves(runs: list[dict[str, Any]], header: dict[str, Any]) -> dict[int, bytes]:
    """Leaf number -> leaf: of each stream at most one run, without a gap, where it says that it stands."""
    starts, at = {}, 0
    for stream in header["streams"]:
        starts[stream["index"]] = at
        at += stream["leaves"]
    leaves: dict[int, bytes] = {}
    expect([r["stream"] for r in runs] == sorted({r["stream"] for r in runs}), "the runs")
    for run in runs:
        stream, data = header["streams"][run["stream"]], base64.b64decode(run["leaves"], validate=True)
        expect(bool(data) and len(data) % 100 == 0 and run["first"] >= 0, "a run's leaves")
        expect(run["first"] + len(data) // 100 <= stream["leaves"], "a run's end")
        for number in range(len(data) // 100):
            leaf = data[number * 100 : number * 100 + 100]
            index, _, _, *base = struct.unpack(">QqqII", leaf[4:36])
            expect(struct.unpack(">I", leaf[:4])[0] == run["stream"], "a leaf's stream")
            expect(index == run["first"] + number and base == stream["time_base"], "a leaf's place")
            leaves[starts[run["stream"]] + index] = leaf
    return leaves


def top(start: int, end: int, numbers: list[int], leaves: dict[int, bytes], path: Iterator[bytes]) -> bytes:
    """Topmost hash over the leaves `start` to `end` - 1: from the path where none of them is shown."""
    if not numbers:
        found = next(path, None)
        expect(found is not None, "the path is too short")
        return found or b""
    if end - start == 1:
        return derive("leaf", leaves[start])
    middle = start + (1 << (end - start - 1).bit_length() - 1)
    left = top(start, middle, [n for n in numbers if n < middle], leaves, path)
    return derive("node", left + top(middle, end, [n for n in numbers if n >= middle], leaves, path))


def position(leaves: dict[int, bytes], header: dict[str, Any]) -> dict[str, Any]:
    """Which frames of how many, and when, from the leaves alone."""
    shown = sorted({struct.unpack(">I", leaf[:4])[0] for leaf in leaves.values()})
    sealed = [s for s in header["streams"] if s["bound"]]
    counted = next((s for s in shown if header["streams"][s]["examined"]), shown[0])
    zero = next((s for s in sealed if s["examined"]), sealed[0])
    mine = [struct.unpack(LEAF, x)[2:4] for x in leaves.values() if struct.unpack(">I", x[:4])[0] == counted]
    presented = [pair for pair in mine if pair[0] >= 0] or mine
    stream = header["streams"][counted]
    times = [placed(pts, stream) for _, pts in presented]
    begins = min(max(int(zero["first"]), a) + c for a, _, c in edits(zero))
    (n, d), (zn, zd) = stream["time_base"], zero["time_base"]
    micro = [round_half_even((t * n * zd - begins * zn * d) * 1_000_000, d * zd) for t in (min(times), max(times))]
    runs = frame_runs([order for order, _ in mine])
    return {"stream": counted, "frames": runs, "of": stream["leaves"], "from": micro[0], "to": micro[1]}


def edits(stream: dict[str, Any]) -> list[list[int]]:
    return [[int(x) for x in e] for e in stream["edits"]] if stream["edits"] else [[-(1 << 62), 1 << 62, 0]]


def placed(pts: int, stream: dict[str, Any]) -> int:
    """Ticks on the presentation timeline: the shift of the first edit that ends after it."""
    return pts + next((shift for _, end, shift in edits(stream) if pts < end), 0)


def round_half_even(over: int, under: int) -> int:
    whole, rest = divmod(over, under)
    return whole + (2 * rest > under or (2 * rest == under and whole % 2 == 1))


def frame_runs(orders: list[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in sorted(n for n in orders if n >= 0):
        if runs and number <= runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return runs


# ---- the clip ---------------------------------------------------------------------------------


def units(packet: bytes, prefix: int) -> Iterator[bytes]:
    """Units of a packet of H.264 or HEVC, cut at lengths and at start codes, without zeros at their ends."""
    pieces, at = ([] if prefix else [packet]), 0
    while prefix and at < len(packet):
        stop = at + prefix + int.from_bytes(packet[at : at + prefix], "big")
        expect(stop <= len(packet), "a unit is longer than its packet")
        pieces.append(packet[at + prefix : stop])
        at = stop
    for piece in pieces:
        yield from (u for u in (part.rstrip(b"\0") for part in piece.split(b"\0\0\1")) if u)


def normal(packet: bytes, codec: str, prefix: int, dropped: set[str]) -> bytes:
    """The normal form of a packet: docs/proof-format.md, "Content digest"."""
    if codec == "adts":
        return packet[7 if packet[1] & 1 else 9 :]
    if codec not in UNIT_TYPES:
        return packet
    sei, sets, never = UNIT_TYPES[codec]
    kept = b""
    for unit in units(packet, prefix):
        kind = unit[0] & 31 if codec == "h264" else unit[0] >> 1 & 63
        if kind in sets or kind in never or (kind in sei and derive("content", unit).hex() in dropped):
            continue
        kept += len(unit).to_bytes(4, "big") + unit
    return kept


def contents(clip: Path, header: dict[str, Any]) -> Iterator[tuple[str, list[bytes]]]:
    """Of each stream of picture or sound in the clip: its kind, and its normal forms in decode order."""
    try:
        import av
    except ImportError as error:
        raise NotExaminedError("PyAV is not there: the leaves were checked, the clip's content was not") from error
    dropped = {d for s in header["streams"] for d in s["configuration_sei"]}
    with av.open(str(clip), options={"ignore_editlist": "1"}) as container:
        streams = {s.index: s for s in container.streams if s.type in ("video", "audio")}
        readers = {i: framing(s.codec_context) for i, s in streams.items()}
        found: dict[int, list[bytes]] = {i: [] for i in streams}
        for packet in container.demux():
            if packet.size and packet.stream_index in found:
                found[packet.stream_index].append(normal(bytes(packet), *readers[packet.stream_index], dropped))
        for index, stream in streams.items():
            pieces = found[index]
            if readers[index][0].startswith("pcm_"):
                joined, width = b"".join(pieces), 1024 * sample_bytes(stream.codec_context)
                pieces = [joined[i : i + width] for i in range(0, len(joined), width)]
            yield stream.type, pieces


def sample_bytes(codec: Any) -> int:
    """Bytes of a sample of all channels: of PCM as its name says, one of G.711."""
    bits = "".join(c for c in codec.codec.canonical_name[5:8] if c.isdigit())
    return int(bits or 8) // 8 * int(codec.channels)


def framing(codec: Any) -> tuple[str, int]:
    """Codec, and of H.264 and HEVC the bytes of a length (0: start codes)."""
    name, extra = codec.codec.canonical_name, codec.extradata or b""
    if name in UNIT_TYPES:
        return name, extra[{"h264": 4, "hevc": 21}[name]] % 4 + 1 if extra[:1] == b"\1" else 0
    if name == "aac":
        return ("aac" if extra else "adts"), 0
    if name not in PACKETS and not name.startswith("pcm_"):
        raise NotExaminedError(f"{name} is not looked into by this program")
    return name, 0


def check_clip(clip: Path, proof: dict[str, Any], header: dict[str, Any], leaves: dict[int, bytes]) -> None:
    """The clip's units are those of the leaves that are not withheld, in their order, and no others."""
    withheld = {n for a, b in proof["withheld"] for n in range(a, b + 1)}
    expect(withheld <= leaves.keys(), "what is withheld")
    wanted: dict[int, list[bytes]] = {}
    for number in sorted(leaves.keys() - withheld):
        wanted.setdefault(struct.unpack(">I", leaves[number][:4])[0], []).append(leaves[number][68:])
    for kind, pieces in contents(clip, header):
        of_kind = [i for i in wanted if header["streams"][i]["kind"] == kind]
        match = next((i for i in of_kind if same(pieces, wanted[i])), None)
        expect(match is not None, f"a {kind} stream of the clip is not the one that was sealed")
        wanted.pop(match if match is not None else -1)
    expect(not wanted, "a stream of the excerpt is not in the clip")


def same(pieces: list[bytes], digests: list[bytes]) -> bool:
    """Piece by piece; two pieces that are the fields of one picture stand for one leaf."""
    at = 0
    for digest in digests:
        step = next((n for n in (1, 2) if derive("content", b"".join(pieces[at : at + n])) == digest), None)
        if step is None:
            return False
        at += step
    return at == len(pieces)


# ---- command line -----------------------------------------------------------------------------


def signature(envelope: dict[str, Any], key: Path | None) -> str:
    """What the seal's signatures come to under a public key; DSSE version 1, Ed25519."""
    if key is None:
        return "signature not checked" if envelope["signatures"] else "signature: none"
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import serialization as form

    public = form.load_pem_public_key(key.read_bytes())
    der = public.public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)
    name, payload = hashlib.sha256(der).hexdigest(), base64.b64decode(envelope["payload"])
    found = next((s["sig"] for s in envelope["signatures"] if s["keyid"] == name), None)
    expect(found is not None, "the seal carries no signature of this key")
    message = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)
    try:
        public.verify(base64.b64decode(found or ""), message)  # type: ignore[union-attr,call-arg]
    except InvalidSignature as error:
        raise NotAsSealedError("the signature does not verify") from error
    return f"signature verifies under {name}"


def verify(clip: Path, path: Path, key: Path | None) -> str:
    proof, header, leaves = read_proof(path)
    signed = signature(proof["seal"], key)
    check_clip(clip, proof, header, leaves)
    place = proof["position"]
    runs = ", ".join(f"{a:,}-{b:,}" for a, b in place["frames"])
    away = f", {sum(b - a + 1 for a, b in proof['withheld'])} leaves withheld" if proof["withheld"] else ""
    return f"frames {runs} of {place['of']:,}{away}, unaltered; the rest not shown ({signed})"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--proof", type=Path, help="the proof of the excerpt; by default beside the clip")
    parser.add_argument("--key", type=Path, help="public key (PEM) that the seal has to be signed with")
    options = parser.parse_args()
    path = options.proof or Path(f"{options.clip}.unbroken-excerpt.json")
    if not path.exists():
        print(f"{options.clip}: NOT_SEALED: there is no {path}")
        return 3
    try:
        print(f"{options.clip}: OK_WITH_MISSING_INFO: {verify(options.clip, path, options.key)}")
    except NotExaminedError as problem:
        print(f"{options.clip}: not examined: {problem}")
        return 3
    except Exception as problem:  # what is damaged raises many kinds
        print(f"{options.clip}: NOT_OK: {type(problem).__name__}: {problem}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

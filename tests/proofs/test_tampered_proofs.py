"""A proof that was changed in any way is never better than NOT_OK, and never a traceback."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rfc8785
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.proofs import envelope, tree
from engine.proofs.envelope import Seal
from engine.proofs.hashing import leaf_hash
from engine.proofs.header import check_header
from engine.proofs.parquet import read_leaves, write_leaves
from engine.proofs.problems import ProofProblem
from engine.proofs.seal import seal
from engine.proofs.verify import Status, verify


def envelope_of(payload: bytes) -> bytes:
    """A seal file with just this payload, whatever it holds."""
    return Seal(None, payload).to_bytes()


@pytest.fixture(scope="module")
def small(tools, tmp_path_factory):
    """A recording of few frames with its proof."""
    folder = tmp_path_factory.mktemp("small")
    long = tools.make_clip(folder / "long.mp4", sound=None)
    path = tools.rewrite(long, folder / "small.mp4", lambda units: units[:6])
    result = seal(path)
    assert result.status == "sealed"
    return path, result.seal, result.leaves


@pytest.fixture
def copy(small, tmp_path):
    for path in small:
        shutil.copy(path, tmp_path / path.name)
    return tuple(tmp_path / path.name for path in small)


@pytest.mark.parametrize("part", ["seal", "leaves"])
def test_every_byte_flipped(copy, part):
    recording, seal_path, leaves_path = copy
    target = seal_path if part == "seal" else leaves_path
    good = target.read_bytes()
    wrong = []
    for at in range(len(good)):
        target.write_bytes(good[:at] + bytes([good[at] ^ (1 << at % 8)]) + good[at + 1 :])
        if verify(recording).status is not Status.NOT_OK:
            wrong.append(at)
    assert wrong == []
    target.write_bytes(good)
    assert verify(recording).status is Status.OK


@pytest.mark.parametrize("part", ["seal", "leaves"])
@pytest.mark.parametrize("content", [b"", b"{", b"PAR1", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"a":1}', None])
def test_cut_short_or_something_else(copy, part, content):
    recording, seal_path, leaves_path = copy
    target = seal_path if part == "seal" else leaves_path
    target.write_bytes(target.read_bytes()[:-100] if content is None else content)
    assert verify(recording).status is Status.NOT_OK


def paths_of(value, at=()):
    """Every place of a JSON value that holds no further place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths_of(inner, (*at, key))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from paths_of(inner, (*at, number))
    else:
        yield at


def changed(value, at):
    """A deep copy with the value at a place replaced by another of its kind."""
    out = json.loads(json.dumps(value))
    inner = out
    for key in at[:-1]:
        inner = inner[key]
    old = inner[at[-1]]
    if isinstance(old, bool):
        inner[at[-1]] = not old
    elif isinstance(old, int):
        inner[at[-1]] = old + 1
    elif isinstance(old, str):
        inner[at[-1]] = ("0" if old[:1] != "0" else "1") + old[1:]
    else:
        inner[at[-1]] = "0" * 64
    return out


def test_every_value_of_the_header_changed(copy):
    """The value alone: the header's digest in the envelope stays."""
    recording, seal_path, _ = copy
    whole = json.loads(seal_path.read_text())
    header = json.loads(base64.b64decode(whole["payload"]))
    for at in paths_of(header):
        payload = rfc8785.dumps(changed(header, at))
        seal_path.write_text(json.dumps({**whole, "payload": base64.b64encode(payload).decode()}))
        assert verify(recording).status is Status.NOT_OK, at


@pytest.mark.parametrize("at", [("tree", "root"), ("tree", "groups", 0), ("tree", "leaves"), ("recording", "size")])
def test_values_that_contradict_each_other(copy, at):
    """Changed together with the header's digest, as an attacker without a key would."""
    recording, seal_path, _ = copy
    header = json.loads(base64.b64decode(json.loads(seal_path.read_text())["payload"]))
    payload = rfc8785.dumps(changed(header, at))
    seal_path.write_bytes(envelope_of(payload))
    assert verify(recording).status is Status.NOT_OK


@pytest.fixture(scope="module")
def remuxed(small, tools, tmp_path_factory):
    """The recording in another container: its leaves have to be read."""
    return tools.rewrite(small[0], tmp_path_factory.mktemp("remuxed") / "small.mkv", lambda units: units)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first", "1"),
        ("last", None),
        ("presented", 0),
        ("edits", []),
        ("edits", [["0", "1", "0"]]),
        ("edits", [["0", "99999", "9999999999999999999"]]),
    ],
)
def test_a_stream_s_times_follow_from_its_leaves(copy, remuxed, field, value):
    assert verify(remuxed, copy[1]).status is Status.OK_WITH_MISSING_INFO

    def change(header):
        header["streams"][0][field] = value

    rewrap(copy, change_header=change)
    assert verify(remuxed, copy[1]).status is Status.NOT_OK


def test_a_pipe_in_the_seal_s_place_is_not_waited_for(copy):
    copy[1].unlink()
    os.mkfifo(copy[1])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(verify, copy[0])
        try:
            result = waiting.result(20)
        finally:
            os.close(os.open(copy[1], os.O_RDWR | os.O_NONBLOCK))  # lets a reader that waits go on
    assert (result.status, result.reason) == (Status.NOT_OK, "seal_unreadable")


@pytest.mark.parametrize("signatures", [[{"keyid": "", "sig": "AAAA"}], {}, None, [None]])
def test_a_signature_that_cannot_be_checked(copy, signatures):
    recording, seal_path, _ = copy
    whole = json.loads(seal_path.read_text())
    seal_path.write_bytes(rfc8785.dumps({**whole, "signatures": signatures}) + b"\n")
    assert verify(recording).status is Status.NOT_OK


def rewrap(copy, change_table=None, change_header=None):
    """Leaves rewritten and the seal made to cover them: everything but the tree fits."""
    _, seal_path, leaves_path = copy
    header = json.loads(base64.b64decode(json.loads(seal_path.read_text())["payload"]))
    if change_table is not None:
        table = change_table(pq.read_table(leaves_path))
        pq.write_table(table, leaves_path, row_group_size=tree.GROUP)
    data = leaves_path.read_bytes()
    header["leaves"] = {
        "size": len(data),
        "blake3": blake3(data).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    if change_header is not None:
        change_header(header)
    seal_path.write_bytes(envelope_of(rfc8785.dumps(header)))


TABLES = {
    "dropped": lambda t: t.slice(1),
    "swapped": lambda t: t.take([1, 0, 2, 3, 4, 5]),
    "doubled": lambda t: t.take([0, 0, 1, 2, 3, 4, 5]),
    "column missing": lambda t: t.drop_columns(["pts"]),
    "column added": lambda t: t.append_column("more", pa.array([1] * len(t))),
    "other types": lambda t: t.set_column(3, "pts", t["pts"].cast(pa.float64())),
    "nulls": lambda t: t.set_column(3, "pts", pa.array([None] * len(t), pa.int64())),
    "a digest of 31 bytes": lambda t: t.set_column(7, "digest", pa.array([b"x" * 31] * len(t), pa.binary(31))),
    "another digest": lambda t: t.set_column(7, "digest", pa.array([b"x" * 32] * len(t), pa.binary(32))),
    "no such configuration": lambda t: t.set_column(6, "configuration", pa.array([9] * len(t), pa.uint16())),
    "no such stream": lambda t: t.set_column(0, "stream", pa.array([9] * len(t), pa.uint16())),
    "nothing": lambda t: t.slice(0, 0),
}


@pytest.mark.parametrize("name", TABLES)
def test_leaves_rewritten_with_a_seal_that_covers_them(copy, name):
    """Without a signature such a seal fits an untouched file; the leaves are of no use to anybody."""
    recording, _seal_path, _leaves_path = copy
    with open(recording, "ab") as file:
        file.write(b"junk")
    rewrap(copy, TABLES[name])
    result = verify(recording)
    assert result.status is Status.NOT_OK
    assert result.reason.startswith("leaves_"), result


def test_leaves_missing(copy):
    recording, _, leaves_path = copy
    leaves_path.unlink()
    assert verify(recording).status is Status.OK_WITH_MISSING_INFO
    with open(recording, "ab") as file:
        file.write(b"junk")
    result = verify(recording)
    assert (result.status, result.reason) == (Status.NOT_OK, "differs_and_leaves_missing")


def test_the_seal_or_leaves_of_another(copy, tools, tmp_path, clip):
    recording, _seal_path, leaves_path = copy
    other = seal(clip, tmp_path)
    assert verify(recording, other.seal).status is Status.NOT_OK
    shutil.copy(other.leaves, leaves_path)
    assert verify(recording).status is Status.NOT_OK


def test_a_folder_in_the_place_of_the_proof(copy):
    recording, seal_path, leaves_path = copy
    leaves_path.unlink()
    leaves_path.mkdir()
    assert verify(recording).status is Status.NOT_OK
    seal_path.unlink()
    seal_path.mkdir()
    assert verify(recording).status is Status.NOT_OK


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3),
    ),
    st.data(),
)
def test_hostile_headers_are_refused(small, value, data):
    header = json.loads(base64.b64decode(json.loads(small[1].read_text())["payload"]))
    places = list(paths_of(header))
    at = data.draw(st.sampled_from(places))[: data.draw(st.integers(1, 4))]
    inner = header
    for key in at[:-1]:
        inner = inner[key]
    old, inner[at[-1]] = inner[at[-1]], value
    try:
        found = check_header(header)
    except ProofProblem:
        return
    assert type(value) is type(old) or old is None or value is None
    assert found.leaf_streams() is not None


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_hostile_parquet_is_a_problem_not_a_crash(small, tmp_path, data):
    good = bytearray(small[2].read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "leaves.parquet"
    path.write_bytes(good)
    header = envelope.read(small[1])
    try:
        leaves = read_leaves(path, header)
    except ProofProblem:
        return
    assert len(leaves.hashes()) == header.leaves
    assert all(len(leaf_hash(b"")) == 32 for _ in range(1))


def test_leaves_survive_writing(small, tmp_path):
    header = envelope.read(small[1])
    leaves = read_leaves(small[2], header)
    write_leaves(leaves, tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == small[2].read_bytes()
    assert tree.root(len(leaves), tree.groups(leaves.hashes())).hex() == header.root

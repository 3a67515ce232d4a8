"""The envelope: one spelling, strict shapes; what is added later never touches the header."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
import rfc8785
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.proofs import files
from engine.proofs.amend import amend
from engine.proofs.covered import renewal_message, timestamp_message
from engine.proofs.envelope import Signature, from_bytes, pae, read_seal
from engine.proofs.evidence import Evidence, LogInclusion, Rehash, Renewal, Timestamp
from engine.proofs.logentry import log_entry
from engine.proofs.problems import ProofProblem
from engine.proofs.seal import seal
from engine.proofs.verify import Status, verify

ALICE, BOB = "a" * 64, "b" * 64
STAMP = Timestamp((ALICE,), b"token")
ENTRY = LogInclusion("example.org/log", 7, (b"x" * 32,), "example.org/log\n8\nAAAA\n\n— example.org/log AAAA\n")
RENEWAL = Renewal((ALICE,), 1, 1, Rehash("sha512", "0" * 128, "1" * 128), b"renewed")


@pytest.fixture(scope="module")
def made(tools, tmp_path_factory):
    folder = tmp_path_factory.mktemp("envelope")
    long = tools.make_clip(folder / "long.mp4", sound=None)
    path = tools.rewrite(long, folder / "small.mp4", lambda units: units[:6])
    result = seal(path)
    return path, result.seal, result.leaves


@pytest.fixture
def sealed(made, tmp_path):
    return tuple(shutil.copy(path, tmp_path / path.name) for path in made)


def full(seal):
    signed = seal.signed(Signature(BOB, b"b" * 64)).signed(Signature(ALICE, b"a" * 64))
    return signed.timestamped(STAMP).logged(ENTRY).renewed(RENEWAL)


def test_added_and_read_again(sealed):
    before = read_seal(sealed[1])
    assert amend(sealed[1], full) == read_seal(sealed[1])
    after = read_seal(sealed[1])
    assert after.payload == before.payload
    assert [s.keyid for s in after.signatures] == [ALICE, BOB]
    assert after.evidence == Evidence((STAMP,), (ENTRY,), (RENEWAL,))
    assert sealed[1].read_bytes() == rfc8785.dumps(json.loads(sealed[1].read_bytes())) + b"\n"
    amend(sealed[1], lambda s: s)
    assert read_seal(sealed[1]) == after


@pytest.mark.parametrize(
    "change",
    [
        lambda s: type(s)(s.header, s.payload, (), s.evidence),
        lambda s: type(s)(s.header, s.payload, s.signatures, Evidence()),
        lambda s: type(s)(s.header, s.payload, s.signatures, Evidence((Timestamp((ALICE,), b"other"),), (ENTRY,))),
        lambda s: type(s)(s.header, s.payload + b" ", s.signatures, s.evidence),
        lambda s: s.signed(Signature(ALICE, b"c" * 64)),
        lambda s: s.timestamped(Timestamp(("c" * 64,), b"covers a signature that is not there")),
        lambda s: s.timestamped(Timestamp((), b"x" * (1 << 17))),
        lambda s: s.logged(LogInclusion("example.org/other", 0, (), "example.org/log\n")),
        lambda s: s.renewed(Renewal((), 9, 0, None, b"covers more than there is")),
    ],
)
def test_nothing_is_taken_away_and_nothing_odd_added(sealed, change):
    amend(sealed[1], full)
    before = sealed[1].read_bytes()
    with pytest.raises(ProofProblem):
        amend(sealed[1], change)
    assert sealed[1].read_bytes() == before
    assert sorted(os.listdir(sealed[1].parent)) == sorted(p.name for p in sealed)


def test_programs_that_amend_at_the_same_time_lose_nothing(sealed):
    os.chmod(sealed[1], 0o640)

    def add(number):
        amend(sealed[1], lambda s: s.timestamped(Timestamp((), b"%d" % number)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    stamps = read_seal(sealed[1]).evidence.timestamps
    assert sorted(int(s.token) for s in stamps) == list(range(40))
    assert stat.S_IMODE(os.stat(sealed[1]).st_mode) == 0o640


class Killed(BaseException):
    """Stands for SIGKILL: whoever raises it lets nothing be tidied up."""


@pytest.mark.parametrize("step", range(6))
def test_killed_while_a_seal_is_amended(sealed, step):
    """New file synced, renamed, folder synced: before and after each. The old seal or the new one stands there."""
    before, header = sealed[1].read_bytes(), read_seal(sealed[1]).header
    done = iter(range(1000))

    def dying(real):
        def call(*arguments):
            number = next(done)
            if number * 2 == step:
                raise Killed
            real(*arguments)
            if number * 2 + 1 == step:
                raise Killed

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files.os, "fsync", dying(os.fsync))
        patch.setattr(files.os, "replace", dying(os.replace))
        patch.setattr(files.os, "unlink", lambda _: None)
        with pytest.raises(Killed):
            amend(sealed[1], full)
    assert (sealed[1].read_bytes() == before) == (step < 3)
    assert read_seal(sealed[1]).header == header
    amend(sealed[1], lambda s: s if s.signatures else full(s))
    assert read_seal(sealed[1]).evidence == Evidence((STAMP,), (ENTRY,), (RENEWAL,))


def test_what_a_killed_program_left_is_removed(sealed):
    left = sealed[1].with_name(files.temporary_prefix(sealed[1]) + "x.tmp")
    fresh = sealed[1].with_name(files.temporary_prefix(sealed[1]) + "y.tmp")
    for path in (left, fresh):
        path.touch()
    os.utime(left, (0, 0))
    amend(sealed[1], full)
    assert (left.exists(), fresh.exists()) == (False, True)


def test_no_seal_to_amend(tmp_path):
    with pytest.raises(ProofProblem) as problem:
        amend(tmp_path / "clip.mp4.unbroken.json", full)
    assert problem.value.reason == "no_seal"


def places(value, at=()):
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*at, key))


@pytest.mark.parametrize(
    "instead", [None, True, -1, 1.5, "", "A", "AAA=\n", "\ud800", [], {}, [None], {"x": 1}, 1 << 60]
)
def test_any_part_of_another_form_is_refused(sealed, instead):
    """Every place of the envelope outside the payload in turn replaced by something that does not belong there."""
    amend(sealed[1], full)
    whole = json.loads(sealed[1].read_text())
    for at in [p for p in places(whole) if p and p != ("payload",)]:
        changed = json.loads(json.dumps(whole))
        inner = changed
        for key in at[:-1]:
            inner = inner[key]
        if inner[at[-1]] == instead:
            continue
        inner[at[-1]] = instead
        sealed[1].write_text(
            json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=instead == "\ud800") + "\n"
        )
        # an emptied list, and a renewal without new digests, are seals too, but not of the same content
        if (instead == [] and isinstance(at[-1], str)) or (instead is None and at[-1] == "rehash"):
            continue
        result = verify(sealed[0])
        assert result.status is Status.NOT_OK, at
        assert result.reason in ("seal_unreadable", "seal_differs"), at


@pytest.mark.parametrize("field", ["evidence", "payload", "payloadBlake3", "payloadType", "signatures", "evidence.log"])
def test_attack_header_retagged_or_renamed(sealed, field):
    whole = json.loads(sealed[1].read_text())
    holder, name = (whole["evidence"], "log") if "." in field else (whole, field)
    value = holder.pop(name)
    for key in (name.upper(), name + " ", "format"):
        holder[key] = value
        sealed[1].write_bytes(rfc8785.dumps(whole) + b"\n")
        assert verify(sealed[0]).reason == "seal_unreadable"
        del holder[key]
    sealed[1].write_bytes(rfc8785.dumps(whole) + b"\n")
    assert verify(sealed[0]).status is Status.NOT_OK
    holder[name], holder["more"] = value, 1
    sealed[1].write_bytes(rfc8785.dumps(whole) + b"\n")
    assert verify(sealed[0]).status is Status.NOT_OK


@pytest.mark.parametrize("signatures", [[BOB, ALICE], [ALICE, ALICE]])
def test_signatures_have_one_order_and_one_place(sealed, signatures):
    whole = json.loads(sealed[1].read_text())
    whole["signatures"] = [{"keyid": k, "sig": "AAAA"} for k in signatures]
    sealed[1].write_bytes(rfc8785.dumps(whole) + b"\n")
    assert verify(sealed[0]).reason == "seal_unreadable"


def test_the_draft_is_refused_by_name(sealed):
    whole = json.loads(sealed[1].read_text())
    header = json.loads(base64.b64decode(whole["payload"]))
    payload = rfc8785.dumps({**header, "format": "1-draft"})
    whole.update(payload=base64.b64encode(payload).decode(), payloadBlake3=blake3(payload).hexdigest())
    for more in ({}, {"evidence": whole.pop("evidence")}):
        sealed[1].write_bytes(rfc8785.dumps({**whole, **more}) + b"\n")
        result = verify(sealed[0])
        assert (result.status, result.reason) == (Status.NOT_OK, "format_draft")


def test_a_link_that_leads_nowhere_is_no_missing_seal(sealed):
    sealed[1].unlink()
    assert verify(sealed[0]).status is Status.NOT_SEALED
    sealed[1].symlink_to("gone.json")
    assert verify(sealed[0]).status is Status.NOT_OK


def test_a_name_too_long_for_a_seal_is_not_sealed(tmp_path):
    path = tmp_path / ("n" * 245 + ".mp4")
    path.write_bytes(b"recording")
    assert verify(path).status is Status.NOT_SEALED


def test_what_signatures_timestamps_and_log_entries_are_over(sealed):
    """Spelled out here by hand, from the specification."""
    found = amend(sealed[1], full)
    whole = json.loads(sealed[1].read_text())
    payload = base64.b64decode(whole["payload"])
    kind = "application/vnd.unbroken.seal+json"
    assert pae(b"abc", "type") == b"DSSEv1 4 type 3 abc"
    assert pae(payload) == f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
    one = [s for s in whole["signatures"] if s["keyid"] == ALICE]
    stamped = {"payload": whole["payload"], "payloadType": kind, "schema": "unbroken.timestamp/1"}
    assert json.loads(timestamp_message(found, [ALICE])) == {**stamped, "signatures": one}
    assert json.loads(timestamp_message(found, [])) == {**stamped, "signatures": []}
    renewal = json.loads(renewal_message(found, 0, RENEWAL.claims()))
    assert renewal == {
        "payload": whole["payload"],
        "payloadType": kind,
        "schema": "unbroken.renewal/1",
        "signatures": one,
        "timestamps": whole["evidence"]["timestamps"],
        "log": whole["evidence"]["log"],
        "rehash": {"algorithm": "sha512", "recording": "0" * 128, "leaves": "1" * 128},
        "renewals": [],
    }
    header = json.loads(payload)
    entry = json.loads(log_entry(found))
    assert entry["schema"] == "unbroken.log-entry/1"
    assert entry["root"] == header["tree"]["root"]
    assert entry["recording"] == {k: header["recording"][k] for k in ("blake3", "sha256")}
    assert entry["seal"]["payloadBlake3"] == whole["payloadBlake3"]
    assert log_entry(found) == rfc8785.dumps(entry)


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3),
    ),
    st.data(),
)
def test_hostile_envelopes_are_refused(made, value, data):
    whole = json.loads(full(read_seal(made[1])).to_bytes())
    at = data.draw(st.sampled_from([p for p in places(whole) if p]))
    inner = whole
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    try:
        content = rfc8785.dumps(whole) + b"\n"
    except (rfc8785.CanonicalizationError, ValueError):
        content = json.dumps(whole).encode()
    with contextlib.suppress(ProofProblem):
        assert from_bytes(content).to_bytes() == content


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 10_000), st.integers(0, 60))
def test_hostile_bytes_are_refused(made, junk, at, gone):
    good = full(read_seal(made[1])).to_bytes()
    at %= len(good)
    with contextlib.suppress(ProofProblem):
        assert from_bytes(good[:at] + junk + good[at + gone :]).to_bytes() == good[:at] + junk + good[at + gone :]

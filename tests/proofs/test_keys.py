"""Trusted keys: limits, revocation, rotation, and the strict reading of their file."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.proofs import keyring
from engine.proofs.envelope import Seal, Signature, pae
from engine.proofs.header import Header
from engine.proofs.keys import Revocation, TrustedKey, TrustedKeys, rotate
from engine.proofs.policy import Policy, judge
from engine.proofs.problems import ProofProblem
from engine.proofs.signing import Signer
from engine.proofs.times import instant, spelled

ALICE, BOB, EVE = (Signer.of(bytes([n]) * 32) for n in (1, 2, 3))


def day(number: int) -> datetime.datetime:
    return datetime.datetime(2026, 1, number, tzinfo=datetime.UTC)


def signed_on(declared: str) -> Seal:
    payload = b"a header"
    header = Header({"sealed": {"at": declared}})
    return Seal(header, payload, (Signature(ALICE.public.keyid, ALICE.sign(pae(payload))),))


def standing(key: TrustedKey, declared: int, stamped: int | None = None) -> str:
    stamps = {} if stamped is None else {key.keyid: day(stamped)}
    (found,) = judge(signed_on(day(declared).isoformat()), Policy(TrustedKeys((key,))), stamps)
    return found.standing.value


@pytest.mark.parametrize(
    ("limits", "declared", "stamped", "expected"),
    [
        ({}, 5, None, "trusted"),
        ({"valid_from": 5, "valid_until": 8}, 4, None, "untrusted"),
        ({"valid_from": 5, "valid_until": 8}, 5, None, "trusted"),
        ({"valid_from": 5, "valid_until": 8}, 8, None, "trusted"),
        ({"valid_from": 5, "valid_until": 8}, 9, None, "untrusted"),
        ({"valid_from": 5, "valid_until": 8}, 6, 9, "untrusted"),  # a timestamp wins over what is declared
        ({"valid_from": 5, "valid_until": 8}, 9, 7, "trusted"),
        ({"revoked": (5, "superseded")}, 4, None, "trusted"),
        ({"revoked": (5, "superseded")}, 5, None, "revoked"),
        ({"revoked": (5, "ceased")}, 6, None, "revoked"),
        ({"revoked": (5, "ceased")}, 4, 6, "revoked"),
        ({"revoked": (5, "compromised")}, 4, None, "revoked"),  # a thief declares what he likes
        ({"revoked": (5, "compromised")}, 4, 4, "trusted"),
        ({"revoked": (5, "compromised")}, 4, 5, "revoked"),
        ({"revoked": (9, "superseded"), "valid_until": 3}, 4, None, "untrusted"),
    ],
)
def test_when_a_signature_counts(limits, declared, stamped, expected):
    revoked = limits.pop("revoked", None)
    key = TrustedKey(ALICE.public, "Alice", **{k: day(v) for k, v in limits.items()})
    if revoked:
        key = replace(key, revoked=Revocation(day(revoked[0]), revoked[1]))
    assert standing(key, declared, stamped) == expected


@pytest.mark.parametrize("declared", ["", "yesterday", "2026-01-05T00:00:00"])
def test_no_time_is_no_time_before_a_revocation(declared):
    key = TrustedKey(ALICE.public, "Alice", revoked=Revocation(day(9), "ceased"))
    (found,) = judge(signed_on(declared), Policy(TrustedKeys((key,))))
    assert found.standing.value == "revoked"
    (found,) = judge(signed_on(declared), Policy(TrustedKeys((TrustedKey(ALICE.public, "Alice", day(1)),))))
    assert found.standing.value == "untrusted"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "keys.json"
    keyring.change(path, lambda keys: keys.added(TrustedKey(ALICE.public, "城东分局 法制科", day(1))))
    return path


def reason_of(call) -> str:
    with pytest.raises(ProofProblem) as problem:
        call()
    return problem.value.reason


def test_the_file_says_what_was_put_in(path):
    key = TrustedKey(BOB.public, "Bob", day(2), day(9), Revocation(day(3), "ceased", "left"))
    keyring.change(path, lambda keys: keys.added(key))
    assert keyring.read(path).get(BOB.public.keyid) == key
    assert keyring.read(path).find(BOB.public.keyid[:8].upper()) == key
    assert reason_of(lambda: keyring.read(path).find(BOB.public.keyid[:7])) == "key_unknown"
    assert reason_of(lambda: keyring.read(path).find("0" * 64)) == "key_unknown"
    assert reason_of(lambda: keyring.change(path, lambda keys: keys.added(key))) == "key_known"
    assert os.listdir(path.parent) == ["keys.json"]


def test_a_revocation_is_made_graver_never_lifted(path):
    keyid = ALICE.public.keyid

    def revoke(number, why):
        keyring.change(path, lambda keys: keys.revoked(keyid, Revocation(day(number), why)))
        return keyring.read(path).get(keyid).revoked

    assert revoke(9, "superseded") == Revocation(day(9), "superseded")
    assert reason_of(lambda: revoke(9, "ceased")) == "key_revoked"
    assert revoke(8, "ceased").at == day(8)
    assert revoke(20, "compromised") == Revocation(day(8), "compromised")
    assert revoke(5, "superseded") == Revocation(day(5), "compromised")
    assert reason_of(lambda: revoke(6, "compromised")) == "key_revoked"


def test_a_new_key_in_place_of_a_trusted_one(path):
    new = rotate(ALICE, BOB.public, "城东分局 法制科", day(6))
    keyring.change(path, lambda keys: keys.rotated(new))
    keys = keyring.read(path)
    assert keys.get(ALICE.public.keyid).valid_until == day(6)
    assert keys.get(BOB.public.keyid) == new
    assert reason_of(lambda: keys.rotated(new)) == "key_known"
    later = rotate(ALICE, EVE.public, "x", day(8))
    assert reason_of(lambda: keys.rotated(later)) == "rotation_invalid"  # its time is over


@pytest.mark.parametrize(
    "what", ["name", "valid_from", "signed by another", "of an unknown key", "of a revoked key", "none"]
)
def test_a_new_key_that_no_trusted_key_signed(path, what):
    keys = keyring.read(path)
    new = rotate(ALICE, EVE.public, "Alice", day(6))
    if what == "of a revoked key":
        keys = keys.revoked(ALICE.public.keyid, Revocation(day(5), "compromised"))
    forged = {
        "name": lambda: replace(new, name="Bob"),
        "valid_from": lambda: replace(new, valid_from=day(2)),
        "signed by another": lambda: replace(
            new, rotated_from=replace(new.rotated_from, sig=rotate(EVE, EVE.public, "Alice", day(6)).rotated_from.sig)
        ),
        "of an unknown key": lambda: rotate(BOB, EVE.public, "Alice", day(6)),
        "of a revoked key": lambda: new,
        "none": lambda: replace(new, rotated_from=None),
    }[what]()
    assert reason_of(lambda: keys.rotated(forged)) == "rotation_invalid"
    if what not in ("of a revoked key", "none"):
        text = {"schema": "unbroken.keys/1", "keys": [k.as_json() for k in (*keys.keys, forged)]}
        path.write_text(json.dumps(text))
        assert reason_of(lambda: keyring.read(path)) == "rotation_invalid"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("keyid", "0" * 64, "keys_unreadable"),
        ("keyid", ALICE.public.keyid.upper(), "keys_unreadable"),
        ("algorithm", "none", "key_algorithm"),
        ("algorithm", "rsa", "key_algorithm"),
        ("algorithm", None, "key_algorithm"),
        ("public_key", "", "key_unreadable"),
        ("public_key", "AAAA", "key_unreadable"),
        ("public_key", BOB.public.as_base64(), "keys_unreadable"),
        ("public_key", 5, "keys_unreadable"),
        ("name", "", "keys_unreadable"),
        ("name", "a\x1b[2J", "keys_unreadable"),
        ("valid_from", "2026-01-01T00:00:00", "keys_unreadable"),
        ("valid_until", "2026-13-01T00:00:00Z", "keys_unreadable"),
        ("valid_until", 5, "keys_unreadable"),
        ("revoked", {}, "keys_unreadable"),
        ("revoked", {"at": None, "reason": "ceased", "note": None}, "keys_unreadable"),
        ("revoked", {"at": "2026-01-01T00:00:00Z", "reason": "bored", "note": None}, "keys_unreadable"),
        ("revoked", {"at": "2026-01-01T00:00:00Z", "reason": "ceased", "note": "\udcff"}, "keys_unreadable"),
        ("rotated_from", {"keyid": "0" * 64, "sig": "AAAA"}, "rotation_invalid"),
        ("rotated_from", {"keyid": "0" * 64, "sig": 5}, "keys_unreadable"),
        ("more", None, "keys_unreadable"),
    ],
)
def test_a_file_of_another_form_is_refused(path, field, value, reason):
    whole = json.loads(path.read_text())
    whole["keys"][0][field] = value
    path.write_text(json.dumps(whole))
    assert reason_of(lambda: keyring.read(path)) == reason


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema":"unbroken.keys/2","keys":[]}', '{"schema":"unbroken.keys/1","keys":{}}',
             '{"schema":"unbroken.keys/1","schema":"unbroken.keys/1","keys":[]}', "[" * 100_000, "\xff"]
)  # fmt: skip
def test_no_file_of_keys(path, text):
    path.write_bytes(text.encode("latin-1"))
    assert reason_of(lambda: keyring.read(path)) == "keys_unreadable"
    assert reason_of(lambda: keyring.change(path, lambda keys: keys)) == "keys_unreadable"


def test_a_key_twice_is_refused(path):
    whole = json.loads(path.read_text())
    path.write_text(json.dumps({**whole, "keys": whole["keys"] * 2}))
    assert reason_of(lambda: keyring.read(path)) == "keys_unreadable"
    assert reason_of(lambda: keyring.read(path.parent / "gone.json")) == "keys_unreadable"


def test_programs_that_change_the_file_at_the_same_time_lose_nothing(path):
    def add(number):
        key = TrustedKey(Signer.of(bytes([100 + number]) * 32).public, f"key {number}")
        keyring.change(path, lambda keys: keys.added(key))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(20)))
    assert len(keyring.read(path).keys) == 21


def test_programs_that_make_the_file_at_the_same_time_lose_nothing(tmp_path):
    path, begun = tmp_path / "new.json", Event()

    def second(keys):
        begun.set()
        return keys.added(TrustedKey(BOB.public, "second"))

    def first(keys):
        later = pool.submit(keyring.change, path, second)
        begun.wait(0.5)  # that it begins now is what must not happen
        waiting.append(later)
        return keys.added(TrustedKey(ALICE.public, "first"))

    waiting = []
    with ThreadPoolExecutor(1) as pool:
        keyring.change(path, first)
        waiting[0].result()
    assert [k.name for k in keyring.read(path).keys] == ["first", "second"]


def test_times_have_an_offset_and_one_instant():
    assert instant("2026-01-02T08:00:00+08:00") == day(2)
    assert spelled(instant("2026-01-02T08:00:00+08:00")) == "2026-01-02T00:00:00+00:00"
    for text in (
        "2026-01-02",
        "2026-01-02T00:00:00",
        "2026-01-02T25:00:00Z",
        "20260102T000000Z",
        "2026-01-02T00:00:00Zx",
    ):
        assert instant(text) is None
    assert instant("0001-01-01T00:00:00+23:59") is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3),
)


@settings(max_examples=200, deadline=None)
@given(JSON, st.data())
def test_hostile_files_of_keys_are_refused(value, data):
    key = replace(rotate(ALICE, BOB.public, "Bob", day(2)), revoked=Revocation(day(3), "ceased"))
    whole = TrustedKeys((TrustedKey(ALICE.public, "Alice", day(1), day(2)), key)).as_json()
    place = whole
    for key in data.draw(st.sampled_from([("keys",), ("keys", 0), ("keys", 1), ("keys", 1, "revoked")])):
        place = place[key]
    name = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
    place[name] = value
    with contextlib.suppress(ProofProblem):
        found = keyring.parse(whole)
        assert keyring.parse(json.loads(json.dumps(found.as_json()))) == found

"""Timestamps on seals: stamped, renewed in time and too late, digested anew, and what verify makes of them."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rfc8785

from engine.archive.renewing import Order, renew_many
from engine.cli.main import run
from engine.proofs.amend import amend
from engine.proofs.chain import check_stamps
from engine.proofs.covered import renewal_message, timestamp_message
from engine.proofs.envelope import Signature, read_seal
from engine.proofs.evidence import Rehash, Renewal, Timestamp
from engine.proofs.keys import Revocation, TrustedKey, TrustedKeys
from engine.proofs.policy import Policy
from engine.proofs.problems import ProofProblem
from engine.proofs.renew import attach_response, renew, write_request
from engine.proofs.seal import seal
from engine.proofs.signing import Signer
from engine.proofs.timestamp import read_authorities
from engine.proofs.verify import Status, verify

sys.path.insert(0, str(Path(__file__).parent.parent))
from timestamping import Authority, Clockwork, serving

REPLY = "application/timestamp-reply"
NOW = datetime.now(UTC).replace(microsecond=0)


def years(count: float) -> timedelta:
    return timedelta(days=365 * count)


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "one")


@pytest.fixture(scope="module")
def clockwork(tmp_path_factory):
    made = Clockwork()
    path = tmp_path_factory.mktemp("clockwork") / "ca.pem"
    path.write_bytes(made.pem())
    return made, read_authorities(path)


@pytest.fixture(scope="module")
def small(tools, tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    return tools.rewrite(tools.make_clip(folder / "long.mp4", sound=None), folder / "clip.mp4", lambda units: units[:6])


@pytest.fixture
def recording(small, tmp_path) -> Path:
    path = tmp_path / "clip.mp4"
    shutil.copy(small, path)
    assert seal(path).status == "sealed"
    return path


def seal_of(recording: Path) -> Path:
    return recording.with_name(recording.name + ".unbroken.json")


def stamp(made: Clockwork, recording: Path, at: datetime, until: datetime) -> None:
    """A first timestamp of another time."""

    def change(now):
        token = made.token(timestamp_message(now, ()), at, at - years(1), until)
        return now.timestamped(Timestamp((), token))

    amend(seal_of(recording), change)


def renewed(made: Clockwork, recording: Path, at: datetime, until: datetime, rehash: Rehash | None = None) -> None:
    """A renewal of another time, over everything that is there."""

    def change(now):
        entry = Renewal((), len(now.evidence.timestamps), len(now.evidence.log), rehash, b"x")
        covered = renewal_message(now, len(now.evidence.renewals), entry.claims())
        return now.renewed(dataclasses.replace(entry, token=made.token(covered, at, at - years(1), until)))

    amend(seal_of(recording), change)


def notes(result) -> list[str]:
    return [n["change"] for n in result.other if n["subject"] == "timestamp"]


# ---- over HTTP and by hand --------------------------------------------------------------------


def test_stamped_over_http(recording, authority, capsys):
    before = json.loads(seal_of(recording).read_text())
    with serving(lambda body: (200, REPLY, authority.reply(body))) as url:
        options = ["--tsa", url, "--tsa-ca", str(authority.authority), "--format", "json"]
        assert run(["renew", str(recording), *options]) == 0
        (told,) = json.loads(capsys.readouterr().out)["files"]
        assert (told["status"], told["tsa"], told["check"]) == ("stamped", "CN=Test TSA", "verified")
        assert run(["renew", str(recording), *options]) == 0
        assert json.loads(capsys.readouterr().out)["files"][0]["status"] == "not_due"
        assert run(["renew", str(recording), *options, "--digest", "sha512"]) == 0
        assert json.loads(capsys.readouterr().out)["files"][0]["status"] == "renewed"
        assert run(["renew", str(recording), *options, "--within", "400"]) == 0
        assert json.loads(capsys.readouterr().out)["files"][0]["status"] == "renewed"
    after = json.loads(seal_of(recording).read_text())
    assert {k: after[k] for k in after if k != "evidence"} == {k: before[k] for k in before if k != "evidence"}
    result = verify(recording, policy=Policy.of(None, False, authority.authority))
    assert result.status is Status.OK
    assert notes(result) == ["stamped", "renewed", "renewed"]
    assert {n["check"] for n in result.other} == {"verified"}


def test_what_openssl_says_of_a_kept_token(recording, authority, tmp_path):
    """By hand, with what docs/proof-format.md says the token is over."""
    with serving(lambda body: (200, REPLY, authority.reply(body))) as url:
        (result,) = renew_many([str(recording)], Order(url))
    assert result.status == "stamped"
    envelope = json.loads(seal_of(recording).read_text())
    message = {k: envelope[k] for k in ("payload", "payloadType", "signatures")} | {"schema": "unbroken.timestamp/1"}
    (tmp_path / "data").write_bytes(rfc8785.dumps(message))
    (tmp_path / "token").write_bytes(read_seal(seal_of(recording)).evidence.timestamps[0].token)
    command = ["openssl", "ts", "-verify", "-data", "data", "-in", "token", "-token_in", "-CAfile"]
    subprocess.run([*command, authority.authority], cwd=tmp_path, check=True, capture_output=True)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_stamped_by_hand(recording, authority, tmp_path, capsys, lang):
    query, reply = tmp_path / "clip.tsq", tmp_path / "clip.tsr"
    assert run(["renew", str(recording), "--request", str(query), "--lang", lang]) == 0
    assert run(["renew", str(recording), "--request", str(query)]) == 2
    reply.write_bytes(authority.reply(query.read_bytes()))
    assert run(["renew", str(recording), "--response", str(reply), "--tsa-ca", str(authority.authority)]) == 0
    assert notes(verify(recording)) == ["stamped"]
    capsys.readouterr()
    assert run(["renew", str(recording), "--response", str(reply), "--lang", lang]) == 3
    assert ("不符" if lang == "zh" else "is not over this seal") in capsys.readouterr().out


def test_a_signature_that_comes_between_request_and_response(recording, authority, tmp_path):
    assert write_request(recording, tmp_path / "q").status == "requested"
    response = authority.reply((tmp_path / "q").read_bytes())
    amend(seal_of(recording), lambda now: now.signed(Signature("0" * 64, b"s")))
    result = attach_response(recording, response)
    assert (result.status, result.reason) == ("refused", "timestamp_differs")


def test_an_untrusted_authority_is_not_written(recording, authority, clockwork):
    before = seal_of(recording).read_bytes()
    with serving(lambda body: (200, REPLY, authority.reply(body))) as url:
        (result,) = renew_many([str(recording)], Order(url, authorities=clockwork[1]))
    assert (result.status, result.reason) == ("refused", "timestamp_untrusted")
    assert seal_of(recording).read_bytes() == before


def test_an_untrusted_timestamp_makes_a_trusted_one_due(recording, authority, clockwork):
    stamp(clockwork[0], recording, NOW, NOW + years(9))
    assert renew(recording, lambda asked: authority.reply(asked.der)).status == "not_due"
    trusted = read_authorities(authority.authority)
    assert renew(recording, lambda asked: authority.reply(asked.der), authorities=trusted).status == "renewed"
    assert verify(recording, policy=Policy(authorities=trusted)).status is Status.OK
    assert renew(recording, lambda asked: authority.reply(asked.der), authorities=trusted).status == "not_due"


def test_an_authority_out_of_reach_is_asked_once(recording, tmp_path):
    asked = []

    def fetch(url, request):
        asked.append(url)
        raise ProofProblem("tsa_unreachable", url)

    other = tmp_path / "other.mp4"
    shutil.copy(recording, other)
    seal(other)
    results = list(renew_many([str(recording), str(other)], Order("http://nowhere/"), fetch=fetch))
    assert [r.reason for r in results] == ["tsa_unreachable"] * 2
    assert asked == ["http://nowhere/"]


@pytest.mark.parametrize(
    "options", [[], ["--tsa", "http://x/", "--request", "q"], ["--request", "q", "--response", "r"]]
)
def test_one_way_has_to_be_named(recording, options):
    assert run(["renew", str(recording), *options]) == 2


def test_what_is_not_sealed_and_what_is_broken(recording, tmp_path):
    assert run(["renew", str(tmp_path / "none.mp4"), "--request", str(tmp_path / "q")]) == 3
    seal_of(recording).write_text("{}")
    assert run(["renew", str(recording), "--request", str(tmp_path / "q")]) == 1
    assert not (tmp_path / "q").exists()


# ---- the chain --------------------------------------------------------------------------------


def check(recording, clockwork, now=NOW):
    return check_stamps(read_seal(seal_of(recording)), clockwork[1], now)


def test_without_authorities_a_token_is_unchecked(recording, clockwork):
    stamp(clockwork[0], recording, NOW, NOW + years(1))
    result = verify(recording)
    assert (result.status, [n["check"] for n in result.other]) == (Status.OK, ["unchecked"])


def test_no_token_under_a_policy(recording, clockwork):
    result = verify(recording, policy=Policy(authorities=clockwork[1]))
    assert (result.status, result.reason, notes(result)) == (Status.OK_WITH_MISSING_INFO, "unstamped", ["not_stamped"])


def test_a_lapsed_token(recording, clockwork):
    stamp(clockwork[0], recording, NOW - years(5), NOW - years(1))
    result = verify(recording, policy=Policy(authorities=clockwork[1]))
    assert (result.status, notes(result)) == (Status.OK_WITH_MISSING_INFO, ["stamped", "lapsed"])
    assert check(recording, clockwork, NOW - years(2)).since == NOW - years(5)


def test_renewed_in_time(recording, clockwork):
    stamp(clockwork[0], recording, NOW - years(10), NOW - years(5))
    renewed(clockwork[0], recording, NOW - years(6), NOW - years(1))
    renewed(clockwork[0], recording, NOW - years(2), NOW + years(3))
    found = check(recording, clockwork)
    assert (found.trusted, found.since) == (True, NOW - years(10))
    assert verify(recording, policy=Policy(authorities=clockwork[1])).status is Status.OK


def test_renewed_too_late(recording, clockwork):
    stamp(clockwork[0], recording, NOW - years(10), NOW - years(5))
    renewed(clockwork[0], recording, NOW - years(4), NOW - years(1))
    renewed(clockwork[0], recording, NOW - years(2), NOW + years(3))
    found = check(recording, clockwork)
    assert (found.trusted, found.since) == (True, NOW - years(4))
    assert [n["change"] for n in found.notes] == ["stamped", "renewed", "renewed", "renewed_too_late"]


def test_one_of_two_timestamps_side_by_side_is_enough(recording, clockwork):
    stamp(Clockwork("Somebody"), recording, NOW - years(9), NOW + years(9))
    stamp(clockwork[0], recording, NOW - years(1), NOW + years(1))
    found = check(recording, clockwork)
    assert (found.trusted, found.since) == (True, NOW - years(1))


def test_a_renewal_that_is_older_than_what_it_covers(recording, clockwork):
    stamp(clockwork[0], recording, NOW - years(1), NOW + years(5))
    renewed(clockwork[0], recording, NOW - years(2), NOW + years(5))
    result = verify(recording)
    assert (result.status, result.reason) == (Status.NOT_OK, "timestamp_order")


def test_since_when_a_signature_was_there(recording, clockwork):
    """One that came after the first timestamp is vouched for by the renewal only."""
    stamp(clockwork[0], recording, NOW - years(3), NOW + years(5))
    amend(seal_of(recording), lambda now: now.signed(Signature("0" * 64, b"s")))

    def change(now):
        entry = Renewal(("0" * 64,), 1, 0, None, b"x")
        covered = renewal_message(now, 0, entry.claims())
        token = clockwork[0].token(covered, NOW - years(1), NOW - years(2), NOW + years(5))
        return now.renewed(dataclasses.replace(entry, token=token))

    amend(seal_of(recording), change)
    assert dict(check(recording, clockwork).signed) == {"0" * 64: NOW - years(1)}


@pytest.mark.parametrize(("stolen", "renewed_late", "trusted"), [(1, False, True), (4, False, False), (1, True, False)])
def test_a_stolen_key_and_a_timestamp_from_before(recording, clockwork, stolen, renewed_late, trusted):
    """Only a token that holds, and is older than the theft, shows that the owner signed."""
    signer = Signer.of(bytes(range(32)))
    keyid = signer.public.keyid
    amend(seal_of(recording), signer.seal)

    def change(now):
        until = NOW - years(2) if renewed_late else NOW + years(5)
        token = clockwork[0].token(timestamp_message(now, (keyid,)), NOW - years(3), NOW - years(4), until)
        return now.timestamped(Timestamp((keyid,), token))

    amend(seal_of(recording), change)
    if renewed_late:
        renewed(clockwork[0], recording, NOW, NOW + years(1))
    revoked = Revocation(NOW - years(stolen), "compromised")
    keys = TrustedKeys((TrustedKey(signer.public, "archive", revoked=revoked),))
    result = verify(recording, policy=Policy(keys, authorities=clockwork[1]))
    assert result.signature.startswith("trusted" if trusted else "revoked"), result
    assert (result.status is Status.OK) == trusted
    unchecked = verify(recording, policy=Policy(keys))
    assert unchecked.signature.startswith("revoked")


def edit(recording: Path, change) -> None:
    """The envelope's own JSON changed, as an attacker would."""
    content = json.loads(seal_of(recording).read_text())
    change(content)
    seal_of(recording).write_bytes(rfc8785.dumps(content) + b"\n")


@pytest.fixture
def chained(recording, clockwork) -> Path:
    amend(seal_of(recording), lambda now: now.signed(Signature("0" * 64, b"s")))

    def change(now):
        token = clockwork[0].token(timestamp_message(now, ("0" * 64,)), NOW, NOW - years(1), NOW + years(1))
        return now.timestamped(Timestamp(("0" * 64,), token))

    amend(seal_of(recording), change)
    renewed(clockwork[0], recording, NOW, NOW + years(1))
    renewed(clockwork[0], recording, NOW, NOW + years(1))
    assert verify(recording, policy=Policy(authorities=clockwork[1])).status is Status.OK
    return recording


EDITS = {
    "signature stripped": lambda c: c["signatures"].clear(),
    "signature replaced": lambda c: c["signatures"][0].update(sig="AAAA"),
    "signature no longer said to be covered": lambda c: c["evidence"]["timestamps"][0]["covers"].clear(),
    "timestamp taken away": lambda c: c["evidence"]["timestamps"].clear(),
    "first renewal taken away": lambda c: c["evidence"]["renewals"].pop(0),
    "renewals swapped": lambda c: c["evidence"]["renewals"].reverse(),
    "renewal said to cover less": lambda c: c["evidence"]["renewals"][0].update(timestamps=0),
    "renewal said to cover new digests": lambda c: c["evidence"]["renewals"][1].update(
        rehash={"algorithm": "sha512", "recording": "0" * 128, "leaves": "0" * 128}
    ),
    "token in the place of another": lambda c: c["evidence"]["renewals"][0].update(
        token=c["evidence"]["timestamps"][0]["token"]
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_evidence_changed(chained, name):
    edit(chained, EDITS[name])
    result = verify(chained)
    assert result.status is Status.NOT_OK
    assert result.reason in ("timestamp_differs", "seal_unreadable"), result
    assert write_request(chained, chained.with_name("q")).status == "not_ok"


def test_the_last_renewal_taken_away_is_the_state_before(chained, clockwork):
    """Nothing covers the last token; what it added is gone, and nothing else is believed for that."""
    edit(chained, lambda c: c["evidence"]["renewals"].pop())
    assert verify(chained).status is Status.OK
    edit(chained, lambda c: c["evidence"].update(renewals=[], timestamps=[]))
    assert verify(chained, policy=Policy(authorities=clockwork[1])).status is Status.OK_WITH_MISSING_INFO


def test_the_header_changed_under_a_timestamp(recording, clockwork):
    from blake3 import blake3

    stamp(clockwork[0], recording, NOW, NOW + years(1))

    def change(content):
        import base64

        header = json.loads(base64.b64decode(content["payload"]))
        header["sealed"]["at"] = "2001" + header["sealed"]["at"][4:]
        payload = rfc8785.dumps(header)
        content |= {"payload": base64.b64encode(payload).decode(), "payloadBlake3": blake3(payload).hexdigest()}

    edit(recording, change)
    result = verify(recording)
    assert (result.status, result.reason) == (Status.NOT_OK, "timestamp_differs")


# ---- digested anew ----------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["sha512", "sha3-512"])
def test_digested_anew(recording, authority, algorithm):
    result = renew(recording, lambda asked: authority.reply(asked.der), digest="sha512", rehash=algorithm)
    assert result.status == "renewed"
    entry = read_seal(seal_of(recording)).evidence.renewals[0].rehash
    name = algorithm.replace("-", "_") if "sha3" in algorithm else algorithm
    import hashlib

    assert entry.recording == hashlib.new(name, recording.read_bytes()).hexdigest()
    assert entry.leaves == hashlib.new(name, recording.with_name("clip.mp4.unbroken.parquet").read_bytes()).hexdigest()
    assert verify(recording).status is Status.OK


def test_digests_of_other_files(recording, clockwork):
    renewed(clockwork[0], recording, NOW, NOW + years(1), Rehash("sha512", "0" * 128, "0" * 128))
    result = verify(recording)
    assert (result.status, result.reason) == (Status.NOT_OK, "rehash_differs")


def test_a_digest_that_is_not_known_here(recording, clockwork):
    renewed(clockwork[0], recording, NOW, NOW + years(1), Rehash("sha4-512", "0" * 128, "0" * 128))
    result = verify(recording)
    assert result.status is Status.OK
    assert {"subject": "proof", "change": "rehash_unchecked", "name": "sha4-512"} in result.other


def test_a_changed_recording_is_not_digested_anew(recording, authority):
    with open(recording, "ab") as file:
        file.write(b"junk")
    before = seal_of(recording).read_bytes()
    result = renew(recording, lambda asked: authority.reply(asked.der), rehash="sha512")
    assert (result.status, result.reason) == ("not_ok", "not_as_sealed")
    assert seal_of(recording).read_bytes() == before

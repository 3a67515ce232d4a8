"""Timestamp tokens: of ``openssl ts``, of an authority of any time, and of attackers."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.proofs import der, tsa
from engine.proofs.problems import ProofProblem
from engine.proofs.timestamp import check_token, read_authorities, read_token, request, token_of

sys.path.insert(0, str(Path(__file__).parent.parent))
import timestamping
from timestamping import Authority, Clockwork, granted, refused, serving

MESSAGE = b"what is covered"
REPLY = "application/timestamp-reply"


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "one", certs=True)


@pytest.fixture(scope="module")
def clockwork(tmp_path_factory):
    """An authority of any time, and its certificate as a trusted one."""
    made = Clockwork()
    path = tmp_path_factory.mktemp("clockwork") / "ca.pem"
    path.write_bytes(made.pem())
    return made, read_authorities(path)


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_openssl_s_tokens_verify_here_and_there(authority, tmp_path, digest):
    asked = request(MESSAGE, digest)
    token = token_of(authority.reply(asked.der), MESSAGE, asked)
    assert (token.authority, token.digest) == ("CN=Test TSA", digest)
    assert abs((datetime.now(UTC) - token.time).total_seconds()) < 3600
    assert check_token(token, read_authorities(authority.authority)) == "verified"
    (tmp_path / "token").write_bytes(token.der)
    (tmp_path / "data").write_bytes(MESSAGE)
    command = ["openssl", "ts", "-verify", "-data", "data", "-in", "token", "-token_in", "-CAfile"]
    subprocess.run([*command, authority.authority], cwd=tmp_path, check=True, capture_output=True)


def test_openssl_reads_the_request(tmp_path):
    (tmp_path / "request").write_bytes(request(MESSAGE, "sha256").der)
    command = ["openssl", "ts", "-query", "-in", "request", "-text"]
    text = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert "Hash Algorithm: sha256" in text
    assert "Certificate required: yes" in text
    assert "Nonce: 0x" in text


def test_a_token_over_other_bytes(authority):
    asked = request(MESSAGE, "sha256")
    response = authority.reply(asked.der)
    with pytest.raises(ProofProblem, match="timestamp_differs"):
        token_of(response, MESSAGE + b".", asked)


def test_a_response_to_another_request(authority):
    response = authority.reply(request(MESSAGE, "sha256").der)
    with pytest.raises(ProofProblem, match="timestamp_differs: the response is to another request"):
        token_of(response, MESSAGE, request(MESSAGE, "sha256"))


def test_an_authority_that_refuses(authority, tmp_path):
    narrow = Authority(tmp_path / "narrow", digests="sha256")
    asked = request(MESSAGE, "sha512")
    with pytest.raises(ProofProblem, match="tsa_refused"):
        token_of(narrow.reply(asked.der), MESSAGE, asked)
    with pytest.raises(ProofProblem, match="tsa_refused: no service today"):
        token_of(refused("no service today"), MESSAGE)


def test_an_authority_that_nobody_named(authority, clockwork):
    token = token_of(authority.reply(request(MESSAGE, "sha256").der), MESSAGE)
    assert check_token(token, clockwork[1]) == "untrusted"


@pytest.mark.parametrize("usage", ["timeStamping", "critical,codeSigning"])
def test_a_certificate_that_is_not_for_timestamps(clockwork, usage):
    """RFC 3161, section 2.3: this use alone, and critical. ``openssl ts`` itself refuses to sign with others."""
    made, trusted = clockwork
    token = read_token(made.token(MESSAGE, year(2001), year(2000), year(2002), usage=usage), MESSAGE)
    with pytest.raises(ProofProblem, match="timestamp_bad"):
        check_token(token, trusted)


@pytest.mark.parametrize("is_authority", [True, False])
def test_an_authority_below_the_one_that_is_trusted(clockwork, is_authority):
    """A certificate that is none of an authority's cannot make one, whoever signed it."""
    made, trusted = clockwork
    below = Clockwork("Below", made, is_authority)
    token = read_token(below.token(MESSAGE, year(2001), year(2000), year(2002)), MESSAGE)
    if is_authority:
        assert check_token(token, trusted) == "verified"
    else:
        with pytest.raises(ProofProblem, match="timestamp_bad"):
            check_token(token, trusted)


def test_an_authority_of_the_same_name(clockwork):
    token = read_token(Clockwork().token(MESSAGE, year(2001), year(2000), year(2002)), MESSAGE)
    with pytest.raises(ProofProblem, match="timestamp_bad"):
        check_token(token, clockwork[1])


@pytest.mark.parametrize(("at", "good"), [(1999, False), (2001, True), (2003, False)])
def test_a_certificate_is_valid_when_the_token_was_made(clockwork, at, good):
    made, trusted = clockwork
    token = read_token(made.token(MESSAGE, year(at), year(2000), year(2002)), MESSAGE)
    assert (token.time, token.valid_until) == (year(at), year(2002))
    if good:
        assert check_token(token, trusted) == "verified"
    else:
        with pytest.raises(ProofProblem, match="timestamp_bad"):
            check_token(token, trusted)


def test_a_signature_that_is_not_of_the_certificate(clockwork):
    made, trusted = clockwork
    token = bytearray(made.token(MESSAGE, year(2001), year(2000), year(2002)))
    token[-3] ^= 1
    with pytest.raises(ProofProblem, match="timestamp_bad"):
        check_token(read_token(bytes(token), MESSAGE), trusted)


def test_a_digest_that_is_broken(clockwork):
    with pytest.raises(ProofProblem, match="timestamp_unreadable: a digest that is not SHA-256"):
        read_token(clockwork[0].token(MESSAGE, year(2001), year(2000), year(2002), "sha1"), MESSAGE)


@pytest.fixture(scope="module")
def good(clockwork) -> bytes:
    return clockwork[0].token(MESSAGE, year(2001), year(2000), year(2002))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255), st.integers(0, 40)), min_size=1))
def test_a_changed_token_is_a_problem_or_says_the_same(clockwork, good, changes):
    """Bytes replaced (`length` 0) or cut out; the certificates that nothing needs are covered by no signature."""
    bad = bytearray(good)
    for place, value, length in changes:
        at = int(place * len(bad))
        bad[at : at + (length or 1)] = b"" if length else bytes([value])
    problem, said = "", None
    try:
        token = read_token(bytes(bad), MESSAGE)
        said = (check_token(token, clockwork[1]), token.time)
    except ProofProblem as found:
        problem = found.reason
    if said is None:
        assert problem in ("timestamp_unreadable", "timestamp_differs", "timestamp_bad")
    else:
        assert said[0] == "untrusted" or said[1] == year(2001)


@given(st.binary(max_size=200))
def test_anything_is_a_response_or_a_problem(data):
    with pytest.raises(ProofProblem):
        token_of(data, MESSAGE)


@given(st.lists(st.tuples(st.sampled_from([2, 4, 0x30, 0xA0]), st.binary(max_size=300))))
def test_der_there_and_back(parts):
    data = b"".join(der.encoded(tag, content) for tag, content in parts)
    assert [(v.tag, v.content) for v in der.values(data)] == parts
    assert b"".join(v.whole for v in der.values(data)) == data
    assert data == b"".join(timestamping.der(tag, content) for tag, content in parts)


@pytest.mark.parametrize(
    "data", [b"\x30", b"\x30\x05\x00", b"\x30\x80\x00\x00", b"\x3f\x81\x01\x00", b"\x30\x85" + bytes(9)]
)
def test_what_is_no_der(data):
    with pytest.raises(der.DerError):
        der.values(data)


@pytest.mark.parametrize(
    "content", [None, b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_authorities_that_cannot_be_read(tmp_path, content):
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    with pytest.raises(ProofProblem, match=r"authorities_unreadable: .*ca\.pem"):
        read_authorities(tmp_path / "ca.pem")


# ---- over HTTP --------------------------------------------------------------------------------


def test_over_http(authority):
    asked = request(MESSAGE, "sha256")
    with serving(lambda body: (200, REPLY, authority.reply(body))) as url:
        assert token_of(tsa.fetch(url, asked.der), MESSAGE, asked).authority == "CN=Test TSA"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((404, "text/html", b"no"), "tsa_answer: .* HTTP 404"),
        ((302, "text/html", b""), "tsa_answer: .* HTTP 302"),
        ((200, "text/html", b"<html>"), "tsa_answer: .* content of type text/html"),
        ((200, REPLY, bytes(100_000)), "tsa_answer: .* more than 66560 bytes"),
    ],
)
def test_what_is_no_timestamp_authority(answer, said):
    with serving(lambda _: answer) as url, pytest.raises(ProofProblem, match=said):
        tsa.fetch(url, b"request", timeout=5)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://localhost/", "localhost", "http://", "", "http://[::1", "http://x:y/"]
)
def test_addresses_that_are_none(url):
    with pytest.raises(ProofProblem, match="tsa_unreachable"):
        tsa.fetch(url, b"request", timeout=5)


def test_nobody_there():
    with serving(lambda _: (200, REPLY, b"")) as url:
        pass
    with pytest.raises(ProofProblem, match=r"tsa_unreachable: .*Connection refused"):
        tsa.fetch(url, b"request", timeout=5)
    assert granted(b"")[0] == 0x30

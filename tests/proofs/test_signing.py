"""Ed25519 under DSSE, against published vectors, OpenSSL and another implementation of DSSE."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import pickle
import shutil
import stat
import subprocess

import pytest
import rfc8785
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from engine.proofs import keyfile
from engine.proofs.amend import amend
from engine.proofs.envelope import PAYLOAD_TYPE, Signature, pae, read_seal
from engine.proofs.keys import TrustedKey, TrustedKeys
from engine.proofs.policy import Policy
from engine.proofs.problems import ProofProblem
from engine.proofs.seal import Supersede, seal
from engine.proofs.signing import PublicKey, Signer
from engine.proofs.verify import Status, verify

PASSPHRASE = "correct horse"
ALICE, BOB = Signer.of(bytes(range(32))), Signer.of(bytes(range(1, 33)))
ORDER = 2**252 + 27742317777372353535851937790883648493

RFC_8032 = [  # section 7.1, tests 1 to 3
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


def trusting(*signers: Signer) -> Policy:
    return Policy(TrustedKeys(tuple(TrustedKey(s.public, f"owner {n}") for n, s in enumerate(signers))))


@pytest.fixture(scope="module")
def made(tools, tmp_path_factory):
    folder = tmp_path_factory.mktemp("signing")
    long = tools.make_clip(folder / "long.mp4", sound=None)
    path = tools.rewrite(long, folder / "small.mp4", lambda units: units[:6])
    result = seal(path, signers=[ALICE])
    return path, result.seal, result.leaves


@pytest.fixture
def signed(made, tmp_path):
    return tuple(shutil.copy(path, tmp_path / path.name) for path in made)


@pytest.mark.parametrize(("secret", "public", "message", "sig"), RFC_8032)
def test_vectors_of_rfc_8032(secret, public, message, sig):
    signer = Signer.of(bytes.fromhex(secret))
    assert signer.public.der.hex() == "302a300506032b6570032100" + public
    assert signer.sign(bytes.fromhex(message)).hex() == sig
    assert signer.public.verifies(bytes.fromhex(message), bytes.fromhex(sig))
    assert not signer.public.verifies(bytes.fromhex(message) + b"x", bytes.fromhex(sig))


@given(st.binary(max_size=80), st.integers(0, 511))
def test_no_second_signature_for_a_message(message, bit):
    """A flipped bit, the same number written larger by the group's order, and other lengths are refused."""
    sig = ALICE.sign(message)
    assert ALICE.public.verifies(message, sig)
    assert not BOB.public.verifies(message, sig)
    flipped = bytearray(sig)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not ALICE.public.verifies(message, bytes(flipped))
    larger = int.from_bytes(sig[32:], "little") + ORDER
    assert not ALICE.public.verifies(message, sig[:32] + larger.to_bytes(32, "little"))
    for other in (b"", sig[:-1], sig + b"\0", sig * 2):
        assert not ALICE.public.verifies(message, other)


def edwards_small_order() -> set[bytes]:
    """All encodings of points whose order divides 8, found by arithmetic (RFC 8032, section 5.1)."""
    p = 2**255 - 19
    d = -121665 * pow(121666, p - 2, p) % p

    def add(a, b):
        k = d * a[0] * b[0] * a[1] * b[1]
        x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + k, p - 2, p)
        y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, p - 2, p)
        return x % p, y % p

    def times(n, point):
        out = (0, 1)
        while n:
            out, point, n = (add(out, point) if n & 1 else out), add(point, point), n >> 1
        return out

    found = set()
    for y in range(2, 200):
        square = (y * y - 1) * pow(d * y * y + 1, p - 2, p) % p
        x = pow(square, (p + 3) // 8, p)
        x = x if x * x % p == square else x * pow(2, (p - 1) // 4, p) % p
        if x * x % p != square:
            continue
        torsion = times(ORDER, (x, y))
        for multiple in range(8):
            _, y8 = times(multiple, torsion)
            for value in {y8, y8 + p} if y8 + p < 1 << 255 else {y8}:
                found |= {(value | sign << 255).to_bytes(32, "little") for sign in (0, 1)}
        if len(found) >= 14:
            return found
    return found


def test_keys_under_which_anybody_can_sign_are_refused():
    weak = edwards_small_order()
    assert len(weak) == 14  # 5 values of y, 2 of them written in a second way, each with both signs
    prefix = bytes.fromhex("302a300506032b6570032100")
    for raw in weak:
        with pytest.raises(ProofProblem) as problem:
            PublicKey.from_der(prefix + raw)
        assert problem.value.reason == "key_weak"
    assert PublicKey.from_der(ALICE.public.der) == ALICE.public


# ---- key files --------------------------------------------------------------------------------


def openssl(*arguments: str, data: bytes | None = None) -> bytes:
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


def test_a_private_key_that_openssl_reads_too(tmp_path):
    path = tmp_path / "key.pem"
    public = keyfile.generate(path, PASSPHRASE)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    given = ["-in", str(path), "-passin", f"pass:{PASSPHRASE}"]
    assert openssl("pkey", *given, "-pubout").decode() == public.as_pem()
    der = openssl("pkey", *given, "-pubout", "-outform", "DER")
    assert (der, hashlib.sha256(der).hexdigest()) == (public.der, public.keyid)
    assert keyfile.load(path, PASSPHRASE).public == public
    assert b"0927C0" in openssl("asn1parse", "-in", str(path))  # 600,000 rounds


def test_signatures_that_openssl_makes_and_checks(tmp_path):
    path, message, sig, pub = (tmp_path / n for n in ("key.pem", "message", "sig", "pub.pem"))
    pub.write_text(keyfile.generate(path, PASSPHRASE).as_pem())
    signer = keyfile.load(path, PASSPHRASE)
    message.write_bytes(pae(b"payload"))
    sig.write_bytes(signer.sign(pae(b"payload")))
    common = ["-rawin", "-in", str(message)]
    openssl("pkeyutl", "-verify", "-pubin", "-inkey", str(pub), "-sigfile", str(sig), *common)
    theirs = openssl("pkeyutl", "-sign", "-inkey", str(path), "-passin", f"pass:{PASSPHRASE}", *common)
    assert signer.public.verifies(pae(b"payload"), theirs)
    assert keyfile.load_public(pub) == signer.public


@pytest.mark.parametrize("scheme", [["-scrypt"], ["-v2", "aes-256-cbc"]])
def test_a_key_that_openssl_made(tmp_path, scheme):
    plain, path = tmp_path / "plain.pem", tmp_path / "key.pem"
    openssl("genpkey", "-algorithm", "ed25519", "-out", str(plain))
    openssl("pkcs8", "-topk8", *scheme, "-in", str(plain), "-out", str(path), "-passout", f"pass:{PASSPHRASE}")
    assert keyfile.load(path, PASSPHRASE).public.der == openssl("pkey", "-in", str(plain), "-pubout", "-outform", "DER")
    with pytest.raises(ProofProblem) as problem:
        keyfile.load(plain, PASSPHRASE)
    assert problem.value.reason == "key_not_encrypted"


@pytest.mark.parametrize(
    ("algorithm", "name"),
    [
        (["rsa", "-pkeyopt", "rsa_keygen_bits:1024"], "RSA"),
        (["ed448"], "Ed448"),
        (["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "EC"),
    ],
)
def test_other_algorithms_are_refused_by_name(tmp_path, algorithm, name):
    path, pub = tmp_path / "key.pem", tmp_path / "pub.pem"
    openssl("genpkey", "-algorithm", *algorithm, "-aes256", "-pass", f"pass:{PASSPHRASE}", "-out", str(path))
    openssl("pkey", "-in", str(path), "-passin", f"pass:{PASSPHRASE}", "-pubout", "-out", str(pub))
    for read in (lambda: keyfile.load(path, PASSPHRASE), lambda: keyfile.load_public(pub)):
        with pytest.raises(ProofProblem) as problem:
            read()
        assert (problem.value.reason, name in problem.value.detail) == ("key_algorithm", True)


def test_what_is_wrong_with_a_key_file(tmp_path):
    path = tmp_path / "key.pem"
    keyfile.generate(path, PASSPHRASE)
    before = path.read_bytes()
    junk, link = tmp_path / "junk.pem", tmp_path / "link.pem"
    junk.write_bytes(os.urandom(200))
    link.symlink_to(tmp_path / "nowhere.pem")
    for reason, call in {
        "key_exists": lambda: keyfile.generate(path, PASSPHRASE),
        "key_exists ": lambda: keyfile.generate(link, PASSPHRASE),
        "key_short_passphrase": lambda: keyfile.generate(tmp_path / "new.pem", "short"),
        "cannot_write_key": lambda: keyfile.generate(tmp_path / "no" / "new.pem", PASSPHRASE),
        "key_passphrase": lambda: keyfile.load(path, "wrong horse"),
        "key_passphrase ": lambda: keyfile.load(path, ""),
        "key_unreadable": lambda: keyfile.load(junk, PASSPHRASE),
        "key_unreadable ": lambda: keyfile.load(tmp_path / "gone.pem", PASSPHRASE),
        "key_unreadable  ": lambda: keyfile.load_public(path),
        "key_unreadable   ": lambda: keyfile.load(tmp_path, PASSPHRASE),
    }.items():
        with pytest.raises(ProofProblem) as problem:
            call()
        assert problem.value.reason == reason.strip()
    assert path.read_bytes() == before
    assert not (tmp_path / "new.pem").exists()
    assert not (tmp_path / "nowhere.pem").exists()


def test_the_secret_is_not_shown():
    assert ALICE.secret.hex() not in repr(ALICE)
    assert str(ALICE.secret) not in repr(ALICE)
    assert pickle.loads(pickle.dumps(ALICE)) == ALICE  # worker processes sign too


# ---- DSSE -------------------------------------------------------------------------------------


def test_another_implementation_of_dsse_agrees(signed):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner, SSlibKey

    raw = Ed25519PublicKey.from_public_bytes(ALICE.public.der[-32:])
    theirs = Envelope.from_dict(json.loads(signed[1].read_text()))
    assert theirs.pae() == pae(read_seal(signed[1]).payload)
    key = SSlibKey.from_crypto(raw, keyid=ALICE.public.keyid)
    assert set(theirs.verify([key], 1)) == {ALICE.public.keyid}
    key = SSlibKey.from_crypto(Ed25519PrivateKey.from_private_bytes(BOB.secret).public_key(), keyid=BOB.public.keyid)
    made = theirs.sign(CryptoSigner(Ed25519PrivateKey.from_private_bytes(BOB.secret), key))
    amend(signed[1], lambda s: s.signed(Signature(BOB.public.keyid, bytes.fromhex(made.signature))))
    assert f"trusted {BOB.public.keyid} (owner 0)" in verify(signed[0], policy=trusting(BOB)).signature


# ---- what verify makes of it ------------------------------------------------------------------


def test_a_trusted_signature(signed):
    keyid = ALICE.public.keyid
    assert verify(signed[0]).signature == f"unknown key {keyid}"
    assert verify(signed[0]).status is Status.OK
    result = verify(signed[0], policy=trusting(ALICE))
    assert (result.status, result.reason) == (Status.OK, "untouched")
    assert result.signature == f"trusted {keyid} (owner 0)"


@pytest.mark.parametrize("policy", [trusting(), trusting(BOB), Policy(require_signature=True)])
def test_an_untrusted_signature_is_never_plain_ok(signed, policy):
    result = verify(signed[0], policy=policy)
    assert (result.status, result.reason) == (Status.OK_WITH_MISSING_INFO, "untrusted")
    assert result.signature == f"unknown key {ALICE.public.keyid}"


def rewritten(path, change):
    whole = json.loads(path.read_text())
    change(whole)
    path.write_bytes(rfc8785.dumps(whole) + b"\n")


def test_attack_signature_stripped(signed):
    rewritten(signed[1], lambda whole: whole.update(signatures=[]))
    assert verify(signed[0]).status is Status.OK
    assert verify(signed[0]).signature == "none"
    for policy in (trusting(ALICE), Policy(require_signature=True)):
        result = verify(signed[0], policy=policy)
        assert (result.status, result.reason) == (Status.OK_WITH_MISSING_INFO, "unsigned")
        assert {"subject": "proof", "change": "unsigned"} in result.other


@pytest.mark.parametrize("kind", [b"application/vnd.unbroken.key+json", b"application/json", b""])
def test_attack_signature_of_another_payload_type(signed, kind):
    payload = read_seal(signed[1]).payload
    sig = ALICE.sign(pae(payload, kind.decode()))
    encoded = base64.b64encode(sig).decode()
    rewritten(signed[1], lambda whole: whole["signatures"][0].update(sig=encoded))
    result = verify(signed[0], policy=trusting(ALICE))
    assert (result.status, result.reason) == (Status.NOT_OK, "signature_invalid")
    assert result.signature == f"invalid {ALICE.public.keyid} (owner 0)"


def test_attack_header_edited_under_a_signature(signed):
    """Every declaration in turn, with the digest of the header made to fit."""
    whole = json.loads(signed[1].read_text())
    header = json.loads(base64.b64decode(whole["payload"]))
    edits = [("sealed", "operator", "someone"), ("sealed", "device", "X"), ("sealed", "at", "2020-01-01T00:00:00Z")]
    edits += [("sealed", "clock", "gps"), ("recording", "name", "other.mp4"), ("recording", "sha256", "0" * 64)]
    for part, field, value in edits:
        changed = json.loads(json.dumps(header))
        changed[part][field] = value
        payload = rfc8785.dumps(changed)
        whole.update(payload=base64.b64encode(payload).decode(), payloadBlake3=blake3(payload).hexdigest())
        signed[1].write_bytes(rfc8785.dumps(whole) + b"\n")
        result = verify(signed[0], policy=trusting(ALICE))
        assert (result.status, result.reason) == (Status.NOT_OK, "signature_invalid"), field


def test_attack_root_replaced_and_signed_by_an_untrusted_key(signed, tools):
    """A changed recording with a whole new proof, signed by somebody."""
    changed = tools.rewrite(signed[0], signed[0].with_name("changed.mp4"), lambda units: units[:5])
    os.replace(changed, signed[0])
    assert verify(signed[0], policy=trusting(ALICE)).status is Status.NOT_OK
    assert seal(signed[0], supersede=Supersede("none"), signers=[BOB]).status == "sealed"
    result = verify(signed[0], policy=trusting(ALICE))
    assert (result.status, result.reason) == (Status.OK_WITH_MISSING_INFO, "untrusted")
    # under the name of the trusted key the same signature is none of it
    own = {"keyid": ALICE.public.keyid}
    rewritten(signed[1], lambda whole: whole["signatures"][0].update(own))
    assert verify(signed[0], policy=trusting(ALICE)).reason == "signature_invalid"


def test_attack_proof_of_another_recording_or_an_older_one(signed, made, tools, tmp_path):
    other = tools.rewrite(made[0], tmp_path / "other.mp4", lambda units: units[:5])
    first = seal(other, signers=[ALICE])
    shutil.copy(first.seal, signed[1])
    shutil.copy(first.leaves, signed[2])
    assert verify(signed[0], policy=trusting(ALICE)).status is Status.NOT_OK


def test_a_signature_that_fits_beside_one_that_does_not(signed):
    amend(signed[1], lambda s: s.signed(Signature(BOB.public.keyid, b"\1" * 64)))
    assert verify(signed[0], policy=trusting(ALICE)).status is Status.OK
    result = verify(signed[0], policy=trusting(ALICE, BOB))
    assert (result.status, result.reason) == (Status.NOT_OK, "signature_invalid")


def test_a_changed_recording_is_named_before_its_signature(signed):
    with open(signed[0], "ab") as file:
        file.write(b"junk")
    result = verify(signed[0], policy=Policy(require_signature=True))
    assert (result.status, result.reason) == (Status.OK_WITH_MISSING_INFO, "content_whole")
    assert {"subject": "proof", "change": "signature_untrusted"} in result.other


# ---- sealing with a key -----------------------------------------------------------------------


def test_a_proof_that_stands_is_signed_where_everything_fits(signed):
    before = read_seal(signed[1])
    again = seal(signed[0], signers=[ALICE, BOB])
    assert (again.status, again.reason) == ("already_sealed", "signature_added")
    after = read_seal(signed[1])
    assert after.payload == before.payload
    assert {s.keyid for s in after.signatures} == {ALICE.public.keyid, BOB.public.keyid}
    assert verify(signed[0], policy=trusting(ALICE, BOB)).signature.count("trusted") == 2
    assert seal(signed[0], signers=[ALICE, BOB]).reason == "already_sealed"


def test_nobody_signs_what_does_not_fit(signed):
    content = signed[1].read_bytes()
    leaves = signed[2].read_bytes()
    signed[2].unlink()
    assert (seal(signed[0], signers=[BOB]).status, seal(signed[0], signers=[BOB]).reason) == ("refused", "not_signed")
    signed[2].write_bytes(leaves)
    with open(signed[0], "ab") as file:
        file.write(b"junk")
    assert seal(signed[0], signers=[BOB]).reason == "not_signed"
    data = bytearray(signed[0].read_bytes())
    data[data.find(b"mdat") + 200] ^= 1
    signed[0].write_bytes(data)
    assert seal(signed[0], signers=[BOB]).status == "not_ok"
    assert signed[1].read_bytes() == content


@pytest.mark.parametrize("field", ["sha256", "sm3"])
def test_nobody_signs_digests_that_are_wrong(signed, field):
    """Verification compares BLAKE3 alone; a signature would vouch for the others too."""
    whole = json.loads(signed[1].read_text())
    header = json.loads(base64.b64decode(whole["payload"]))
    header["recording"][field] = "0" * 64
    payload = rfc8785.dumps(header)
    whole.update(payload=base64.b64encode(payload).decode(), payloadBlake3=blake3(payload).hexdigest(), signatures=[])
    signed[1].write_bytes(rfc8785.dumps(whole) + b"\n")
    result = seal(signed[0], signers=[BOB])
    assert (result.status, result.reason) == ("refused", "seal_differs")
    assert read_seal(signed[1]).signatures == ()


def test_payload_type_is_the_documented_one():
    assert PAYLOAD_TYPE == "application/vnd.unbroken.seal+json"

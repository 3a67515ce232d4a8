"""Signed notes against figures of golang.org/x/mod, C2SP and running witnesses."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.proofs.log.checkpoint import Checkpoint, check_origin, open_checkpoint
from engine.proofs.log.note import Algorithm, Note, Signer, VerifierKey, sign
from engine.proofs.problems import ProofProblem

# golang.org/x/mod, sumdb/note/note_test.go
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)

# A checkpoint of a public log as it was served, cosigned by public witnesses, with the keys of both. That of
# remora.n621.de stands in github.com/transparency-dev/formats, note/note_cosigv1_test.go, too.
SERVED = """arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501
SERVED_LOG = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
WITNESSES = [
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
]


def keys(*texts: str) -> list[VerifierKey]:
    return [VerifierKey.parse(t) for t in texts]


def reason(call, *arguments):
    with pytest.raises(ProofProblem) as caught:
        call(*arguments)
    return caught.value.reason


# ---- keys --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [PETER, ENOCH, SERVED_LOG, *WITNESSES])
def test_a_key_is_read_and_written_as_it_was(text):
    assert str(VerifierKey.parse(text)) == text


def test_no_mangled_key_is_read():
    """The manglings of note_test.go: every part of the text, and every byte one higher."""
    assert VerifierKey.parse(PETER).name == "PeterNeumann"
    for start in range(len(PETER) + 1):
        for end in range(start + 1, len(PETER) + 1):
            if (start, end) != (0, len(PETER)):
                assert reason(VerifierKey.parse, PETER[start:end]) == "vkey_malformed"
    for at in range(len(PETER)):
        changed = PETER[:at] + chr(ord(PETER[at]) + 1) + PETER[at + 1 :]
        assert reason(VerifierKey.parse, changed) == "vkey_malformed"


@pytest.mark.parametrize(
    "text",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # length, with its own hash
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # unknown algorithm, with its own hash
        "bananas.sigstore.dev+12344556",
        "rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!",
        "rekor.sigstore.dev+12345678+AwEB",
        "",
        "\n+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_keys_that_are_none(text):
    assert reason(VerifierKey.parse, text) == "vkey_malformed"


def test_a_secret_key_gives_its_public_one():
    signer = Signer.parse(PETER_SECRET)
    assert str(signer.key) == PETER
    for at in range(len(PETER_SECRET)):
        changed = PETER_SECRET[:at] + chr(ord(PETER_SECRET[at]) + 1) + PETER_SECRET[at + 1 :]
        assert reason(Signer.parse, changed) == "skey_malformed"


# ---- notes -------------------------------------------------------------------------------------


def test_the_note_of_the_go_library_byte_for_byte():
    assert str(sign(TEXT, Signer.parse(PETER_SECRET))) == TEXT + "\n" + PETER_LINE


def test_one_signature_of_two_is_known():
    note = Note.parse((TEXT + "\n" + PETER_LINE + ENOCH_LINE).encode())
    peter, enoch = keys(PETER, ENOCH)
    assert note.text == TEXT
    assert note.verified([peter]) == {peter: 0}
    assert note.verified([peter, enoch]) == {peter: 0, enoch: 0}
    assert note.verified([]) == {}
    assert str(note) == TEXT + "\n" + PETER_LINE + ENOCH_LINE


def test_duplicate_signature_lines_count_once():
    peter = VerifierKey.parse(PETER)
    note = Note.parse((TEXT + "\n" + PETER_LINE * 2 + ENOCH_LINE * 3).encode())
    assert len(note.signatures) == 2
    assert note.verified([peter]) == {peter: 0}


def test_a_second_line_of_a_known_key_that_does_not_verify_spoils_the_note():
    forged = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]
    note = Note.parse((TEXT + "\n" + PETER_LINE + forged).encode())
    assert reason(note.verified, keys(PETER)) == "note_signature"


def test_too_many_signatures():
    assert reason(Note.parse, (TEXT + "\n" + PETER_LINE * 101).encode()) == "note_malformed"


@pytest.mark.parametrize(
    "data",
    [
        TEXT,
        TEXT + "\n",
        TEXT + "\n" + PETER_LINE[:-1],
        "\x01" + TEXT + "\n" + PETER_LINE,
        TEXT + "\r\n" + "\n" + PETER_LINE,
        TEXT + "\n" + PETER_LINE.replace("PeterNeumann", "Bad Name"),
        TEXT + "\n" + PETER_LINE.replace("PeterNeumann", "Bad+Name"),
        TEXT + "\n" + PETER_LINE + "Unexpected line.\n",
        TEXT + "\n" + PETER_LINE.replace("— ", "- "),
        TEXT + "\n" + PETER_LINE.replace("AM=\n", "AN=\n"),  # bits that base64 does not use
        TEXT + "\n— PeterNeumann AAAA\n",
    ],
)
def test_notes_that_are_none(data):
    assert reason(Note.parse, data.encode()) == "note_malformed"


def test_bytes_that_are_no_text():
    assert reason(Note.parse, b"\xff" + (TEXT + "\n" + PETER_LINE).encode()) == "note_malformed"


def test_a_forged_note_of_the_same_key_name():
    """Another key under Peter's name is an unknown key; under his name and key identifier it does not verify."""
    peter = VerifierKey.parse(PETER)
    mallory = Signer("PeterNeumann", Algorithm.ED25519, Ed25519PrivateKey.generate())
    forged = sign("Pay Mallory.\n", mallory)
    assert forged.verified([peter]) == {}
    line = f"— PeterNeumann {base64.b64encode(peter.key_id + forged.signatures[0].data).decode()}\n"
    note = Note.parse(f"Pay Mallory.\n\n{line}".encode())
    assert reason(note.verified, [peter]) == "note_signature"


# ---- cosignatures ------------------------------------------------------------------------------


def test_public_witnesses_cosigned_a_public_log():
    signed = open_checkpoint(SERVED.encode(), VerifierKey.parse(SERVED_LOG))
    assert signed.checkpoint.size == 1432088532
    witnesses = keys(*WITNESSES)
    assert signed.note.verified(witnesses) == dict.fromkeys(witnesses, 0x6A122120)


@pytest.mark.parametrize(("old", "new"), [("1432088532", "1432088533"), ("U7WM", "U7WN")])
def test_what_witnesses_signed_is_the_whole_text(old, new):
    note = Note.parse(SERVED.replace(old, new).encode())
    assert reason(note.verified, keys(WITNESSES[0])) == "note_signature"


def test_the_time_of_a_cosignature_is_signed():
    signer = Signer("w", Algorithm.COSIGNATURE, Signer.parse(PETER_SECRET).private)
    note = sign(TEXT, signer, at=1679315147)
    assert note.verified([signer.key]) == {signer.key: 1679315147}
    data = note.signatures[0].data
    later = base64.b64encode(signer.key.key_id + (1679315148).to_bytes(8, "big") + data[8:]).decode()
    assert reason(Note.parse(f"{TEXT}\n— w {later}\n".encode()).verified, [signer.key]) == "note_signature"


def test_a_plain_signature_is_no_cosignature():
    """The same key and name sign under two algorithms with two key identifiers."""
    secret = Signer.parse(PETER_SECRET).private
    plain, witness = Signer("w", Algorithm.ED25519, secret), Signer("w", Algorithm.COSIGNATURE, secret)
    assert plain.key.key_id != witness.key.key_id
    assert sign(TEXT, plain).verified([witness.key]) == {}
    assert sign(TEXT, witness, at=5).verified([plain.key]) == {}


# ---- checkpoints -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "log\n1\n",
        "log\n01\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n",
        "log\n-1\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n",
        "log\n+1\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n",
        "log\n1 \nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n",
        "log\n١\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n",
        "log\n9223372036854775808\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n",
        "log\n1\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Rp=\n",
        "log\n1\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC\n",
        "\n1\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n",
        "log\n1\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n",
        "log\n1\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\nmore\n",
        "log\n1\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=",
    ],
)
def test_checkpoints_that_are_none(text):
    assert reason(Checkpoint.parse, text) == "checkpoint_malformed"


@pytest.mark.parametrize("origin", ["", "a b", "a\n2", "a\u2028b", "a+b", "a\x00", "a\tb", "x" * 256, "a\u00a0b"])
def test_origins_that_break_a_line_or_a_key(origin):
    assert reason(check_origin, origin) == "origin_malformed"
    check_origin("archive.example/日志")


def test_a_newline_in_the_origin_makes_no_other_checkpoint():
    """`evil\\n5\\n<root>` as an origin would read as a checkpoint of five entries."""
    root = base64.b64decode("U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=")
    text = Checkpoint("evil\n5\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=", 1, root).text()
    assert reason(Checkpoint.parse, text) == "checkpoint_malformed"


def test_a_checkpoint_of_another_origin_under_the_same_key():
    signer = Signer.parse(PETER_SECRET)
    data = str(sign(Checkpoint("other", 0, b"e" * 32).text(), signer)).encode()
    assert reason(open_checkpoint, data, signer.key) == "checkpoint_foreign"


def test_a_checkpoint_without_the_logs_signature():
    signer = Signer.parse(PETER_SECRET)
    witness = Signer("w", Algorithm.COSIGNATURE, signer.private)
    data = str(sign(Checkpoint("PeterNeumann", 0, b"e" * 32).text(), witness, at=1)).encode()
    assert reason(open_checkpoint, data, signer.key) == "checkpoint_foreign"

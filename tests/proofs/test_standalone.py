"""The standalone verifier runs the same vectors and sees the same tampering, without the engine."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from engine.proofs import keyring
from engine.proofs.keys import Revocation, TrustedKey
from engine.proofs.policy import Policy
from engine.proofs.prove import prove
from engine.proofs.seal import seal
from engine.proofs.signing import Signer
from engine.proofs.times import instant
from engine.proofs.verify import verify

SCRIPT = Path(__file__).parents[2] / "tools" / "verify_standalone.py"
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())


@pytest.fixture(scope="module")
def standalone() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_standalone", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def sealed(clip, tmp_path):
    path = tmp_path / "clip.mp4"
    shutil.copy(clip, path)
    result = seal(path)
    return path, result.seal, result.leaves


def run(standalone, monkeypatch, capsys, *arguments) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["verify_standalone.py", *map(str, arguments)])
    code = standalone.main()
    return code, capsys.readouterr().out


def test_small_and_on_its_own():
    source = SCRIPT.read_text()
    assert len(source.splitlines()) <= 250
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.split(".")[0])
    assert names - sys.stdlib_module_names == {"blake3", "pyarrow", "cryptography"}
    inside = {n.module for n in ast.parse(source).body if isinstance(n, ast.ImportFrom)}
    assert "cryptography" not in "".join(inside)  # only where a signature is checked


def test_vectors(standalone):
    leaves = [standalone.derive("leaf", n.to_bytes(4, "big")) for n in range(33)]
    for count, root in VECTORS["roots"].items():
        assert standalone.root(int(count), [standalone.top(leaves[: int(count)])]).hex() == root
    assert standalone.derive("content", b"abc").hex() == VECTORS["content_of_abc"]


def test_whole(standalone, sealed, monkeypatch, capsys):
    code, text = run(standalone, monkeypatch, capsys, sealed[0])
    assert code == 0
    assert "leaves hash to the root" in text
    assert "signature" in text
    sealed[2].unlink()
    code, text = run(standalone, monkeypatch, capsys, sealed[0])
    assert (code, "OK_WITH_MISSING_INFO" in text) == (0, True)
    sealed[1].unlink()
    assert run(standalone, monkeypatch, capsys, sealed[0])[0] == 3


@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("where", [0.01, 0.3, 0.6, 0.99])
def test_a_bit_anywhere(standalone, sealed, monkeypatch, capsys, part, where):
    data = bytearray(sealed[part].read_bytes())
    data[int(len(data) * where)] ^= 1
    sealed[part].write_bytes(data)
    code, text = run(standalone, monkeypatch, capsys, sealed[0])
    assert (code, "NOT_OK" in text) == (1, True)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b'{"payload":1}'])
def test_no_seal_at_all(standalone, sealed, monkeypatch, capsys, content):
    sealed[1].write_bytes(content)
    assert run(standalone, monkeypatch, capsys, sealed[0])[0] == 1


@pytest.mark.parametrize("frame", [0, 1, 25, 49])
def test_one_frame(standalone, sealed, monkeypatch, capsys, tmp_path, frame):
    proof = prove(sealed[0], frame)
    path = tmp_path / "frame.json"
    path.write_text(json.dumps(proof))
    code, text = run(standalone, monkeypatch, capsys, "--frame", path, "--proof", sealed[1])
    assert (code, f"frame {frame} of stream 0" in text) == (0, True)


def test_one_frame_changed(standalone, sealed, monkeypatch, capsys, tmp_path):
    proof = prove(sealed[0], 25)
    path = tmp_path / "frame.json"
    fields = ["format", "root", "leaves", "leaf_number", "frame", "stream", "decode_index", "pts", "content", "leaf"]
    for name in fields:
        old = proof[name]
        new = old + 1 if isinstance(old, int) else ("1" if old[0] != "1" else "2") + old[1:]
        path.write_text(json.dumps({**proof, name: new}))
        assert run(standalone, monkeypatch, capsys, "--frame", path, "--proof", sealed[1])[0] == 1, name
    for number in range(len(proof["path"])):
        audit = [*proof["path"][:number], "0" * 64, *proof["path"][number + 1 :]]
        path.write_text(json.dumps({**proof, "path": audit}))
        assert run(standalone, monkeypatch, capsys, "--frame", path, "--proof", sealed[1])[0] == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda text: re.sub('("blake3": ").', r"\g<1>g", text),
        lambda text: text.replace("clip.mp4", "other.mp4"),
        lambda text: text.replace('"frame": 1,', '"frame": true,'),
        lambda text: text.replace('"frame": 1,', '"frame": 7, "frame": 1,'),
        lambda text: text.replace('"frame": 1,', '"frame": 1, "seen_at": "12:00",'),
        lambda text: text.replace("unbroken.frame/1", "unbroken.frame/2"),
    ],
    ids=["digest", "name", "true", "twice", "more", "schema"],
)
def test_one_frame_said_otherwise(standalone, sealed, monkeypatch, capsys, tmp_path, change):
    """What is told beside the leaf is checked as well: which recording it is of, and that nothing else is said."""
    path = tmp_path / "frame.json"
    text = json.dumps(prove(sealed[0], 1))
    path.write_text(text)
    assert run(standalone, monkeypatch, capsys, "--frame", path, "--proof", sealed[1])[0] == 0
    assert change(text) != text
    path.write_text(change(text))
    assert run(standalone, monkeypatch, capsys, "--frame", path, "--proof", sealed[1])[0] == 1


ALICE = Signer.of(b"a" * 32)
BEFORE, AFTER = instant("2001-01-01T00:00:00Z"), instant("2999-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("key", "standing"),
    [
        (None, "unknown key"),
        ({}, "trusted"),
        ({"valid_from": BEFORE, "valid_until": AFTER}, "trusted"),
        ({"valid_from": AFTER}, "untrusted"),
        ({"valid_until": BEFORE}, "untrusted"),
        ({"revoked": Revocation(AFTER, "superseded")}, "trusted"),
        ({"revoked": Revocation(BEFORE, "ceased")}, "revoked"),
        ({"revoked": Revocation(AFTER, "compromised")}, "revoked"),
    ],
)
def test_signatures_as_the_engine_sees_them(standalone, sealed, monkeypatch, capsys, tmp_path, key, standing):
    keys = tmp_path / "keys.json"
    keyring.change(keys, lambda k: k if key is None else k.added(TrustedKey(ALICE.public, "Alice", **key)))
    seal(sealed[0], signers=[ALICE])
    code, text = run(standalone, monkeypatch, capsys, sealed[0], "--trusted-keys", keys)
    assert (code, f"signature: {standing} {ALICE.public.keyid}" in text) == (0, True)
    result = verify(sealed[0], policy=Policy.of(keys))
    assert result.signature.startswith(f"{standing} {ALICE.public.keyid}")
    assert f": {result.status.value}: " in text


def test_a_signature_that_does_not_verify(standalone, sealed, monkeypatch, capsys, tmp_path):
    keys = tmp_path / "keys.json"
    keyring.change(keys, lambda k: k.added(TrustedKey(ALICE.public, "Alice")))
    seal(sealed[0], signers=[ALICE])
    whole = json.loads(sealed[1].read_text())
    sig = whole["signatures"][0]["sig"]
    sealed[1].write_text(sealed[1].read_text().replace(sig, ("A" if sig[0] != "A" else "B") + sig[1:]))
    code, text = run(standalone, monkeypatch, capsys, sealed[0], "--trusted-keys", keys)
    assert (code, "NOT_OK: the signature of" in text) == (1, True)
    code, text = run(standalone, monkeypatch, capsys, sealed[0])
    assert (code, f"signature: unknown key {ALICE.public.keyid}" in text) == (0, True)


def test_without_cryptography_it_says_so(standalone, sealed, monkeypatch, capsys, tmp_path):
    keys = tmp_path / "keys.json"
    keyring.change(keys, lambda k: k.added(TrustedKey(ALICE.public, "Alice")))
    seal(sealed[0], signers=[ALICE])
    monkeypatch.setattr(standalone.importlib.util, "find_spec", lambda _: None)
    code, text = run(standalone, monkeypatch, capsys, sealed[0], "--trusted-keys", keys)
    assert (code, "OK_WITH_MISSING_INFO" in text, "signature not checked" in text) == (0, True, True)


def test_the_draft_and_a_link_that_leads_nowhere(standalone, sealed, monkeypatch, capsys):
    sealed[1].unlink()
    sealed[1].symlink_to("gone.json")
    assert run(standalone, monkeypatch, capsys, sealed[0])[0] == 1

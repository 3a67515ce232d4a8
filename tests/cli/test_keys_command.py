"""keys, seal --key and verify --trusted-keys on the command line; the page on signing, command by command."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from engine.cli.main import run

ROOT = Path(__file__).parents[2]
PASSPHRASE = "correct horse battery"


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "clip.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(5):
            pixels = np.random.default_rng(number).integers(0, 256, (48, 64, 3), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode(None))
    return path


@pytest.fixture
def here(short_clip, tmp_path, monkeypatch) -> Path:
    shutil.copy(short_clip, tmp_path / "clip.mp4")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNBROKEN_KEY_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("UNBROKEN_LANG", "en")
    monkeypatch.delenv("UNBROKEN_TRUSTED_KEYS", raising=False)
    return tmp_path


def call(capsys, *arguments) -> tuple[int, str, str]:
    code = run([str(a) for a in arguments])
    out = capsys.readouterr()
    assert "Traceback" not in out.out + out.err
    return code, out.out, out.err


def made(capsys, name: str) -> str:
    """A key pair in NAME.pem and NAME.pub.pem; its identifier."""
    code, public, words = call(capsys, "keys", "generate", f"{name}.pem")
    assert code == 0
    Path(f"{name}.pub.pem").write_text(public)
    return words.split()[-1]


def answer(capsys, *arguments) -> dict:
    code, out, _ = call(capsys, "verify", "clip.mp4", "--format", "json", *arguments)
    (entry,) = json.loads(out)["files"]
    assert set(entry) == {"path", "status", "reason", "signature", "frames", "other"}
    return {**entry, "code": code}


def test_sign_trust_revoke(capsys, here):
    keyid = made(capsys, "alice")
    trusted = ("--trusted-keys", "keys.json")
    assert call(capsys, "keys", "trust", "alice.pub.pem", "--name", "Alice", *trusted)[0] == 0
    assert call(capsys, "seal", "clip.mp4", "--key", "alice.pem", "--sm3")[0] == 0
    assert answer(capsys)["signature"] == f"unknown key {keyid}"
    good = answer(capsys, *trusted)
    assert (good["status"], good["signature"]) == ("OK", f"trusted {keyid} (Alice)")
    assert keyid in call(capsys, "verify", "clip.mp4", *trusted)[1]
    assert "可信 " + keyid in call(capsys, "verify", "clip.mp4", "--lang", "zh", *trusted)[1]
    revoke = ("keys", "revoke", keyid[:10], "--reason")
    code, _, words = call(capsys, *revoke, "superseded", "--at", "2999-01-01", *trusted)
    assert (code, "REVOKED" in words) == (0, True)
    assert answer(capsys, *trusted)["status"] == "OK"
    assert call(capsys, *revoke, "compromised", "--note", "stolen", *trusted)[0] == 0
    bad = answer(capsys, *trusted)
    assert (bad["status"], bad["reason"], bad["code"]) == ("OK_WITH_MISSING_INFO", "untrusted", 0)
    assert bad["signature"] == f"revoked {keyid} (Alice)"
    assert call(capsys, *revoke, "ceased", *trusted)[0] == 3
    listed = json.loads(call(capsys, "keys", "list", "--format", "json", *trusted)[1])
    assert listed["keys"][0]["revoked"]["reason"] == "compromised"


def test_a_policy_without_a_signature(capsys, here):
    call(capsys, "seal", "clip.mp4")
    assert answer(capsys)["status"] == "OK"
    required = answer(capsys, "--require-signature")
    assert (required["status"], required["reason"], required["signature"]) == (
        "OK_WITH_MISSING_INFO",
        "unsigned",
        "none",
    )


def test_the_trusted_keys_from_the_environment(capsys, here, monkeypatch):
    made(capsys, "alice")
    call(capsys, "keys", "trust", "alice.pub.pem", "--name", "Alice", "--trusted-keys", "keys.json")
    call(capsys, "seal", "clip.mp4", "--key", "alice.pem")
    monkeypatch.setenv("UNBROKEN_TRUSTED_KEYS", "keys.json")
    assert answer(capsys)["signature"].startswith("trusted")


def test_the_passphrase(capsys, here, monkeypatch):
    made(capsys, "alice")
    Path("wrong.txt").write_text("wrong horse battery\n")
    Path("right.txt").write_text(PASSPHRASE + "\nsecond line\n")
    monkeypatch.delenv("UNBROKEN_KEY_PASSPHRASE")
    code, _, err = call(capsys, "seal", "clip.mp4", "--key", "alice.pem", "--passphrase-file", "wrong.txt")
    assert (code, "passphrase is wrong" in err) == (3, True)
    assert os.path.exists("clip.mp4.unbroken.json") is False
    assert call(capsys, "seal", "clip.mp4", "--key", "alice.pem", "--passphrase-file", "gone.txt")[0] == 3
    code, _, err = call(capsys, "seal", "clip.mp4", "--key", "alice.pem")  # nobody to ask
    assert (code, "UNBROKEN_KEY_PASSPHRASE" in err) == (2, True)
    assert call(capsys, "seal", "clip.mp4", "--key", "alice.pem", "--passphrase-file", "right.txt")[0] == 0


def test_the_passphrase_is_asked_for_without_echo(here, monkeypatch):
    monkeypatch.delenv("UNBROKEN_KEY_PASSPHRASE")
    command = [sys.executable, "-m", "engine.cli.main", "keys", "generate", "asked.pem"]
    for second, code in (("another one", 3), (PASSPHRASE, 0)):
        child, terminal = pty.fork()
        if child == 0:  # pragma: no cover - the child becomes the command
            os.environ["PYTHONPATH"] = str(ROOT)
            os.execv(command[0], command)
        shown = b""
        for line in (PASSPHRASE, second):
            while not shown.rstrip().endswith((b"key:", b"more:")):
                shown += os.read(terminal, 1024)
            os.write(terminal, line.encode() + b"\n")
            shown += b"|"
        try:
            while part := os.read(terminal, 1024):
                shown += part
        except OSError:  # the terminal is gone with the command
            pass
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == code
        os.close(terminal)
        assert PASSPHRASE.encode() not in shown


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["keys", "generate", "alice.pem"], 3, "is there already"),
        (["keys", "show", "gone.pem"], 3, "no such file"),
        (["keys", "trust", "alice.pub.pem", "--trusted-keys", "k.json"], 2, "--name"),
        (["keys", "trust", "alice.pem", "--name", "A", "--trusted-keys", "k.json"], 3, "no public key"),
        (["keys", "trust", "clip.mp4", "--trusted-keys", "k.json"], 3, "not JSON"),
        (
            ["keys", "trust", "alice.pub.pem", "--name", "A", "--valid-from", "soon", "--trusted-keys", "k.json"],
            2,
            "soon",
        ),
        (["keys", "list", "--trusted-keys", "gone.json"], 3, "gone.json"),
        (["keys", "revoke", "00000000", "--reason", "ceased", "--trusted-keys", "gone.json"], 3, "no key"),
        (["keys", "rotate", "alice.pem", "alice.pub.pem", "--trusted-keys", "gone.json"], 3, "gone.json"),
        (["keys", "nonsense"], 2, "nonsense"),
        (["seal", "clip.mp4", "--key", "alice.pub.pem"], 3, "no key that can be read"),
        (["verify", "clip.mp4", "--trusted-keys", "gone.json"], 3, "gone.json"),
    ],
)
def test_what_is_wrong_is_one_line(capsys, here, arguments, code, words):
    made(capsys, "alice")
    found, out, err = call(capsys, *arguments)
    assert (found, out) == (code, "")
    assert words.lower() in err.lower()
    if found == 3:
        assert len(err.strip().splitlines()) == 1
    assert not Path("gone.json").exists()
    assert not Path("k.json").exists()


@pytest.mark.parametrize("command", [[], ["generate"], ["show"], ["list"], ["trust"], ["rotate"], ["revoke"]])
def test_help_in_both_languages(here, command):
    texts = []
    for language in ("en", "zh"):
        words = [sys.executable, "-m", "engine.cli.main", "keys", *command, "--help"]
        environment = {**os.environ, "UNBROKEN_LANG": language, "PYTHONPATH": str(ROOT)}
        texts.append(subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout)
    assert not re.search("[\u4e00-\u9fff]", texts[0])
    assert re.search("[\u4e00-\u9fff]", texts[1])


def test_the_page_on_signing(here):
    """Every command of docs/signing.md, in its order, with the identifiers of the keys that they make."""
    page = (ROOT / "docs" / "signing.md").read_text()
    commands = [c for block in re.findall(r"```sh\n(.*?)```", page, re.S) for c in block.strip().splitlines()]
    assert len(commands) >= 10
    bin_ = here / "bin"
    bin_.mkdir()
    for name, script in (
        ("unbroken", f'exec "{sys.executable}" -m engine.cli.main "$@"'),
        ("python", f'exec "{sys.executable}" "$@"'),
    ):
        (bin_ / name).write_text(f"#!/bin/sh\n{script}\n")
        (bin_ / name).chmod(0o755)
    shutil.copytree(ROOT / "tools", here / "tools")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{bin_}:{os.environ['PATH']}"}
    said = {}
    for command in commands:
        if "rotate" in command:
            shutil.copy("trusted-keys.json", "colleague-keys.json")
        keyid = json.loads(Path("trusted-keys.json").read_text())["keys"][0]["keyid"] if "revoke" in command else ""
        line = command.replace("3f2a9c04", keyid[:8])
        done = subprocess.run(line, shell=True, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, (line, done.stderr)
        said[command.split(" --")[0]] = done.stdout + done.stderr
    public = Path("property-room.pub.pem").read_text()
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "DER"], input=public.encode(), capture_output=True
    ).stdout
    keyid = hashlib.sha256(der).hexdigest()
    assert keyid in said["openssl pkey -pubin -in property-room.pub.pem -outform DER | sha256sum"]
    assert f"trusted {keyid} (Property room)" in said["unbroken verify clip.mp4"]
    assert "trusted " + keyid in said["python tools/verify_standalone.py clip.mp4"]
    assert "trusted: " in said["unbroken keys trust trusted-keys.json"]
    assert "REVOKED" in said["unbroken keys revoke 3f2a9c04"]

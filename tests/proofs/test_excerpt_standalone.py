"""The standalone check of excerpts agrees with the engine's, without the engine."""

from __future__ import annotations

import ast
import importlib.util
import json
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
import rfc8785
from blake3 import blake3

from engine.proofs import envelope, register
from engine.proofs.excerpt import excerpt
from engine.proofs.register import Action, Target
from engine.proofs.seal import seal
from engine.proofs.signing import Signer
from engine.proofs.verify import Status, verify

SCRIPT = Path(__file__).parents[2] / "tools" / "verify_excerpt_standalone.py"
SIGNER = Signer.of(bytes(31) + b"k")


@pytest.fixture(scope="module")
def standalone() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_excerpt_standalone", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def cuts(clips, tmp_path_factory) -> dict[str, Path]:
    """Excerpts of signed recordings, by kind of recording."""
    folder = tmp_path_factory.mktemp("cuts")
    (folder / "out").mkdir()
    found = {}
    for name in ("mp4", "ts", "mkv", "hevc", "mjpeg", "avi"):
        sealed = seal(clips[name], folder)
        signed = SIGNER.seal(envelope.read_seal(sealed.seal))
        sealed.seal.write_bytes(signed.to_bytes())
        what = Target("c", signed.header.blake3)
        register.approve(folder / "r", who="A", approver="B", reason="c", action=Action.EXCERPT, what=what)
        suffix = {"hevc": ".mp4", "mjpeg": ".mov", "avi": ".mkv"}.get(name, f".{name}")
        made = excerpt(
            clips[name], "0.8", "1.4", register=folder / "r", requester="A", reason="x", proof=sealed.seal,
            output=folder / "out" / f"{name}{suffix}", withhold="30" if name == "mp4" else (),
        )  # fmt: skip
        assert made.status == "made", made
        found[name] = made.clip
    return found


def run(standalone, monkeypatch, capsys, *arguments) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["verify_excerpt_standalone.py", *map(str, arguments)])
    code = standalone.main()
    return code, capsys.readouterr().out


def test_on_its_own():
    names = set()
    for node in ast.walk(ast.parse(SCRIPT.read_text())):
        if isinstance(node, ast.Import):
            names |= {a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.split(".")[0])
    assert names - sys.stdlib_module_names == {"blake3", "av", "cryptography"}


@pytest.mark.parametrize("name", ["mp4", "ts", "mkv", "hevc", "mjpeg", "avi"])
def test_whole(standalone, cuts, monkeypatch, capsys, tmp_path, name):
    key = tmp_path / "key.pem"
    key.write_text(SIGNER.public.as_pem())
    code, text = run(standalone, monkeypatch, capsys, cuts[name], "--key", key)
    assert code == 0, text
    assert "34 of 50" in text
    assert f"verifies under {SIGNER.public.keyid}" in text
    assert ("1 leaves withheld" in text) == (name == "mp4")


@pytest.mark.parametrize("name", ["mp4", "ts", "mkv", "hevc", "mjpeg", "avi"])
def test_changed_clips(standalone, tools, cuts, monkeypatch, capsys, tmp_path, name):
    proof = f"{cuts[name]}.unbroken-excerpt.json"

    def flip(units):
        unit = tools.video_order(units)[4]
        return [tools.replace(u, data=u.data[:-9] + b"\x77" + u.data[-8:]) if u is unit else u for u in units]

    def drop(units):
        return [u for u in units if u is not tools.video_order(units)[-1]]

    def swap(units):
        a, b = tools.video_order(units)[2:4]
        data = {id(a): b.data, id(b): a.data}
        return [tools.replace(u, data=data.get(id(u), u.data)) for u in units]

    for number, change in enumerate((flip, drop, swap, lambda us: [u for u in us if u.kind == "video"])):
        clip = tools.rewrite(cuts[name], tmp_path / f"{number}{cuts[name].suffix}", change)
        code, text = run(standalone, monkeypatch, capsys, clip, "--proof", proof)
        assert (code, "NOT_OK" in text) == (1, True), (number, text)
        assert verify(clip, proof).status is Status.NOT_OK


def test_every_part_of_the_proof_edited(standalone, cuts, monkeypatch, capsys, tmp_path):
    clip = Path(shutil.copy(cuts["mp4"], tmp_path / "cut.mp4"))
    proof = Path(f"{clip}.unbroken-excerpt.json")
    content = json.loads(Path(f"{cuts['mp4']}.unbroken-excerpt.json").read_bytes())
    leaves = content["runs"][0]["leaves"]
    for edit in (
        {"position": {**content["position"], "of": 51}},
        {"position": {**content["position"], "frames": [[13, 34]]}},
        {"position": {**content["position"], "from": 0}},
        {"runs": content["runs"][:1]},
        {"runs": [{**content["runs"][0], "first": 13}, content["runs"][1]]},
        {"runs": [{**content["runs"][0], "leaves": leaves[:-4] + "AAAA"}, content["runs"][1]]},
        {"withheld": []},
        {"withheld": [[0, 0]]},
        {"path": content["path"][1:]},
        {"path": [*content["path"], content["path"][0]]},
        {"seal": {**content["seal"], "payloadBlake3": "0" * 64}},
    ):
        changed = {k: v for k, v in {**content, **edit}.items() if k != "digest"}
        changed["digest"] = blake3(rfc8785.dumps(changed)).hexdigest()
        proof.write_bytes(rfc8785.dumps(changed) + b"\n")
        code, text = run(standalone, monkeypatch, capsys, clip)
        assert (code, "NOT_OK" in text) == (1, True), (list(edit), text)
        assert verify(clip).status is Status.NOT_OK


def test_another_key(standalone, cuts, monkeypatch, capsys, tmp_path):
    key = tmp_path / "key.pem"
    key.write_text(Signer.of(bytes(31) + b"o").public.as_pem())
    code, text = run(standalone, monkeypatch, capsys, cuts["mp4"], "--key", key)
    assert (code, "no signature of this key" in text) == (1, True)


def test_without_a_proof_or_without_pyav(standalone, cuts, monkeypatch, capsys, tmp_path):
    code, text = run(standalone, monkeypatch, capsys, tmp_path / "none.mp4")
    assert (code, "NOT_SEALED" in text) == (3, True)
    monkeypatch.setitem(sys.modules, "av", None)
    code, text = run(standalone, monkeypatch, capsys, cuts["mp4"])
    assert (code, "not examined" in text) == (3, True)

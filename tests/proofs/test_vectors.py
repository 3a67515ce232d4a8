"""Every vector: the engine and the standalone verifier answer as its index says, and nothing is laundered."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from engine.proofs import envelope
from engine.proofs.hashing import leaf_hash
from engine.proofs.policy import Policy
from engine.proofs.sample import verify_sample
from engine.proofs.seal import seal
from engine.proofs.tree import root_from_path
from engine.proofs.verify import verify

ROOT = Path(__file__).parents[2]
INDEX = json.loads((ROOT / "vectors" / "index.json").read_text(encoding="utf-8"))["vectors"]
EXIT = {"OK": 0, "OK_WITH_MISSING_INFO": 0, "NOT_OK": 1, "NOT_SEALED": 3}
FRAMES = [v for v in INDEX if "frame.json" in v["files"]]
RECORDINGS = [v for v in INDEX if "frame.json" not in v["files"]]
EXCERPTS = [v for v in INDEX if "clip.mov.unbroken-excerpt.json" in v["files"]]
SPECIAL = {"keys.json", "logs.txt", "clip.mov.unbroken-excerpt.json"}
"""Where a verdict rests on more than the recording and its proof."""


def load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def program() -> ModuleType:
    return load("make_vectors", ROOT / "tools" / "make_vectors.py")


@pytest.fixture(scope="module")
def folder(program, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("vectors")
    assert program.write(path) == len(INDEX)
    return path


@pytest.fixture(scope="module")
def standalone() -> ModuleType:
    return load("verify_standalone", ROOT / "tools" / "verify_standalone.py")


@pytest.fixture(scope="module")
def excerpt_standalone() -> ModuleType:
    return load("verify_excerpt_standalone", ROOT / "tools" / "verify_excerpt_standalone.py")


def named(vectors):
    return pytest.mark.parametrize("vector", vectors, ids=lambda v: v["name"])


def test_the_index_is_what_the_program_makes(program):
    """Recordings are the same bytes wherever they are made; their digests stand in the index."""
    assert program.index() == (ROOT / "vectors" / "index.json").read_text(encoding="utf-8")


def test_nothing_of_the_engine_takes_part():
    for path in [ROOT / "tools" / "make_vectors.py", *(ROOT / "tools" / "vectors").glob("*.py")]:
        assert "engine" not in {
            word
            for line in path.read_text().splitlines()
            if line.startswith(("import", "from"))
            for word in line.split()
        }


@named(RECORDINGS)
def test_engine(folder, vector):
    place = folder / vector["name"]
    keys, logs = (place / name if name in vector["files"] else None for name in ("keys.json", "logs.txt"))
    policy = Policy.of(keys, logs=logs)
    result = verify(place / "clip.mov", policy=policy)
    found = [[r.change, r.start_frame, r.end_frame] for r in result.frames]
    assert {"status": result.status.value, "reason": result.reason, "frames": found} == vector["expected"], result


@named(RECORDINGS)
def test_a_draw_of_everything_says_the_same(folder, vector):
    place = folder / vector["name"]
    keys, logs = (place / name if name in vector["files"] else None for name in ("keys.json", "logs.txt"))
    result = verify_sample(place / "clip.mov", "100%", policy=Policy.of(keys, logs=logs))
    assert result.status.value == vector["expected"]["status"]


@named(FRAMES)
def test_engine_on_one_frame(folder, vector):
    place = folder / vector["name"]
    header = envelope.read(place / "clip.mov.unbroken.json")
    proof = json.loads((place / "frame.json").read_text())
    leaf, path = bytes.fromhex(proof["leaf"]), [bytes.fromhex(h) for h in proof["path"]]
    root = root_from_path(proof["leaf_number"], proof["leaves"], leaf_hash(leaf), path)
    fields = (proof["decode_index"], proof["frame"], int(proof["pts"]), proof["content"])
    told = tuple(int.from_bytes(leaf[a : a + 8], "big", signed=True) for a in (4, 12, 20))
    whole = len(leaf) == 100 and proof["leaves"] == header.leaves and fields == (*told, leaf[68:].hex())
    assert ("OK" if whole and root and root.hex() == header.root else "NOT_OK") == vector["expected"]["status"]


@named(INDEX)
def test_standalone(folder, vector, standalone, excerpt_standalone, monkeypatch, capsys):
    place = folder / vector["name"]
    frame = ["--frame", place / "frame.json", "--proof", place / "clip.mov.unbroken.json"]
    arguments = frame if vector in FRAMES else [place / "clip.mov"]
    keys = ["--trusted-keys", place / "keys.json"] if "keys.json" in vector["files"] else []
    monkeypatch.setattr(sys, "argv", ["verify_standalone.py", *map(str, [*arguments, *keys])])
    code = (excerpt_standalone if vector in EXCERPTS else standalone).main()
    assert (code, f": {vector['standalone']}:" in capsys.readouterr().out) == (EXIT[vector["standalone"]], True)


@named([v for v in RECORDINGS if v["expected"]["status"] == "NOT_OK" and not SPECIAL & {*v["files"]}])
def test_sealing_does_not_launder(folder, vector):
    """Sealing what does not fit its proof writes nothing."""
    place = folder / vector["name"]
    before = {p.name: p.read_bytes() for p in place.iterdir()}
    assert seal(place / "clip.mov").status == "not_ok"
    assert {p.name: p.read_bytes() for p in place.iterdir()} == before


@pytest.mark.parametrize("name", ["untouched", "two-subtrees"])
def test_the_engine_seals_the_same_tree(folder, tmp_path, name):
    """Root, subtrees and streams of the engine's own proof are those that were computed without it."""
    recording = tmp_path / "clip.mov"
    recording.write_bytes((folder / name / "clip.mov").read_bytes())
    mine = envelope.read(seal(recording).seal).payload
    theirs = envelope.read(folder / name / "clip.mov.unbroken.json").payload
    assert mine["tree"] == theirs["tree"]
    fields = ["codec", "time_base", "leaves", "presented", "first", "last", "configurations", "framing", "edits"]
    assert [[s[f] for f in fields] for s in mine["streams"]] == [[s[f] for f in fields] for s in theirs["streams"]]


def test_a_seal_under_another_name_leaves_a_trace(folder, tmp_path):
    """Whoever takes the seal away makes a recording not sealed; the leaves that stay say so."""
    place = folder / "untouched"
    for name in ("clip.mov", "clip.mov.unbroken.parquet"):
        (tmp_path / name).write_bytes((place / name).read_bytes())
    (tmp_path / "clip.mov.unbroken.bak").write_bytes((place / "clip.mov.unbroken.json").read_bytes())
    result = verify(tmp_path / "clip.mov")
    assert result.status.value == "NOT_SEALED"
    assert {"subject": "proof", "change": "seal_missing"} in result.other

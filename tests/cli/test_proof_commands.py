"""seal, verify and prove on the command line: exit codes, JSON, both languages, no tracebacks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from engine.cli.main import run


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "clip.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(10):
            pixels = np.random.default_rng(number).integers(0, 256, (48, 64, 3), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode(None))
    return path


@pytest.fixture
def recording(short_clip, tmp_path) -> Path:
    return Path(shutil.copy(short_clip, tmp_path / "clip.mp4"))


def call(capsys, *arguments) -> tuple[int, str, str]:
    code = run([str(a) for a in arguments])
    out = capsys.readouterr()
    assert "Traceback" not in out.out + out.err
    return code, out.out, out.err


def status(text: str) -> list[str]:
    report = json.loads(text)
    assert report["schema"] == "unbroken.verify/1"
    for entry in report["files"]:
        assert set(entry) == {"path", "status", "reason", "signature", "frames", "other"}
    return [entry["status"] for entry in report["files"]]


def test_seal_then_verify(capsys, recording):
    assert call(capsys, "seal", recording)[0] == 0
    code, out, _ = call(capsys, "verify", recording, "--format", "json")
    assert (code, status(out)) == (0, ["OK"])
    assert call(capsys, "seal", recording)[0] == 0


def test_exit_codes(capsys, recording, tmp_path):
    code, out, _ = call(capsys, "verify", recording, "--format", "json")
    assert (code, status(out)) == (3, ["NOT_SEALED"])
    other = Path(shutil.copy(recording, tmp_path / "other.mp4"))
    call(capsys, "seal", recording)
    data = bytearray(recording.read_bytes())
    data[data.find(b"mdat") + 900] ^= 1
    recording.write_bytes(data)
    code, out, _ = call(capsys, "verify", recording, other, "--format", "json")
    assert (code, status(out)) == (1, ["NOT_OK", "NOT_SEALED"])
    code, out, _ = call(capsys, "seal", recording, other, "--format", "json")
    assert (code, [e["status"] for e in json.loads(out)["files"]]) == (1, ["not_ok", "sealed"])


def test_proof_in_another_folder(capsys, recording, tmp_path):
    out_dir = tmp_path / "proofs"
    out_dir.mkdir()
    assert call(capsys, "seal", recording, "--out-dir", out_dir)[0] == 0
    proof = out_dir / "clip.mp4.unbroken.json"
    recording.write_bytes(recording.read_bytes() + b"junk")
    code, out, _ = call(capsys, "verify", recording, "--proof", proof, "--format", "json")
    assert (code, status(out)) == (0, ["OK_WITH_MISSING_INFO"])


def test_bad_files_do_not_stop_the_others(capsys, recording, tmp_path):
    empty, text = tmp_path / "empty.mp4", tmp_path / "text.mp4"
    empty.touch()
    text.write_text("no recording")
    code, out, _ = call(capsys, "seal", empty, text, tmp_path / "gone.mp4", recording, "--format", "json")
    entries = json.loads(out)["files"]
    assert code == 3
    assert [e["status"] for e in entries] == ["refused", "refused", "refused", "sealed"]
    assert [e["reason"].split(":")[0] for e in entries[:3]] == ["empty", "not_media", "missing"]
    assert call(capsys, "verify", tmp_path / "gone.mp4")[0] == 3


@pytest.mark.parametrize(
    "arguments", [["seal"], ["verify"], ["prove", "x.mp4"], ["seal", "x.mp4", "--out-dir", "/nowhere/at/all"]]
)
def test_wrong_usage(capsys, arguments):
    assert call(capsys, *arguments)[0] == 2


def test_one_proof_is_for_one_file(capsys, recording):
    assert call(capsys, "verify", recording, __file__, "--proof", "x.json")[0] == 2


def test_prove(capsys, recording):
    code, _, err = call(capsys, "prove", recording, "--frame", 3)
    assert (code, "no seal" in err) == (3, True)
    call(capsys, "seal", recording)
    code, out, _ = call(capsys, "prove", recording, "--frame", 3)
    assert (code, json.loads(out)["frame"]) == (0, 3)
    code, _, err = call(capsys, "prove", recording, "--frame", 99)
    assert (code, "0 to 9" in err) == (3, True)


def test_both_languages(capsys, recording):
    call(capsys, "seal", recording)
    recording.write_bytes(recording.read_bytes() + b"junk")
    english = call(capsys, "verify", recording, "--lang", "en")[1]
    chinese = call(capsys, "verify", recording, "--lang", "zh")[1]
    assert "OK, with missing information" in english
    assert "部分信息缺失" in chinese
    assert "封装" in chinese


def test_every_reason_has_both_texts():
    from engine.proofs import telling

    folder = Path(telling.__file__).parent
    import re

    used = set()
    for source in folder.glob("*.py"):
        text = source.read_text()
        used |= set(re.findall(r'ProofProblem\(\s*"([a-z_]+)"', text))
        used |= set(re.findall(r'Status\.[A-Z_]+,\s*"([a-z_]+)"', text))
        used |= set(re.findall(r'wrong\.append\(\s*"([a-z_]+)"', text))
    assert used
    assert used <= set(telling.TEXTS)
    assert all(en and zh and en != zh for en, zh in telling.TEXTS.values())


def test_an_untouched_file_needs_no_decoder(recording, capsys):
    call(capsys, "seal", recording)
    code = (
        "import sys; from engine.cli.main import run; c = run(['verify', sys.argv[1]]);"
        "print(c, [m for m in ('av', 'numpy', 'numba', 'pyarrow', 'skimage') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, recording], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_no_space_for_the_proof(recording):
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024));"
        "from engine.cli.main import run; sys.exit(run(['seal', sys.argv[1]]))"
    )
    done = subprocess.run([sys.executable, "-c", code, recording], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert os.listdir(recording.parent) == ["clip.mp4"]

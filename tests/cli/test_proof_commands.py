"""seal, verify and prove on the command line: exit codes, JSON, both languages, no tracebacks."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
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
    out_dir = tmp_path / "years" / "proofs"
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
    "arguments", [["seal"], ["verify"], ["prove", "x.mp4"], ["seal", "x.mp4", "--out-dir", f"{__file__}/proofs"]]
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

    from engine.report.texts import Texts

    used = set()
    for source in folder.rglob("*.py"):
        text = source.read_text()
        used |= set(re.findall(r'ProofProblem\(\s*"([a-z_]+)"', text))
        used |= set(re.findall(r'Status\.[A-Z_]+,\s*"([a-z_]+)"', text))
        used |= set(re.findall(r'wrong\.append\(\s*"([a-z_]+)"', text))
    assert used
    of_files = {r for r in used if Texts.load("zh").has("reason", telling._OF_THE_FILE.get(r, r))}
    told = {reason: words for table in telling.TABLES for reason, words in table.items()}
    assert used - {"excerpt"} <= set(told) | of_files  # an excerpt is told by `excerpt_words.summary`
    assert all(en and zh and en != zh for en, zh in told.values())


def test_an_untouched_file_needs_no_decoder(recording, capsys):
    call(capsys, "seal", recording)
    code = (
        "import sys; from engine.cli.main import run; c = run(['verify', sys.argv[1]]);"
        "heavy = ('av', 'numpy', 'numba', 'pyarrow', 'skimage', 'loky', 'multiprocessing', 'rich', 'engine.report');"
        "print(c, [m for m in heavy if m in sys.modules])"
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


# ---- several files at a time -------------------------------------------------------------------


@pytest.fixture
def several(short_clip, tmp_path) -> Path:
    """A folder with three recordings and one that is none."""
    folder = tmp_path / "several"
    folder.mkdir()
    for name in ("seg-10.mp4", "seg-2.mp4", "seg-1.mp4"):
        shutil.copy(short_clip, folder / name)
    (folder / "seg-3.mp4").write_text("no recording")
    return folder


@pytest.mark.parametrize("jobs", [1, 3])
def test_results_stand_in_natural_order(capsys, several, jobs):
    names = ["seg-1.mp4", "seg-2.mp4", "seg-3.mp4", "seg-10.mp4"]
    code, out, err = call(capsys, "seal", several, "--jobs", jobs, "--format", "json")
    entries = json.loads(out)["files"]
    assert (code, err) == (3, "")
    assert [Path(e["path"]).name for e in entries] == names
    assert [e["status"] for e in entries] == ["sealed", "sealed", "refused", "sealed"]
    code, out, err = call(capsys, "verify", several / "seg-*.mp4", "--jobs", jobs, "--format", "json")
    assert (code, err) == (3, "")
    assert [Path(e["path"]).name for e in json.loads(out)["files"]] == names
    assert status(out) == ["OK", "OK", "NOT_SEALED", "OK"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_progress_counts_bytes(capsys, several, jobs):
    for command in ("seal", "verify"):
        _, _, err = call(capsys, command, several, "--jobs", jobs, "--progress", "json")
        events = [json.loads(line) for line in err.splitlines()]
        whole = sum(f.stat().st_size for f in several.glob("*.mp4"))
        assert events[-1]["files_done"] == events[-1]["files"] == 4
        assert events[-1]["bytes_done"] == events[-1]["bytes"] == whole
        assert all(e["event"] == "progress" and 0 <= e["share"] <= 1 for e in events)


def test_the_pace_of_bytes_is_told_in_both_languages(monkeypatch):
    from engine.archive.pool import Standing
    from engine.cli import progress

    standing = Standing(1, 4, 0.0, 2.0, (("a/[b].mp4", 1.0, 2.0),), 0.25, 8_000_000_000)
    assert progress._note(standing, progress.BYTES) == "2.00/8.00 GB  1.00 GB/s  0:06 left  ?b?.mp4"
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "剩余 0:06" in progress._note(standing, progress.BYTES)


def test_short_work_shows_no_bar(monkeypatch):
    from contextlib import ExitStack, contextmanager

    from engine.archive.pool import Standing
    from engine.cli import progress

    shown = []

    @contextmanager
    def bar(measure):
        yield shown.append

    monkeypatch.setattr(progress, "_bar", bar)
    with ExitStack() as stack:
        watch = progress._late_bar(stack, progress.BYTES)
        for elapsed in (0.1, 0.4, 0.6, 0.7):
            watch(Standing(0, 1, 0.0, elapsed, (), 0.5, 10))
    assert [s.elapsed_s for s in shown] == [0.6, 0.7]


@pytest.mark.parametrize("command", ["seal", "verify"])
def test_ctrl_c_reports_what_is_done(capsys, several, monkeypatch, command):
    from engine.proofs import seal as seal_module
    from engine.proofs import verify as verify_module

    module = seal_module if command == "seal" else verify_module
    real = getattr(module, command)

    def second_is_interrupted(path, *more, **named):
        if path.endswith("seg-2.mp4"):
            raise KeyboardInterrupt
        return real(path, *more, **named)

    monkeypatch.setattr(module, command, second_is_interrupted)
    code, out, err = call(capsys, command, several, "--jobs", 1, "--format", "json")
    assert code == 130
    assert [Path(e["path"]).name for e in json.loads(out)["files"]] == ["seg-1.mp4"]
    assert "interrupted; 3 of 4 files" in err


def test_ctrl_c_ends_the_workers(several):
    """As a terminal sends it: to every process. Nothing half-written stays beside the recordings."""
    for number in range(600):
        shutil.copy(several / "seg-1.mp4", several / f"more-{number}.mp4")
    command = [sys.executable, "-m", "engine.cli.main", "seal", str(several), "--jobs", "2", "--format", "json"]
    process = subprocess.Popen(
        [*command, "--progress", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    while json.loads(process.stderr.readline())["files_done"] < 1:
        pass
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in err.splitlines()[-1]
    done = [e["path"] for e in json.loads(out)["files"] if e["status"] == "sealed"]
    assert 1 <= len(done) < 603
    assert all(Path(f"{path}.unbroken.json").exists() for path in done)
    assert not list(several.glob(".unbroken-*"))


def test_a_file_that_breaks_its_worker_is_never_called_whole():
    from engine.archive.proofs import _not_sealed, _not_verified

    assert _not_verified("x.mp4", "worker_died", "").status == "NOT_OK"
    assert _not_sealed("x.mp4", "worker_died", "").status == "refused"


def test_recordings_of_one_name_do_not_share_a_proof(capsys, recording, tmp_path):
    other = tmp_path / "other" / recording.name
    other.parent.mkdir()
    shutil.copy(recording, other)
    code, _, err = call(capsys, "seal", recording, other, "--out-dir", tmp_path / "proofs")
    assert (code, "share one proof" in err) == (2, True)
    assert not (tmp_path / "proofs").exists()
    assert call(capsys, "seal", recording, other)[0] == 0


# ---- words -------------------------------------------------------------------------------------


def test_a_folder_for_proofs_that_cannot_be_made(capsys, recording, monkeypatch):
    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", denied)
    code, _, err = call(capsys, "seal", recording, "--out-dir", "somewhere/else")
    assert code == 3
    assert "somewhere/else: the folder cannot be made: Permission denied. Choose another place" in err


def test_names_in_the_folder_stand_without_a_dot(capsys, recording, monkeypatch):
    monkeypatch.chdir(recording.parent)
    assert call(capsys, "seal", ".", "--lang", "en")[1].startswith("clip.mp4: sealed (")
    assert call(capsys, "verify", ".", "--lang", "zh")[1].startswith("clip.mp4：一致")


def test_a_missing_file_is_said_to_be_missing(capsys, recording, tmp_path):
    gone = tmp_path / "gone.mp4"
    code, out, _ = call(capsys, "verify", gone, "--lang", "en")
    assert (code, out) == (3, f"{gone}: There is no such file; check the name.\n")
    assert call(capsys, "verify", gone, "--lang", "zh")[1] == f"{gone}：没有该文件，请核对文件名。\n"
    call(capsys, "seal", recording)
    recording.unlink()
    code, out, _ = call(capsys, "verify", recording, "--lang", "en")
    assert (code, out) == (1, f"{recording}: NOT OK. There is no such file; check the name.\n")


def test_an_unsealed_file_is_told_what_to_do(capsys, recording):
    out = call(capsys, "verify", recording, "--lang", "en")[1]
    assert "not sealed. There is no seal for this file; make one with `unbroken seal`" in out
    assert "signature" not in out
    out = call(capsys, "verify", recording, "--lang", "zh")[1]
    assert "未封存（NOT_SEALED）。没有该文件的封存证明；可运行 unbroken seal 进行封存" in out


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("content", [b"", b"no recording", None, bytes.fromhex("00000018") + b"ftypisom" + bytes(64)])
def test_what_cannot_be_sealed_is_told_in_the_words_of_inspect(capsys, tmp_path, lang, content):
    from engine.archive.inspect import inspect
    from engine.report.texts import Texts

    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    code, out, _ = call(capsys, "seal", path, "--lang", lang)
    words = Texts.load(lang).get("reason", inspect(str(path)).reason)
    assert code == 3
    if content is not None:
        assert words in out
    for raw in ("Errno", "Error", "1094995529"):
        assert raw not in out + call(capsys, "seal", path, "--format", "json")[1]


def test_chinese_is_written_with_its_own_punctuation(capsys, recording):
    shown = [call(capsys, c, recording, "--lang", "zh")[1] for c in ("verify", "seal", "seal", "verify")]
    recording.write_bytes(recording.read_bytes()[:-600])
    shown.append(call(capsys, "verify", recording, "--lang", "zh")[1])
    for line in "".join(shown).splitlines():
        words = line.replace(str(recording), "").replace("NOT_SEALED", "")
        assert not re.search(r"[一-鿿）][,;:.(]|[,;:(][一-鿿]", words), line
    assert shown[3] == f"{recording}：一致（OK）。与封存时逐字节一致（签名：无）。\n"


def test_a_file_that_does_not_open_is_told_without_a_library_s_words(capsys, recording):
    call(capsys, "seal", recording)
    recording.write_bytes(recording.read_bytes().replace(b"moov", b"xoov"))
    for lang in ("en", "zh"):
        code, out, _ = call(capsys, "verify", recording, "--lang", lang)
        assert code == 1
        assert "Errno" not in out
        assert ("moov box" if lang == "en" else "缺少索引（moov）") in out

"""Sealing: never launders, never leaves half a proof, refuses what it cannot bind."""

from __future__ import annotations

import base64
import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from blake3 import blake3

from engine.media.errors import MediaError
from engine.media.reader import open_recording
from engine.proofs import envelope, files
from engine.proofs import seal as seal_module
from engine.proofs.files import digest_blake3, file_state
from engine.proofs.problems import ProofProblem
from engine.proofs.prove import prove
from engine.proofs.seal import Origin, Sealer, SealResult, Supersede, seal
from engine.proofs.verify import Status, verify


@pytest.fixture
def recording(clip, tmp_path) -> Path:
    path = tmp_path / "footage" / "clip.mp4"
    path.parent.mkdir()
    shutil.copy(clip, path)
    return path


def header_of(path: Path) -> dict:
    return json.loads(base64.b64decode(json.loads(path.read_text())["payload"]))


def test_two_files_beside_the_recording(recording):
    before = recording.read_bytes()
    result = seal(recording, origin=Origin(operator="0457", device="DSJ0457"))
    assert result.status == "sealed"
    assert sorted(os.listdir(recording.parent)) == [
        "clip.mp4",
        "clip.mp4.unbroken.json",
        "clip.mp4.unbroken.parquet",
    ]
    assert recording.read_bytes() == before
    header = header_of(result.seal)
    assert header["format"] == "1"
    assert (header["sealed"]["operator"], header["sealed"]["device"]) == ("0457", "DSJ0457")
    assert header["recording"]["blake3"] == blake3(before).hexdigest()
    assert sum(s["leaves"] for s in header["streams"]) == header["tree"]["leaves"] == result.leaf_count


def test_nothing_beside_the_footage_with_a_folder_for_proofs(recording, tmp_path):
    out = tmp_path / "proofs"
    out.mkdir()
    result = seal(recording, out)
    assert os.listdir(recording.parent) == ["clip.mp4"]
    assert sorted(os.listdir(out)) == ["clip.mp4.unbroken.json", "clip.mp4.unbroken.parquet"]
    assert verify(recording, result.seal).status is Status.OK
    assert verify(recording).status is Status.NOT_SEALED


def test_sealing_again_changes_nothing(recording):
    first = seal(recording)
    content = first.seal.read_bytes()
    again = seal(recording)
    assert again.status == "already_sealed"
    assert first.seal.read_bytes() == content


def test_sealing_never_launders(recording):
    first = seal(recording)
    content = first.seal.read_bytes()
    data = bytearray(recording.read_bytes())
    data[len(data) // 2] ^= 1
    recording.write_bytes(data)
    refused = seal(recording)
    assert refused.status == "not_ok"
    assert refused.verification.status is Status.NOT_OK
    assert first.seal.read_bytes() == content
    replaced = seal(recording, supersede=Supersede("copied again from the device"))
    assert replaced.status == "sealed"
    header = header_of(replaced.seal)
    assert header["supersedes"] == {
        "root": first.root,
        "seal": json.loads(content)["payloadBlake3"],
        "reason": "copied again from the device",
    }
    assert verify(recording).status is Status.OK


def test_a_broken_seal_is_not_written_over(recording):
    seal_path = Path(f"{recording}.unbroken.json")
    seal_path.write_text("{}")
    assert seal(recording).status == "not_ok"
    assert seal(recording, supersede=Supersede("unreadable")).status == "refused"
    assert seal_path.read_text() == "{}"


def test_declarations_that_a_header_cannot_carry(recording):
    assert seal(recording, origin=Origin(operator="x" * 257)).reason == "declaration_too_long"
    assert seal(recording, origin=Origin(device="x" * 257)).reason == "declaration_too_long"
    assert seal(recording, origin=Origin(operator="a\udcff", device="b\udcfe")).status == "sealed"
    header = header_of(Path(f"{recording}.unbroken.json"))
    assert (header["sealed"]["operator"], header["sealed"]["device"]) == ("a\ufffd", "b\ufffd")
    assert seal(recording, supersede=Supersede("x" * 4097)).reason == "declaration_too_long"
    assert seal(recording, supersede=Supersede("a\udcff")).status == "sealed"


@pytest.mark.parametrize("when", ["leaves", "seal"])
@pytest.mark.parametrize("problem", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_no_half_written_proof(recording, monkeypatch, when, problem):
    def fail(*_):
        raise problem

    monkeypatch.setattr(seal_module, "write_leaves" if when == "leaves" else "_write_bytes", fail)
    if isinstance(problem, OSError):
        result = seal(recording)
        assert (result.status, result.reason) == ("refused", "cannot_write")
    else:
        with pytest.raises(KeyboardInterrupt):
            seal(recording)
    assert os.listdir(recording.parent) == ["clip.mp4"]


class Killed(BaseException):
    """Stands for SIGKILL: whoever raises it lets nothing be tidied up."""


def kill_at(monkeypatch, step: int) -> None:
    """End writing at its n-th sync or renaming, before it happens (even) or after it (odd)."""
    steps = iter(range(1000))
    real = {"fsync": os.fsync, "replace": os.replace}

    def dying(name):
        def call(*arguments):
            number = next(steps)
            if number == step // 2 and step % 2 == 0:
                monkeypatch.setattr(files.os, "unlink", lambda _: None)
                raise Killed
            real[name](*arguments)
            if number == step // 2:
                monkeypatch.setattr(files.os, "unlink", lambda _: None)
                raise Killed

        return call

    monkeypatch.setattr(files.os, "fsync", dying("fsync"))
    monkeypatch.setattr(files.os, "replace", dying("replace"))


STEPS = range(12)
"""Leaves synced, seal synced, leaves renamed, folder synced, seal renamed, folder synced: before and after each."""


@pytest.mark.parametrize("step", STEPS)
def test_killed_while_a_first_proof_is_written(recording, step):
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, step)
        with pytest.raises(Killed):
            seal(recording)
    written = step >= 9
    assert verify(recording).status is (Status.OK if written else Status.NOT_SEALED)
    assert seal(recording).status == ("already_sealed" if written else "sealed")
    assert verify(recording).status is Status.OK


@pytest.mark.parametrize("step", STEPS)
def test_killed_while_a_proof_is_superseded(recording, step):
    """Wherever it ends, nothing matches that should not, and the same command again completes it."""
    first = seal(recording)
    replaced = json.loads(first.seal.read_text())["payloadBlake3"]
    data = bytearray(recording.read_bytes())
    data[len(data) // 2] ^= 1
    recording.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, step)
        with pytest.raises(Killed):
            seal(recording, supersede=Supersede("copied again"))
    named = step >= 9
    assert verify(recording).status is (Status.OK if named else Status.NOT_OK)
    if not named:
        assert (verify(recording).reason == "leaves_differ") == (step >= 5)
        assert seal(recording).status == "not_ok"
        assert seal(recording, supersede=Supersede("copied again")).status == "sealed"
    assert verify(recording).status is Status.OK
    superseded = {"root": first.root, "seal": replaced, "reason": "copied again"}
    assert header_of(first.seal)["supersedes"] == superseded


def test_killing_steps_are_all_there_are(recording):
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, 2 * (len(STEPS) // 2))
        assert seal(recording).status == "sealed"


def test_what_a_killed_sealing_left_is_removed_by_the_next_one(recording):
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, 2)
        with pytest.raises(Killed):
            seal(recording)
    left = sorted(recording.parent.glob(".unbroken-*.tmp"))
    assert len(left) == 2
    others = [recording.parent / ".unbroken-notes.tmp", recording.parent / ".unbroken-0123456789abcdef-x.tmp"]
    for path in others:
        path.touch()
    for path in [*left[:1], *others]:
        os.utime(path, (0, 0))
    assert seal(recording).status == "sealed"
    assert sorted(recording.parent.glob(".unbroken-*.tmp")) == sorted([left[1], *others])
    os.utime(left[1], (0, 0))
    assert seal(recording).status == "already_sealed"
    assert sorted(recording.parent.glob(".unbroken-*.tmp")) == sorted(others)


def test_two_that_seal_one_recording_do_not_write_over_each_other(recording, monkeypatch):
    real = seal_module.write_leaves

    def other_is_faster(*arguments):
        monkeypatch.setattr(seal_module, "write_leaves", real)
        assert seal(recording).status == "sealed"
        real(*arguments)

    monkeypatch.setattr(seal_module, "write_leaves", other_is_faster)
    result = seal(recording)
    assert (result.status, result.reason) == ("refused", "cannot_write")
    assert verify(recording).status is Status.OK
    assert not list(recording.parent.glob(".unbroken-*.tmp"))


def test_no_space_at_all(recording):
    """The limit is the system's own: a file may not grow beyond 1 KB."""
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024));"
        "from engine.proofs.seal import seal; r = seal(sys.argv[1]); print(r.status, r.reason)"
    )
    done = subprocess.run([sys.executable, "-c", code, recording], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused", "cannot_write"]
    assert os.listdir(recording.parent) == ["clip.mp4"]


def test_no_such_folder(recording, tmp_path):
    result = seal(recording, tmp_path / "nowhere")
    assert (result.status, result.reason) == ("refused", "cannot_write")


@pytest.mark.parametrize(("content", "reason"), [(b"", "empty"), (b"some text\n" * 50, "not_media"), (None, "missing")])
def test_what_is_no_recording(tmp_path, content, reason):
    path = tmp_path / "file.mp4"
    if content is not None:
        path.write_bytes(content)
    result = seal(path)
    assert (result.status, result.reason) == ("refused", reason)
    assert len(os.listdir(tmp_path)) == (content is not None)


def test_a_folder(tmp_path):
    assert seal(tmp_path).reason == "not_a_file"


def test_a_file_that_shrinks(recording):
    state = file_state(recording)
    os.truncate(recording, state.size // 2)
    with pytest.raises(ProofProblem, match="changed_while_read"):
        digest_blake3(recording, state)


def test_a_file_that_changes_while_it_is_sealed(recording, monkeypatch):
    real = files.blocks

    def changing(path, expected):
        yield from real(path, expected)
        os.utime(path, ns=(1, 1))

    monkeypatch.setattr(files, "blocks", changing)
    result = seal(recording)
    assert (result.status, result.reason) == ("refused", "changed_while_read")
    assert os.listdir(recording.parent) == ["clip.mp4"]


def test_an_observer_seals_in_a_pass_of_others_and_binds_the_report(recording):
    sealer = Sealer.start(recording)
    assert isinstance(sealer, Sealer)
    with open_recording(recording) as opened:
        sealer.begin(opened.media, opened.timelines)
        for packet in opened.packets():
            sealer.packet(packet)
        result = sealer.finish(complete=True, report_digest="ab" * 32)
    assert isinstance(result, SealResult)
    assert envelope.read(result.seal).payload["report"] == "ab" * 32
    assert verify(recording).status is Status.OK
    assert isinstance(Sealer.start(recording), SealResult)


def test_names_that_are_no_utf8(clip, tmp_path):
    path = os.fsencode(tmp_path) + b"/r\xe9.mp4"
    shutil.copy(clip, path)
    result = seal(os.fsdecode(path))
    assert result.status == "sealed"
    assert verify(os.fsdecode(path)).status is Status.OK


@pytest.mark.parametrize("frame", [-1, 50, 1 << 40])
def test_frames_that_do_not_exist(recording, frame):
    seal(recording)
    with pytest.raises(ProofProblem, match="frame_unknown"):
        prove(recording, frame)


def test_two_field_packets_are_one_leaf(footage, tools, tmp_path):
    path = footage / "odd" / "avchd_sony_a7m3_truncated_interlaced.mts"
    if not path.exists():
        pytest.skip("that recording is not in the folder")
    result = seal(path, tmp_path)
    assert result.status == "sealed"
    pictures = [s["leaves"] for s in envelope.read(result.seal).streams if s["examined"]]
    assert pictures == [13]
    for suffix in (".mkv", ".ts"):
        copy = tools.rewrite(path, tmp_path / f"copy{suffix}")
        assert verify(copy, result.seal).status is Status.OK_WITH_MISSING_INFO


def test_bytes_a_leaf(clips, tmp_path):
    """Random sizes and positions: what a real recording costs, 42 bytes a leaf at most."""
    from fractions import Fraction

    import numpy as np

    from engine.media.timeline import IDENTITY
    from engine.proofs.leaves import LeafStream, Leaves
    from engine.proofs.parquet import write_leaves

    count = 30_000
    random = np.random.default_rng(1)
    half = np.arange(count // 2)
    sizes = random.integers(1000, 60_000, count).astype(np.uint32)
    streams = tuple(
        LeafStream(n, kind, "c", Fraction(1, 90000), (bytes(32),), timeline=IDENTITY)
        for n, kind in enumerate(("video", "audio"))
    )
    leaves = Leaves(
        stream=np.repeat([0, 1], count // 2).astype(np.uint16),
        index=np.tile(half, 2).astype(np.uint32),
        order=np.tile(half ^ 1, 2).astype(np.int64),
        pts=np.concatenate([(half ^ 1) * 3600, half * 1920]).astype(np.int64),
        position=np.cumsum(sizes).astype(np.int64),
        size=sizes,
        configuration=np.zeros(count, np.uint16),
        digest=random.integers(0, 256, (count, 32), np.uint8),
        streams=streams,
    )
    write_leaves(leaves, tmp_path / "leaves.parquet")
    assert os.path.getsize(tmp_path / "leaves.parquet") <= 42 * count


def test_the_error_of_the_reader_is_told(recording):
    with pytest.raises(MediaError), open_recording(recording.parent / "none.mp4"):
        pass


def test_two_programs_that_seal_at_once(clip, tmp_path):
    """Whoever comes second writes over nothing: the first one's signature would be lost."""
    path, other = tmp_path / "clip.mp4", tmp_path / "other"
    shutil.copy(clip, path)
    other.mkdir()
    first = seal(path, other)
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(seal, path)
        while not second.done() and len(list(tmp_path.glob(".unbroken-*"))) < 2:
            time.sleep(0.01)
        assert not wait([second], timeout=0.5).done
        shutil.copy(first.leaves, tmp_path)
        shutil.copy(first.seal, tmp_path)
        os.close(folder)
        result = second.result()
    assert (result.status, result.reason) == ("refused", "cannot_write")
    assert (tmp_path / first.seal.name).read_bytes() == first.seal.read_bytes()
    assert not list(tmp_path.glob(".unbroken-*"))

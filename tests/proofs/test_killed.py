"""Killed at every step and in the middle of every write: the old state or the new one, and it can go on."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.proofs.covered import renewal_message, timestamp_message
from engine.proofs.envelope import read_seal
from engine.proofs.evidence import Renewal
from engine.proofs.seal import seal
from engine.proofs.verify import Status, verify

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))
from dying import Mortal
from dying_work import stamp
from timestamping import Clockwork, granted


@pytest.fixture
def recording(tools, tmp_path) -> Path:
    long = tools.make_clip(tmp_path / "long.mp4", sound=None)
    (tmp_path / "work").mkdir()
    return tools.rewrite(long, tmp_path / "work" / "clip.mp4", lambda units: units[:6])


def proof_of(recording: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in recording.parent.glob("clip.mp4.unbroken.*")}


def forget(recording: Path) -> None:
    for path in recording.parent.glob("*unbroken*"):
        path.unlink()
    for path in recording.parent.glob(".unbroken*"):
        path.unlink()


def put(recording: Path, proof: dict[str, bytes]) -> None:
    forget(recording)
    for name, content in proof.items():
        (recording.parent / name).write_bytes(content)


def test_a_first_sealing(recording):
    whole = recording.read_bytes()
    seen = set()
    with Mortal(Path(__file__).parent, "dying_work", "first", recording) as mortal:
        for death in mortal.deaths(lambda: forget(recording)):
            status = verify(recording).status
            seen.add((death[0], status))
            assert status in (Status.NOT_SEALED, Status.OK), death
            assert seal(recording).status == ("already_sealed" if status is Status.OK else "sealed")
            assert verify(recording).status is Status.OK
            assert recording.read_bytes() == whole
    assert seen >= {("step", Status.NOT_SEALED), ("step", Status.OK), ("size", Status.NOT_SEALED)}


def test_superseding(recording, tmp_path):
    seal(recording)
    old = proof_of(recording)
    data = bytearray(recording.read_bytes())
    data[len(data) // 2] ^= 1
    recording.write_bytes(data)
    seen = set()
    with Mortal(Path(__file__).parent, "dying_work", "again", recording) as mortal:
        for death in mortal.deaths(lambda: put(recording, old)):
            found = verify(recording)
            seen.add((death[0], found.reason))
            if found.status is not Status.OK:
                assert found.status is Status.NOT_OK, death
                assert found.reason == "leaves_differ" or proof_of(recording) == old, death
    assert seen >= {
        ("step", "frames_differ"),
        ("step", "leaves_differ"),
        ("step", "untouched"),
        ("size", "frames_differ"),
    }


@pytest.mark.parametrize("renewal", [False, True])
def test_stamping(recording, tmp_path, renewal):
    path = seal(recording).seal
    made, now = Clockwork(), datetime.now(UTC).replace(microsecond=0)
    year = timedelta(days=365)
    sealed = read_seal(path)
    if renewal:
        (tmp_path / "first").write_bytes(
            granted(made.token(timestamp_message(sealed, ()), now, now - year, now + year))
        )
        stamp(str(recording), str(tmp_path / "first"))
        sealed = read_seal(path)
        covered = renewal_message(sealed, 0, Renewal((), 1, 0, None, b"").claims())
    else:
        covered = timestamp_message(sealed, ())
    response = tmp_path / "response"
    response.write_bytes(granted(made.token(covered, now, now - year, now + year)))
    old, seen = proof_of(recording), set()
    with Mortal(Path(__file__).parent, "dying_work", "stamp", recording, response) as mortal:
        for death in mortal.deaths(lambda: put(recording, old)):
            assert verify(recording).status is Status.OK, death
            new = read_seal(path)
            grown = len(new.evidence.timestamps) + len(new.evidence.renewals) - int(renewal)
            assert (proof_of(recording) == old) == (grown == 0)
            assert grown in (0, 1)
            seen.add((death[0], grown))
    assert seen >= {("step", 0), ("step", 1), ("size", 0)}

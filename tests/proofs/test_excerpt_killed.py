"""Killed at every step and in the middle of every write: no proof without its clip, no clip without its entry."""

from __future__ import annotations

import sys
from pathlib import Path

from blake3 import blake3

from engine.proofs import envelope, register
from engine.proofs.register import Action, Kind, Target
from engine.proofs.seal import seal
from engine.proofs.verify import Status, verify

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))
from dying import Mortal
from excerpt_work import cut


def test_an_excerpt_ended_anywhere(tools, tmp_path):
    long = tools.make_clip(tmp_path / "long.mp4", sound=None)
    recording = tools.rewrite(long, tmp_path / "clip.mp4", lambda units: units[:6])
    digest = envelope.read(seal(recording).seal).blake3
    lines, target = tmp_path / "register", tmp_path / "out" / "cut.mp4"
    proof = Path(f"{target}.unbroken-excerpt.json")
    what = Target("clip.mp4", digest)
    register.approve(lines, who="A", approver="B", reason="c", action=Action.EXCERPT, what=what)
    approval = lines.read_bytes()

    def reset() -> None:
        lines.write_bytes(approval)
        target.parent.mkdir(exist_ok=True)
        for path in target.parent.iterdir():
            path.unlink()

    seen = set()
    with Mortal(Path(__file__).parent, "excerpt_work", "cut", recording, lines, target) as mortal:
        for death in mortal.deaths(reset, sizes=1500):
            chain = register.verify(lines)
            assert chain.broken is None or (chain.broken.change == "torn" and not target.exists()), death
            entered = [e.result.blake3 for e in chain.entries if e.kind is Kind.USE]
            state = (len(entered), target.exists(), proof.exists())
            seen.add(state)
            assert state in ((0, False, False), (1, False, False), (1, True, False), (1, True, True)), death
            if target.exists():
                assert entered == [blake3(target.read_bytes()).hexdigest()], death
                status = verify(target).status
                assert status is (Status.OK_WITH_MISSING_INFO if proof.exists() else Status.NOT_SEALED), death
            if not proof.exists():
                target.unlink(missing_ok=True)
                if chain.broken is not None:
                    register.recover(lines, "keeper")
                cut(str(recording), str(lines), str(target))
                assert verify(target).status is Status.OK_WITH_MISSING_INFO
    assert seen == {(0, False, False), (1, False, False), (1, True, False), (1, True, True)}
    assert recording.exists()

"""Excerpts that claim what is not so: each attack has its own name, and each is refused."""

from __future__ import annotations

import base64
import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import rfc8785
from blake3 import blake3

from engine.proofs import envelope, excerpt_file, register
from engine.proofs.envelope import Seal
from engine.proofs.excerpt import excerpt
from engine.proofs.excerpt_choice import path_of
from engine.proofs.excerpt_place import subset
from engine.proofs.excerpt_source import open_source
from engine.proofs.keys import TrustedKey, TrustedKeys
from engine.proofs.policy import Policy
from engine.proofs.register import Action, Target
from engine.proofs.seal import seal
from engine.proofs.signing import Signer
from engine.proofs.verify import Status, VerifyResult, verify

WITHHELD = 30
"""A frame of the excerpt that is withheld."""


@pytest.fixture(scope="module")
def originals(clips, tmp_path_factory) -> dict[str, SimpleNamespace]:
    """Recordings of the same pictures in two codings, sealed; excerpts of both, with a withheld frame and without."""
    found = {}
    for name in ("mp4", "hevc"):
        folder = tmp_path_factory.mktemp(name)
        path = Path(shutil.copy(clips[name], folder / "clip.mp4"))
        sealed = seal(path)
        header = envelope.read(sealed.seal)
        what = Target("clip.mp4", header.blake3)
        register.approve(folder / "r", who="A", approver="B", reason="c", action=Action.EXCERPT, what=what)
        for target, withhold in (("cut.mp4", ()), ("less.mp4", ((WITHHELD, WITHHELD),))):
            made = excerpt(
                path, "0.8", "1.4", register=folder / "r", requester="A", reason="x",
                withhold=withhold, output=folder / target,
            )  # fmt: skip
            assert made.status == "made"
        found[name] = SimpleNamespace(folder=folder, path=path, header=header, sealed=sealed)
    return found


@pytest.fixture
def attack(originals, tmp_path):
    """A copy of an excerpt whose proof `change` may edit; its verification. `digest`: the attacker makes it fit."""

    def run(
        change: Callable[[dict[str, Any]], None] | None = None,
        digest: bool = True,
        name: str = "cut.mp4",
        policy: Policy | None = None,
    ) -> VerifyResult:
        folder = originals["mp4"].folder
        clip = Path(shutil.copy(folder / name, tmp_path / name))
        content = json.loads((folder / f"{name}.unbroken-excerpt.json").read_bytes())
        if change is not None:
            change(content)
        return verify(write_proof(clip, content, digest), policy=policy)

    return run


def write_proof(clip: Path, content: dict[str, Any], digest: bool) -> Path:
    if digest:
        content.pop("digest", None)
        content["digest"] = blake3(rfc8785.dumps(content)).hexdigest()
    Path(f"{clip}.unbroken-excerpt.json").write_bytes(rfc8785.dumps(content) + b"\n")
    return clip


def runs(result: VerifyResult) -> list[tuple[str, int, int]]:
    return [(r.change, r.start_frame, r.end_frame) for r in result.frames]


def test_untouched(attack):
    assert attack().reason == "excerpt"
    assert attack(name="less.mp4").reason == "excerpt"


# ---- the proof is edited ----------------------------------------------------------------------


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value of a JSON document stands."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from places(inner, (*path, key))
        yield path
    else:
        yield path


def other(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return (("1" if value[0] != "1" else "2") + value[1:]) if value else "x"
    if isinstance(value, list):
        return [*value, value[-1] if value else 0]
    return {**value, "x": 1} if isinstance(value, dict) else 0


def edited(content: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    changed = copy.deepcopy(content)
    if not path:
        return other(changed)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = other(inner[path[-1]])
    return changed


DECLARED = ("approval", "asked", "clip")
"""What no signature covers: whoever cut says so."""


@pytest.mark.parametrize("digest", [False, True])
def test_every_field_edited(originals, tmp_path, digest):
    folder = originals["mp4"].folder
    clip = Path(shutil.copy(folder / "less.mp4", tmp_path / "less.mp4"))
    content = json.loads((folder / "less.mp4.unbroken-excerpt.json").read_bytes())
    tried = 0
    for path in places(content):
        if digest and path and ((path[0] in DECLARED and len(path) > 1) or path[0] in ("digest", "approval")):
            continue
        result = verify(write_proof(clip, edited(content, path), digest))
        assert result.status is Status.NOT_OK, path
        tried += 1
    assert tried > 25


@pytest.mark.parametrize("path", [("clip", "blake3"), ("clip", "name"), ("clip", "size"), ("approval",), ("asked", 1)])
def test_declared_fields_decide_nothing(attack, path):
    """Made to fit, they change what is told of the clip, never what is told of the recording."""
    before = next(n for n in attack().other if n["change"] == "shown")
    result = attack(lambda content: content.update(edited(content, path)))
    after = next(n for n in result.other if n["change"] == "shown")
    assert result.status is Status.OK_WITH_MISSING_INFO
    assert all(before[k] == after[k] for k in ("frames", "of", "start_s", "end_s", "withheld", "recording"))


def test_bytes_edited(originals, tmp_path):
    folder = originals["mp4"].folder
    clip = Path(shutil.copy(folder / "cut.mp4", tmp_path / "cut.mp4"))
    data = (folder / "cut.mp4.unbroken-excerpt.json").read_bytes()
    proof = Path(f"{clip}.unbroken-excerpt.json")
    for at in range(0, len(data), 97):
        proof.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert verify(clip).status is Status.NOT_OK, at
    huge = data.replace(b'"size":', b'"size":1180591620717411303424')
    for broken in (b"", data[:-1], huge, data + b"\n", data[: len(data) // 2], b"[" * 100_000, b"null\n"):
        proof.write_bytes(broken)
        assert verify(clip).status is Status.NOT_OK


def test_fields_doubled_left_out_or_added(attack):
    assert attack(lambda c: c.pop("withheld")).status is Status.NOT_OK
    assert attack(lambda c: c.update(more=1)).status is Status.NOT_OK
    assert attack(lambda c: c["runs"].append(c["runs"][0])).status is Status.NOT_OK
    assert attack(lambda c: c["runs"].reverse()).status is Status.NOT_OK
    assert attack(lambda c: c.update(runs=[])).status is Status.NOT_OK


@pytest.mark.parametrize("kind", [None, True, 1, -1, 1.5, "x", [], {}, [[]]])
@pytest.mark.parametrize("field", ["approval", "asked", "clip", "path", "position", "runs", "seal", "withheld"])
def test_fields_of_the_wrong_kind(attack, field, kind):
    result = attack(lambda c: c.update({field: kind}))
    assert result.status is Status.NOT_OK or (field, kind) in (("withheld", []),)


# ---- places -----------------------------------------------------------------------------------


def leaf_edit(content: dict[str, Any], at: int, width: int, add: int) -> None:
    """Add to a field of every leaf of the pictures, and let run and position say the same."""
    run = content["runs"][0]
    data = bytearray(base64.b64decode(run["leaves"]))
    for leaf in range(0, len(data), 100):
        field = slice(leaf + at, leaf + at + width)
        data[field] = (int.from_bytes(data[field], "big") + add).to_bytes(width, "big")
    run["leaves"] = base64.b64encode(data).decode()


def test_wrong_position_claimed(attack):
    def later(content):
        content["position"]["frames"] = [[a + 5, b + 5] for a, b in content["position"]["frames"]]

    assert attack(later).detail == "position"


def test_wrong_position_in_the_leaves(attack):
    def later(content):
        leaf_edit(content, 12, 8, 5)
        content["position"]["frames"] = [[a + 5, b + 5] for a, b in content["position"]["frames"]]

    assert attack(later).detail == "the leaves do not lead to the root"


def test_wrong_place_in_the_tree(attack):
    def later(content):
        leaf_edit(content, 4, 8, 3)
        content["runs"][0]["first"] += 3

    assert attack(later).status is Status.NOT_OK


def test_wrong_time_in_the_leaves(attack):
    def later(content):
        leaf_edit(content, 20, 8, 512)
        content["position"]["from"] += 40_000
        content["position"]["to"] += 40_000

    assert attack(later).detail == "the leaves do not lead to the root"


def test_total_claimed_too_high(attack):
    assert attack(lambda c: c["position"].update(of=500)).detail == "position"


def test_proof_for_another_number_of_leaves(attack):
    """The header's count made to fit another tree: its own root no longer follows."""

    def more(content):
        payload = json.loads(base64.b64decode(content["seal"]["payload"]))
        payload["tree"]["leaves"] += 1
        payload["streams"][0]["leaves"] += 1
        data = rfc8785.dumps(payload)
        content["seal"].update(payload=base64.b64encode(data).decode(), payloadBlake3=blake3(data).hexdigest())

    assert attack(more).reason == "seal_differs"


def test_leaves_reordered_or_doubled(attack):
    def swap(content):
        run = content["runs"][0]
        data = base64.b64decode(run["leaves"])
        run["leaves"] = base64.b64encode(data[100:200] + data[:100] + data[200:]).decode()

    def double(content):
        run = content["runs"][0]
        data = base64.b64decode(run["leaves"])
        run["leaves"] = base64.b64encode(data[:100] + data).decode()

    assert attack(swap).status is Status.NOT_OK
    assert attack(double).status is Status.NOT_OK


def test_a_leaf_taken_out_of_the_middle(attack):
    """A run with a hole in it, the hash of what is gone put into the path."""

    def hole(content):
        run = content["runs"][0]
        data = base64.b64decode(run["leaves"])
        run["leaves"] = base64.b64encode(data[:500] + data[600:]).decode()

    assert attack(hole).status is Status.NOT_OK


def test_envelope_of_another_recording(originals, attack):
    foreign = json.loads(originals["hevc"].sealed.seal.read_bytes())
    assert attack(lambda c: c.update(seal=foreign)).status is Status.NOT_OK


def test_proof_of_another_excerpt(originals, tmp_path):
    clip = Path(shutil.copy(originals["hevc"].folder / "cut.mp4", tmp_path / "cut.mp4"))
    shutil.copy(originals["mp4"].folder / "cut.mp4.unbroken-excerpt.json", f"{clip}.unbroken-excerpt.json")
    assert verify(clip).status is Status.NOT_OK


def test_the_recording_itself_is_no_excerpt(originals):
    proof = originals["mp4"].folder / "cut.mp4.unbroken-excerpt.json"
    result = verify(originals["mp4"].path, proof)
    assert result.status is Status.NOT_OK
    assert {r.change for r in result.frames} == {"inserted"}


def test_a_seal_goes_before_the_proof_of_an_excerpt(originals, tmp_path):
    clip = Path(shutil.copy(originals["mp4"].folder / "cut.mp4", tmp_path / "cut.mp4"))
    shutil.copy(originals["mp4"].folder / "cut.mp4.unbroken-excerpt.json", f"{clip}.unbroken-excerpt.json")
    Path(f"{clip}.unbroken.json").write_bytes(originals["mp4"].sealed.seal.read_bytes())
    assert verify(clip).status is Status.NOT_OK


# ---- the end is hidden ------------------------------------------------------------------------


def test_a_shorter_excerpt_says_that_it_is_shorter(originals, tools, tmp_path):
    """Leaving out the end with its leaves is another excerpt, and it cannot but say where it ends."""
    given = originals["mp4"]
    found = excerpt_file.read(given.folder / "cut.mp4.unbroken-excerpt.json")
    source = open_source(str(given.path), given.header, given.sealed.leaves, "untouched")
    rows = found.numbers[[n for n in range(len(found.leaves)) if n < 19 or found.leaves.stream[n] == 1]]
    leaves = subset(source.leaves, rows)
    shorter = excerpt_file.Excerpt(
        found.seal, found.clip, found.approval, found.asked, leaves, (), path_of(source, leaves)
    )
    last = int(leaves.order[leaves.rows(0)].max())

    def drop(units):
        gone = [u for u in units if u.kind == "video"][19:]
        return [u for u in units if u not in gone]

    clip = tools.rewrite(given.folder / "cut.mp4", tmp_path / "cut.mp4", drop)
    Path(f"{clip}.unbroken-excerpt.json").write_bytes(shorter.to_bytes())
    result = verify(clip)
    assert result.reason == "excerpt"
    note = next(n for n in result.other if n["change"] == "shown")
    assert note["frames"][-1][1] == last < 34


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_fewer_units_than_leaves(originals, tools, tmp_path, kind):
    def drop(units):
        mine = sorted((u for u in units if u.kind == kind), key=lambda u: u.pts)
        return [u for u in units if u not in mine[-3:]]

    result = changed_clip(originals, tools, tmp_path, drop)
    assert result.status is Status.NOT_OK
    if kind == "video":
        assert runs(result) == [("deleted", 32, 34)]
    else:
        assert any(n["change"] == "deleted" and n["count"] == 3 for n in result.other)


# ---- the clip is changed ----------------------------------------------------------------------


def changed_clip(originals, tools, tmp_path, change, name="cut.mp4", output="changed.mp4", **options) -> VerifyResult:
    folder = originals["mp4"].folder
    clip = tools.rewrite(folder / name, tmp_path / output, change, **options)
    return verify(clip, folder / f"{name}.unbroken-excerpt.json")


@pytest.mark.parametrize("output", ["changed.mp4", "changed.mkv", "changed.ts"])
def test_copied_as_it_is(originals, tools, tmp_path, output):
    assert changed_clip(originals, tools, tmp_path, list, output=output).reason == "excerpt"


@pytest.mark.parametrize("frame", [0, 11, 22])
def test_altered_unit(originals, tools, tmp_path, frame):
    def flip(units):
        unit = tools.video_order(units)[frame]
        data = unit.data[:-9] + bytes([unit.data[-9] ^ 4]) + unit.data[-8:]
        return [tools.replace(u, data=data) if u is unit else u for u in units]

    result = changed_clip(originals, tools, tmp_path, flip)
    assert result.status is Status.NOT_OK
    assert runs(result) == [("altered", 12 + frame, 12 + frame)]


def test_altered_sound(originals, tools, tmp_path):
    def flip(units):
        unit = [u for u in units if u.kind == "audio"][4]
        data = unit.data[:-2] + bytes([unit.data[-2] ^ 4]) + unit.data[-1:]
        return [tools.replace(u, data=data) if u is unit else u for u in units]

    result = changed_clip(originals, tools, tmp_path, flip)
    assert (result.status, result.reason) == (Status.NOT_OK, "content_differs")


def test_unit_deleted(originals, tools, tmp_path):
    def drop(units):
        gone = tools.video_order(units)[7]
        return [u for u in units if u is not gone]

    assert runs(changed_clip(originals, tools, tmp_path, drop)) == [("deleted", 19, 19)]


def test_unit_moved_in_time(originals, tools, tmp_path):
    def move(units):
        unit = tools.video_order(units)[15]
        return [tools.replace(u, pts=u.pts + u.duration // 2) if u is unit else u for u in units]

    assert runs(changed_clip(originals, tools, tmp_path, move, output="changed.mkv")) == [("moved", 27, 27)]


def test_units_swapped(originals, tools, tmp_path):
    def swap(units):
        frames = tools.video_order(units)
        data = {id(frames[10]): frames[12].data, id(frames[12]): frames[10].data}
        return [tools.replace(u, data=data.get(id(u), u.data)) for u in units]

    assert runs(changed_clip(originals, tools, tmp_path, swap)) == [("moved", 22, 22), ("moved", 24, 24)]


def test_unit_of_another_place_inserted(originals, tools, tmp_path):
    """A unit of the same recording that lies outside the excerpt is as foreign as any."""
    like = tools.video_order(tools.read_units(originals["mp4"].path))[40]

    def insert(units):
        at = tools.video_order(units)[10]
        half = at.duration // 2
        return [*units, tools.replace(at, data=like.data, pts=at.pts + half, dts=at.dts + half, key=False)]

    result = changed_clip(originals, tools, tmp_path, insert, output="changed.mkv")
    assert [r.change for r in result.frames] == ["inserted"]


def test_unit_of_another_recording(originals, tools, tmp_path, clips):
    foreign = tools.video_order(tools.read_units(clips["silent"]))[5]

    def replace(units):
        unit = tools.video_order(units)[9]
        return [tools.replace(u, data=foreign.data[:-1] + b"\x55") if u is unit else u for u in units]

    assert runs(changed_clip(originals, tools, tmp_path, replace)) == [("altered", 21, 21)]


def test_sound_left_out(originals, tools, tmp_path):
    result = changed_clip(originals, tools, tmp_path, lambda units: [u for u in units if u.kind == "video"])
    assert (result.status, result.reason) == (Status.NOT_OK, "stream_removed")


def test_sound_late(originals, tools, tmp_path):
    def late(units):
        return [tools.replace(u, pts=u.pts + 3200, dts=u.dts + 3200) if u.kind == "audio" else u for u in units]

    result = changed_clip(originals, tools, tmp_path, late)
    assert (result.status, result.reason) == (Status.NOT_OK, "content_differs")


def test_slow_motion(originals, tools, tmp_path):
    def slow(units):
        return [tools.replace(u, pts=u.pts * 2, dts=u.dts * 2, duration=u.duration * 2) for u in units]

    result = changed_clip(originals, tools, tmp_path, slow)
    assert result.status is Status.NOT_OK
    assert {r.change for r in result.frames} == {"moved"}


def test_cut_off(originals, tmp_path):
    folder = originals["mp4"].folder
    for share in (2, 4, 8):
        clip = tmp_path / f"cut{share}.mp4"
        data = (folder / "cut.mp4").read_bytes()
        clip.write_bytes(data[: len(data) * (share - 1) // share])
        result = verify(clip, folder / "cut.mp4.unbroken-excerpt.json")
        assert result.status is Status.NOT_OK, share


def test_missing_clip(originals, tmp_path):
    result = verify(tmp_path / "none.mp4", originals["mp4"].folder / "cut.mp4.unbroken-excerpt.json")
    assert (result.status, result.reason) == (Status.NOT_OK, "missing")


# ---- withheld ---------------------------------------------------------------------------------


def test_withheld_unit_handed_out_after_all(originals, tools, tmp_path):
    """The full clip under the proof that says one frame is withheld."""
    folder = originals["mp4"].folder
    result = verify(folder / "cut.mp4", folder / "less.mp4.unbroken-excerpt.json")
    assert result.status is Status.NOT_OK
    assert [r.change for r in result.frames] == ["inserted"]


def test_withheld_unit_replaced(originals, tools, tmp_path):
    """Something else where a frame was withheld."""

    def fill(units):
        before = tools.video_order(units)[WITHHELD - 13]
        foreign = before.data[:-1] + bytes([before.data[-1] ^ 0x55])
        return [*units, tools.replace(before, data=foreign, pts=before.pts + 512, dts=before.dts + 512, key=False)]

    result = changed_clip(originals, tools, tmp_path, fill, "less.mp4", "changed.mkv")
    assert result.status is Status.NOT_OK
    assert [r.change for r in result.frames] == ["inserted"]


def test_withheld_leaf_replaced(attack):
    """The digest of a withheld unit is another one: nothing in the file contradicts it, the root does."""

    def replace(content):
        data = bytearray(base64.b64decode(content["runs"][0]["leaves"]))
        orders = [int.from_bytes(data[n + 12 : n + 20], "big") for n in range(0, len(data), 100)]
        data[orders.index(WITHHELD) * 100 + 99] ^= 1
        content["runs"][0]["leaves"] = base64.b64encode(data).decode()

    assert attack(replace, name="less.mp4").detail == "the leaves do not lead to the root"


def test_withholding_denied_or_made_up(attack):
    """A deleted frame passed off as withheld is what it says; a withheld one passed off as shown is missing."""
    denied = attack(lambda c: c.update(withheld=[]), name="less.mp4")
    assert (denied.status, runs(denied)) == (Status.NOT_OK, [("deleted", WITHHELD, WITHHELD)])
    made_up = attack(lambda c: c.update(withheld=[[15, 16]]))
    assert made_up.status is Status.NOT_OK
    outside = attack(lambda c: c.update(withheld=[[0, 1]]))
    assert (outside.status, outside.reason) == (Status.NOT_OK, "excerpt_unreadable")


def test_sound_withheld_in_silence(attack, originals, tools, tmp_path):
    """Sound that whoever cut left out is named like any other unit, also where no command made it so."""
    folder = originals["mp4"].folder
    found = excerpt_file.read(folder / "cut.mp4.unbroken-excerpt.json")
    first = int(found.numbers[found.leaves.stream == 1][2])

    def drop(units):
        gone = [u for u in units if u.kind == "audio"][2:4]
        return [u for u in units if u not in gone]

    clip = tools.rewrite(folder / "cut.mp4", tmp_path / "cut.mkv", drop)
    content = json.loads((folder / "cut.mp4.unbroken-excerpt.json").read_bytes())
    content["withheld"] = [[first, first + 1]]
    result = verify(write_proof(clip, content, True))
    (sound,) = [n for n in result.other if n["subject"] == "sound"]
    assert [w["count"] for w in sound["withheld"]] == [2]


# ---- signatures -------------------------------------------------------------------------------


ARCHIVE, STRANGER = Signer.of(bytes(31) + b"a"), Signer.of(bytes(31) + b"b")
TRUSTING = Policy(TrustedKeys((TrustedKey(ARCHIVE.public, "archive"),)))


def signed(content: dict[str, Any], signer: Signer) -> None:
    """The recording's seal signed, as the archive would have, before anything was cut."""
    given = envelope.from_bytes(rfc8785.dumps(content["seal"]) + b"\n")
    content["seal"] = json.loads(signer.seal(Seal(given.header, given.payload)).to_bytes())


def test_signature_of_the_seal_holds_for_the_excerpt(attack):
    result = attack(lambda c: signed(c, ARCHIVE), policy=TRUSTING)
    assert (result.status, result.reason) == (Status.OK_WITH_MISSING_INFO, "excerpt")
    assert result.signature.startswith("trusted ")
    assert not [n for n in result.other if n["subject"] == "proof"]


def test_signature_stripped(attack):
    result = attack(policy=TRUSTING)
    assert (result.status, result.signature) == (Status.OK_WITH_MISSING_INFO, "none")
    assert {"subject": "proof", "change": "unsigned"} in result.other


def test_signature_of_a_stranger(attack):
    result = attack(lambda c: signed(c, STRANGER), policy=TRUSTING)
    assert result.signature.startswith("unknown key ")
    assert {"subject": "proof", "change": "signature_untrusted"} in result.other


def test_signature_of_another_recording(attack, originals):
    """The archive's signature, taken from another seal of its."""

    def move(content):
        other_seal = envelope.read_seal(originals["hevc"].sealed.seal)
        given = envelope.from_bytes(rfc8785.dumps(content["seal"]) + b"\n")
        content["seal"] = json.loads(given.signed(ARCHIVE.seal(other_seal).signatures[0]).to_bytes())

    result = attack(move, policy=TRUSTING)
    assert (result.status, result.reason) == (Status.NOT_OK, "signature_invalid")

"""Excerpts of every kind of recording: cut, verified without the original, entered in the register."""

from __future__ import annotations

import json
import os
import shutil
import wave
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

import engine
from engine.proofs import envelope, excerpt_file, register
from engine.proofs import excerpt as excerpts
from engine.proofs.excerpt import excerpt
from engine.proofs.excerpt_request import frame_runs, seconds, spans
from engine.proofs.files import Draft
from engine.proofs.problems import ProofProblem
from engine.proofs.register import Action, Kind, Span, Target
from engine.proofs.seal import seal
from engine.proofs.verify import Status, verify

START, END = "0.8", "1.4"
"""Frames 20 to 34 of 50; key pictures are 0, 12, 24, …"""


@pytest.fixture
def approved(tmp_path):
    """Seals a recording and enters an approval of excerpts of it: the seal and the register."""

    def make(path: Path, span: Span = register.WHOLE, action: Action = Action.EXCERPT) -> SimpleNamespace:
        result = seal(path, tmp_path)
        assert result.status in ("sealed", "already_sealed"), result
        header = envelope.read(result.seal)
        lines = tmp_path / "register"
        register.approve(
            lines, who="Li", approver="Wang", reason="case 12", action=action, what=Target("r", header.blake3, span)
        )
        return SimpleNamespace(path=path, seal=result.seal, leaves=result.leaves, register=lines, header=header)

    return make


def cut(sealed, output, start=START, end=END, **options):
    wanted = {"register": sealed.register, "requester": "Li", "reason": "review", "proof": sealed.seal, **options}
    return excerpt(sealed.path, start, end, output=output, **wanted)


def shown(result) -> dict:
    return next(n for n in result.other if n["change"] == "shown" and "frames" in n)


SUFFIX = {"fragmented": ".mp4", "hevc": ".mp4", "avi": ".mkv", "mjpeg": ".mov", "silent": ".mp4"}
FIRST = {"hevc": 11, "mjpeg": 20}


@pytest.mark.parametrize("name", ["mp4", "mov", "mkv", "ts", "fragmented", "hevc", "avi", "mjpeg", "silent"])
def test_every_kind(clips, approved, tmp_path, name):
    sealed = approved(clips[name])
    target = tmp_path / ("cut" + SUFFIX.get(name, f".{name}"))
    made = cut(sealed, target)
    assert (made.status, made.asked) == ("made", (20, 34))
    for path in (sealed.seal, sealed.leaves):
        path.unlink()
    result = verify(target)
    assert (result.status, result.reason) == (Status.OK_WITH_MISSING_INFO, "excerpt")
    first = FIRST.get(name, 12)
    note = shown(result)
    assert (note["frames"], note["of"], note["exact"]) == ([[first, 34]], 50, True)
    assert note["for_decoding"] == ([[first, 19]] if first < 20 else [])
    assert note["start_s"] == pytest.approx(first / 25, abs=0.002)
    sound = [n for n in result.other if n["subject"] == "sound"]
    assert [n["change"] for n in sound] == ([] if name == "silent" else ["shown"])
    if sound:
        assert sound[0]["start_s"] <= 0.8 < sound[0]["start_s"] + 0.064
        assert sound[0]["end_s"] < 1.4 <= sound[0]["end_s"] + 0.064 + 0.001


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [f.to_ndarray(format="gray") for f in file.decode(video=0)]


@pytest.mark.parametrize("name", ["mp4", "hevc"])
def test_pictures_are_those_of_the_recording(clips, approved, tmp_path, name):
    """What a player shows of the excerpt is what it shows of the recording at that place."""
    target = tmp_path / "cut.mp4"
    assert cut(approved(clips[name]), target).status == "made"
    expected, found = pictures(clips[name])[20:35], pictures(target)[-15:]
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("output", ["cut.mkv", "cut.ts", "cut.mov", "cut.mp4"])
@pytest.mark.parametrize("name", ["mp4", "ts", "mkv"])
def test_into_another_container(clips, approved, tmp_path, name, output):
    made = cut(approved(clips[name]), tmp_path / output)
    assert (made.status, made.detail) == ("made", "")
    assert verify(tmp_path / output).status is Status.OK_WITH_MISSING_INFO


def test_remuxed_excerpt_is_still_whole(clips, approved, tools, tmp_path):
    cut(approved(clips["mp4"]), tmp_path / "cut.mp4")
    copy = tools.rewrite(tmp_path / "cut.mp4", tmp_path / "copy.mkv")
    result = verify(copy, tmp_path / "cut.mp4.unbroken-excerpt.json")
    assert (result.status, result.reason) == (Status.OK_WITH_MISSING_INFO, "excerpt")
    assert any(n["change"] == "bytes" for n in result.other)


@pytest.mark.parametrize(
    ("start", "end", "frames"), [("0", "0.04", (0, 0)), ("1.96", "99", (49, 49)), ("0", "2", (0, 49))]
)
def test_ends(clips, approved, tmp_path, start, end, frames):
    made = cut(approved(clips["mp4"]), tmp_path / "cut.mp4", start, end)
    assert (made.status, made.asked) == ("made", frames)
    assert verify(tmp_path / "cut.mp4").status is Status.OK_WITH_MISSING_INFO


def test_two_thirds_of_a_pcm_recording(approved, tmp_path):
    """Sound alone, cut on the borders of blocks of 1,024 samples."""
    path = tmp_path / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 16000, 0, "NONE", ""))
        file.writeframes(np.random.default_rng(3).integers(-9000, 9000, 100_000, np.int16).tobytes())
    made = cut(approved(path), tmp_path / "cut.wav", "1", "2.5")
    assert made.status == "made"
    note = shown(verify(tmp_path / "cut.wav"))
    assert (note["subject"], note["frames"], note["of"]) == ("sound", [[15, 39]], 49)
    with wave.open(str(tmp_path / "cut.wav")) as part, wave.open(str(path)) as whole:
        assert part.getnframes() == 25 * 1024
        whole.setpos(15 * 1024)
        assert part.readframes(25 * 1024) == whole.readframes(25 * 1024)


@pytest.mark.parametrize(
    ("codec", "options", "suffix"),
    [
        ("libx264", {"g": "12", "bf": "2", "x264-params": "open-gop=1:scenecut=0"}, ".mp4"),
        ("libx264", {"g": "12", "bf": "2", "x264-params": "open-gop=1:scenecut=0"}, ".ts"),
        ("libx265", {"x265-params": "keyint=12:bframes=2:open-gop=1:log-level=none"}, ".mkv"),
        ("libsvtav1", {"g": "12", "preset": "12", "svtav1-params": "lp=1"}, ".mp4"),
    ],
)
@pytest.mark.parametrize("start", ["0.8", "0.9"])
def test_open_groups_and_av1(approved, tmp_path, codec, options, suffix, start):
    """Pictures decoded after a key picture and shown before it: the cut begins where all of them can be decoded."""
    path = tmp_path / f"clip{suffix}"
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.options = 128, 96, "yuv420p", options
        for number in range(50):
            noise = np.random.default_rng(number).integers(0, 40, (96, 128, 3), np.uint8)
            noise[:, number : number + 40] += 100
            out.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="rgb24")))
        out.mux(stream.encode(None))
    made = cut(approved(path), tmp_path / f"cut{suffix}", start)
    assert made.status == "made", made
    first = 20 if start == "0.8" else 23
    assert made.asked == (first, 34)
    found = {p.tobytes() for p in pictures(tmp_path / f"cut{suffix}")}
    assert {p.tobytes() for p in pictures(path)[first:35]} <= found
    assert verify(tmp_path / f"cut{suffix}").status is Status.OK_WITH_MISSING_INFO


def test_parameter_sets_changed_midway(approved, tmp_path):
    """The second half is decoded with sets of its own; a cut from there carries them."""
    path = tmp_path / "two.ts"
    with av.open(str(tmp_path / "a.ts"), "w") as first, av.open(str(tmp_path / "b.ts"), "w") as second:
        for out, qp, refs in ((first, "20", "1"), (second, "30", "4")):
            stream = out.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
            stream.options = {"g": "12", "bf": "0", "qp": qp, "refs": refs}
            for number in range(25):
                noise = np.random.default_rng(number).integers(0, 90, (96, 128, 3), np.uint8)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="rgb24")))
            out.mux(stream.encode(None))
    with av.open(str(tmp_path / "a.ts")) as a, av.open(str(tmp_path / "b.ts")) as b, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(a.streams.video[0])
        for source, shift in ((a, 0), (b, 90000)):
            for packet in source.demux(source.streams.video[0]):
                if packet.size:
                    packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                    out.mux(packet)
    sealed = approved(path)
    assert len(sealed.header.leaf_streams()[0].configurations) == 2
    for start, end, frames in (("1.2", "1.8", (30, 44)), ("0.6", "1.4", (15, 34))):
        target = tmp_path / f"cut{start}.ts"
        made = cut(sealed, target, start, end)
        assert (made.status, made.asked) == ("made", frames), made
        assert verify(target).status is Status.OK_WITH_MISSING_INFO


# ---- withheld ---------------------------------------------------------------------------------


@pytest.mark.parametrize("output", ["cut.mp4", "cut.mkv", "cut.ts"])
def test_withheld_frames_are_left_out_and_named(clips, approved, tmp_path, output):
    sealed = approved(clips["mp4"])
    made = cut(sealed, tmp_path / output, withhold="25-26,30")
    assert made.status == "made"
    result = verify(tmp_path / output)
    assert result.status is Status.OK_WITH_MISSING_INFO
    assert shown(result)["withheld"] == [[25, 26], [30, 30]]
    assert shown(result)["frames"] == [[12, 34]]
    with av.open(str(tmp_path / output)) as part:
        assert sum(p.size > 0 for p in part.demux(video=0)) == 23 - 3


@pytest.mark.parametrize(("withhold", "reason"), [("11", "withheld_outside"), ("30-40", "withheld_outside")])
def test_what_is_not_in_the_excerpt_cannot_be_withheld(clips, approved, tmp_path, withhold, reason):
    made = cut(approved(clips["mp4"]), tmp_path / "cut.mp4", withhold=withhold)
    assert (made.status, made.reason) == ("refused", reason)


@pytest.mark.parametrize("output", ["cut.mp4", "cut.mkv", "cut.ts"])
def test_withheld_sound_is_left_out_and_named(clips, approved, tmp_path, output):
    """A spoken name: every unit of which any part is heard in the span."""
    made = cut(approved(clips["mp4"]), tmp_path / output, withhold_sound="0.9-1.05")
    assert made.status == "made", made
    result = verify(tmp_path / output)
    (sound,) = [n for n in result.other if n["subject"] == "sound"]
    assert sound["withheld"] == [{"count": 3, "start_s": 0.896, "end_s": 1.024}]
    assert sound["count"] == 7
    with av.open(str(tmp_path / output)) as part:
        assert sum(p.size > 0 for p in part.demux(audio=0)) == 7


def test_withheld_sound_that_cannot_be(clips, approved, tmp_path):
    sealed = approved(clips["mp4"])
    assert cut(sealed, tmp_path / "cut.mp4", withhold_sound="1.5-1.6").reason == "withheld_outside"
    assert cut(sealed, tmp_path / "cut.mp4", withhold_sound="1-0.9").reason == "span_empty"
    assert cut(sealed, tmp_path / "cut.mp4", withhold_sound="1").reason == "no_time_given"
    assert cut(approved(clips["silent"]), tmp_path / "cut.mp4", withhold_sound="1-1.1").reason == "withheld_outside"


def test_not_everything_can_be_withheld(clips, approved, tmp_path):
    made = cut(approved(clips["silent"]), tmp_path / "cut.mp4", withhold=[(12, 34)])
    assert (made.status, made.reason) == ("refused", "nothing_in_span")


# ---- the recording ----------------------------------------------------------------------------


def test_a_copy_whose_content_is_whole(clips, approved, tools, tmp_path):
    """A remuxed copy serves too; the excerpt then leads to the seal of the original."""
    sealed = approved(clips["mp4"])
    sealed.path = tools.rewrite(clips["mp4"], tmp_path / "copy.mkv")
    made = cut(sealed, tmp_path / "cut.mp4")
    assert made.status == "made", made
    assert made.verification.reason == "content_whole"
    assert shown(verify(tmp_path / "cut.mp4"))["frames"] == [[12, 34]]


def test_without_the_leaves(clips, approved, tmp_path):
    sealed = approved(clips["mp4"])
    sealed.leaves.unlink()
    assert cut(sealed, tmp_path / "cut.mp4").status == "made"
    assert verify(tmp_path / "cut.mp4").status is Status.OK_WITH_MISSING_INFO


def test_an_altered_recording_is_not_cut(clips, approved, tmp_path):
    path = Path(shutil.copy(clips["mp4"], tmp_path / "clip.mp4"))
    sealed = approved(path)
    data = bytearray(path.read_bytes())
    data[data.find(b"mdat") + 900] ^= 1
    path.write_bytes(data)
    made = cut(sealed, tmp_path / "cut.mp4")
    assert (made.status, made.verification.status) == ("not_ok", Status.NOT_OK)
    assert not (tmp_path / "cut.mp4").exists()
    assert len(register.read(sealed.register)) == 1


def test_an_unsealed_recording_is_not_cut(clips, approved, tmp_path):
    sealed = approved(clips["mp4"])
    sealed.seal = tmp_path / "none.unbroken.json"
    made = cut(sealed, tmp_path / "cut.mp4")
    assert (made.status, made.reason) == ("refused", "no_seal")


def test_a_recording_without_times(clips, approved, tmp_path):
    made = cut(approved(clips["raw"]), tmp_path / "cut.mp4")
    assert (made.status, made.reason) == ("refused", "no_times")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"start": "3", "end": "4"}, "nothing_in_span"),
        ({"start": "1", "end": "1"}, "span_empty"),
        ({"start": "2", "end": "1"}, "span_empty"),
        ({"start": "soon"}, "no_time_given"),
        ({"start": "-1"}, "no_time_given"),
        ({"withhold": "5-"}, None),
        ({"withhold": "7-5"}, "frames_unreadable"),
        ({"requester": " "}, "reason_missing"),
        ({"reason": ""}, "reason_missing"),
    ],
)
def test_what_cannot_be_asked_for(clips, approved, tmp_path, options, reason):
    made = cut(approved(clips["mp4"]), tmp_path / "cut.mp4", **options)
    assert made.status == "refused"
    assert reason is None or made.reason == reason
    assert not list(tmp_path.glob("cut*"))


def test_output_that_cannot_be(clips, approved, tmp_path):
    sealed = approved(clips["mp4"])
    assert cut(sealed, tmp_path / "cut.avi").reason == "container_unknown"
    assert cut(sealed, tmp_path / "cut.wav").reason == "not_carried"
    assert cut(sealed, tmp_path / "none" / "cut.mp4").reason == "cannot_write"
    for there in ("cut.mp4", "cut.mp4.unbroken-excerpt.json", "cut.mp4.unbroken.json"):
        (tmp_path / there).write_text("mine")
        assert cut(sealed, tmp_path / "cut.mp4").reason == "target_exists"
        assert (tmp_path / there).read_text() == "mine"
        (tmp_path / there).unlink()
    assert len(register.read(sealed.register)) == 1
    assert not list(tmp_path.glob(".unbroken*"))


@pytest.mark.parametrize(
    ("text", "value"), [("12.5", "25/2"), ("1:02", "62"), ("1:02:03.25", "14893/4"), (0.1, "1/10"), (3, "3")]
)
def test_times(text, value):
    assert seconds(text) == Fraction(value)


def test_spans():
    assert spans("4.2-5, 1:02-1:03.5") == ((Fraction("4.2"), Fraction(5)), (Fraction(62), Fraction("63.5")))
    assert spans([(1, "2")]) == ((Fraction(1), Fraction(2)),)


def test_frame_numbers():
    assert frame_runs("3, 5-7") == ((3, 3), (5, 7))
    for text in ("", "a", "1-", "-1", "3-2", "1,,2", "１"):
        with pytest.raises(ProofProblem):
            frame_runs(text) if text != "1-" else frame_runs("1-x")


def test_default_name(clips, approved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = cut(approved(clips["avi"]), None, "0:00.8", "1.4")
    assert (made.status, str(made.clip)) == ("made", "clip.0.8s-1.4s.mkv")


def test_public_interface(clips, approved, tmp_path):
    sealed = approved(clips["mp4"])
    made = engine.excerpt(
        clips["mp4"], 0.8, 1.4, register=sealed.register, requester="Li", reason="review",
        output=tmp_path / "cut.mp4", proof=sealed.seal,
    )  # fmt: skip
    assert engine.verify(made.clip).status == "OK_WITH_MISSING_INFO"


# ---- the register -----------------------------------------------------------------------------


def test_every_excerpt_is_entered(clips, approved, tmp_path):
    sealed = approved(clips["mp4"])
    made = cut(sealed, tmp_path / "cut.mp4")
    approval, use = register.read(sealed.register)
    assert (use.kind, use.action, use.who, use.approver, use.reason) == (
        Kind.USE,
        Action.EXCERPT,
        "Li",
        "Wang",
        "review",
    )
    assert (use.approval, use.hash) == (approval.hash, made.entry.hash)
    proof = excerpt_file.read(made.proof)
    assert (use.result.name, use.result.blake3) == ("cut.mp4", proof.clip.digests.blake3)
    assert (use.what.blake3, use.what.span) == (sealed.header.blake3, Span((20, 34), (800, 1400)))
    assert proof.approval == approval.hash


@pytest.mark.parametrize(
    ("span", "allowed"),
    [
        (Span(None, (800, 1400)), True),
        (Span((20, 34), None), True),
        (Span((0, 49), (0, 5000)), True),
        (Span(None, (801, 1400)), False),
        (Span(None, (0, 1399)), False),
        (Span((21, 34), None), False),
        (Span((20, 33), (0, 5000)), False),
    ],
)
def test_approval_has_to_cover_the_span(clips, approved, tmp_path, span, allowed):
    sealed = approved(clips["mp4"], span)
    made = cut(sealed, tmp_path / "cut.mp4")
    assert made.status == ("made" if allowed else "refused")
    assert allowed or made.reason == "not_approved"


def test_approval_of_another_action_recording_or_person(clips, approved, tmp_path):
    sealed = approved(clips["mp4"], action=Action.VIEW)
    assert cut(sealed, tmp_path / "cut.mp4").reason == "not_approved"
    other = approved(clips["hevc"])
    sealed.register = other.register
    assert cut(sealed, tmp_path / "cut.mp4").reason == "not_approved"
    assert cut(other, tmp_path / "cut.mp4", requester="Zhao").reason == "not_approved"
    assert cut(other, tmp_path / "cut.mp4").status == "made"


def test_no_register(clips, approved, tmp_path):
    made = cut(approved(clips["mp4"]), tmp_path / "cut.mp4", register=tmp_path / "none")
    assert (made.status, made.reason) == ("refused", "no_register")
    assert not (tmp_path / "none").exists()


def test_a_broken_register_allows_nothing(clips, approved, tmp_path):
    sealed = approved(clips["mp4"])
    approved(clips["hevc"])
    lines = sealed.register.read_bytes().split(b"\n")
    sealed.register.write_bytes(b"\n".join([lines[0].replace(b"case 12", b"case 13"), *lines[1:]]))
    made = cut(sealed, tmp_path / "cut.mp4")
    assert (made.status, made.reason) == ("refused", "register_broken")


def test_a_line_removed_after_the_excerpt_shows(clips, approved, tmp_path):
    sealed = approved(clips["mp4"])
    made = cut(sealed, tmp_path / "cut.mp4")
    approved(clips["hevc"])
    assert register.verify(sealed.register).broken is None
    lines = sealed.register.read_bytes().splitlines(keepends=True)
    sealed.register.write_bytes(lines[0] + lines[2])
    assert register.verify(sealed.register).broken.change == "removed"
    sealed.register.write_bytes(lines[0])
    assert register.verify(sealed.register, head=made.entry.hash).broken.change == "truncated"


# ---- broken off -------------------------------------------------------------------------------


class KilledError(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("place", [0, 1, 2])
def test_broken_off_anywhere(clips, approved, tmp_path, monkeypatch, place):
    """Before the register, the clip, and the proof get what is theirs: never a proof without its clip,
    never a clip that is not in the register."""
    sealed = approved(clips["mp4"])
    target = tmp_path / "cut.mp4"
    steps = 0

    def counted(function):
        def call(*args, **kwargs):
            nonlocal steps
            if steps == place:
                raise KilledError
            steps += 1
            return function(*args, **kwargs)

        return call

    with monkeypatch.context() as patched:
        patched.setattr(excerpts.register, "enter_use", counted(register.enter_use))
        patched.setattr(Draft, "publish", counted(Draft.publish))
        with pytest.raises(KilledError):
            cut(sealed, target)
    proof = Path(f"{target}.unbroken-excerpt.json")
    assert not proof.exists()
    assert target.exists() == (place == 2)
    assert len(register.read(sealed.register)) == (1 if place == 0 else 2)
    if target.exists():
        assert verify(target).status is Status.NOT_SEALED
        target.unlink()
    assert cut(sealed, target).status == "made"


def test_an_excerpt_is_not_sealed_over_its_own_proof(clips, approved, tmp_path):
    target = tmp_path / "cut.mp4"
    assert cut(approved(clips["mp4"]), target).status == "made"
    before = verify(target)
    refused = seal(target)
    assert (refused.status, refused.reason) == ("refused", "excerpt_here")
    assert verify(target) == before
    Path(f"{target}.unbroken-excerpt.json").unlink()
    assert seal(target).status == "sealed"


def test_no_space_for_the_proof(clips, approved, tmp_path, monkeypatch):
    sealed = approved(clips["mp4"])

    def full(_path: str, _data: bytes) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(excerpts, "_write", full)
    made = cut(sealed, tmp_path / "cut.mp4")
    assert (made.status, made.reason) == ("refused", "cannot_write")
    assert not list(tmp_path.glob("cut*"))
    assert len(register.read(sealed.register)) == 1


def test_a_large_tree_needs_only_its_own_groups(approved, tmp_path):
    """More than one run of 4,096 leaves: the path is made from the header's subtrees."""
    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(np.random.default_rng(1).integers(0, 256, 1024 * 9001, np.uint8).tobytes())
    for start, end in (("520", "526"), ("0", "1"), ("1151", "1153")):
        target = tmp_path / f"{start}.wav"
        assert cut(approved(path), target, start, end).status == "made"
        assert verify(target).status is Status.OK_WITH_MISSING_INFO
        assert len(json.loads(Path(f"{target}.unbroken-excerpt.json").read_bytes())["path"]) <= 26

"""Every container into every other: whole, and what changed is said; and one change more is told exactly."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from engine.proofs.seal import seal
from engine.proofs.verify import Status, VerifyResult, verify

MOV = "mov,mp4,m4a,3gp,3g2,mj2"
CONTAINERS = {
    "mp4": (MOV, {}),
    "mov": (MOV, {}),
    "mkv": ("matroska,webm", {}),
    "ts": ("mpegts", {}),
    "fragmented": (MOV, {"movflags": "frag_keyframe+delay_moov+default_base_moof"}),
}


@pytest.fixture(scope="module")
def sealed(clips, tmp_path_factory):
    """Container -> recording and its seal."""
    folder = tmp_path_factory.mktemp("remuxed")
    return {name: (clips[name], seal(clips[name], folder / name_of(folder, name)).seal) for name in CONTAINERS}


def name_of(folder: Path, name: str) -> str:
    (folder / name).mkdir()
    return name


def remuxed(tools, sealed, tmp_path, source: str, target: str, change=list) -> VerifyResult:
    path, proof = sealed[source]
    if (source, target) == ("ts", "fragmented"):  # PyAV does not take the ADTS headers off here
        copy = tmp_path / "copy.mp4"
        run = ["ffmpeg", "-loglevel", "error", "-i", path, "-c", "copy", "-bsf:a", "aac_adtstoasc", "-movflags"]
        subprocess.run([*run, CONTAINERS[target][1]["movflags"], copy], check=True)
        return verify(copy, proof)
    suffix = ".mp4" if target == "fragmented" else f".{target}"
    return verify(tools.rewrite(path, tmp_path / f"copy{suffix}", change, **CONTAINERS[target][1]), proof)


MATRIX = [(a, b) for a in CONTAINERS for b in CONTAINERS]


@pytest.mark.parametrize(("source", "target"), MATRIX)
def test_whole_and_what_changed(tools, sealed, tmp_path, source, target):
    if (source, target) == ("ts", "fragmented") and shutil.which("ffmpeg") is None:
        pytest.skip("the ffmpeg program makes this copy")
    result = remuxed(tools, sealed, tmp_path, source, target)
    if source == target and result.status is Status.OK:
        return  # some muxers write the same bytes again
    assert (result.status, result.reason, result.frames) == (Status.OK_WITH_MISSING_INFO, "content_whole", ()), result
    formats = [(n["from"], n["to"]) for n in result.other if n["change"] == "format"]
    before, after = CONTAINERS[source][0], CONTAINERS[target][0]
    assert formats == ([(before, after)] if before != after else [])
    assert "bytes" in [n["change"] for n in result.other]
    said = {n["change"] for n in result.other if n["subject"] in ("picture", "sound")}
    assert said <= {"never_presented_missing", "never_presented_shown", "leading_hidden", "time_not_carried"}


# ---- and one change more ----------------------------------------------------------------------


def of(kind: str):
    return lambda unit: unit.kind == kind


def drop_sound(tools, units):
    return [u for u in units if u.kind == "video"]


def drop_every_tenth(tools, units):
    frames = tools.video_order(units)
    gone = {id(u) for u in frames[5::10]}
    return [u for u in units if id(u) not in gone]


def stretch_pictures(tools, units):
    """10 % slower from the first picture on, the sound as it was."""
    first = tools.video_order(units)[0]

    def later(unit):
        """Decoding times early enough for any rounding."""
        pts = first.pts + round((unit.pts - first.pts) * 1.1)
        return tools.replace(unit, pts=pts, dts=unit.dts - abs(first.dts) + (unit.dts - first.dts) // 10)

    return [u if u.kind != "video" else later(u) for u in units]


def late_sound(tools, units):
    step = next(u.duration for u in units if u.kind == "audio")
    return [u if u.kind != "audio" else tools.replace(u, pts=u.pts + 8 * step, dts=u.dts + 8 * step) for u in units]


def hole_in_the_sound(tools, units):
    sound = [u for u in units if u.kind == "audio"]
    gone = {id(u) for u in sound[10:14]}
    return [u for u in units if id(u) not in gone]


def swapped(tools, units):
    frames = tools.video_order(units)
    data = {id(frames[11]): frames[31].data, id(frames[31]): frames[11].data}
    return [tools.replace(u, data=data.get(id(u), u.data)) for u in units]


CHANGES = {
    drop_sound: ("stream_removed", [], {("sound", "removed")}),
    drop_every_tenth: ("frames_differ", [("deleted", n, n) for n in range(5, 50, 10)], set()),
    stretch_pictures: ("frames_differ", [("moved", 1, 49)], set()),
    late_sound: ("content_differs", [], {("sound", "moved")}),
    hole_in_the_sound: ("content_differs", [], {("sound", "deleted")}),
    swapped: ("frames_differ", [("moved", 11, 11), ("moved", 31, 31)], set()),
}


@pytest.mark.parametrize(("source", "target"), [("mp4", "mkv"), ("mkv", "mp4"), ("mov", "ts"), ("ts", "mov")])
@pytest.mark.parametrize("change", CHANGES, ids=lambda c: c.__name__)
def test_one_change_more(tools, sealed, tmp_path, source, target, change):
    reason, frames, said = CHANGES[change]
    result = remuxed(tools, sealed, tmp_path, source, target, lambda units: change(tools, units))
    assert (result.status, result.reason) == (Status.NOT_OK, reason), result
    assert [(r.change, r.start_frame, r.end_frame) for r in result.frames] == frames
    found = {
        (n["subject"], n["change"]) for n in result.other if n["change"] in ("removed", "moved", "deleted", "altered")
    }
    assert found == said
    if change is hole_in_the_sound:
        assert sum(n["count"] for n in result.other if n["change"] == "deleted") == 4

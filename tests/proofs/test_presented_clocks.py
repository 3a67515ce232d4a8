"""Whoever writes a file chooses its ticks and its edits: neither may hide that sound or pictures were moved."""

from __future__ import annotations

import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from engine.proofs.clock import common_clock
from engine.proofs.envelope import read
from engine.proofs.parquet import read_leaves
from engine.proofs.seal import seal
from engine.proofs.verify import Status, VerifyResult, leaves_beside, verify


@pytest.fixture(scope="module")
def sealed(clip, tmp_path_factory):
    return clip, seal(clip, tmp_path_factory.mktemp("proofs")).seal


def boxes(data: bytes, name: bytes) -> list[int]:
    """Offsets of what stands behind a box's name."""
    found, at = [], data.find(name)
    while at >= 0:
        found.append(at + 4)
        at = data.find(name, at + 4)
    return found


def answer(sealed, target: Path, data: bytes) -> VerifyResult:
    target.write_bytes(data)
    return verify(target, sealed[1])


def in_movie_ticks(data: bytes, scale: int) -> bytes:
    """The file with the durations of its edits in another time scale, rounded."""
    out = bytearray(data)
    (movie,) = boxes(data, b"mvhd")
    before = struct.unpack_from(">I", data, movie + 12)[0]
    struct.pack_into(">I", out, movie + 12, scale)
    for at in boxes(data, b"elst"):
        for entry in range(struct.unpack_from(">I", data, at + 4)[0]):
            place = at + 8 + 12 * entry
            duration = Fraction(struct.unpack_from(">I", data, place)[0] * scale, before)
            struct.pack_into(">I", out, place, -(-duration.numerator // duration.denominator))
    return bytes(out)


@pytest.mark.parametrize(("late", "expected"), [(0, Status.OK_WITH_MISSING_INFO), (1, Status.NOT_OK)])
def test_sound_later_by_a_tick_of_a_coarse_movie_clock(tools, sealed, tmp_path, late, expected):
    def change(units):
        shift = 16_000 * late
        return [tools.replace(u, pts=u.pts + shift, dts=u.dts + shift) if u.kind == "audio" else u for u in units]

    data = tools.rewrite(sealed[0], tmp_path / "late.mp4", change).read_bytes()
    changed = bytearray(in_movie_ticks(data, 1))
    if late:
        sound = boxes(changed, b"elst")[1]
        assert struct.unpack_from(">IIi", changed, sound + 4) == (2, 1, -1)
        struct.pack_into(">I", changed, sound + 24, 1024)  # as before, without what the decoder needs to begin
    result = answer(sealed, tmp_path / "coarse.mp4", bytes(changed))
    assert result.status is expected
    assert (result.reason == "content_differs") is (late == 1)


@pytest.mark.parametrize(("shift", "expected"), [(0, Status.OK_WITH_MISSING_INFO), (10, Status.NOT_OK)])
def test_pictures_that_come_long_after_their_edit_begins(sealed, tmp_path, shift, expected):
    """Players that show the first picture at once and players that wait for it would be seconds apart."""
    data = bytearray(sealed[0].read_bytes())
    scale = struct.unpack_from(">I", data, boxes(data, b"mdhd")[0] + 12)[0]
    (offsets,) = boxes(data, b"ctts")
    for entry in range(struct.unpack_from(">I", data, offsets + 4)[0]):
        at = offsets + 8 + 8 * entry + 4
        struct.pack_into(">I", data, at, struct.unpack_from(">I", data, at)[0] + shift * scale)
    edit = boxes(data, b"elst")[0]
    struct.pack_into(">I", data, edit + 8, struct.unpack_from(">I", data, edit + 8)[0] + (shift + 1) * 1000)
    assert answer(sealed, tmp_path / "waits.mp4", bytes(data)).status is expected


@pytest.mark.parametrize(("ticks", "within"), [(1000, 0.001), (25, 0.04), (4, 0.064)])
def test_coarse_ticks_do_not_stretch_the_tolerance(sealed, ticks, within):
    """A remux may round to its own ticks, but not by more than from one picture, or frame of sound, to the next."""
    leaves = read_leaves(leaves_beside(sealed[1]), read(sealed[1]))
    streams = tuple(replace(s, time_base=Fraction(1, ticks)) if s.examined else s for s in leaves.streams)
    pairs = {s.index: s for s in streams}
    clock = common_clock(leaves, replace(leaves, streams=streams), pairs, 1000, 1000)
    assert clock.tolerance(0.04) == pytest.approx(within)

"""Damaged and hostile files against an honest proof: always an answer, never OK, never a crash."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.proofs.seal import seal
from engine.proofs.telling import verify_json, verify_lines
from engine.proofs.verify import Status, verify


@pytest.fixture(scope="module")
def sealed(clips, tmp_path_factory):
    folder = tmp_path_factory.mktemp("proofs")
    return {name: (path, seal(path, folder).seal) for name, path in clips.items()}


@pytest.mark.parametrize("name", ["mp4", "mkv", "ts", "fragmented", "avi", "raw", "mjpeg"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_has_an_answer(sealed, tmp_path, name, data):
    source, proof = sealed[name]
    good = source.read_bytes()
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        kind = data.draw(st.sampled_from(["byte", "length", "cut", "repeat", "zero", "index"]))
        if kind == "byte":
            damaged[at] = data.draw(st.integers(0, 255))
        elif kind == "length":
            damaged[at : at + 4] = data.draw(st.sampled_from([b"\xff\xff\xff\xff", bytes(4), b"\x00\x00\x00\x01"]))
        elif kind == "cut":
            del damaged[at : at + data.draw(st.integers(1, 5000))]
        elif kind == "repeat":
            damaged[at:at] = damaged[at : at + data.draw(st.integers(1, 5000))]
        elif kind == "zero":
            damaged[at : at + 300] = bytes(len(damaged[at : at + 300]))
        else:  # where indexes are
            near = max(damaged.find(b"moov"), 0) + data.draw(st.integers(0, 3000))
            damaged[min(near, len(damaged) - 1)] ^= 1 << data.draw(st.integers(0, 7))
        if not damaged:
            damaged = bytearray(b"\0")
    target = tmp_path / source.name
    target.write_bytes(damaged)
    result = verify(target, proof)
    assert (result.status is Status.OK) == (damaged == good)
    assert result.status is not Status.NOT_SEALED
    assert verify_lines(result, chinese=True)
    assert verify_json([result])["files"][0]["reason"]


@pytest.mark.parametrize("content", [b"", b"\0", b"text\n" * 100, b"\x00\x00\x00\x08moov" * 50, b"\x47" * 1000])
def test_something_else_under_the_name(sealed, tmp_path, content):
    source, proof = sealed["mp4"]
    target = tmp_path / source.name
    target.write_bytes(content)
    assert verify(target, proof).status is Status.NOT_OK

"""`verify --sample`: what is drawn, how sure that makes, what is found, and what is verified whole instead."""

from __future__ import annotations

import json
import shutil
import struct
from fractions import Fraction
from math import comb
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.cli.main import run
from engine.proofs import envelope
from engine.proofs.draw import Count, Part, Share, detection, parse, rounded_down, sequence, wanted
from engine.proofs.parquet import read_leaves, write_leaves
from engine.proofs.policy import Policy
from engine.proofs.sample import verify_sample
from engine.proofs.seal import seal
from engine.proofs.verify import FrameRun, Status, VerifyResult, verify

ROOT = bytes(range(32))
SEEDED = [6, 5, 3, 0, 8, 2, 4, 9, 7, 1]
UNSEEDED = [6, 2, 3, 9, 5, 1, 0, 7, 4, 8]
"""Ten leaves of `ROOT` by the seeds ``abc`` and none, from ``b3sum --derive-key`` and sorted by another program."""


# ---- what is drawn ----------------------------------------------------------------------------


def test_sizes():
    assert (parse("500"), parse("2%"), parse("0.5%"), parse("3/7")) == (
        Count(500), Share(Fraction(2)), Share(Fraction(1, 2)), Part(3, 7),
    )  # fmt: skip
    assert [wanted(d, 1001) for d in (Count(5), Count(9999), Share(Fraction(2)), Share(Fraction(100)))] == [
        5, 1001, 21, 1001,
    ]  # fmt: skip
    for wrong in ("", "0", "-1", "0%", "101%", "0/3", "4/3", "1/0", "x", "1e3", "½", "٣", "5 %", "1/2/3", "9" * 10):
        with pytest.raises(ValueError, match="not a sample"):
            parse(wrong)


def test_draws_are_those_of_b3sum():
    assert sequence(Count(10), 10, ROOT, "abc", 10).tolist() == SEEDED
    assert sequence(Part(1, 2), 10, ROOT, "whatever", 10).tolist() == UNSEEDED[:5]
    assert sequence(Part(2, 2), 10, ROOT, "", 10).tolist() == UNSEEDED[5:]


@given(st.integers(1, 400), st.integers(1, 60))
def test_parts_are_all_leaves_each_once(leaves, parts):
    drawn = [sequence(Part(n, parts), leaves, ROOT, "", leaves).tolist() for n in range(1, parts + 1)]
    assert sorted(n for part in drawn for n in part) == list(range(leaves))
    assert [len(d) for d in drawn] == [wanted(Part(n, parts), leaves) for n in range(1, parts + 1)]
    assert max(map(len, drawn)) - min(map(len, drawn)) <= 1


@given(st.integers(1, 300), st.text(max_size=5), st.integers(1, 300))
def test_a_seed_draws_the_same_again_and_a_shorter_draw_is_its_beginning(leaves, seed, most):
    whole = sequence(Count(1), leaves, ROOT, seed, leaves)
    assert sorted(whole.tolist()) == list(range(leaves))
    assert sequence(Count(1), leaves, ROOT, seed, most).tolist() == whole[:most].tolist()


def test_another_seed_or_recording_is_another_draw():
    draws = [sequence(Count(9), 1000, r, s, 9).tolist() for r, s in ((ROOT, "a"), (ROOT, "b"), (bytes(32), "a"))]
    assert len({tuple(d) for d in draws}) == 3


@settings(max_examples=300)
@given(st.integers(1, 250), st.data())
def test_the_chance_is_the_hypergeometric_one(leaves, data):
    drawn, changed = data.draw(st.integers(0, leaves)), data.draw(st.integers(0, leaves))
    exact = 1 - Fraction(comb(leaves - changed, drawn), comb(leaves, drawn))
    found = detection(leaves, drawn, changed)
    assert abs(found - float(exact)) <= 1e-12
    assert (found == 1) == (exact == 1)
    assert rounded_down(found) <= found


def test_a_chance_that_is_no_certainty_is_not_called_one():
    assert detection(6_210_000, 600_000, 62_100) < 1
    assert rounded_down(detection(6_210_000, 600_000, 62_100)) == 0.999999
    assert rounded_down(detection(10, 5, 6)) == 1.0


# ---- what is found ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sealed(clips, tmp_path_factory) -> dict[str, Path]:
    """Kind -> a sealed recording, its proof beside it."""
    folder = tmp_path_factory.mktemp("sampled")
    found = {}
    for kind in ("mp4", "mov", "mkv", "ts", "fragmented", "avi", "mjpeg", "raw"):
        path = Path(shutil.copy(clips[kind], folder / f"{kind}{clips[kind].suffix}"))
        assert seal(path).status == "sealed"
        found[kind] = path
    return found


def proof(path: Path) -> Path:
    return path.with_name(f"{path.name}.unbroken.json")


def all_leaves(path: Path):
    header = envelope.read(proof(path))
    return read_leaves(path.with_name(f"{path.name}.unbroken.parquet"), header)


def copied(path: Path, folder: Path) -> Path:
    """Recording and proof, in a folder of their own."""
    for file in (path, proof(path), path.with_name(f"{path.name}.unbroken.parquet")):
        shutil.copy(file, folder / file.name)
    return folder / path.name


def note(result: VerifyResult, change: str) -> dict:
    (found,) = [n for n in result.other if n["change"] == change]
    return dict(found)


@pytest.mark.parametrize("kind", ["mp4", "mov", "fragmented", "raw", "avi", "mjpeg"])
def test_untouched_is_never_better_than_missing_info(sealed, kind):
    path = sealed[kind]
    for draw in (Count(3), Share(Fraction(100)), Part(1, 1)):
        result = verify_sample(path, draw, "s")
        assert (result.status, result.reason) == (Status.OK_WITH_MISSING_INFO, "sampled"), result
    told = note(result, "sampled")
    assert told["count"] + told["placeless"] == told["of"] == len(all_leaves(path))
    assert told["pictures"] == 50


def flip(path: Path, number: int) -> None:
    """Change a bit in the middle of a leaf."""
    leaves = all_leaves(path)
    data = bytearray(path.read_bytes())
    data[int(leaves.position[number]) + int(leaves.size[number]) // 2] ^= 4
    path.write_bytes(data)


@pytest.mark.parametrize("kind", ["mp4", "fragmented", "raw", "mjpeg"])
def test_a_changed_picture_is_found_exactly_when_it_is_drawn(sealed, tmp_path, kind):
    path = copied(sealed[kind], tmp_path)
    leaves = all_leaves(path)
    flip(path, 17)
    frame = int(leaves.order[17])
    found = [verify_sample(path, Part(n, 5)) for n in range(1, 6)]
    assert sorted(r.status for r in found) == [Status.NOT_OK] + [Status.OK_WITH_MISSING_INFO] * 4
    (bad,) = [r for r in found if r.status is Status.NOT_OK]
    assert (bad.reason, bad.frames) == ("frames_differ", (FrameRun("altered", frame, frame),))
    root = bytes.fromhex(envelope.read(proof(path)).root)
    for seed in "abcdefgh":
        drawn = 17 in sequence(Count(20), len(leaves), root, seed, 20)
        assert (verify_sample(path, Count(20), seed).status is Status.NOT_OK) == drawn


def test_changed_sound_is_told_with_its_time(sealed, tmp_path):
    path = copied(sealed["mp4"], tmp_path)
    flip(path, 60)
    result = verify_sample(path, Share(Fraction(100)))
    assert (result.status, result.reason, result.frames) == (Status.NOT_OK, "content_differs", ())
    assert note(result, "altered")["subject"] == "sound"
    assert note(result, "altered")["start_s"] == note(verify(path), "altered")["start_s"]


def test_nothing_but_what_is_drawn_is_read(sealed, tmp_path):
    """All other pictures and sounds are spoilt: an answer about one leaf does not know it."""
    path = copied(sealed["mp4"], tmp_path)
    leaves = all_leaves(path)
    drawn = int(sequence(Count(1), len(leaves), bytes.fromhex(envelope.read(proof(path)).root), "s", 1)[0])
    data = bytearray(path.read_bytes())
    for number, (at, size) in enumerate(zip(leaves.position.tolist(), leaves.size.tolist(), strict=True)):
        if number != drawn:
            data[at : at + size] = bytes(size)
    path.write_bytes(data)
    assert verify_sample(path, Count(1), "s").status is Status.OK_WITH_MISSING_INFO
    assert verify_sample(path, Count(2), "s").status is Status.NOT_OK


def test_the_seed_is_new_each_time_and_stands_in_the_answer(sealed):
    seeds = {note(verify_sample(sealed["mp4"], Count(2)), "sampled")["seed"] for _ in range(3)}
    assert len(seeds) == 3
    assert all(len(s) == 32 for s in seeds)


# ---- attacks ----------------------------------------------------------------------------------


def test_an_index_that_leads_elsewhere(sealed, tmp_path):
    """Every sealed byte is in its place, but players are led to others: two chunk offsets change places."""
    path = copied(sealed["mp4"], tmp_path)
    data = bytearray(path.read_bytes())
    at = data.find(b"stco") + 12
    first, second = struct.unpack_from(">II", data, at)
    struct.pack_into(">II", data, at, second, first)
    path.write_bytes(data)
    result = verify_sample(path, Share(Fraction(100)))
    assert (result.status, result.reason) == (Status.NOT_OK, "frames_differ")
    assert verify(path).status is Status.NOT_OK


@pytest.mark.parametrize("kind", ["mp4", "raw"])
def test_leaves_whose_positions_lie(sealed, tmp_path, kind):
    """Positions are in no leaf: rows whose hashes are right may point to an intact copy, or nowhere."""
    path = copied(sealed[kind], tmp_path)
    leaves = all_leaves(path)
    flip(path, 9)
    for wrong in (int(leaves.position[8]), -1):
        positions = leaves.position.copy()
        positions[9] = wrong
        changed = type(leaves)(**{n: getattr(leaves, n) for n in COLUMNS if n != "position"}, position=positions)
        write_leaves(changed, path.with_name(f"{path.name}.unbroken.parquet"))
        assert verify_sample(path, Share(Fraction(100))).status is Status.NOT_OK


COLUMNS = ("stream", "index", "order", "pts", "position", "size", "configuration", "digest", "streams")


def test_rows_of_another_recording(sealed, tmp_path):
    path = copied(sealed["mp4"], tmp_path)
    leaves = all_leaves(path)
    digest = leaves.digest.copy()
    digest[5, 0] ^= 1
    changed = type(leaves)(**{n: getattr(leaves, n) for n in COLUMNS if n != "digest"}, digest=digest)
    write_leaves(changed, path.with_name(f"{path.name}.unbroken.parquet"))
    result = verify_sample(path, Count(1))
    assert (result.status, result.reason) == (Status.NOT_OK, "leaves_differ")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_is_answered(sealed, tmp_path, data):
    path = copied(sealed["mp4"], tmp_path)
    target = path if data.draw(st.booleans()) else path.with_name(f"{path.name}.unbroken.parquet")
    content = bytearray(target.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    target.write_bytes(content[: data.draw(st.sampled_from([len(content), len(content) // 2]))])
    result = verify_sample(path, Share(Fraction(30)), "s")
    assert result.status in (Status.NOT_OK, Status.OK_WITH_MISSING_INFO, Status.OK)
    if result.status is Status.OK:  # nothing but what changed nothing
        assert verify(path).status is Status.OK


# ---- verified whole ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ts", "mkv"])
def test_where_positions_are_not_exact_all_is_verified(sealed, tmp_path, kind):
    result = verify_sample(sealed[kind], Count(3))
    assert result.status is Status.OK
    assert note(result, "not_sampled")["why"] == "positions_not_exact"
    path = copied(sealed[kind], tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert verify_sample(path, Count(3)).status is verify(path).status is Status.NOT_OK


def test_other_reasons_to_verify_all(sealed, tools, tmp_path):
    source = sealed["mp4"]
    remuxed = tools.rewrite(source, tmp_path / "remuxed.mp4", metadata={"title": "x"})
    result = verify_sample(remuxed, Count(3), proof=proof(source))
    assert (result.status, note(result, "not_sampled")["why"]) == (Status.OK_WITH_MISSING_INFO, "size_differs")
    path = copied(source, tmp_path)
    data = bytearray(path.read_bytes())
    data[data.find(b"avcC") + 12] ^= 1
    path.write_bytes(data)
    result = verify_sample(path, Count(3))
    assert (result.status, note(result, "not_sampled")["why"]) == (Status.NOT_OK, "structure_differs")
    path.write_bytes(bytes(path.stat().st_size))
    result = verify_sample(path, Count(3))
    assert (result.status, note(result, "not_sampled")["why"]) == (Status.NOT_OK, "does_not_open")
    path = copied(source, tmp_path)
    path.with_name(f"{path.name}.unbroken.parquet").unlink()
    result = verify_sample(path, Count(3))
    assert (result.status, note(result, "not_sampled")["why"]) == (Status.OK_WITH_MISSING_INFO, "leaves_missing")
    proof(path).unlink()
    assert verify_sample(path, Count(3)) == verify(path)
    proof(path).write_bytes(b"{}")
    assert verify_sample(path, Count(3)) == verify(path)


def test_signatures_count_as_without_a_sample(sealed):
    result = verify_sample(sealed["mp4"], Count(3), policy=Policy.of(None, True, None, None))
    assert result.status is Status.OK_WITH_MISSING_INFO
    assert "unsigned" in [n["change"] for n in result.other]


# ---- the command ------------------------------------------------------------------------------


def call(capsys, *arguments) -> tuple[int, str, str]:
    code = run([str(a) for a in arguments])
    out = capsys.readouterr()
    assert "Traceback" not in out.out + out.err
    return code, out.out, out.err


def test_the_command(capsys, sealed, tmp_path):
    code, out, _ = call(capsys, "verify", sealed["mp4"], "--sample", "5", "--seed", "s", "--format", "json")
    (entry,) = json.loads(out)["files"]
    assert (code, entry["status"], entry["reason"]) == (0, "OK_WITH_MISSING_INFO", "sampled")
    assert (entry["other"][0]["count"], entry["other"][0]["seed"]) == (5, "s")
    assert entry["other"][0]["detects"]["1"] == rounded_down(5 / entry["other"][0]["of"])
    _, english, _ = call(capsys, "verify", sealed["mp4"], "--sample", "2/3", "--lang", "en")
    assert "nothing else was checked" in english
    assert "part 2/3" in english
    _, chinese, _ = call(capsys, "verify", sealed["mp4"], sealed["ts"], "--sample", "10%", "--lang", "zh")
    assert "其余部分未校验" in chinese
    assert "随机种子" in chinese
    assert "未抽样，已整体校验" in chinese
    path = copied(sealed["mp4"], tmp_path)
    flip(path, 3)
    assert call(capsys, "verify", path, "--sample", "100%")[0] == 1
    for wrong in (["--sample", "0"], ["--sample", "4/3"], ["--seed", "s"]):
        code, _, err = call(capsys, "verify", path, *wrong)
        assert code == 2
        assert "--sample" in err


def test_leaves_without_a_place_are_replaced_by_the_next_that_has_one(clips, tools, tmp_path):
    """Packets of 700 samples: most blocks of 1,024 lie in two of them, are passed over, and counted."""

    def recut(units):
        sound = [u for u in units if u.kind == "audio"]
        data = b"".join(u.data for u in sound)
        cut = [
            tools.replace(sound[0], data=data[n : n + 1400], pts=n // 2, dts=n // 2, duration=700)
            for n in range(0, len(data), 1400)
        ]
        return [u for u in units if u.kind == "video"] + cut

    path = tools.rewrite(clips["avi"], tmp_path / "recut.avi", recut)
    assert seal(path).status == "sealed"
    leaves = all_leaves(path)
    alone = int((leaves.position >= 0).sum())
    assert 50 <= alone < len(leaves)
    told = note(verify_sample(path, Count(alone), "s"), "sampled")
    assert told["count"] == alone
    assert 0 < told["placeless"] <= len(leaves) - alone
    everything = note(verify_sample(path, Count(len(leaves)), "s"), "sampled")
    assert (everything["count"], everything["placeless"]) == (alone, len(leaves) - alone)

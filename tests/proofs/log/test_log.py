"""The log on disk: against another implementation's log, against a naive twin, and against attacks."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.proofs.log.checkpoint import Checkpoint, open_checkpoint
from engine.proofs.log.hashes import check_consistency, leaf_hash, tree_hash
from engine.proofs.log.log import CHECKPOINT, COSIGNED, Log
from engine.proofs.log.note import Algorithm, Signer, sign
from engine.proofs.log.tiles import Tile, TileReader, tiles_of, top
from engine.proofs.log.witness import cosign
from engine.proofs.problems import ProofProblem

# github.com/transparency-dev/tessera, testdata/build_log.sh and testdata/log/checkpoint.N: a log that an independent
# implementation built, one entry at a time. Ed25519 signatures are deterministic, so ours has to be the same.
TESSERA_KEY = "PRIVATE+KEY+example.com/log/testdata+33d7b496+AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg"
TESSERA_VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
TESSERA_ENTRIES = ["one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten", "ileven", "twelf"]
TESSERA_ENTRIES += ["threeten", "fourten", "fivten"]
TESSERA_CHECKPOINTS = {
    0: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— example.com/log/testdata M9e0lhxJACzE1KoUdqKuPa+9p6R7dSW8BlEv"
    "rg/noo8FkGg6PbJoRNOcdjqjOq89wVvTA60eubCc4oufo5BvIVEgtQc=",
    1: "0Nc2CrefWKseHj/mStd+LqC8B+NrX0btIiPt2SmN+ek=\n\n— example.com/log/testdata M9e0lhr9kuLxGdAtaUrhm84TQffVsLdcy808"
    "sN0a3WyniNlfcr9+bywoiIke1YYciCNjJGkCgIlQ8b16jhsmg/SChAM=",
    8: "bC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY=\n\n— example.com/log/testdata M9e0lq1EK37dHtgv9O3UzPxisw5vwIPcJsX9"
    "ab0xt4mvVfbdUR1fbMjN6sBFYpBoBEmD4+cWhj/AVgI5MitCO5+mews=",
    15: "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n— example.com/log/testdata M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEni"
    "Mvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=",
}


def new_signer(name: str = "archive.example/log", algorithm: Algorithm = Algorithm.ED25519) -> Signer:
    return Signer(name, algorithm, Ed25519PrivateKey.generate())


def numbered(first: int, last: int) -> list[bytes]:
    return [f"leaf {i}".encode() for i in range(first, last)]


def naive_node(entries: list[bytes], level: int, index: int) -> bytes:
    return top([leaf_hash(e) for e in entries[index << level : (index + 1) << level]])


def naive_tile(entries: list[bytes], tile: Tile) -> bytes:
    level = 8 * tile.level
    return b"".join(naive_node(entries, level, tile.index * 256 + i) for i in range(tile.width))


def reason(call, *arguments):
    with pytest.raises(ProofProblem) as caught:
        call(*arguments)
    return caught.value.reason


@pytest.fixture
def log(tmp_path):
    """A log of 600 entries, with its signer."""
    signer = new_signer()
    made = Log.create(tmp_path / "log", signer)
    made.append(numbered(0, 600), signer)
    return made, signer


def test_the_log_of_another_implementation_byte_for_byte(tmp_path):
    signer = Signer.parse(TESSERA_KEY)
    assert str(signer.key) == TESSERA_VKEY
    log = Log.create(tmp_path / "log", signer)
    for size in range(16):
        if size in TESSERA_CHECKPOINTS:
            expected = f"example.com/log/testdata\n{size}\n{TESSERA_CHECKPOINTS[size]}\n"
            assert (tmp_path / "log/checkpoint").read_text() == expected
        if size < 15:
            assert log.append([TESSERA_ENTRIES[size].encode()], signer) == [size]
    assert (tmp_path / "log/tile/entries/000.p/2").read_bytes() == b"\x00\x03one\x00\x03two"


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 400), min_size=1, max_size=4))
def test_any_batches_give_the_naive_tiles(tmp_path, batches):
    folder, signer = tmp_path / "log", new_signer()
    shutil.rmtree(folder, ignore_errors=True)
    log, size = Log.create(folder, signer), 0
    for count in batches:
        assert log.append(numbered(size, size + count), signer) == list(range(size, size + count))
        size += count
    entries = numbered(0, size)
    for tile in tiles_of(size):
        if tile.level is not None:
            assert (folder / tile.path).read_bytes() == naive_tile(entries, tile)
    nodes = lambda level, index: naive_node(entries, level, index)  # noqa: E731
    assert log.check().checkpoint == Checkpoint(signer.name, size, tree_hash(0, size, nodes))


def test_full_tiles_replace_partial_ones(log, tmp_path):
    made, signer = log
    assert (tmp_path / "log/tile/0/002.p/88").exists()
    made.append(numbered(600, 1000), signer)
    assert (tmp_path / "log/tile/0/002").exists()
    assert not (tmp_path / "log/tile/0/002.p").exists()
    assert not (tmp_path / "log/tile/entries/002.p").exists()
    old = TileReader(tmp_path / "log", 600)
    assert old.hashes(0, 2) == [leaf_hash(e) for e in numbered(512, 600)]


@pytest.mark.parametrize("index", [0, 1, 255, 256, 511, 512, 598, 599])
def test_every_entry_is_proved(log, index):
    made, _ = log
    entry = f"leaf {index}".encode()
    assert made.prove(index, entry).holds(entry)
    assert made.find(entry) == index
    assert not made.prove(index, entry).holds(b"other")


def test_an_entry_that_is_not_there(log):
    made, _ = log
    assert made.find(b"leaf 600") is None
    assert reason(made.prove, 600, b"leaf 600") == "not_logged"
    assert reason(made.prove, -1, b"leaf 0") == "not_logged"


def test_an_entry_for_another_root_is_not_proved(log):
    made, _ = log
    assert reason(made.prove, 5, b"leaf 6") == "not_logged"


def test_entries_that_were_just_added_are_not_added_again(log):
    made, signer = log
    assert made.append([b"leaf 599", b"new", b"new", b"leaf 512"], signer) == [599, 600, 600, 512]
    assert made.checkpoint().checkpoint.size == 601
    before = (made.folder / CHECKPOINT).read_bytes()
    assert made.append([b"new"], signer) == [600]
    assert (made.folder / CHECKPOINT).read_bytes() == before


def test_appending_and_proving_read_the_edge_and_one_path_only(log, monkeypatch):
    """With 600 entries and three levels of files: never the first full bundle, never all tiles."""
    made, signer = log
    made.append(numbered(600, 3000), signer)
    read: list[str] = []
    real = TileReader._read
    monkeypatch.setattr(TileReader, "_read", lambda self, tile: read.append(tile.path) or real(self, tile))
    made.append([b"one more"], signer)
    assert sorted(read) == ["tile/0/011.p/184", "tile/1/000.p/11", "tile/entries/011.p/184"]
    read.clear()
    made.prove(300, b"leaf 300")
    assert sorted(read) == ["tile/0/001", "tile/0/011.p/185", "tile/1/000.p/11"]


@pytest.mark.parametrize(("old", "size"), [(0, 600), (1, 600), (255, 600), (256, 600), (257, 511), (599, 600)])
def test_consistency_between_any_two_sizes(tmp_path, old, size):
    signer = new_signer()
    log = Log.create(tmp_path / "log", signer)
    log.append(numbered(0, old), signer)
    before = log.checkpoint().checkpoint
    log.append(numbered(old, size), signer)
    after = log.checkpoint().checkpoint
    assert check_consistency(old, size, before.root, after.root, log.consistency(old))
    assert reason(log.consistency, size + 1) == "log_rollback"


# ---- attacks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001"])
@pytest.mark.parametrize("change", ["altered", "truncated", "removed"])
def test_a_tile_that_is_not_as_it_was(log, path, change):
    made, _ = log
    file = made.folder / path
    data = file.read_bytes()
    if change == "altered":
        file.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])
    elif change == "truncated":
        file.write_bytes(data[:-1])
    else:
        file.unlink()
    with pytest.raises(ProofProblem) as caught:
        made.check()
    assert caught.value.reason == ("tile_missing" if change == "removed" else "tile_damaged")
    if change != "altered" or "entries" not in path:
        assert caught.value.detail == path


@pytest.mark.parametrize("path", ["tile/0/002.p/88", "tile/1/000.p/2"])
def test_nothing_is_appended_to_a_tree_that_is_not_the_checkpoints(log, path):
    made, signer = log
    file = made.folder / path
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    before = (made.folder / CHECKPOINT).read_bytes()
    assert reason(made.append, [b"new"], signer) == "log_differs"
    assert (made.folder / CHECKPOINT).read_bytes() == before


def test_an_altered_bundle_at_the_edge_is_not_built_on(log):
    made, signer = log
    file = made.folder / "tile/entries/002.p/88"
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    assert reason(made.append, [b"new"], signer) == "log_differs"


def test_no_proof_is_given_from_altered_tiles(log):
    made, _ = log
    file = made.folder / "tile/0/000"
    file.write_bytes(b"!" + file.read_bytes()[1:])
    assert reason(made.prove, 5, b"leaf 5") == "log_differs"


def test_a_checkpoint_that_claims_more_than_can_be_counted(log):
    """Signed by the log itself; nobody waits for it."""
    made, signer = log
    huge = Checkpoint(signer.name, (1 << 63) - 1, b"r" * 32)
    (made.folder / CHECKPOINT).write_text(str(sign(huge.text(), signer)))
    assert reason(made.check) == "tile_missing"
    assert reason(made.find, b"leaf 0") == "tile_missing"
    assert reason(made.prove, 0, b"leaf 0") == "tile_missing"
    assert reason(made.append, [b"new"], signer) == "tile_missing"


def test_another_key_cannot_append_nor_pass_for_the_logs(log):
    made, _ = log
    mallory = new_signer()
    assert reason(made.append, [b"new"], mallory) == "log_key"
    text = made.checkpoint().note.text
    (made.folder / CHECKPOINT).write_text(str(sign(text, mallory)))
    assert reason(made.checkpoint) == "checkpoint_foreign"


def test_a_log_is_not_made_twice(log):
    made, signer = log
    assert reason(Log.create, made.folder, signer) == "log_exists"
    assert reason(Log.create, made.folder, new_signer()) == "log_exists"
    assert reason(Log.open, made.folder / "tile") == "no_log"


def test_two_writers_wait_for_each_other(log, monkeypatch):
    made, signer = log
    monkeypatch.setattr("engine.proofs.locking.WAIT_S", 0.05)
    with made._locked():
        assert reason(made.append, [b"new"], signer) == "busy"
    assert made.append([b"new"], signer) == [600]


# ---- witnesses ---------------------------------------------------------------------------------


def served(log: Log) -> bytes:
    return (log.folder / CHECKPOINT).read_bytes()


def prover(log: Log):
    return lambda old, signed: log.consistency(old, signed)


@pytest.fixture
def witness(tmp_path):
    return new_signer("witness.example/w1", Algorithm.COSIGNATURE), tmp_path / "witness.json"


def test_a_witness_cosigns_what_continues_what_it_saw(log, witness):
    made, signer = log
    key, state = witness
    note = cosign(served(made), prover(made), key, state, 1000, signer.key)
    assert note.verified([key.key, signer.key]) == {key.key: 1000, signer.key: 0}
    made.add_cosignatures(note)
    assert made.checkpoint().note.verified([key.key]) == {key.key: 1000}
    made.append(numbered(600, 900), signer)
    assert made.checkpoint().note.verified([key.key]) == {}
    assert made.cosigned().checkpoint.size == 600
    made.add_cosignatures(cosign(served(made), prover(made), key, state, 2000))
    assert made.cosigned().checkpoint.size == 900
    again = cosign(served(made), prover(made), key, state, 3000)
    assert again.verified([key.key]) == {key.key: 3000}
    made.add_cosignatures(again)
    assert str(made.checkpoint().note).count("witness.example/w1") == 1


def test_a_witness_refuses_a_fork(log, witness, tmp_path):
    made, signer = log
    key, state = witness
    cosign(served(made), prover(made), key, state, 1000, signer.key)
    other = Log.create(tmp_path / "fork", signer)
    other.append([b"forged", *numbered(1, 700)], signer)
    assert reason(cosign, served(other), prover(other), key, state, 2000) == "log_fork"
    same = Log.create(tmp_path / "same", signer)
    same.append([b"forged", *numbered(1, 600)], signer)
    assert reason(cosign, served(same), prover(same), key, state, 2000) == "log_fork"
    made.append([b"honest"], signer)
    cosign(served(made), prover(made), key, state, 3000)


def test_a_witness_has_one_memory_whatever_link_leads_to_it(log, witness, tmp_path):
    """Were the link replaced, its memory would stay behind, and a rollback to there would be cosigned."""
    made, signer = log
    key, state = witness
    old = served(made)
    cosign(old, prover(made), key, state, 1000, signer.key)
    link = tmp_path / "link.json"
    link.symlink_to(state)
    made.append([b"new"], signer)
    cosign(served(made), prover(made), key, link, 2000)
    assert link.is_symlink()
    assert reason(cosign, old, prover(made), key, state, 3000) == "log_rollback"


def test_a_witness_refuses_a_rollback_and_an_old_size(log, witness):
    made, signer = log
    key, state = witness
    old = served(made)
    made.append([b"new"], signer)
    cosign(served(made), prover(made), key, state, 1000, signer.key)
    assert reason(cosign, old, prover(made), key, state, 2000) == "log_rollback"
    remembered = state.read_bytes()
    assert reason(cosign, old, lambda *_: [], key, state, 2000) == "log_rollback"
    assert state.read_bytes() == remembered


def test_a_checkpoint_that_claims_the_old_size_for_a_new_tree(log, witness):
    made, signer = log
    key, state = witness
    cosign(served(made), prover(made), key, state, 1000, signer.key)
    made.append([b"new"], signer)
    lying = Checkpoint(signer.name, 600, made.checkpoint().checkpoint.root)
    assert reason(cosign, str(sign(lying.text(), signer)).encode(), prover(made), key, state, 2000) == "log_fork"


def test_a_witness_does_not_sign_for_a_log_that_it_never_saw(log, witness, tmp_path):
    made, signer = log
    key, state = witness
    assert reason(cosign, served(made), prover(made), key, state, 1000) == "log_unknown"
    assert not state.exists()
    assert reason(cosign, served(made), prover(made), key, state, 1000, new_signer().key) == "checkpoint_foreign"
    cosign(served(made), prover(made), key, state, 1000, signer.key)
    assert reason(cosign, served(made), prover(made), key, state, 1000, new_signer().key) == "log_key"


def test_a_witness_with_a_spoilt_memory_does_not_sign(log, witness):
    made, signer = log
    key, state = witness
    for spoilt in (b"", b"{", b'{"schema":"x","logs":{}}', b'{"schema":"unbroken.witness/1","logs":{"a":{}}}', b"[]"):
        state.write_bytes(spoilt)
        assert reason(cosign, served(made), prover(made), key, state, 1000, signer.key) == "state_unreadable"


def test_a_log_key_is_no_witness_key(log, tmp_path):
    made, signer = log
    assert reason(cosign, served(made), prover(made), signer, tmp_path / "s", 1, signer.key) == "witness_key"


def test_an_empty_log_has_the_empty_root(tmp_path, witness):
    key, state = witness
    signer = new_signer()
    lying = str(sign(Checkpoint(signer.name, 0, b"r" * 32).text(), signer)).encode()
    assert reason(cosign, lying, lambda *_: [], key, state, 1, signer.key) == "log_fork"
    log = Log.create(tmp_path / "log", signer)
    cosign(served(log), prover(log), key, state, 1, signer.key)


def test_cosignatures_on_another_tree_are_not_kept(log, witness, tmp_path):
    made, signer = log
    key, state = witness
    other = Log.create(tmp_path / "fork", signer)
    other.append([b"forged", *numbered(1, 600)], signer)
    note = cosign(served(other), prover(other), key, state, 1000, signer.key)
    assert reason(made.add_cosignatures, note) == "log_fork"
    other.append([b"more"], signer)
    assert reason(made.add_cosignatures, cosign(served(other), prover(other), key, state, 2000)) == "log_rollback"
    assert not (made.folder / COSIGNED).exists()


def test_an_older_cosigned_checkpoint_does_not_replace_a_newer(log, witness):
    made, signer = log
    key, state = witness
    first = cosign(served(made), prover(made), key, state, 1000, signer.key)
    made.append([b"new"], signer)
    made.add_cosignatures(cosign(served(made), prover(made), key, state, 2000))
    assert reason(made.add_cosignatures, first) == "cosignature_stale"


def test_the_witness_remembers_before_it_signs(log, witness, monkeypatch):
    """If the state cannot be written no signature leaves."""
    made, signer = log
    key, state = witness

    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("engine.proofs.log.witness.replace_file", full)
    assert reason(cosign, served(made), prover(made), key, state, 1000, signer.key) == "cannot_write"


def test_what_is_served_can_be_read_again(log):
    made, signer = log
    assert open_checkpoint(served(made), signer.key).checkpoint.size == 600
    assert Path(made.folder / "log.vkey").read_text() == f"{signer.key}\n"

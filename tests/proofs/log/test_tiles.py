"""Paths and shapes of tiles against the examples of C2SP and the tests of other implementations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.proofs.log.tiles import Tile, bundle, tile_at, tiles_of, unbundle
from engine.proofs.problems import ProofProblem

HUGE = (1 << 64) - 1

# github.com/transparency-dev/tessera, api/layout/paths_test.go
PATHS = [
    (0, 0, 256, "tile/0/000"),
    (0, 0, 255, "tile/0/000.p/255"),
    (1, 0, HUGE, "tile/1/000"),
    (1, 0, 256, "tile/1/000.p/1"),
    (1, 0, 1024, "tile/1/000.p/4"),
    (3, 1234567, HUGE, "tile/3/x001/x234/567"),
    (None, 0, 289, "tile/entries/000"),
    (None, 0, 8, "tile/entries/000.p/8"),
    (None, 255, 256 * 256, "tile/entries/255"),
    (None, 255, 255 * 256 + 253, "tile/entries/255.p/253"),
    (None, 256, 257 * 256, "tile/entries/256"),
    (None, 123456789000, HUGE, "tile/entries/x123/x456/x789/000"),
]


@pytest.mark.parametrize(("level", "index", "size", "path"), PATHS)
def test_published_paths(level, index, size, path):
    tile = tile_at(level, index, size)
    assert tile.path == path
    assert Tile.parse(path) == tile


@pytest.mark.parametrize(
    ("path", "tile"),
    [
        ("tile/0/x001/x234/067", Tile(0, 1234067)),  # the example of tlog-tiles
        ("tile/0/x001/x234/067.p/89", Tile(0, 1234067, 89)),
        ("tile/63/x999/x999/x999/x999/x999/999.p/255", Tile(63, 999999999999999999, 255)),
        ("tile/0/001", Tile(0, 1)),
    ],
)
def test_published_paths_are_read(path, tile):
    assert Tile.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/x001/x234/067.p/",
        "tile/0/x001/x234/067.p",
        "tile/0/x001/x234/",
        "tile/0/x001/x234",
        "tile/0/x001/",
        "tile/0/x001",
        "tile/1/x001/.p/abc",
        "tile/64/x001/002",
        "tile/-1/x001/002",
        "tile/abc/x001/002",
        "tile/8/001/002",
        "tile/8/x001/0002",
        "tile/8/x001/-002",
        "tile/8/x001/002.p/256",
        "tile/8/x000/002",
        "tile/08/002",
        "tile/0/002.p/01",
        "tile/0/002\n",
        "../tile/0/002",
    ],
)
def test_published_paths_that_are_none(path):
    with pytest.raises(ValueError, match="tile"):
        Tile.parse(path)


def test_the_tree_of_70000_of_the_specification():
    tiles = list(tiles_of(70000))
    widths = {(t.level, t.width) for t in tiles}
    assert [sum(t.level == 0 and t.width == w for t in tiles) for w in (256, 112)] == [273, 1]
    assert [(t.width, t.index) for t in tiles if t.level == 1] == [(256, 0), (17, 1)]
    assert [(t.width, t.index) for t in tiles if t.level == 2] == [(1, 0)]
    assert max(t.level or 0 for t in tiles) == 2
    assert (None, 112) in widths


def test_the_tree_of_256_of_the_specification():
    assert [(t.level, t.width) for t in tiles_of(256)] == [(None, 256), (0, 256), (1, 1)]


@given(st.integers(0, 200_000), st.integers(0, 3000))
def test_new_tiles_and_old_ones_are_all_tiles(before, more):
    after = set(tiles_of(before + more))
    new = list(tiles_of(before + more, before))
    assert len(new) == len(set(new))
    assert set(new) == after - set(tiles_of(before))


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_are_read_as_they_were_written(entries):
    assert unbundle(bundle(entries)) == entries


@given(st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=9), st.data())
def test_a_bundle_that_is_cut_is_none_or_lacks_an_entry(entries, data):
    whole = bundle(entries)
    cut = unbundle(whole[: data.draw(st.integers(0, len(whole) - 1))])
    assert cut is None or (len(cut) < len(entries) and cut == entries[: len(cut)])


def test_an_entry_has_its_length_in_two_bytes():
    assert bundle([b"x" * 65535])[:2] == b"\xff\xff"
    with pytest.raises(ProofProblem, match="entry_too_long"):
        bundle([b"x" * 65536])

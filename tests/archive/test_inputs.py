"""What a user names, and what is examined for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.archive.inputs import UsageError, is_media_name, natural_key, resolve


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(paths: list[str]) -> list[str]:
    return [os.path.basename(p) for p in paths]


def test_natural_order_within_a_folder(tmp_path: Path) -> None:
    make(tmp_path, "seg-10.mp4", "seg-2.mp4", "seg-1.MP4", "seg-03.mp4")
    assert names(resolve([str(tmp_path)])) == ["seg-1.MP4", "seg-2.mp4", "seg-03.mp4", "seg-10.mp4"]


def test_order_of_the_words_is_kept(tmp_path: Path) -> None:
    make(tmp_path, "b.mp4", "a.mp4")
    assert names(resolve([str(tmp_path / "b.mp4"), str(tmp_path / "a.mp4")])) == ["b.mp4", "a.mp4"]


def test_folder_takes_recordings_only(tmp_path: Path) -> None:
    make(tmp_path, "a.mp4", "a.mp4.unbroken.json", "a.mp4.unbroken.parquet", "notes.txt", ".hidden.mp4", "deep/er/b.TS")
    assert names(resolve([str(tmp_path)])) == ["a.mp4", "b.TS"]


def test_a_named_file_is_taken_whatever_it_is(tmp_path: Path) -> None:
    make(tmp_path, "notes.txt")
    missing = str(tmp_path / "gone.mp4")
    assert resolve([str(tmp_path / "notes.txt"), missing]) == [str(tmp_path / "notes.txt"), missing]


def test_a_file_reached_twice_is_listed_once(tmp_path: Path) -> None:
    make(tmp_path, "a.mp4")
    os.symlink(tmp_path / "a.mp4", tmp_path / "b.mp4")
    assert len(resolve([str(tmp_path / "a.mp4"), str(tmp_path), str(tmp_path / "*.mp4")])) == 1


def test_two_hard_links_are_two_recordings(tmp_path: Path) -> None:
    make(tmp_path, "a.mp4")
    os.link(tmp_path / "a.mp4", tmp_path / "b.mp4")
    assert names(resolve([str(tmp_path)])) == ["a.mp4", "b.mp4"]


def test_loops_of_links_end(tmp_path: Path) -> None:
    make(tmp_path, "in/a.mp4")
    os.symlink(tmp_path, tmp_path / "in" / "up")
    os.symlink("self.mp4", tmp_path / "self.mp4")
    assert names(resolve([str(tmp_path)])) == ["a.mp4", "self.mp4"]


def test_a_dangling_link_in_a_folder_is_not_passed_over(tmp_path: Path) -> None:
    os.symlink(tmp_path / "gone.mp4", tmp_path / "link.mp4")
    assert names(resolve([str(tmp_path)])) == ["link.mp4"]


def test_a_folder_that_may_not_be_read_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.mp4", "locked/b.mp4")
    scandir = os.scandir

    def deny(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", deny)
    assert names(resolve([str(tmp_path)])) == ["a.mp4", "locked"]


def test_globs(tmp_path: Path) -> None:
    make(tmp_path, "seg-10.mp4", "seg-2.mp4", "sub/seg-3.mp4", "x.mp4", "seg-2.mp4.unbroken.json")
    assert names(resolve([str(tmp_path / "seg-*")])) == ["seg-2.mp4", "seg-10.mp4"]
    assert names(resolve([str(tmp_path / "**" / "seg-*.mp4")])) == ["seg-2.mp4", "seg-10.mp4", "seg-3.mp4"]


def test_a_file_whose_name_looks_like_a_glob(tmp_path: Path) -> None:
    make(tmp_path, "a[1].mp4")
    assert names(resolve([str(tmp_path / "a[1].mp4")])) == ["a[1].mp4"]


@pytest.mark.parametrize("data", [b"a.mp4\nb c.mp4\n", b"a.mp4\r\nb c.mp4", b"a.mp4\0b c.mp4\0"])
def test_names_on_standard_input(data: bytes) -> None:
    assert resolve(["-"], lambda: data) == ["a.mp4", "b c.mp4"]


def test_names_with_newlines_need_nul() -> None:
    assert resolve(["-"], lambda: b"a\nb.mp4\0c.mp4\0") == ["a\nb.mp4", "c.mp4"]


def test_names_that_are_not_unicode() -> None:
    assert [os.fsencode(p) for p in resolve(["-"], lambda: b"\xff.mp4\n")] == [b"\xff.mp4"]


def test_nothing_named(tmp_path: Path) -> None:
    make(tmp_path, "notes.txt")
    with pytest.raises(UsageError, match="no_names"):
        resolve([])
    with pytest.raises(UsageError, match="no_names"):
        resolve(["-"], lambda: b"\n")
    with pytest.raises(UsageError, match="no_recording"):
        resolve([str(tmp_path)])
    with pytest.raises(UsageError, match="no_match"):
        resolve([str(tmp_path / "*.mp4")])


@given(st.lists(st.text(max_size=12), max_size=20))
def test_natural_order_is_total(words: list[str]) -> None:
    ordered = sorted(words, key=natural_key)
    shuffled = words[1::2] + words[::2]
    assert sorted(shuffled, key=natural_key) == ordered


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_natural_order_counts(a: int, b: int) -> None:
    assert (natural_key(f"seg-{a}.mp4") < natural_key(f"seg-{b}.mp4")) == (a < b)


def test_extensions() -> None:
    assert [is_media_name(n) for n in ("A.MKV", "x.h265", "x", "x.mp4.txt")] == [True, True, False, False]

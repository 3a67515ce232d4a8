"""What lies in an archive: links, folders, names that are no text."""

from __future__ import annotations

import os
from pathlib import Path

from engine.archive.audit.walk import look, walk


def names(root: Path) -> dict[str, str]:
    return {f.path: f.standing for f in walk(os.path.realpath(root))}


def test_recordings_and_photos_are_found_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.JPG", "c.pdf", "a.mp4.unbroken.json", ".hidden.mp4", "d.wav"):
        (tmp_path / name).write_bytes(b"x")
    assert names(tmp_path) == {"a.mp4": "file", "b.JPG": "file", "d.wav": "file"}


def test_links_out_of_the_archive_are_seen_and_not_followed(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    (outside / "secret.mp4").write_bytes(b"x")
    (root / "real.mp4").write_bytes(b"x")
    (root / "out.mp4").symlink_to(outside / "secret.mp4")
    (root / "in.mp4").symlink_to(root / "real.mp4")
    (root / "gone.mp4").symlink_to(root / "nowhere.mp4")
    (root / "folder").symlink_to(outside)
    (root / "loop").symlink_to(root)
    assert names(root) == {"gone.mp4": "missing", "in.mp4": "file", "out.mp4": "outside", "real.mp4": "file"}


def test_two_names_of_one_file_are_known_as_one(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x")
    os.link(tmp_path / "a.mp4", tmp_path / "b.mp4")
    first, second = walk(os.path.realpath(tmp_path))
    assert first.identity == second.identity


def test_a_name_that_leads_out_is_outside_whatever_stands_there(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "a.mp4").write_bytes(b"x")
    real = os.path.realpath(root)
    assert look(real, "../a.mp4").standing == "outside"
    assert look(real, "/etc/passwd").standing == "outside"
    assert look(real, "../root-2/a.mp4").standing == "outside"
    assert look(real, "a\0b.mp4").standing in ("missing", "outside")
    assert look(real, ".").standing == "not_a_file"


def test_names_that_are_no_utf_8(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\xfe.mp4"
    with open(raw, "wb") as file:
        file.write(b"x")
    (found,) = walk(os.path.realpath(tmp_path))
    assert os.fsencode(found.path) == b"\xff\xfe.mp4"
    assert found.standing == "file"

"""One file: whatever it is, there is a report that says what it is."""

from __future__ import annotations

import builtins
import logging
import os
import time
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

import engine.archive.guarding as guarding
import engine.archive.inspect as module
from engine.archive.guarding import Options
from engine.archive.inspect import inspect, inspect_with_exhibits
from engine.findings import FileReport, Opinion, Outcome, Severity, Verdict
from engine.proofs import files
from fixtures.tamper import tamper


def test_an_untouched_recording_is_clear(clip: Path) -> None:
    report = inspect(clip)
    assert report.verdict is Verdict.CLEAR
    assert report.blake3 == blake3(clip.read_bytes()).hexdigest()
    assert report.size == clip.stat().st_size
    assert report.integrity.outcome is Outcome.CLEAR
    assert report.originality == Opinion(Outcome.FOUND, "written_by_software")  # FFmpeg wrote it, and says so
    assert report.examined
    assert report.error is None


def test_the_same_recording_with_a_hole_is_not(clip: Path, tmp_path: Path) -> None:
    event = (truth := tamper(clip, "gap_copy:1", 1, tmp_path)[0]).expect[0]
    report = inspect(tmp_path / truth.file)
    found = [f for f in report.findings if f.kind in event.kinds and f.severity > Severity.NOTICE]
    assert found
    assert (found[0].start_frame, found[0].end_frame) == (event.start_frame, event.end_frame)
    assert found[0].id
    assert "15" in found[0].articles


def test_without_decoding_nothing_found_is_no_opinion_on_integrity(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "extract", _refuse)
    report = inspect(clip, Options(level="container"))
    assert report.verdict is Verdict.CLEAR
    assert report.integrity == Opinion(Outcome.NOT_EXAMINABLE, "nothing_found_undecoded")
    assert {e.by for e in report.examined} <= {"timestamps", "bitstream", "sound_packets"}


def test_without_decoding_a_hole_is_found_at_the_same_place(clip: Path, tmp_path: Path) -> None:
    truth = tamper(clip, "gap_copy:1", 1, tmp_path)[0]
    decoded, read = (inspect(tmp_path / truth.file, Options(level=level)) for level in ("full", "container"))
    assert [(f.kind, f.start_frame, f.end_frame) for f in read.findings if f.severity > Severity.NOTICE] == [
        (f.kind, f.start_frame, f.end_frame) for f in decoded.findings if f.severity > Severity.NOTICE
    ]
    assert read.integrity.outcome is Outcome.FOUND


def _refuse(*_args: Any, **_more: Any) -> Any:
    raise AssertionError("decoded")


def test_reports_are_the_same_for_any_number_of_threads(clip: Path) -> None:
    assert inspect(clip, Options(threads=1)) == inspect(clip, Options(threads=3))


def not_examinable(report: FileReport, *reasons: str) -> None:
    assert report.verdict is Verdict.NOT_EXAMINABLE
    assert report.reason in reasons
    assert report.integrity.outcome is Outcome.NOT_EXAMINABLE
    assert not [f for f in report.findings if f.severity > Severity.NOTICE]


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("empty.mp4", ("empty",)),
        ("text.mp4", ("not_media",)),
        ("no_moov.mp4", ("no_index",)),
        ("noise.ts", ("not_media", "no_streams", "no_content", "no_picture")),
        ("no_packets.mkv", ("not_media", "no_picture", "no_streams", "no_content")),
        ("unknown_codec.mp4", ("no_picture", "no_decoder")),
    ],
)
def test_files_that_cannot_be_examined(bad: Path, name: str, reasons: tuple[str, ...]) -> None:
    report = inspect(bad / name)
    not_examinable(report, *reasons)
    assert report.blake3 == blake3((bad / name).read_bytes()).hexdigest()


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    not_examinable(inspect(tmp_path / "gone.mp4"), "missing")
    not_examinable(inspect(tmp_path / "gone" / "x.mp4"), "missing")


def test_a_folder_and_a_pipe(tmp_path: Path) -> None:
    not_examinable(inspect(tmp_path), "folder")
    os.mkfifo(tmp_path / "pipe.mp4")
    not_examinable(inspect(tmp_path / "pipe.mp4"), "not_a_file")


def test_a_file_that_may_not_be_read(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(path: Any, *args: Any, **more: Any) -> Any:
        if str(path) == str(clip):
            raise PermissionError(13, "Permission denied", str(path))
        return plain(path, *args, **more)

    plain = builtins.open
    monkeypatch.setattr(builtins, "open", deny)
    report = inspect(clip)
    not_examinable(report, "denied")
    assert report.error == "Permission denied"


def test_a_disk_that_fails_while_read(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: str) -> str:
        raise OSError(5, "Input/output error", path)

    monkeypatch.setattr(module, "hash_file", fail)
    not_examinable(inspect(clip), "io_error")


def test_a_file_that_vanishes_while_it_is_examined(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(clip.read_bytes())
    _when_extracted(monkeypatch, copy.unlink)
    not_examinable(inspect(copy), "missing", "no_picture")


@pytest.mark.parametrize("how", ["shrinks", "grows", "replaced", "rewritten"])
def test_a_file_that_changes_while_it_is_examined(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(clip.read_bytes())

    def change() -> None:
        if how == "shrinks":
            os.truncate(copy, copy.stat().st_size // 2)
        elif how == "grows":
            with copy.open("ab") as file:
                file.write(b"more")
        elif how == "replaced":
            (tmp_path / "other").write_bytes(copy.read_bytes())
            os.replace(tmp_path / "other", copy)
        else:
            time.sleep(0.01)
            copy.write_bytes(copy.read_bytes())

    _when_extracted(monkeypatch, change)
    report = inspect(copy)
    not_examinable(report, "changed")
    assert report.blake3 is None


def test_a_file_that_shrinks_while_it_is_hashed(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(clip.read_bytes() * 2)
    monkeypatch.setattr(files, "BLOCK", 4096)
    state = files.file_state

    def shrink(path: str) -> files.FileState:
        found = state(path)
        os.truncate(copy, 8192)
        return found

    monkeypatch.setattr(guarding, "file_state", shrink)
    not_examinable(inspect(copy), "changed")


def _when_extracted(monkeypatch: pytest.MonkeyPatch, happen: Any) -> None:
    """Let something happen to the file right after it was read."""
    extract = module.extract

    def wrapped(*args: Any, **more: Any) -> Any:
        features = extract(*args, **more)
        happen()
        return features

    monkeypatch.setattr(module, "extract", wrapped)


def test_a_fault_of_the_engine_is_one_file_s_misfortune(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **more: Any) -> Any:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(module, "examine", broken)
    report = inspect(clip)
    not_examinable(report, "internal")
    assert report.error == "ZeroDivisionError: division by zero"


def test_ctrl_c_is_not_swallowed(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any, **more: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "extract", interrupted)
    with pytest.raises(KeyboardInterrupt):
        inspect(clip)


def test_exhibits_are_small_and_belong_to_findings(clip: Path, tmp_path: Path) -> None:
    truth = tamper(clip, "gap_copy:1", 1, tmp_path)[0]
    path = str(tmp_path / truth.file)
    assert inspect_with_exhibits(path).exhibits is None
    plots = inspect_with_exhibits(path, Options(exhibits="plots")).exhibits
    assert plots is not None
    assert plots.pictures == {}
    result = inspect_with_exhibits(path, Options(exhibits="pictures"))
    assert result.exhibits is not None
    placed = {f.id for f in result.report.findings if f.start_frame is not None}
    assert set(result.exhibits.pictures) == placed
    strip = next(iter(result.exhibits.pictures.values()))
    assert [p.frame for p in strip] == sorted(p.frame for p in strip)
    assert sum(p.inside for p in strip) == 2
    assert all(p.jpeg[:2] == b"\xff\xd8" for p in strip)
    assert all(len(s.seconds) <= 600 for s in result.exhibits.series)


def test_half_a_group_of_pictures_is_missing(clip: Path, tmp_path: Path) -> None:
    """Lost packets are found where they were lost; what the decoder makes of the rest is damage, not editing."""
    truth = tamper(clip, "drop_packets:5", 1, tmp_path)[0]
    report = inspect(tmp_path / truth.file)
    event = truth.expect[0]
    assert report.error is None
    loud = [f for f in report.findings if f.severity > Severity.NOTICE]
    near = [f for f in loud if f.start_s is not None and f.start_s <= event.end_s + 0.2]
    assert [f for f in near if f.kind in event.kinds]


def test_a_recording_cut_off_in_the_middle(clip: Path, tmp_path: Path) -> None:
    """Index first, half of the data missing: what is there is examined, and the end is said to be missing."""
    truth = tamper(clip, "truncate_tail", 1, tmp_path)[0]
    report = inspect(tmp_path / truth.file)
    event = truth.expect[0]
    found = {f.kind for f in report.findings} & set(event.kinds)
    assert found or report.verdict is Verdict.NOT_EXAMINABLE


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_detectors_fault_is_told_in_detail_to_who_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], debug: str
) -> None:
    monkeypatch.setenv("UNBROKEN_DEBUG", debug)
    with module.logged_where_asked():
        logging.getLogger("engine.detectors.runner").debug("detector %s failed", "gap")
    assert capfd.readouterr().err == ("detector gap failed\n" if debug else "")
    assert not logging.getLogger("engine.detectors").handlers

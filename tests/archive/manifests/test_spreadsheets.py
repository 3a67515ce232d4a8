"""Cases in tables: what a spreadsheet writes is read, and what is wrong stops only the cases it touches."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from engine.archive.manifests import LoadedArchive, load_archive
from engine.rules.cases.manifest import PermanentClass

EAST8 = timezone(timedelta(hours=8))

CASES = """\
case,activity,start,end,place,officers,dispute,outcome,permanent,closed,filed,export_extension_approved_by,export_extension_approved
A1,行政检查,2026/3/5 9:30,2026/3/5 10:12,某小区,330101;330102,否,guided,,2026/3/6,,330001,2026/3/5 18:00
A2,行政处罚,2026-03-06T09:30:00+08:00,2026-03-06 10:12,"某路1号, 二楼",330101,是,penalty,conflict、major,,,,
"""
RECORDINGS = """\
case,path,device,imported,backup,clock_check_device,clock_check_reference
A1,2026/a.mp4,DSJ0457,2026/3/5 16:40,,2026/3/5 9:00:03,2026/3/5 9:00
A1,2026/b.mp4,,,,,
A2,2026/c.mp4,CAM1,,../c.mp4,,
"""
INTERRUPTIONS = "case,start,end,reason\nA1,2026/3/5 9:50,2026/3/5 9:53,battery\n"
EXEMPTIONS = "case,reason,basis,approved_by,approved\nA2,urgent,依据,330001,2026-03-07\n"
MOMENTS = "case,kind,at\nA1,signing,2026-03-05 10:00\n"


@pytest.fixture
def sheets(archive: Path) -> Path:
    """An archive with tables and no case files."""
    for path in archive.glob("2026/*/case.toml"):
        path.unlink()
    for name, text in (
        ("cases", CASES),
        ("recordings", RECORDINGS),
        ("interruptions", INTERRUPTIONS),
        ("exemptions", EXEMPTIONS),
        ("moments", MOMENTS),
    ):
        (archive / f"{name}.csv").write_text(text, encoding="utf-8")
    return archive


def edited(archive: Path, name: str, old: str, new: str) -> None:
    path = archive / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def errors(loaded: LoadedArchive) -> list[tuple[str, int | None, str, str]]:
    return [(p.file, p.line, p.field, p.problem) for p in loaded.all_problems() if p.problem != "spoilt"]


def judged(loaded: LoadedArchive) -> list[bool]:
    return [c.case is not None for c in loaded.cases]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_tables_are_read_as_case_files_are(sheets: Path, encoding: str, mark: str) -> None:
    for path in sheets.glob("*.csv"):
        text = path.read_text(encoding="utf-8").replace("330101;330102", "330101|330102")
        if mark != ",":
            text = text.replace("1号, 二", "1号 二").replace(",", mark)
        path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    loaded = load_archive(sheets)
    assert loaded.all_problems() == ()
    one, two = loaded.cases
    assert one.case is not None
    assert two.case is not None
    assert (one.id, one.file, one.line, one.folder, one.spreadsheet) == ("A1", "cases.csv", 2, "", True)
    assert one.case.start == datetime(2026, 3, 5, 9, 30, tzinfo=EAST8)
    assert one.case.officers == ("330101", "330102")
    assert one.case.closed == date(2026, 3, 6)
    assert one.case.export_extension is not None
    assert one.case.export_extension.approved == datetime(2026, 3, 5, 18, 0, tzinfo=EAST8)
    assert [r.path for r in one.case.recordings] == ["2026/a.mp4", "2026/b.mp4"]
    assert one.case.recordings[0].clock_check is not None
    assert one.case.recordings[1].clock_check is None
    assert one.case.interruptions[0].reason == "battery"
    assert one.case.moments[0].kind == "signing"
    assert two.case.dispute
    assert two.case.permanent == (PermanentClass.CONFLICT, PermanentClass.MAJOR)
    assert two.case.exemptions[0].approved == date(2026, 3, 7)
    assert two.case.place is not None
    assert two.case.place.startswith("某路1号")


AGAIN = "A1,行政处罚,2026-03-05T09:30:00Z,2026-03-05T10:30:00Z\n"
REFERENCE = "clock_check_reference"
FAULTS = [
    # file, old, new, (line, column, problem), which cases are still judged
    ("cases.csv", "否", "也许", (2, "dispute", "not_yes_or_no"), [False, True]),
    ("cases.csv", "guided", "gided", (2, "outcome", "unknown_word"), [False, True]),
    ("cases.csv", "2026/3/6,,", "2026/3/36,,", (2, "closed", "not_a_date"), [False, True]),
    ("cases.csv", "A2,行政处罚", AGAIN + "A2,行政处罚", (3, "id", "duplicate_case"), [True, False, True]),
    ("cases.csv", "行政处罚", "", (3, "activity", "missing_field"), [True, False]),
    ("cases.csv", ",330001,", ",,", (2, "export_extension_approved_by", "missing_field"), [False, True]),
    ("cases.csv", "major,,,,", "major,,,,,,x", (3, "", "too_many_cells"), [True, False]),
    ("recordings.csv", "2026/b.mp4", "../b.mp4", (3, "path", "outside_archive"), [False, True]),
    ("recordings.csv", "DSJ0457", "DSJ0475", (2, "device", "unknown_device"), [False, True]),
    ("recordings.csv", ":03,2026/3/5 9:00", ":03,x", (2, REFERENCE, "not_a_time"), [False, True]),
    ("interruptions.csv", "9:53", "9:43", (2, "end", "end_before_start"), [False, True]),
    ("exemptions.csv", "urgent", "urgend", (2, "reason", "unknown_word"), [True, False]),
    # a row of no case: the case that was probably meant is not judged, or a file of it would seem to be missing
    ("recordings.csv", "A2,2026/c", "A2x,2026/c", (4, "case", "unknown_case"), [True, False]),
    ("recordings.csv", "A2,2026/c", ",2026/c", (4, "case", "missing_field"), [True, True]),
    # a column that is not understood or missing: no case of the tables is judged
    ("recordings.csv", "case,path", "case,pfad", (1, "path", "missing_column"), [False, False]),
    ("recordings.csv", "device,imp", "devise,imp", (1, "devise", "unknown_field"), [False, False]),
    ("recordings.csv", "device,imp", "path,imp", (1, "path", "duplicate_column"), [False, False]),
]


@pytest.mark.parametrize(("name", "old", "new", "problem", "left"), FAULTS)
def test_faults(sheets: Path, name: str, old: str, new: str, problem: tuple[int, str, str], left: list[bool]) -> None:
    edited(sheets, name, old, new)
    loaded = load_archive(sheets)
    beside = {(name, 1, "pfad", "unknown_field")} if "pfad" in new else set()
    assert set(errors(loaded)) - beside == {(name, *problem)}
    assert judged(loaded) == left


def test_a_table_that_cannot_be_read_leaves_no_case_judged(sheets: Path) -> None:
    (sheets / "recordings.csv").write_bytes(b"\xff\xff\xff")
    loaded = load_archive(sheets)
    assert errors(loaded) == [("recordings.csv", None, "", "not_text")]
    assert judged(loaded) == [False, False]
    assert all(p.problem == "spoilt" for c in loaded.cases for p in c.problems)


def test_tables_without_cases_are_named(sheets: Path) -> None:
    (sheets / "cases.csv").unlink()
    loaded = load_archive(sheets)
    assert {p.problem for p in loaded.problems} == {"no_rows_for_lack_of_cases", "no_cases"}
    assert loaded.sound


def test_comments_empty_rows_and_cells_with_line_ends(sheets: Path) -> None:
    edited(sheets, "cases.csv", "A2,行政处罚", '# a comment,\n,,,,\n\n"A2","行政\n处罚"')
    edited(sheets, "cases.csv", "penalty", "penallty")
    loaded = load_archive(sheets)
    assert errors(loaded) == [("cases.csv", 6, "outcome", "unknown_word")]


def test_case_files_and_tables_may_stand_together(sheets: Path) -> None:
    folder = sheets / "2026" / "x"
    folder.mkdir()
    text = 'schema = "unbroken.case/1"\n[case]\nid = "A1"\nactivity = "行政检查"\n'
    text += "start = 2026-03-05T09:30:00+08:00\nend = 2026-03-05T10:30:00+08:00\n"
    (folder / "case.toml").write_text(text, encoding="utf-8")
    loaded = load_archive(sheets)
    assert [c.id for c in loaded.cases] == ["A1", "A1", "A2"]
    assert judged(loaded) == [True, False, True]
    assert [(p.file, p.problem) for p in loaded.cases[1].problems] == [("cases.csv", "duplicate_case")]

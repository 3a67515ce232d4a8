"""Declarations of an archive: what is right is read whole, what is wrong is named where it stands."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta, timezone
from importlib.resources import files
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from engine.archive.manifests import LoadedArchive, ManifestProblem, load_archive
from engine.archive.manifests.words import WORDS
from engine.rules.cases.manifest import DeviceKind, Outcome

EAST8 = timezone(timedelta(hours=8))
CASE_PATH = "2026/杭人防检字12号/case.toml"


def edited(archive: Path, name: str, *changes: tuple[str, str]) -> int:
    """Change a file; the line of the last change."""
    path = archive / name
    text = path.read_text(encoding="utf-8")
    line = 0
    for old, new in changes:
        assert text.count(old) == 1, old
        line = text[: text.index(old)].count("\n") + 1
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return line


def told(loaded: LoadedArchive) -> list[tuple[str, int | None, str, str]]:
    return [(p.file, p.line, p.field, p.problem) for p in loaded.all_problems()]


def test_a_right_archive_is_read_whole(archive: Path) -> None:
    loaded = load_archive(archive)
    assert loaded.all_problems() == ()
    assert loaded.sound
    assert loaded.pack is not None
    assert loaded.pack.name == "zj-rf-2019"
    assert loaded.settings.items == ("公告",)
    assert [d.serial for d in loaded.devices] == ["DSJ0457", "CAM1"]
    assert loaded.devices[0].kind is DeviceKind.BODY_CAMERA
    (one,) = loaded.cases
    assert (one.id, one.file, one.folder, one.line) == ("杭人防检字〔2026〕12号", CASE_PATH, CASE_PATH[:-10], 3)
    case = one.case
    assert case is not None
    assert case.start == datetime(2026, 3, 5, 9, 30, tzinfo=EAST8)
    assert case.outcome is Outcome.GUIDED
    assert case.closed == date(2026, 3, 6)
    assert case.exemptions[0].approved == date(2026, 3, 6)  # a whole day, not its midnight
    assert not isinstance(case.exemptions[0].approved, datetime)
    assert case.export_extension is not None
    assert case.export_extension.approved == datetime(2026, 3, 5, 18, 0, tzinfo=EAST8)
    assert case.recordings[1].clock_check is not None
    assert one.paths == {
        "DSJ0457_20260305_092950_0001.mp4": "2026/杭人防检字12号/DSJ0457_20260305_092950_0001.mp4",
        "photos/IMG_0031.jpg": "2026/杭人防检字12号/photos/IMG_0031.jpg",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(archive: Path, encoding: str) -> None:
    for path in archive.rglob("*.toml"):
        path.write_bytes(path.read_text(encoding="utf-8").replace("\n", "\r\n").encode(encoding))
    loaded = load_archive(archive)
    assert loaded.all_problems() == ()
    assert loaded.settings.department == "某市人民防空办公室"
    assert loaded.cases[0].id == "杭人防检字〔2026〕12号"


FAULTS: list[tuple[str, str, str, str, str, str | None]] = [
    # file, what stands there, what is put there, field, problem, nearest
    (CASE_PATH, "imported = 2026", "importd = 2026", "recordings[1].importd", "unknown_field", "imported"),
    (CASE_PATH, "place = ", "plcae = ", "case.plcae", "unknown_field", "place"),
    (CASE_PATH, "[[moments]]", "[[momnets]]", "momnets", "unknown_field", "moments"),
    (CASE_PATH, '"guided"', '"gided"', "case.outcome", "unknown_word", "guided"),
    (CASE_PATH, '"battery"', '"batery"', "interruptions[1].reason", "unknown_word", "battery"),
    (CASE_PATH, '"urgent"', '"emergency"', "exemptions[1].reason", "unknown_word", None),
    (CASE_PATH, "permanent = []", 'permanent = ["conflict", "masss"]', "case.permanent[2]", "unknown_word", None),
    (CASE_PATH, "dispute = false", 'dispute = "false"', "case.dispute", "wrong_type", None),
    (CASE_PATH, "dispute = false", "dispute = 0", "case.dispute", "wrong_type", None),
    (CASE_PATH, 'officers = ["330101", "330102"]', "officers = [330101]", "case.officers[1]", "wrong_type", None),
    (CASE_PATH, 'officers = ["330101", "330102"]', 'officers = "330101"', "case.officers", "wrong_type", None),
    (CASE_PATH, "closed = 2026-03-06", "closed = 2026-03-06T10:00:00+08:00", "case.closed", "time_for_date", None),
    (CASE_PATH, "closed = 2026-03-06", 'closed = "yesterday"', "case.closed", "not_a_date", None),
    (CASE_PATH, "closed = 2026-03-06", "closed = 1026-03-06", "case.closed", "year_out_of_range", None),
    (CASE_PATH, "end = 2026-03-05T10:12:00+08:00", "end = 2026-03-05", "case.end", "date_without_time", None),
    (CASE_PATH, "end = 2026-03-05T10:12:00+08:00", "end = 1772676720", "case.end", "not_a_time", None),
    (
        CASE_PATH,
        "end = 2026-03-05T10:12:00+08:00",
        "end = 2026-03-05T09:30:00+08:00",
        "case.end",
        "end_before_start",
        None,
    ),
    (CASE_PATH, 'place = "某小区"', 'place = "  "', "case.place", "empty_text", None),
    (CASE_PATH, 'place = "某小区"', 'place = "a\\u0000b"', "case.place", "control_characters", None),
    (
        CASE_PATH,
        'device = "DSJ0457"\nimported',
        'device = "DSJ0475"\nimported',
        "recordings[1].device",
        "unknown_device",
        "DSJ0457",
    ),
    (
        CASE_PATH,
        'reason = "battery"\ndevice = "DSJ0457"',
        'reason = "battery"\ndevice = "X"',
        "interruptions[1].device",
        "unknown_device",
        None,
    ),
    (
        CASE_PATH,
        "end = 2026-03-05T09:53:30+08:00",
        "end = 2026-03-05T09:50:00+08:00",
        "interruptions[1].end",
        "end_before_start",
        None,
    ),
    (
        CASE_PATH,
        "end = 2026-03-05T09:53:30+08:00",
        "end = 2026-03-05T10:12:01+08:00",
        "interruptions[1].end",
        "outside_activity",
        None,
    ),
    (
        CASE_PATH,
        "at = 2026-03-05T10:08:00+08:00",
        "at = 2026-03-05T10:12:01+08:00",
        "moments[1].at",
        "outside_activity",
        None,
    ),
    (CASE_PATH, '"photos/IMG_0031.jpg"', '"../../../IMG_0031.jpg"', "recordings[2].path", "outside_archive", None),
    (CASE_PATH, '"photos/IMG_0031.jpg"', '"photos/../../../../x.jpg"', "recordings[2].path", "outside_archive", None),
    (CASE_PATH, '"photos/IMG_0031.jpg"', '"/etc/passwd"', "recordings[2].path", "absolute_path", None),
    (CASE_PATH, '"photos/IMG_0031.jpg"', "'D:\\photos\\a.jpg'", "recordings[2].path", "absolute_path", None),
    (CASE_PATH, '"photos/IMG_0031.jpg"', "'photos\\a.jpg'", "recordings[2].path", "backslash", None),
    (
        CASE_PATH,
        '"photos/IMG_0031.jpg"',
        '"./DSJ0457_20260305_092950_0001.mp4"',
        "recordings[2].path",
        "listed_twice",
        None,
    ),
    (CASE_PATH, 'schema = "unbroken.case/1"', 'schema = "unbroken.case/2"', "schema", "wrong_schema", None),
    ("archive.toml", 'timezone = "Asia/Shanghai"', 'timezone = "Asia/Shangai"', "timezone", "unknown_timezone", None),
    (
        "archive.toml",
        'timezone = "Asia/Shanghai"',
        'timezone = "../../etc/passwd"',
        "timezone",
        "unknown_timezone",
        None,
    ),
    ("archive.toml", '"zj-rf-2019"', '"zj-rf-2020"', "rule_pack", "unknown_pack", "zj-rf-2019"),
    ("archive.toml", "items =", "itmes =", "itmes", "unknown_field", "items"),
    (
        "archive.toml",
        "coverage_tolerance_s",
        "coverage_tolerence_s",
        "overrides.coverage_tolerence_s",
        "unknown_override",
        "coverage_tolerance_s",
    ),
    ("archive.toml", "= 120", "= -1", "overrides.coverage_tolerance_s", "negative_override", None),
    ("archive.toml", "= 120", "= inf", "overrides.coverage_tolerance_s", "not_finite", None),
    ("archive.toml", "= 120", '= "120"', "overrides.coverage_tolerance_s", "wrong_type", None),
    ("archive.toml", "= 120", "= 1e9", "overrides.coverage_tolerance_s", "too_large_override", None),
    ("archive.toml", 'items = ["公告"]', 'calendar = "us"', "calendar", "unknown_calendar", None),
    (
        "archive.toml",
        'items = ["公告"]',
        "holidays = [2026-05-06]\nmake_up_days = [2026-05-06]",
        "make_up_days[1]",
        "holiday_and_working_day",
        None,
    ),
    ("devices.toml", '"body_camera"', '"bodycamera"', "devices[1].kind", "unknown_word", "body_camera"),
    ("devices.toml", '"CAM1"', '"DSJ0457"', "devices[2].serial", "duplicate_serial", None),
    ("devices.toml", "segment_s = 300", "segment_s = 0", "devices[1].segment_s", "not_positive", None),
    ("devices.toml", "segment_s = 300", "clock_offset_s = nan", "devices[1].clock_offset_s", "not_finite", None),
    ("devices.toml", "segment_s = 300", 'sealed = "always"', "devices[1].sealed", "unknown_word", None),
    ("devices.toml", r"(?P<device>", r"(?P<devise>", "devices[1].filename", "unknown_group", "device"),
    ("devices.toml", r"(?P<device>DSJ\d{4})", r"(?P<device>DSJ\d{4}", "devices[1].filename", "bad_pattern", None),
    ("devices.toml", r"(?P<device>DSJ\d{4})", r"(?P<device>(\w+)+)", "devices[1].filename", "slow_pattern", None),
]


@pytest.mark.parametrize(("name", "old", "new", "field", "problem", "near"), FAULTS)
def test_each_fault_is_named_with_file_line_field_and_nearest_name(
    archive: Path, name: str, old: str, new: str, field: str, problem: str, near: str | None
) -> None:
    line = edited(archive, name, (old, new))
    if problem == "holiday_and_working_day":
        line += 1
    if "\nimported" in old or new.startswith('reason = "battery"'):
        line += new.startswith("reason")
    loaded = load_archive(archive)
    errors = [p for p in loaded.all_problems() if p.grade == "error"]
    assert [(p.file, p.line, p.field, p.problem) for p in errors] == [(name, line, field, problem)], told(loaded)
    assert errors[0].params.get("nearest") == near
    case = loaded.cases[0]
    assert (case.case is None) == (name == CASE_PATH)
    for language in ("en", "zh"):
        assert errors[0].as_line(language).startswith(f"{name}:{line}: {field}: ")  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["id", "activity", "start", "end"])
def test_a_missing_field_is_named(archive: Path, field: str) -> None:
    path = archive / CASE_PATH
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text(
        "".join(t for n, t in enumerate(lines) if n > 8 or not t.startswith(f"{field} =")), encoding="utf-8"
    )
    (case,) = load_archive(archive).cases
    assert case.case is None
    assert [(p.line, p.field, p.problem) for p in case.problems] == [(3, f"case.{field}", "missing_field")]


def test_all_faults_of_all_files_come_in_one_run(archive: Path) -> None:
    edited(
        archive,
        CASE_PATH,
        ('outcome = "guided"', 'outcome = "gided"'),
        ("imported =", "importd ="),
        ('device = "DSJ0457"\nimportd', 'device = "DSJ0475"\nimportd'),
        ('"photos/IMG_0031.jpg"', '"/IMG_0031.jpg"'),
        ("at = 2026-03-05T10:08:00", "at = 2026-03-05T10:18:00"),
        ("end = 2026-03-05T09:53:30+08:00", "end = 2026-03-05T09:50:30+08:00"),
    )
    edited(archive, "archive.toml", ("items", "itms"), ("coverage_tolerance_s", "coverage"))
    edited(archive, "devices.toml", ('"cctv"', '"tv"'), ("segment_s = 300", "segment_s = -1"))
    assert {(p.file, p.problem) for p in load_archive(archive).all_problems()} == {
        ("archive.toml", "unknown_field"),
        ("archive.toml", "unknown_override"),
        ("devices.toml", "unknown_word"),
        ("devices.toml", "not_positive"),
        (CASE_PATH, "unknown_word"),
        (CASE_PATH, "unknown_field"),
        (CASE_PATH, "unknown_device"),
        (CASE_PATH, "absolute_path"),
        (CASE_PATH, "outside_activity"),
        (CASE_PATH, "end_before_start"),
    }


def test_a_bad_case_does_not_stop_the_others(archive: Path) -> None:
    text = (archive / CASE_PATH).read_text(encoding="utf-8")
    for n, content in enumerate([text.replace("12号", "14号"), text.replace("12号", "15号") + "x = [", "", "\x00"]):
        (archive / f"2026/{n}").mkdir()
        (archive / f"2026/{n}/case.toml").write_text(content, encoding="utf-8")
    loaded = load_archive(archive)
    assert [(c.folder, c.case is not None) for c in loaded.cases] == [
        ("2026/0", True),
        ("2026/1", False),
        ("2026/2", False),
        ("2026/3", False),
        ("2026/杭人防检字12号", True),
    ]
    assert [p.problem for p in loaded.cases[1].problems] == ["not_toml"]
    assert loaded.cases[1].problems[0].line == text.count("\n") + 1
    assert {p.problem for p in loaded.cases[2].problems} == {"missing_field", "wrong_schema"}


# ---- times ------------------------------------------------------------------------------------


def test_a_time_without_an_offset_is_an_error_unless_the_archive_sets_a_zone(archive: Path) -> None:
    edited(archive, CASE_PATH, ("start = 2026-03-05T09:30:00+08:00", "start = 2026-03-05T09:30:00"))
    case = load_archive(archive).cases[0].case
    assert case is not None
    assert case.start == datetime(2026, 3, 5, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    edited(archive, "archive.toml", ('timezone = "Asia/Shanghai"\n', ""))
    (case_,) = load_archive(archive).cases
    assert case_.case is None
    assert [(p.line, p.field, p.problem) for p in case_.problems] == [(6, "case.start", "time_without_offset")]


def test_an_offset_that_is_written_goes_before_the_zone(archive: Path) -> None:
    edited(archive, CASE_PATH, ("start = 2026-03-05T09:30:00+08:00", "start = 2026-03-05T01:30:00Z"))
    case = load_archive(archive).cases[0].case
    assert case is not None
    assert case.start == datetime(2026, 3, 5, 9, 30, tzinfo=EAST8)


# ---- interruptions ----------------------------------------------------------------------------


def interruption(start: str, end: str | None, device: str | None) -> str:
    rows = [f"start = 2026-03-05T{start}:00+08:00", 'reason = "weather"']
    rows += [f"end = 2026-03-05T{end}:00+08:00"] if end else []
    rows += [f'device = "{device}"'] if device else []
    return "\n[[interruptions]]\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("start", "end", "device", "overlaps"),
    [
        ("09:52", "09:56", "DSJ0457", True),
        ("09:54", "09:56", "DSJ0457", False),  # a minute later
        ("09:52", "09:56", "CAM1", False),  # another device
        ("09:52", "09:56", None, False),
        ("09:40", "10:00", "DSJ0457", True),
        ("09:40", "09:51", "DSJ0457", False),  # they touch
        ("09:40", None, "DSJ0457", True),  # never went on
    ],
)
def test_interruptions_of_one_device_do_not_overlap(
    archive: Path, start: str, end: str | None, device: str | None, overlaps: bool
) -> None:
    path = archive / CASE_PATH
    path.write_text(path.read_text(encoding="utf-8") + interruption(start, end, device), encoding="utf-8")
    assert [p.problem for p in load_archive(archive).all_problems()] == ["overlapping"] * overlaps


# ---- places -----------------------------------------------------------------------------------


def test_a_recording_may_lie_elsewhere_in_the_archive(archive: Path) -> None:
    edited(archive, CASE_PATH, ('"photos/IMG_0031.jpg"', '"../common/IMG_0031.jpg"'))
    loaded = load_archive(archive)
    assert loaded.all_problems() == ()
    assert loaded.cases[0].paths["../common/IMG_0031.jpg"] == "2026/common/IMG_0031.jpg"


@pytest.mark.parametrize("whole", [False, True])
def test_a_recording_behind_a_link_is_refused(
    archive: Path, tmp_path_factory: pytest.TempPathFactory, whole: bool
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "IMG_0031.jpg").write_bytes(b"x")
    folder = (archive / CASE_PATH).parent
    if whole:
        (folder / "photos").symlink_to(outside)
    else:
        (folder / "photos").mkdir()
        (folder / "photos" / "IMG_0031.jpg").symlink_to(outside / "IMG_0031.jpg")
    (case,) = load_archive(archive).cases
    assert case.case is None
    assert [(p.problem, p.field) for p in case.problems] == [("linked_recording", "recordings[2].path")]


def test_folders_and_case_files_behind_links_are_named_and_not_followed(archive: Path, tmp_path: Path) -> None:
    (archive / "linked").symlink_to(archive / "2026")
    (archive / "other").mkdir()
    (archive / "other" / "case.toml").symlink_to(archive / CASE_PATH)
    loaded = load_archive(archive)
    assert [(c.folder, c.case is None) for c in loaded.cases] == [("2026/杭人防检字12号", False), ("other", True)]
    assert {(p.file, p.problem, p.grade) for p in loaded.all_problems()} == {
        ("linked", "linked_folder", "warning"),
        ("other/case.toml", "linked_file", "error"),
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_what_is_no_plain_file_is_not_opened(archive: Path) -> None:
    (archive / "a").mkdir()
    os.mkfifo(archive / "a" / "case.toml")
    (archive / "b" / "case.toml").mkdir(parents=True)
    loaded = load_archive(archive)
    assert [p.problem for p in loaded.all_problems()] == ["not_a_file", "not_a_file"]


def test_names_that_are_not_utf8_are_read(archive: Path) -> None:
    folder = os.fsencode(archive) + b"/\xb0\xb8\xbc\xfe"  # 案件 in GB 2312
    try:
        os.mkdir(folder)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    text = (archive / CASE_PATH).read_text(encoding="utf-8")
    with open(folder + b"/case.toml", "w", encoding="utf-8") as file:
        file.write(text.replace("12号", "99号").replace('"battery"', '"batery"'))
    loaded = load_archive(archive)
    bad = next(c for c in loaded.cases if c.case is None)
    assert bad.id == "杭人防检字〔2026〕99号"
    line = bad.problems[0].as_line("zh")
    assert "batery" in line


# ---- several cases ----------------------------------------------------------------------------


def test_of_two_cases_of_one_id_the_second_has_the_error(archive: Path) -> None:
    text = (archive / CASE_PATH).read_text(encoding="utf-8")
    (archive / "2026/a").mkdir()
    (archive / "2026/a/case.toml").write_text(text, encoding="utf-8")
    first, second = load_archive(archive).cases
    assert first.case is not None
    assert second.case is None
    (problem,) = second.problems
    assert problem.problem == "duplicate_case"
    assert problem.params["place"] == f"{first.file}:{first.line}"


def test_one_file_in_two_cases_is_named_in_both_and_both_are_judged(archive: Path) -> None:
    text = (archive / CASE_PATH).read_text(encoding="utf-8").replace("12号", "13号")
    (archive / "2026/a").mkdir()
    text = text.replace('"photos/IMG_0031.jpg"', '"../杭人防检字12号/photos/IMG_0031.jpg"')
    (archive / "2026/a/case.toml").write_text(text, encoding="utf-8")
    loaded = load_archive(archive)
    assert all(c.case is not None for c in loaded.cases)
    assert [(p.file, p.line, p.problem, p.grade) for p in loaded.all_problems()] == [
        ("2026/a/case.toml", 22, "listed_in_two_cases", "warning"),
        (CASE_PATH, 22, "listed_in_two_cases", "warning"),
    ]
    assert loaded.sound


def test_natural_order(archive: Path) -> None:
    text = (archive / CASE_PATH).read_text(encoding="utf-8")
    for n in (10, 9, 100):
        (archive / f"2025/{n}号").mkdir(parents=True)
        (archive / f"2025/{n}号/case.toml").write_text(text.replace("12号", f"x{n}号"), encoding="utf-8")
    assert [c.folder for c in load_archive(archive).cases][:3] == ["2025/9号", "2025/10号", "2025/100号"]


def test_a_case_without_recordings_is_no_error(archive: Path) -> None:
    path = archive / CASE_PATH
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("[[recordings]]")], encoding="utf-8")
    loaded = load_archive(archive)
    assert loaded.all_problems() == ()
    assert loaded.cases[0].case is not None
    assert loaded.cases[0].case.recordings == ()


def test_ten_thousand_recordings(archive: Path) -> None:
    path = archive / CASE_PATH
    rows = "".join(f'[[recordings]]\npath = "r{n}.mp4"\n' for n in range(10_000))
    path.write_text(path.read_text(encoding="utf-8") + rows, encoding="utf-8")
    loaded = load_archive(archive)
    assert loaded.all_problems() == ()
    assert len(loaded.cases[0].paths) == 10_002


# ---- fields in the wrong table ------------------------------------------------------------------


def test_a_field_of_the_case_below_another_table_is_told_where_it_belongs(archive: Path) -> None:
    edited(archive, CASE_PATH, ('place = "某小区"\n', ""), ("[[moments]]", 'place = "某小区"\n[[moments]]'))
    (problem,) = load_archive(archive).all_problems()
    assert (problem.field, problem.problem) == ("exemptions[1].place", "misplaced_field")


def test_fields_outside_the_case_table_and_tables_inside_it(archive: Path) -> None:
    edited(archive, CASE_PATH, ("[case]\n", ""), ("[[moments]]", "[[case.moments]]"))
    problems = {p.problem for p in load_archive(archive).all_problems()}
    assert {"outside_case_table", "inside_case_table"} <= problems


# ---- an archive without one of its files ---------------------------------------------------------


def test_no_archive_file_no_register_no_cases(tmp_path: Path) -> None:
    loaded = load_archive(tmp_path)
    assert [(p.file, p.problem, p.grade) for p in loaded.problems] == [
        ("archive.toml", "no_settings", "warning"),
        ("devices.toml", "no_register", "warning"),
        (".", "no_cases", "warning"),
    ]
    assert loaded.pack is not None


def test_without_a_register_no_device_is_unknown(archive: Path) -> None:
    (archive / "devices.toml").unlink()
    loaded = load_archive(archive)
    assert loaded.cases[0].case is not None
    assert [p.problem for p in loaded.all_problems()] == ["no_register"]


def test_a_device_whose_entry_is_faulty_is_not_unknown_as_well(archive: Path) -> None:
    edited(archive, "devices.toml", ("segment_s = 300", "segment_s = -3"))
    loaded = load_archive(archive)
    assert [p.problem for p in loaded.all_problems()] == ["not_positive"]
    assert [d.serial for d in loaded.devices] == ["CAM1"]


def test_no_folder(tmp_path: Path) -> None:
    loaded = load_archive(tmp_path / "none")
    assert [(p.problem, p.grade) for p in loaded.all_problems()] == [("no_archive", "error")]


def test_faulty_settings_keep_what_is_right(archive: Path) -> None:
    edited(archive, "archive.toml", ('items = ["公告"]', 'items = "公告"'))
    loaded = load_archive(archive)
    assert [(p.field, p.problem) for p in loaded.all_problems()] == [("items", "wrong_type")]
    assert loaded.settings.department == "某市人民防空办公室"
    assert loaded.settings.overrides == {"coverage_tolerance_s": 120}
    assert loaded.settings.items == ()


# ---- words ------------------------------------------------------------------------------------


def test_every_text_has_both_languages_and_the_same_parameters() -> None:
    for name, (english, chinese) in WORDS.items():
        used = [{f for _, f, _, _ in Formatter().parse(text) if f} for text in (english, chinese)]
        known = {f.removesuffix("_en").removesuffix("_zh") for f in used[0]}
        assert known == {f.removesuffix("_en").removesuffix("_zh") for f in used[1]}, name
        assert any("\u4e00" <= c <= "\u9fff" for c in chinese), name


def test_hostile_values_do_not_steer_a_terminal() -> None:
    problem = ManifestProblem("a\x1b.toml", 1, "x", "unknown_device", {"value": "\x1b[31m" + "x" * 500 + "\udcff"})
    line = problem.text("en")
    assert "\x1b" not in line
    assert len(line) < 200


# ---- a department's own rule pack -----------------------------------------------------------------


def test_a_pack_file_in_the_archive(archive: Path) -> None:
    text = files("engine.rules").joinpath("packs", "zj-rf-2019.toml").read_text(encoding="utf-8")
    (archive / "our.toml").write_text(text.replace('name = "zj-rf-2019"', 'name = "our"'), encoding="utf-8")
    edited(archive, "archive.toml", ('"zj-rf-2019"', '"our.toml"'))
    loaded = load_archive(archive)
    assert loaded.all_problems() == ()
    assert loaded.pack is not None
    assert loaded.pack.name == "our"


def test_a_pack_file_that_is_missing_or_faulty(archive: Path) -> None:
    edited(archive, "archive.toml", ('"zj-rf-2019"', '"our.toml"'))
    loaded = load_archive(archive)
    assert loaded.pack is None
    assert told(loaded) == [("archive.toml", 4, "rule_pack", "bad_pack"), ("our.toml", None, "", "unreadable")]
    (archive / "our.toml").write_text('schema = "unbroken.rules/1"\nname = "Our"\n', encoding="utf-8")
    problems = told(load_archive(archive))
    assert ("our.toml", 2, "name", "wrong_form") in problems
    assert ("our.toml", 1, "articles", "missing_field") in problems


def test_a_dangling_link_is_not_taken_for_a_file_that_is_not_there(archive: Path) -> None:
    for name in ("cases.csv", "devices.toml"):
        (archive / name).unlink(missing_ok=True)
        (archive / name).symlink_to("nowhere")
    assert {(p.file, p.problem, p.grade) for p in load_archive(archive).problems} == {
        ("cases.csv", "linked_file", "error"),
        ("devices.toml", "linked_file", "error"),
    }


def test_an_archive_that_is_a_file(archive: Path) -> None:
    assert [p.problem for p in load_archive(archive / "archive.toml").problems] == ["no_archive"]

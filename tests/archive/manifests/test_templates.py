"""Templates for a new archive: they load as they are, and with their samples taken out of the comments."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.archive.manifests import check, init
from engine.archive.manifests.templates import NAMES
from engine.rules.cases.manifest import Case, CaseRecording, Device, Interruption


def test_a_new_archive_is_sound_and_empty(tmp_path: Path) -> None:
    written = init(tmp_path / "new" / "archive")
    assert written.written == NAMES
    assert written.kept == ()
    found = check(tmp_path / "new" / "archive")
    assert [p.problem for p in found.problems] == ["no_cases"]
    assert found.errors == 0


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "archive.toml").write_text("mine", encoding="utf-8")
    written = init(tmp_path)
    assert written.kept == ("archive.toml",)
    assert (tmp_path / "archive.toml").read_text(encoding="utf-8") == "mine"
    assert init(tmp_path).written == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_template_explains_itself_in_both_languages(tmp_path: Path, name: str) -> None:
    init(tmp_path)
    text = (tmp_path / name).read_text(encoding="utf-8-sig")
    comments = "".join(line for line in text.splitlines() if "#" in line)
    assert re.search("[\u4e00-\u9fff]{4}", comments)
    assert re.search("[a-z]{4} [a-z]{2}", comments)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_samples_are_right(tmp_path: Path, encoding: str) -> None:
    init(tmp_path)
    for name in ("archive.toml", "devices.toml"):
        path = tmp_path / name
        path.write_text(uncommented(path.read_text(encoding="utf-8")), encoding="utf-8")
    sample = uncommented((tmp_path / "case.example.toml").read_text(encoding="utf-8"))
    (tmp_path / "2026").mkdir()
    (tmp_path / "2026" / "case.toml").write_text(sample.replace("12号", "13号"), encoding="utf-8")
    for path in tmp_path.glob("*.csv"):
        text = path.read_text(encoding="utf-8-sig").replace("# 杭人", "杭人")
        path.write_bytes(text.encode(encoding))
    found = check(tmp_path)
    assert found.errors == 0
    assert {p.problem for p in found.problems} == {"absent_recording", "absent_backup", "absent_report"}
    toml, table = (c.case for c in found.archive.cases)
    assert toml is not None
    assert table is not None
    # the sample shows every field there is, so that none is left for the reader to find out
    assert toml.model_fields_set == set(Case.model_fields)
    assert toml.recordings[0].model_fields_set == set(CaseRecording.model_fields)
    assert toml.interruptions[0].model_fields_set == set(Interruption.model_fields)
    assert found.archive.devices[0].model_fields_set == set(Device.model_fields)
    assert found.archive.settings.model_fields_set == set(type(found.archive.settings).model_fields)
    assert table.moments
    assert table.exemptions
    assert table.interruptions


def test_tables_have_a_column_for_every_field(tmp_path: Path) -> None:
    init(tmp_path)
    for name, model in (("recordings", CaseRecording), ("interruptions", Interruption)):
        header = (tmp_path / f"{name}.csv").read_text(encoding="utf-8-sig").splitlines()[0].split(",")
        names = {c.removesuffix("_device").removesuffix("_reference") for c in header}
        assert names - {"case"} == set(model.model_fields)


def uncommented(text: str) -> str:
    """Samples taken out of the comments: lines that are TOML behind ``# ``."""
    return re.sub(r"(?m)^# (?=\[|[a-z_]+ = )", "", text)


def test_a_check_names_activities_outside_the_list_with_the_nearest(archive: Path) -> None:
    case = next(archive.glob("2026/*/case.toml"))
    text = case.read_text(encoding="utf-8")
    case.write_text(text.replace("行政检查", "行政检察"), encoding="utf-8")
    problem = next(p for p in check(archive).problems if p.problem == "unlisted_activity")
    assert problem.grade == "warning"
    assert problem.params["nearest"] == "行政检查"
    case.write_text(text.replace("行政检查", "公告"), encoding="utf-8")  # the archive's own item
    assert "unlisted_activity" not in {p.problem for p in check(archive).problems}


def test_a_check_looks_whether_named_files_are_there(archive: Path) -> None:
    case = next(archive.glob("2026/*/case.toml"))
    (case.parent / "DSJ0457_20260305_092950_0001.mp4").write_bytes(b"")
    assert [(p.line, p.problem) for p in check(archive).problems] == [(19, "absent_backup"), (22, "absent_recording")]

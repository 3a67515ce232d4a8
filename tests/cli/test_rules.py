"""`unbroken rules`: packs listed, shown in both languages, and validated with every fault."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from blake3 import blake3

from engine.cli import main
from engine.rules.pack import load

PACK = "zj-rf-2019"
TEXT = files("engine.rules").joinpath("packs", f"{PACK}.toml").read_text(encoding="utf-8")


@pytest.fixture
def pack_file(tmp_path: Path) -> Path:
    path = tmp_path / "our.toml"
    path.write_text(TEXT.replace(f'name = "{PACK}"', 'name = "our"'), encoding="utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main.run(["rules", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_packs_are_listed_with_their_digests(capsys: pytest.CaptureFixture[str]) -> None:
    digest = blake3(TEXT.encode()).hexdigest()
    code, out, _ = run(capsys, "list", "--lang", "zh")
    assert code == 0
    assert f"{PACK}  {digest}  浙江省人民防空办公室" in out
    code, out, _ = run(capsys, "list", "--format", "json")
    assert code == 0
    packs = json.loads(out)["packs"]
    assert [(p["name"], p["blake3"]) for p in packs] == [(PACK, digest)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_that_a_pack_says_is_shown(capsys: pytest.CaptureFixture[str], language: str) -> None:
    code, out, _ = run(capsys, "show", PACK, "--lang", language)
    assert code == 0
    flat = re.sub(r"\s+", "", out)
    content = load(PACK).content
    said = [content.title]
    for rule in content.checks.values():
        said += [rule.title, rule.asks, rule.blind, rule.person]
    said += [article.needs for article in content.articles.values()]
    said += [unchecked.why for unchecked in content.unchecked.values()]
    texts = [getattr(text, language) for text in said]
    texts += [getattr(article, language) for article in content.articles.values()]
    texts += [getattr(tolerance, language) for tolerance in content.tolerances.values()]
    texts += [*content.checks, *content.tolerances]
    assert [text for text in texts if re.sub(r"\s+", "", text) not in flat] == []


def test_the_whole_pack_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "show", PACK, "--format", "json")
    assert code == 0
    (pack,) = json.loads(out)["packs"]
    assert pack["content"] == load(PACK).content.model_dump(mode="json", by_alias=True)


def test_a_pack_file_is_shown_and_valid(capsys: pytest.CaptureFixture[str], pack_file: Path) -> None:
    code, out, _ = run(capsys, "show", str(pack_file))
    assert code == 0
    assert "our  " in out
    code, out, _ = run(capsys, "validate", str(pack_file))
    assert code == 0
    assert out.startswith("our: valid; ")
    assert blake3(pack_file.read_bytes()).hexdigest() in out


FAULTS = [
    # change, then the faults: end of the field's path, problem, nearest
    ('not_on_list = "notice"', 'not_on_list = "notce"', {("severity.not_on_list", "unknown_word", "notice")}),
    (
        "[tolerances.export_hours]\nvalue",
        "[tolerances.export_hours]\nvalu",
        {("export_hours.valu", "unknown_field", "value"), ("export_hours.value", "missing_field", None)},
    ),
    ("value = 24", "value = -24", {("export_hours.value", "negative_value", None)}),
    ("[checks.coverage]", "[checks.coverge]", {("checks.coverge", "pack_reads_unknown_check", "coverage")}),
    (
        "{ not_on_list =",
        "{ not_on_lst =",
        {
            ("items.severity", "pack_unknown_fact", "not_on_list"),
            ("items.severity", "pack_fact_without_weight", None),
        },
    ),
    ('["8", "25"]\nsev', '["8", "99"]\nsev', {("items.articles", "pack_article_not_quoted", None)}),
    ('gap = { articles = ["13"', 'gap = { articles = ["98"', {("gap.articles", "pack_article_not_quoted", None)}),
    ("[unchecked.4]", "[unchecked.2]", {("unchecked.2", "pack_article_twice", None)}),
    (
        "[tolerances.join_tolerance_s]",
        "[tolerances.join_tolerances]",
        {
            ("interruptions", "pack_tolerance_missing", None),
            ("tolerances.join_tolerances", "pack_tolerance_unread", "join_tolerance_s"),
        },
    ),
    ("[liability.items.1]", "[liability.items.11]", {("recorded.liability", "pack_no_liability_item", None)}),
]


@pytest.mark.parametrize(("old", "new", "faults"), FAULTS)
def test_faults_are_named_with_line_field_and_nearest_name(
    capsys: pytest.CaptureFixture[str], pack_file: Path, old: str, new: str, faults: set[tuple[str, str, str | None]]
) -> None:
    text = pack_file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    text = text.replace(old, new)
    pack_file.write_text(text, encoding="utf-8")
    code, out, _ = run(capsys, "validate", str(pack_file), "--format", "json")
    assert code == 1
    answer = json.loads(out)
    assert answer["packs"] == []
    assert {p["problem"] for p in answer["problems"]} == {problem for _, problem, _ in faults}
    for field, problem, near in faults:
        told = next(p for p in answer["problems"] if p["field"].endswith(field) and p["problem"] == problem)
        assert (f"Did you mean '{near}'?" in told["en"]) == (near is not None)
        line = text.splitlines()[told["line"] - 1]
        assert any(part in line for part in field.split("."))
    code, out, _ = run(capsys, "validate", str(pack_file), "--lang", "zh")
    assert code == 1
    assert "规则包不可用" in out


def test_a_file_that_cannot_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for path, word in ((tmp_path / "none.toml", "No such file"), (tmp_path, "not a regular file")):
        code, out, _ = run(capsys, "validate", str(path), "--lang", "en")
        assert code == 3
        assert word in out
    broken = tmp_path / "broken.toml"
    broken.write_text('name = "x\n', encoding="utf-8")
    code, out, _ = run(capsys, "validate", str(broken), "--lang", "en")
    assert code == 1
    assert f"{broken}:1: is not TOML" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "zj"], "there are: zj-rf-2019"),
        (["show"], "Missing argument"),
        (["lst"], "No such command"),
    ],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_showing_a_faulty_file_points_to_validate(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("name = 1\n", encoding="utf-8")
    code, out, err = run(capsys, "show", str(tmp_path / "x.toml"))
    assert (code, out) == (3, "")
    assert "unbroken rules validate" in err

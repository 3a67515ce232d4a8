"""Rule packs: what comes with the engine is whole, and what is wrong is refused with place and fault."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from engine.findings import Kind, Severity
from engine.rules.cases.catalogue import CHECKS, tolerance_names
from engine.rules.pack import RulePackError, load, names, parse

PACK = "zj-rf-2019"


def text() -> str:
    return files("engine.rules").joinpath("packs", f"{PACK}.toml").read_text(encoding="utf-8")


def test_the_pack_comes_with_the_engine() -> None:
    assert PACK in names()
    pack = load(PACK)
    assert pack.name == PACK
    assert re.fullmatch("[0-9a-f]{64}", pack.blake3)


def test_the_digest_is_that_of_the_bytes() -> None:
    from blake3 import blake3

    data = text().encode()
    assert load(PACK).blake3 == blake3(data).hexdigest()
    assert parse(data + b"\n", "changed").blake3 != load(PACK).blake3


def test_what_no_machine_can_check_is_listed_with_its_reason() -> None:
    content = load(PACK).content
    assert list(content.unchecked) == ["4", "6", "7", "10", "16", "17", "18"]


def test_articles_are_bare_numbers() -> None:
    content = load(PACK).content
    assert all(number.isdigit() for number in [*content.articles, *content.unchecked])


def test_every_kind_is_a_kind_and_every_kind_a_file_can_show_has_articles() -> None:
    kinds = set(load(PACK).content.kinds)
    assert kinds <= {str(k) for k in Kind}
    pictures = {"gap", "deletion", "insertion", "splice", "duplication", "freeze", "retime", "reencode", "obstruction"}
    others = {"edit_trace", "clock_jump", "audio_gap", "audio_missing", "audio_muted", "av_desync", "unreadable"}
    assert pictures | others <= kinds


def test_missing_sound_is_a_notice_in_inspect_and_a_suspicion_in_audit() -> None:
    pack = load(PACK)
    assert pack.severity_of("audio_missing", Severity.NOTICE, "inspect") is Severity.NOTICE
    assert pack.severity_of("audio_missing", Severity.NOTICE, "audit") is Severity.SUSPICION


def test_other_findings_keep_what_their_evidence_supports() -> None:
    pack = load(PACK)
    for found in Severity:
        assert pack.severity_of("gap", found, "inspect") is found
        assert pack.severity_of("x_acme_flicker", found, "audit") is found
    assert pack.articles_of("x_acme_flicker") == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('schema = "unbroken.rules/1"', 'schema = "unbroken.rules/9"', "schema"),
        ('gap = { articles = ["13", "15"] }', 'gap = { articles = ["13", "99"] }', "99"),
        ('gap = { articles = ["13", "15"] }', 'gap = { articles = ["15.1"] }', "gap"),
        ('gap = { articles = ["13", "15"] }', "gap = { articles = [] }", "gap"),
        ('gap = { articles = ["13", "15"] }', 'gap = { articles = ["13"], weight = 3 }', "weight"),
        ('inspect = "notice"', 'inspect = "mild"', "inspect"),
        ("[unchecked.4]", "[unchecked.15]", "both checked and unchecked"),
        ('needs.zh = "不间断记录"', "", "articles.13.needs.zh"),
        ("in_force = 2019-10-01", 'in_force = "soon"', "in_force"),
        ("[checks.coverage]", "[checks.coverge]", "there is no check 'coverge'; did you mean coverage?"),
        ("uncovered = ", "uncoverd = ", "check 'coverage' cannot find 'uncoverd'; did you mean uncovered?"),
        ('not_on_list = "notice", ', "", "does not say what 'not_on_list' weighs"),
        ('not_on_list = "notice"', 'not_on_list = "as_found"', "checks.items.severity.not_on_list"),
        ('articles = ["8", "25"]', 'articles = ["8", "26"]', "article 26, which is not quoted"),
        ("[tolerances.coverage_tolerance_s]", "[tolerances.coverage_tolerance]", "did you mean coverage_tolerance_s?"),
        ("value = 60", "value = -1", "tolerances.coverage_tolerance_s.value"),
        ("value = 60", "value = nan", "tolerances.coverage_tolerance_s.value"),
        ('liability = ["1"]', 'liability = ["7"]', "liability item '7'"),
        ('article = "24"', 'article = "99"', "article 99"),
        ('article = "8"', 'article = "88"', "article 88"),
        ('name = "行政处罚"', 'name = "行政许可"', "行政许可"),
        ('asks.en = "Is the activity', 'ask.en = "Is the activity', "checks.items"),
    ],
)
def test_a_fault_is_named(old: str, new: str, says: str) -> None:
    assert old in text()
    with pytest.raises(RulePackError, match=re.escape(says)) as caught:
        parse(text().replace(old, new, 1).encode(), "mine.toml")
    assert str(caught.value).startswith("mine.toml: ")


@pytest.mark.parametrize("data", [b"= 3", b"\xff\xfe", b""])
def test_what_is_no_pack_is_refused(data: bytes) -> None:
    with pytest.raises(RulePackError, match=r"mine\.toml"):
        parse(data, "mine.toml")


def test_a_pack_that_does_not_exist_lists_those_that_do() -> None:
    with pytest.raises(RulePackError, match=PACK):
        load("../zj-rf-2019")


def test_nothing_in_the_file_is_lost_by_the_schema() -> None:
    raw = tomllib.loads(text())
    content = load(PACK).content
    assert set(raw["articles"]) == set(content.articles)
    assert set(raw["kinds"]) == set(content.kinds)


def test_all_faults_of_the_checks_are_named_in_one_run() -> None:
    wrong = text().replace("[checks.coverage]", "[checks.coverge]").replace("[checks.backup]", "[checks.bakup]")
    with pytest.raises(RulePackError, match=r"coverge.*bakup"):
        parse(wrong.encode(), "mine.toml")


def test_the_pack_holds_all_articles_that_bear_on_recordings() -> None:
    content = load(PACK).content
    checked = ["2", "5", "8", "9", "11", "12", "13", "14", "15", "19", "20", "21", "22", "23", "24", "25"]
    assert list(content.articles) == checked
    assert content.liability is not None
    assert list(content.liability.items) == ["1", "2", "3", "4", "5", "6", "8"]  # the text has no seventh
    assert [i.name for i in content.items] == [
        "行政许可",
        "行政处罚",
        "行政强制",
        "先行登记保存",
        "行政检查",
        "行政征收",
        "送达",
        "其他",
    ]


def test_every_check_that_there_is_stands_in_it_and_every_tolerance_is_read() -> None:
    content = load(PACK).content
    assert set(content.checks) == set(CHECKS)
    assert set(content.tolerances) == tolerance_names()
    used = {a for rule in content.checks.values() for a in rule.articles}
    assert used | {a for rule in content.kinds.values() for a in rule.articles} | {"23", "24"} == set(content.articles)


def test_tolerances_of_a_department() -> None:
    pack = load(PACK)
    assert pack.tolerances({})["coverage_tolerance_s"] == 60
    assert pack.tolerances({"coverage_tolerance_s": 120.0})["coverage_tolerance_s"] == 120
    assert pack.tolerances({"coverage_tolerance_s": 0.0})["coverage_tolerance_s"] == 0
    for value in (-1.0, float("nan"), float("inf")):
        with pytest.raises(RulePackError, match="coverage_tolerance_s"):
            pack.tolerances({"coverage_tolerance_s": value})
    with pytest.raises(RulePackError, match=r"did you mean export_hours.*did you mean filing_days"):
        pack.tolerances({"export_hour": 1.0, "filing_day": 1.0})


def test_items_can_be_added_and_none_taken_out() -> None:
    pack = load(PACK)
    assert pack.listed("行政检查")
    assert pack.listed(" 行政检查 ")
    assert not pack.listed("公告")
    assert pack.listed("公告", ["公告"])
    assert pack.listed("行政检查", [])

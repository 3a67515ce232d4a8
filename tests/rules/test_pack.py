"""Rule packs: what comes with the engine is whole, and what is wrong is refused with place and fault."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from engine.findings import Kind, Severity
from engine.rules import RulePackError, load, names, parse

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

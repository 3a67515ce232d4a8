"""File name patterns: those of real devices are accepted, and what is accepted cannot hang."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.archive.manifests.patterns import pattern_fault

GOOD = [
    r"(?P<device>DSJ\d{4})_(?P<date>\d{8})_(?P<time>\d{6})_(?P<seq>\d{4})",
    r"(?P<device>[A-Z0-9]+)-(?P<date>\d{8})(?P<time>\d{6})\.(?:mp4|avi|mov)",
    r"(?P<device>\w+)_(?P<date>\d+)_(?P<time>\d+)_(?P<seq>\d+)",
    r"IMG_(?P<seq>\d{4})(_\d+)?\.jpe?g",
    r"[\](){}*+]{3}(?P<seq>\d{4})",
    r"\((?P<seq>\d{1,4})\)\*\+",
    r"(?:\d{4}-){2}(?P<seq>\d{4})",
    r"(?P<device>执法仪\d{2,4})_(?P<seq>\d{4})",
]
BAD = [
    (r"(?P<seq>(a+)+)", "slow_pattern"),
    (r"(?P<seq>(a|aa)+)", "slow_pattern"),
    (r"(?P<seq>(a?){30})", "slow_pattern"),
    (r"(?P<seq>(?:\d{1,2})*)", "slow_pattern"),
    (r"(?P<seq>((a{1,2}){1,2})+)", "slow_pattern"),
    (r"(?P<seq>" + "a?" * 30 + "a" * 30 + ")", "slow_pattern"),
    (r"(?P<seq>" + "(?:a|a)" * 30 + ")", "slow_pattern"),
    (r"(?P<seq>.*.*.*.*.*x)", "slow_pattern"),
    (r"(?P<seq>a{1,100}a{1,100}a{1,100}a{1,100}a{1,100}b)", "slow_pattern"),
    (r"(?P<seq>\d+)\1", "slow_pattern"),
    (r"(?=a)(?P<seq>\d+)", "slow_pattern"),
    (r"(?i)(?P<seq>\d+)", "slow_pattern"),
    (r"(?P=seq)", "slow_pattern"),
    (r"(?P<seq>\d{4}", "bad_pattern"),
    (r"(?P<seq>[\d)", "bad_pattern"),
    (r"(?P<seq>a{9999999999999999999999})", "bad_pattern"),
    (r"*(?P<seq>\d)", "bad_pattern"),
    (r"[[a](?P<seq>\d)", "bad_pattern"),
    (r"(?P<sequence>\d{4})", "unknown_group"),
    (r"\d{4}", "no_group"),
    ("a" * 301, "pattern_too_long"),
    ("(" * 300, "bad_pattern"),
]


@pytest.mark.parametrize("pattern", GOOD)
def test_patterns_of_real_devices_are_accepted(pattern: str) -> None:
    assert pattern_fault(pattern) is None


@pytest.mark.parametrize(("pattern", "fault"), BAD)
def test_others_are_refused(pattern: str, fault: str) -> None:
    found = pattern_fault(pattern)
    assert found is not None
    assert found[0] == fault


@given(st.text(r"ab\d()[]|?*+{}12,:P<>seq^$.", max_size=40))
def test_anything_is_accepted_or_refused_and_what_is_accepted_compiles_and_ends(pattern: str) -> None:
    if pattern_fault(pattern) is None:
        compiled = re.compile(pattern)
        compiled.match("a" * 60 + "!")
        compiled.match("ab1" * 20)

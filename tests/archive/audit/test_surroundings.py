"""Files that two cases share, and footage that comes back, against a naive twin."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.archive.audit.breaks import breaks
from engine.archive.audit.content import NO_PRINT, without
from engine.archive.audit.surroundings import MOST, Held, listed_elsewhere, reuse
from engine.features.videoprint import VideoPrint
from engine.findings import Finding, Level, Severity
from engine.rules.cases.record import Break


def held(case: str, path: str, digest: str | None, listed: bool = True, inode: int = 0) -> Held:
    return Held(case, path, (1, inode or hash(path) % 10_000), digest, listed, NO_PRINT)


def test_a_file_listed_by_two_cases_is_named_with_both() -> None:
    found = listed_elsewhere(
        [held("a", "x", "1"), held("b", "x", "1"), held("a", "y", "2"), held("b", "z", "3", False)]
    )
    assert found == {"x": ("a", "b")}


def test_the_same_content_in_another_case() -> None:
    found = reuse([held("a", "x", "1"), held("a", "x2", "1"), held("b", "y", "1"), held("c", "z", "2")])
    assert [(r.case, r.path, r.how) for r in found["a", "x"]] == [("b", "y", "same_content")]
    assert [(r.case, r.path) for r in found["b", "y"]] == [("a", "x")]
    assert ("c", "z") not in found


def test_two_names_of_one_file_are_said_to_be_that() -> None:
    found = reuse([held("a", "x", "1", inode=7), held("b", "y", "1", inode=7)])
    assert found["a", "x"][0].how == "same_file"


def test_a_file_in_every_case_does_not_make_a_report_of_squares() -> None:
    found = reuse([held(str(n), f"p{n}", "1") for n in range(500)])
    assert all(len(r) == MOST for r in found.values())


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("wxyz"), st.sampled_from("12")), max_size=12))
def test_reuse_says_what_a_naive_search_says(rows: list[tuple[str, str, str]]) -> None:
    digest_of = {path: digest for _, path, digest in rows}
    everything = [held(case, path, digest_of[path]) for case, path in {(c, p) for c, p, _ in rows}]
    found = reuse(everything)
    for one in everything:
        others = {h.case for h in everything if h.blake3 == one.blake3 and h.case != one.case and h.path != one.path}
        assert {r.case for r in found.get((one.case, one.path), ())} <= others
        assert bool(found.get((one.case, one.path))) <= bool(others)


def test_footage_encoded_anew_is_found_once_for_all_copies_of_it() -> None:
    rng = np.random.default_rng(3)
    seconds, hashes = np.arange(40, dtype=np.float32), rng.integers(0, 2**63, 40, dtype=np.uint64)
    original, later = VideoPrint(seconds, hashes), VideoPrint(seconds[:30], hashes[5:35] ^ np.uint64(1))
    other = VideoPrint(seconds, rng.integers(0, 2**63, 40, dtype=np.uint64))
    rows = [
        Held("a", "x", (1, 1), "1", True, original),
        Held("a", "x2", (1, 2), "1", True, original),
        Held("b", "y", (1, 3), "2", True, later),
        Held("c", "z", (1, 4), "3", True, other),
    ]
    found = reuse(rows)
    assert set(found) == {("a", "x"), ("a", "x2"), ("b", "y")}
    (one,) = found["b", "y"]
    assert (one.case, one.path, one.how, one.share) == ("a", "x", "near_duplicate", 1.0)


def test_footage_that_comes_back_within_a_case_is_found_with_its_offset() -> None:
    rng = np.random.default_rng(4)
    seconds, hashes = np.arange(40, dtype=np.float32), rng.integers(0, 2**63, 40, dtype=np.uint64)
    rows = [
        Held("a", "x", (1, 1), "1", True, VideoPrint(seconds, hashes)),
        Held("a", "y", (1, 2), "2", True, VideoPrint(seconds[:30], hashes[5:35] ^ np.uint64(1))),
    ]
    (one,) = reuse(rows)["a", "y"]
    assert (one.case, one.path, one.how, one.offset_s) == ("a", "x", "near_duplicate", 5.0)


def finding(kind: str, severity: Severity, start: float, **params: float) -> Finding:
    return Finding(kind, severity, Level.E1, "video", start, start + 1, "t", "d", params=params, id=f"{kind}{start}")


def test_breaks_are_findings_above_notice_with_what_they_say_is_lost() -> None:
    found = breaks(
        [
            finding("gap", Severity.SUSPICION, 9.0, missing_s=7.5),
            finding("deletion", Severity.SUSPICION, 3.0),
            finding("gap", Severity.NOTICE, 1.0, missing_s=0.2),
            finding("freeze", Severity.SUSPICION, 2.0),
        ]
    )
    assert found == (Break(3.0, 4.0, None, "deletion3.0"), Break(9.0, 10.0, 7.5, "gap9.0"))


Spans = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 5)), max_size=6)


@given(Spans, Spans)
def test_what_is_left_of_stretches_without_holes(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> None:
    def disjoint(raw: list[tuple[int, int]]) -> list[tuple[float, float]]:
        spans: list[tuple[float, float]] = []
        for start, length in sorted(raw):
            if not spans or start >= spans[-1][1]:
                spans.append((float(start), float(start + length)))
        return spans

    spans, holes = disjoint(first), disjoint(second)
    inside = {t for a, b in spans for t in range(int(a), int(b))} - {t for a, b in holes for t in range(int(a), int(b))}
    assert {t for a, b in without(spans, holes) for t in range(int(a), int(b))} == inside

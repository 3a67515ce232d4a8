"""What is kept of files: the same as what was found, and never believed when damaged."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from engine.archive.audit.cache import Cache, cache_folder, code_digest
from engine.archive.audit.content import Content
from engine.archive.audit.worker import Known
from engine.archive.exhibits import Exhibits, Picture, Series
from engine.findings import Evidence, Examined, FileReport, Finding, Level, Opinion, Outcome, Severity, Source, Verdict
from engine.rules.cases.record import Speech

DIGEST = "ab" * 32
REPORT = FileReport(
    path="a.mp4",
    blake3=DIGEST,
    size=7,
    media={"duration_s": 2.0, "video": {"rate": 25, "note": None}},
    verdict=Verdict.SUSPICION,
    reason="traces_found",
    integrity=Opinion(Outcome.FOUND, "traces_found"),
    originality=Opinion(Outcome.NOT_EXAMINABLE, "not_checked"),
    examined=(Examined("gap", "timestamps", 0.1 + 0.2),),
    findings=(
        Finding(
            "gap", Severity.SUSPICION, Level.E1, "video", 1.0, 1 / 3, "gap", "gap",
            params={"count": 3, "share": 3.0, "yes": True, "text": "3", "none": None, "far": math.inf},
            evidence=(Evidence(Source.PICTURE, "x", 1e-300, None),),
        ),
    ),
)  # fmt: skip
KNOWN = Known(
    REPORT,
    Content("video", 2.0, True, True, speech=Speech(((0.5, 1.5),), ((0.0, 2.0),)), print_hashes=(2**64 - 1,)),
    Exhibits((Series("loudness", (0.0,), (1.5,)),), {"id": (Picture(3, 0.12, True, b"\xff\xd8\x00"),)}),
)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache.of(tmp_path / "cache", "cd" * 32, {"purpose": "audit"})


def entries(tmp_path: Path) -> list[Path]:
    return [p for p in (tmp_path / "cache").rglob("*") if p.is_file()]


def test_what_comes_out_is_what_went_in_to_the_type(cache: Cache, tmp_path: Path) -> None:
    assert cache.get(DIGEST) is None
    cache.put(DIGEST, KNOWN)
    found = cache.get(DIGEST)
    assert found == KNOWN
    assert found is not None
    params = found.report.findings[0].params
    assert [type(v) for v in params.values()] == [type(v) for v in KNOWN.report.findings[0].params.values()]
    assert type(found.report.verdict) is Verdict
    assert len(entries(tmp_path)) == 1, "no temporary file is left"


@pytest.mark.parametrize(("pack", "options"), [("ee" * 32, {"purpose": "audit"}), ("cd" * 32, {"purpose": "inspect"})])
def test_other_rules_and_options_know_nothing(cache: Cache, tmp_path: Path, pack: str, options: dict[str, str]) -> None:
    cache.put(DIGEST, KNOWN)
    assert Cache.of(tmp_path / "cache", pack, options).get(DIGEST) is None
    assert cache.get("ba" * 32) is None


def test_other_code_knows_nothing(cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.put(DIGEST, KNOWN)
    monkeypatch.setattr("engine.archive.audit.cache.code_digest", lambda: "00" * 32)
    assert Cache.of(tmp_path / "cache", "cd" * 32, {"purpose": "audit"}).get(DIGEST) is None


def test_a_damaged_entry_is_as_none_and_is_written_anew(cache: Cache, tmp_path: Path) -> None:
    cache.put(DIGEST, KNOWN)
    (path,) = entries(tmp_path)
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert cache.get(DIGEST) is None, place
    for damaged in (b"", whole[:-1], b"\xff" * 100, whole[:64] + b"\n[]"):
        path.write_bytes(damaged)
        assert cache.get(DIGEST) is None
    cache.put(DIGEST, KNOWN)
    assert cache.get(DIGEST) == KNOWN


def test_a_place_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    cache = Cache.of(tmp_path / "file" / "cache", "cd" * 32, {})
    cache.put(DIGEST, KNOWN)
    assert cache.get(DIGEST) is None


def test_what_utf_8_cannot_carry_is_not_kept(cache: Cache) -> None:
    cache.put(DIGEST, Known(REPORT, Content(serial="\udcff")))
    assert cache.get(DIGEST) is None


def test_where_it_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "unbroken" / "audit"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == Path.home() / ".cache" / "unbroken" / "audit"
    assert len(code_digest()) == 64

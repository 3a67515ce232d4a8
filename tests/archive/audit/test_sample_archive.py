"""Each check fires in one case of the sample archive and is silent in its twin; through files, from end to end."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import mkdtemp

import pytest
from jsonschema import Draft202012Validator

from engine.archive.audit.result import ArchiveReport
from engine.archive.audit.run import AuditOptions, audit
from engine.archive.selftest import SelfTest
from engine.findings import Finding, Severity, Verdict
from engine.proofs import register
from engine.proofs.policy import Policy
from engine.proofs.register_target import target_of
from engine.report.audit import render
from engine.report.views import View
from engine.rules.cases.catalogue import CHECKS
from engine.rules.cases.result import CaseReport
from engine.rules.pack import load
from fixtures.archive.make import ARCHIVE, EXPECTED, KEYS, make_archive
from fixtures.archive.placing import ARCHIVE_WIDE, NOT_SHOWN, PAIRS, Placed, placed
from fixtures.archive.plan import AS_OF, REFUSED
from fixtures.archive.tables import as_tables

PACK = load("zj-rf-2019")
GROUPS = placed()
CASES = tuple(case for first, beside in GROUPS for case in (first, *beside))
WEAK = "backup_weak"
OTHER_VOLUME = Path("/dev/shm")
SCHEMA = json.loads(files("engine.report").joinpath("report.schema.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Sample:
    """The archive, its report, and what is kept of its files for audits of parts of it."""

    folder: Path
    cache: str
    one_volume: bool
    report: ArchiveReport

    @property
    def archive(self) -> Path:
        return self.folder / ARCHIVE

    def case(self, identifier: str) -> CaseReport:
        return next(c for c in self.report.cases if c.id == identifier)

    def options(self, **changes: str) -> AuditOptions:
        return options(self.folder, self.cache, **changes)

    def part(self, target: Path, *numbers: int) -> Path:
        """An archive of some of the cases only; their backups stay where they are."""
        for case in (c for c in CASES if c.number in numbers):
            shutil.copytree(self.archive / case.folder, target / case.folder)
            self.declare_anew(case, target)
        for name in ("archive.toml", "devices.toml"):
            shutil.copyfile(self.archive / name, target / name)
        return target

    def declare_anew(self, case: Placed, archive: Path) -> None:
        """Write a case's paperwork into a copy of the archive, with absolute paths to its backups."""
        home = self.archive / case.folder
        text = (home / "case.toml").read_text(encoding="utf-8")
        text = re.sub('backup = "(.*)"', lambda m: f'backup = "{os.path.normpath(home / m[1])}"', text)
        file = archive / case.folder / "case.toml"
        file.unlink(missing_ok=True)  # it may be a link to the sample's own
        file.write_text(text, encoding="utf-8")


def options(folder: Path, cache: str, **changes: str) -> AuditOptions:
    given = AuditOptions(as_of=AS_OF, jobs=2, cache=cache, policy=Policy.of(folder / KEYS))
    return replace(given, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    folder = tmp_path_factory.mktemp("sample") / "示例"
    apart = OTHER_VOLUME.is_dir() and os.stat(OTHER_VOLUME).st_dev != os.stat(folder.parent).st_dev
    backups = Path(mkdtemp(prefix="unbroken-backup-", dir=OTHER_VOLUME)) / "backup" if apart else None
    try:
        make_archive(folder, workers=2, backups=backups)
        cache = str(tmp_path_factory.mktemp("cache"))
        yield Sample(folder, cache, not apart, audit(folder / ARCHIVE, options(folder, cache)))
    finally:
        if backups is not None:
            shutil.rmtree(backups.parent)


def fact_of(finding: Finding) -> str:
    """``check_fact`` of a finding about a case, ``content_kind`` of one about a file."""
    own = finding.template.startswith("case_")
    return finding.template.removeprefix("case_") if own else f"content_{finding.kind}"


def found(report: CaseReport, sample: Sample, case: Placed) -> set[str]:
    """What was found; on one volume every backup is weak, which is left out where it is not what is asked."""
    facts = {fact_of(f) for f in report.findings}
    return facts - {WEAK} if sample.one_volume and WEAK not in case.plan.expects else facts


def expected_verdict(case: Placed) -> str:
    if case.plan.verdict:
        return "not_examinable" if case.plan.verdict == REFUSED else case.plan.verdict
    weights = [_weight(fact) for fact in case.plan.expects]
    worst = max(weights, default=Severity.NOTICE)
    return str(worst.label) if worst > Severity.NOTICE else "clear"


def _weight(fact: str) -> Severity:
    check = next(name for name in CHECKS if fact.startswith(f"{name}_"))
    if check == "content":
        return Severity.NOTICE if fact.endswith("clock_jump") else Severity.SUSPICION
    return Severity[PACK.content.checks[check].severity[fact.removeprefix(f"{check}_")].upper()]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.number:03d}-{c.pair.fact}-{c.role}")
def test_what_is_expected_is_found_and_nothing_else(sample: Sample, case: Placed) -> None:
    report = sample.case(case.id)
    assert found(report, sample, case) == case.plan.expects
    assert report.verdict == expected_verdict(case), [c for c in report.checks if c.outcome == "not_examinable"]
    assert (report.reason == REFUSED) == (case.plan.verdict == REFUSED), report.error


def test_a_fact_is_found_in_its_own_case_and_not_in_the_twin() -> None:
    """The table itself: a pair that expected nothing, or the same of both, would pass whatever the audit says."""
    for pair in PAIRS:
        refused = pair.guilty.verdict == REFUSED
        assert refused or pair.fact in pair.guilty.expects, pair
        assert pair.fact not in pair.legal.expects
        assert pair.guilty != pair.legal
        assert pair.fires
        assert pair.silent


def test_every_check_and_every_fact_has_a_pair() -> None:
    shown = {p.fact for p in PAIRS} | set(ARCHIVE_WIDE)
    facts = {f"{name}_{fact}" for name, check in CHECKS.items() for fact in check.facts}
    assert facts - shown == set(NOT_SHOWN)
    assert {name for name in CHECKS if any(f.startswith(f"{name}_") for f in shown)} == set(CHECKS)
    assert len(PAIRS) >= 60


def test_the_archive_as_a_whole(sample: Sample) -> None:
    assert len(sample.report.cases) == len(CASES)
    refused = {c.id for c in CASES if c.plan.verdict == REFUSED}
    assert {p.case for p in sample.report.problems if p.grade == "error"} <= refused | {None, ""}
    strays = [f.path for f in sample.report.files for one in f.findings if one.template == "in_no_case"]
    assert strays == []
    written = json.loads((sample.folder / EXPECTED).read_text(encoding="utf-8"))
    assert [(c["case"], set(c["finds"])) for c in written["cases"]] == [(c.id, set(c.plan.expects)) for c in CASES]


def test_a_second_audit_says_the_same(sample: Sample) -> None:
    assert audit(sample.archive, sample.options()) == sample.report


def test_all_views_in_both_languages(sample: Sample) -> None:
    none = SelfTest(())
    document = json.loads(render(sample.report, View("json", "zh"), none))
    assert [e.message for e in Draft202012Validator(SCHEMA).iter_errors(document)] == []
    for language in ("en", "zh"):
        for form in ("text", "html"):
            view = render(sample.report, View(form, language), none)
            missing = [c.id for c in sample.report.cases if c.id not in view.replace("\n", "")]
            assert missing == []
            assert "{" not in view.split("<style")[0], "a text whose values were not filled in"


def test_tables_of_a_spreadsheet_say_the_same(sample: Sample, tmp_path: Path) -> None:
    """In GB 18030, as office programs write them."""
    archive = tmp_path / "表格"
    shutil.copytree(sample.archive, archive, copy_function=os.link)
    for case in CASES:
        sample.declare_anew(case, archive)
    as_tables(archive)
    assert "示例" in (archive / "cases.csv").read_bytes().decode("gb18030")
    told = audit(archive, sample.options())
    for case in CASES:
        (report,) = (c for c in told.cases if c.id == case.id)
        assert {fact_of(f) for f in report.findings} - {WEAK} == case.plan.expects - {WEAK}, case.folder
        assert report.verdict == sample.case(case.id).verdict


# ---- the access register speaks of all cases at once ------------------------------------------------


def registers(folder: Path, recording: Path) -> tuple[Path, Path, Path]:
    """One as it was kept, one with an edited line, one with a use that nobody approved."""
    whole, edited, unapproved = (folder / f"{n}.register" for n in ("whole", "edited", "unapproved"))
    what = target_of(recording)
    given = register.approve(whole, who="李敏", approver="王华", reason="复核", action=register.Action.COPY, what=what)
    register.enter_use(whole, given)
    edited.write_bytes(whole.read_bytes().replace("复核".encode(), "查阅".encode(), 1))
    other = register.approve(
        unapproved, who="李敏", approver="王华", reason="复核", action=register.Action.VIEW, what=what
    )
    assert other.id != given.id
    register.enter_use(unapproved, given)
    return whole, edited, unapproved


def test_the_access_register(sample: Sample, tmp_path: Path) -> None:
    clear = next(c for c in CASES if c.pair.fact == "sound_no_sound" and c.role == "silent")
    archive = sample.part(tmp_path / "a", clear.number)
    whole, edited, unapproved = registers(tmp_path, next((archive / clear.folder).glob("*.mp4")))
    for path, facts in ((whole, set()), (edited, {"access_chain_broken"}), (unapproved, {"access_not_approved"})):
        (report,) = audit(archive, sample.options(register=str(path))).cases
        assert {fact_of(f) for f in report.findings} - {WEAK} == facts
        assert (report.verdict is Verdict.CLEAR) == (not facts)


# ---- what nobody should put into an archive ---------------------------------------------------------


def test_hostile_folders_harm_no_other_case(sample: Sample, tmp_path: Path) -> None:
    clear = next(c for c in CASES if c.pair.fact == "sound_no_sound" and c.role == "silent")
    archive = sample.part(tmp_path / "a", clear.number)
    home = archive / clear.folder
    good = (home / "case.toml").read_text(encoding="utf-8")
    recording = next(home.glob("*.mp4"))

    def another(name: str | bytes, text: str) -> Path:
        folder = Path(os.fsdecode(os.fsencode(archive) + b"/" + os.fsencode(name)))
        folder.mkdir()
        (folder / "case.toml").write_text(text.replace(clear.id, f"{os.fsencode(name)!r}"), encoding="utf-8")
        return folder

    head = good.split("[[recordings]]")[0]
    another("empty", head)
    another(b"\xff\xfe", good)
    another("backwards", good.replace("\nend = ", "\nend = 2020-01-01T00:00:00+08:00\nplace = ", 1))
    another("nonsense", "schema = 'unbroken.case/1'\n[case\n")
    (archive / "nothing").mkdir()
    (archive / "nothing" / "case.toml").touch()
    out = another("out", good.replace(recording.name, "out.mp4"))
    shutil.copyfile(recording, tmp_path / "out.mp4")
    (out / "out.mp4").symlink_to(tmp_path / "out.mp4")
    another("up", good.replace(f'path = "{recording.name}"', 'path = "../../out.mp4"'))
    pipe = another("pipe", good.replace(recording.name, "pipe.mp4"))
    os.mkfifo(pipe / "pipe.mp4")
    short = another("short", good)
    (short / recording.name).write_bytes(recording.read_bytes()[:1000])
    (archive / "loop").symlink_to(archive)
    report = audit(archive, sample.options())
    by_path = {os.fsencode(c.path): c for c in report.cases}
    assert by_path[os.fsencode(clear.folder)].verdict is Verdict.CLEAR
    assert len(by_path) == 10
    for name in (b"backwards", b"nonsense", b"nothing", b"out", b"up"):
        assert by_path[name].reason == REFUSED, name
    for name in (b"\xff\xfe", b"pipe", b"short", b"empty"):
        assert by_path[name].verdict is not Verdict.CLEAR, name
    assert {fact_of(f) for f in by_path[b"empty"].findings} == {"recorded_nothing_recorded"}
    assert not [f for f in report.files if "out.mp4" in f.path]
    for form in ("text", "html", "json"):
        assert render(report, View(form, "zh"), SelfTest(())).encode("utf-8")


def test_the_page_is_current() -> None:
    root = Path(__file__).parents[3]
    spec = spec_from_file_location("sample_docs", root / "tools" / "sample_docs.py")
    assert spec is not None
    assert spec.loader is not None
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)
    page = (root / "docs" / "sample-archive.md").read_text(encoding="utf-8")
    assert tool.document() == page, "run: python tools/sample_docs.py"

"""The steps of `unbroken demo --archive`: a sample archive of cases, audited."""

from __future__ import annotations

from pathlib import Path

from engine.archive.audit.run import AuditOptions, audit
from engine.archive.pool import processors
from engine.archive.selftest import SelfTest, vectors
from engine.cli.common import INTERRUPTED, USAGE, Problem, ProgressMode, bilingual, on_one_line, say, write_file
from engine.cli.progress import watching
from engine.proofs.policy import Policy
from engine.report.audit import render
from engine.report.views import View
from fixtures.archive.make import ARCHIVE, EXPECTED, KEYS, make_archive
from fixtures.archive.plan import AS_OF


def demonstrate_cases(folder: Path, jobs: int | None, language: str, progress: ProgressMode) -> int:
    """Make the archive, audit it as of the day that it is made for, and report."""
    say(bilingual(f"Making a sample archive of cases in {folder}", f"正在 {folder} 生成案件示例档案库"))
    try:
        cases = make_archive(folder, jobs or processors())
    except FileExistsError as error:
        where = on_one_line(str(error))
        raise Problem(
            bilingual(
                f"{where}: stands there, and no demonstration made it. Name another folder.",
                f"{where}：已存在且不是示例生成的，请指定其他文件夹。",
            ),
            USAGE,
        ) from error
    say(bilingual(f"Auditing its {len(cases)} cases", f"正在核查其中 {len(cases)} 件案件"))
    options = AuditOptions(as_of=AS_OF, jobs=jobs, exhibits="plots", policy=Policy.of(folder / KEYS))
    with watching(progress) as watch:
        report = audit(folder / ARCHIVE, options, watch)
    if report.interrupted:
        return INTERRUPTED
    selftest: SelfTest = vectors()
    print(render(report, View("text", language, only_found=True), selftest), end="")
    for form in ("html", "json"):
        write_file(folder / f"report.{form}", render(report, View(form, language), selftest).encode())
    print(bilingual(f"What should be found: {folder / EXPECTED}", f"应发现的问题：{folder / EXPECTED}"))
    again = f"unbroken audit {folder / ARCHIVE} --as-of {AS_OF:%Y-%m-%dT%H:%M%z} --trusted-keys {folder / KEYS}"
    print(bilingual(f"The same again: {again}", f"再次核查：{again}"))
    page = (folder / "report.html").resolve()
    print(bilingual(f"HTML report: {page}", f"HTML 报告：{page}"))
    return 0

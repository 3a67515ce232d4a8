"""`unbroken audit`: a whole archive against a rule pack."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from engine.cli.answers import Only, ReportFormat, write_lines
from engine.cli.common import (
    CLEAR,
    FOUND,
    INTERRUPTED,
    USAGE,
    Jobs,
    Lang,
    Output,
    Problem,
    Progress,
    ProgressMode,
    bilingual,
    check_output,
    exit_code,
    on_one_line,
    say,
    system_language,
    write_output,
)
from engine.cli.verify import LogKeys, Required, TrustedFile, TsaCa

if TYPE_CHECKING:
    from engine.archive.audit.result import ArchiveReport
    from engine.archive.audit.run import AuditOptions
    from engine.report.views import View


PageLanguage = Annotated[
    Lang | None,
    typer.Option(
        "--lang",
        help=bilingual(
            "Language of the texts (default: from LANG; of the HTML page: Chinese).",
            "文本语言（默认取自 LANG；HTML 报告默认中文）。",
        ),
    ),
]
AccessRegister = Annotated[
    Path | None,
    typer.Option(
        "--register",
        metavar="FILE",
        envvar="UNBROKEN_REGISTER",
        help=bilingual("The access register, to be looked at too.", "一并核查的调阅登记簿文件。"),
    ),
]


def command(
    archive: Annotated[
        Path,
        typer.Argument(
            metavar="ARCHIVE",
            help=bilingual(
                "Folder with archive.toml, devices.toml and a case.toml for each case, or tables of a spreadsheet.",
                "档案文件夹：含 archive.toml、devices.toml 以及每件案件的 case.toml，或电子表格（CSV）。",
            ),
        ),
    ],
    form: Annotated[
        ReportFormat, typer.Option("--format", "-f", help=bilingual("Form of the report.", "报告形式。"))
    ] = ReportFormat.TEXT,
    output: Output = None,
    jobs: Jobs = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="TIME",
            help=bilingual(
                "Check deadlines for this moment (2026-03-31 or 2026-03-31T18:00+08:00; default: now).",
                "以该时点核查期限（2026-03-31 或 2026-03-31T18:00+08:00；默认为当前时间）。",
            ),
        ),
    ] = None,
    only: Annotated[
        Only | None,
        typer.Option(
            "--only",
            help=bilingual("Leave out cases and files in which nothing was found.", "不列出未发现痕迹的案件和文件。"),
        ),
    ] = None,
    lang: PageLanguage = None,
    pictures: Annotated[
        bool,
        typer.Option(
            "--pictures/--no-pictures",
            help=bilingual("Pictures around findings in the HTML page.", "HTML 报告中附发现处的画面截图。"),
        ),
    ] = True,
    init: Annotated[
        bool,
        typer.Option(
            "--init",
            help=bilingual(
                "Write commented templates of the archive's files; nothing is overwritten.",
                "写入带说明的档案文件模板，不覆盖已有文件。",
            ),
        ),
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help=bilingual(
                "Check the archive's own files without reading footage.", "只校验档案文件本身，不读取录音录像。"
            ),
        ),
    ] = False,
    cached: Annotated[
        bool,
        typer.Option(
            "--cache/--no-cache",
            help=bilingual(
                "Take what is known of unchanged files from the last audit.", "未改动的文件沿用上次核查的检验结果。"
            ),
        ),
    ] = True,
    cache_dir: Annotated[
        Path | None,
        typer.Option(
            "--cache-dir",
            metavar="DIR",
            help=bilingual(
                "Where that is kept (default: the user's cache).", "检验结果缓存位置（默认为用户缓存目录）。"
            ),
        ),
    ] = None,
    register: AccessRegister = None,
    trusted_keys: TrustedFile = None,
    require_signature: Required = False,
    tsa_ca: TsaCa = None,
    log_keys: LogKeys = None,
    progress: Progress = ProgressMode.AUTO,
) -> int:
    """Hold an archive against its rule pack: each activity recorded, whole, explained, exported, kept?

    Exit code: 0 all clear, 1 something found, 2 wrong usage, 3 something could not be
    examined (1 wins over 3), 130 interrupted.
    """
    if init and check:
        raise Problem(bilingual("--init and --check exclude each other.", "--init 与 --check 不能同时使用。"), USAGE)
    if init:
        return _init(archive)
    if not archive.is_dir():
        raise Problem(
            bilingual(
                f"{on_one_line(str(archive))}: no such folder. Name the archive's folder.",
                f"{on_one_line(str(archive))}：文件夹不存在，请指定档案文件夹。",
            ),
            USAGE,
        )
    usual = Lang.ZH if form is ReportFormat.HTML else system_language()
    language = (lang or usual).value
    if check:
        return _check(archive, "zh" if language == "zh" else "en")
    check_output(output)
    from engine.archive.audit.cache import cache_folder
    from engine.archive.audit.run import AuditOptions
    from engine.cli.signers import problems
    from engine.proofs.policy import Policy
    from engine.report.views import View

    with problems():
        policy = Policy.of(trusted_keys, require_signature, tsa_ca, log_keys)
    options = AuditOptions(
        as_of=None if as_of is None else moment(as_of),
        jobs=jobs,
        exhibits=_exhibits(form, pictures),
        cache=str(cache_dir or cache_folder()) if cached else None,
        policy=policy,
        register=None if register is None else str(register),
    )
    return _audit(archive, options, View(form.value, language, only_found=only is Only.FOUND), output, progress)


def moment(text: str) -> datetime:
    """A moment as a user writes it; a date is the end of that day, no offset the local zone.

    Raises
    ------
    Problem
        Wrong usage, if it is none.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(
            bilingual(
                f"--as-of: {on_one_line(text)!r} is no date. Write 2026-03-31 or 2026-03-31T18:00+08:00.",
                f"--as-of：{on_one_line(text)!r} 不是日期，请写作 2026-03-31 或 2026-03-31T18:00+08:00。",
            ),
            USAGE,
        ) from None
    if len(text) <= len("2026-03-31"):
        time = time.replace(hour=23, minute=59, second=59)
    return time if time.utcoffset() is not None else time.astimezone()


def _exhibits(form: ReportFormat, pictures: bool) -> Literal["none", "plots", "pictures"]:
    if form is not ReportFormat.HTML:
        return "none"
    return "pictures" if pictures else "plots"


def _init(archive: Path) -> int:
    from engine.archive.manifests import init

    try:
        done = init(archive)
    except OSError as error:
        why = error.strerror or str(error)
        raise Problem(
            bilingual(f"{on_one_line(str(archive))}: {why}", f"{on_one_line(str(archive))}：{why}")
        ) from error
    for name in done.written:
        say(bilingual(f"written: {name}", f"已写入：{name}"))
    for name in done.kept:
        say(bilingual(f"kept as it is: {name}", f"已存在，未改动：{name}"))
    return CLEAR


def _check(archive: Path, language: Literal["en", "zh"]) -> int:
    from engine.archive.manifests import check

    found = check(archive)
    lines = [p.as_line(language) for p in found.problems]
    write_lines(lines, None)
    cases = len(found.archive.cases)
    say(
        bilingual(
            f"unbroken: {cases} cases, {found.errors} errors, {len(lines) - found.errors} warnings",
            f"unbroken：{cases} 件案件，错误 {found.errors} 项，警告 {len(lines) - found.errors} 项",
        )
    )
    return FOUND if found.errors else CLEAR


def _audit(archive: Path, options: AuditOptions, view: View, output: Path | None, progress: ProgressMode) -> int:
    from engine.archive.audit.run import audit
    from engine.archive.selftest import vectors
    from engine.cli.progress import watching
    from engine.report.audit import render, show

    with watching(progress) as watch:
        report = audit(archive, options, watch)
    selftest = vectors()
    if output is None and view.form == ReportFormat.TEXT and sys.stdout.isatty():
        show(report, view, selftest, sys.stdout)
    else:
        write_output(render(report, view, selftest), output)
    if report.interrupted:
        _say_interrupted(report)
        return INTERRUPTED
    return exit_code(*report.exit_facts())


def _say_interrupted(report: ArchiveReport) -> None:
    say(
        bilingual(
            f"unbroken: interrupted; {report.left} records and {report.cases_left} cases were not examined and "
            "are not in the report",
            f"unbroken：已中断；{report.left} 个文件、{report.cases_left} 件案件未检验，未列入报告",
        )
    )

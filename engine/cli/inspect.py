"""`unbroken inspect`: findings for files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from engine.cli.answers import Only, ReportFormat, chinese
from engine.cli.common import (
    INTERRUPTED,
    USAGE,
    Files,
    Jobs,
    Language,
    Output,
    Problem,
    Progress,
    ProgressMode,
    bilingual,
    check_folder,
    check_output,
    exit_code,
    on_one_line,
    recordings,
    say,
    system_language,
    write_output,
)

if TYPE_CHECKING:
    from engine.report.run import Run
    from engine.report.views import View


class Depth(StrEnum):
    """How much is decoded."""

    CONTAINER = "container"
    FULL = "full"


def command(
    files: Files,
    form: Annotated[
        ReportFormat, typer.Option("--format", "-f", help=bilingual("Form of the report.", "报告形式。"))
    ] = ReportFormat.TEXT,
    output: Output = None,
    jobs: Jobs = None,
    only: Annotated[
        Only | None,
        typer.Option(
            "--only", help=bilingual("Leave out files in which nothing was found.", "不列出未发现痕迹的文件。")
        ),
    ] = None,
    notices: Annotated[
        bool,
        typer.Option(
            "--notices",
            help=bilingual(
                "List notices too: facts that make no file suspect; else the text only counts them.",
                "同时列出提示（不影响结论的备查事实）；默认只计数。",
            ),
        ),
    ] = False,
    lang: Language = None,
    pictures: Annotated[
        bool,
        typer.Option(
            "--pictures/--no-pictures",
            help=bilingual("Pictures around findings in the HTML page.", "HTML 报告中附发现处的画面截图。"),
        ),
    ] = True,
    seal: Annotated[
        bool,
        typer.Option(
            "--seal",
            help=bilingual("Also write a proof of each file, in the same pass.", "同一次读取中为每个文件生成证明。"),
        ),
    ] = False,
    out_dir: Annotated[
        Path | None,
        typer.Option(
            "--out-dir",
            metavar="DIR",
            help=bilingual("Where proofs go (default: beside the file).", "证明存放位置（默认与文件同处）。"),
        ),
    ] = None,
    progress: Progress = ProgressMode.AUTO,
    level: Annotated[
        Depth,
        typer.Option(
            "--level",
            help=bilingual(
                "full decodes everything; container reads container and bitstream alone, at disk speed.",
                "检验深度：full 全部解码；container 只读封装和码流，速度接近磁盘。",
            ),
        ),
    ] = Depth.FULL,
) -> int:
    """Examine recordings for traces of gaps, cuts, insertions, loops and clock jumps.

    Exit code: 0 all clear, 1 something found, 2 wrong usage, 3 something could not be
    examined, or with --seal a proof not added to the archive's log (1 wins over 3), 130 interrupted.
    """
    from engine.findings import Severity
    from engine.report.views import View

    if out_dir is not None and not seal:
        raise Problem(bilingual("--out-dir goes with --seal.", "--out-dir 须与 --seal 同用。"), USAGE)
    check_output(output)
    check_folder(out_dir)
    paths = recordings(files)
    view = View(
        form.value,
        (lang or system_language()).value,
        only_found=only is Only.FOUND,
        least=Severity.NOTICE if notices else Severity.SUSPICION,
    )
    return _run(paths, view, output, jobs, pictures, seal, out_dir, progress, level)


def _run(
    paths: Sequence[str],
    view: View,
    output: Path | None,
    jobs: int | None,
    pictures: bool,
    seal: bool,
    out_dir: Path | None,
    progress: ProgressMode,
    level: Depth,
) -> int:
    from engine.archive.batch import lost
    from engine.archive.guarding import Options
    from engine.archive.pool import plan, run
    from engine.cli.progress import watching
    from engine.report.run import Run, sealing_task, task
    from engine.report.views import render, show

    at_a_time, threads = plan(len(paths), jobs)
    options = Options(threads=threads, exhibits=_exhibits(view, pictures), level=level.value)
    work = sealing_task(options, None if out_dir is None else str(out_dir)) if seal else task(options)
    with watching(progress) as watch:
        batch = run(work, paths, lost, at_a_time, watch)
    result = Run.of(batch.results, options, batch.interrupted)
    if output is None and view.form == ReportFormat.TEXT and sys.stdout.isatty():
        show(result, view, sys.stdout)
    else:
        write_output(render(result, view), output)
    if batch.interrupted:
        left = len(paths) - len(batch.results)
        say(
            bilingual(
                f"unbroken: interrupted; {left} of {len(paths)} files were not examined and are not in the report",
                f"unbroken：已中断；{len(paths)} 个文件中有 {left} 个未检验，未列入报告",
            )
        )
        return INTERRUPTED
    found, not_examined = result.exit_facts()
    return exit_code(found, not_examined or not _in_their_logs(result))


def _in_their_logs(result: Run) -> bool:
    """Add the proofs just written to the archive's log, where it has one; says which could not be added."""
    from engine.cli.logged import append_sealed
    from engine.proofs.log.telling import attached_line

    proofs = [(r.path, r.proof) for r in result.reports if r.proof is not None]
    written = [(path, Path(str(p["seal"]))) for path, p in proofs if p["status"] in ("sealed", "already_sealed")]
    missing = [a for a in append_sealed(written) if a.status == "failed"]
    for attached in missing:
        say(on_one_line(attached_line(attached, chinese(None))))
    return not missing


def _exhibits(view: View, pictures: bool) -> Literal["none", "plots", "pictures"]:
    if view.form != ReportFormat.HTML:
        return "none"
    return "pictures" if pictures else "plots"

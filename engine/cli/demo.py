"""`unbroken demo`: a small sample archive, sealed, examined, altered and verified."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.common import USAGE, Jobs, Language, Problem, Progress, ProgressMode, bilingual, system_language


def command(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help=bilingual("Where the archive is made.", "示例档案所在文件夹。")),
    ] = Path("demo"),
    archive: Annotated[
        bool,
        typer.Option(
            "--archive",
            help=bilingual(
                "An archive of cases in pairs, audited: each check fires in one and is silent in its twin.",
                "生成成对案件的档案库并核查：每项检查在一案中发现问题，在对照案中不报。",
            ),
        ),
    ] = False,
    jobs: Jobs = None,
    lang: Language = None,
    progress: Progress = ProgressMode.AUTO,
) -> int:
    """Make a sample archive, some of it tampered with; seal, examine and verify it; show the report.

    With --archive: a sample archive of cases, held against the rule pack.

    Exit code: 0 when the demonstration ran, whatever it found.
    """
    if folder.exists() and not folder.is_dir():
        raise Problem(bilingual(f"{folder}: is a file; name a folder.", f"{folder}：是文件，请指定文件夹。"), USAGE)
    if archive:
        from engine.cli.demonstration_cases import demonstrate_cases

        return demonstrate_cases(folder, jobs, (lang or system_language()).value, progress)
    from engine.cli.demonstration import demonstrate

    return demonstrate(folder, jobs, (lang or system_language()).value, progress)

"""`unbroken tamper`: tampered copies with known ground truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.common import (
    CLEAR,
    NOT_EXAMINED,
    USAGE,
    Files,
    Lang,
    Language,
    Problem,
    bilingual,
    cannot_write,
    on_one_line,
    recordings,
    say,
    system_language,
)

OutDir = Annotated[
    Path,
    typer.Option(
        "--out-dir",
        metavar="DIR",
        help=bilingual("Folder for the copies; the recordings are never touched.", "副本所在文件夹；原录像不受影响。"),
    ),
]
Ops = Annotated[
    list[str] | None,
    typer.Option(
        "--op",
        metavar="OP[:VALUE]",
        help=bilingual(
            "What is done, for example delete:25 (default: delete); may be given again. --op list names all.",
            "篡改操作，例如 delete:25（默认 delete）；可重复给出。--op list 列出全部操作。",
        ),
    ),
]
Seeds = Annotated[
    list[int] | None,
    typer.Option(
        "--seed", min=0, metavar="N", help=bilingual("Place and parameters follow from it.", "决定位置和参数。")
    ),
]
TruthFile = Annotated[
    Path | None,
    typer.Option(
        "--truth",
        metavar="PATH",
        help=bilingual(
            "Ground truth, JSON lines (default: truth.jsonl in DIR).", "真值文件，JSON 行（默认 DIR/truth.jsonl）。"
        ),
    ),
]
Other = Annotated[
    Path | None,
    typer.Option(
        "--other",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help=bilingual("Recording that foreign frames come from.", "插入画面取自该录像。"),
    ),
]
Photo = Annotated[
    Path | None,
    typer.Option(
        "--photo", metavar="FILE", exists=True, dir_okay=False, help=bilingual("Photo to insert.", "用于插入的照片。")
    ),
]


def command(
    files: Files,
    out_dir: OutDir,
    op: Ops = None,
    seed: Seeds = None,
    truth: TruthFile = None,
    other: Other = None,
    photo: Photo = None,
    lang: Language = None,
) -> int:
    """Make tampered copies of recordings, with ground truth read back from each copy."""
    from fixtures.tamper import OPERATIONS, Sources, copies

    unknown = ", ".join(o for o in op or () if o.partition(":")[0] not in OPERATIONS)
    if unknown:
        known = ", ".join(OPERATIONS)
        raise Problem(
            bilingual(f"{unknown}: no such operation; there are {known}", f"{unknown}：没有该操作；可用操作：{known}"),
            USAGE,
        )
    paths = [Path(p) for p in recordings(files)]
    chinese = (lang or system_language()) is Lang.ZH
    failed, sources = False, Sources(other, photo)
    try:
        for made in copies(paths, op or ["delete"], seed or [1], out_dir, truth or out_dir / "truth.jsonl", sources):
            for entry in made.truths:
                typer.echo(on_one_line(str(out_dir / entry.file)))
            if made.problem is not None:
                failed = True
                say(f"{made.op}: {made.problem.told(chinese)}")
    except OSError as error:
        raise cannot_write(error.filename or out_dir, error) from error
    return NOT_EXAMINED if failed else CLEAR

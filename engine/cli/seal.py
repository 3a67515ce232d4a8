"""`unbroken seal`: a proof beside each recording."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from engine.cli.common import (
    Files,
    Lang,
    Language,
    Output,
    bilingual,
    check_folder,
    check_output,
    exit_code,
    on_one_line,
    recordings,
    system_language,
    write_output,
)

OutDir = Annotated[
    Path | None,
    typer.Option(
        "--out-dir",
        metavar="DIR",
        help=bilingual(
            "Write proofs into this folder, not beside the recordings.", "将证明写入该文件夹，而不是文件旁边。"
        ),
    ),
]
Reason = Annotated[
    str | None,
    typer.Option(
        "--supersede",
        metavar="REASON",
        help=bilingual(
            "Replace a proof that the recording does not fit; the old root is kept in the new proof.",
            "替换与文件不符的已有证明；新证明中保留旧的根。",
        ),
    ),
]
Operator = Annotated[
    str | None,
    typer.Option("--operator", metavar="NAME", help=bilingual("Who seals.", "封存人。")),
]
Device = Annotated[
    str | None,
    typer.Option("--device", metavar="SERIAL", help=bilingual("Serial number of the recorder.", "记录设备编号。")),
]
Format = Annotated[
    Literal["text", "json"], typer.Option("--format", help=bilingual("How results are written.", "结果格式。"))
]


def command(
    files: Files,
    out_dir: OutDir = None,
    supersede: Reason = None,
    operator: Operator = None,
    device: Device = None,
    format_: Format = "text",
    output: Output = None,
    lang: Language = None,
) -> int:
    """Write a proof beside each recording that binds every picture and sound frame.

    Exit code: 0 sealed, 1 a recording does not fit the proof it has, 2 wrong usage, 3 a
    recording could not be sealed (1 wins over 3).
    """
    from engine.proofs.seal import Origin, Supersede, seal
    from engine.proofs.telling import seal_json, seal_lines

    check_output(output)
    check_folder(out_dir)
    paths = recordings(files)
    reason = Supersede(supersede) if supersede else None
    results = [seal(path, out_dir, reason, Origin(operator=operator, device=device)) for path in paths]
    chinese = (lang or system_language()) is Lang.ZH
    if format_ == "json":
        text = json.dumps(seal_json(results), ensure_ascii=False, indent=2) + "\n"
    else:
        text = "".join(f"{on_one_line(line)}\n" for result in results for line in seal_lines(result, chinese))
    write_output(text, output)
    status = {result.status for result in results}
    return exit_code(found="not_ok" in status, not_examined="refused" in status)

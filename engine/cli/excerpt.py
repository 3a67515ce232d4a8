"""`unbroken excerpt`: a part of a sealed recording, with its own proof."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.answers import Format, chinese, write_json, write_lines
from engine.cli.common import (
    CLEAR,
    FOUND,
    NOT_EXAMINED,
    USAGE,
    Language,
    Problem,
    bilingual,
    file_words,
    on_one_line,
)
from engine.cli.prove import File
from engine.cli.verify import Proof

From = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="T",
        help=bilingual(
            "Where it begins, from the first picture: seconds (12.5), or 1:02:03.5.",
            "开始时间（自首个画面起）：秒（12.5）或 时:分:秒（1:02:03.5）。",
        ),
    ),
]
To = Annotated[
    str, typer.Option("--to", metavar="T", help=bilingual("What is presented before this.", "结束时间（不含）。"))
]
Register = Annotated[
    Path,
    typer.Option(
        "--register",
        metavar="FILE",
        envvar="UNBROKEN_REGISTER",
        help=bilingual(
            "The access register; it holds the approval, and the excerpt is entered in it.",
            "调阅登记簿：须已有审批记录，节选同时登记在内。",
        ),
    ),
]
Who = Annotated[
    str, typer.Option("--as", metavar="WHO", help=bilingual("Whom the approval is for.", "审批记录中的申请人。"))
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help=bilingual("Why it is cut.", "节选事由。"))]
Clip = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="CLIP",
        help=bilingual(
            "The clip to write; its ending decides the container. By default in the current folder.",
            "输出文件，扩展名决定封装格式；默认写入当前文件夹。",
        ),
    ),
]
Withhold = Annotated[
    str | None,
    typer.Option(
        "--withhold",
        metavar="N[,N-M]",
        help=bilingual(
            "Frames (presentation order, from 0) to leave out; the proof says that they are.",
            "不予出示的帧（按播放顺序，从 0 开始）；节选证明会注明。",
        ),
    ),
]

WithholdSound = Annotated[
    str | None,
    typer.Option(
        "--withhold-sound",
        metavar="T-T[,T-T]",
        help=bilingual(
            "Spans of which no sound is handed out; the proof says that it is not.",
            "不予出示声音的时间段；节选证明会注明。",
        ),
    ),
]


def command(
    file: File,
    from_: From,
    to: To,
    register: Register,
    who: Who,
    reason: Reason,
    output: Clip = None,
    withhold: Withhold = None,
    withhold_sound: WithholdSound = None,
    proof: Proof = None,
    format_: Format = "text",
    lang: Language = None,
) -> int:
    """Cut a part out of a sealed recording, without encoding anew, with a proof of its own.

    The recording is verified first, and an approval has to be in the access register. The clip and
    its proof can be checked with `unbroken verify` without the recording.

    Exit codes: 0 made, 1 the recording is not as it was sealed, 2 wrong usage, 3 no excerpt made.
    """
    from engine.proofs.excerpt import excerpt
    from engine.proofs.excerpt_request import USAGE_REASONS
    from engine.proofs.excerpt_telling import excerpt_json, excerpt_lines
    from engine.proofs.telling import text

    result = excerpt(
        file,
        from_,
        to,
        register=register,
        requester=who,
        reason=reason,
        withhold=withhold or (),
        withhold_sound=withhold_sound or (),
        output=output,
        proof=proof,
    )
    zh, about_file = chinese(lang), file_words(lang)
    if result.reason in USAGE_REASONS:
        raise Problem(on_one_line(text(result.reason, result.detail, zh, about_file)), USAGE)
    if format_ == "json":
        write_json(excerpt_json(result), None)
    else:
        write_lines(excerpt_lines(result, zh, about_file), None)
    return {"made": CLEAR, "not_ok": FOUND}.get(result.status, NOT_EXAMINED)

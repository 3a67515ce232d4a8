"""Keep the access register: who may see, copy, cut or hand out which recording, who approved it, what was done.

The register is a file of lines, each bound to the one before it: a line that is removed, edited or
moved shows. Keep its head elsewhere from time to time (`unbroken register head`), then a register
that was cut off at its end shows too.

Exit code: 0 done or all is well, 1 the register was changed, 2 wrong usage, 3 not entered, or it
cannot be read or written.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from engine.cli.answers import Format, chinese, told, write_json, write_lines
from engine.cli.common import (
    CLEAR,
    FOUND,
    Language,
    Output,
    bilingual,
    check_output,
    write_output,
)

if TYPE_CHECKING:
    from engine.proofs.register import Span

Register = Annotated[
    Path,
    typer.Option(
        "--register",
        metavar="FILE",
        envvar="UNBROKEN_REGISTER",
        help=bilingual("The access register.", "调阅登记簿文件。"),
    ),
]
Recording = Annotated[
    Path,
    typer.Argument(
        metavar="RECORDING|SEAL", help=bilingual("The recording, or its seal.", "录音录像文件，或其封存证明。")
    ),
]
Who = Annotated[
    str, typer.Option("--as", metavar="WHO", help=bilingual("Who sees, copies or takes it.", "调阅人、复制人。"))
]
What = Annotated[
    Literal["view", "copy", "excerpt", "export"],
    typer.Option(
        "--action",
        help=bilingual("What is done; nothing else is approved.", "事项：调阅、复制、节选、对外提供；仅批准所选一项。"),
    ),
]
Frames = Annotated[
    str | None,
    typer.Option(
        "--frames",
        metavar="FIRST-LAST",
        help=bilingual("Only these frames (presentation order, from 0).", "仅限这些帧（按播放顺序，从 0 开始）。"),
    ),
]
From = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="T",
        help=bilingual("Only from here: seconds, or 1:02:03.5.", "仅限此时间起：秒，或 时:分:秒。"),
    ),
]
To = Annotated[str | None, typer.Option("--to", metavar="T", help=bilingual("Only to here.", "仅限至此时间。"))]


def problems() -> AbstractContextManager[None]:
    """Turn what is wrong with a register into one line."""
    from engine.proofs.register_telling import words

    return told(words, {"register_broken"})


def add(
    recording: Recording,
    register: Register,
    who: Who,
    approver: Annotated[
        str,
        typer.Option(
            "--approver", metavar="WHO", help=bilingual("Who approved it: somebody else.", "审批人（须为他人）。")
        ),
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=bilingual("Why.", "事由。"))],
    action: What,
    frames: Frames = None,
    from_: From = None,
    to: To = None,
    lang: Language = None,
) -> int:
    """Enter an approval; prints the entry with its identifier."""
    from engine.proofs.register import Action, approve
    from engine.proofs.register_target import target_of
    from engine.proofs.register_telling import entry_line

    with problems():
        what = target_of(recording, _span(frames, from_, to))
        entry = approve(register, who=who, approver=approver, reason=reason, action=Action(action), what=what)
    write_lines([entry_line(entry, chinese(lang))], None)
    return CLEAR


def use(
    recording: Recording,
    register: Register,
    who: Who,
    action: What,
    frames: Frames = None,
    from_: From = None,
    to: To = None,
    result: Annotated[
        Path | None,
        typer.Option(
            "--result", metavar="FILE", help=bilingual("The file that was made of it.", "由此生成的文件（如副本）。")
        ),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="TEXT", help=bilingual("Why; by default as approved.", "事由，默认同审批。")),
    ] = None,
    lang: Language = None,
) -> int:
    """Enter that something approved was done; refused where no approval covers it.

    `unbroken excerpt` enters its excerpts by itself.
    """
    from engine.proofs.problems import ProofProblem
    from engine.proofs.register import Action, enter_use, find_approval
    from engine.proofs.register_target import target_of
    from engine.proofs.register_telling import entry_line

    with problems():
        span = _span(frames, from_, to)
        what = target_of(recording, span)
        approval = find_approval(register, what.blake3, Action(action), span, who)
        if approval is None:
            raise ProofProblem("no_approval", f"{who}, {action}, {what.name}")
        made = None if result is None else target_of(result)
        entry = enter_use(register, approval, span=span, result=made, reason=reason)
    write_lines([entry_line(entry, chinese(lang))], None)
    return CLEAR


def list_(register: Register, form: Format = "text", output: Output = None, lang: Language = None) -> int:
    """List all entries, the oldest first."""
    return _show(register, None, form, output, chinese(lang), listed=True)


def verify(
    register: Register,
    head: Annotated[
        str | None,
        typer.Option(
            "--head",
            metavar="HASH",
            help=bilingual(
                "Hash of the entry that was the last one at some time, kept elsewhere.",
                "另行保存的某一时刻末行的摘要。",
            ),
        ),
    ] = None,
    form: Format = "text",
    output: Output = None,
    lang: Language = None,
) -> int:
    """Check that no line was removed, edited or moved; names the first line where one was."""
    return _show(register, head, form, output, chinese(lang), listed=False)


def head(register: Register) -> int:
    """Print the hash of the last entry: keep it where those who can write the register cannot."""
    from engine.proofs.problems import ProofProblem
    from engine.proofs.register import read

    with problems():
        entries = read(register)
        if not entries:
            raise ProofProblem("no_register", str(register))
    write_output(f"{entries[-1].hash}\n", None)
    return CLEAR


def recover(register: Register, who: Who, lang: Language = None) -> int:
    """Close a last line that a crash left unfinished. Nothing is taken away: what is there stays, and is told."""
    from engine.proofs.register import recover as close_torn
    from engine.proofs.register import verify as check
    from engine.proofs.register_telling import chain_line, entry_line

    with problems():
        entry = close_torn(register, who)
        zh = chinese(lang)
        line = entry_line(entry, zh) if entry is not None else chain_line(check(register), zh)
    write_lines([line], None)
    return CLEAR


def _show(register: Path, head: str | None, form: str, output: Path | None, zh: bool, *, listed: bool) -> int:
    from engine.proofs.register import verify as check
    from engine.proofs.register_telling import break_line, chain_json, chain_line, entry_line

    check_output(output)
    with problems():
        chain = check(register, head)
    if form == "json":
        write_json(chain_json(chain), output)
    else:
        lines = [entry_line(e, zh) for e in chain.entries] if listed else []
        write_lines([*lines, break_line(chain.broken, zh) if chain.broken else chain_line(chain, zh)], output)
    return FOUND if chain.broken else CLEAR


def _span(frames: str | None, start: str | None, end: str | None) -> Span:
    from engine.proofs.excerpt_request import seconds
    from engine.proofs.register_target import span_of

    return span_of(frames, None if start is None else seconds(start), None if end is None else seconds(end))


COMMANDS: Final = MappingProxyType(
    {
        "add": (add, "登记审批，并显示登记编号。"),
        "use": (use, "登记已批准事项的实际使用；没有相应审批的不予登记。"),
        "list": (list_, "按先后顺序列出全部登记。"),
        "verify": (verify, "校验登记是否被删除、改动或调换，并指出首处所在行。"),
        "head": (head, "显示末行摘要，供另行保存。"),
        "recover": (recover, "处理因断电等未写完的最后一行：原样保留并注明。"),
    }
)

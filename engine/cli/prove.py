"""`unbroken prove`: the proof of one frame."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.answers import chinese, write_json
from engine.cli.common import (
    Output,
    Problem,
    bilingual,
    check_output,
    file_words,
    on_one_line,
)
from engine.cli.verify import Proof

File = Annotated[Path, typer.Argument(metavar="FILE", help=bilingual("The recording.", "录像或录音文件。"))]
Frame = Annotated[
    int,
    typer.Option(
        "--frame",
        min=0,
        metavar="N",
        help=bilingual("Frame number in presentation order, from 0.", "按播放顺序的帧号，从 0 开始。"),
    ),
]


def command(file: File, frame: Frame, proof: Proof = None, output: Output = None) -> int:
    """Write the proof that one frame belongs to the sealed recording, as a small JSON."""
    from engine.proofs.problems import ProofProblem
    from engine.proofs.prove import prove
    from engine.proofs.telling import text

    check_output(output)
    try:
        found = prove(file, frame, proof)
    except ProofProblem as problem:
        words = text(problem.reason, problem.detail, chinese(None), file_words(None))
        raise Problem(on_one_line(str(file)) + bilingual(f": {words}.", f"：{words}。")) from problem
    write_json(found, output)
    return 0

"""`unbroken seal`: a proof beside each recording."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.answers import Format, chinese, write_json, write_lines
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
    check_output,
    exit_code,
    file_words,
    make_folder,
    on_one_line,
    recordings,
    say,
)
from engine.cli.signers import PassphraseFile, problems, signer

if TYPE_CHECKING:
    from engine.proofs.signing import Signer

OutDir = Annotated[
    Path | None,
    typer.Option(
        "--out-dir",
        metavar="DIR",
        help=bilingual(
            "Write proofs into this folder, not beside the recordings; it is made if it is not there.",
            "将证明写入该文件夹，而不是与文件同处；文件夹不存在时自动创建。",
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
Key = Annotated[
    list[Path] | None,
    typer.Option(
        "--key",
        metavar="KEY.pem",
        help=bilingual(
            "Sign with this private key; may be given again. A proof that stands already is signed too, "
            "if its recording is as it was sealed.",
            "用该私钥签名，可多次指定；已有证明且文件与封存时逐字节一致的，予以补签。",
        ),
    ),
]
Sm3 = Annotated[
    bool,
    typer.Option(
        "--sm3",
        help=bilingual(
            "Write the recording's SM3 into the proof that is made, too.", "新生成的证明中另记录文件的 SM3 摘要。"
        ),
    ),
]


def command(
    files: Files,
    out_dir: OutDir = None,
    supersede: Reason = None,
    operator: Operator = None,
    device: Device = None,
    key: Key = None,
    passphrase_file: PassphraseFile = None,
    sm3: Sm3 = False,
    format_: Format = "text",
    output: Output = None,
    jobs: Jobs = None,
    progress: Progress = ProgressMode.AUTO,
    lang: Language = None,
) -> int:
    """Write a proof beside each recording that binds every picture and sound frame.

    Where the nearest unbroken-log.toml names a log, the proofs are added to it (`unbroken log`).

    Exit code: 0 sealed, 1 a recording does not fit the proof it has, 2 wrong usage, 3 a
    recording could not be sealed, or its proof not added to the log (1 wins over 3), 130
    interrupted.
    """
    from engine.archive.proofs import Order, seal_many, shared_names
    from engine.cli.logged import append_sealed
    from engine.cli.progress import BYTES, watching
    from engine.proofs.log.telling import attached_json, attached_line
    from engine.proofs.seal import Origin, Supersede
    from engine.proofs.telling import seal_json, seal_lines

    check_output(output)
    paths = recordings(files)
    if out_dir is not None and (shared := shared_names(paths)):
        name = on_one_line(shared[0])
        raise Problem(
            bilingual(
                f"{name}: several recordings have this name and would share one proof in {out_dir}. "
                "Seal them into a folder each.",
                f"{name}：有多个文件同名，在 {out_dir} 中会共用一份证明。请分别封存到不同的文件夹。",
            ),
            USAGE,
        )
    make_folder(out_dir)
    order = Order(
        None if out_dir is None else str(out_dir),
        Supersede(supersede) if supersede else None,
        Origin(operator=operator, device=device, digests=("sm3",) if sm3 else ()),
        _signers(key or [], passphrase_file),
    )
    with watching(progress, BYTES) as watch:
        batch = seal_many(paths, order, jobs, watch)
    results = batch.results
    standing = ("sealed", "already_sealed")
    logged = append_sealed([(r.path, r.seal) for r in results if r.seal and r.status in standing], passphrase_file)
    if format_ == "json":
        content = seal_json(results)
        write_json(content | ({"log": [attached_json(a) for a in logged]} if logged else {}), output)
    else:
        zh, about_file = chinese(lang), file_words(lang)
        lines = [line for result in results for line in seal_lines(result, zh, about_file)]
        lines += [attached_line(a, zh) for a in logged if a.status != "known"]
        write_lines(lines, output)
    if batch.interrupted:
        left = len(paths) - len(results)
        say(
            bilingual(
                f"unbroken: interrupted; {left} of {len(paths)} files were not sealed",
                f"unbroken：已中断；{len(paths)} 个文件中有 {left} 个未封存",
            )
        )
        return INTERRUPTED
    status = {result.status for result in results}
    not_logged = any(a.status == "failed" for a in logged)
    return exit_code(found="not_ok" in status, not_examined="refused" in status or not_logged)


def _signers(paths: list[Path], passphrase_file: Path | None) -> tuple[Signer, ...]:
    with problems():
        return tuple(signer(path, passphrase_file) for path in paths)

"""`unbroken verify`: recordings against their proofs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
    recordings,
    say,
)
from engine.cli.signers import problems

if TYPE_CHECKING:
    from engine.archive.proofs import Sample

Proof = Annotated[
    Path | None,
    typer.Option(
        "--proof",
        metavar="SEAL.json",
        help=bilingual(
            "The seal, for one recording; by default the one beside it. The leaves lie beside the seal.",
            "指定封存证明（仅限单个文件）；默认使用文件旁边的证明。逐帧摘要文件位于证明旁边。",
        ),
    ),
]
TrustedFile = Annotated[
    Path | None,
    typer.Option(
        "--trusted-keys",
        metavar="FILE",
        envvar="UNBROKEN_TRUSTED_KEYS",
        help=bilingual(
            "Keys whose signatures count (`unbroken keys`). A proof without one is at best OK_WITH_MISSING_INFO.",
            "受信任密钥文件（见 unbroken keys）。没有受信任签名的证明，结论最高为 OK_WITH_MISSING_INFO。",
        ),
    ),
]
Required = Annotated[
    bool,
    typer.Option(
        "--require-signature",
        help=bilingual(
            "Ask for a trusted signature even without a file of keys: then none counts, and this is said.",
            "即使未指定密钥文件也要求受信任签名：此时任何签名均不受信任，并予以说明。",
        ),
    ),
]
TsaCa = Annotated[
    Path | None,
    typer.Option(
        "--tsa-ca",
        metavar="FILE.pem",
        help=bilingual(
            "Certificates of trusted timestamp authorities; without a timestamp of theirs a proof is less.",
            "受信任的时间戳机构证书；没有其有效时间戳的证明不再视为完整。",
        ),
    ),
]
LogKeys = Annotated[
    Path | None,
    typer.Option(
        "--log-keys",
        metavar="FILE",
        help=bilingual(
            "Trusted logs and witnesses (`unbroken log`), a verifier key a line; a proof without them is less.",
            "受信任存证日志和见证方的校验公钥文件，每行一个（见 unbroken log）；未入日志或未经联署的证明不再视为完整。",
        ),
    ),
]


Only = Annotated[
    Literal["found"] | None,
    typer.Option(
        "--only", help=bilingual("Leave out files that are as they were sealed.", "不列出与封存时一致的文件。")
    ),
]


SampleSize = Annotated[
    str | None,
    typer.Option(
        "--sample",
        metavar="N|X%|n/t",
        help=bilingual(
            "Check drawn pictures and sounds alone: N of them, a share, or part n of t (t runs check all). At best "
            "OK_WITH_MISSING_INFO.",
            "抽样校验画面和声音单元：N 个、百分比，或 t 份中的第 n 份（t 次全部校验）。最高为 OK_WITH_MISSING_INFO。",
        ),
    ),
]
Seed = Annotated[
    str | None,
    typer.Option(
        "--seed",
        metavar="TEXT",
        help=bilingual(
            "Repeat a draw of --sample; by default one that nobody can foresee.",
            "重复 --sample 的一次抽取；默认随机抽取，不可预知。",
        ),
    ),
]


def command(
    files: Files,
    proof: Proof = None,
    sample: SampleSize = None,
    seed: Seed = None,
    trusted_keys: TrustedFile = None,
    require_signature: Required = False,
    tsa_ca: TsaCa = None,
    log_keys: LogKeys = None,
    only: Only = None,
    format_: Format = "text",
    output: Output = None,
    jobs: Jobs = None,
    progress: Progress = ProgressMode.AUTO,
    lang: Language = None,
) -> int:
    """Check recordings against their proofs and name the frames that differ.

    Exit codes: 0 exactly for OK and OK_WITH_MISSING_INFO, 1 for NOT_OK, 3 for NOT_SEALED; 1 wins;
    130 interrupted.
    """
    from engine.archive.proofs import sample_many, verify_many
    from engine.cli.progress import BYTES, watching
    from engine.proofs.policy import Policy
    from engine.proofs.telling import verify_json, verify_lines
    from engine.proofs.verify import Status

    check_output(output)
    paths = recordings(files)
    if proof is not None and len(paths) != 1:
        raise Problem(
            bilingual(
                "--proof names the seal of one recording; give one.", "--proof 只用于单个文件，请只指定一个文件。"
            ),
            USAGE,
        )
    with problems():
        policy = Policy.of(trusted_keys, require_signature, tsa_ca, log_keys)
    drawn, seal = _sample(sample, seed), None if proof is None else str(proof)
    with watching(progress, BYTES) as watch:
        if drawn is None:
            batch = verify_many(paths, seal, jobs, watch, policy)
        else:
            batch = sample_many(paths, drawn, seal, jobs, watch, policy)
    results = batch.results
    shown = [r for r in results if only is None or r.status in (Status.NOT_OK, Status.NOT_SEALED)]
    if format_ == "json":
        write_json(verify_json(shown), output)
    else:
        zh, about_file = chinese(lang), file_words(lang)
        write_lines((line for result in shown for line in verify_lines(result, zh, about_file)), output)
    if batch.interrupted:
        left = len(paths) - len(results)
        say(
            bilingual(
                f"unbroken: interrupted; {left} of {len(paths)} files were not checked",
                f"unbroken：已中断；{len(paths)} 个文件中有 {left} 个未校验",
            )
        )
        return INTERRUPTED
    status = {result.status for result in results}
    return exit_code(found=Status.NOT_OK in status, not_examined=Status.NOT_SEALED in status)


def _sample(size: str | None, seed: str | None) -> Sample | None:
    """What is to be drawn; None: all."""
    if size is None:
        if seed is not None:
            raise Problem(bilingual("--seed goes with --sample.", "--seed 须与 --sample 同时使用。"), USAGE)
        return None
    from engine.archive.proofs import Sample
    from engine.proofs.draw import parse  # brings numpy: only where something is drawn

    try:
        return Sample(parse(size), seed)
    except ValueError as error:
        message = bilingual(
            "--sample is a number (500), a share (2%) or a part (3/7).",
            "--sample 应为个数（如 500）、百分比（如 2%）或份数（如 3/7）。",
        )
        raise Problem(message, USAGE) from error

"""`unbroken renew`: timestamps over seals, and over the timestamps before them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from engine.cli.answers import Format, chinese, write_json, write_lines
from engine.cli.common import (
    INTERRUPTED,
    USAGE,
    Files,
    Language,
    Output,
    Problem,
    bilingual,
    check_output,
    exit_code,
    file_words,
    recordings,
    say,
)
from engine.cli.signers import problems
from engine.cli.verify import Proof

Tsa = Annotated[
    str | None,
    typer.Option("--tsa", metavar="URL", help=bilingual("Ask this timestamp authority.", "向该时间戳服务机构申请。")),
]
Request = Annotated[
    Path | None,
    typer.Option(
        "--request",
        metavar="FILE.tsq",
        help=bilingual(
            "Without a network: write the request of one recording to this file, to be sent from elsewhere.",
            "离线方式：将单个文件的时间戳请求写入该文件，由其他联网设备提交。",
        ),
    ),
]
Response = Annotated[
    Path | None,
    typer.Option(
        "--response",
        metavar="FILE.tsr",
        help=bilingual("Add the response to such a request.", "将取回的时间戳响应加入封存证明。"),
    ),
]
Digest = Annotated[
    Literal["sha256", "sha512"],
    typer.Option("--digest", help=bilingual("Digest that the timestamp is over.", "时间戳所用的摘要算法。")),
]
Rehash = Annotated[
    Literal["sha512", "sha3-512"] | None,
    typer.Option(
        "--rehash",
        help=bilingual(
            "Check the recording, digest it anew and have that stamped too: before BLAKE3 and SHA-256 lapse.",
            "校验文件后用新算法重新计算摘要，一并加盖时间戳；用于现用摘要算法失效之前。",
        ),
    ),
]
TsaCa = Annotated[
    Path | None,
    typer.Option(
        "--tsa-ca",
        metavar="FILE.pem",
        help=bilingual("Take tokens of these authorities only.", "只接受这些机构签发的时间戳（证书文件）。"),
    ),
]
Within = Annotated[
    int,
    typer.Option(
        "--within",
        min=0,
        max=100_000,
        metavar="DAYS",
        help=bilingual(
            "With --tsa: renew where the last certificate lapses within so many days.",
            "与 --tsa 合用：最后一个证书在此天数内到期的，予以续期。",
        ),
    ),
]


def command(
    files: Files,
    tsa: Tsa = None,
    request: Request = None,
    response: Response = None,
    proof: Proof = None,
    digest: Digest = "sha256",
    rehash: Rehash = None,
    tsa_ca: TsaCa = None,
    within: Within = 90,
    format_: Format = "text",
    output: Output = None,
    lang: Language = None,
) -> int:
    """Add a timestamp of RFC 3161 to seals, or renew it before its certificate lapses.

    Exit codes: 0 done or not due, 1 a proof is not one to be stamped, 2 wrong usage, 3 a seal could
    not be stamped (1 wins over 3), 130 interrupted.
    """
    from engine.archive.renewing import Order, renew_many
    from engine.proofs.renew import RenewResult, attach_response, write_request
    from engine.proofs.renew_telling import renew_json, renew_lines
    from engine.proofs.timestamp import read_authorities, read_response

    check_output(output)
    check_output(request)
    if request is not None and request.exists():
        raise Problem(bilingual(f"{request}: exists; name a new file.", f"{request}：文件已存在，请另行指定。"), USAGE)
    paths = _checked(recordings(files), [tsa, request, response], proof)
    with problems():
        authorities = None if tsa_ca is None else read_authorities(tsa_ca)
    results: list[RenewResult] = []
    interrupted = False
    if request is not None:
        results = [write_request(paths[0], request, proof, digest, rehash)]
    elif response is not None:
        results = [attach_response(paths[0], read_response(response), proof, rehash, authorities)]
    else:
        order = Order(tsa or "", digest, rehash, authorities, within)
        try:
            for result in renew_many(paths, order, None if proof is None else str(proof)):
                results.append(result)
        except KeyboardInterrupt:
            interrupted = True
    if format_ == "json":
        write_json(renew_json(results), output)
    else:
        zh, about_file = chinese(lang), file_words(lang)
        write_lines((line for result in results for line in renew_lines(result, zh, about_file)), output)
    if interrupted:
        left = len(paths) - len(results)
        say(
            bilingual(
                f"unbroken: interrupted; {left} of {len(paths)} seals were not stamped",
                f"unbroken：已中断；{len(paths)} 份封存证明中有 {left} 份未处理",
            )
        )
        return INTERRUPTED
    status = {result.status for result in results}
    return exit_code(found="not_ok" in status, not_examined="refused" in status)


def _checked(paths: list[str], ways: list[object], proof: Path | None) -> list[str]:
    if sum(way is not None for way in ways) != 1:
        raise Problem(
            bilingual("give one of --tsa, --request and --response.", "请在 --tsa、--request、--response 中指定一项。"),
            USAGE,
        )
    if len(paths) != 1 and (ways[0] is None or proof is not None):
        raise Problem(
            bilingual(
                "--request, --response and --proof are for one recording; give one.",
                "--request、--response、--proof 只用于单个文件，请只指定一个文件。",
            ),
            USAGE,
        )
    return paths

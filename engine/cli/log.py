"""Keep the archive's log of seals: a public, append-only list that nobody can rewrite unseen.

A log is a folder of plain files (C2SP tlog-tiles) that any web server can serve. Seals of recordings
below a folder with a file unbroken-log.toml are added by `unbroken seal` itself. A witness, somebody
else on another computer, cosigns the log's checkpoints; from then on its administrator cannot take
an entry out or replace it without that showing.

Exit code: 0 done or all is well, 1 something is wrong with the log or a seal is not in it, 2 wrong
usage, 3 something could not be read or written (1 wins over 3).
"""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final

import typer

from engine.cli.answers import Format, chinese, told, write_json, write_lines
from engine.cli.common import (
    USAGE,
    Language,
    Output,
    Problem,
    bilingual,
    check_output,
    exit_code,
    say,
    write_output,
)
from engine.cli.signers import PassphraseFile, passphrase, signer
from engine.cli.verify import LogKeys

if TYPE_CHECKING:
    from engine.proofs.log.note import Signer, VerifierKey

Folder = Annotated[Path, typer.Argument(metavar="DIR", help=bilingual("The log's folder.", "日志文件夹。"))]
Seals = Annotated[
    list[str],
    typer.Argument(
        metavar="SEAL|RECORDING|FOLDER...",
        help=bilingual(
            "Seals, recordings that have one beside them, or folders with such.",
            "封存证明文件、旁边有封存证明的录音录像，或含有它们的文件夹。",
        ),
    ),
]
MaybeSeals = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SEAL|RECORDING|FOLDER...]",
        help=bilingual(
            "Seals that have to be in the log; none: the whole log is checked.",
            "须在日志中的封存证明；不指定时校验整个日志。",
        ),
    ),
]
LogDir = Annotated[
    Path | None,
    typer.Option(
        "--log",
        metavar="DIR",
        help=bilingual(
            "The log's folder; by default the one that the nearest unbroken-log.toml names.",
            "日志文件夹；默认为最近的 unbroken-log.toml 所指。",
        ),
    ),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="KEY.pem",
        help=bilingual(
            "The log's private key; by default the one that unbroken-log.toml names.",
            "日志私钥；默认为 unbroken-log.toml 所指。",
        ),
    ),
]


def problems() -> AbstractContextManager[None]:
    """Turn what is wrong with a log into one line."""
    from engine.proofs.log.check import FOUND as WRONG
    from engine.proofs.log.telling import words

    return told(words, WRONG)


def init(
    folder: Folder,
    origin: Annotated[
        str,
        typer.Option(
            "--origin",
            metavar="NAME",
            help=bilingual(
                "The log's name, once and for all; best a domain and a path: archive.example/log.",
                "日志名称，一经确定不可更改；宜采用域名加路径，如 archive.example/log。",
            ),
        ),
    ],
    key: Annotated[
        Path,
        typer.Option(
            "--key",
            metavar="KEY.pem",
            help=bilingual(
                "The log's private key; made if it is not there. Keep it out of the log's folder.",
                "日志私钥文件，不存在时新建。请勿放入日志文件夹。",
            ),
        ),
    ],
    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive",
            metavar="FOLDER",
            help=bilingual(
                "Write unbroken-log.toml into this folder: seals of recordings below it are added by themselves.",
                "在该文件夹写入 unbroken-log.toml：其下录音录像封存时自动记入日志。",
            ),
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> int:
    """Make an empty log, and its key if that is not there.

    Its verifier key is printed: those who are to check the log keep it, from you, not from the log.
    """
    from engine.proofs import keyfile
    from engine.proofs.log.attach import CONFIG, config_text, note_signer
    from engine.proofs.log.checkpoint import check_origin
    from engine.proofs.log.log import Log
    from engine.proofs.problems import ProofProblem

    config = None if archive is None else archive / CONFIG
    if config is not None and (not config.parent.is_dir() or config.exists()):
        what = "exists already" if config.exists() else "no such folder"
        raise Problem(bilingual(f"{config}: {what}.", f"{config}：文件已存在或文件夹不存在。"), USAGE)
    with problems():
        check_origin(origin)
        if key.absolute().is_relative_to(folder.absolute()):
            raise ProofProblem("key_in_log", str(key))
        if not key.exists():
            keyfile.generate(key, passphrase(passphrase_file, new=True))
        log = Log.create(folder, note_signer(signer(key, passphrase_file), origin))
    if config is not None:
        paths = [Path(os.path.relpath(p, config.parent)).as_posix() for p in (folder, key)]
        write_output(config_text(*paths), config)
    write_output(f"{log.key}\n", None)
    return 0


def append(
    seals: Seals,
    log: LogDir = None,
    key: KeyFile = None,
    passphrase_file: PassphraseFile = None,
    format_: Format = "text",
    lang: Language = None,
) -> int:
    """Add seals to the log, and write into each the proof that it is in it.

    A seal that is in it already stays so; where a witness has cosigned since, that is added to the seal.
    """
    from engine.proofs.log.attach import append_seals, locate, seal_files
    from engine.proofs.log.check import SCHEMA
    from engine.proofs.log.log import Log
    from engine.proofs.log.telling import attached_json, attached_line

    with problems():
        files = seal_files(seals)
        config = locate(seals[0], log, key)
        found = Log.open(config.log)
        done = append_seals(found, lambda: _log_signer(config.key, passphrase_file, found.key.name), files)
    if format_ == "json":
        write_json({"schema": SCHEMA, "seals": [attached_json(d) for d in done]}, None)
    else:
        write_lines((attached_line(d, chinese(lang)) for d in done), None)
    return exit_code(found=False, not_examined=any(d.status == "failed" for d in done))


def checkpoint(
    log: LogDir = None,
    add: Annotated[
        Path | None,
        typer.Option(
            "--add",
            metavar="FILE",
            help=bilingual("Keep a checkpoint that came back from a witness.", "保存见证方联署后交回的检查点。"),
        ),
    ] = None,
    output: Output = None,
) -> int:
    """Print the log's current checkpoint: what to keep elsewhere, and what a witness cosigns."""
    from engine.proofs.log.attach import locate
    from engine.proofs.log.log import Log
    from engine.proofs.log.note import Note

    check_output(output)
    with problems():
        found = Log.open(locate(".", log, None).log)
        if add is not None:
            found.add_cosignatures(Note.parse(_read(add)))
        text = str(found.checkpoint().note)
    write_output(text, output)
    return 0


def prove(
    seal: Annotated[
        str,
        typer.Argument(
            metavar="SEAL|RECORDING", help=bilingual("The seal, or its recording.", "封存证明或其录音录像。")
        ),
    ],
    log: LogDir = None,
    output: Output = None,
) -> int:
    """Write the proof that a seal is in the log, as a file of its own (C2SP tlog-proof)."""
    from engine.proofs.log.attach import locate, seal_files
    from engine.proofs.log.check import tlog_proof
    from engine.proofs.log.log import Log

    check_output(output)
    with problems():
        text = tlog_proof(Log.open(locate(seal, log, None).log), seal_files([seal])[0])
    write_output(text, output)
    return 0


def verify(
    seals: MaybeSeals = None,
    log: LogDir = None,
    log_keys: LogKeys = None,
    consistency: Annotated[
        Path | None,
        typer.Option(
            "--consistency",
            metavar="OLD_CHECKPOINT",
            help=bilingual(
                "The log has to continue this checkpoint, which was kept elsewhere.",
                "日志须与另行保存的该检查点连续。",
            ),
        ),
    ] = None,
    format_: Format = "text",
    output: Output = None,
    lang: Language = None,
) -> int:
    """Check the whole log, or that seals are in it, or that it continues an older checkpoint.

    Prints how old the newest checkpoint is that a trusted witness cosigned.
    """
    from engine.proofs.log.attach import locate, seal_files
    from engine.proofs.log.check import FOUND as WRONG
    from engine.proofs.log.check import SCHEMA, check_log, check_old, check_seal, open_log
    from engine.proofs.log.standing import read_keys
    from engine.proofs.log.telling import log_lines, seal_line

    check_output(output)
    with problems():
        keys = read_keys(log_keys) if log_keys is not None else ()
        folder = locate(seals[0] if seals else ".", log, None).log
        old = None if consistency is None else _read(consistency)
        report = check_log(folder, keys, whole=not seals and old is None)
        if old is not None and not report.reason:
            report = check_old(report, keys, old)
        checked = []
        if seals and not report.reason:
            found, _ = open_log(folder, keys)
            checked = [check_seal(found, keys, path) for path in seal_files(seals)]
    if format_ == "json":
        content = {"schema": SCHEMA, "log": report.as_json(), "seals": [c.as_json() for c in checked]}
        write_json(content, output)
    else:
        zh = chinese(lang)
        write_lines([*log_lines(report, zh), *(seal_line(c, zh) for c in checked)], output)
    reasons = {r for r in (report.reason, *(c.reason for c in checked)) if r}
    return exit_code(found=bool(reasons & WRONG), not_examined=bool(reasons - WRONG))


def cosign(
    name: Annotated[
        str,
        typer.Option(
            "--name",
            metavar="NAME",
            help=bilingual("The witness's name, such as witness.example/w1.", "见证方名称，如 witness.example/w1。"),
        ),
    ],
    key: Annotated[
        Path,
        typer.Option(
            "--key",
            metavar="KEY.pem",
            help=bilingual(
                "The witness's private key (`unbroken keys generate`); no log's.",
                "见证方私钥（unbroken keys generate）。",
            ),
        ),
    ],
    state: Annotated[
        Path,
        typer.Option(
            "--state",
            metavar="FILE",
            help=bilingual(
                "The witness's memory of what it saw; made the first time. Keep it as safe as the key.",
                "见证方状态文件，首次使用时新建；请与私钥同等保管。",
            ),
        ),
    ],
    log: LogDir = None,
    log_key: Annotated[
        str | None,
        typer.Option(
            "--log-key",
            metavar="KEY",
            help=bilingual(
                "The log's verifier key, or a file with it; needed the first time.",
                "日志校验公钥或含公钥的文件；首次见证时必须给出。",
            ),
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
    output: Output = None,
) -> int:
    """As a witness: cosign the log's checkpoint, if the log continues what this witness saw of it.

    Without --output the cosigned checkpoint is put into the log; with it, it is written there, for
    the log's administrator to add: `unbroken log checkpoint --add FILE`.
    """
    from engine.proofs.log.attach import locate, note_signer
    from engine.proofs.log.log import CHECKPOINT, Log
    from engine.proofs.log.note import Algorithm
    from engine.proofs.log.witness import cosign as sign_checkpoint

    check_output(output)
    with problems():
        given = None if log_key is None else _key(log_key)
        found = Log.open(locate(".", log, None).log, given)
        witness = note_signer(signer(key, passphrase_file), name, Algorithm.COSIGNATURE)
        data = _read(found.folder / CHECKPOINT)
        note = sign_checkpoint(data, found.consistency, witness, state, int(time.time()), given)
        if output is None:
            found.add_cosignatures(note)
    if output is not None:
        write_output(str(note), output)
    size = note.text.split("\n")[1]
    say(bilingual(f"cosigned at size {size} by {witness.key}", f"已联署至第 {size} 条，见证方 {witness.key}"))
    return 0


def _log_signer(key: Path | None, passphrase_file: Path | None, origin: str) -> Signer:
    from engine.proofs.log.attach import note_signer
    from engine.proofs.problems import ProofProblem

    if key is None:
        raise ProofProblem("log_key_missing")
    return note_signer(signer(key, passphrase_file), origin)


def _key(text: str) -> VerifierKey:
    from engine.proofs.log.note import VerifierKey

    content = _read(Path(text)).decode("utf-8", "replace") if os.path.isfile(text) else text
    return VerifierKey.parse(content.strip())


def _read(path: Path) -> bytes:
    from engine.proofs.problems import ProofProblem

    try:
        return path.read_bytes()
    except OSError as error:
        raise ProofProblem("denied", f"{path}: {error.strerror or error}") from error


COMMANDS: Final = MappingProxyType(
    {
        "init": (init, "建立空的存证日志及其密钥，并显示校验公钥。"),
        "append": (append, "将封存证明记入日志，并把入日志证明写入封存证明。"),
        "checkpoint": (checkpoint, "显示日志当前检查点：可另行保存，并交见证方联署。"),
        "prove": (prove, "生成单个封存证明已入日志的证明文件。"),
        "verify": (verify, "校验整个日志、封存证明是否在日志中，或日志是否与旧检查点连续。"),
        "cosign": (cosign, "见证方：确认日志与此前所见连续后，联署其检查点。"),
    }
)
